//! What a collector of another language learns of what holds what.

use wasmspan::raw::Survey;
use wasmspan::{
    Executor, ExternRef, Func, Instance, Module, RefType, SizeLimits, Store, Table, TableType, Val,
};

fn table(element: RefType) -> Table {
    Table::new(TableType { element, limits: SizeLimits::new(2, None), table64: false })
        .expect("a small table")
}

#[test]
fn a_survey_tells_what_holds_what() {
    let host = Func::wrap(|n: i32| n).expect("room");
    let env = Instance::host("env");
    env.define("f", host.clone()).expect("a host module");
    let store = Store::new();
    store.register("env", &env).expect("a free name");
    let text = br#"(module (import "env" "f" (func $f (param i32) (result i32)))
        (func (export "go") (param i32) (result i32) (call $f (local.get 0))))"#;
    let module = Module::new(text).expect("valid");
    let instance = Executor::default().instantiate(&store, &module).expect("all imports");
    let mut survey = Survey::default();
    let (of_host, of_instance) = (survey.func(&host), survey.instance(&instance));
    let (of_env, of_store) = (survey.instance(&env), store.survey(&mut survey));
    let found = survey.finish();
    let holders = |unit: usize| found.units[unit].holders;
    // The function: this handle, the module's and the import.
    assert_eq!((holders(of_host), holders(of_instance)), (3, 1));
    assert_eq!((holders(of_env), holders(of_store)), (2, 1));
    assert_eq!(found.units[of_instance].holds, [of_host]);
    let mut seen = vec![0; found.units.len()];
    (seen[of_host], seen[of_instance], seen[of_env], seen[of_store]) = (1, 1, 1, 1);
    assert!(found.closed(&seen).iter().all(|closed| *closed));
    // Something that isn't seen holds the store, and so all that it holds.
    seen[of_store] = 0;
    let closed = found.closed(&seen);
    assert_eq!(
        (closed[of_store], closed[of_env], closed[of_host], closed[of_instance]),
        (false, false, false, true)
    );
}

#[test]
fn what_tables_join_is_one_unit() {
    let (functions, objects) = (table(RefType::FuncRef), table(RefType::ExternRef));
    let host = Func::wrap(|| ()).expect("room");
    functions.set(0, &Val::FuncRef(Some(host.clone()))).expect("in bounds");
    let object = ExternRef::new("an object");
    for at in 0..2 {
        objects.set(at, &Val::ExternRef(Some(object.clone()))).expect("in bounds");
    }
    let survey = || {
        let mut survey = Survey::default();
        let units = [survey.table(&functions), survey.func(&host), survey.table(&objects)];
        (units, survey.finish())
    };
    let ([a, b, c], found) = survey();
    assert_eq!(a, b);
    assert_eq!((found.units[a].holders, found.units[c].holders), (2, 1));
    assert_eq!(found.objects.len(), 1);
    assert_eq!(found.objects[0].places, [c, c]);
    assert!(found.objects[0].is_elsewhere, "this test refers to it");
    drop((found, object));
    assert!(!survey().1.objects[0].is_elsewhere);
}
