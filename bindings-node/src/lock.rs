//! Who may call into an instance just now: whoever is on its thread, unless a call runs elsewhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What the exported functions of an instance share.
pub type Lock = Rc<InstanceLock>;

/// How many calls run on other threads; others must wait for them.
#[derive(Default)]
pub struct InstanceLock {
    away: Cell<usize>,
    /// Those that run, and don't wait for an import; [`DISPOSED`] when nothing may be called any more.
    running: Cell<usize>,
    /// The functions that JavaScript has. They take themselves off the list when they are collected.
    functions: RefCell<Vec<*const dyn Callee>>,
}

/// A function of an instance that JavaScript has.
pub trait Callee {
    /// Whether a call of it is on this thread's stack.
    fn is_running(&self) -> bool;
    /// Lets go of the function, which must not be running; calls of it fail from now on.
    fn let_go(&self);
}

/// Why something can't be called, or disposed of.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// A call runs on another thread.
    Elsewhere,
    /// A call is on the stack.
    Here,
    /// It is gone.
    Disposed,
}

const DISPOSED: usize = usize::MAX;

impl InstanceLock {
    /// Fails if a call runs on another thread, or the instance was disposed of.
    #[inline(always)]
    pub fn check(&self) -> Result<(), Refusal> {
        if self.running.get() == 0 { Ok(()) } else { Err(self.refusal()) }
    }

    #[cold]
    fn refusal(&self) -> Refusal {
        if self.is_disposed() { Refusal::Disposed } else { Refusal::Elsewhere }
    }

    /// Whether [`dispose`](Self::dispose) has succeeded.
    pub fn is_disposed(&self) -> bool {
        self.running.get() == DISPOSED
    }

    /// A call that may be made goes to another thread.
    pub fn leave(&self) {
        self.away.set(self.away.get() + 1);
        self.resume();
    }

    /// It has come back.
    pub fn come_back(&self) {
        self.away.set(self.away.get() - 1);
        self.wait();
    }

    /// One that is away waits for an import of its, which may call the instance.
    pub fn wait(&self) {
        self.running.set(self.running.get() - 1);
    }

    /// It waits no longer.
    pub fn resume(&self) {
        self.running.set(self.running.get() + 1);
    }

    pub fn add(&self, function: *const dyn Callee) {
        self.functions.borrow_mut().push(function);
    }

    pub fn remove(&self, function: *const dyn Callee) {
        let mut functions = self.functions.borrow_mut();
        if let Some(at) = functions.iter().position(|known| std::ptr::addr_eq(*known, function)) {
            functions.swap_remove(at);
        }
    }

    /// Lets go of what the functions stand for; fails if a call is running.
    pub fn dispose(&self) -> Result<(), Refusal> {
        if self.is_disposed() {
            return Ok(());
        }
        if self.away.get() > 0 {
            return Err(Refusal::Elsewhere);
        }
        let functions: Vec<&dyn Callee> = {
            let functions = self.functions.borrow();
            // SAFETY: a function that is collected has taken itself off the list, and nothing is
            // collected before this ends.
            functions.iter().map(|function| unsafe { &**function }).collect()
        };
        if functions.iter().any(|function| function.is_running()) {
            return Err(Refusal::Here);
        }
        self.running.set(DISPOSED);
        for function in functions {
            function.let_go();
        }
        self.functions.borrow_mut().clear();
        Ok(())
    }
}
