//! Cycles through the core: an instance holds the functions that it imports, these hold what they
//! close over, and that may be the instance. Tables and globals hold objects in the same way.
//!
//! V8 sees only that the core refers to a function. So from time to time the core is surveyed. Each
//! unit that is held by nothing but JavaScript's objects gets a knot: an array that these objects
//! hold in JavaScript's eyes, with what the unit holds and the knots of the units that it imports
//! from. The core's own references to what is in knots are weak from then on, and the collector
//! decides. Before such a unit is used again, its references become strong; what nobody uses any
//! more stays tied, and is collected in the end.

use crate::env::{EnvState, Hook, JsRef};
use crate::handle::{Handle, Known, touch};
use crate::lock::Callee;
use napi::sys;
use napi_derive::napi;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Instant;
use wasmspan::ExternRef;
use wasmspan::raw::{Object, Survey};

/// Surveys take at most this part of the time.
const SHARE: f64 = 0.02;
/// Milliseconds before a survey, at least.
const LEAST_DELAY: f64 = 10.0;
/// Instances and bytes that are made before things are put in order, be it within one turn of the
/// event loop; more if more is alive.
const MADE: usize = 256;
const BYTES: i64 = 64 << 20;
/// Bytes from which on the collector is urged, since by itself it would take its time.
const MANY: i64 = 512 << 20;

/// Handles that are weighed again whenever an instance is made.
const LAST: usize = 4;
/// More than any heap.
const IMMENSE: i64 = 1 << 44;

/// What lives and dies as one in the core.
pub struct Unit {
    state: Weak<EnvState>,
    /// What it holds, of which the references are weak.
    holds: Vec<Held>,
    /// Units that it imports from.
    units: RefCell<Vec<Rc<Unit>>>,
    /// The array; weak.
    knot: sys::napi_ref,
    untied: Cell<bool>,
}

/// Something of JavaScript's that only the core holds.
#[derive(Clone)]
enum Held {
    Import(Arc<JsRef>),
    Object(ExternRef),
}

impl Held {
    fn reference(&self) -> Option<&JsRef> {
        match self {
            Held::Import(reference) => Some(reference),
            Held::Object(object) => object.downcast_ref(),
        }
    }
}

impl Unit {
    /// Has it hold by itself what it holds, and so on.
    #[cold]
    pub fn untie(self: Rc<Unit>) {
        let Some(state) = self.state.upgrade() else { return };
        untie(&state, self);
        state.disturb();
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if let Some(state) = self.state.upgrade().filter(|state| state.shared.is_alive()) {
            // SAFETY: a reference of this environment, on its thread, deleted once.
            unsafe { sys::napi_delete_reference(state.env, self.knot) };
        }
    }
}

fn untie(state: &EnvState, unit: Rc<Unit>) {
    let mut open = vec![unit];
    let mut scope = ptr::null_mut();
    // SAFETY: the environment's thread; the scope is closed below.
    unsafe { sys::napi_open_handle_scope(state.env, &mut scope) };
    while let Some(unit) = open.pop() {
        if unit.untied.replace(true) {
            continue;
        }
        unit.holds.iter().filter_map(Held::reference).for_each(JsRef::strengthen);
        // The knot lets go: it would hold what is taken out of a table meanwhile.
        let (mut knot, mut zero) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: an array of this environment, if it was not collected.
        unsafe {
            sys::napi_get_reference_value(state.env, unit.knot, &mut knot);
            if !knot.is_null() {
                sys::napi_create_uint32(state.env, 0, &mut zero);
                sys::napi_set_named_property(state.env, knot, c"length".as_ptr(), zero);
            }
        }
        open.append(&mut unit.units.borrow_mut());
    }
    // SAFETY: opened above.
    unsafe { sys::napi_close_handle_scope(state.env, scope) };
}

/// When to survey.
#[derive(Default)]
pub struct Order {
    /// Something may be closed that was not, and a survey is ordered.
    ordered: Cell<bool>,
    /// The core holds something that it could be in a cycle with.
    refers: Cell<bool>,
    /// Milliseconds that the last survey took.
    took: Cell<f64>,
    /// Instances made since, and how many may be.
    made: Cell<usize>,
    most_made: Cell<usize>,
    /// Bytes that the collector knows of, and how many there may be.
    bytes: Cell<i64>,
    most_bytes: Cell<i64>,
    /// Bytes up to which the collector need not be urged.
    urged: Cell<i64>,
}

