//! Instances as hosts have them: of wasm modules, and host modules.

use super::external::Extern;
use super::func::Func;
use super::global::Global;
use super::memory::Memory;
use super::node::NodeRef;
use super::table::Table;
use super::wasm_instance::WasmInstance;
use crate::error::{ErrCode, Error, Result};
use crate::types::{ExternKind, ExternType, FuncType};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};

/// A module of the host: a name, and items under names.
#[derive(Debug)]
struct HostModule {
    name: String,
    items: RwLock<BTreeMap<String, Extern>>,
    tag: AtomicU64,
    /// Functions that take the place of an item for an import of their type.
    alternates: RwLock<BTreeMap<String, Vec<Func>>>,
}
/// A module instance. Clones are handles to the same instance; it may be used from any thread.
///
/// It lives while a handle to it or to one of its exports exists, or another instance imports from
/// it; the order in which handles are dropped does not matter.
#[derive(Clone)]
pub struct Instance(Repr);

#[derive(Clone)]
enum Repr {
    Wasm(NodeRef),
    Host(Arc<HostModule>),
}

impl Instance {
    /// The instance that a node heads.
    pub(super) fn of_wasm(node: NodeRef) -> Instance {
        Instance(Repr::Wasm(node))
    }

    /// Makes an empty host module; fill it with [`define`](Instance::define).
    ///
    /// ```
    /// use wasmspan::{Func, Instance};
    /// let env = Instance::host("env");
    /// env.define("add", Func::wrap(|a: i32, b: i32| a + b)?)?;
    /// assert_eq!(env.name(), "env");
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn host(name: impl Into<String>) -> Instance {
        let module = HostModule {
            name: name.into(),
            items: RwLock::default(),
            alternates: RwLock::default(),
            tag: AtomicU64::new(0),
        };
        Instance(Repr::Host(Arc::new(module)))
    }

    /// Puts an item into a host module under a name, replacing what had it.
    ///
    /// # Errors
    ///
    /// `wrong VM workflow` if this is an instance of a wasm module.
    pub fn define(&self, name: impl Into<String>, item: impl Into<Extern>) -> Result<()> {
        match &self.0 {
            Repr::Host(module) => {
                let mut items =
                    module.items.write().unwrap_or_else(|poisoned| poisoned.into_inner());
                let old = items.insert(name.into(), item.into());
                drop(items);
                drop(old);
                Ok(())
            }
            Repr::Wasm(_) => Err(Error::with_detail(
                ErrCode::WrongVMWorkflow,
                "only host modules take new items; a wasm module's exports are fixed",
            )),
        }
    }

    /// Puts a second function under a name into a host module: an import of its type gets it, every
    /// other use of the name gets what [`define`](Instance::define) put there.
    ///
    /// # Errors
    ///
    /// As [`define`](Instance::define).
    pub(crate) fn define_alternate(&self, name: impl Into<String>, func: Func) -> Result<()> {
        let Repr::Host(module) = &self.0 else { return self.define(name, func) };
        let mut all = module.alternates.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.entry(name.into()).or_default().push(func);
        Ok(())
    }

    /// The item that an import of this name and type gets: of functions of a host module that share a
    /// name, the one of that type, and functions that are not listed among the exports, too.
    pub(crate) fn get_import(&self, name: &str, wanted: &ExternType) -> Option<Extern> {
        let Repr::Host(module) = &self.0 else { return self.get_export(name) };
        let all = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = all.get(name).map_or(&[][..], Vec::as_slice);
        let fits = |func: &&Func| matches!(wanted, ExternType::Func(wanted) if func.ty() == wanted);
        if let Some(func) = alternates.iter().find(fits) {
            return Some(func.clone().into());
        }
        self.get_export(name).or_else(|| Some(alternates.first()?.clone().into()))
    }

    /// Takes a function of a host module off the list of exports. Modules that import it still get it.
    pub(crate) fn unlist(&self, name: &str) {
        let Repr::Host(module) = &self.0 else { return };
        let mut items = module.items.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut all = module.alternates.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        match items.remove(name) {
            Some(Extern::Func(func)) => all.entry(name.into()).or_default().push(func),
            Some(other) => drop(items.insert(name.into(), other)),
            None => {}
        }
    }

    /// The index of an export in its module, among the items of its kind and after those that are
    /// imported; none for a host module's.
    pub fn export_index(&self, name: &str) -> Option<u32> {
        let (_, index) = *self.wasm()?.code.exports.get(name)?;
        Some(index)
    }

    /// The instance of a wasm module, if it is one.
    pub(crate) fn wasm(&self) -> Option<&WasmInstance> {
        match &self.0 {
            // SAFETY: nodes of instances head a `WasmInstance`, and the handle keeps it alive.
            Repr::Wasm(node) if node.node().is_instance() => {
                Some(unsafe { node.as_ptr().cast::<WasmInstance>().as_ref() })
            }
            _ => None,
        }
    }

    pub(super) fn tag(&self) -> &AtomicU64 {
        match &self.0 {
            Repr::Host(module) => &module.tag,
            // SAFETY: such a node heads a `WasmInstance`, and the handle keeps it alive.
            Repr::Wasm(node) => unsafe { &node.as_ptr().cast::<WasmInstance>().as_ref().tag },
        }
    }

    /// The name it was registered under or made with; empty for an anonymous instance.
    pub fn name(&self) -> &str {
        match &self.0 {
            Repr::Host(module) => &module.name,
            Repr::Wasm(_) => self.wasm().map_or("", |instance| &instance.name),
        }
    }

