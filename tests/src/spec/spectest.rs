//! The host module that the suite's modules import from.

use wasmspan::{
    Func, FuncType, Global, GlobalType, Instance, Memory, MemoryType, Mutability, RefType, Table,
    TableType, Val, ValType,
};

/// Makes the module `spectest`.
pub fn instance() -> Instance {
    build().expect("the module of the suite can be made")
}

fn build() -> wasmspan::Result<Instance> {
    let module = Instance::host("spectest");
    let prints: [(&str, &[ValType]); 7] = [
        ("print", &[]),
        ("print_i32", &[ValType::I32]),
        ("print_i64", &[ValType::I64]),
        ("print_f32", &[ValType::F32]),
        ("print_f64", &[ValType::F64]),
        ("print_i32_f32", &[ValType::I32, ValType::F32]),
        ("print_f64_f64", &[ValType::F64, ValType::F64]),
    ];
    for (name, params) in prints {
        let ty = FuncType::new(params.iter().copied(), []);
        module.define(name, Func::new(ty, |_, _, _| Ok(()))?)?;
    }
    for value in [Val::I32(666), Val::I64(666), Val::F32(666.6), Val::F64(666.6)] {
        let ty = GlobalType::new(value.ty(), Mutability::Const);
        module.define(format!("global_{}", value.ty()), Global::new(ty, &value)?)?;
    }
    module.define("table", Table::new(TableType::new(RefType::FuncRef, 10, Some(20)))?)?;
    let mut table64 = TableType::new(RefType::FuncRef, 10, Some(20));
    table64.table64 = true;
    module.define("table64", Table::new(table64)?)?;
    module.define("memory", Memory::new(MemoryType::new(1, Some(2)))?)?;
    let mut shared = MemoryType::new(1, Some(2));
    shared.shared = true;
    module.define("shared_memory", Memory::new(shared)?)?;
    Ok(module)
}
