//! Data that guest and host share without copying it.

use wasmspan::{Instance, Memory, MemoryType, Module, Result, Store};

const GUEST: &str = r#"(module (import "host" "memory" (memory 16 256))
    (func (export "invert") (param $at i32) (param $length i32)
        (loop $next
            (i32.store (local.get $at) (i32.xor (i32.load (local.get $at)) (i32.const -1)))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 4)))))))"#;

fn main() -> Result<()> {
    let memory = Memory::new(MemoryType::new(16, Some(256)))?;
    let host = Instance::host("host");
    host.define("memory", memory.clone())?;
    let store = Store::new();
    store.register("host", &host)?;
    let instance = Module::new(GUEST)?.instantiate(&store)?;
    let invert = instance.typed::<(u32, u32), ()>("invert")?;

    // The guest's own memory: what one writes, the other reads.
    let (at, length) = (65536, 640 * 480);
    // SAFETY: the memory lives, is large enough, and no guest runs while the slice is used.
    unsafe { std::slice::from_raw_parts_mut(memory.as_ptr().add(at), length) }.fill(200);
    invert.call((at as u32, length as u32))?;
    // SAFETY: as above.
    let pixels = unsafe { std::slice::from_raw_parts(memory.as_ptr().add(at), length) };
    println!("inverted: {} {}", pixels[0], pixels[length - 1]);

    // A memory never moves, so what is shared stays good when it grows.
    let before = memory.len();
    memory.grow(1)?;
    let more = memory.len() - before;
    println!("grown: {more} bytes more, {} {}", pixels[0], pixels[length - 1]);

    // Copies where those are wanted, with checked bounds.
    memory.write(0, b"text")?;
    println!("copied: {}", String::from_utf8_lossy(&memory.read_vec(0, 4)?));
    Ok(())
}
