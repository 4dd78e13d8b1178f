//! Loaded modules, their imports and exports; and what loads and validates them.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ConfigureContext, WasmEdge_ExportTypeContext,
    WasmEdge_FunctionTypeContext, WasmEdge_GlobalTypeContext, WasmEdge_ImportTypeContext,
    WasmEdge_LoaderContext, WasmEdge_MemoryTypeContext, WasmEdge_Result, WasmEdge_String,
    WasmEdge_TableTypeContext, WasmEdge_ValidatorContext,
};
use crate::configure;
use crate::door::{self, bytes, delete, door, fill, logged, need, null_argument, result};
use crate::handle::{Context, Key, Kind, Lent, create, get};
use crate::kinds::{MemoryKind, TableKind};
use crate::string::{Text, Texts};
use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use wasmspan::{
    ExportType, ExternKind, ExternType, FuncType, GlobalType, ImportType, Loader, Module, Validator,
};

/// A loaded module and what it lends.
pub struct AstModule {
    /// The module.
    pub module: Module,
    imports: Vec<Arc<ImportItem>>,
    exports: Vec<Arc<ExportItem>>,
    /// Names beside those of imports and exports.
    pub texts: Texts,
    /// Import and export types, and the types of what they are.
    pub lent: Lent,
}

/// An import of a module.
pub struct ImportItem {
    module: Text,
    name: Text,
    ty: ExternType,
}

/// An export of a module.
pub struct ExportItem {
    name: Text,
    ty: ExternType,
}

impl AstModule {
    fn new(module: Module) -> AstModule {
        let import = |ImportType { module, name, ty }| {
            Arc::new(ImportItem { module: Text::new(module), name: Text::new(name), ty })
        };
        let export = |ExportType { name, ty }| Arc::new(ExportItem { name: Text::new(name), ty });
        AstModule {
            imports: module.imports().into_iter().map(import).collect(),
            exports: module.exports().into_iter().map(export).collect(),
            module,
            texts: Texts::default(),
            lent: Lent::default(),
        }
    }
}

/// A path that C gave.
///
/// # Safety
///
/// `path` must end with zero, unless it is null.
pub unsafe fn path<'a>(path: *const c_char) -> wasmspan::Result<&'a Path> {
    if path.is_null() {
        return Err(null_argument("the path"));
    }
    // SAFETY: the caller's promise.
    Ok(Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LoaderCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
) -> *mut WasmEdge_LoaderContext {
    door(ptr::null_mut(), || Some(create(Loader::new(&configure::read(ConfCxt)))))
}

fn parse(
    loader: *mut WasmEdge_LoaderContext,
    module: *mut *mut WasmEdge_ASTModuleContext,
    load: impl FnOnce(&Loader) -> wasmspan::Result<Module>,
) -> WasmEdge_Result {
    result(|| {
        let loader = need(loader)?;
        if module.is_null() {
            return Err(null_argument("the place for the module"));
        }
        let loaded = AstModule::new(load(loader).map_err(logged)?);
        // SAFETY: the caller passes a place for a pointer.
        unsafe { module.write(create(loaded)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_LoaderParseFromFile(
    Cxt: *mut WasmEdge_LoaderContext,
    Module: *mut *mut WasmEdge_ASTModuleContext,
    Path: *const c_char,
) -> WasmEdge_Result {
    // SAFETY: the caller passes a path that ends with zero, or null.
    parse(Cxt, Module, |loader| loader.load_file(unsafe { path(Path) }?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_LoaderParseFromBuffer(
    Cxt: *mut WasmEdge_LoaderContext,
    Module: *mut *mut WasmEdge_ASTModuleContext,
    Buf: *const u8,
    BufLen: u32,
) -> WasmEdge_Result {
    parse(Cxt, Module, |loader| {
        // SAFETY: the caller passes a buffer of this length, or null.
        let bytes = unsafe { bytes(Buf, BufLen as usize) };
        loader.load_bytes(bytes.ok_or_else(|| null_argument("the buffer"))?)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LoaderDelete(Cxt: *mut WasmEdge_LoaderContext) {
    delete(Cxt);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValidatorCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
) -> *mut WasmEdge_ValidatorContext {
    door(ptr::null_mut(), || Some(create(Validator::new(&configure::read(ConfCxt)))))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValidatorValidate(
    Cxt: *mut WasmEdge_ValidatorContext,
    ASTCxt: *const WasmEdge_ASTModuleContext,
) -> WasmEdge_Result {
    result(|| need(Cxt)?.validate(&need(ASTCxt)?.module).map_err(logged))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ValidatorDelete(Cxt: *mut WasmEdge_ValidatorContext) {
    delete(Cxt);
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ASTModuleListImportsLength(
    Cxt: *const WasmEdge_ASTModuleContext,
) -> u32 {
    door(0, || Some(get(Cxt)?.imports.len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ASTModuleListImports(
    Cxt: *const WasmEdge_ASTModuleContext,
    Imports: *mut *const WasmEdge_ImportTypeContext,
    Len: u32,
) -> u32 {
    door(0, || {
        let ast = get(Cxt)?;
        let lend = |(at, import): (usize, &Arc<ImportItem>)| {
            let key = Key::Numbered(Kind::ImportType, at as u32);
            ast.lent
                .get_or::<WasmEdge_ImportTypeContext, _>(key, || Some(Arc::clone(import)))
                .cast_const()
        };
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(Imports, Len, ast.imports.iter().enumerate().map(lend)) };
        Some(ast.imports.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ASTModuleListExportsLength(
    Cxt: *const WasmEdge_ASTModuleContext,
) -> u32 {
    door(0, || Some(get(Cxt)?.exports.len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ASTModuleListExports(
    Cxt: *const WasmEdge_ASTModuleContext,
    Exports: *mut *const WasmEdge_ExportTypeContext,
    Len: u32,
) -> u32 {
    door(0, || {
        let ast = get(Cxt)?;
        let lend = |(at, export): (usize, &Arc<ExportItem>)| {
            let key = Key::Numbered(Kind::ExportType, at as u32);
            ast.lent
                .get_or::<WasmEdge_ExportTypeContext, _>(key, || Some(Arc::clone(export)))
                .cast_const()
        };
        // SAFETY: the caller passes a buffer of this length, or null.
        unsafe { fill(Exports, Len, ast.exports.iter().enumerate().map(lend)) };
        Some(ast.exports.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ASTModuleDelete(Cxt: *mut WasmEdge_ASTModuleContext) {
    delete(Cxt);
}

/// The number that C has for a kind of import or export.
fn kind_number(kind: ExternKind) -> u32 {
    kind as u32
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetExternalType(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> u32 {
    door(0, || Some(kind_number(get(Cxt)?.ty.kind())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetModuleName(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> WasmEdge_String {
    door(WasmEdge_String::NONE, || Some(get(Cxt)?.module.lend()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ImportTypeGetExternalName(
    Cxt: *const WasmEdge_ImportTypeContext,
) -> WasmEdge_String {
    door(WasmEdge_String::NONE, || Some(get(Cxt)?.name.lend()))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetExternalType(
    Cxt: *const WasmEdge_ExportTypeContext,
) -> u32 {
    door(0, || Some(kind_number(get(Cxt)?.ty.kind())))
}

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_ExportTypeGetExternalName(
    Cxt: *const WasmEdge_ExportTypeContext,
) -> WasmEdge_String {
    door(WasmEdge_String::NONE, || Some(get(Cxt)?.name.lend()))
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
    door::door(ptr::null(), || {
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
