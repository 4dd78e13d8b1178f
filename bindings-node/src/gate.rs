//! Who may call into an instance just now.

use crate::error::{Failure, Outcome};
use crate::function::Exported;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasmspan::{ErrCode, Error, Executor, Func, Val};

/// What the exported functions of an instance share.
pub type Gate = Rc<GateState>;

/// How many calls run on other threads; others must wait for them.
#[derive(Default)]
pub struct GateState {
    away: Cell<usize>,
    /// Those that run, and don't wait for an import; [`DISPOSED`] when nothing may be called any more.
    running: Cell<usize>,
    /// What calls go through that have limits.
    executor: Option<Executor>,
    /// The functions that JavaScript has. They take themselves off the list when they are collected.
    functions: RefCell<Vec<*const Exported>>,
}

const DISPOSED: usize = usize::MAX;

const ELSEWHERE: &str = "the instance is running a call on another thread; await that call first";
const HERE: &str =
    "the instance is running the call that this happens in; wait until it has returned";

impl GateState {
    /// The gate of an instance that `executor` made. Calls go through the executor if its configuration limits time, stack
    /// or output; the other limits hold in any case.
    pub fn of(executor: &Executor) -> Gate {
        let limits = &executor.config().limits;
        let limited = limits.time_ms.or(limits.stack_bytes).or(limits.output_bytes).is_some();
        Rc::new(GateState { executor: limited.then(|| executor.clone()), ..GateState::default() })
    }

    /// What calls have to go through, if anything.
    pub fn executor(&self) -> Option<&Executor> {
        self.executor.as_ref()
    }

    /// Fails if a call runs on another thread, or the instance was disposed of.
    #[inline(always)]
    pub fn pass(&self) -> Outcome<()> {
        if self.running.get() == 0 { Ok(()) } else { Err(self.refusal()) }
    }

    #[cold]
    fn refusal(&self) -> Failure {
        if self.is_disposed() { disposed() } else { Failure::Busy(ELSEWHERE) }
    }

    /// Whether [`dispose`](Self::dispose) has succeeded.
    pub fn is_disposed(&self) -> bool {
        self.running.get() == DISPOSED
    }

    /// A call that has passed goes to another thread.
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

    pub fn add(&self, function: *const Exported) {
        self.functions.borrow_mut().push(function);
    }

    pub fn remove(&self, function: *const Exported) {
        let mut functions = self.functions.borrow_mut();
        if let Some(at) = functions.iter().position(|known| *known == function) {
            functions.swap_remove(at);
        }
    }

    /// Lets go of what the functions stand for; fails if a call is running.
    pub fn dispose(&self) -> Outcome<()> {
        if self.is_disposed() {
            return Ok(());
        }
        if self.away.get() > 0 {
            return Err(Failure::Busy(ELSEWHERE));
        }
        let functions: Vec<&Exported> = {
            let functions = self.functions.borrow();
            // SAFETY: a function that is collected has taken itself off the list, and nothing is
            // collected before this ends.
            functions.iter().map(|function| unsafe { &**function }).collect()
        };
        if functions.iter().any(|function| function.is_running()) {
            return Err(Failure::Busy(HERE));
        }
        self.running.set(DISPOSED);
        for function in functions {
            function.let_go();
        }
        self.functions.borrow_mut().clear();
        Ok(())
    }
}

/// Calls a function, through its gate's executor if there is one.
pub fn invoke(
    executor: Option<&Executor>,
    func: &Func,
    params: &[Val],
) -> wasmspan::Result<Vec<Val>> {
    match executor {
        Some(executor) => executor.invoke(func, params),
        None => func.call(params),
    }
}

/// Why nothing can be done with something that was disposed of.
pub fn disposed() -> Failure {
    let detail = "it was disposed of, or given back to its pool";
    Failure::Core(Error::with_detail(ErrCode::RuntimeError, detail))
}
