(module
  (func (export "_initialize") unreachable)
  (func (export "ready") (result i32) (i32.const 1)))
