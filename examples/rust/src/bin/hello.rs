//! The example of the README.

use wasmspan::{Func, Instance, Module, Store};

fn main() -> wasmspan::Result<()> {
    let store = Store::new();
    let env = Instance::host("env");
    env.define("double", Func::wrap(|n: i32| n * 2)?)?;
    store.register("env", &env)?;

    let module = Module::new(
        br#"(module
            (import "env" "double" (func $double (param i32) (result i32)))
            (func (export "quadruple") (param i32) (result i32)
                (call $double (call $double (local.get 0)))))"#,
    )?;
    let instance = module.instantiate(&store)?;
    let quadruple = instance.typed::<i32, i32>("quadruple")?;
    println!("{}", quadruple.call(5)?);
    Ok(())
}
