//! Signal handlers of both engines, each as if it were alone in the process.
//!
//! Whoever installs later is asked first, and passes on what is not its own: a trap of the other
//! engine then costs it extra. So each engine gets its own handlers back before its traps are
//! measured.

use crate::Result;
use crate::guest::PEER_ENGINE;
use std::mem::MaybeUninit;

const SIGNALS: [i32; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

type Actions = [libc::sigaction; SIGNALS.len()];

/// What each engine installs.
pub struct Handlers {
    ours: Actions,
    peer: Actions,
}

impl Handlers {
    /// Lets each engine install its handlers where no other is.
    pub fn install() -> Result<Handlers> {
        let original = current();
        let trap = "(module (func (export \"trap\") (unreachable)))";

        let module = wasmspan::Module::new(trap)?;
        let instance = module.instantiate(&wasmspan::Store::new())?;
        if instance.call("trap", &[]).is_ok() {
            return Err("wasmspan does not trap".into());
        }
        let ours = current();
        put(&original);

        let module = wasmtime::Module::new(&PEER_ENGINE, trap)?;
        let mut store = wasmtime::Store::new(&PEER_ENGINE, ());
        let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
        let trap = instance.get_typed_func::<(), ()>(&mut store, "trap")?;
        if trap.call(&mut store, ()).is_ok() {
            return Err("wasmtime does not trap".into());
        }
        Ok(Handlers { ours, peer: current() })
    }

    /// Faults go to this engine.
    pub fn put_ours(&self) {
        put(&self.ours);
    }

    /// Faults go to the peer.
    pub fn put_peer(&self) {
        put(&self.peer);
    }
}

fn current() -> Actions {
    SIGNALS.map(|signal| {
        let mut action = MaybeUninit::uninit();
        // SAFETY: the system fills the structure if it succeeds, which is asserted.
        unsafe {
            assert_eq!(libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()), 0);
            action.assume_init()
        }
    })
}

fn put(actions: &Actions) {
    for (signal, action) in SIGNALS.into_iter().zip(actions) {
        // SAFETY: the action was in force before.
        let failed = unsafe { libc::sigaction(signal, action, std::ptr::null_mut()) };
        assert_eq!(failed, 0, "signal {signal} takes no handler");
    }
}
