//! Who holds what, for hosts whose language has a collector of its own.
//!
//! Such a collector sees the host's handles, and what the host gave: functions, and objects in tables
//! and globals. What lies between, it can't see. A [`Survey`] walks from what the host has handles
//! to; it tells units, which live and die as one, what holds them and what they hold. If all that
//! holds a unit are handles that the collector sees and other such units, the unit is closed, and the
//! collector can decide about what it holds.

use super::extern_ref::ExternRef;
use super::external::Extern;
use super::func::Func;
use super::global::Global;
use super::instance::Instance;
use super::node::{self, Node, NodeRef};
use super::table::Table;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;

/// A walk over live objects. What it starts from must live until [`finish`](Survey::finish).
#[derive(Default)]
pub struct Survey {
    units: Vec<Unit>,
    /// The members of each unit, by their number; and how many handles of the survey's own they have.
    members: Vec<(Vec<NonNull<Node>>, usize)>,
    /// The unit of each member and host module.
    unit_of: HashMap<usize, usize>,
    /// Units whose members have still to be asked what they hold.
    pending: Vec<usize>,
    objects: HashMap<usize, Object>,
    /// Items of host modules, which could be replaced meanwhile.
    kept: Vec<Extern>,
}

/// Objects that live and die as one.
#[derive(Default)]
pub struct Unit {
    /// Handles to it, and imports of other units.
    pub holders: usize,
    /// The units it imports from, once for each import.
    pub holds: Vec<usize>,
    /// What it consists of: numbers of [`Survey::identity`].
    pub members: Vec<usize>,
}

/// An object of the host in tables or globals.
pub struct Object {
    /// The reference to it.
    pub object: ExternRef,
    /// The units in which it lies, once for each place.
    pub places: Vec<usize>,
    /// Something else refers to it, such as a running call.
    pub is_elsewhere: bool,
}

/// What a survey found.
pub struct Surveyed {
    /// All units, by number.
    pub units: Vec<Unit>,
    /// All objects in their tables and globals.
    pub objects: Vec<Object>,
}

impl Survey {
    /// A number that no other live function, or instance if it is a function of one, has.
    pub fn identity(func: &Func) -> usize {
        func.owner().as_ptr().as_ptr() as usize
    }

    /// As [`identity`](Survey::identity), for whatever an item belongs to; memories hold nothing.
    pub fn identity_of(item: &Extern) -> Option<usize> {
        item.owner().map(|owner| owner.as_ptr().as_ptr() as usize)
    }

    /// As [`identity`](Survey::identity).
    pub fn identity_of_instance(instance: &Instance) -> usize {
        instance.address()
    }

    /// The unit of an instance.
    pub fn instance(&mut self, instance: &Instance) -> usize {
        if let Some(node) = instance.node() {
            return self.node(node);
        }
        let key = instance.address();
        if let Some(unit) = self.unit_of.get(&key) {
            return *unit;
        }
        let unit = self.unit(Vec::new());
        self.unit_of.insert(key, unit);
        self.items(unit, instance);
        self.units[unit].holders = instance.holders().unwrap_or(usize::MAX);
        unit
    }

    /// The unit of a function.
    pub fn func(&mut self, func: &Func) -> usize {
        self.node(func.owner())
    }

    /// The unit of a table.
    pub fn table(&mut self, table: &Table) -> usize {
        self.node(table.owner())
    }

    /// The unit of a global.
    pub fn global(&mut self, global: &Global) -> usize {
        self.node(global.owner())
    }

    /// What is shared by other means than nodes: its unit, and whether that is new.
    pub(crate) fn shared<T>(&mut self, object: &Arc<T>) -> (usize, bool) {
        let key = Arc::as_ptr(object) as usize;
        if let Some(unit) = self.unit_of.get(&key) {
            return (*unit, false);
        }
        let unit = self.unit(Vec::new());
        self.unit_of.insert(key, unit);
        self.units[unit].holders = Arc::strong_count(object);
        (unit, true)
    }

    /// A unit of a host module and its functions, which have so many holders besides each other.
    pub(crate) fn module(&mut self, instance: &Instance, holders: usize) -> usize {
        if let Some(unit) = self.unit_of.get(&instance.address()) {
            return *unit;
        }
        let unit = self.unit(Vec::new());
        self.units[unit].holders = holders;
        self.unit_of.insert(instance.address(), unit);
        for item in instance.host_items() {
            if let Extern::Func(func) = item {
                self.unit_of.insert(Survey::identity(&func), unit);
                self.units[unit].members.push(Survey::identity(&func));
            }
        }
        unit
    }

