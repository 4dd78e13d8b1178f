(module
  (func (export "all") (result i32 i64 f32 f64 f64 f64 v128 funcref)
    i32.const -1
    i64.const -1
    f32.const 3.14159274
    f64.const 1e10
    f64.const nan
    f64.const -0
    v128.const i64x2 1 1
    ref.null func)
  (func (export "same") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
    local.get 0
    local.get 1
    local.get 2
    local.get 3))
