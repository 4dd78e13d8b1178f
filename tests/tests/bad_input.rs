//! Wrong use by the host, and modules that ask for what they cannot have.

use wasmspan::{
    Config, ErrCode, Executor, Extern, ExternRef, Func, FuncType, Global, GlobalType, Instance,
    Memory, MemoryType, Mutability, RefType, Store, Table, TableType, Val, ValType, limits,
};
use wasmspan_tests::support::{instance, module, trap_modes};

const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (memory (export "memory") 1 3))"#;

#[test]
fn unknown_function_names_those_there_are() {
    for config in trap_modes() {
        let instance = instance(&config, ADD);
        let error = instance.call("sub", &[]).expect_err("there is none");
        assert_eq!(error.code(), ErrCode::FuncNotFound);
        assert!(error.to_string().contains("\"sub\""), "{error}");
        assert!(error.to_string().contains("add"), "{error}");
        let error = instance.call("memory", &[]).expect_err("not a function");
        assert_eq!(error.code(), ErrCode::FuncNotFound);
        let error = instance.typed::<(), ()>("sub").expect_err("there is none");
        assert_eq!(error.code(), ErrCode::FuncNotFound);
        assert_eq!(instance.call("add", &[2.into(), 3.into()]).expect("works")[0].i32(), Some(5));
    }
}

#[test]
fn wrong_arguments_are_refused_with_both_types() {
    for config in trap_modes() {
        let instance = instance(&config, ADD);
        let wrong: [&[Val]; 5] = [
            &[],
            &[Val::I32(1)],
            &[Val::I32(1), Val::I32(2), Val::I32(3)],
            &[Val::I32(1), Val::I64(2)],
            &[Val::FuncRef(None), Val::ExternRef(Some(ExternRef::new(1)))],
        ];
        for params in wrong {
            let error = instance.call("add", params).expect_err("the types differ");
            assert_eq!(error.code(), ErrCode::FuncSigMismatch);
            let text = error.to_string();
            assert!(text.contains("expected (i32, i32) -> i32"), "{text}");
        }
        let error = instance.typed::<(i32, i64), i32>("add").expect_err("the types differ");
        assert_eq!(error.code(), ErrCode::FuncSigMismatch);
        let error = instance.typed::<(i32, i32), ()>("add").expect_err("the types differ");
        assert_eq!(error.code(), ErrCode::FuncSigMismatch);
        assert_eq!(instance.call("add", &[2.into(), 3.into()]).expect("works")[0].i32(), Some(5));
    }
}

#[test]
fn memory_grows_to_its_limit_and_not_beyond() {
    const TEXT: &str = r#"(module
        (memory (export "memory") 1 5)
        (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
        (func (export "load") (param i32) (result i32) local.get 0 i32.load))"#;
    for config in trap_modes() {
        let instance = instance(&config, TEXT);
        let grow = instance.typed::<i32, i32>("grow").expect("there");
        let load = instance.typed::<i32, i32>("load").expect("there");
        for too_much in [5, 65_535, -1] {
            assert_eq!(grow.call(too_much).expect("no trap"), -1);
        }
        assert_eq!(load.call(65_536).expect_err("past the end").code(), ErrCode::MemoryOutOfBounds);
        assert_eq!(grow.call(4).expect("no trap"), 1);
        assert_eq!(grow.call(1).expect("no trap"), -1);
        assert_eq!(grow.call(0).expect("no trap"), 5);
        assert_eq!(load.call(5 * 65_536 - 4).expect("within"), 0);
        assert_eq!(load.call(5 * 65_536 - 3).expect_err("past").code(), ErrCode::MemoryOutOfBounds);
        let memory = instance.get_memory("memory").expect("there");
        let error = memory.grow(1).expect_err("past the limit");
        assert!(error.to_string().contains("limit page size: 5"), "{error}");
        assert_eq!(memory.pages(), 5);
    }
}

