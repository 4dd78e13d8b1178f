//! Whether a parsed module obeys the rules of WebAssembly, under the configured proposals.

mod capacity;

pub(crate) use capacity::check_capacity;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::loader::diagnose::{self, Part};
use crate::loader::features;
use crate::module::ModuleInfo;
use crate::platform::workers::share;
use rayon::prelude::*;
use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, Payload, ValidPayload,
    Validator, ValidatorResources,
};

/// Bodies of fewer bytes in all are checked on the calling thread.
const PARALLEL_BYTES: usize = 64 * 1024;

/// A body and what is needed to check it.
type Func<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Checks a module.
///
/// # Errors
///
/// The first rule it breaks, with the byte offset; or the name of a proposal it uses that is off.
pub(crate) fn validate(config: &Config, module: &ModuleInfo) -> Result<()> {
    let features = features::features(config);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    let mut part = Part::Header;
    let mut funcs: Vec<Func<'_>> = Vec::with_capacity(module.bodies.len());
    let mut sections = Ok(());
    for payload in parser.parse_all(&module.bytes) {
        let checked = payload.and_then(|payload| {
            part = part_of(&payload);
            validator.payload(&payload)
        });
        match checked {
            Ok(ValidPayload::Func(func, body)) => funcs.push((func, body)),
            Ok(_) => {}
            Err(e) => {
                sections = Err(diagnose::invalid(part, &e));
                break;
            }
        }
    }
    // A body precedes whatever stopped the sections after it, so its error is the first one.
    validate_bodies(module, funcs, config.compile_threads != 1)?;
    sections
}

fn validate_bodies(module: &ModuleInfo, funcs: Vec<Func<'_>>, parallel: bool) -> Result<()> {
    let total: usize = module.bodies.iter().map(|body| body.len()).sum();
    let check = |allocs: &mut FuncValidatorAllocations, (func, body): Func<'_>| {
        let index = func.index;
        let mut validator = func.into_validator(std::mem::take(allocs));
        let result = validator.validate(&body);
        *allocs = validator.into_allocations();
        result.err().map(|e| in_function(module, index, diagnose::invalid(Part::Code, &e)))
    };
    let error = if parallel && total >= PARALLEL_BYTES {
        share(0, || {
            let errors = funcs.into_par_iter().map_init(FuncValidatorAllocations::default, check);
            errors.find_map_first(|error| error)
        })?
    } else {
        let mut allocs = FuncValidatorAllocations::default();
        funcs.into_iter().find_map(|func| check(&mut allocs, func))
    };
    error.map_or(Ok(()), Err)
}

/// Says which function an error is in.
fn in_function(module: &ModuleInfo, index: u32, error: Error) -> Error {
    let exported = || {
        module
            .exports
            .iter()
            .find(|export| export.kind == crate::types::ExternKind::Func && export.index == index)
    };
    let name = module.names().function(index).or_else(|| exported().map(|e| e.name.as_str()));
    error.detail(match name {
        Some(name) => format!("in function {index} \"{name}\""),
        None => format!("in function {index}"),
    })
}

fn part_of(payload: &Payload<'_>) -> Part {
    match payload {
        Payload::Version { .. } => Part::Header,
        Payload::TypeSection(_) => Part::Type,
        Payload::ImportSection(_) => Part::Import,
        Payload::FunctionSection(_) => Part::Function,
        Payload::TableSection(_) => Part::Table,
        Payload::MemorySection(_) => Part::Memory,
        Payload::TagSection(_) => Part::Tag,
        Payload::GlobalSection(_) => Part::Global,
        Payload::ExportSection(_) => Part::Export,
        Payload::StartSection { .. } => Part::Start,
        Payload::ElementSection(_) => Part::Element,
        Payload::DataCountSection { .. } => Part::DataCount,
        Payload::DataSection(_) => Part::Data,
        Payload::CodeSectionStart { .. } | Payload::CodeSectionEntry(_) => Part::Code,
        Payload::CustomSection(_) => Part::Custom,
        _ => Part::Layout,
    }
}
