//! Imports: looked up, compared with what the module asks for, all faults reported at once.

use crate::error::{Cause, ErrCode, Error, ImportFault, Result};
use crate::limits::MAX_NAMES_SHOWN;
use crate::module::{ImportDesc, ModuleInfo};
use crate::runtime::Extern;
use crate::store::Store;
use crate::types::{ExternKind, ExternType, Logged, mismatch};
use std::collections::HashSet;

/// The imports of a module, found in a store.
pub(super) fn from_store(store: &Store, info: &ModuleInfo) -> Result<Box<[Extern]>> {
    let mut told = HashSet::new();
    resolve(info, |import, wanted| {
        let Some(module) = store.find(&import.module) else {
            return Err((format!("no module is registered as \"{}\"", import.module), None));
        };
        module.get_import(&import.name, wanted).ok_or_else(|| {
            let reason = format!("the module \"{}\" exports no \"{}\"", import.module, import.name);
            // Once for each module, however many imports are wrong.
            let hint = told.insert(&import.module).then(|| offered(&module.export_names()));
            (reason, hint)
        })
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
    resolve(info, |_, _| given.next().cloned().ok_or_else(|| ("it is not given".into(), None)))
}

/// What a module has, said to whoever asked for something else.
fn offered(names: &[(String, ExternKind)]) -> String {
    let shown = &names[..names.len().min(MAX_NAMES_SHOWN)];
    let shown = shown.iter().map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "it exports nothing".into(),
        all if all > MAX_NAMES_SHOWN => {
            format!("it exports {shown} and {} more", all - MAX_NAMES_SHOWN)
        }
        _ => format!("it exports {shown}"),
    }
}

/// Why an import isn't there, and what is.
type Missing = (String, Option<String>);

fn resolve<'a>(
    info: &'a ModuleInfo,
    mut find: impl FnMut(&'a ImportDesc, &ExternType) -> std::result::Result<Extern, Missing>,
) -> Result<Box<[Extern]>> {
    let mut found = Vec::with_capacity(info.imports.len());
    let mut faults = Vec::new();
    let mut error: Option<Error> = None;
    let mut report = |import: &ImportDesc, code: ErrCode, [line, logged]: [String; 2]| {
        let before = error.take().unwrap_or_else(|| Error::new(code));
        error = Some(before.detail_logged(line, logged).detail(format!(
            "When linking module: \"{}\" , {} name: \"{}\"",
            import.module, import.kind, import.name
        )));
    };
    let mut note = |import: &ImportDesc, wanted: ExternType, found, reason: &str| {
        let (module, name) = (import.module.to_string(), import.name.to_string());
        faults.push(ImportFault { module, name, wanted, found, reason: reason.to_string() });
    };
    for import in &info.imports {
        let wanted = info.extern_type(import.kind, import.index);
        match find(import, &wanted) {
            Err((reason, hint)) => {
                let logged = format!("{reason} (wanted: {})", wanted.logged());
                let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
                let line = format!("{reason} (wanted: {wanted}){hint}");
                note(import, wanted, None, &line);
                report(import, ErrCode::UnknownImport, [line, logged]);
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
                    let lines = mismatch(&what, &wanted, &got);
                    note(import, wanted, Some(got), &lines[0]);
                    report(import, ErrCode::IncompatibleImportType, lines);
                }
            }
        }
    }
    match error {
        None => Ok(found.into()),
        Some(error) => Err(error
            .in_nodes(&["import description", "import section", "module"])
            .because(Cause::Imports(faults.into()))),
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