#[test]
fn memory_obeys_the_configured_limit() {
    for mut config in trap_modes() {
        config.max_memory_pages = 3;
        let text = r#"(module (memory (export "m") 2)
            (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"#;
        let small = instance(&config, text);
        let grow = small.typed::<i32, i32>("grow").expect("there");
        assert_eq!(grow.call(2).expect("no trap"), -1);
        assert_eq!(grow.call(1).expect("no trap"), 2);
        let error = module(&config, "(module (memory 4))")
            .instantiate(&Store::new())
            .expect_err("more than the limit");
        assert!(error.to_string().contains("limit page size: 3"), "{error}");
    }
}

#[test]
fn whole_address_space_can_be_asked_for() {
    let memory = Memory::new(MemoryType::new(0, None)).expect("nothing is committed");
    assert_eq!(memory.grow(65_536).expect("4 GiB of address space"), 0);
    assert_eq!(memory.pages(), 65_536);
    memory.write(0xFFFF_FFFF, b"x").expect("the last byte");
    assert!(memory.write(0xFFFF_FFFF, b"xy").is_err());
    assert!(memory.grow(1).is_err());
}

#[test]
fn table_of_the_largest_size_works_and_one_more_is_refused() {
    let most = limits::MAX_TABLE_ELEMENTS;
    for config in trap_modes() {
        let text = format!(
            r#"(module (table (export "t") {most} funcref) (elem declare func $one)
            (func $one (export "one") (result i32) i32.const 1)
            (func (export "set") (param i32) local.get 0 ref.func $one table.set)
            (func (export "call") (param i32) (result i32)
                local.get 0 call_indirect (result i32)))"#
        );
        let large = instance(&config, &text);
        let last = most as i32 - 1;
        large.call("set", &[last.into()]).expect("within");
        assert_eq!(large.call("call", &[last.into()]).expect("set")[0].i32(), Some(1));
        assert_eq!(
            large.call("call", &[(last - 1).into()]).expect_err("null").code(),
            ErrCode::UninitializedElement
        );
        assert_eq!(
            large.call("call", &[(last + 1).into()]).expect_err("past the end").code(),
            ErrCode::UndefinedElement
        );
        assert!(large.get_table("t").expect("there").grow(1, &Val::FuncRef(None)).is_err());
    }
    let one_more = Table::new(TableType::new(RefType::FuncRef, most + 1, None));
    let error = one_more.expect_err("one more than allowed");
    assert!(error.to_string().contains("10000000"), "{error}");
    let text = format!("(module (table {} funcref))", most + 1);
    let refused = wasmspan::Module::new(&text).and_then(|m| m.instantiate(&Store::new()));
    let error = refused.expect_err("one more than allowed");
    assert!(error.to_string().contains("10000000"), "{error}");
}

#[test]
fn every_import_at_fault_is_named_with_both_types() {
    let store = Store::new();
    let env = Instance::host("env");
    env.define("f", Func::wrap(|n: i64| n).expect("made")).expect("defined");
    env.define("m", Memory::new(MemoryType::new(1, Some(2))).expect("made")).expect("defined");
    env.define("t", Table::new(TableType::new(RefType::FuncRef, 1, None)).expect("made"))
        .expect("defined");
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    env.define("g", Global::new(ty, &Val::I32(1)).expect("made")).expect("defined");
    store.register("env", &env).expect("the name is free");
    let text = r#"(module
        (import "env" "f" (func (param i32) (result i32)))
        (import "env" "m" (memory 3))
        (import "env" "t" (table 1 externref))
        (import "env" "g" (global (mut i32)))
        (import "env" "nothing" (func))
        (import "nowhere" "x" (global f64))
        (import "env" "f" (memory 1)))"#;
    let error =
        wasmspan::Module::new(text).expect("valid").instantiate(&store).expect_err("nothing fits");
    let text = error.to_string();
    for part in [
        "got (i64) -> i64",
        "expected (i32) -> i32",
        "externref",
        "funcref",
        "f64",
        "\"nothing\"",
        "nowhere",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    let named = text.matches("When linking module").count();
    assert_eq!(named, 7, "{text}");
    assert!(matches!(error.code(), ErrCode::IncompatibleImportType | ErrCode::UnknownImport));
}