impl Order {
    /// Lets so many bytes more be made before things are put in order again.
    fn grant(&self) {
        let bytes = self.bytes.get();
        self.most_bytes.set(bytes + BYTES.max(bytes / 4));
    }
}

impl EnvState {
    /// Notes that the core refers to something of JavaScript's.
    pub fn refers(&self) {
        self.order.refers.set(true);
        self.disturb();
    }

    /// Notes that something may be closed that was not. May be called where no JavaScript may run.
    pub fn disturb(&self) {
        let order = &self.order;
        if order.refers.get() && !order.ordered.replace(true) {
            let delay = (order.took.get() / SHARE).max(LEAST_DELAY);
            self.shared.post(move |state| {
                let mut after = ptr::null_mut();
                // SAFETY: the environment's thread.
                unsafe { sys::napi_create_double(state.env, delay, &mut after) };
                if state.call_hook(Hook::Schedule, &[after]).is_none() {
                    crate::error::take_exception(state);
                }
            });
        }
    }

    /// Tells JavaScript's collector that so many bytes more hang on its objects.
    pub fn tell(&self, change: i64) {
        if !self.shared.is_alive() {
            return;
        }
        let mut all = 0;
        // SAFETY: the environment's thread.
        unsafe { sys::napi_adjust_external_memory(self.env, change, &mut all) };
        self.order.bytes.set(self.order.bytes.get() + change);
    }
}

impl EnvState {
    /// Has the core hold everything by itself.
    pub fn untie_all(&self) {
        let handles: Vec<_> =
            self.handles.borrow().iter().filter_map(|known| known.handle.upgrade()).collect();
        handles.iter().for_each(|handle| handle.touch());
        let functions: Vec<_> = self.functions.borrow().values().copied().collect();
        // SAFETY: a function takes itself off the list before it is freed.
        functions.iter().for_each(|function| touch(unsafe { &(*function.exported).tied }));
    }
}

/// To be called before an instance is made: a program that forgets instances in a loop that never
/// lets the event loop turn would fill the machine, since finalizers run only there.
pub fn relieve(state: &Rc<EnvState>) {
    let order = &state.order;
    order.made.set(order.made.get() + 1);
    // Guests grow when they begin.
    let last: Vec<_> = {
        let known = state.handles.borrow();
        known.iter().rev().take(LAST).filter_map(|it| it.handle.upgrade()).collect()
    };
    last.iter().for_each(|handle| handle.weigh(state));
    if order.made.get() > order.most_made.get().max(MADE)
        || order.bytes.get() > order.most_bytes.get()
    {
        survey(state);
        if order.bytes.get() > order.urged.get().max(MANY) {
            urge(state);
        }
    }
}

/// Has the collector run now, and frees what it found: V8 does so if the memory outside its heap is
/// said to be immense.
fn urge(state: &Rc<EnvState>) {
    let mut all = 0;
    for change in [IMMENSE, -IMMENSE] {
        // SAFETY: the environment's thread.
        unsafe { sys::napi_adjust_external_memory(state.env, change, &mut all) };
    }
    sweep(state);
    let order = &state.order;
    order.urged.set(order.bytes.get().saturating_mul(2));
    order.grant();
}

/// Calls `make`; if there is no memory, once more after a collection.
pub fn make<T>(
    state: &Rc<EnvState>,
    make: impl Fn() -> wasmspan::Result<T>,
) -> wasmspan::Result<T> {
    relieve(state);
    match make() {
        Err(error) if error.is_out_of_memory() => {
            survey(state);
            urge(state);
            make()
        }
        made => made,
    }
}

/// Surveys the core; called by a timer of the package.
#[napi]
pub fn survey_core(env: napi::Env) -> napi::Result<()> {
    crate::enter::enter(env, |state| {
        state.order.ordered.set(false);
        survey(state);
        Ok(())
    })
}

