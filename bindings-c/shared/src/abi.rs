//! Structures and numbers of the C interface. The header states the same by hand; a test compares.

use crate::handle::{Context, Kind};
use std::ffi::{c_char, c_void};

/// A value with its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_Value {
    /// The payload; what is shorter lies in the low bytes.
    pub Value: u128,
    /// Byte of the value type.
    pub Type: u32,
    /// What C does not see; named so that a value can be written as whole as C copies it.
    pub Rest: [u32; 3],
}

/// Bytes with a length; those that the library gives are followed by a zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_String {
    pub Length: u32,
    pub Buf: *const c_char,
}

/// Category in the highest 8 bits, code in the others.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WasmEdge_Result {
    pub Code: u32,
}

/// Limits of a table or memory. The first two are C's `bool`; read as bytes, any value is sound.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WasmEdge_Limit {
    pub HasMax: u8,
    pub Shared: u8,
    pub Min: u32,
    pub Max: u32,
}

/// What a host function sees of its caller; an address on the stack, not a handle.
#[repr(C)]
pub struct WasmEdge_CallingFrameContext {
    _opaque: [u8; 0],
}

/// Body of a host function.
pub type WasmEdge_HostFunc_t = Option<
    unsafe extern "C" fn(
        Data: *mut c_void,
        CallFrameCxt: *const WasmEdge_CallingFrameContext,
        Params: *const WasmEdge_Value,
        Returns: *mut WasmEdge_Value,
    ) -> WasmEdge_Result,
>;

/// Body that serves many host functions.
pub type WasmEdge_WrapFunc_t = Option<
    unsafe extern "C" fn(
        This: *mut c_void,
        Data: *mut c_void,
        CallFrameCxt: *const WasmEdge_CallingFrameContext,
        Params: *const WasmEdge_Value,
        ParamLen: u32,
        Returns: *mut WasmEdge_Value,
        ReturnLen: u32,
    ) -> WasmEdge_Result,
>;

macro_rules! contexts {
    ($($name:ident = $kind:ident, $object:ty $(, $close:expr)?;)*) => {$(
        #[doc = concat!("Opaque; its handles lead to a `", stringify!($object), "`.")]
        #[repr(C)]
        pub struct $name {
            _opaque: [u8; 0],
        }
        impl Context for $name {
            const KIND: Kind = Kind::$kind;
            type Object = $object;
            $(fn close(object: &$object) {
                let close: fn(&$object) = $close;
                close(object);
            })?
        }
    )*};
}

contexts! {
    WasmEdge_ConfigureContext = Configure, crate::configure::Configure;
    WasmEdge_StatisticsContext = Statistics, crate::statistics::StatisticsObject;
    WasmEdge_ASTModuleContext = AstModule, crate::ast::AstModule, |ast| ast.lent.retire_all();
    WasmEdge_FunctionTypeContext = FunctionType, wasmspan::FuncType;
    WasmEdge_MemoryTypeContext = MemoryType, crate::kinds::MemoryKind;
    WasmEdge_TableTypeContext = TableType, crate::kinds::TableKind;
    WasmEdge_GlobalTypeContext = GlobalType, wasmspan::GlobalType;
    WasmEdge_ImportTypeContext = ImportType, crate::ast::ImportItem;
    WasmEdge_ExportTypeContext = ExportType, crate::ast::ExportItem;
    WasmEdge_CompilerContext = Compiler, crate::compiler::CompilerObject;
    WasmEdge_LoaderContext = Loader, wasmspan::Loader;
    WasmEdge_ValidatorContext = Validator, wasmspan::Validator;
    WasmEdge_ExecutorContext = Executor, wasmspan::Executor;
    WasmEdge_StoreContext = Store, crate::store::StoreObject, crate::store::close;
    WasmEdge_ModuleInstanceContext = ModuleInstance, crate::instance::InstanceObject, crate::instance::close;
    WasmEdge_FunctionInstanceContext = FunctionInstance, crate::function::FunctionObject, crate::function::close;
    WasmEdge_TableInstanceContext = TableInstance, crate::entities::TableObject, |table| table.lent.retire_all();
    WasmEdge_MemoryInstanceContext = MemoryInstance, crate::entities::MemoryObject, |memory| memory.lent.retire_all();
    WasmEdge_GlobalInstanceContext = GlobalInstance, crate::entities::GlobalObject, |global| global.lent.retire_all();
    WasmEdge_Async = Async, crate::task::AsyncObject, crate::task::close;
    WasmEdge_VMContext = Vm, crate::vm::VmObject, crate::vm::close;
}
