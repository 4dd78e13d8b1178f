;; Writes to the file `f` of its directory until that fails, and ends with the error's number.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\00\00\01\00\00\10\00\00f")
  (func (export "_start") (local $errno i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 1)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16)) (then (call $exit (i32.const 99))))
    (loop
      (local.set $errno
        (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 20)))
      (br_if 0 (i32.eqz (local.get $errno))))
    (call $exit (local.get $errno))))
