//! Strings and buffers of guests of AssemblyScript, C and TinyGo.

use std::path::Path;
use wasmspan::bindgen::{Heap, HeapStyle, Span};
use wasmspan::error::ErrCode;
use wasmspan::{Config, Instance, Module, Store};

fn guest(name: &str) -> (Instance, Heap) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("wasm/{name}.wasm"));
    let module = Module::from_file(&Config::default(), file).expect("a guest program");
    let instance = module.instantiate(&Store::new()).expect("it imports nothing");
    let heap = Heap::new(&instance).expect("it allocates");
    (instance, heap)
}

#[test]
fn assembly_script_has_objects() {
    let (instance, heap) = guest("strings-assemblyscript");
    assert_eq!(heap.style(), HeapStyle::AssemblyScript);
    for name in ["", "world", "ü € 𝄞 \0"] {
        let text = heap.put_string(name).unwrap();
        let greeting = instance.typed::<u32, u32>("greet").unwrap().call(text.address).unwrap();
        assert_eq!(heap.get_string(greeting, None).unwrap(), format!("hello {name}"));
        let count = instance.typed::<u32, u32>("count").unwrap().call(text.address).unwrap();
        assert_eq!(count as usize, name.encode_utf16().count());
        heap.free(text.address).unwrap();
    }
    let lone = instance.typed::<(), u32>("lone").unwrap().call(()).unwrap();
    assert_eq!(heap.get_string(lone, None).unwrap(), "\u{fffd}");

    let data = heap.put_bytes(&[1, 2, 3]).unwrap();
    let turned = instance.typed::<u32, u32>("reverse").unwrap().call(data.address).unwrap();
    assert_eq!(heap.get_bytes(turned, None).unwrap(), [3, 2, 1]);
    assert_eq!(heap.get_bytes(turned, Some(2)).unwrap(), [3, 2]);

    let class = instance.get_global("Uint8Array_ID").unwrap().get().i32().unwrap() as u32;
    let array = heap.put_array(class, &[1, 2, 250]).unwrap();
    let sum = instance.typed::<u32, u32>("sum").unwrap();
    assert_eq!(sum.call(array.address).unwrap(), 253);
    let made = instance.typed::<u32, u32>("firstBytes").unwrap().call(4).unwrap();
    assert_eq!(heap.get_array(made).unwrap(), [1, 2, 3, 4]);

    let code = |result: wasmspan::Result<String>| result.unwrap_err().code();
    assert_eq!(code(heap.get_string(0, None)), ErrCode::MemoryOutOfBounds);
    assert_eq!(code(heap.get_string(4, None)), ErrCode::RuntimeError);
    assert_eq!(code(heap.get_string(turned, None)), ErrCode::RuntimeError, "a buffer is no string");
    assert_eq!(code(heap.get_string(u32::MAX, None)), ErrCode::MemoryOutOfBounds);
    assert_eq!(code(heap.get_string(lone, Some(u32::MAX))), ErrCode::MemoryOutOfBounds);
}

#[test]
fn objects_of_assembly_script_survive_its_collector() {
    let (instance, heap) = guest("strings-assemblyscript");
    let kept = heap.put_string("kept").unwrap();
    let class = instance.get_global("Uint8Array_ID").unwrap().get().i32().unwrap() as u32;
    let array = heap.put_array(class, &[9; 100]).unwrap();
    let greet = instance.typed::<u32, u32>("greet").unwrap();
    for _ in 0..20_000 {
        let text = heap.put_string("garbage").unwrap();
        greet.call(text.address).unwrap();
        heap.free(text.address).unwrap();
    }
    instance.call("__collect", &[]).unwrap();
    assert_eq!(heap.get_string(kept.address, None).unwrap(), "kept");
    assert_eq!(heap.get_array(array.address).unwrap(), [9; 100]);
    let pages = instance.get_memory("memory").unwrap().pages();
    assert!(pages < 20, "{pages} pages: what was let go was not collected");
}

