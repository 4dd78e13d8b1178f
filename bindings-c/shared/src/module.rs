//! Loaded modules, and what loads and validates them.

use crate::abi::{
    WasmEdge_ASTModuleContext, WasmEdge_ConfigureContext, WasmEdge_ExportTypeContext,
    WasmEdge_ImportTypeContext, WasmEdge_LoaderContext, WasmEdge_Result, WasmEdge_ValidatorContext,
};
use crate::config;
use crate::enter::{bytes, delete, enter, fill, need, path, result};
use crate::error::{logged, null_argument};
use crate::handle::{Key, Kind, Lent, create, get};
use crate::import_export::{ExportItem, ImportItem};
use crate::text::{Text, Texts};
use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;
use wasmspan::{ExportType, ImportType, Loader, Module, Validator};

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

crate::context!(WasmEdge_ASTModuleContext = AstModule, AstModule, |ast| ast.lent.retire_all());
crate::context!(WasmEdge_LoaderContext = Loader, Loader);
crate::context!(WasmEdge_ValidatorContext = Validator, Validator);

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

#[unsafe(no_mangle)]
pub extern "C" fn WasmEdge_LoaderCreate(
    ConfCxt: *const WasmEdge_ConfigureContext,
) -> *mut WasmEdge_LoaderContext {
    enter(ptr::null_mut(), || Some(create(Loader::new(&config::read(ConfCxt)))))
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
    enter(ptr::null_mut(), || Some(create(Validator::new(&config::read(ConfCxt)))))
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
    enter(0, || Some(get(Cxt)?.imports.len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ASTModuleListImports(
    Cxt: *const WasmEdge_ASTModuleContext,
    Imports: *mut *const WasmEdge_ImportTypeContext,
    Len: u32,
) -> u32 {
    enter(0, || {
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
    enter(0, || Some(get(Cxt)?.exports.len() as u32))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn WasmEdge_ASTModuleListExports(
    Cxt: *const WasmEdge_ASTModuleContext,
    Exports: *mut *const WasmEdge_ExportTypeContext,
    Len: u32,
) -> u32 {
    enter(0, || {
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
