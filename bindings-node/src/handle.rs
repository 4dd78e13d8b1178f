//! What JavaScript's objects hold of the core: each has a [`Handle`], which the environment knows as
//! long as the object lives.

use crate::cycle::Unit;
use crate::env::EnvState;
use crate::error::Outcome;
use crate::lock::Refusal;
use napi::bindgen_prelude::{JsValue, This};
use napi::sys;
use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::{Rc, Weak};
use wasmspan::raw::Survey;
use wasmspan::{Global, Instance, Memory, Pool, Pooled, Store, Table, Vm};

/// What an instance takes besides its memories: mappings, tables of pages, structures.
const INSTANCE_BYTES: usize = 64 << 10;

/// What a handle is to.
pub enum Target {
    /// An instance of a module, or a host module.
    Instance(Instance),
    /// An instance of a pool.
    Pooled(Pooled, Pool),
    /// A table.
    Table(Table),
    /// A global.
    Global(Global),
    /// A memory, and its bytes that are weighed with its instance.
    Memory(Memory, usize),
    /// A store.
    Store(Store),
    /// A VM.
    Vm(Vm),
    /// A pool.
    Pool(Pool),
}

impl Target {
    /// Tells a survey of it; its units, and the handles to each that are held here.
    pub fn survey(&self, survey: &mut Survey) -> Vec<(usize, usize)> {
        match self {
            Target::Instance(instance) => vec![(survey.instance(instance), 1)],
            // What is taken from a pool holds the pool, too.
            Target::Pooled(pooled, pool) => {
                vec![(survey.instance(pooled), 1), (pool.survey(survey), 2)]
            }
            Target::Table(table) => vec![(survey.table(table), 1)],
            Target::Global(global) => vec![(survey.global(global), 1)],
            Target::Memory(..) => Vec::new(),
            Target::Store(store) => vec![(store.survey(survey), 1)],
            Target::Vm(vm) => vec![(vm.survey(survey), 1)],
            Target::Pool(pool) => vec![(pool.survey(survey), 1)],
        }
    }

    /// What it takes of the machine's memory.
    fn bytes(&self) -> usize {
        match self {
            Target::Instance(instance) => instance.bytes() + INSTANCE_BYTES,
            Target::Pooled(pooled, _) => pooled.bytes() + INSTANCE_BYTES,
            Target::Memory(memory, elsewhere) => memory.len().saturating_sub(*elsewhere),
            _ => 0,
        }
    }
}

/// A handle of a JavaScript object.
pub struct Handle {
    /// Gone when it was disposed of.
    target: RefCell<Option<Target>>,
    /// Its unit, while JavaScript's collector decides about what that holds.
    pub tied: RefCell<Option<Rc<Unit>>>,
    /// Bytes that the collector was told of.
    told: Cell<usize>,
    /// Set when JavaScript has an object for it.
    state: RefCell<Weak<EnvState>>,
}

/// A handle as the environment knows it.
pub struct Known {
    /// The JavaScript object; weak.
    pub object: sys::napi_ref,
    /// What that holds.
    pub handle: Weak<Handle>,
}

impl Handle {
    /// A handle that JavaScript does not have yet.
    pub fn new(target: Target) -> Rc<Handle> {
        Rc::new(Handle {
            target: RefCell::new(Some(target)),
            tied: RefCell::default(),
            told: Cell::default(),
            state: RefCell::default(),
        })
    }

    /// Notes the JavaScript object that has the handle.
    pub fn attach(self: &Rc<Handle>, state: &Rc<EnvState>, this: &This<'_>) {
        let mut object = ptr::null_mut();
        // SAFETY: an object of this environment.
        let made = unsafe { sys::napi_create_reference(state.env, this.raw(), 0, &mut object) };
        if made == sys::Status::napi_ok {
            *self.state.borrow_mut() = Rc::downgrade(state);
            state.handles.borrow_mut().push(Known { object, handle: Rc::downgrade(self) });
            self.weigh(state);
        }
    }

    /// Calls `get` with what it is to; fails if that was disposed of, or is something else.
    pub fn with<T>(&self, get: impl FnOnce(&Target) -> Option<T>) -> Outcome<T> {
        self.touch();
        self.target.borrow().as_ref().and_then(get).ok_or(Refusal::Disposed.into())
    }

    /// To be called before what it is to is used.
    #[inline(always)]
    pub fn touch(&self) {
        touch(&self.tied);
    }

    /// Tells a survey of it, if it is to something.
    pub fn survey(&self, survey: &mut Survey) -> Vec<(usize, usize)> {
        self.target.borrow().as_ref().map_or_else(Vec::new, |target| target.survey(survey))
    }

    /// Takes what it is to.
    pub fn take(&self) -> Option<Target> {
        self.touch();
        let target = self.target.borrow_mut().take();
        if let Some(state) = self.state() {
            self.tell(&state, 0);
        }
        target
    }

    /// Tells JavaScript's collector how much memory hangs on the object now.
    pub fn weigh(&self, state: &EnvState) {
        let bytes = self.target.borrow().as_ref().map_or(0, Target::bytes);
        self.tell(state, bytes);
    }

    fn tell(&self, state: &EnvState, bytes: usize) {
        let before = self.told.replace(bytes);
        if before != bytes {
            state.tell(bytes as i64 - before as i64);
        }
    }

    fn state(&self) -> Option<Rc<EnvState>> {
        self.state.borrow().upgrade()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(state) = self.state() {
            self.tell(&state, 0);
            // What it held may be closed now.
            state.disturb();
        }
    }
}

/// Has a unit hold again by itself what JavaScript's collector decided about.
#[inline(always)]
pub fn touch(tied: &RefCell<Option<Rc<Unit>>>) {
    if tied.borrow().is_some() {
        let unit = tied.borrow_mut().take();
        unit.into_iter().for_each(|unit| unit.untie());
    }
}
