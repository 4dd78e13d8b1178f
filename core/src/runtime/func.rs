//! Functions: of wasm or of the host, and the way out to the host.

use super::call;
use super::exec::{Activation, Caller, Exec, is_to_stop};
use super::meter;
use super::node::{self, Kind, Node, NodeRef};
use super::trap;
use super::typed::{TypedFunc, WasmParams, WasmResults};
use super::value::Val;
use super::wasm_instance::WasmInstance;
use crate::abi::{ExecCtx, FuncRef, HostFuncCtx, Trap};
use crate::engine::Signature;
use crate::error::{Cause, ErrCode, Error, Result};
use crate::limits::MAX_PARAMS;
use crate::loader::is_brief;
use crate::log::message;
use crate::types::FuncType;
use std::alloc::Layout;
use std::any::Any;
use std::fmt;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A function that can be called, stored in tables and given to instances as an import.
///
/// Cloning gives another handle to the same function. A handle keeps what it needs alive; it may
/// be used and dropped on any thread.
#[derive(Clone)]
pub struct Func {
    owner: NodeRef,
    func_ref: NonNull<FuncRef>,
    signature: Arc<Signature>,
}

// SAFETY: the function's data is immutable, and the owner is counted atomically.
unsafe impl Send for Func {}
// SAFETY: as above.
unsafe impl Sync for Func {}

/// A function of the host.
#[repr(C)]
struct HostFunc<F> {
    node: Node,
    jit: HostFuncCtx,
    func_ref: FuncRef,
    signature: Arc<Signature>,
    body: F,
}

impl Func {
    /// Makes a host function of type `ty` from an untyped closure.
    pub(crate) fn from_untyped<F>(ty: &FuncType, body: F) -> Result<Func>
    where
        F: Fn(Caller<'_>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    {
        Func::from_host(ty, call_untyped::<F>, body)
    }

