//! One module and one configuration, seen from the disk cache.

use crate::abi::{CodeBlob, InstanceLayout, Target};
use crate::artifact::{self, Artifact};
use crate::cache::{self, Cache};
use crate::compile;
use crate::config::{CodeKind, Config, Metering, Proposals};
use crate::error::Result;
use crate::interrupt::Pending;
use crate::limits::MIN_CACHED_BYTES;
use crate::module::ModuleInfo;
use crate::runtime;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// New code for a module, which then goes to the disk cache.
///
/// # Errors
///
/// What the compiler cannot do; `execution interrupted` as soon as the thread's interrupt is
/// requested, whatever is being compiled.
pub(super) fn compile(
    config: &Config,
    metering: Metering,
    info: &Arc<ModuleInfo>,
    layout: &InstanceLayout,
) -> Result<CodeBlob> {
    let make = move |config: &Config, info: &ModuleInfo, layout: &InstanceLayout, stop: &Stop| {
        let mut code = compile::compile(config, metering, info, layout, stop)?;
        keep(config, metering, info, &mut code)?;
        Ok(code)
    };
    let stop = Arc::new(Stop::default());
    let bytes: usize = info.bodies.iter().map(|body| body.len()).sum();
    let interrupt = runtime::thread_interrupt().filter(|_| bytes > QUICK_BYTES);
    let Some(interrupt) = interrupt else { return make(config, info, layout, &stop) };

    let place = Arc::new(Mutex::new(None));
    let work = {
        let (info, layout, stop) = (Arc::clone(info), layout.clone(), Arc::clone(&stop));
        let place = Arc::clone(&place);
        let mut config = config.clone();
        if config.compile_threads == 0 {
            // Where this thread belongs to the shared pool, its waiting must not hold the work up.
            config.compile_threads = thread::available_parallelism().map_or(1, usize::from);
        }
        move || {
            let code = make(&config, &info, &layout, &stop)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
            Ok(())
        }
    };
    let pending = Pending::start(COMPILER_STACK, work)?;
    let done = pending.wait(Some(&interrupt));
    if done.is_err() {
        stop.0.store(true, Ordering::Relaxed);
    }
    done?;
    let code = place.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(code.expect("the work has put it there"))
}

/// Bytes of bodies up to which compiling takes no time worth an interruption.
const QUICK_BYTES: usize = 16 << 10;

/// Stack of a thread that has others compile.
const COMPILER_STACK: usize = 1 << 20;

/// Ends a compilation that nobody waits for any more.
#[derive(Default)]
struct Stop(AtomicBool);

impl compile::Observer for Stop {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Puts a module's code into the disk cache, if there is one, with the stubs it needs.
pub(super) fn keep(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
    code: &mut CodeBlob,
) -> Result<()> {
    if let Some(entry) = CacheEntry::of(config, metering, &info.bytes, &info.source)? {
        code.stubs = compile::stubs(config, info)?;
        entry.cache.store(entry.query(), code);
    }
    Ok(())
}

/// A module's code from the disk cache.
pub(super) fn find(
    config: &Config,
    metering: Metering,
    info: &ModuleInfo,
) -> Result<Option<CodeBlob>> {
    let entry = CacheEntry::of(config, metering, &info.bytes, &info.source)?;
    Ok(entry.and_then(|entry| entry.find()).map(|found| found.code))
}

/// A module's code from the disk cache, or new code.
pub(super) fn find_or_compile(
    config: &Config,
    metering: Metering,
    info: &Arc<ModuleInfo>,
    layout: &InstanceLayout,
) -> Result<CodeBlob> {
    match find(config, metering, info)? {
        Some(found) => Ok(found),
        None => compile(config, metering, info, layout),
    }
}

/// The place of one module's code in the disk cache.
pub(super) struct CacheEntry {
    cache: Arc<Cache>,
    target: Target,
    kind: CodeKind,
    proposals: Proposals,
    source: artifact::Hash,
}

impl CacheEntry {
    /// `None` if there is no cache, or nothing to gain from one. The module's hash is computed once,
    /// and kept in `source`.
    pub fn of(
        config: &Config,
        metering: Metering,
        module: &[u8],
        source: &OnceLock<artifact::Hash>,
    ) -> Result<Option<CacheEntry>> {
        let Some(options) = &config.cache else { return Ok(None) };
        if module.len() < MIN_CACHED_BYTES || !module.starts_with(b"\0asm") {
            return Ok(None);
        }
        let Some(cache) = cache::open(options) else { return Ok(None) };
        Ok(Some(CacheEntry {
            cache,
            target: compile::target(config)?,
            kind: CodeKind { metering, ..CodeKind::of(config, config.trap_mode) },
            proposals: config.proposals,
            source: *source.get_or_init(|| artifact::hash(module)),
        }))
    }

    /// For which kind of code it is.
    pub fn kind(&self) -> CodeKind {
        self.kind
    }

    fn query(&self) -> cache::Query<'_> {
        let CacheEntry { target, kind, proposals, source, .. } = self;
        cache::Query { target, kind: *kind, proposals: *proposals, source: *source }
    }

    /// Code for the module, if there is some.
    pub fn find(&self) -> Option<Artifact> {
        self.cache.load(self.query())
    }
}
