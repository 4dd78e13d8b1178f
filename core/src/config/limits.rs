//! What calls may use of time, cost, memory and the rest, in one value.

use crate::error::{ErrCode, Error, Result};
use crate::limits::{MAX_MEMORY_PAGES, MAX_TABLE_ELEMENTS};
use serde::{Deserialize, Serialize};

/// What may be used at most; `None` leaves the runtime's own limit.
///
/// A [`Config`](super::Config) has them for all instances that an executor or VM makes, and for every
/// call into them, however it is made;
/// [`Executor::invoke_within`](crate::Executor::invoke_within) takes them for one call. Where several
/// say something, the smallest counts. As JSON they are an object whose fields have these names.
///
/// ```
/// use wasmspan::config::Limits;
/// let limits = Limits::from_json(r#"{ "time_ms": 250, "cost": 1000000 }"#)?;
/// assert_eq!(limits.time_ms, Some(250));
/// assert_eq!(limits.to_json(), r#"{"time_ms":250,"cost":1000000}"#);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Time of one call, or of one instantiation with its start function, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Cost of all calls together; for one call, of that call. Costs are measured wherever this is
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
    /// Size of each memory, in pages of 64 KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_pages: Option<u32>,
    /// Size of each table, in elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_elements: Option<u64>,
    /// Stack of one call, in bytes; the stack of the calling thread is a limit of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
    /// Module instances that exist at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instances: Option<u64>,
    /// Descriptors that a guest of WASI has open at the same time, with its standard streams and
    /// directories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// What one call, or one instantiation with its start function, may write to standard output and
    /// error together, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
}

impl Limits {
    /// Reads limits.
    ///
    /// # Errors
    ///
    /// If `text` is no JSON object of these fields.
    pub fn from_json(text: &str) -> Result<Limits> {
        let read = |text| {
            // An array of values in the order of the fields would be taken too.
            let object: serde_json::Map<_, _> = serde_json::from_str(text)?;
            serde_json::from_value(serde_json::Value::Object(object))
        };
        read(text).map_err(|error: serde_json::Error| {
            Error::with_detail(ErrCode::RuntimeError, format!("limits: {error}"))
        })
    }

    /// The limits as JSON, without those that are `None`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The smaller of each of two limits.
    ///
    /// ```
    /// use wasmspan::config::Limits;
    /// let ours = Limits::from_json(r#"{ "cost": 5 }"#)?;
    /// let theirs = Limits::from_json(r#"{ "cost": 9, "time_ms": 1 }"#)?;
    /// assert_eq!(ours.and(&theirs).to_json(), r#"{"time_ms":1,"cost":5}"#);
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn and(&self, other: &Limits) -> Limits {
        fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
            a.into_iter().chain(b).min()
        }
        Limits {
            time_ms: least(self.time_ms, other.time_ms),
            cost: least(self.cost, other.cost),
            memory_pages: least(self.memory_pages, other.memory_pages),
            table_elements: least(self.table_elements, other.table_elements),
            stack_bytes: least(self.stack_bytes, other.stack_bytes),
            instances: least(self.instances, other.instances),
            open_files: least(self.open_files, other.open_files),
            output_bytes: least(self.output_bytes, other.output_bytes),
        }
    }

    /// Whether time, stack or output is limited.
    pub(crate) fn apply_to_calls(&self) -> bool {
        self.time_ms.is_some() || self.stack_bytes.is_some() || self.output_bytes.is_some()
    }

    /// Whether nothing but what applies to one call is set: time, cost, stack and output.
    ///
    /// # Errors
    ///
    /// `generic runtime error`, naming the first field that doesn't apply.
    pub(crate) fn check_for_call(&self) -> Result<()> {
        let others = [
            ("memory_pages", self.memory_pages.is_some()),
            ("table_elements", self.table_elements.is_some()),
            ("instances", self.instances.is_some()),
            ("open_files", self.open_files.is_some()),
        ];
        match others.iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((name, _)) => Err(Error::with_detail(
                ErrCode::RuntimeError,
                format!("the limit `{name}` does not apply to one call"),
            )),
        }
    }

    /// Pages that a 32-bit memory may have, given another limit.
    pub(crate) fn pages(&self, most: u32) -> u32 {
        self.memory_pages.unwrap_or(MAX_MEMORY_PAGES).min(most)
    }

    /// Elements that a table may have.
    pub(crate) fn elements(&self) -> u64 {
        self.table_elements.unwrap_or(MAX_TABLE_ELEMENTS).min(MAX_TABLE_ELEMENTS)
    }
}
