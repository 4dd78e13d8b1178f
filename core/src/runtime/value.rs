//! Values as the host sees them, and their form in value slots.

use super::exec::Exec;
use super::extern_ref::ExternRef;
use super::func::Func;
use crate::abi::FuncRef;
use crate::types::ValType;
use std::ptr::NonNull;

/// A WebAssembly value.
#[derive(Clone, Debug)]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
    /// A 128-bit vector; lane 0 in the lowest bits.
    V128(u128),
    /// A function, or null.
    FuncRef(Option<Func>),
    /// A host object, or null.
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// The value's type.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FuncRef,
            Val::ExternRef(_) => ValType::ExternRef,
        }
    }

    /// Zero, or null, of a type.
    pub fn default_for(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0.0),
            ValType::F64 => Val::F64(0.0),
            ValType::V128 => Val::V128(0),
            ValType::FuncRef => Val::FuncRef(None),
            ValType::ExternRef => Val::ExternRef(None),
        }
    }

    /// The integer, if this is an `i32`.
    pub fn i32(&self) -> Option<i32> {
        if let Val::I32(value) = self { Some(*value) } else { None }
    }

    /// The integer, if this is an `i64`.
    pub fn i64(&self) -> Option<i64> {
        if let Val::I64(value) = self { Some(*value) } else { None }
    }

    /// The float, if this is an `f32`.
    pub fn f32(&self) -> Option<f32> {
        if let Val::F32(value) = self { Some(*value) } else { None }
    }

    /// The float, if this is an `f64`.
    pub fn f64(&self) -> Option<f64> {
        if let Val::F64(value) = self { Some(*value) } else { None }
    }

    /// The value's form in a slot. References stay the value's: it must outlive their use.
    #[doc(hidden)]
    pub fn to_raw(&self) -> u128 {
        match self {
            Val::I32(value) => u128::from(*value as u32),
            Val::I64(value) => u128::from(*value as u64),
            Val::F32(value) => u128::from(value.to_bits()),
            Val::F64(value) => u128::from(value.to_bits()),
            Val::V128(value) => *value,
            Val::FuncRef(value) => value.as_ref().map_or(0, |func| func.as_raw() as u128),
            Val::ExternRef(value) => value.as_ref().map_or(0, |object| object.address() as u128),
        }
    }

    /// As [`to_raw`](Val::to_raw), and keeps a referenced object alive until the thread's outermost
    /// call ends.
    pub(crate) fn to_raw_pinned(&self, exec: &mut Exec) -> u128 {
        match self {
            Val::FuncRef(Some(func)) => exec.pin_node(func.owner().clone()),
            Val::ExternRef(Some(object)) => exec.pin_extern(object.clone()),
            _ => {}
        }
        self.to_raw()
    }

    /// The value in a slot.
    ///
    /// # Safety
    ///
    /// The slot must hold a value of type `ty`; what a reference refers to must be alive.
    #[doc(hidden)]
    pub unsafe fn from_raw(raw: u128, ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(raw as i32),
            ValType::I64 => Val::I64(raw as i64),
            ValType::F32 => Val::F32(f32::from_bits(raw as u32)),
            ValType::F64 => Val::F64(f64::from_bits(raw as u64)),
            ValType::V128 => Val::V128(raw),
            // SAFETY: the caller's promise, for both.
            ValType::FuncRef => Val::FuncRef(
                NonNull::new(raw as usize as *mut FuncRef)
                    .map(|func| unsafe { Func::from_raw(func) }),
            ),
            ValType::ExternRef => Val::ExternRef(
                (raw as usize != 0).then(|| unsafe { ExternRef::another(raw as usize) }),
            ),
        }
    }
}

impl From<i32> for Val {
    fn from(value: i32) -> Val {
        Val::I32(value)
    }
}

impl From<u32> for Val {
    fn from(value: u32) -> Val {
        Val::I32(value as i32)
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Val {
        Val::I64(value)
    }
}

impl From<u64> for Val {
    fn from(value: u64) -> Val {
        Val::I64(value as i64)
    }
}

impl From<f32> for Val {
    fn from(value: f32) -> Val {
        Val::F32(value)
    }
}

impl From<f64> for Val {
    fn from(value: f64) -> Val {
        Val::F64(value)
    }
}

impl From<Func> for Val {
    fn from(value: Func) -> Val {
        Val::FuncRef(Some(value))
    }
}

impl From<ExternRef> for Val {
    fn from(value: ExternRef) -> Val {
        Val::ExternRef(Some(value))
    }
}
