//! A bounded number of instances of one module, each fresh when it is handed out.

use super::Executor;
use super::module::Module;
use super::{instantiate, link};
use crate::error::{ErrCode, Error, Result};
use crate::runtime::{Extern, Instance, Survey};
use crate::statistics::Statistics;
use crate::store::Store;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Hands out instances of one module, never more than so many at a time.
///
/// Imports are looked up once. An instance goes back when the [`Pooled`] is dropped, and what it did
/// goes with it: the next one starts from the module's initial state, which costs about as much as
/// resetting would. Clones share the pool; it may be used from any thread.
///
/// ```
/// use wasmspan::{Module, Pool, Store};
/// let module = Module::new(br#"(module (global $n (mut i32) (i32.const 0))
///     (func (export "next") (result i32)
///         (global.set $n (i32.add (global.get $n) (i32.const 1)))
///         (global.get $n)))"#)?;
/// let pool = Pool::new(&module, &Store::new(), 2)?;
/// for _ in 0..3 {
///     let instance = pool.get()?;
///     assert_eq!(instance.typed::<(), i32>("next")?.call(())?, 1);
/// }
/// let both = (pool.get()?, pool.get()?);
/// assert!(pool.try_get()?.is_none());
/// # drop(both);
/// # Ok::<(), wasmspan::Error>(())
/// ```
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    module: Module,
    executor: Executor,
    imports: Box<[Extern]>,
    size: usize,
    in_use: Mutex<usize>,
    returned: Condvar,
}

impl Pool {
    /// A pool of at most `size` instances of `module` at a time; its imports are looked up in
    /// `store` now. The module is compiled now too, so that the first instance comes as fast as the
    /// others.
    ///
    /// # Errors
    ///
    /// Those of [`Executor::instantiate`](super::Executor::instantiate) about imports and code;
    /// `generic runtime error` if `size` is 0.
    pub fn new(module: &Module, store: &Store, size: usize) -> Result<Pool> {
        Pool::with_executor(&Executor::new(module.config()), module, store, size)
    }

    /// As [`new`](Pool::new), with the configuration and the statistics of an executor.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_executor(
        executor: &Executor,
        module: &Module,
        store: &Store,
        size: usize,
    ) -> Result<Pool> {
        Pool::of(executor, module, size, || link::from_store(store, module.info()))
    }

    /// As [`new`](Pool::new), with the imports given in the module's order.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_imports(module: &Module, imports: &[Extern], size: usize) -> Result<Pool> {
        let executor = Executor::new(module.config());
        Pool::of(&executor, module, size, || link::from_list(imports, module.info()))
    }

    fn of(
        executor: &Executor,
        module: &Module,
        size: usize,
        imports: impl FnOnce() -> Result<Box<[Extern]>>,
    ) -> Result<Pool> {
        if size == 0 {
            let detail = "a pool needs room for at least one instance";
            return Err(Error::with_detail(ErrCode::RuntimeError, detail));
        }
        module.compile(executor.config())?;
        Ok(Pool(Arc::new(Inner {
            module: module.clone(),
            executor: executor.clone(),
            imports: imports()?,
            size,
            in_use: Mutex::new(0),
            returned: Condvar::new(),
        })))
    }

    /// A fresh instance; waits until there is room for one.
    ///
    /// # Errors
    ///
    /// Traps of segments and of the start function.
    pub fn get(&self) -> Result<Pooled> {
        let mut in_use = self.0.in_use();
        while *in_use >= self.0.size {
            in_use = self.0.returned.wait(in_use).unwrap_or_else(PoisonError::into_inner);
        }
        self.take(in_use)
    }

    /// A fresh instance, or `None` if all are in use.
    ///
    /// # Errors
    ///
    /// As [`get`](Pool::get).
    pub fn try_get(&self) -> Result<Option<Pooled>> {
        let in_use = self.0.in_use();
        if *in_use >= self.0.size {
            return Ok(None);
        }
        self.take(in_use).map(Some)
    }

    /// A fresh instance; waits for room no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// `generic runtime error` if there was none by then; otherwise as [`get`](Pool::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<Pooled> {
        self.try_get_for(timeout)?.ok_or_else(|| {
            let detail = format!("all {} instances of the pool are still in use", self.0.size);
            Error::with_detail(ErrCode::RuntimeError, detail)
        })
    }

    /// As [`get_timeout`](Pool::get_timeout); `None` if there was no room by then.
    ///
    /// # Errors
    ///
    /// As [`get`](Pool::get).
    pub fn try_get_for(&self, timeout: Duration) -> Result<Option<Pooled>> {
        let start = Instant::now();
        let mut in_use = self.0.in_use();
        while *in_use >= self.0.size {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            let waited = self.0.returned.wait_timeout(in_use, left);
            in_use = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        self.take(in_use).map(Some)
    }

    /// The pool as a unit of a survey.
    #[doc(hidden)]
    pub fn survey(&self, survey: &mut Survey) -> usize {
        let (unit, is_new) = survey.shared(&self.0);
        if is_new {
            self.0.imports.iter().for_each(|item| survey.holds_item(unit, item));
        }
        unit
    }

    /// Instances that are handed out.
    pub fn in_use(&self) -> usize {
        *self.0.in_use()
    }

    /// Most instances at a time.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// What its instances count together, if their configuration says that anything is counted.
    pub fn statistics(&self) -> &Statistics {
        self.0.executor.statistics()
    }

    fn take(&self, mut in_use: MutexGuard<'_, usize>) -> Result<Pooled> {
        *in_use += 1;
        drop(in_use);
        // Returned by its drop, also if instantiation fails or panics.
        let place = Place(Arc::clone(&self.0));
        let Inner { module, executor, imports, .. } = &*self.0;
        let instance = instantiate::instantiate(executor, module, imports.clone(), "")?;
        Ok(Pooled { instance, _place: place })
    }
}

impl Inner {
    fn in_use(&self) -> MutexGuard<'_, usize> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places of a pool.
struct Place(Arc<Inner>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.in_use() -= 1;
        self.0.returned.notify_one();
    }
}

/// An instance from a [`Pool`], which it goes back to when this is dropped. Handles to the instance
/// or its exports that are kept longer still work; the place they had is then another's.
pub struct Pooled {
    // Dropped before the place is free.
    instance: Instance,
    _place: Place,
}

impl Deref for Pooled {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({:?}, {} of {} in use)", self.0.module, self.in_use(), self.0.size)
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pooled({:?})", self.instance)
    }
}
