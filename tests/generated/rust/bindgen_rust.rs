//! Functions of the module `bindgen-rust`, made by `wasmspan bindgen`.

use wasmspan::bindgen::{Bindgen, CallError, Value};
use wasmspan::{Instance, Result};

/// An instance of the module.
pub struct BindgenRust {
    guest: Bindgen,
}

impl BindgenRust {
    /// Prepares calls of a new instance, whose `_initialize` is called if it has one.
    pub fn new(instance: &Instance) -> Result<BindgenRust> {
        let guest = Bindgen::new(instance)?;
        Ok(BindgenRust { guest })
    }

    /// Calls `bool_to_u8`.
    pub fn bool_to_u8(&self, value: bool) -> Result<u8, CallError> {
        self.guest.call_as("bool_to_u8", &[Value::from(value)])
    }

    /// Calls `char_to_u32`.
    pub fn char_to_u32(&self, value: char) -> Result<u32, CallError> {
        self.guest.call_as("char_to_u32", &[Value::from(value)])
    }

    /// Makes a line of two points, as JSON.
    ///
    /// Points are JSON, too: `{"x": 1.5, "y": 3.8}`.
    pub fn create_line(&self, from: &str, to: &str, desc: &str) -> Result<String, CallError> {
        let args = [Value::from(from), Value::from(to), Value::from(desc)];
        self.guest.call_as("create_line", &args)
    }

    /// All scalar types at once, as text.
    #[allow(clippy::too_many_arguments)]
    pub fn describe(
        &self,
        a: u8,
        b: i8,
        c: u16,
        d: i16,
        e: u32,
        f: i32,
        g: u64,
        h: i64,
        i: f32,
        j: f64,
        k: bool,
        l: char,
        m: &str,
        n: &[i16],
    ) -> Result<String, CallError> {
        let args = [
            Value::from(a),
            Value::from(b),
            Value::from(c),
            Value::from(d),
            Value::from(e),
            Value::from(f),
            Value::from(g),
            Value::from(h),
            Value::from(i),
            Value::from(j),
            Value::from(k),
            Value::from(l),
            Value::from(m),
            Value::from(n),
        ];
        self.guest.call_as("describe", &args)
    }

    /// Divides; by zero it fails.
    pub fn divide(&self, a: i32, b: i32) -> Result<i32, CallError> {
        let args = [Value::from(a), Value::from(b)];
        self.guest.call_as("divide", &args)
    }

    /// Calls `echo_f32`.
    pub fn echo_f32(&self, value: f32) -> Result<f32, CallError> {
        self.guest.call_as("echo_f32", &[Value::from(value)])
    }

    /// Calls `echo_f64`.
    pub fn echo_f64(&self, value: f64) -> Result<f64, CallError> {
        self.guest.call_as("echo_f64", &[Value::from(value)])
    }

    /// Calls `echo_i16`.
    pub fn echo_i16(&self, value: i16) -> Result<i16, CallError> {
        self.guest.call_as("echo_i16", &[Value::from(value)])
    }

    /// Calls `echo_i16s`.
    pub fn echo_i16s(&self, value: &[i16]) -> Result<Vec<i16>, CallError> {
        self.guest.call_as("echo_i16s", &[Value::from(value)])
    }

    /// Calls `echo_i32`.
    pub fn echo_i32(&self, value: i32) -> Result<i32, CallError> {
        self.guest.call_as("echo_i32", &[Value::from(value)])
    }

    /// Calls `echo_i32s`.
    pub fn echo_i32s(&self, value: &[i32]) -> Result<Vec<i32>, CallError> {
        self.guest.call_as("echo_i32s", &[Value::from(value)])
    }

    /// Calls `echo_i64`.
    pub fn echo_i64(&self, value: i64) -> Result<i64, CallError> {
        self.guest.call_as("echo_i64", &[Value::from(value)])
    }

    /// Calls `echo_i64s`.
    pub fn echo_i64s(&self, value: &[i64]) -> Result<Vec<i64>, CallError> {
        self.guest.call_as("echo_i64s", &[Value::from(value)])
    }

    /// Calls `echo_i8`.
    pub fn echo_i8(&self, value: i8) -> Result<i8, CallError> {
        self.guest.call_as("echo_i8", &[Value::from(value)])
    }

    /// Calls `echo_i8s`.
    pub fn echo_i8s(&self, value: &[i8]) -> Result<Vec<i8>, CallError> {
        self.guest.call_as("echo_i8s", &[Value::from(value)])
    }

