//! Host functions that scenarios describe.

use super::value::{Objects, Outcome, field, number, text, texts, val_type};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasmspan::{Caller, ErrCode, Error, Func, FuncType, Val};

/// Arguments with which functions that record were called.
pub type Record = Arc<Mutex<Vec<Vec<Val>>>>;

type Body = Box<dyn Fn(&Caller<'_>, &[Val]) -> wasmspan::Result<Vec<Val>> + Send + Sync>;

/// Makes the function that this describes.
pub fn func(described: &Json, objects: &Objects, record: &Record) -> Outcome<Func> {
    let types = |name| {
        texts(field(described, name)?)?.into_iter().map(val_type).collect::<Outcome<Vec<_>>>()
    };
    let ty = FuncType::new(types("params")?, types("results")?);
    let values = || objects.vals(described.get("values"));
    let body: Body = match text(field(described, "does")?)? {
        "return" => {
            let values = values()?;
            Box::new(move |_, _| Ok(values.clone()))
        }
        "same" => Box::new(|_, params| Ok(params.to_vec())),
        "sum" => Box::new(|_, params| Ok(vec![sum(params)])),
        "record" => {
            let (values, record) = (values()?, Arc::clone(record));
            Box::new(move |_, params| {
                record.lock().expect("no panic").push(params.to_vec());
                Ok(values.clone())
            })
        }
        "fail" => {
            let code = number(field(described, "code")?)? as u32;
            Box::new(move |_, _| Err(Error::user(code)))
        }
        "throw" => {
            let message = text(field(described, "message")?)?.to_string();
            Box::new(move |_, _| Err(Error::host(message.clone())))
        }
        "terminate" => Box::new(|_, _| Err(ErrCode::Terminated.into())),
        "call" => {
            let name = text(field(described, "function")?)?.to_string();
            Box::new(move |caller, params| match caller.instance() {
                Some(instance) => instance.call(&name, params),
                None => Err(Error::host("nobody calls")),
            })
        }
        "peek" => Box::new(|caller, params| {
            let byte: u8 = memory(caller)?.read_value(place(params)?)?;
            Ok(vec![Val::I32(byte.into())])
        }),
        "poke" => Box::new(|caller, params| {
            let byte = params.get(1).and_then(Val::i32).unwrap_or(0) as u8;
            memory(caller)?.write_value(place(params)?, byte)?;
            Ok(Vec::new())
        }),
        "sleep" => {
            let time = Duration::from_millis(number(field(described, "ms")?)?);
            Box::new(move |_, _| {
                std::thread::sleep(time);
                Ok(Vec::new())
            })
        }
        other => return Err(format!("no host function does \"{other}\"")),
    };
    Func::new(ty, move |caller, params, results| {
        for (result, value) in results.iter_mut().zip(body(&caller, params)?) {
            *result = value;
        }
        Ok(())
    })
    .map_err(|error| error.to_string())
}

fn memory(caller: &Caller<'_>) -> wasmspan::Result<wasmspan::Memory> {
    caller.memory(0).ok_or_else(|| Error::host("the caller has no memory"))
}

fn place(params: &[Val]) -> wasmspan::Result<usize> {
    match params.first() {
        Some(Val::I32(address)) => Ok(*address as u32 as usize),
        _ => Err(Error::host("no address")),
    }
}

fn sum(params: &[Val]) -> Val {
    let add = |a: &Val, b: &Val| match (a, b) {
        (Val::I32(a), Val::I32(b)) => Val::I32(a.wrapping_add(*b)),
        (Val::I64(a), Val::I64(b)) => Val::I64(a.wrapping_add(*b)),
        (Val::F32(a), Val::F32(b)) => Val::F32(a + b),
        (Val::F64(a), Val::F64(b)) => Val::F64(a + b),
        _ => a.clone(),
    };
    let rest = params.get(1..).unwrap_or_default();
    params
        .first()
        .map_or(Val::I32(0), |first| rest.iter().fold(first.clone(), |sum, next| add(&sum, next)))
}
