import wasmspan

module = wasmspan.Module.from_wat("""
    (module
        (import "env" "double" (func $double (param i32) (result i32)))
        (func (export "quadruple") (param i32) (result i32)
            (call $double (call $double (local.get 0)))))""")
instance = module.instantiate({"env": {"double": lambda n: n * 2}})
print(instance.exports.quadruple(5))