    /// Calls `echo_string`.
    pub fn echo_string(&self, value: &str) -> Result<String, CallError> {
        self.guest.call_as("echo_string", &[Value::from(value)])
    }

    /// Calls `echo_u16`.
    pub fn echo_u16(&self, value: u16) -> Result<u16, CallError> {
        self.guest.call_as("echo_u16", &[Value::from(value)])
    }

    /// Calls `echo_u16s`.
    pub fn echo_u16s(&self, value: &[u16]) -> Result<Vec<u16>, CallError> {
        self.guest.call_as("echo_u16s", &[Value::from(value)])
    }

    /// Calls `echo_u32`.
    pub fn echo_u32(&self, value: u32) -> Result<u32, CallError> {
        self.guest.call_as("echo_u32", &[Value::from(value)])
    }

    /// Calls `echo_u32s`.
    pub fn echo_u32s(&self, value: &[u32]) -> Result<Vec<u32>, CallError> {
        self.guest.call_as("echo_u32s", &[Value::from(value)])
    }

    /// Calls `echo_u64`.
    pub fn echo_u64(&self, value: u64) -> Result<u64, CallError> {
        self.guest.call_as("echo_u64", &[Value::from(value)])
    }

    /// Calls `echo_u64s`.
    pub fn echo_u64s(&self, value: &[u64]) -> Result<Vec<u64>, CallError> {
        self.guest.call_as("echo_u64s", &[Value::from(value)])
    }

    /// Calls `echo_u8`.
    pub fn echo_u8(&self, value: u8) -> Result<u8, CallError> {
        self.guest.call_as("echo_u8", &[Value::from(value)])
    }

    /// Calls `echo_u8s`.
    pub fn echo_u8s(&self, value: &[u8]) -> Result<Vec<u8>, CallError> {
        self.guest.call_as("echo_u8s", &[Value::from(value)])
    }

    /// Calls `exits`.
    pub fn exits(&self, code: i32) -> Result<i32, CallError> {
        self.guest.call_as("exits", &[Value::from(code)])
    }

    /// Calls `fail_empty`.
    pub fn fail_empty(&self) -> Result<u8, CallError> {
        self.guest.call_as("fail_empty", &[])
    }

    /// Keccak-256 of bytes.
    pub fn keccak_digest(&self, data: &[u8]) -> Result<Vec<u8>, CallError> {
        self.guest.call_as("keccak_digest", &[Value::from(data)])
    }

    /// The least number that both divide.
    pub fn lowest_common_multiple(&self, a: i32, b: i32) -> Result<i32, CallError> {
        let args = [Value::from(a), Value::from(b)];
        self.guest.call_as("lowest_common_multiple", &args)
    }

    /// Calls `make_bytes`.
    pub fn make_bytes(&self, len: u32) -> Result<Vec<u8>, CallError> {
        self.guest.call_as("make_bytes", &[Value::from(len)])
    }

    /// Calls `nothing`.
    pub fn nothing(&self) -> Result<(), CallError> {
        self.guest.call_as("nothing", &[])
    }

    /// Turns letters by 13 places.
    pub fn obfusticate(&self, text: &str) -> Result<String, CallError> {
        self.guest.call_as("obfusticate", &[Value::from(text)])
    }

    /// Calls `panics`.
    pub fn panics(&self, message: &str) -> Result<i32, CallError> {
        self.guest.call_as("panics", &[Value::from(message)])
    }

    /// Calls `prints`.
    pub fn prints(&self, text: &str) -> Result<(), CallError> {
        self.guest.call_as("prints", &[Value::from(text)])
    }

    /// Greets somebody.
    pub fn say(&self, name: &str) -> Result<String, CallError> {
        self.guest.call_as("say", &[Value::from(name)])
    }

    /// SHA3-256 of bytes.
    pub fn sha3_digest(&self, data: &[u8]) -> Result<Vec<u8>, CallError> {
        self.guest.call_as("sha3_digest", &[Value::from(data)])
    }

    /// Divides a text where the separator first is; fails where it isn't.
    pub fn split(&self, text: &str, separator: &str) -> Result<(String, String), CallError> {
        let args = [Value::from(text), Value::from(separator)];
        self.guest.call_as("split", &args)
    }

    /// Gives both back, in the other order.
    pub fn swap(&self, a: i32, b: &str) -> Result<(String, i32), CallError> {
        let args = [Value::from(a), Value::from(b)];
        self.guest.call_as("swap", &args)
    }

    /// Calls `take_bytes`.
    pub fn take_bytes(&self, data: &[u8]) -> Result<u32, CallError> {
        self.guest.call_as("take_bytes", &[Value::from(data)])
    }
}
