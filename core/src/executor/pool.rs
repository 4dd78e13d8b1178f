//! A bounded number of instances of one module, each fresh when it is handed out.

use super::Executor;
use super::module::Module;
use super::{instantiate, link};
use crate::error::{ErrCode, Error, Result};
use crate::interrupt::Arrival;
use crate::runtime::{Extern, Instance, Survey, thread_interrupt};
use crate::statistics::Statistics;
use crate::store::Store;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Hands out instances of one module, never more than so many at a time.
///
/// Who waits for one gets it in the order of arrival. Imports are looked up once. An instance goes back when the [`Pooled`] is dropped, and what it did
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
    queue: Mutex<Queue>,
}

/// Who has a place, and who waits for one. Nobody waits while there is a free one.
#[derive(Default)]
struct Queue {
    in_use: usize,
    waiting: VecDeque<(u64, Ready)>,
    next: u64,
}

/// What is called with a place that has become free.
type Ready = Box<dyn FnOnce(Place) + Send>;

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
            queue: Mutex::default(),
        })))
    }

    /// A fresh instance; waits until there is room for one. Within a call, what interrupts that call
    /// ends the wait too.
    ///
    /// # Errors
    ///
    /// `execution interrupted`; traps of segments and of the start function.
    pub fn get(&self) -> Result<Pooled> {
        match self.wait(None)? {
            Some(place) => place.fill(),
            None => Err(self.exhausted()),
        }
    }

    /// A fresh instance, or `None` if all are in use.
    ///
    /// # Errors
    ///
    /// Traps of segments and of the start function.
    pub fn try_get(&self) -> Result<Option<Pooled>> {
        self.try_reserve().map(Place::fill).transpose()
    }

    /// A fresh instance; waits for room no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// `generic runtime error` if there was none by then; otherwise as [`get`](Pool::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<Pooled> {
        self.try_get_for(timeout)?.ok_or_else(|| self.exhausted())
    }

    /// As [`get_timeout`](Pool::get_timeout); `None` if there was no room by then.
    ///
    /// # Errors
    ///
    /// As [`get`](Pool::get).
    pub fn try_get_for(&self, timeout: Duration) -> Result<Option<Pooled>> {
        self.wait(Some(timeout))?.map(Place::fill).transpose()
    }

    /// Calls `ready` with a place as soon as there is one: at once, or later on the thread that gives
    /// one back. It must neither block nor panic. Who drops the [`Reservation`] before waits no longer.
    #[doc(hidden)]
    pub fn reserve(&self, ready: impl FnOnce(Place) + Send + 'static) -> Reservation {
        let mut queue = self.0.queue();
        let id = queue.next;
        queue.next += 1;
        if queue.in_use < self.0.size {
            queue.in_use += 1;
            drop(queue);
            ready(Place(Arc::clone(&self.0)));
        } else {
            queue.waiting.push_back((id, Box::new(ready)));
        }
        Reservation { pool: Arc::clone(&self.0), id }
    }

    /// A place, if one is free.
    #[doc(hidden)]
    pub fn try_reserve(&self) -> Option<Place> {
        let mut queue = self.0.queue();
        if queue.in_use == self.0.size {
            return None;
        }
        queue.in_use += 1;
        Some(Place(Arc::clone(&self.0)))
    }

    /// Waits for a place; `None` if there was none in time.
    fn wait(&self, timeout: Option<Duration>) -> Result<Option<Place>> {
        if let Some(place) = self.try_reserve() {
            return Ok(Some(place));
        }
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let arrival = Arc::new(Arrival::default());
        let own = Arc::clone(&arrival);
        // Given up before what has arrived meanwhile is dropped.
        let _reservation = self.reserve(move |place| own.put(place));
        arrival.wait(thread_interrupt().as_ref(), end, Option::take)
    }

    fn exhausted(&self) -> Error {
        let detail = format!("all {} instances of the pool are still in use", self.0.size);
        Error::with_detail(ErrCode::RuntimeError, detail)
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
        self.0.queue().in_use
    }

    /// Most instances at a time.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// What its instances count together, if their configuration says that anything is counted.
    pub fn statistics(&self) -> &Statistics {
        self.0.executor.statistics()
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the places of a pool, which it goes back to when this is dropped.
#[doc(hidden)]
pub struct Place(Arc<Inner>);

impl Place {
    /// A fresh instance in this place.
    ///
    /// # Errors
    ///
    /// Traps of segments and of the start function; the place is free again.
    pub fn fill(self) -> Result<Pooled> {
        let Inner { module, executor, imports, .. } = &*self.0;
        let instance = instantiate::instantiate(executor, module, imports.clone(), "")?;
        Ok(Pooled { instance, _place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.in_use -= 1;
        }
        drop(queue);
        if let Some((_, ready)) = next {
            ready(Place(Arc::clone(&self.0)));
        }
    }
}

/// Somebody's turn in the line before a pool; waits no longer when it is dropped.
#[doc(hidden)]
pub struct Reservation {
    pool: Arc<Inner>,
    id: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut queue = self.pool.queue();
        let at = queue.waiting.iter().position(|(id, _)| *id == self.id);
        let given_up = at.and_then(|at| queue.waiting.remove(at));
        drop(queue);
        // What it holds may be a place, or run the host's code when dropped.
        drop(given_up);
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
