//! Reads modules, with the code that they carry or that is on disk.

use super::code::not_used;
use super::code_cache::CacheEntry;
use super::module::Module;
use crate::artifact;
use crate::compile;
use crate::config::Config;
use crate::error::Result;
use crate::loader;
use crate::module::ModuleInfo;
use crate::platform;
use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Reads modules.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    config: Config,
}

impl Loader {
    /// A loader with this configuration.
    pub fn new(config: &Config) -> Loader {
        Loader { config: config.clone() }
    }

    /// Reads a module from bytes; it is not validated yet.
    ///
    /// # Errors
    ///
    /// If the bytes are not a well-formed module.
    pub fn load_bytes(&self, bytes: impl AsRef<[u8]>) -> Result<Module> {
        let bytes = bytes.as_ref();
        if !self.config.lenient_input {
            loader::check_header(bytes)?;
        }
        self.load(bytes.into())
    }

    /// Reads a module from a file; it is not validated yet.
    ///
    /// What the file is, is told from its content: a module, a compiled file, or, if
    /// [`Config::lenient_input`] is on, text.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not a well-formed module.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Module> {
        loader::with_file(path.as_ref(), |bytes| {
            if !self.config.lenient_input && !artifact::is_elf(&bytes) {
                loader::check_header(&bytes)?;
            }
            self.load(bytes)
        })
    }

    fn load(&self, file: Arc<[u8]>) -> Result<Module> {
        let config = &self.config;
        let wanted = config.load_compiled && !config.force_interpreter;
        // Asking for the host costs something, which most modules can do without.
        let host = match wanted && artifact::may_carry_code(&file) {
            true => Some(compile::target(&Config::default())?),
            false => None,
        };
        let content = artifact::open(&file, host.as_ref())?;
        let code = content.code.and_then(|code| code.map_err(|reason| not_used(&reason)).ok());
        let module = match content.module {
            Cow::Borrowed(all) if all.len() == file.len() => Arc::clone(&file),
            Cow::Borrowed(part) => platform::file::copy_of(part),
            Cow::Owned(module) => module.into(),
        };
        if let Some(artifact) = code {
            let valid = artifact.identity.proposals.is_subset(config.proposals);
            let load = if valid { loader::load_valid } else { loader::load_bytes };
            return Ok(Module::precompiled(config, load(config, module)?, artifact, valid));
        }
        // What is in the cache was valid under the same configuration.
        let metering = config.statistics.metering(true);
        let source = OnceLock::new();
        let entry = CacheEntry::of(config, metering, &module, &source)?;
        let found = entry.as_ref().and_then(CacheEntry::find);
        let load = if found.is_some() { loader::load_valid } else { loader::load_bytes };
        let info = ModuleInfo { source, ..load(config, module)? };
        Ok(match found {
            Some(found) => Module::with_code(config, info, found, true),
            None => Module::from_info(config, info, entry.map(|entry| entry.kind())),
        })
    }
}
