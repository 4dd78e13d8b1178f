//! From the parser's types to ours; what ours can't hold belongs to an unfinished proposal.

use super::diagnose::{self, Part, refusal_code};
use crate::error::{ErrCode, Result};
use crate::types::{FuncType, GlobalType, MemoryType, Mutability, RefType, SizeLimits};
use crate::types::{TableType, ValType};
use wasmparser::{AbstractHeapType, HeapType, WasmFeatures};

/// What a conversion needs to refuse something: where it stands, and which features are on.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub part: Part,
    pub offset: u64,
    pub features: WasmFeatures,
}

impl Place {
    /// Fails by the name of the proposal that `feature` belongs to.
    pub fn refuse<T>(self, code: ErrCode, feature: &str) -> Result<T> {
        Err(diagnose::refuse(code, self.part, feature, self.offset))
    }

    fn require(self, on: bool, code: ErrCode, feature: &str) -> Result<()> {
        if on { Ok(()) } else { self.refuse(code, feature) }
    }

    pub fn val_type(self, ty: wasmparser::ValType) -> Result<ValType> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => {
                self.require(self.features.simd(), ErrCode::MalformedValType, "simd")?;
                ValType::V128
            }
            wasmparser::ValType::Ref(ty) => {
                let ty = self.ref_type(ty)?;
                let code = ErrCode::MalformedValType;
                self.require(self.features.reference_types(), code, "reference_types")?;
                ty.into()
            }
        })
    }

    /// `funcref` or `externref`; whether reference types are on is the caller's question, since
    /// the first tables held `funcref` before them.
    pub fn ref_type(self, ty: wasmparser::RefType) -> Result<RefType> {
        let heap = self.heap_type(ty.heap_type())?;
        if !ty.is_nullable() {
            return self.refuse(ErrCode::MalformedRefType, "function_references");
        }
        Ok(heap)
    }

    pub fn heap_type(self, ty: HeapType) -> Result<RefType> {
        use AbstractHeapType as Heap;
        let feature = match ty {
            HeapType::Abstract { shared: true, .. } => "shared_everything_threads",
            HeapType::Abstract { ty: Heap::Func, .. } => return Ok(RefType::FuncRef),
            HeapType::Abstract { ty: Heap::Extern, .. } => return Ok(RefType::ExternRef),
            HeapType::Abstract { ty: Heap::Exn | Heap::NoExn, .. } => "exceptions",
            HeapType::Abstract { ty: Heap::Cont | Heap::NoCont, .. } => "stack_switching",
            HeapType::Abstract { .. } => "gc",
            HeapType::Concrete(_) => "function_references",
            HeapType::Exact(_) => "custom_descriptors",
        };
        self.refuse(ErrCode::MalformedRefType, feature)
    }

    pub fn func_type(self, ty: &wasmparser::FuncType) -> Result<FuncType> {
        if ty.results().len() > 1 {
            let code = ErrCode::MalformedValType;
            self.require(self.features.multi_value(), code, "multi_value")?;
        }
        let convert = |types: &[wasmparser::ValType]| {
            types.iter().map(|&ty| self.val_type(ty)).collect::<Result<Vec<_>>>()
        };
        Ok(FuncType::new(convert(ty.params())?, convert(ty.results())?))
    }

    pub fn table_type(self, ty: &wasmparser::TableType) -> Result<TableType> {
        let element = self.ref_type(ty.element_type)?;
        if element != RefType::FuncRef {
            let code = ErrCode::MalformedElemType;
            self.require(self.features.reference_types(), code, "reference_types")?;
        }
        if ty.shared {
            return self.refuse(ErrCode::IntegerTooLarge, "shared_everything_threads");
        }
        let table64 = ty.table64;
        self.require(!table64 || self.features.memory64(), ErrCode::IntegerTooLarge, "memory64")?;
        Ok(TableType { element, limits: SizeLimits::new(ty.initial, ty.maximum), table64 })
    }

    pub fn memory_type(self, ty: &wasmparser::MemoryType) -> Result<MemoryType> {
        let code = ErrCode::IntegerTooLarge;
        if ty.page_size_log2.is_some() {
            return self.refuse(code, "custom_page_sizes");
        }
        self.require(!ty.memory64 || self.features.memory64(), code, "memory64")?;
        self.require(!ty.shared || self.features.threads(), code, "threads")?;
        if ty.shared && ty.maximum.is_none() {
            let why = "a shared memory states how far it may grow";
            return Err(diagnose::error(ErrCode::SharedMemoryNoMax, self.part, self.offset, why));
        }
        Ok(MemoryType {
            limits: SizeLimits::new(ty.initial, ty.maximum),
            shared: ty.shared,
            memory64: ty.memory64,
        })
    }

    pub fn global_type(self, ty: wasmparser::GlobalType) -> Result<GlobalType> {
        if ty.shared {
            return self.refuse(ErrCode::InvalidMut, "shared_everything_threads");
        }
        let mutability = if ty.mutable { Mutability::Var } else { Mutability::Const };
        Ok(GlobalType::new(self.val_type(ty.content_type)?, mutability))
    }

    /// Refuses a thing as a whole, with the code its place calls for.
    pub fn refuse_part<T>(self, feature: &str) -> Result<T> {
        self.refuse(refusal_code(self.part, feature), feature)
    }
}
