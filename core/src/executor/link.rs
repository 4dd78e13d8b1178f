//! Imports: looked up, compared with what the module asks for, all faults reported at once.

use crate::error::{ErrCode, Error, Result};
use crate::module::{ImportDesc, ModuleInfo};
use crate::runtime::Extern;
use crate::store::Store;
use crate::types::ExternType;

/// The imports of a module, found in a store.
pub(super) fn from_store(store: &Store, info: &ModuleInfo) -> Result<Box<[Extern]>> {
    resolve(info, |import, wanted| match store.find(&import.module) {
        None => Err(format!("no module is registered as \"{}\"", import.module)),
        Some(module) => module.get_import(&import.name, wanted).ok_or_else(|| {
            format!("the module \"{}\" exports no \"{}\"", import.module, import.name)
        }),
    })
}

/// The imports of a module, given in its order.
pub(super) fn from_list(list: &[Extern], info: &ModuleInfo) -> Result<Box<[Extern]>> {
    if list.len() > info.imports.len() {
        return Err(Error::with_detail(
            ErrCode::UnknownImport,
            format!("{} imports are given, the module has {}", list.len(), info.imports.len()),
        ));
    }
    let mut given = list.iter();
    resolve(info, |_, _| given.next().cloned().ok_or_else(|| "it is not given".to_string()))
}

fn resolve(
    info: &ModuleInfo,
    mut find: impl FnMut(&ImportDesc, &ExternType) -> std::result::Result<Extern, String>,
) -> Result<Box<[Extern]>> {
    let mut found = Vec::with_capacity(info.imports.len());
    let mut faults: Option<Error> = None;
    let mut report = |import: &ImportDesc, code: ErrCode, line: String| {
        let error = faults.take().unwrap_or_else(|| Error::new(code));
        faults = Some(error.detail(line).detail(format!(
            "When linking module: \"{}\" , {} name: \"{}\"",
            import.module, import.kind, import.name
        )));
    };
    for import in &info.imports {
        let wanted = info.extern_type(import.kind, import.index);
        match find(import, &wanted) {
            Err(reason) => {
                let line = format!("{reason} (wanted: {wanted})");
                report(import, ErrCode::UnknownImport, line);
            }
            Ok(item) => {
                let got = actual_type(&item);
                if matches(&item, &got, &wanted) {
                    found.push(item);
                } else {
                    let what = if got.kind() == wanted.kind() {
                        import.kind.to_string()
                    } else {
                        "external type".to_string()
                    };
                    let line = format!("Mismatched {what}. Expected: {wanted} , Got: {got}");
                    report(import, ErrCode::IncompatibleImportType, line);
                }
            }
        }
    }
    match faults {
        None => Ok(found.into()),
        Some(error) => Err(error.in_nodes(&["import description", "import section", "module"])),
    }
}

/// The type of an item with the size it has now.
fn actual_type(item: &Extern) -> ExternType {
    match item {
        Extern::Memory(memory) => {
            let mut ty = *memory.ty();
            ty.limits.min = memory.pages();
            ExternType::Memory(ty)
        }
        Extern::Table(table) => {
            let mut ty = *table.ty();
            ty.limits.min = table.len() as u64;
            ExternType::Table(ty)
        }
        other => other.ty(),
    }
}

fn matches(item: &Extern, got: &ExternType, wanted: &ExternType) -> bool {
    match (item, got, wanted) {
        (_, ExternType::Func(got), ExternType::Func(wanted)) => got == wanted,
        (_, ExternType::Global(got), ExternType::Global(wanted)) => got == wanted,
        (Extern::Memory(memory), ExternType::Memory(got), ExternType::Memory(wanted)) => {
            got.shared == wanted.shared
                && got.memory64 == wanted.memory64
                && got.limits.matches(memory.pages(), &wanted.limits)
        }
        (Extern::Table(table), ExternType::Table(got), ExternType::Table(wanted)) => {
            got.element == wanted.element
                && got.table64 == wanted.table64
                && got.limits.matches(table.len() as u64, &wanted.limits)
        }
        _ => false,
    }
}
