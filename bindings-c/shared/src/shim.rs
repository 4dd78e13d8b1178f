//! The call of a host function's body, where exceptions of C++ stop.
//!
//! Neither our frames nor machine code made from wasm can be unwound by an exception, and Rust cannot
//! catch one. On x86-64 Linux the body is therefore called by a few instructions of our own, whose
//! unwind information names [`personality`]: it tells the unwinder that the exception is handled
//! here, and lets the call return as a failure. This costs nothing until something is thrown, and
//! links no C++ library. Elsewhere an exception that leaves a body ends the process.

use crate::abi::{WasmEdge_Result, WasmEdge_Value};
use std::ffi::c_void;

/// What a body that threw gives: `host function failed`.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
const THROWN: u32 = wasmspan::ErrCode::HostFuncError as u32;

/// Calls a body of the form `(data, frame, params, returns)`.
///
/// # Safety
///
/// `body` must be the address of such a function.
#[inline(always)]
pub unsafe fn call4(
    body: usize,
    data: *mut c_void,
    frame: *const c_void,
    params: *const WasmEdge_Value,
    returns: *mut WasmEdge_Value,
) -> WasmEdge_Result {
    // SAFETY: the caller's promise.
    let code = unsafe { contained::call(data, frame, params.cast(), returns.cast(), body) };
    WasmEdge_Result { Code: code }
}

/// Calls a body of the form `(binding, data, frame, params, count, returns, count)`.
///
/// # Safety
///
/// `body` must be the address of such a function.
pub unsafe fn call7(
    body: usize,
    binding: *mut c_void,
    data: *mut c_void,
    frame: *const c_void,
    params: *const WasmEdge_Value,
    returns: *mut WasmEdge_Value,
    (param_len, return_len): (u32, u32),
) -> WasmEdge_Result {
    struct Arguments {
        body: usize,
        binding: *mut c_void,
        data: *mut c_void,
        frame: *const c_void,
        params: *const WasmEdge_Value,
        returns: *mut WasmEdge_Value,
        lens: (u32, u32),
    }
    type Body = unsafe extern "C-unwind" fn(
        *mut c_void,
        *mut c_void,
        *const c_void,
        *const WasmEdge_Value,
        u32,
        *mut WasmEdge_Value,
        u32,
    ) -> WasmEdge_Result;
    /// Spreads the arguments; has nothing to drop, so that an exception may pass.
    unsafe extern "C-unwind" fn spread(
        arguments: *mut c_void,
        _: *const c_void,
        _: *const c_void,
        _: *mut c_void,
    ) -> WasmEdge_Result {
        // SAFETY: called below with these arguments.
        unsafe {
            let a = &*arguments.cast::<Arguments>();
            let body = std::mem::transmute::<usize, Body>(a.body);
            body(a.binding, a.data, a.frame, a.params, a.lens.0, a.returns, a.lens.1)
        }
    }
    let lens = (param_len, return_len);
    let mut arguments = Arguments { body, binding, data, frame, params, returns, lens };
    let none = std::ptr::null();
    // SAFETY: the caller's promise.
    unsafe {
        call4(
            spread as *const () as usize,
            (&raw mut arguments).cast(),
            none,
            none.cast(),
            none.cast_mut().cast(),
        )
    }
}

