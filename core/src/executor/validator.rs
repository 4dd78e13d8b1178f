//! Checks modules, as a step of its own.

use super::module::Module;
use crate::config::Config;
use crate::error::Result;

/// Checks modules.
#[derive(Clone, Debug, Default)]
pub struct Validator(());

impl Validator {
    /// A validator. What a module may use was decided when it was loaded.
    pub fn new(_config: &Config) -> Validator {
        Validator(())
    }

    /// Checks a module; the result is kept with it.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, and where.
    pub fn validate(&self, module: &Module) -> Result<()> {
        module.validate()
    }
}
