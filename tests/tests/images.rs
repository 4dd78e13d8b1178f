//! Data segments that instances map instead of copying: each instance sees what its segments say,
//! whatever earlier ones wrote, and nothing stays behind.

use wasmspan::{Config, ErrCode, Executor, Extern, Instance, Memory, MemoryType, Module};
use wasmspan_tests::support::trap_modes;

/// Bytes of data, in more pages than one.
const LARGE: usize = 40_000;

fn data(byte: u8) -> String {
    format!("\\{byte:02x}").repeat(LARGE)
}

fn module(config: &Config, text: &str) -> Module {
    Module::with_config(config, text).unwrap()
}

fn instance(config: &Config, module: &Module, imports: &[Extern]) -> Instance {
    Executor::new(config).instantiate_with(module, imports).unwrap()
}

fn memory(instance: &Instance, name: &str) -> Memory {
    match instance.get_export(name) {
        Some(Extern::Memory(memory)) => memory,
        other => panic!("{name} is {other:?}"),
    }
}

fn byte(memory: &Memory, at: usize) -> u8 {
    memory.read_value(at).unwrap()
}

#[test]
fn instances_do_not_see_each_others_writes() {
    let text = format!(
        r#"(module (memory (export "memory") 2 4)
            (data (i32.const 100) "{}") (data (i32.const 101) "\ff"))"#,
        data(7)
    );
    for config in trap_modes() {
        let module = module(&config, &text);
        let first = memory(&instance(&config, &module, &[]), "memory");
        let second = memory(&instance(&config, &module, &[]), "memory");
        first.write(50, &[9; 60_000]).unwrap();
        assert_eq!(first.grow(2).unwrap(), 2);
        first.write(190_000, &[9; 1000]).unwrap();
        // Slots are reused from here on.
        drop(first);
        let third = memory(&instance(&config, &module, &[]), "memory");
        for memory in [&second, &third] {
            assert_eq!(memory.pages(), 2);
            assert_eq!(byte(memory, 99), 0);
            assert_eq!(byte(memory, 100), 7);
            assert_eq!(byte(memory, 101), 0xff, "the later segment counts");
            assert_eq!(byte(memory, 99 + LARGE), 7);
            assert_eq!(byte(memory, 100 + LARGE), 0);
            assert_eq!(byte(memory, 131_071), 0);
        }
        third.grow(2).unwrap();
        assert!(third.read_vec(131_072, 131_072).unwrap().iter().all(|byte| *byte == 0));
    }
}

#[test]
fn a_slot_goes_from_one_module_to_another() {
    let text = |byte| {
        format!(r#"(module (memory (export "memory") 1) (data (i32.const 0) "{}"))"#, data(byte))
    };
    let empty = r#"(module (memory (export "memory") 1 4))"#;
    for config in trap_modes() {
        let (a, b) = (module(&config, &text(1)), module(&config, &text(2)));
        let empty = module(&config, empty);
        for _ in 0..5 {
            for (module, wanted) in [(&a, 1), (&b, 2), (&empty, 0), (&a, 1), (&empty, 0)] {
                let memory = memory(&instance(&config, module, &[]), "memory");
                assert_eq!((byte(&memory, 0), byte(&memory, LARGE - 1)), (wanted, wanted));
                memory.write(0, &[3; 65536]).unwrap();
            }
        }
        // A memory may outlive its module, and its slot then serves others.
        let last = memory(&instance(&config, &a, &[]), "memory");
        drop(a);
        assert_eq!(byte(&last, 5), 1);
        drop(last);
        assert_eq!(byte(&memory(&instance(&config, &empty, &[]), "memory"), 5), 0);
    }
}

#[test]
fn data_for_imported_memories_is_copied() {
    let text = format!(
        r#"(module (import "" "" (memory 1)) (memory (export "own") 1)
            (data (memory 0) (i32.const 0) "{}") (data (memory 1) (i32.const 9) "{}"))"#,
        data(4),
        data(5)
    );
    for config in trap_modes() {
        let module = module(&config, &text);
        let shared = Memory::new(MemoryType::new(1, None)).unwrap();
        let own = memory(&instance(&config, &module, &[shared.clone().into()]), "own");
        assert_eq!((byte(&shared, 3), byte(&own, 9)), (4, 5));
        // The imported memory may itself come from an image.
        let exporter = self::module(
            &config,
            &format!(
                r#"(module (memory (export "memory") 1) (data (i32.const 60) "{}"))"#,
                data(6)
            ),
        );
        let imported = memory(&instance(&config, &exporter, &[]), "memory");
        assert_eq!(byte(&imported, 60), 6);
        let _importer = instance(&config, &module, &[imported.clone().into()]);
        assert_eq!((byte(&imported, 60), byte(&imported, LARGE + 59)), (4, 6));
    }
}

#[test]
fn what_does_not_fit_fails_as_ever() {
    for at in ["i32.const 30000", "i32.const -1"] {
        let text = format!(r#"(module (memory (export "memory") 1) (data ({at}) "{}"))"#, data(1));
        for config in trap_modes() {
            let module = module(&config, &text);
            let error = Executor::new(&config).instantiate_with(&module, &[]).unwrap_err();
            assert_eq!(error.code(), ErrCode::MemoryOutOfBounds);
        }
    }
}

#[test]
fn segments_are_dropped_after_use() {
    let text = format!(
        r#"(module (memory 1) (data $d (i32.const 0) "{}")
            (func (export "init") (param i32)
                (memory.init $d (i32.const 0) (i32.const 0) (local.get 0))))"#,
        data(1)
    );
    for config in trap_modes() {
        let instance = instance(&config, &module(&config, &text), &[]);
        let init = instance.typed::<i32, ()>("init").unwrap();
        init.call(0).unwrap();
        assert_eq!(init.call(1).unwrap_err().code(), ErrCode::MemoryOutOfBounds);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn descriptors_go_with_their_modules() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let text = |n: usize| {
        format!(
            r#"(module (memory 1) (data (i32.const 0) "{}") (data (i32.const 0) "{n}"))"#,
            data(1)
        )
    };
    let config = Config::default();
    let before = open();
    // More than may have an image at once.
    let modules: Vec<Module> = (0..300).map(|n| module(&config, &text(n))).collect();
    for module in modules.iter().chain(&modules) {
        drop(instance(&config, module, &[]));
    }
    assert!(open() >= before + 64, "no images were made");
    assert!(open() <= before + 150, "{} descriptors", open() - before);
    drop(modules);
    // Other tests of this process may hold a few.
    assert!(open() < before + 20, "{} descriptors stay", open() - before);
}