    /// Notes that a unit holds another.
    pub(crate) fn holds(&mut self, unit: usize, held: usize) {
        self.units[unit].holds.push(held);
    }

    /// Notes that a unit holds an item.
    pub(crate) fn holds_item(&mut self, unit: usize, item: &Extern) {
        if let Some(node) = item.owner() {
            let held = self.node(node);
            self.units[unit].holds.push(held);
        }
    }

    fn items(&mut self, unit: usize, instance: &Instance) {
        for item in instance.host_items() {
            self.holds_item(unit, &item);
            if let Some(node) = item.owner() {
                let unit = self.unit_of[&(node.as_ptr().as_ptr() as usize)];
                self.members[unit].1 += 1;
            }
            self.kept.push(item);
        }
    }

    fn unit(&mut self, members: Vec<NonNull<Node>>) -> usize {
        let unit = self.units.len();
        let identities = members.iter().map(|node| node.as_ptr() as usize).collect();
        self.units.push(Unit { members: identities, ..Unit::default() });
        self.members.push((members, 0));
        unit
    }

    fn node(&mut self, node: &NodeRef) -> usize {
        // SAFETY: the handle keeps it alive.
        unsafe { self.at(node.as_ptr()) }
    }

    /// # Safety
    ///
    /// The node must be alive.
    unsafe fn at(&mut self, node: NonNull<Node>) -> usize {
        if let Some(unit) = self.unit_of.get(&(node.as_ptr() as usize)) {
            return *unit;
        }
        // SAFETY: the caller's promise.
        let members = unsafe { node::living_together(node) };
        let unit = self.unit(members);
        for member in &self.members[unit].0 {
            self.unit_of.insert(member.as_ptr() as usize, unit);
        }
        self.pending.push(unit);
        unit
    }

    /// Walks to the end.
    pub fn finish(mut self) -> Surveyed {
        while let Some(unit) = self.pending.pop() {
            for member in self.members[unit].0.clone() {
                let mut held = Vec::new();
                // SAFETY: members live as long as what the survey started from.
                unsafe { node::each_edge(member, |target| held.push(target)) };
                for target in held {
                    // SAFETY: an import lives as long as what imports it.
                    let target = unsafe { self.at(target) };
                    if target != unit {
                        self.units[unit].holds.push(target);
                    }
                }
                let mut place = |object: ExternRef| {
                    let known = self.objects.entry(object.address());
                    let new = || Object { object, places: Vec::new(), is_elsewhere: false };
                    known.or_insert_with(new).places.push(unit);
                };
                // SAFETY: as above.
                unsafe { node::each_object(member, &mut place) };
            }
        }
        for (unit, (members, own)) in self.units.iter_mut().zip(&self.members) {
            if !members.is_empty() {
                // SAFETY: as above.
                unit.holders = unsafe { node::holders_together(members) }.saturating_sub(*own);
            }
        }
        let mut objects: Vec<Object> = self.objects.into_values().collect();
        for object in &mut objects {
            object.is_elsewhere = object.object.count() != object.places.len() + 1;
        }
        Surveyed { units: self.units, objects }
    }
}

impl Surveyed {
    /// Which units are closed, if the collector sees so many handles to each.
    pub fn closed(&self, seen: &[usize]) -> Vec<bool> {
        let mut known = seen.to_vec();
        for unit in &self.units {
            unit.holds.iter().for_each(|held| known[*held] += 1);
        }
        let mut closed = vec![true; self.units.len()];
        let is_open = |unit: usize, known: &[usize]| known[unit] != self.units[unit].holders;
        let mut open: Vec<usize> =
            (0..self.units.len()).filter(|unit| is_open(*unit, &known)).collect();
        open.iter().for_each(|unit| closed[*unit] = false);
        while let Some(unit) = open.pop() {
            // What an open unit holds lives, whatever the collector sees.
            for held in &self.units[unit].holds {
                if std::mem::replace(&mut closed[*held], false) {
                    open.push(*held);
                }
            }
        }
        closed
    }
}
