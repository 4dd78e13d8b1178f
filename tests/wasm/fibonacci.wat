;; fib(0) = fib(1) = 1; fib(10) = 89.
(module
  (func $fib (export "fib") (param i32) (result i32)
    (if (i32.lt_s (local.get 0) (i32.const 2))
      (then (return (i32.const 1))))
    (return
      (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 2)))
        (call $fib (i32.sub (local.get 0) (i32.const 1)))))))