/// Frees what collected objects held, whose finalizers are still to come, and forgets what is gone.
fn sweep(state: &Rc<EnvState>) {
    let known = state.handles.take();
    let mut kept = Vec::with_capacity(known.len());
    let mut freed = Vec::new();
    for entry in known {
        let Some(handle) = entry.handle.upgrade() else {
            // SAFETY: a reference of this environment, deleted once.
            unsafe { sys::napi_delete_reference(state.env, entry.object) };
            continue;
        };
        if value_of(state, entry.object).is_none() {
            freed.push(handle.tied.take());
            drop(handle.take());
        } else {
            handle.weigh(state);
        }
        kept.push(entry);
    }
    state.handles.borrow_mut().append(&mut kept);
    let functions: Vec<_> = state.functions.borrow().values().copied().collect();
    for function in functions {
        if value_of(state, function.reference).is_none() {
            // SAFETY: a function takes itself off the list before it is freed.
            unsafe { (*function.exported).let_go() };
        }
    }
}

fn value_of(state: &EnvState, reference: sys::napi_ref) -> Option<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: a reference of this environment, on its thread.
    unsafe { sys::napi_get_reference_value(state.env, reference, &mut value) };
    (!value.is_null()).then_some(value)
}

/// An object of JavaScript's with handles to units.
struct Owner<'a> {
    object: sys::napi_value,
    tied: &'a RefCell<Option<Rc<Unit>>>,
    units: Vec<(usize, usize)>,
}

/// Ties what is closed.
fn survey(state: &Rc<EnvState>) {
    if wasmspan::raw::in_call() {
        // Guests on the stack use what would look unused.
        state.disturb();
        return;
    }
    let start = Instant::now();
    let mut scope = ptr::null_mut();
    // SAFETY: the environment's thread; the scope is closed below.
    unsafe { sys::napi_open_handle_scope(state.env, &mut scope) };
    sweep(state);
    if state.order.refers.get() {
        tie(state);
    }
    // SAFETY: opened above.
    unsafe { sys::napi_close_handle_scope(state.env, scope) };
    let order = &state.order;
    order.took.set(start.elapsed().as_secs_f64() * 1000.0);
    order.made.set(0);
    order.most_made.set(state.handles.borrow().len());
    order.grant();
}

fn tie(state: &Rc<EnvState>) {
    let handles: Vec<(sys::napi_value, Rc<Handle>)> = {
        let known = state.handles.borrow();
        let living =
            |entry: &Known| Some((value_of(state, entry.object)?, entry.handle.upgrade()?));
        known.iter().filter_map(living).collect()
    };
    let functions: Vec<_> = state.functions.borrow().values().copied().collect();
    let mut survey = Survey::default();
    let mut owners = Vec::with_capacity(handles.len() + functions.len());
    for (object, handle) in &handles {
        owners.push(Owner {
            object: *object,
            tied: &handle.tied,
            units: handle.survey(&mut survey),
        });
    }
    for function in &functions {
        // SAFETY: a function takes itself off the list before it is freed.
        let exported = unsafe { &*function.exported };
        if let Some(object) = value_of(state, function.reference)
            && let Some(func) = exported.peek()
        {
            let units = vec![(survey.func(&func), 1)];
            owners.push(Owner { object, tied: &exported.tied, units });
        }
    }
    for owner in &owners {
        let unit = owner.tied.borrow_mut().take();
        unit.into_iter().for_each(|unit| untie(state, unit));
    }
    let found = survey.finish();
    let mut seen = vec![0; found.units.len()];
    owners.iter().flat_map(|owner| &owner.units).for_each(|(unit, count)| seen[*unit] += count);
    let closed = found.closed(&seen);
    let mut held = held_by(state, &found.units, &found.objects, &closed);
    let wanted = leading_to(&found.units, &held);
    let units: Vec<Option<(Rc<Unit>, sys::napi_value)>> = (0..found.units.len())
        .map(|at| (closed[at] && wanted[at]).then(|| knot(state, std::mem::take(&mut held[at])))?)
        .collect();
    for (unit, from) in found.units.iter().zip(&units) {
        let Some((from, knot)) = from else { continue };
        for at in &unit.holds {
            let Some((to, value)) = &units[*at] else { continue };
            append(state, *knot, *value);
            from.units.borrow_mut().push(Rc::clone(to));
        }
    }
    // Every object that leads to a unit has its knot before a reference becomes weak.
    let mut tied = true;
    for owner in &owners {
        let mut own: Vec<_> =
            owner.units.iter().filter_map(|(unit, _)| units[*unit].clone()).collect();
        if own.len() > 1 {
            let Some((both, array)) = knot(state, Vec::new()) else { continue };
            for (unit, knot) in own {
                append(state, array, knot);
                both.units.borrow_mut().push(unit);
            }
            own = vec![(both, array)];
        }
        if let Some((unit, knot)) = own.pop() {
            tied &= state.call_hook(Hook::Tie, &[owner.object, knot]).is_some();
            owner.tied.replace(Some(unit));
        }
    }
    if !tied {
        crate::error::take_exception(state);
        owners.iter().for_each(|owner| touch(owner.tied));
        return;
    }
    for (unit, _) in units.iter().flatten() {
        unit.holds.iter().filter_map(Held::reference).for_each(JsRef::weaken);
    }
}

