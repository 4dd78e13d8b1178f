//! Runs a case on wasmi.

use super::stopped::{ARGUMENT, BYTES, NAMES, push_table, word};
use super::{Case, FUEL, FUEL_EXPORT, Random, Report, Stop, Value, hash};
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    AsContext, AsContextMut, Caller, Config, Engine, Error, Extern, ExternRef, ExternType, Func,
    Global, Instance, Memory, Module, Ref, Store, Table, TrapCode, Val, ValType,
};

/// Runs a case.
///
/// # Errors
///
/// If the module is not taken.
pub fn run(case: &Case) -> Result<Report, String> {
    let mut config = Config::default();
    config.set_max_recursion_depth(2 * FUEL as usize);
    let engine = Engine::new(&config);
    let module =
        Module::new(&engine, &case.wasm).map_err(|error| format!("the oracle: {error}"))?;
    let mut store = Store::new(&engine, ());
    let imports = imports(&mut store, &module, case.seed)
        .map_err(|error| format!("imports of the oracle: {error}"))?;
    let instance = match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => instance,
        Err(error) => return Ok(Report { refused: Some(stop(&error)), ..Report::default() }),
    };
    let mut report = Report::default();
    let mut names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    names.sort_unstable();
    let items: Vec<Extern> =
        names.iter().filter_map(|name| instance.get_export(&store, name)).collect();
    let funcs: Vec<Func> = items.iter().filter_map(|item| (*item).into_func()).collect();
    let fuel = instance.get_global(&store, FUEL_EXPORT);
    for call in &case.calls {
        let Some(func) = funcs.get(call.func) else { continue };
        if let Some(fuel) = &fuel {
            fuel.set(&mut store, Val::I32(FUEL)).map_err(|error| error.to_string())?;
        }
        let mut random = Random::new(call.seed);
        let ty = func.ty(&store);
        let params: Vec<Val> = ty
            .params()
            .iter()
            .map(|ty| val(&mut store, Value::random(our_type(*ty), &mut random)))
            .collect();
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default(*ty)).collect();
        let result = func.call(&mut store, &params, &mut results);
        report.calls.push(match result {
            Ok(()) => Ok(results.iter().map(|result| value(&store, result)).collect()),
            Err(error) => Err(stop(&error)),
        });
        if report.calls.last() == Some(&Err(Stop::Stack)) {
            return Ok(report);
        }
    }
    for item in items {
        match item {
            Extern::Func(_) => {}
            Extern::Global(global) => report.globals.push(value(&store, &global.get(&store))),
            Extern::Memory(memory) => {
                report.memories.push((memory.size(&store), hash(memory.data(&store))));
            }
            Extern::Table(table) => {
                let elements = (0..table.size(&store)).filter_map(|at| table.get(&store, at));
                report.tables.push(elements.map(|element| value(&store, &element)).collect());
            }
        }
    }
    Ok(report)
}

/// What the module imports, made by the host.
fn imports(store: &mut Store<()>, module: &Module, seed: u64) -> Result<Vec<Extern>, Error> {
    let mut random = Random::new(seed);
    let mut made = Vec::new();
    for import in module.imports() {
        made.push(match import.ty() {
            ExternType::Func(ty) => {
                let results: Vec<_> = ty.results().iter().map(|ty| our_type(*ty)).collect();
                Extern::Func(Func::new(&mut *store, ty.clone(), move |mut caller, params, out| {
                    let params: Vec<Value> =
                        params.iter().map(|param| value(&caller, param)).collect();
                    for (out, answer) in out.iter_mut().zip(Value::answers(&params, &results)) {
                        *out = val(&mut caller, answer);
                    }
                    Ok(())
                }))
            }
            ExternType::Global(ty) => {
                let value = val(&mut *store, Value::random(our_type(ty.content()), &mut random));
                Extern::Global(Global::new(&mut *store, value, ty.mutability()))
            }
            ExternType::Memory(ty) => Extern::Memory(Memory::new(&mut *store, *ty)?),
            ExternType::Table(ty) => {
                Extern::Table(Table::new(&mut *store, *ty, Val::default(ty.element()))?)
            }
        });
    }
    Ok(made)
}

fn our_type(ty: ValType) -> wasmspan::ValType {
    match ty {
        ValType::I32 => wasmspan::ValType::I32,
        ValType::I64 => wasmspan::ValType::I64,
        ValType::F32 => wasmspan::ValType::F32,
        ValType::F64 => wasmspan::ValType::F64,
        ValType::V128 => wasmspan::ValType::V128,
        ValType::FuncRef => wasmspan::ValType::FuncRef,
        ValType::ExternRef => wasmspan::ValType::ExternRef,
    }
}

