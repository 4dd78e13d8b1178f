//! Counted objects and link groups.
//!
//! Instances, host functions, host tables and host globals are nodes. A node is kept alive by
//! handles that hosts hold and by the instances that import from it; both are counted. Imports
//! cannot form a cycle, because what is imported exists first. References stored in tables and
//! globals can: an instance may store its function in a table that it imports. The two nodes then
//! join one group. A group lives while any member is held from outside the group, and dies whole.
//!
//! Invariants: the lowest bit of `count` says that the node is in a group, or was when the group
//! died. While it is set, `count` falls only under [`LINKS`]. A node alone is freed by whoever
//! takes its count to zero, without a lock.

use super::extern_ref::ExternRef;
use super::func::drop_quietly;
use std::cell::{RefCell, UnsafeCell};
use std::collections::{HashMap, HashSet};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Head of every counted object; must be the first field of a `repr(C)` structure.
#[repr(C)]
pub(crate) struct Node {
    /// Twice the number of handles and import edges, plus the group bit.
    count: AtomicUsize,
    group: AtomicPtr<Group>,
    /// Import edges that come from members of the same group. Guarded by [`LINKS`].
    internal: UnsafeCell<usize>,
    /// Age: an edge leads only to older nodes.
    sequence: u64,
    kind: &'static Kind,
}

/// What can be done with objects of one kind.
pub(crate) struct Kind {
    /// Calls the function with each node the object imports from, once for each import.
    pub edges: unsafe fn(*const Node, &mut dyn FnMut(NonNull<Node>)),
    /// Calls the function with each object of the host in the object's tables and globals.
    pub objects: unsafe fn(*const Node, &mut dyn FnMut(ExternRef)),
    /// Drops the object's contents; its memory stays valid.
    pub clear: unsafe fn(*mut Node),
    /// Frees the object's memory.
    pub free: unsafe fn(*mut Node),
    /// True for module instances.
    pub is_instance: bool,
}

const ONE: usize = 2;
const GROUPED: usize = 1;

struct Group {
    members: Vec<NonNull<Node>>,
}

static LINKS: Mutex<()> = Mutex::new(());
static SEQUENCE: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Number of groups; changes only under [`LINKS`].
static GROUPS: AtomicUsize = AtomicUsize::new(0);

fn lock() -> MutexGuard<'static, ()> {
    LINKS.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Number of nodes alive.
pub(crate) fn live_nodes() -> usize {
    LIVE.load(Ordering::SeqCst)
}

impl Node {
    /// The head of a new object, already counted once.
    pub fn new(kind: &'static Kind) -> Node {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Node {
            count: AtomicUsize::new(ONE),
            group: AtomicPtr::default(),
            internal: UnsafeCell::new(0),
            sequence: SEQUENCE.fetch_add(1, Ordering::Relaxed),
            kind,
        }
    }

    /// Handles and import edges that lead here; `None` for members of a group, some of whose edges
    /// are the group's own.
    pub fn holders(&self) -> Option<usize> {
        let count = self.count.load(Ordering::Acquire);
        (count & GROUPED == 0).then_some(count / ONE)
    }

    /// True for module instances.
    pub fn is_instance(&self) -> bool {
        self.kind.is_instance
    }
}

/// A counted handle to a node.
pub(crate) struct NodeRef(NonNull<Node>);

// SAFETY: counts are atomic, groups are guarded by a lock, and objects are made to be shared.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

impl NodeRef {
    /// Takes over the count a new object starts with.
    ///
    /// # Safety
    ///
    /// `object` must begin with a [`Node`] just made by [`Node::new`], be allocated as the node's
    /// kind expects, and its first count must not have been taken over before.
    pub unsafe fn adopt<T>(object: NonNull<T>) -> NodeRef {
        NodeRef(object.cast())
    }

