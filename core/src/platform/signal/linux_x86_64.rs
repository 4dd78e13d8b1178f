//! Linux on x86-64.

use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
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

    /// Stack pointer.
    pub fn sp(&self) -> usize {
        self.register(libc::REG_RSP)
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

/// What a detour keeps, on the stack of the thread: its registers. Those for floating-point numbers and
/// vectors lie behind, as the system gave them.
#[repr(C, align(64))]
struct Kept {
    registers: [i64; 23],
    function: extern "C" fn(),
    float_len: usize,
}

/// Bytes below the stack pointer that the system's convention lets a function use.
const RED_ZONE: usize = 128;

thread_local! {
    /// The detour that the thread wants to come back from.
    static RETURNING: Cell<*const Kept> = const { Cell::new(null()) };
}

impl MachineContext {
    /// Has the thread call a function on its own stack when the handler returns, and go on as if nothing
    /// had been. Only where nothing is half done: in code that needs no lock and knows no library.
    pub fn detour(&mut self, function: extern "C" fn()) {
        let float_len = self.float_len();
        let room = size_of::<Kept>() + float_len;
        let at = self.unused_below().wrapping_sub(room) & !(align_of::<Kept>() - 1);
        // SAFETY: below the stack pointer and its zone nothing is in use, and the stack keeps room there
        // for functions of the host. The system's own copy is as long as it says.
        unsafe {
            let registers = self.0.uc_mcontext.gregs;
            (at as *mut Kept).write(Kept { registers, function, float_len });
            let float = (at as *mut Kept).add(1).cast::<u8>();
            std::ptr::copy_nonoverlapping(self.float_state(), float, float_len);
            // Where a return address would lie.
            (at as *mut usize).sub(1).write(0);
        }
        let registers = &mut self.0.uc_mcontext.gregs;
        registers[libc::REG_RIP as usize] = on_detour as *const () as i64;
        registers[libc::REG_RSP as usize] = (at - size_of::<usize>()) as i64;
        registers[libc::REG_RDI as usize] = at as i64;
    }

    /// An address on the program's stack below which nothing is in use.
    #[inline(never)]
    fn unused_below(&self) -> usize {
        /// What the handler's functions may use below this one.
        const HANDLER: usize = 4096;
        let (here, other) = (&raw const self as usize, self.0.uc_stack);
        let first = other.ss_sp as usize;
        let on_other = other.ss_flags & libc::SS_DISABLE == 0
            && (first..first + other.ss_size).contains(&here);
        match on_other {
            true => self.register(libc::REG_RSP) - RED_ZONE,
            // The handler runs on the same stack, and what it was given lies there, too.
            false => here - HANDLER,
        }
    }

    /// Goes on where a detour led from.
    ///
    /// # Safety
    ///
    /// The detour must be this thread's last one.
    unsafe fn come_back(&mut self, kept: *const Kept) {
        let most = self.float_len();
        // SAFETY: the caller's promise. What the processor has for numbers and vectors has one form for
        // all handlers of a thread, and only becomes longer.
        unsafe {
            self.0.uc_mcontext.gregs = (*kept).registers;
            let float = kept.add(1).cast::<u8>();
            let len = (*kept).float_len.min(most);
            std::ptr::copy_nonoverlapping(float, self.float_state(), len);
        }
    }

    fn float_state(&self) -> *mut u8 {
        self.0.uc_mcontext.fpregs.cast()
    }

    /// How long the float state is: what every processor has, and with a mark what the system says there.
    fn float_len(&self) -> usize {
        const LEGACY: usize = 512;
        const MARK: u32 = 0x4650_5853;
        let state = self.float_state();
        if state.is_null() {
            return 0;
        }
        // SAFETY: the system wrote these words: the mark at 464, the length at 480.
        let (mark, len) = unsafe {
            (state.add(464).cast::<u32>().read(), state.add(480).cast::<u32>().read() as usize)
        };
        if mark == MARK { len.max(LEGACY) } else { LEGACY }
    }
}

/// Where a detour leads.
unsafe extern "C" fn on_detour(kept: *const Kept) -> ! {
    // SAFETY: `detour` wrote it, and the stack pointer is below.
    (unsafe { (*kept).function })();
    RETURNING.set(kept);
    // SAFETY: signals this very thread; its handler goes on elsewhere.
    unsafe {
        let mut ours = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(ours.as_mut_ptr());
        libc::sigaddset(ours.as_mut_ptr(), interrupt_signal());
        libc::pthread_sigmask(libc::SIG_UNBLOCK, ours.as_ptr(), null_mut());
        loop {
            // The system may be short of room for it for a moment.
            libc::pthread_sigqueue(libc::pthread_self(), interrupt_signal(), mark());
        }
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

/// Whether threads can be interrupted.
pub(crate) fn is_installed() -> bool {
    HANDLERS.get().is_some()
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
        let kept = RETURNING.replace(null());
        if !kept.is_null() {
            // SAFETY: set at the end of the thread's last detour.
            unsafe { machine.come_back(kept) };
            return;
        }
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
