//! Linux on x86-64.

use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The interrupted program's registers.
#[repr(transparent)]
pub(crate) struct MachineContext(libc::ucontext_t);

impl MachineContext {
    fn register(&self, index: i32) -> usize {
        self.0.uc_mcontext.gregs[index as usize] as usize
    }

    /// Program counter.
    pub fn pc(&self) -> usize {
        self.register(libc::REG_RIP)
    }

    /// Frame pointer.
    pub fn fp(&self) -> usize {
        self.register(libc::REG_RBP)
    }

    /// Continues elsewhere when the handler returns.
    pub fn resume_at(&mut self, pc: usize, sp: usize, fp: usize) {
        let registers = &mut self.0.uc_mcontext.gregs;
        registers[libc::REG_RIP as usize] = pc as i64;
        registers[libc::REG_RSP as usize] = sp as i64;
        registers[libc::REG_RBP as usize] = fp as i64;
        // Payload registers of the exception handler.
        registers[libc::REG_RAX as usize] = 0;
        registers[libc::REG_RDX as usize] = 0;
    }
}

/// A thread that may be interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadId(libc::pthread_t);

// SAFETY: a thread's number is meant to be used by other threads.
unsafe impl Send for ThreadId {}

impl ThreadId {
    /// The current thread.
    pub fn current() -> ThreadId {
        // SAFETY: only reads the thread's own number.
        ThreadId(unsafe { libc::pthread_self() })
    }
}

struct Handlers {
    fault: fn(&mut MachineContext, usize) -> bool,
    interrupt: fn(&mut MachineContext),
}

static HANDLERS: OnceLock<Handlers> = OnceLock::new();

/// Signals the processor raises for faults of generated code.
const FAULTS: [i32; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

/// Handlers that were installed when ours was put on top, by position in [`all_signals`]: at first,
/// and most recently. They differ when another library has installed its own over ours and ours was
/// put back. Never freed, because a handler may be reading them.
static ORIGINAL: [AtomicPtr<libc::sigaction>; 5] = [const { AtomicPtr::new(null_mut()) }; 5];
static NEWEST: [AtomicPtr<libc::sigaction>; 5] = [const { AtomicPtr::new(null_mut()) }; 5];

thread_local! {
    /// Whether this thread is passing a signal on to the newest handler. That one may have ours as
    /// its own previous handler, and must then not be called again.
    static CHAINING: Cell<bool> = const { Cell::new(false) };
}

/// The signal that interrupts a running call.
fn interrupt_signal() -> i32 {
    /// Distance from the first real-time signal that programs may use.
    const OFFSET: i32 = 9;
    libc::SIGRTMIN() + OFFSET
}

fn all_signals() -> [i32; 5] {
    [FAULTS[0], FAULTS[1], FAULTS[2], FAULTS[3], interrupt_signal()]
}

/// Installs the handlers, once for the process. `fault` gets the registers and the fault address
/// and says whether it dealt with the fault; `interrupt` gets the registers of the thread that was
/// told to stop. Both run in a signal handler: no allocation, no lock that others may hold.
pub(crate) fn install(
    fault: fn(&mut MachineContext, usize) -> bool,
    interrupt: fn(&mut MachineContext),
) -> io::Result<()> {
    static INSTALL: OnceLock<Result<(), i32>> = OnceLock::new();
    INSTALL
        .get_or_init(|| {
            HANDLERS.get_or_init(|| Handlers { fault, interrupt });
            for (slot, signal) in all_signals().into_iter().enumerate() {
                put_handler(slot, signal)?;
            }
            Ok(())
        })
        .map_err(io::Error::from_raw_os_error)
}

fn put_handler(slot: usize, signal: i32) -> Result<(), i32> {
    let errno = || io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
    // SAFETY: both structures are fully initialised before the system reads them, and the handler
    // has the signature that SA_SIGINFO asks for.
    unsafe {
        let mut old = MaybeUninit::<libc::sigaction>::uninit();
        if libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()) != 0 {
            return Err(errno());
        }
        let old = old.assume_init();
        if old.sa_sigaction == handle as *const () as usize {
            return Ok(());
        }
        let old = Box::into_raw(Box::new(old));
        NEWEST[slot].store(old, Ordering::Release);
        let _ =
            ORIGINAL[slot].compare_exchange(null_mut(), old, Ordering::AcqRel, Ordering::Relaxed);
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = handle as *const () as usize;
        // SA_ONSTACK because Go runs on stacks too small for handlers. SA_NODEFER because the
        // handler of a fault may pass it to one that never returns. No SA_RESTART for the
        // interrupt, so that blocking calls wake. Interrupts queue up while a thread does not run;
        // they must come one after the other, since nested they overflow the signal stack.
        new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut new.sa_mask);
        if signal != interrupt_signal() {
            new.sa_flags |= libc::SA_NODEFER;
            libc::sigaddset(&mut new.sa_mask, interrupt_signal());
        }
        if libc::sigaction(signal, &new, std::ptr::null_mut()) != 0 {
            return Err(errno());
        }
    }
    Ok(())
}

