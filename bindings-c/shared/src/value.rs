//! Values: made and read by C, and converted to and from the engine's.

use crate::abi::{WasmEdge_FunctionInstanceContext, WasmEdge_Value};
use crate::function;
use crate::handle::{self, Lent};
use crate::types::val_type;
use std::ffi::c_void;
use wasmspan::{ErrCode, Error, ExternRef, Val, ValType};

/// An address that C gave as a host object.
struct Address(usize);

impl WasmEdge_Value {
    /// The engine's value.
    pub fn to_val(self) -> wasmspan::Result<Val> {
        let unknown = || {
            let detail = format!("0x{:02x} is not a value type", self.Type);
            Error::with_detail(ErrCode::FuncSigMismatch, detail)
        };
        self.to_val_of(val_type(self.Type).ok_or_else(unknown)?)
    }

    /// The engine's value, with the type that the place asks for.
    pub fn to_val_of(self, ty: ValType) -> wasmspan::Result<Val> {
        Ok(match ty {
            ValType::I32 => Val::I32(self.Value as i32),
            ValType::I64 => Val::I64(self.Value as i64),
            ValType::F32 => Val::F32(f32::from_bits(self.Value as u32)),
            ValType::F64 => Val::F64(f64::from_bits(self.Value as u64)),
            ValType::V128 => Val::V128(self.Value),
            ValType::FuncRef => Val::FuncRef(match self.Value as u64 {
                0 => None,
                handle => {
                    let context = handle as usize as *const WasmEdge_FunctionInstanceContext;
                    let function = handle::get(context).ok_or_else(|| {
                        let detail = "a function reference is no live function instance";
                        Error::with_detail(ErrCode::RefTypeMismatch, detail)
                    })?;
                    Some(function.func().clone())
                }
            }),
            ValType::ExternRef => Val::ExternRef(match self.Value as usize {
                0 => None,
                address => Some(ExternRef::new(Address(address))),
            }),
        })
    }

    /// C's value; a function is lent by `owner` if C has no handle to it.
    pub fn from_val(value: &Val, owner: &Lent) -> WasmEdge_Value {
        let payload = match value {
            Val::FuncRef(Some(func)) => function::handle_of(func, owner) as u64 as u128,
            Val::ExternRef(Some(object)) => match object.downcast_ref::<Address>() {
                Some(address) => address.0 as u128,
                None => value.to_raw(),
            },
            _ => value.to_raw(),
        };
        WasmEdge_Value::new(value.ty(), payload)
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenI32(Val: i32) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::I32, u128::from(Val as u32))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenI64(Val: i64) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::I64, u128::from(Val as u64))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenF32(Val: f32) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::F32, u128::from(Val.to_bits()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenF64(Val: f64) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::F64, u128::from(Val.to_bits()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenV128(Val: i128) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::V128, Val as u128)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenNullRef(T: u32) -> WasmEdge_Value {
    WasmEdge_Value { Value: 0, Type: T, Rest: [0; 3] }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenFuncRef(
    Cxt: *const WasmEdge_FunctionInstanceContext,
) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::FuncRef, Cxt as u64 as u128)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGenExternRef(Ref: *mut c_void) -> WasmEdge_Value {
    WasmEdge_Value::new(ValType::ExternRef, Ref as usize as u128)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetI32(Val: WasmEdge_Value) -> i32 {
    Val.Value as i32
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetI64(Val: WasmEdge_Value) -> i64 {
    Val.Value as i64
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetF32(Val: WasmEdge_Value) -> f32 {
    f32::from_bits(Val.Value as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetF64(Val: WasmEdge_Value) -> f64 {
    f64::from_bits(Val.Value as u64)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetV128(Val: WasmEdge_Value) -> i128 {
    Val.Value as i128
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueIsNullRef(Val: WasmEdge_Value) -> bool {
    Val.Value as u64 == 0
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetFuncRef(
    Val: WasmEdge_Value,
) -> *const WasmEdge_FunctionInstanceContext {
    Val.Value as u64 as usize as *const WasmEdge_FunctionInstanceContext
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValueGetExternRef(Val: WasmEdge_Value) -> *mut c_void {
    Val.Value as u64 as usize as *mut c_void
}