    /// Another handle to a node that something else keeps alive.
    ///
    /// # Safety
    ///
    /// The node must be alive during the call.
    pub unsafe fn another(node: NonNull<Node>) -> NodeRef {
        // SAFETY: the caller's promise.
        unsafe { node.as_ref() }.count.fetch_add(ONE, Ordering::Relaxed);
        NodeRef(node)
    }

    pub fn as_ptr(&self) -> NonNull<Node> {
        self.0
    }

    pub fn node(&self) -> &Node {
        // SAFETY: the handle keeps the node alive.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for NodeRef {
    fn clone(&self) -> NodeRef {
        // SAFETY: this handle keeps the node alive.
        unsafe { NodeRef::another(self.0) }
    }
}

impl Drop for NodeRef {
    fn drop(&mut self) {
        let node = self.node();
        let mut count = node.count.load(Ordering::Relaxed);
        loop {
            if count & GROUPED != 0 {
                release_grouped(self.0);
                return;
            }
            match node.count.compare_exchange_weak(
                count,
                count - ONE,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(current) => count = current,
            }
        }
        if count == ONE {
            free_all(vec![self.0]);
        }
    }
}

impl PartialEq for NodeRef {
    fn eq(&self, other: &NodeRef) -> bool {
        self.0 == other.0
    }
}

/// Takes one count of a member, and frees the group if nothing outside holds it any more.
fn release_grouped(node: NonNull<Node>) {
    let dead = {
        let _guard = lock();
        // SAFETY: the count we are about to give up keeps the node alive until here; under the
        // lock nobody else frees it.
        let member = unsafe { node.as_ref() };
        member.count.fetch_sub(ONE, Ordering::AcqRel);
        let group = member.group.load(Ordering::Relaxed);
        if group.is_null() {
            return; // The group is being freed; this was an edge inside it.
        }
        // SAFETY: groups are freed only under the lock, and then leave no pointer to them.
        let members = unsafe { &(*group).members };
        let held = members.iter().any(|member| {
            // SAFETY: members live as long as their group; `internal` is guarded by the lock.
            let (member, internal) = unsafe { (member.as_ref(), *member.as_ref().internal.get()) };
            member.count.load(Ordering::Acquire) / ONE != internal
        });
        if held {
            return;
        }
        // SAFETY: nobody reaches the group any more.
        let group = unsafe { Box::from_raw(group) };
        GROUPS.fetch_sub(1, Ordering::Relaxed);
        for member in &group.members {
            // SAFETY: members are alive until `free_all`.
            unsafe { member.as_ref() }.group.store(ptr::null_mut(), Ordering::Relaxed);
        }
        group.members
    };
    free_all(dead);
}

thread_local! {
    /// Nodes to free, while this thread is freeing others: long chains must not recurse.
    static PENDING: RefCell<Option<Vec<Vec<NonNull<Node>>>>> = const { RefCell::new(None) };
}

fn free_all(nodes: Vec<NonNull<Node>>) {
    let queued = PENDING.try_with(|pending| match &mut *pending.borrow_mut() {
        Some(queue) => {
            queue.push(nodes.clone());
            true
        }
        slot => {
            *slot = Some(Vec::new());
            false
        }
    });
    match queued {
        Ok(true) => {}
        Ok(false) => {
            let mut next = Some(nodes);
            while let Some(nodes) = next {
                free_now(&nodes);
                next = PENDING.with(|pending| {
                    let mut pending = pending.borrow_mut();
                    let queue = pending.as_mut().expect("set above");
                    let next = queue.pop();
                    if next.is_none() {
                        *pending = None;
                    }
                    next
                });
            }
        }
        // The thread is ending and its storage is gone.
        Err(_) => free_now(&nodes),
    }
}

fn free_now(nodes: &[NonNull<Node>]) {
    for node in nodes {
        // A destructor of the host that panics must not keep the others from being freed.
        drop_quietly(|| {
            // SAFETY: nothing refers to these nodes but each other, and memory stays until all are
            // cleared.
            unsafe { (node.as_ref().kind.clear)(node.as_ptr()) };
        });
    }
    for node in nodes {
        // SAFETY: cleared above; this is the last use.
        unsafe { (node.as_ref().kind.free)(node.as_ptr()) };
    }
    LIVE.fetch_sub(nodes.len(), Ordering::Relaxed);
}

/// Makes sure that `target` lives while `holder`, into which a reference to it was stored, does.
///
/// # Safety
///
/// Both nodes must be alive during the call.
pub(crate) unsafe fn keep_alive(holder: NonNull<Node>, target: NonNull<Node>) {
    if holder == target {
        return;
    }
    let mut imported = false;
    // SAFETY: the caller's promise.
    unsafe {
        let edges = holder.as_ref().kind.edges;
        edges(holder.as_ptr(), &mut |edge| imported |= edge == target);
    }
    if !imported {
        join(holder, target);
    }
}

fn members_of(node: NonNull<Node>) -> Vec<NonNull<Node>> {
    // SAFETY: called under the lock with a live node.
    let node_ref = unsafe { node.as_ref() };
    let group = node_ref.group.load(Ordering::Relaxed);
    if group.is_null() {
        node_ref.count.fetch_or(GROUPED, Ordering::AcqRel);
        return vec![node];
    }
    GROUPS.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: groups are freed only under the lock.
    unsafe { Box::from_raw(group) }.members
}

/// Puts two nodes into one group, with every node on a path of imports between members: such a node
/// is held by the group and holds it, so it must die with it.
fn join(a: NonNull<Node>, b: NonNull<Node>) {
    let _guard = lock();
    let mut pending = vec![b];
    while let Some(other) = pending.pop() {
        if let Some(sources) = merge(a, other) {
            pending.extend(between(a, &sources));
        }
    }
}

/// The nodes that live and die with this one, itself included.
///
/// # Safety
///
/// The node must be alive.
pub(crate) unsafe fn living_together(node: NonNull<Node>) -> Vec<NonNull<Node>> {
    let _guard = lock();
    let group = group_of(node);
    // SAFETY: groups are freed only under the lock.
    if group.is_null() { vec![node] } else { unsafe { (*group).members.clone() } }
}

/// Handles and imports that lead to nodes which live together, but for those between them.
///
/// # Safety
///
/// The nodes must be alive.
pub(crate) unsafe fn holders_together(nodes: &[NonNull<Node>]) -> usize {
    let _guard = lock();
    let holders = nodes.iter().map(|node| {
        // SAFETY: the caller's promise; the lock guards `internal`.
        let (node, internal) = unsafe { (node.as_ref(), *node.as_ref().internal.get()) };
        node.count.load(Ordering::Acquire) / ONE - internal
    });
    holders.sum()
}

/// Calls `visit` with each object of the host in a node's tables and globals.
///
/// # Safety
///
/// The node must be alive.
pub(crate) unsafe fn each_object(node: NonNull<Node>, visit: &mut dyn FnMut(ExternRef)) {
    // SAFETY: the caller's promise.
    unsafe { (node.as_ref().kind.objects)(node.as_ptr(), visit) };
}

/// For kinds that have neither tables nor globals.
pub(crate) unsafe fn no_objects(_: *const Node, _: &mut dyn FnMut(ExternRef)) {}

fn sequence(node: NonNull<Node>) -> u64 {
    // SAFETY: called under the lock with live nodes.
    unsafe { node.as_ref() }.sequence
}

fn group_of(node: NonNull<Node>) -> *mut Group {
    // SAFETY: as above.
    unsafe { node.as_ref() }.group.load(Ordering::Relaxed)
}

/// Calls `visit` with each node that `node` imports from.
///
/// # Safety
///
/// The node must be alive.
pub(crate) unsafe fn each_edge(node: NonNull<Node>, mut visit: impl FnMut(NonNull<Node>)) {
    // SAFETY: the caller's promise; what a live node imports from is alive too.
    unsafe { (node.as_ref().kind.edges)(node.as_ptr(), &mut visit) };
}

/// Merges the groups of two nodes; gives the members at which new paths may begin, or `None` if
/// they were one group already.
fn merge(a: NonNull<Node>, b: NonNull<Node>) -> Option<Vec<NonNull<Node>>> {
    let group = group_of(a);
    if !group.is_null() && group == group_of(b) {
        return None;
    }
    let (mut large, mut small) = (members_of(a), members_of(b));
    if large.len() < small.len() {
        std::mem::swap(&mut large, &mut small);
    }
    // Edges lead from newer to older nodes, so often one side need not be searched. But a path may go
    // through another group, which it enters at an old member and leaves at a new one.
    let oldest_small = small.iter().map(|node| sequence(*node)).min().unwrap_or(0);
    let others = GROUPS.load(Ordering::Relaxed) > 0;
    let newer = large.iter().filter(|node| others || sequence(**node) > oldest_small);
    let sources: Vec<NonNull<Node>> = small.iter().chain(newer).copied().collect();
    let is_small: HashSet<NonNull<Node>> = small.iter().copied().collect();
    large.append(&mut small);
    let group = Box::into_raw(Box::new(Group { members: large }));
    GROUPS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: just made; nobody else sees it before the lock is released.
    for member in unsafe { &(*group).members } {
        // SAFETY: members are alive.
        unsafe { member.as_ref() }.group.store(group, Ordering::Release);
    }
    // Edges that cross from one side to the other become internal; the others were counted when
    // their side was formed.
    for source in &sources {
        let side = is_small.contains(source);
        let count = |target: NonNull<Node>| {
            if group_of(target) == group && is_small.contains(&target) != side {
                // SAFETY: the lock guards `internal`.
                unsafe { *target.as_ref().internal.get() += 1 };
            }
        };
        // SAFETY: members are alive.
        unsafe { each_edge(*source, count) };
    }
    Some(sources)
}

/// Nodes outside the group of `member` that lie on a path from one of `sources` to a member. A path
/// goes along imports, and from a member of another group to all of that group.
fn between(member: NonNull<Node>, sources: &[NonNull<Node>]) -> Vec<NonNull<Node>> {
    let group = group_of(member);
    // SAFETY: the group is alive under the lock.
    let members = unsafe { &(*group).members };
    let oldest = members.iter().map(|node| sequence(*node)).min().unwrap_or(0);
    let others = GROUPS.load(Ordering::Relaxed) > 1;
    // Who leads to a node; and who leads to a member.
    let mut leading: HashMap<NonNull<Node>, Vec<NonNull<Node>>> = HashMap::new();
    let mut back = Vec::new();
    let mut open: Vec<NonNull<Node>> = sources.to_vec();
    while let Some(node) = open.pop() {
        let outside = group_of(node) != group;
        let mut step = |target: NonNull<Node>| {
            if group_of(target) == group {
                if outside {
                    back.push(node);
                }
                return;
            }
            // A node alone leads only to older ones, so not to a member if it is older than all, unless
            // through another group.
            if !others && group_of(target).is_null() && sequence(target) < oldest {
                return;
            }
            let known = leading.contains_key(&target);
            let from = leading.entry(target).or_default();
            if outside {
                from.push(node);
            }
            if !known {
                open.push(target);
            }
        };
        // SAFETY: called under the lock with live nodes.
        unsafe { each_edge(node, &mut step) };
        let other = group_of(node);
        if outside && !other.is_null() {
            // SAFETY: groups are alive under the lock.
            unsafe { &(*other).members }
                .iter()
                .filter(|peer| **peer != node)
                .copied()
                .for_each(step);
        }
    }
    let mut found = HashSet::new();
    while let Some(node) = back.pop() {
        if found.insert(node) {
            back.extend(leading.get(&node).into_iter().flatten());
        }
    }
    found.into_iter().collect()
}
