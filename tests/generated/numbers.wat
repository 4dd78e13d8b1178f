;; Functions of numbers, two of which have names that languages keep for themselves.
(module
  (func (export "add") (param $a i64) (param $b i64) (result i64)
    (i64.add (local.get $a) (local.get $b)))
  (func (export "div-rem") (param i32 i32) (result i32 i32)
    (i32.div_s (local.get 0) (local.get 1))
    (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "new") (param $type f32) (result f64)
    (f64.promote_f32 (local.get $type)))
  (func (export "import") (param $class i32))
  (func (export "notMuch")))