/// Puts our handlers back on top if something else was installed since.
pub(crate) fn ensure() {
    if HANDLERS.get().is_none() {
        return;
    }
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = LOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for (slot, signal) in all_signals().into_iter().enumerate() {
        // A system that refused no handler at first does not refuse it now.
        let _ = put_handler(slot, signal);
    }
}

/// What comes with the signals that we send, and with no others.
fn mark() -> libc::sigval {
    libc::sigval { sival_ptr: (&raw const HANDLERS).cast_mut().cast() }
}

/// Sends the interrupt signal to a thread, which must still exist.
pub(crate) fn interrupt_thread(thread: ThreadId) {
    // Without our handler the signal would end the process; polling code sees the flag.
    if HANDLERS.get().is_none() {
        return;
    }
    // SAFETY: the caller keeps the thread from ending while it is registered as running.
    unsafe { libc::pthread_sigqueue(thread.0, interrupt_signal(), mark()) };
}

unsafe extern "C" fn handle(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let handlers = HANDLERS.get().expect("set before any handler is installed");
    // SAFETY: the system passes the interrupted thread's context, which is ours while we run.
    let machine = unsafe { &mut *context.cast::<MachineContext>() };
    if signal == interrupt_signal() {
        (handlers.interrupt)(machine);
        // Nobody else is to hear of our own: Go, for one, ends the process at a signal that it did
        // not expect on a thread it does not know.
        // SAFETY: `info` is valid while the handler runs; these are its arguments.
        unsafe {
            let code = (*info).si_code;
            if code != libc::SI_QUEUE || (*info).si_value().sival_ptr != mark().sival_ptr {
                chain_async(signal, info, context);
            }
        }
        return;
    }
    // SAFETY: `info` is valid while the handler runs. Signals that a program sent have codes up
    // to 0; they are never faults.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if code > 0 && (handlers.fault)(machine, address) {
        return;
    }
    // SAFETY: arguments of this very handler.
    unsafe { chain_fault(signal, info, context, code) };
}

/// The handler to pass a signal on to, and whether it was installed over ours.
fn previous(signal: i32) -> Option<(libc::sigaction, bool)> {
    let slot = all_signals().iter().position(|known| *known == signal)?;
    let newest = NEWEST[slot].load(Ordering::Acquire);
    let original = ORIGINAL[slot].load(Ordering::Acquire);
    let over = newest != original;
    let action = if over && CHAINING.get() { original } else { newest };
    // SAFETY: never freed once set.
    unsafe { action.as_ref() }.map(|action| (*action, over))
}

/// Passes a signal on to a handler; a call of ours in its turn goes to the original one.
unsafe fn pass(
    action: &libc::sigaction,
    over: bool,
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: arguments of the running handler.
    unsafe {
        if over {
            let outer = CHAINING.replace(true);
            call(action, signal, info, context);
            CHAINING.set(outer);
        } else {
            call(action, signal, info, context);
        }
    }
}

/// Calls a handler by the convention its flags state.
unsafe fn call(
    action: &libc::sigaction,
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the action was installed as a handler, and its flags say of which type.
    unsafe {
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(action.sa_sigaction);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(action.sa_sigaction);
            handler(signal);
        }
    }
}

/// Passes a fault on: to the previous handler, or to the system's default, which reports it as if
/// we had never been there.
unsafe fn chain_fault(
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
    code: i32,
) {
    match previous(signal) {
        Some((action, over))
            if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN =>
        {
            // SAFETY: arguments of the running handler.
            unsafe { pass(&action, over, signal, info, context) };
        }
        _ => {
            // SAFETY: restores the default; the faulting instruction runs again and kills the
            // process with the original signal. A signal that was sent must be sent again.
            unsafe {
                let mut default: libc::sigaction = std::mem::zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &default, std::ptr::null_mut());
                if code <= 0 {
                    libc::raise(signal);
                }
            }
        }
    }
}

/// Passes the interrupt signal on to a previous handler, if there was one.
unsafe fn chain_async(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if let Some((action, over)) = previous(signal)
        && action.sa_sigaction != libc::SIG_DFL
        && action.sa_sigaction != libc::SIG_IGN
    {
        // SAFETY: arguments of the running handler.
        unsafe { pass(&action, over, signal, info, context) };
    }
}