fn val(store: impl AsContextMut, value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(f32::from_bits(bits).into()),
        Value::F64(bits) => Val::F64(f64::from_bits(bits).into()),
        Value::V128(value) => Val::V128(value.into()),
        Value::Func(_) => Val::FuncRef(Ref::Null),
        Value::Extern(None) => Val::ExternRef(Ref::Null),
        Value::Extern(Some(value)) => Val::ExternRef(Ref::Val(ExternRef::new(store, value))),
    }
}

fn value(store: impl AsContext, val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => Value::Func(!value.is_null()),
        Val::ExternRef(value) => Value::Extern(value.val().map(|object| number(&store, object))),
    }
}

/// What an `externref` holds; the oracle keeps it in the store.
fn number(store: &impl AsContext, object: &ExternRef) -> u64 {
    *object.data(store.as_context()).downcast_ref().expect("made by `val`")
}

fn stop(error: &Error) -> Stop {
    match error.kind() {
        ErrorKind::TrapCode(code) => match code {
            TrapCode::UnreachableCodeReached => Stop::Unreachable,
            TrapCode::MemoryOutOfBounds => Stop::Memory,
            TrapCode::TableOutOfBounds => Stop::Table,
            TrapCode::IndirectCallToNull => Stop::NullFunction,
            TrapCode::IntegerDivisionByZero => Stop::DivideByZero,
            TrapCode::IntegerOverflow => Stop::Overflow,
            TrapCode::BadConversionToInteger => Stop::Conversion,
            TrapCode::StackOverflow => Stop::Stack,
            TrapCode::BadSignature => Stop::Signature,
            other => Stop::Other(other.to_string()),
        },
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. })
        | ErrorKind::Table(_) => Stop::Table,
        ErrorKind::Memory(_) => Stop::Memory,
        _ => Stop::Other(error.to_string()),
    }
}

/// A program whose state is noted near a place; see [`stopped`](super::stopped).
pub(super) struct Observed {
    engine: Engine,
    module: Module,
}

impl Observed {
    /// The program in text form.
    pub fn new(text: &str) -> Result<Observed, String> {
        let engine = Engine::default();
        let bytes = wat::parse_str(text).map_err(|error| error.to_string())?;
        let module = Module::new(&engine, bytes).map_err(|error| error.to_string())?;
        Ok(Observed { engine, module })
    }

    /// The states from where the program has counted to `limit` up to the next head.
    pub fn moments(&self, limit: u64) -> Result<Vec<Vec<u128>>, String> {
        let told = |error: Error| format!("the oracle, up to {limit}: {error}");
        let mut store = Store::new(&self.engine, Vec::new());
        let observe = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<Vec<u128>>>| {
            let state = state(&caller);
            caller.data_mut().push(state);
        });
        let imports = [Extern::Func(observe)];
        let instance = Instance::new(&mut store, &self.module, &imports).map_err(told)?;
        let global = |store: &Store<_>, name: &str| instance.get_global(store, name);
        let (_, _, _, objects) = NAMES;
        for (number, name) in objects.iter().enumerate() {
            let object = val(&mut store, Value::Extern(Some(number as u64)));
            let global = global(&store, name).ok_or("no object")?;
            global.set(&mut store, object).map_err(|error| error.to_string())?;
        }
        let end = global(&store, "limit").ok_or("no limit")?;
        end.set(&mut store, Val::I64(limit as i64)).map_err(|error| error.to_string())?;
        let run = instance.get_func(&store, "run").ok_or("no function")?;
        match run.call(&mut store, &[Val::I32(ARGUMENT)], &mut []) {
            Err(error) if stop(&error) == Stop::Unreachable => Ok(store.into_data()),
            Err(error) => Err(told(error)),
            Ok(()) => Err("the program ended".into()),
        }
    }
}

/// The state of the calling instance, as that of the engine is noted.
fn state(caller: &Caller<'_, Vec<Vec<u128>>>) -> Vec<u128> {
    let (globals, memories, tables, _) = NAMES;
    let export = |name: &str| caller.get_export(name).expect("exported");
    let global = value(caller, &export("count").into_global().expect("a global").get(caller));
    let memory = export("c").into_memory().expect("a memory");
    let (bytes, _) = memory.data(caller).split_first_chunk().expect("a page");
    let mut state = vec![word(global) + u128::from(u64::from_le_bytes(*bytes))];
    for name in globals {
        let global = export(name).into_global().expect("a global");
        state.push(word(value(caller, &global.get(caller))));
    }
    for name in memories {
        let memory = export(name).into_memory().expect("a memory");
        state.push(memory.size(caller).into());
        state.extend(memory.data(caller)[..BYTES].iter().map(|byte| u128::from(*byte)));
    }
    for name in tables {
        let table = export(name).into_table().expect("a table");
        let elements = (0..table.size(caller)).filter_map(|at| table.get(caller, at));
        push_table(&mut state, elements.map(|element| value(caller, &element)));
    }
    state
}
