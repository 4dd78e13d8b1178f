;; The guest of the demonstration that calls its host, traps, and never ends.
(module
  (import "env" "double" (func $double (param i32) (result i32)))

  ;; double(n) + double(n - 1) + … + double(1)
  (func (export "sum_of_doubles") (param $n i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $double (local.get $n))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  (func (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))

  (func (export "forever") (loop $again (br $again))))
