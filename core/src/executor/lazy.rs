//! Large modules: functions are compiled when they are first called, and all of them meanwhile in
//! the background.

use super::code_cache;
use super::module::Inner;
use super::symbols::ModuleSymbols;
use crate::abi::InstanceLayout;
use crate::compile::{self, Observer};
use crate::config::{CodeKind, CompileTime, Config, Metering, OptLevel};
use crate::engine::Image;
use crate::error::Result;
use crate::module::ModuleInfo;
use crate::runtime::{CodeModule, LazyCode};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of function bodies from which on a module is large.
const LARGE: usize = 256 << 10;

/// Whether functions of the module are to be compiled when they are called. Code that counts is
/// compiled before: its counts must not depend on when it came.
pub(super) fn is_wanted(config: &Config, metering: Metering, info: &ModuleInfo) -> bool {
    metering == Metering::None
        && match config.compile_time {
            CompileTime::Eager => false,
            CompileTime::Lazy => !info.bodies.is_empty(),
            CompileTime::Auto => info.bodies.iter().map(|body| body.len()).sum::<usize>() >= LARGE,
        }
}

/// Code for a module whose functions come when they are called. `None` where that is not possible.
pub(super) fn code(
    module: &Arc<Inner>,
    kind: CodeKind,
    config: &Config,
    layout: &InstanceLayout,
) -> Result<Option<Arc<CodeModule>>> {
    let info = &module.info;
    let symbols = Arc::new(ModuleSymbols::new(Arc::clone(info), Metering::None));
    let compile_one = {
        let config = Config { opt_level: OptLevel::None, ..config.clone() };
        let (info, layout) = (Arc::clone(info), layout.clone());
        move |number| compile::compile_one(&config, &info, &layout, number)
    };
    let imported = info.imported.funcs;
    let lazy = LazyCode::new(info.bodies.len(), imported, symbols, Box::new(compile_one))?;
    let Some(lazy) = lazy.map(Arc::new) else { return Ok(None) };
    let code = Arc::new(CodeModule::lazy(Arc::clone(info), layout.clone(), Arc::clone(&lazy)));
    let kept = module.keep(kind, Arc::clone(&code));
    if Arc::ptr_eq(&kept, &code) {
        let work = Background {
            module: Arc::downgrade(module),
            lazy: Arc::downgrade(&lazy),
            kind,
            config: Config { compile_threads: 1, ..config.clone() },
            info: Arc::clone(info),
            layout: layout.clone(),
        };
        let thread = std::thread::Builder::new().name("wasmspan-compile".into());
        // Without a thread, functions keep coming when they are called.
        if let Ok(thread) = thread.spawn(move || drop(work.run()))
            && config.cache.is_some()
        {
            filling().push(thread);
        }
    }
    Ok(Some(kept))
}

/// Threads whose result goes to the disk cache.
fn filling() -> MutexGuard<'static, Vec<JoinHandle<()>>> {
    static FILLING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());
    let mut filling = FILLING.lock().unwrap_or_else(PoisonError::into_inner);
    filling.retain(|thread| !thread.is_finished());
    filling
}

/// Waits until what is compiled in the background is in the disk cache: a process that ends before
/// would leave the next one nothing. Not after a failure: who asked for a program waits for its end.
pub(crate) fn fill_cache(status: i32) {
    let threads = std::mem::take(&mut *filling());
    let until = Instant::now() + LAST_MOMENT;
    for thread in threads {
        while status != 0 && !thread.is_finished() {
            if Instant::now() >= until {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // A thread that panicked has filled nothing, and there is nobody to tell.
        let _ = thread.join();
    }
}

/// How long a process that has failed may still wait for its cache.
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// The compilation of all functions while some run already.
struct Background {
    module: Weak<Inner>,
    lazy: Weak<LazyCode>,
    kind: CodeKind,
    config: Config,
    info: Arc<ModuleInfo>,
    layout: InstanceLayout,
}

impl Observer for Background {
    fn is_cancelled(&self) -> bool {
        self.config.cache.is_none() && self.lazy.strong_count() == 0
    }
}

impl Background {
    fn run(self) -> Result<()> {
        let none = Metering::None;
        let mut code = compile::compile(&self.config, none, &self.info, &self.layout, &self)?;
        code_cache::keep(&self.config, none, &self.info, &mut code)?;
        let Some(lazy) = self.lazy.upgrade() else { return Ok(()) };
        let symbols = Arc::new(ModuleSymbols::new(Arc::clone(&self.info), Metering::None));
        let image = Image::publish(code, self.info.imported.funcs, symbols)?;
        lazy.replace_all(image.clone());
        if let Some(module) = self.module.upgrade() {
            // Instances from now on call without detours.
            let code = CodeModule::new(Arc::clone(&self.info), self.layout.clone(), image);
            module.replace(self.kind, Arc::new(code));
        }
        Ok(())
    }
}
