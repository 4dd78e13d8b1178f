//! Cycles through the core: an instance holds its host functions, these hold Python callables, and those
//! may hold the instance. Tables and globals hold references in the same way.
//!
//! Neither side sees such a cycle alone. So before each full collection the core is surveyed. For each
//! unit that is held by nothing but what Python sees, a [`Knot`] is made for the time of the collection:
//! the unit's owners refer to it, it refers to the knots of what the unit holds, and it shows the
//! Python objects in the unit, for each of which there is one reference. Python's collector then sees
//! what there is, and may untie it.

use crate::host_function;
use crate::interpreter;
use crate::knot::{Knot, Shown};
use crate::owner::{self, Owner, Target};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::PoisonError;
use wasmspan::raw::Survey;

/// To be called at exit.
#[pyfunction]
pub fn at_exit(py: Python<'_>) -> PyResult<()> {
    interpreter::note_end();
    tie(py)
}

/// Is called by the collector before and after each collection.
#[pyfunction]
pub fn collecting(py: Python<'_>, phase: &str, info: &Bound<'_, PyDict>) -> PyResult<()> {
    if phase != "start" {
        // The last collections of an interpreter say nothing before.
        if !interpreter::may_end() {
            untie(py);
        }
        return Ok(());
    }
    // From 3.14 on collections that come by themselves are never of the oldest generation alone.
    let full = if py.version_info() >= (3, 14) { 1 } else { 2 };
    match info.get_item("generation")?.map(|generation| generation.extract::<u8>()) {
        Some(Ok(generation)) if generation >= full && has_lock(py)? => tie(py),
        _ => Ok(()),
    }
}

/// Whether the interpreter's lock keeps other threads still.
fn has_lock(py: Python<'_>) -> PyResult<bool> {
    if py.version_info() < (3, 13) || interpreter::may_end() {
        return Ok(true);
    }
    py.import("sys")?.call_method0("_is_gil_enabled")?.is_truthy()
}

/// Makes knots.
fn tie(py: Python<'_>) -> PyResult<()> {
    let owners = owner::all(py);
    let mut survey = Survey::default();
    // A system interface is one with its functions, which others would take for units of their own.
    let (first, others): (Vec<_>, Vec<_>) =
        owners.iter().partition(|owner| matches!(owner.get().target, Target::Wasi(_)));
    let owners: Vec<(&Bound<'_, Owner>, usize)> = first
        .into_iter()
        .chain(others)
        .map(|owner| (owner, owner.get().target.survey(&mut survey)))
        .collect();
    for (owner, _) in &owners {
        // Memories grow.
        if let Target::Instance(instance) = &owner.get().target {
            owner.get().weight.of_instance_again(instance);
        }
    }
    let found = survey.finish();
    let mut seen = vec![0; found.units.len()];
    for (owner, unit) in &owners {
        seen[*unit] += owner.get().known();
    }
    let closed = found.closed(&seen);
    let mut shown: Vec<Vec<Shown>> = host_function::callables_of(&found, &closed)
        .into_iter()
        .map(|callables| callables.into_iter().map(Shown::Callable).collect())
        .collect();
    for (owner, unit) in owners.iter().filter(|(_, unit)| closed[*unit]) {
        shown[*unit].extend(owner.get().streams.iter().cloned().map(Shown::Callable));
    }
    let mut holds: Vec<Vec<usize>> = found.units.into_iter().map(|unit| unit.holds).collect();
    for object in found.objects {
        if object.is_elsewhere || object.places.iter().any(|place| !closed[*place]) {
            continue;
        }
        // An object is like a unit: several may hold it.
        object.places.iter().for_each(|place| holds[*place].push(shown.len()));
        shown.push(vec![Shown::Object(object.object)]);
        holds.push(Vec::new());
    }
    let is_closed = |unit: usize| closed.get(unit).copied().unwrap_or(true);
    let wanted = leading_to(&holds, |unit| is_closed(unit) && !shown[unit].is_empty());
    let knots: Vec<Option<Py<Knot>>> = shown
        .into_iter()
        .enumerate()
        .map(|(unit, shown)| match wanted[unit] && is_closed(unit) {
            true => Py::new(py, Knot::new(shown)).map(Some),
            false => Ok(None),
        })
        .collect::<PyResult<_>>()?;
    for (knot, holds) in knots.iter().zip(&holds) {
        if let Some(knot) = knot {
            let holds = holds.iter().filter_map(|held| Some(knots[*held].as_ref()?.clone_ref(py)));
            *knot.get().holds.lock().unwrap_or_else(PoisonError::into_inner) = holds.collect();
        }
    }
    for (owner, unit) in &owners {
        let knot = knots[*unit].as_ref().map(|knot| knot.clone_ref(py));
        let old = {
            let mut slot = owner.get().knot.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *slot, knot)
        };
        drop(old);
    }
    Ok(())
}

/// Which units are wanted, or hold, in however many steps, one that is.
fn leading_to(holds: &[Vec<usize>], is_wanted: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut holders = vec![Vec::new(); holds.len()];
    for (unit, held) in holds.iter().enumerate() {
        held.iter().for_each(|held| holders[*held].push(unit));
    }
    let mut wanted: Vec<bool> = (0..holds.len()).map(is_wanted).collect();
    let mut open: Vec<usize> = (0..holds.len()).filter(|unit| wanted[*unit]).collect();
    while let Some(unit) = open.pop() {
        for holder in &holders[unit] {
            if !std::mem::replace(&mut wanted[*holder], true) {
                open.push(*holder);
            }
        }
    }
    wanted
}

/// Takes the knots away.
fn untie(py: Python<'_>) {
    for owner in owner::all(py) {
        let knot = owner.get().knot.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(knot);
    }
}
