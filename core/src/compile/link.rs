//! Lays compiled functions out in one text and resolves the calls between them.

use super::function::{CompiledFunction, OWN_BODY};
use crate::abi::{CodeBlob, OffsetTableBuilder};
use crate::error::{ErrCode, Error, Result};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;

/// Links the functions a module defines; `imported` functions come before them in the index space.
pub(super) fn link(
    isa: &dyn TargetIsa,
    imported: u32,
    functions: Vec<CompiledFunction>,
) -> Result<CodeBlob> {
    let mut control = ControlPlane::default();
    // Bodies behind a frame check follow all functions; their labels do too.
    let bodies: Vec<(usize, &CompiledFunction)> = functions
        .iter()
        .enumerate()
        .filter_map(|(number, function)| Some((number, function.body.as_deref()?)))
        .collect();
    let mut text = isa.text_section_builder(functions.len() + bodies.len());
    let mut blob = CodeBlob::default();
    let (mut traps, mut sites) = (OffsetTableBuilder::default(), OffsetTableBuilder::default());
    let mut next_body = functions.len();
    for (number, function) in functions.iter().enumerate().chain(bodies.iter().copied()) {
        let start = text.append(true, &function.code, function.align, &mut control);
        let start = u32::try_from(start).map_err(|_| too_large())?;
        if blob.entries.len() < functions.len() {
            blob.entries.push(start);
        }
        blob.starts.push((start, number as u32));
        function.traps.iter().for_each(|(at, trap)| traps.push(start + at, (*trap).into()));
        function.sites.iter().for_each(|(at, offset)| sites.push(start + at, *offset));
        for (at, kind, addend, target) in &function.calls {
            let target = match *target {
                OWN_BODY => next_body,
                target => (target - imported) as usize,
            };
            if !text.resolve_reloc(u64::from(start + at), *kind, *addend, target) {
                return Err(too_large());
            }
        }
        next_body += usize::from(function.body.is_some());
    }
    blob.text = text.finish(&mut control).into();
    (blob.traps, blob.sites) = (traps.finish(), sites.finish());
    Ok(blob)
}

fn too_large() -> Error {
    Error::with_detail(
        ErrCode::RuntimeError,
        "the module's code is too large: calls between its functions cannot reach that far",
    )
}