/// What each closed unit holds of this environment's.
fn held_by(
    state: &Rc<EnvState>,
    units: &[wasmspan::raw::Unit],
    objects: &[Object],
    closed: &[bool],
) -> Vec<Vec<Held>> {
    let mut imports = state.imports.borrow_mut();
    imports.retain(|_, import| import.strong_count() > 0);
    let of_unit = |(unit, closed): (&wasmspan::raw::Unit, &bool)| -> Vec<Held> {
        let members = unit.members.iter().filter(|_| *closed);
        members.filter_map(|at| Some(Held::Import(imports.get(at)?.upgrade()?))).collect()
    };
    let mut held: Vec<Vec<Held>> = units.iter().zip(closed).map(of_unit).collect();
    for object in objects {
        let ours = object.object.downcast_ref::<JsRef>().is_some_and(|it| it.can_be_weak(state));
        if ours && !object.is_elsewhere && object.places.iter().all(|place| closed[*place]) {
            let places = object.places.iter();
            places.for_each(|place| held[*place].push(Held::Object(object.object.clone())));
        }
    }
    held
}

/// Which units hold something, or hold, in however many steps, one that does.
fn leading_to(units: &[wasmspan::raw::Unit], held: &[Vec<Held>]) -> Vec<bool> {
    let mut holders: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, unit) in units.iter().enumerate() {
        unit.holds.iter().for_each(|held| holders.entry(*held).or_default().push(at));
    }
    let mut wanted: Vec<bool> = held.iter().map(|held| !held.is_empty()).collect();
    let mut open: Vec<usize> = (0..units.len()).filter(|unit| wanted[*unit]).collect();
    while let Some(unit) = open.pop() {
        for holder in holders.get(&unit).into_iter().flatten() {
            if !std::mem::replace(&mut wanted[*holder], true) {
                open.push(*holder);
            }
        }
    }
    wanted
}

/// A unit, and its knot with what it holds but units.
fn knot(state: &Rc<EnvState>, holds: Vec<Held>) -> Option<(Rc<Unit>, sys::napi_value)> {
    let (mut array, mut knot) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the environment's thread.
    unsafe {
        sys::napi_create_array(state.env, &mut array);
        let made = sys::napi_create_reference(state.env, array, 0, &mut knot);
        if made != sys::Status::napi_ok {
            return None;
        }
    }
    for value in holds.iter().filter_map(|held| held.reference()?.get(state)) {
        append(state, array, value);
    }
    let (state, units, untied) = (Rc::downgrade(state), RefCell::default(), Cell::new(false));
    Some((Rc::new(Unit { state, holds, units, knot, untied }), array))
}

fn append(state: &EnvState, array: sys::napi_value, value: sys::napi_value) {
    let mut len = 0;
    // SAFETY: an array and a value of this environment.
    unsafe {
        sys::napi_get_array_length(state.env, array, &mut len);
        sys::napi_set_element(state.env, array, len, value);
    }
}
