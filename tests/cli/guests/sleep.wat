;; `_start` sleeps 20 ms on the monotonic clock, prints "awake"; `for_ever` sleeps for centuries.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "\08\01\00\00\06\00\00\00awake\n")
  (func $sleep (param $time i64)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (local.get $time))
    (if (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128))
      (then unreachable)))
  (func (export "_start")
    (call $sleep (i64.const 20000000))
    (drop (call $write (i32.const 1) (i32.const 256) (i32.const 1) (i32.const 128))))
  (func (export "for_ever") (call $sleep (i64.const -1))))
