//! One module and one configuration, seen from the disk cache.

use crate::abi::{CodeBlob, InstanceLayout, Target};
use crate::artifact::{self, Artifact};
use crate::cache::{self, Cache};
use crate::compile;
use crate::config::{CodeKind, Config, Metering, Proposals};
use crate::error::Result;
use crate::limits::MIN_CACHED_BYTES;
use crate::module::ModuleInfo;
use std::sync::Arc;

/// New code for a module, which then goes to the disk cache.
pub(super) fn compile(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
    layout: &InstanceLayout,
) -> Result<CodeBlob> {
    let mut code = compile::compile(config, metering, info, layout, &compile::Unobserved)?;
    keep(config, metering, info, &mut code)?;
    Ok(code)
}

/// Puts a module's code into the disk cache, if there is one, with the stubs it needs.
pub(super) fn keep(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
    code: &mut CodeBlob,
) -> Result<()> {
    if let Some(shelf) = Shelf::of(config, metering, &info.bytes)? {
        code.stubs = compile::stubs(config, info)?;
        shelf.cache.store(shelf.query(), code);
    }
    Ok(())
}

/// A module's code from the disk cache.
pub(super) fn find(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
) -> Result<Option<CodeBlob>> {
    let shelf = Shelf::of(config, metering, &info.bytes)?;
    Ok(shelf.and_then(|shelf| shelf.find()).map(|found| found.code))
}

/// A module's code from the disk cache, or new code.
pub(super) fn find_or_compile(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
    layout: &InstanceLayout,
) -> Result<CodeBlob> {
    match find(config, metering, info)? {
        Some(found) => Ok(found),
        None => compile(config, metering, info, layout),
    }
}

/// The place of one module's code in the disk cache.
pub(super) struct Shelf {
    cache: Arc<Cache>,
    target: Target,
    kind: CodeKind,
    proposals: Proposals,
    source: artifact::Hash,
}

impl Shelf {
    /// `None` if there is no cache, or nothing to gain from one.
    pub fn of(config: &Config, metering: Metering, module: &[u8]) -> Result<Option<Shelf>> {
        let Some(options) = &config.cache else { return Ok(None) };
        if module.len() < MIN_CACHED_BYTES || !module.starts_with(b"\0asm") {
            return Ok(None);
        }
        let Some(cache) = cache::open(options) else { return Ok(None) };
        Ok(Some(Shelf {
            cache,
            target: compile::target(config)?,
            kind: CodeKind { metering, ..CodeKind::of(config, config.trap_mode) },
            proposals: config.proposals,
            source: artifact::hash(module),
        }))
    }

    fn query(&self) -> cache::Query<'_> {
        let Shelf { target, kind, proposals, source, .. } = self;
        cache::Query { target, kind: *kind, proposals: *proposals, source: *source }
    }

    /// Code for the module, if there is some.
    pub fn find(&self) -> Option<Artifact> {
        self.cache.load(self.query())
    }
}