/// Runs `call`, which calls functions of the program's that host functions need; `None` if one throws.
///
/// # Safety
///
/// `call` must not panic, and have nothing to drop while the program's function runs.
pub unsafe fn contain<R, F: FnOnce() -> R>(call: F) -> Option<R> {
    struct State<R, F> {
        call: Option<F>,
        result: Option<R>,
    }
    unsafe extern "C-unwind" fn run<R, F: FnOnce() -> R>(
        state: *mut c_void,
        _: *const c_void,
        _: *const c_void,
        _: *mut c_void,
    ) -> WasmEdge_Result {
        // SAFETY: called below with this state.
        let state = unsafe { &mut *state.cast::<State<R, F>>() };
        if let Some(call) = state.call.take() {
            state.result = Some(call());
        }
        crate::error::SUCCESS
    }
    let mut state = State { call: Some(call), result: None };
    let none = std::ptr::null();
    // SAFETY: the function takes such a state; the caller's promise.
    unsafe {
        call4(
            run::<R, F> as *const () as usize,
            (&raw mut state).cast(),
            none,
            none.cast(),
            none.cast_mut().cast(),
        );
    }
    state.result
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod contained {
    use super::THROWN;
    use std::arch::global_asm;
    use std::ffi::{c_int, c_void};
    use std::mem::transmute;

    global_asm!(
        ".text",
        ".p2align 4",
        ".hidden wasmspan_c_call_contained",
        ".globl wasmspan_c_call_contained",
        ".type wasmspan_c_call_contained,@function",
        "wasmspan_c_call_contained:",
        ".cfi_startproc",
        ".cfi_personality 0x9b, wasmspan_c_personality_ref",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "call r8",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        // The unwinder comes here with the registers that the call must preserve restored.
        ".cfi_adjust_cfa_offset 8",
        ".hidden wasmspan_c_landing",
        ".globl wasmspan_c_landing",
        "wasmspan_c_landing:",
        "mov eax, {thrown}",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        ".size wasmspan_c_call_contained, . - wasmspan_c_call_contained",
        ".section .data.rel.ro.wasmspan_c_personality_ref,\"aw\",@progbits",
        ".p2align 3",
        "wasmspan_c_personality_ref:",
        ".quad {personality}",
        ".text",
        thrown = const THROWN,
        personality = sym personality,
    );

    unsafe extern "C" {
        fn wasmspan_c_call_contained();
        fn wasmspan_c_landing();
    }

    /// Calls `body` with the other arguments; what it throws stops here.
    ///
    /// # Safety
    ///
    /// `body` must be the address of a function with these parameters that gives a result.
    #[inline(always)]
    pub unsafe fn call(
        data: *mut c_void,
        frame: *const c_void,
        params: *const c_void,
        returns: *mut c_void,
        body: usize,
    ) -> u32 {
        type Contained = unsafe extern "C" fn(
            *mut c_void,
            *const c_void,
            *const c_void,
            *mut c_void,
            usize,
        ) -> u32;
        // SAFETY: the instructions above take these arguments; the caller's promise for `body`.
        unsafe {
            let contained =
                transmute::<unsafe extern "C" fn(), Contained>(wasmspan_c_call_contained);
            contained(data, frame, params, returns, body)
        }
    }

    /// Head of every exception, as the unwinder's interface fixes it.
    #[repr(C)]
    struct Exception {
        class: u64,
        cleanup: Option<unsafe extern "C" fn(c_int, *mut Exception)>,
    }

    unsafe extern "C" {
        #[link_name = "_Unwind_SetIP"]
        fn unwind_set_ip(context: *mut c_void, address: usize);
    }

    const SEARCH_PHASE: c_int = 1;
    const FORCED: c_int = 8;
    const HANDLER_FOUND: c_int = 6;
    const INSTALL_CONTEXT: c_int = 7;
    const CONTINUE_UNWIND: c_int = 8;
    /// The exception was caught by somebody who is no part of its language.
    const FOREIGN_CAUGHT: c_int = 1;

    /// Handles every exception at the one call above. A thread that is being ended passes by.
    unsafe extern "C" fn personality(
        _version: c_int,
        actions: c_int,
        _class: u64,
        exception: *mut Exception,
        context: *mut c_void,
    ) -> c_int {
        if actions & FORCED != 0 {
            return CONTINUE_UNWIND;
        }
        if actions & SEARCH_PHASE != 0 {
            return HANDLER_FOUND;
        }
        // SAFETY: the unwinder passes its context and the exception in flight.
        unsafe {
            end(exception);
            unwind_set_ip(context, wasmspan_c_landing as *const () as usize);
        }
        INSTALL_CONTEXT
    }

    /// Destroys an exception: with the language's own functions, which count what is in flight, if
    /// they can be found.
    ///
    /// # Safety
    ///
    /// The exception must be in flight.
    unsafe fn end(exception: *mut Exception) {
        /// The classes of the two C++ libraries, without the byte that tells dependent exceptions.
        const CXX: [&[u8; 7]; 2] = [b"GNUCC++", b"CLNGC++"];
        // SAFETY: the functions are those of the C++ interface.
        unsafe {
            let class = (*exception).class.to_be_bytes();
            let begin = libc::dlsym(libc::RTLD_DEFAULT, c"__cxa_begin_catch".as_ptr());
            let end = libc::dlsym(libc::RTLD_DEFAULT, c"__cxa_end_catch".as_ptr());
            if CXX.iter().any(|known| class[..7] == known[..]) && !begin.is_null() && !end.is_null()
            {
                let begin = transmute::<*mut c_void, unsafe extern "C" fn(*mut Exception)>(begin);
                let end = transmute::<*mut c_void, unsafe extern "C" fn()>(end);
                begin(exception);
                end();
            } else if let Some(cleanup) = (*exception).cleanup {
                cleanup(FOREIGN_CAUGHT, exception);
            }
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod contained {
    use std::ffi::c_void;
    use std::mem::transmute;

    /// Calls `body` with the other arguments.
    ///
    /// # Safety
    ///
    /// `body` must be the address of a function with these parameters that gives a result.
    #[inline(always)]
    pub unsafe fn call(
        data: *mut c_void,
        frame: *const c_void,
        params: *const c_void,
        returns: *mut c_void,
        body: usize,
    ) -> u32 {
        type Body =
            unsafe extern "C" fn(*mut c_void, *const c_void, *const c_void, *mut c_void) -> u32;
        // SAFETY: the caller's promise.
        unsafe { transmute::<usize, Body>(body)(data, frame, params, returns) }
    }
}
