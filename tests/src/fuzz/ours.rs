//! Runs a case on this engine.

use super::{Case, FUEL, FUEL_EXPORT, Random, Report, Stop, Value, hash};
use wasmspan::config::{InterruptMode, OptLevel, TrapMode};
use wasmspan::{
    Config, ErrCode, Error, Executor, Extern, ExternRef, ExternType, Func, Global, Instance,
    Memory, Module, Table, Val,
};

/// A way in which the engine can work.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How traps are found.
    pub traps: TrapMode,
    /// How code is optimised.
    pub opt_level: OptLevel,
    /// How calls are interrupted.
    pub interrupts: InterruptMode,
}

impl Setup {
    /// The ways that every case is run in.
    pub fn all() -> [Setup; 2] {
        [
            Setup {
                traps: TrapMode::Signals,
                opt_level: OptLevel::Speed,
                interrupts: InterruptMode::Signal,
            },
            Setup {
                traps: TrapMode::Checks,
                opt_level: OptLevel::Speed,
                interrupts: InterruptMode::Poll,
            },
        ]
    }

    fn config(self) -> Config {
        Config {
            trap_mode: self.traps,
            opt_level: self.opt_level,
            interrupt_mode: self.interrupts,
            compile_threads: 1,
            ..Config::default()
        }
    }
}

/// Runs a case.
///
/// # Errors
///
/// If the module is not taken.
pub fn run(case: &Case, setup: Setup) -> Result<Report, String> {
    let config = setup.config();
    let module = Module::with_config(&config, &case.wasm).map_err(|error| error.to_string())?;
    let imports = imports(&module, case.seed).map_err(|error| format!("imports: {error}"))?;
    let instance = match Executor::new(&config).instantiate_with(&module, &imports) {
        Ok(instance) => instance,
        Err(error) => return Ok(Report { refused: Some(stop(&error)), ..Report::default() }),
    };
    let mut report = Report::default();
    let funcs: Vec<Func> = items(&instance)
        .filter_map(|item| if let Extern::Func(func) = item { Some(func) } else { None })
        .collect();
    let fuel = instance.get_global(FUEL_EXPORT);
    for call in &case.calls {
        let Some(func) = funcs.get(call.func) else { continue };
        if let Some(fuel) = &fuel {
            fuel.set(&Val::I32(FUEL)).map_err(|error| error.to_string())?;
        }
        let mut random = Random::new(call.seed);
        let params: Vec<Val> =
            func.ty().params().iter().map(|ty| val(Value::random(*ty, &mut random))).collect();
        let result = func.call(&params);
        report.calls.push(match result {
            Ok(results) => Ok(results.iter().map(value).collect()),
            Err(error) => Err(stop(&error)),
        });
        if report.calls.last() == Some(&Err(Stop::Stack)) {
            return Ok(report);
        }
    }
    for item in items(&instance) {
        match item {
            Extern::Func(_) => {}
            Extern::Global(global) => report.globals.push(value(&global.get())),
            Extern::Memory(memory) => {
                let bytes = memory.read_vec(0, memory.len()).map_err(|error| error.to_string())?;
                report.memories.push((memory.pages(), hash(&bytes)));
            }
            Extern::Table(table) => {
                let elements = (0..table.len() as u64).map(|at| table.get(at));
                let elements: Result<Vec<Val>, Error> = elements.collect();
                let elements = elements.map_err(|error| error.to_string())?;
                report.tables.push(elements.iter().map(value).collect());
            }
        }
    }
    Ok(report)
}

/// The exports, sorted by name.
fn items(instance: &Instance) -> impl Iterator<Item = Extern> + '_ {
    let mut names = instance.export_names();
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    names.into_iter().filter_map(|(name, _)| instance.get_export(&name))
}

/// What the module imports, made by the host.
fn imports(module: &Module, seed: u64) -> wasmspan::Result<Vec<Extern>> {
    let mut random = Random::new(seed);
    let make = |import: wasmspan::ImportType| {
        Ok(match import.ty {
            ExternType::Func(ty) => {
                let results = ty.results().to_vec();
                Extern::Func(Func::new(ty, move |_, params, out| {
                    let params: Vec<Value> = params.iter().map(value).collect();
                    for (out, answer) in out.iter_mut().zip(Value::answers(&params, &results)) {
                        *out = val(answer);
                    }
                    Ok(())
                })?)
            }
            ExternType::Global(ty) => {
                let value = Value::random(ty.content, &mut random);
                Extern::Global(Global::new(ty, &val(value))?)
            }
            ExternType::Memory(ty) => Extern::Memory(Memory::new(ty)?),
            ExternType::Table(ty) => Extern::Table(Table::new(ty)?),
            ExternType::Unknown(_) => unreachable!("the module is valid"),
        })
    };
    module.imports().into_iter().map(make).collect()
}

fn val(value: Value) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(f32::from_bits(bits)),
        Value::F64(bits) => Val::F64(f64::from_bits(bits)),
        Value::V128(value) => Val::V128(value),
        Value::Func(_) => Val::FuncRef(None),
        Value::Extern(value) => Val::ExternRef(value.map(ExternRef::new)),
    }
}

/// A value, reduced to what is compared.
pub(super) fn value(val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::V128(value) => Value::V128(*value),
        Val::FuncRef(value) => Value::Func(value.is_some()),
        Val::ExternRef(value) => {
            let number = |object: &ExternRef| *object.downcast_ref::<u64>().expect("made by `val`");
            Value::Extern(value.as_ref().map(number))
        }
    }
}

fn stop(error: &Error) -> Stop {
    match error.code() {
        ErrCode::Unreachable => Stop::Unreachable,
        ErrCode::MemoryOutOfBounds | ErrCode::DataSegDoesNotFit => Stop::Memory,
        ErrCode::TableOutOfBounds | ErrCode::UndefinedElement | ErrCode::ElemSegDoesNotFit => {
            Stop::Table
        }
        ErrCode::UninitializedElement => Stop::NullFunction,
        ErrCode::IndirectCallTypeMismatch => Stop::Signature,
        ErrCode::DivideByZero => Stop::DivideByZero,
        ErrCode::IntegerOverflow => Stop::Overflow,
        ErrCode::InvalidConvToInt => Stop::Conversion,
        ErrCode::StackOverflow => Stop::Stack,
        _ => Stop::Other(error.to_string()),
    }
}
