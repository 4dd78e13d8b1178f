//! Imports and exports of modules: names and types.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ExportTypeContext, WasmEdge_FunctionTypeContext,
    WasmEdge_GlobalTypeContext, WasmEdge_ImportTypeContext, WasmEdge_MemoryTypeContext,
    WasmEdge_String, WasmEdge_TableTypeContext,
};
use crate::enter::enter;
use crate::handle::{Context, Key, get};
use crate::text::Text;
use crate::types::{MemoryKind, TableKind};
use std::ptr;
use wasmspan::{ExternKind, ExternType, FuncType, GlobalType};

/// An import of a module.
pub struct ImportItem {
    pub module: Text,
    pub name: Text,
    pub ty: ExternType,
}

/// An export of a module.
pub struct ExportItem {
    pub name: Text,
    pub ty: ExternType,
}

crate::context!(WasmEdge_ImportTypeContext = ImportType, ImportItem);
crate::context!(WasmEdge_ExportTypeContext = ExportType, ExportItem);

/// The number that C has for a kind of import or export.
fn kind_number(kind: ExternKind) -> u32 {
    kind as u32
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetExternalType(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> u32 {
    enter(0, || Some(kind_number(get(Cxt)?.ty.kind())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetModuleName(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || Some(get(Cxt)?.module.lend()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetExternalName(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || Some(get(Cxt)?.name.lend()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetExternalType(
    Cxt: *const WasmEdge_ExportTypeContext,
) -> u32 {
    enter(0, || Some(kind_number(get(Cxt)?.ty.kind())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetExternalName(
    Cxt: *const WasmEdge_ExportTypeContext,
) -> WasmEdge_String {
    enter(WasmEdge_String::NONE, || Some(get(Cxt)?.name.lend()))
}

/// An import or export of a module.
trait Item: Context {
    fn ty(object: &Self::Object) -> &ExternType;
}

impl Item for WasmEdge_ImportTypeContext {
    fn ty(import: &ImportItem) -> &ExternType {
        &import.ty
    }
}

impl Item for WasmEdge_ExportTypeContext {
    fn ty(export: &ExportItem) -> &ExternType {
        &export.ty
    }
}

/// Lends the type of an import or export, by its handle.
fn lend_type<C: Context, I: Item>(
    ast: *const WasmEdge_ASTModuleContext,
    item: *const I,
    convert: impl FnOnce(&ExternType) -> Option<C::Object>,
) -> *const C {
    enter(ptr::null(), || {
        let ty = I::ty(get(item)?);
        let key = Key::Numbered(C::KIND, (item as u64 >> 4) as u32);
        let lent = get(ast)?.lent.get_or::<C, C::Object>(key, || convert(ty));
        Some(lent.cast_const())
    })
}

fn function_type(ty: &ExternType) -> Option<FuncType> {
    match ty {
        ExternType::Func(ty) => Some(ty.clone()),
        _ => None,
    }
}

fn table_type(ty: &ExternType) -> Option<TableKind> {
    match ty {
        ExternType::Table(ty) => Some(TableKind::of(ty)),
        _ => None,
    }
}

fn memory_type(ty: &ExternType) -> Option<MemoryKind> {
    match ty {
        ExternType::Memory(ty) => Some(MemoryKind::of(ty)),
        _ => None,
    }
}

fn global_type(ty: &ExternType) -> Option<GlobalType> {
    match ty {
        ExternType::Global(ty) => Some(*ty),
        _ => None,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetFunctionType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ImportTypeContext,
) -> *const WasmEdge_FunctionTypeContext {
    lend_type(ASTCxt, Cxt, function_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetFunctionType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ExportTypeContext,
) -> *const WasmEdge_FunctionTypeContext {
    lend_type(ASTCxt, Cxt, function_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetTableType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ImportTypeContext,
) -> *const WasmEdge_TableTypeContext {
    lend_type(ASTCxt, Cxt, table_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetTableType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ExportTypeContext,
) -> *const WasmEdge_TableTypeContext {
    lend_type(ASTCxt, Cxt, table_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetMemoryType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ImportTypeContext,
) -> *const WasmEdge_MemoryTypeContext {
    lend_type(ASTCxt, Cxt, memory_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetMemoryType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ExportTypeContext,
) -> *const WasmEdge_MemoryTypeContext {
    lend_type(ASTCxt, Cxt, memory_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetGlobalType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ImportTypeContext,
) -> *const WasmEdge_GlobalTypeContext {
    lend_type(ASTCxt, Cxt, global_type)
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetGlobalType(
    ASTCxt: *const WasmEdge_ASTModuleContext,
    Cxt: *const WasmEdge_ExportTypeContext,
) -> *const WasmEdge_GlobalTypeContext {
    lend_type(ASTCxt, Cxt, global_type)
}
