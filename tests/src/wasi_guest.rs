//! A guest that does nothing but pass calls on to WASI, so that a test can make them one by one.

use wasmspan::wasi::WasiBuilder;
use wasmspan::{Instance, Memory, Module, Result, Store, Val, ValType, Wasi};

/// An instance that exports each function it imports under the same name.
pub struct Guest {
    /// Its environment.
    pub wasi: Wasi,
    /// The instance.
    pub instance: Instance,
}

/// The interface of a guest: its module's name, and names and parameters of functions that give an
/// error number; `i` is `i32`, `I` is `i64`. What follows `=` in a name is the name of the export.
pub type Interface<'a> = (&'a str, &'a [(&'a str, &'a str)]);

impl Guest {
    /// Makes one with four pages of memory.
    pub fn new(settings: WasiBuilder, (module, functions): Interface<'_>) -> Guest {
        let (mut imports, mut wrappers) = (String::new(), String::new());
        for (at, (name, letters)) in functions.iter().enumerate() {
            let (name, export) = name.split_once('=').unwrap_or((name, name));
            let list: Vec<&str> =
                letters.chars().map(|c| if c == 'i' { "i32" } else { "i64" }).collect();
            let ty = format!("(param {}) (result i32)", list.join(" "));
            imports += &format!("(import \"{module}\" \"{name}\" (func ${at} {ty}))\n");
            let gets: String = (0..letters.len()).map(|i| format!("(local.get {i})")).collect();
            wrappers += &format!("(func (export \"{export}\") {ty} (call ${at} {gets}))\n");
        }
        let text = format!("(module {imports} (memory (export \"memory\") 4) {wrappers})");
        let wasi = settings.build().expect("valid settings");
        let store = Store::new();
        for interface in [wasi.instance(), &wasi.unstable_instance().expect("room")] {
            store.register(interface.name(), interface).expect("a new name");
        }
        let module = Module::new(text).expect("a valid module");
        let instance = module.instantiate(&store).expect("its imports exist");
        Guest { wasi, instance }
    }

    /// Calls a function with numbers of the right types.
    ///
    /// # Errors
    ///
    /// What ended the call.
    pub fn try_call(&self, name: &str, params: &[i64]) -> Result<i32> {
        let ty = self.instance.func_type(name).expect("a function of the guest");
        let params: Vec<Val> = params
            .iter()
            .zip(ty.params())
            .map(|(value, ty)| match ty {
                ValType::I32 => Val::I32(*value as i32),
                _ => Val::I64(*value),
            })
            .collect();
        Ok(self.instance.call(name, &params)?[0].i32().expect("an error number"))
    }

    /// As [`try_call`](Guest::try_call), for calls that return; gives the error number.
    pub fn call(&self, name: &str, params: &[i64]) -> i32 {
        self.try_call(name, params).unwrap_or_else(|error| panic!("{name} {params:?}: {error}"))
    }

    /// Calls a function that must succeed.
    pub fn ok(&self, name: &str, params: &[i64]) {
        assert_eq!(self.call(name, params), 0, "{name} {params:?}");
    }

    /// The guest's memory.
    pub fn memory(&self) -> Memory {
        self.instance.get_memory("memory").expect("it is exported")
    }

    /// Bytes of the memory.
    pub fn bytes(&self, at: usize, len: usize) -> Vec<u8> {
        self.memory().read_vec(at, len).expect("in bounds")
    }

    /// Four bytes of the memory as a number.
    pub fn word(&self, at: usize) -> u32 {
        self.memory().read_value(at).expect("in bounds")
    }

    /// Writes bytes.
    pub fn put(&self, at: usize, bytes: &[u8]) {
        self.memory().write(at, bytes).expect("in bounds");
    }

    /// Writes numbers of four bytes.
    pub fn put_words(&self, at: usize, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.put(at, &bytes);
    }
}