    /// The export of this name.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        match &self.0 {
            Repr::Host(module) => {
                let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
                items.get(name).cloned()
            }
            Repr::Wasm(_) => {
                let instance = self.wasm()?;
                let (kind, index) = *instance.code.exports.get(name)?;
                Some(instance.item(kind, index))
            }
        }
    }

    /// Names and kinds of the exports: in the module's order, or sorted for host modules.
    pub fn export_names(&self) -> Vec<(String, ExternKind)> {
        match &self.0 {
            Repr::Host(module) => {
                let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
                items.iter().map(|(name, item)| (name.clone(), item.kind())).collect()
            }
            Repr::Wasm(_) => self.wasm().map_or_else(Vec::new, |instance| {
                let exports = instance.code.info.exports.iter();
                exports.map(|export| (export.name.clone(), export.kind)).collect()
            }),
        }
    }

    /// The exported function of this name.
    pub fn get_func(&self, name: &str) -> Option<Func> {
        match self.get_export(name)? {
            Extern::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The exported memory of this name.
    pub fn get_memory(&self, name: &str) -> Option<Memory> {
        match self.get_export(name)? {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The exported table of this name.
    pub fn get_table(&self, name: &str) -> Option<Table> {
        match self.get_export(name)? {
            Extern::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The exported global of this name.
    pub fn get_global(&self, name: &str) -> Option<Global> {
        match self.get_export(name)? {
            Extern::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The exported function of this name and type.
    ///
    /// # Errors
    ///
    /// `wasm function not found`, or `function signature mismatch`.
    pub fn typed<P: super::WasmParams, R: super::WasmResults>(
        &self,
        name: &str,
    ) -> Result<super::TypedFunc<P, R>> {
        self.find_func(name)?.typed()
    }

    /// Calls the exported function of this name.
    ///
    /// # Errors
    ///
    /// `wasm function not found`, and what [`Func::call`] can give.
    pub fn call(&self, name: &str, params: &[super::Val]) -> Result<Vec<super::Val>> {
        self.find_func(name)?.call(params)
    }

    /// The exported function of this name, or the error that says which there are.
    ///
    /// # Errors
    ///
    /// `wasm function not found`.
    #[doc(hidden)]
    pub fn find_func(&self, name: &str) -> Result<Func> {
        self.get_func(name).ok_or_else(|| {
            let known: Vec<String> = self
                .export_names()
                .into_iter()
                .filter(|(_, kind)| *kind == ExternKind::Func)
                .map(|(name, _)| name)
                .take(20)
                .collect();
            Error::with_detail(
                ErrCode::FuncNotFound,
                format!("no function is exported as \"{name}\"; there are: {}", known.join(", ")),
            )
        })
    }

    /// The type of the exported function of this name.
    pub fn func_type(&self, name: &str) -> Option<FuncType> {
        self.get_func(name).map(|func| func.ty().clone())
    }

    /// How many handles to the instance and its functions, tables and globals there are, imports of
    /// other instances included; `None` if references stored in tables or globals hold it too. A host
    /// with a garbage collector of its own learns from this whether all holders are known to it.
    pub fn holders(&self) -> Option<usize> {
        match &self.0 {
            Repr::Wasm(node) => node.node().holders(),
            Repr::Host(module) => Some(Arc::strong_count(module)),
        }
    }

    /// Bytes of the memories and tables that it does not import, as far as they are accessible.
    #[doc(hidden)]
    pub fn bytes(&self) -> usize {
        self.wasm().map_or(0, |instance| {
            let imported = instance.code.info.imported.memories as usize;
            let memories = instance.memories[imported..].iter().map(Memory::len);
            let tables = instance.tables.iter().map(|table| table.len() * size_of::<usize>());
            memories.sum::<usize>() + tables.sum::<usize>()
        })
    }

    /// The node, if it is an instance of a wasm module.
    pub(super) fn node(&self) -> Option<&NodeRef> {
        match &self.0 {
            Repr::Wasm(node) => Some(node),
            Repr::Host(_) => None,
        }
    }

    /// Where it lies: a number that no other live instance has.
    pub(super) fn address(&self) -> usize {
        match &self.0 {
            Repr::Wasm(node) => node.as_ptr().as_ptr() as usize,
            Repr::Host(module) => Arc::as_ptr(module) as usize,
        }
    }

    /// Handles to all items of a host module.
    pub(super) fn host_items(&self) -> Vec<Extern> {
        let Repr::Host(module) = &self.0 else { return Vec::new() };
        let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let others = alternates.values().flatten().cloned().map(Extern::Func);
        items.values().cloned().chain(others).collect()
    }

    /// How many handles to functions of a host module there are besides those of its names.
    pub(crate) fn func_holders(&self) -> Option<usize> {
        let Repr::Host(module) = &self.0 else { return None };
        let items = module.items.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let alternates = module.alternates.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let named = items.values().filter_map(|item| match item {
            Extern::Func(func) => Some(func),
            _ => None,
        });
        let mut funcs: Vec<&Func> = named.chain(alternates.values().flatten()).collect();
        let names = funcs.len();
        funcs.sort_unstable_by_key(|func| func.as_raw());
        funcs.dedup_by_key(|func| func.as_raw());
        let holders = funcs.iter().map(|func| func.holders()).sum::<Option<usize>>()?;
        Some(holders - names)
    }

    /// True if both are the same instance.
    pub fn same(&self, other: &Instance) -> bool {
        match (&self.0, &other.0) {
            (Repr::Wasm(a), Repr::Wasm(b)) => a == b,
            (Repr::Host(a), Repr::Host(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instance({:?}, {} exports)", self.name(), self.export_names().len())
    }
}