#[test]
fn imports_given_as_a_list_are_checked_too() {
    let module =
        wasmspan::Module::new(r#"(module (import "a" "b" (func (result i32))))"#).expect("valid");
    let executor = Executor::default();
    let f: Extern = Func::wrap(|| 1i32).expect("made").into();
    assert!(executor.instantiate_with(&module, std::slice::from_ref(&f)).is_ok());
    for list in [&[][..], &[f.clone(), f.clone()][..]] {
        let error = executor.instantiate_with(&module, list).expect_err("a wrong number");
        assert_eq!(error.code(), ErrCode::UnknownImport);
    }
}

#[test]
fn start_function_that_traps_registers_nothing() {
    for config in trap_modes() {
        let store = Store::new();
        let failing = module(&config, "(module (func $f unreachable) (start $f))");
        let error = Executor::new(&config).register(&store, &failing, "a").expect_err("it traps");
        assert_eq!(error.code(), ErrCode::Unreachable);
        assert!(!error.frames().is_empty(), "{error}");
        assert!(!store.contains("a"));
    }
}

#[test]
fn segments_written_before_one_that_fails_stay() {
    for config in trap_modes() {
        let store = Store::new();
        let env = Instance::host("env");
        let memory = Memory::new(MemoryType::new(1, Some(1))).expect("made");
        env.define("m", memory.clone()).expect("defined");
        store.register("env", &env).expect("the name is free");
        let text = r#"(module (import "env" "m" (memory 1))
            (data (i32.const 10) "abc") (data (i32.const 65535) "xy"))"#;
        let error = module(&config, text).instantiate(&store).expect_err("the second is too far");
        assert_eq!(error.code(), ErrCode::MemoryOutOfBounds, "{error}");
        assert_eq!(memory.read_vec(10, 3).expect("within"), b"abc");
        assert_eq!(memory.read_vec(65_535, 1).expect("within"), [0]);
    }
}

#[test]
fn second_module_of_one_name_is_refused() {
    for config in trap_modes() {
        let store = Store::new();
        let executor = Executor::new(&config);
        let first =
            executor.register(&store, &module(&config, ADD), "a").expect("the name is free");
        let error = executor.register(&store, &module(&config, ADD), "a").expect_err("taken");
        assert_eq!(error.code(), ErrCode::ModuleNameConflict);
        let error = store.register("a", &Instance::host("a")).expect_err("taken");
        assert_eq!(error.code(), ErrCode::ModuleNameConflict);
        assert!(store.find("a").expect("there").same(&first));
        assert!(store.unregister(&first));
        executor.register(&store, &module(&config, ADD), "a").expect("free again");
    }
}

#[test]
fn backtrace_names_functions_and_offsets() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/wasm/trap-debug.wasm");
    for config in trap_modes() {
        let module = wasmspan::Module::from_file(&config, path).expect("valid");
        let instance = module.instantiate(&Store::new()).expect("no imports");
        let cases: [(&str, &[Val], ErrCode); 3] = [
            ("trap_divide", &[Val::I32(1), Val::I32(0)], ErrCode::DivideByZero),
            ("trap_memory", &[Val::I32(-16)], ErrCode::MemoryOutOfBounds),
            ("trap_unreachable", &[], ErrCode::Unreachable),
        ];
        for (name, params, code) in cases {
            let error = instance.call(name, params).expect_err("it traps");
            assert_eq!(error.code(), code, "{error}");
            let frames = error.frames();
            let outermost = frames.last().expect("some frame");
            assert_eq!(outermost.func_name().as_deref(), Some(name), "{error}");
            for frame in frames {
                let offset = frame.offset().expect("an offset") as usize;
                assert!(offset < module.bytes().len(), "{error}");
            }
        }
    }
}

#[test]
fn a_page_limit_past_the_index_space_is_cut() {
    for config in trap_modes() {
        let config = Config { max_memory_pages: 100_000, ..config };
        let instance = instance(
            &config,
            r#"(module (memory (export "m") 0)
                (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"#,
        );
        let grow = |pages: i32| {
            instance.call("grow", &[Val::I32(pages)]).expect("no trap")[0].i32().expect("i32")
        };
        assert_eq!(grow(65_537), -1);
        assert_eq!(grow(1), 0);
        assert_eq!(grow(65_536), -1);
    }
}

#[test]
fn host_functions_with_too_many_parameters_are_refused() {
    let make = |count: usize| {
        let ty = FuncType::new(vec![ValType::V128; count], []);
        Func::new(ty, |_, _, _| Ok(()))
    };
    assert!(make(limits::MAX_PARAMS).is_ok());
    let error = make(limits::MAX_PARAMS + 1).expect_err("refused");
    assert!(error.to_string().contains("1000"), "{error}");
}
