//! Calls of guests that were built with the crates `wasmedge-bindgen` 0.4, and strings and buffers of other guests.
//!
//! `value` has the values that can be passed, `results` reads what a call left in the guest's memory, `heap` is for
//! guests of AssemblyScript, TinyGo and C.
//!
//! A call writes each argument into memory that the guest allocated, and a frame of address and count for each. The
//! function returns the address of a record: whether it failed, and where results or the message lie. Arguments belong
//! to the guest from the call on; frame, record and results go back to it afterwards.

mod heap;
mod results;
mod typed;
mod value;

pub use heap::{Heap, HeapStyle, Span};
pub use results::{Found, Results};
pub use typed::FromResults;
pub use value::{Kind, Value, WrongKind};

use crate::error::{ErrCode, Error, Result};
use crate::limits::MAX_PARAMS;
use crate::runtime::{Instance, Memory, TypedFunc};
use results::Record;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a call failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CallError {
    /// The guest's function returned `Err` with this message, or was given the wrong number of arguments.
    #[error("{0}")]
    Guest(String),
    /// There is no such function, it trapped (as panics do) or ended the guest, a host function failed, or the guest
    /// does not keep to the protocol.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Error {
        match error {
            CallError::Guest(message) => Error::with_detail(ErrCode::RuntimeError, message),
            CallError::Engine(error) => error,
        }
    }
}

type Entry = TypedFunc<(u32, u32), u32>;

/// An instance of a guest that was built with `wasmedge-bindgen` 0.4. May be used from several threads as the instance
/// may.
///
/// ```no_run
/// use wasmspan::bindgen::{Bindgen, Value};
/// # fn f(instance: wasmspan::Instance) -> Result<(), wasmspan::bindgen::CallError> {
/// let guest = Bindgen::new(&instance)?;
/// let results = guest.call("say", &[Value::from("bindgen funcs test")])?;
/// assert_eq!(results[0].as_str(), Some("hello bindgen funcs test"));
/// # Ok(())
/// # }
/// ```
pub struct Bindgen {
    instance: Instance,
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    deallocate: Option<TypedFunc<(u32, u32), ()>>,
    /// Every export of the right type, sorted by length and name: lengths are quick to compare.
    functions: Box<[(String, Entry)]>,
    /// Which of them was called last: it often is the next, too.
    last: AtomicUsize,
}

impl Bindgen {
    /// Prepares calls of a new instance, whose `_initialize` is called if it has one.
    ///
    /// # Errors
    ///
    /// `wasm function not found` or `function signature mismatch` if the guest lacks the exports `memory` and
    /// `allocate`; what ends `_initialize`.
    pub fn new(instance: &Instance) -> Result<Bindgen> {
        let bindgen = Bindgen::attach(instance)?;
        if let Some(initialize) = instance.get_func("_initialize") {
            initialize.call(&[])?;
        }
        Ok(bindgen)
    }

