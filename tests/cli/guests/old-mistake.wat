(module
  (func (export "f") (param $n i32) (result i32)
    (if (get_local $n) (return (get_local $n)))
    (i32.add (get_local $n) (get_lokal $n))
  )
)