    /// Makes a host function whose dispatcher is `call`.
    pub(super) fn from_host<F: Send + Sync + 'static>(
        ty: &FuncType,
        call: unsafe extern "C" fn(*mut HostFuncCtx, *mut ExecCtx, *mut u128),
        body: F,
    ) -> Result<Func> {
        Func::from_host_through(ty, Signature::exit, call, body)
    }

    /// As [`from_host`](Func::from_host), with the exit stub that `stub` gives.
    pub(super) fn from_host_through<F: Send + Sync + 'static>(
        ty: &FuncType,
        stub: fn(&Signature) -> Result<*const u8>,
        call: unsafe extern "C" fn(*mut HostFuncCtx, *mut ExecCtx, *mut u128),
        body: F,
    ) -> Result<Func> {
        let longest = ty.params().len().max(ty.results().len());
        if longest > MAX_PARAMS {
            return Err(Error::with_detail(
                ErrCode::FuncSigMismatch,
                format!("a function may have {MAX_PARAMS} parameters and results, not {longest}"),
            ));
        }
        let signature = Signature::of(ty);
        let code = stub(&signature)?;
        let object = Box::into_raw(Box::new(HostFunc {
            node: Node::new(const { &host_kind::<F>() }),
            jit: HostFuncCtx { call, cost: AtomicU64::new(0) },
            func_ref: FuncRef {
                code,
                ctx: std::ptr::null_mut(),
                type_id: signature.id,
                index: u32::MAX,
                owner: std::ptr::null(),
                signature: Arc::as_ptr(&signature).cast(),
            },
            signature: Arc::clone(&signature),
            body,
        }));
        // SAFETY: just made; the node's first count goes to the handle.
        unsafe {
            (*object).func_ref.ctx = (&raw mut (*object).jit).cast();
            (*object).func_ref.owner = object.cast_const().cast();
            let func_ref = NonNull::new_unchecked(&raw mut (*object).func_ref);
            let owner = NodeRef::adopt(NonNull::new_unchecked(object));
            Ok(Func { owner, func_ref, signature })
        }
    }

    /// A handle to the function behind a reference.
    ///
    /// # Safety
    ///
    /// The function must be alive during the call.
    pub(crate) unsafe fn from_raw(func_ref: NonNull<FuncRef>) -> Func {
        // SAFETY: the caller's promise; the owner of a function is a node.
        unsafe {
            let target = func_ref.as_ref();
            let owner = NonNull::new_unchecked(target.owner.cast_mut().cast::<Node>());
            Func { owner: NodeRef::another(owner), func_ref, signature: signature_of(target) }
        }
    }

    /// The word by which wasm knows the function.
    pub(crate) fn as_raw(&self) -> usize {
        self.func_ref.as_ptr() as usize
    }

    pub(crate) fn func_ref(&self) -> &FuncRef {
        // SAFETY: the owner keeps it alive.
        unsafe { self.func_ref.as_ref() }
    }

    pub(crate) fn owner(&self) -> &NodeRef {
        &self.owner
    }

    pub(super) fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Sets what calls of a host function cost, beside the instructions that call it. It counts
    /// where statistics are kept. What a wasm function costs is what its instructions do: that
    /// stays as it is.
    pub fn with_cost(self, cost: u64) -> Func {
        let target = self.func_ref();
        if target.index == u32::MAX {
            // SAFETY: this context of a host function lives as long as the handle.
            unsafe { (*target.ctx.cast::<HostFuncCtx>()).cost.store(cost, Ordering::Relaxed) };
        }
        self
    }

    /// The instance that a wasm function belongs to.
    pub(super) fn instance(&self) -> Option<&WasmInstance> {
        // SAFETY: nodes of instances head a `WasmInstance`, and the handle keeps it alive.
        let instance = || unsafe { self.owner.as_ptr().cast::<WasmInstance>().as_ref() };
        self.owner.node().is_instance().then(instance)
    }

    /// The function's type.
    pub fn ty(&self) -> &FuncType {
        &self.signature.ty
    }

    /// The function's index in the module that defines it, where imported functions come first; none
    /// for a function of the host.
    ///
    /// ```
    /// let module = wasmspan::Module::new(r#"(module (func) (func (export "second")))"#)?;
    /// let second = module.instantiate(&wasmspan::Store::new())?.get_func("second");
    /// assert_eq!(second.and_then(|second| second.index()), Some(1));
    /// # Ok::<(), wasmspan::Error>(())
    /// ```
    pub fn index(&self) -> Option<u32> {
        let index = self.func_ref().index;
        self.owner.node().is_instance().then_some(index)
    }

    /// As [`Instance::holders`](super::instance::Instance::holders), for what the function belongs to.
    pub fn holders(&self) -> Option<usize> {
        self.owner.node().holders()
    }

    /// Whether a call is certain to end within about a hundred instructions: a wasm function without
    /// loops and calls. A host that lets go of a lock around calls may keep it for such a function.
    pub fn is_brief(&self) -> bool {
        let index = self.func_ref().index;
        let Some(instance) = self.instance() else { return false };
        let info = &instance.code.info;
        let body =
            index.checked_sub(info.imported.funcs).and_then(|at| info.bodies.get(at as usize));
        body.is_some_and(|range| is_brief(&info.bytes[range.clone()]))
    }

    /// Calls the function and gives its results.
    ///
    /// # Errors
    ///
    /// `function signature mismatch` if the parameters do not fit the type; else the trap, or the
    /// error of the host function, that ended the call.
    pub fn call(&self, params: &[Val]) -> Result<Vec<Val>> {
        match self.governor() {
            Some(instance) => instance.governed(|| self.call_bare(params)),
            None => self.call_bare(params),
        }
    }

    /// As [`call`](Func::call), without the limits and the counting of the function's instance.
    pub(crate) fn call_bare(&self, params: &[Val]) -> Result<Vec<Val>> {
        let ty = self.ty();
        check_params(ty, params)?;
        let count = params.len().max(ty.results().len()).max(1);
        let mut slots = vec![0u128; count];
        for (slot, param) in slots.iter_mut().zip(params) {
            *slot = param.to_raw();
        }
        let entry = self.signature.entry()?;
        // SAFETY: parameters were checked against the type, and `params` keeps references alive.
        let ended = unsafe { call::enter(self.func_ref(), entry, slots.as_mut_ptr()) };
        // The results are taken over before anything is let go.
        let results = ended.map(|()| {
            let results = ty.results().iter().zip(&slots);
            // SAFETY: the call has left values of these types.
            results.map(|(ty, slot)| unsafe { Val::from_raw(*slot, *ty) }).collect()
        });
        call::finish();
        results
    }

    /// The function with a type known to the compiler, whose calls convert and check nothing.
    ///
    /// # Errors
    ///
    /// `function signature mismatch` if the type is another.
    pub fn typed<P: WasmParams, R: WasmResults>(&self) -> Result<TypedFunc<P, R>> {
        TypedFunc::new(self.clone())
    }
}

impl fmt::Debug for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Func({})", self.ty())
    }
}

/// True if both are the same function.
impl PartialEq for Func {
    fn eq(&self, other: &Func) -> bool {
        self.func_ref == other.func_ref
    }
}

/// The engine's entry for a function's type.
///
/// # Safety
///
/// The function must be alive during the call.
pub(super) unsafe fn signature_of(func_ref: &FuncRef) -> Arc<Signature> {
    // SAFETY: whoever made the reference took the pointer from an `Arc` that the owner holds.
    unsafe {
        let signature = func_ref.signature.cast::<Signature>();
        Arc::increment_strong_count(signature);
        Arc::from_raw(signature)
    }
}

/// Checks number and types of parameters.
pub(crate) fn check_params(ty: &FuncType, params: &[Val]) -> Result<()> {
    let fits = params.len() == ty.params().len()
        && params.iter().zip(ty.params()).all(|(param, ty)| param.ty() == *ty);
    if fits {
        return Ok(());
    }
    let got = FuncType::new(params.iter().map(Val::ty), ty.results().iter().copied());
    Err(Error::new(ErrCode::FuncSigMismatch).mismatched("function type", ty, &got))
}