#[test]
fn c_has_malloc() {
    let (instance, heap) = guest("strings-c");
    assert_eq!(heap.style(), HeapStyle::Malloc);
    let blocks = || instance.typed::<(), u32>("live_blocks").unwrap().call(()).unwrap();
    for name in ["", "world", "ü € 𝄞"] {
        let text = heap.put_string(name).unwrap();
        assert_eq!(text.length as usize, name.len());
        let greeting = instance.typed::<u32, u32>("greet").unwrap().call(text.address).unwrap();
        assert_eq!(heap.get_string(greeting, None).unwrap(), format!("hello {name}"));
        heap.free(greeting).unwrap();
        let count = instance.typed::<u32, u32>("count").unwrap().call(text.address).unwrap();
        assert_eq!(count as usize, name.len());
        heap.free(text.address).unwrap();
    }
    let data = heap.put_bytes(&[1, 2, 250]).unwrap();
    let sum = instance.typed::<(u32, u32), u32>("sum").unwrap();
    assert_eq!(sum.call((data.address, data.length)).unwrap(), 253);
    assert_eq!(heap.get_bytes(data.address, Some(2)).unwrap(), [1, 2]);
    heap.free(data.address).unwrap();
    assert_eq!(blocks(), 0);

    let long = "x".repeat(1000);
    let text = heap.put_string(&long).unwrap();
    assert_eq!(heap.get_string(text.address, None).unwrap(), long);
    let code = |result: wasmspan::Result<Vec<u8>>| result.unwrap_err().code();
    assert_eq!(code(heap.get_bytes(text.address, None)), ErrCode::RuntimeError);
    assert_eq!(code(heap.get_bytes(0, Some(1))), ErrCode::MemoryOutOfBounds);
    assert_eq!(code(heap.get_bytes(8, Some(u32::MAX))), ErrCode::MemoryOutOfBounds);
    assert_eq!(code(heap.put_array(1, &[]).map(|_| vec![])), ErrCode::RuntimeError);
    let broken = heap.put_bytes(&[0xff, 0]).unwrap();
    assert_eq!(heap.get_string(broken.address, None).unwrap_err().code(), ErrCode::MalformedUTF8);
}

#[test]
fn tiny_go_has_spans() {
    let (instance, heap) = guest("strings-c");
    let name = heap.put_string("world").unwrap();
    let greet = instance.typed::<(u32, u32), u64>("span_greet").unwrap();
    let packed = greet.call((name.address, name.length)).unwrap();
    let greeting = Span::from_packed(packed);
    assert_eq!(heap.get_string(greeting.address, Some(greeting.length)).unwrap(), "hello world");
    assert_eq!(greeting.packed(), packed);

    let place = heap.put_bytes(&[0; 8]).unwrap();
    let greet = instance.typed::<(u32, u32, u32), ()>("span_greet_into").unwrap();
    greet.call((place.address, name.address, name.length)).unwrap();
    let memory = instance.get_memory("memory").unwrap();
    let address = memory.read_value::<u32>(place.address as usize).unwrap();
    let length = memory.read_value::<u32>(place.address as usize + 4).unwrap();
    assert_eq!(heap.get_string(address, Some(length)).unwrap(), "hello world");
}

#[test]
fn a_string_without_end_is_an_error() {
    let text = r#"(module (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) (i32.const 0))
        (func (export "free") (param i32))
        (data (i32.const 65535) "x"))"#;
    let instance = Module::new(text).unwrap().instantiate(&Store::new()).unwrap();
    let heap = Heap::new(&instance).unwrap();
    assert_eq!(heap.get_string(65_535, None).unwrap_err().code(), ErrCode::MemoryOutOfBounds);
    assert_eq!(heap.get_string(70_000, None).unwrap_err().code(), ErrCode::MemoryOutOfBounds);
    assert_eq!(
        heap.put_string("x").unwrap_err().code(),
        ErrCode::MemoryOutOfBounds,
        "null from malloc"
    );
    let none = Module::new("(module)").unwrap().instantiate(&Store::new()).unwrap();
    assert_eq!(Heap::new(&none).map(drop).unwrap_err().code(), ErrCode::FuncNotFound);
}
