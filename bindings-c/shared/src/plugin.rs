//! Host modules that plug-ins would bring.

use crate::abi::WasmEdge_ModuleInstanceContext;
use std::ffi::c_char;
use std::ptr;
use wasmspan::{ErrCode, Error};

/// What the modules of plug-ins give where the plug-in isn't installed.
fn without_plugin(name: &str) -> *mut WasmEdge_ModuleInstanceContext {
    let detail = format!("the plug-in for {name} isn't installed");
    crate::error::note(&Error::with_detail(ErrCode::HostFuncError, detail));
    ptr::null_mut()
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiNN() -> *mut WasmEdge_ModuleInstanceContext {
    without_plugin("wasi_ephemeral_nn")
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiCryptoCommon()
-> *mut WasmEdge_ModuleInstanceContext {
    without_plugin("wasi_ephemeral_crypto_common")
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiCryptoAsymmetricCommon()
-> *mut WasmEdge_ModuleInstanceContext {
    without_plugin("wasi_ephemeral_crypto_asymmetric_common")
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiCryptoKx() -> *mut WasmEdge_ModuleInstanceContext
{
    without_plugin("wasi_ephemeral_crypto_kx")
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiCryptoSignatures()
-> *mut WasmEdge_ModuleInstanceContext {
    without_plugin("wasi_ephemeral_crypto_signatures")
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ModuleInstanceCreateWasiCryptoSymmetric()
-> *mut WasmEdge_ModuleInstanceContext {
    without_plugin("wasi_ephemeral_crypto_symmetric")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceCreateWasmEdgeProcess(
    AllowedCmds: *const *const c_char,
    CmdsLen: u32,
    AllowAll: bool,
) -> *mut WasmEdge_ModuleInstanceContext {
    let _ = (AllowedCmds, CmdsLen, AllowAll);
    without_plugin("wasmedge_process")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ModuleInstanceInitWasmEdgeProcess(
    AllowedCmds: *const *const c_char,
    CmdsLen: u32,
    AllowAll: bool,
) {
    let _ = (AllowedCmds, CmdsLen, AllowAll);
    without_plugin("wasmedge_process");
}
