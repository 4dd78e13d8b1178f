//! Texts, numbers and bytes for guests that were built with wasmedge-bindgen, and strings for guests of AssemblyScript
//! and C.

use wasmspan::bindgen::{Bindgen, CallError, Heap};
use wasmspan::{Config, Instance, Module, Result, Store, Wasi};

fn main() -> Result<()> {
    let store = Store::new();
    store.register("wasi_snapshot_preview1", Wasi::builder().build()?.instance())?;
    let load = |name| -> Result<Instance> {
        let file = format!("tests/wasm/{name}.wasm");
        Module::from_file(&Config::default(), file)?.instantiate(&store)
    };

    // Functions of Rust that take and return what Rust has.
    let guest = Bindgen::new(&load("bindgen-rust")?)?;
    let hello: String = guest.call_as("say", &["bindgen funcs test".into()])?;
    println!("{hello}");
    let multiple: i32 = guest.call_as("lowest_common_multiple", &[123.into(), 2.into()])?;
    println!("{multiple}");
    let message = b"This is an important message".as_slice();
    let digest: Vec<u8> = guest.call_as("sha3_digest", &[message.into()])?;
    println!("{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    if let Err(CallError::Guest(why)) = guest.call("divide", &[7.into(), 0.into()]) {
        println!("the guest's error: {why}");
    }
    let bytes: Vec<u8> = guest.call_as("echo_u8s", &[[1_u8, 2, 255].as_slice().into()])?;
    println!("{}", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" "));

    // Guests that only export an allocator: the same calls for both.
    for name in ["strings-assemblyscript", "strings-c"] {
        let instance = load(name)?;
        let heap = Heap::new(&instance)?;
        let text = heap.put_string("world")?;
        let greeting = instance.typed::<u32, u32>("greet")?.call(text.address)?;
        println!("{name}: {}", heap.get_string(greeting, None)?);
        heap.free(text.address)?;
    }
    Ok(())
}