    /// As [`new`](Bindgen::new) for an instance that is initialised: another `_initialize` would trap.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn attach(instance: &Instance) -> Result<Bindgen> {
        let mut functions = Vec::new();
        for (name, _) in instance.export_names() {
            if let Some(Ok(entry)) = instance.get_func(&name).map(|func| func.typed()) {
                functions.push((name, entry));
            }
        }
        functions.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let deallocate = instance.get_func("deallocate").map(|func| func.typed()).transpose()?;
        Ok(Bindgen {
            memory: memory_of(instance)?,
            allocate: instance.typed("allocate")?,
            deallocate,
            functions: functions.into(),
            last: AtomicUsize::new(0),
            instance: instance.clone(),
        })
    }

    /// Leaves frames, records and results where they are, as WasmEdge's hosts do: for guests whose `deallocate` needs
    /// to know how large a block was made, or that return memory which isn't theirs to free.
    pub fn keeping_results(mut self) -> Bindgen {
        self.deallocate = None;
        self
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Names of the exports that can be such functions, in no certain order: the module tells no more than that their type fits.
    pub fn functions(&self) -> impl ExactSizeIterator<Item = &str> {
        self.functions.iter().map(|(name, _)| name.as_str())
    }

    /// Calls a function.
    ///
    /// The guest takes arguments for what its function says they are; where kinds differ, it reads other values, or
    /// traps.
    ///
    /// # Errors
    ///
    /// [`CallError::Guest`] with the message of an `Err`; [`CallError::Engine`] for everything else. After a trap the
    /// guest keeps what the call had allocated.
    pub fn call(&self, name: &str, args: &[Value<'_>]) -> Result<Vec<Value<'static>>, CallError> {
        self.call_with(name, args, |results| results.to_vec())
    }

    /// As [`call`](Bindgen::call) of a function whose results are known.
    ///
    /// ```no_run
    /// # fn f(guest: wasmspan::bindgen::Bindgen) -> Result<(), wasmspan::bindgen::CallError> {
    /// let hello: String = guest.call_as("say", &["bindgen funcs test".into()])?;
    /// let (text, number): (String, i32) = guest.call_as("swap", &[5.into(), "five".into()])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`call`](Bindgen::call), and if it gives other results.
    pub fn call_as<R: FromResults>(&self, name: &str, args: &[Value<'_>]) -> Result<R, CallError> {
        self.call_with(name, args, R::from_results)
    }

    /// As [`call`](Bindgen::call); `read` takes the results out of the guest's memory before they are freed. Bindings
    /// copy them straight into values of their language.
    ///
    /// # Errors
    ///
    /// As [`call`](Bindgen::call), and what `read` gives.
    pub fn call_with<R>(
        &self,
        name: &str,
        args: &[Value<'_>],
        read: impl FnOnce(&Results<'_>) -> Result<R>,
    ) -> Result<R, CallError> {
        // Several calls of the guest are one to the host, and have the limits of one.
        let mut message = None;
        let ended = self.instance.governed(|| {
            self.call_now(name, args, read).map(Some).or_else(|error| match error {
                CallError::Guest(text) => {
                    message = Some(text);
                    Ok(None)
                }
                CallError::Engine(error) => Err(error),
            })
        });
        match ended? {
            Some(results) => Ok(results),
            None => Err(CallError::Guest(message.unwrap_or_default())),
        }
    }

    fn call_now<R>(
        &self,
        name: &str,
        args: &[Value<'_>],
        read: impl FnOnce(&Results<'_>) -> Result<R>,
    ) -> Result<R, CallError> {
        let entry = self.entry(name)?;
        if args.len() > MAX_PARAMS {
            return Err(broken(format!("more than {MAX_PARAMS} arguments")).into());
        }
        let frame_size = 8 * args.len() as u32;
        let frame = self.allocate.call(frame_size)?;
        for (at, arg) in args.iter().enumerate() {
            let address = self.put(arg)?;
            let place = u64::from(address) | (arg.count() as u64) << 32;
            self.memory.write_value(frame as usize + 8 * at, place)?;
        }
        let record = entry.call((frame, args.len() as u32))?;
        let answer = match Record::read(&self.memory, record)? {
            Record::Results(results) => {
                let answer = read(&results)?;
                for at in 0..results.len() {
                    let found = results.found(at)?;
                    self.free(found.address, found.size)?;
                }
                self.free(results.table(), Results::TABLE_ITEM * results.len() as u32)?;
                Ok(answer)
            }
            Record::Failure { address, size } => {
                let message = self.memory.read_vec(address as usize, size as usize)?;
                self.free(address, size)?;
                Err(CallError::Guest(text_of(message)))
            }
        };
        self.free(record, Record::SIZE)?;
        self.free(frame, frame_size)?;
        answer
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        match self.functions.get(self.last.load(Ordering::Relaxed)) {
            Some((known, entry)) if known == name => return Ok(entry),
            _ => {}
        }
        match self.functions.binary_search_by(|(known, _)| order(known).cmp(&order(name))) {
            Ok(at) => {
                self.last.store(at, Ordering::Relaxed);
                Ok(&self.functions[at].1)
            }
            Err(_) => self.instance.find_func(name).and_then(|func| {
                Err(Error::with_detail(
                    ErrCode::FuncSigMismatch,
                    format!(
                        "\"{name}\" is not a function of wasmedge-bindgen: its type is {}",
                        func.ty()
                    ),
                ))
            }),
        }
    }

    /// Copies an argument into memory of the guest.
    fn put(&self, value: &Value<'_>) -> Result<u32> {
        let size = value.count().checked_mul(value.kind().item_size());
        let size = size.and_then(|size| u32::try_from(size).ok());
        let size = size.ok_or_else(|| broken("an argument is larger than 4 GiB"))?;
        let address = self.allocate.call(size)?;
        let at = address as usize;
        let memory = &self.memory;
        match value {
            Value::U8(value) => memory.write_value(at, *value),
            Value::I8(value) => memory.write_value(at, *value),
            Value::U16(value) => memory.write_value(at, *value),
            Value::I16(value) => memory.write_value(at, *value),
            Value::U32(value) => memory.write_value(at, *value),
            Value::I32(value) => memory.write_value(at, *value),
            Value::U64(value) => memory.write_value(at, *value),
            Value::I64(value) => memory.write_value(at, *value),
            Value::F32(value) => memory.write_value(at, *value),
            Value::F64(value) => memory.write_value(at, *value),
            Value::Bool(value) => memory.write_value(at, u8::from(*value)),
            Value::Char(value) => memory.write_value(at, u32::from(*value)),
            // What is empty has no place.
            _ if size == 0 => Ok(()),
            Value::U8s(items) => memory.write(at, items),
            Value::String(text) => memory.write(at, text.as_bytes()),
            Value::I8s(items) => memory.write_values(at, items),
            Value::U16s(items) => memory.write_values(at, items),
            Value::I16s(items) => memory.write_values(at, items),
            Value::U32s(items) => memory.write_values(at, items),
            Value::I32s(items) => memory.write_values(at, items),
            Value::U64s(items) => memory.write_values(at, items),
            Value::I64s(items) => memory.write_values(at, items),
        }?;
        Ok(address)
    }

    fn free(&self, address: u32, size: u32) -> Result<()> {
        match &self.deallocate {
            Some(deallocate) if size > 0 => deallocate.call((address, size)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Bindgen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.functions()).finish()
    }
}

fn order(name: &str) -> (usize, &str) {
    (name.len(), name)
}

fn memory_of(instance: &Instance) -> Result<Memory> {
    let missing = || {
        Error::with_detail(
            ErrCode::WrongInstanceAddress,
            "the guest exports no memory as \"memory\"",
        )
    };
    instance.get_memory("memory").ok_or_else(missing)
}

/// What a guest does that keeps to no protocol of ours.
fn broken(what: impl fmt::Display) -> Error {
    Error::with_detail(ErrCode::RuntimeError, format!("bindgen: {what}"))
}

/// Text for people, from bytes that should be UTF-8.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
