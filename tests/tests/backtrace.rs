//! Backtraces name functions, offsets and, where the guest has debug information, source lines.

use wasmspan::config::{Config, TrapMode};
use wasmspan::{ErrCode, Module, Store, Val};

const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wasm/trap-debug.wasm");

fn frames(trap_mode: TrapMode, name: &str, params: &[Val], code: ErrCode) {
    let config = Config { trap_mode, ..Config::default() };
    let module = Module::from_file(&config, GUEST).unwrap();
    let instance = module.instantiate(&Store::new()).unwrap();
    let error = instance.call(name, params).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    let frames = error.frames();
    assert!(!frames.is_empty(), "{error}");
    let outermost = frames.last().unwrap();
    assert_eq!(outermost.func_name().as_deref(), Some(name), "{error}");
    for frame in frames {
        assert!(frame.offset().is_some(), "{error}");
        let (file, line) = frame.location().unwrap_or_else(|| panic!("no source line: {error}"));
        assert!(file.ends_with("trap-debug.c") && line > 0, "{error}");
    }
    assert!(error.to_string().contains("trap-debug.c:"), "{error}");
}

#[test]
fn source_lines() {
    for trap_mode in [TrapMode::Signals, TrapMode::Checks] {
        let zero = [Val::I32(1), Val::I32(0)];
        frames(trap_mode, "trap_divide", &zero, ErrCode::DivideByZero);
        let far = [Val::I32(0x7FFF_0000)];
        frames(trap_mode, "trap_memory", &far, ErrCode::MemoryOutOfBounds);
        frames(trap_mode, "trap_unreachable", &[], ErrCode::Unreachable);
    }
}