const fn host_kind<F>() -> Kind {
    unsafe fn no_edges(_: *const Node, _: &mut dyn FnMut(NonNull<Node>)) {}
    unsafe fn clear<F>(node: *mut Node) {
        // SAFETY: the node heads a `HostFunc<F>`; its body is dropped once, here.
        drop_quietly(|| unsafe {
            std::ptr::drop_in_place(&raw mut (*node.cast::<HostFunc<F>>()).body);
        });
        // SAFETY: as above; nobody calls the function any more.
        unsafe { std::ptr::drop_in_place(&raw mut (*node.cast::<HostFunc<F>>()).signature) };
    }
    unsafe fn free<F>(node: *mut Node) {
        // SAFETY: allocated as a box of this type; contents were dropped.
        unsafe { std::alloc::dealloc(node.cast(), Layout::new::<HostFunc<F>>()) };
    }
    Kind {
        edges: no_edges,
        objects: node::no_objects,
        clear: clear::<F>,
        free: free::<F>,
        is_instance: false,
    }
}

/// The body and type of the function that a dispatcher was called for.
///
/// # Safety
///
/// `host` must head a `HostFunc<F>` that outlives `'a`.
pub(super) unsafe fn body_of<'a, F>(host: *mut HostFuncCtx) -> (&'a F, &'a Signature) {
    // SAFETY: the caller's promise.
    unsafe {
        let object = host.byte_sub(offset_of!(HostFunc<F>, jit)).cast::<HostFunc<F>>();
        (&(*object).body, &(*object).signature)
    }
}

/// Calls an untyped closure.
unsafe extern "C" fn call_untyped<F>(host: *mut HostFuncCtx, exec: *mut ExecCtx, slots: *mut u128)
where
    F: Fn(Caller<'_>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
{
    // SAFETY: the exit stub passes the function's own head, the thread's state, and slots for
    // parameters and results.
    unsafe {
        let (body, signature) = body_of::<F>(host);
        dispatch(host, exec, |caller, exec| {
            let ty = &signature.ty;
            let params: Vec<Val> = ty
                .params()
                .iter()
                .enumerate()
                .map(|(at, ty)| Val::from_raw(*slots.add(at), *ty))
                .collect();
            let mut results: Vec<Val> =
                ty.results().iter().map(|ty| Val::default_for(*ty)).collect();
            body(caller, &params, &mut results)?;
            for (at, (result, wanted)) in results.iter().zip(ty.results()).enumerate() {
                if result.ty() != *wanted {
                    return Err(Error::with_detail(
                        ErrCode::FuncSigMismatch,
                        format!(
                            "result {at} of a host function is of type {}, not {wanted}",
                            result.ty()
                        ),
                    ));
                }
                *slots.add(at) = result.to_raw_pinned(&mut *exec);
            }
            Ok(())
        });
    }
}

/// The one way out: calls the host, and ends the activation if it fails, panics, or the run is to
/// stop.
///
/// # Safety
///
/// Called by an exit stub on this thread, with nothing on the stack above it that needs dropping.
#[inline(always)]
pub(super) unsafe fn dispatch(
    host: *mut HostFuncCtx,
    exec: *mut ExecCtx,
    body: impl FnOnce(Caller<'_>, *mut Exec) -> Result<()>,
) {
    let exec: *mut Exec = exec.cast();
    // SAFETY: the state belongs to this thread.
    unsafe {
        let caller = Caller::new(exec);
        let metered = !(*exec).meter.is_null();
        if metered && let Err(error) = meter::leave_wasm(exec, (*host).cost.load(Ordering::Relaxed))
        {
            (*exec).pending = Some(error);
            trap::raise(exec, std::ptr::null_mut(), Trap::Host);
        }
        let activation = Activation::of(exec);
        let result = catch_unwind(AssertUnwindSafe(|| body(caller, exec)));
        activation.resume(exec);
        if metered {
            meter::back_to_wasm(exec);
        }
        let failure = match result {
            Ok(Ok(())) => {
                if (*exec).jit.stop.load(Ordering::Relaxed) == 0 || !is_to_stop(exec) {
                    return;
                }
                None
            }
            Ok(Err(error)) => Some(error),
            Err(panic) => Some(panic_error(panic)),
        };
        let trap = if failure.is_some() { Trap::Host } else { Trap::Interrupted };
        (*exec).pending = failure;
        trap::raise(exec, std::ptr::null_mut(), trap)
    }
}

/// Runs a destructor or callback of the host; one that panics has nobody to tell.
pub(crate) fn drop_quietly(destroy: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(destroy)) else { return };
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // What was panicked with panics when it is dropped, and so may this.
        std::mem::forget(again);
    }
}

/// The error that stands for a panic of the host's own function.
#[cold]
fn panic_error(panic: Box<dyn Any + Send>) -> Error {
    let text = message(&*panic);
    drop_quietly(|| drop(panic));
    Error::with_detail(ErrCode::HostFuncError, format!("a panic: {text}")).because(Cause::Panic)
}
