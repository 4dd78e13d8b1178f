//! Names under which module instances can be imported from.

use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Extern, Instance, Survey};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock};

/// A set of named module instances. Clones are handles to the same store; it may be used from any
/// thread, and one instance may be in several stores.
#[derive(Clone, Default)]
pub struct Store(Arc<RwLock<BTreeMap<String, Instance>>>);

impl Store {
    /// An empty store.
    pub fn new() -> Store {
        Store::default()
    }

    /// Registers an instance under a name.
    ///
    /// # Errors
    ///
    /// `module name conflict`; the store stays as it was.
    pub fn register(&self, name: &str, instance: &Instance) -> Result<()> {
        let mut modules = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if modules.contains_key(name) {
            let detail = format!("a module is registered as \"{name}\" already");
            return Err(Error::with_detail(ErrCode::ModuleNameConflict, detail));
        }
        modules.insert(name.to_string(), instance.clone());
        Ok(())
    }

    /// Takes every registration of an instance out; whether there was one.
    pub fn unregister(&self, instance: &Instance) -> bool {
        let mut removed = Vec::new();
        {
            let mut modules = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            modules.retain(|_, known| {
                let keep = !known.same(instance);
                if !keep {
                    removed.push(known.clone());
                }
                keep
            });
        }
        !removed.is_empty()
    }

    /// True if the name is taken.
    pub fn contains(&self, name: &str) -> bool {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).contains_key(name)
    }

    /// The instance registered under a name.
    pub fn find(&self, name: &str) -> Option<Instance> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(name).cloned()
    }

    /// Names of the registered instances, sorted.
    pub fn names(&self) -> Vec<String> {
        let modules = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        modules.keys().cloned().collect()
    }

    /// Takes everything out.
    pub fn clear(&self) {
        let mut modules = self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let removed = std::mem::take(&mut *modules);
        drop(modules);
        drop(removed);
    }

    /// The store as a unit of a survey.
    #[doc(hidden)]
    pub fn survey(&self, survey: &mut Survey) -> usize {
        let (unit, is_new) = survey.shared(&self.0);
        if is_new {
            let modules = self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner());
            for instance in modules.values() {
                let held = survey.instance(instance);
                survey.holds(unit, held);
            }
        }
        unit
    }

    /// The export `name` of the instance registered as `module`.
    pub fn export(&self, module: &str, name: &str) -> Option<Extern> {
        self.find(module)?.get_export(name)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({:?})", self.names())
    }
}
