//! Modules with some bytes changed: whatever is asked of one that may be invalid, nothing panics.

use super::{Random, generate};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmspan::{Config, Loader, Module, Store};

/// Damaged forms of each module.
const FORMS: u64 = 20;
/// Bytes that are changed at most.
const MOST_BYTES: u64 = 4;

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Damaged modules.
    pub forms: u64,
    /// Of them, those that could be loaded.
    pub loaded: u64,
    /// Of them, those that were refused by validation.
    pub refused: u64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Tally) {
        self.forms += other.forms;
        self.loaded += other.loaded;
        self.refused += other.refused;
    }
}

/// Damages the module of a seed in some ways and asks everything of it.
///
/// # Errors
///
/// If something panicked: in which form, and what.
pub fn check_seed(seed: u64) -> Result<Tally, String> {
    let Some(case) = generate::case(seed)? else { return Ok(Tally::default()) };
    let mut tally = Tally::default();
    for form in 0..FORMS {
        let bytes = damaged(&case.wasm, seed ^ (form << 32));
        let asked = catch_unwind(AssertUnwindSafe(|| ask(&bytes)));
        let (loaded, refused) = asked.map_err(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            format!("form {form} panics: {}", text.unwrap_or_default())
        })?;
        tally.forms += 1;
        tally.loaded += u64::from(loaded);
        tally.refused += u64::from(refused);
    }
    Ok(tally)
}

/// The module with a few bytes changed, most of them to numbers as indices are.
fn damaged(wasm: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut bytes = wasm.to_vec();
    for _ in 0..=random.below(MOST_BYTES) {
        let at = 8 + random.below(bytes.len() as u64 - 8) as usize;
        bytes[at] = match random.below(4) {
            0 => random.next() as u8,
            1 => bytes[at].wrapping_add(1),
            2 => bytes[at] ^ (1 << random.below(7)),
            _ => random.below(0x80) as u8,
        };
    }
    bytes
}

/// Whether it could be loaded, and whether validation refused it then.
fn ask(bytes: &[u8]) -> (bool, bool) {
    let Ok(module) = Loader::new(&Config::default()).load_bytes(bytes) else {
        return (false, false);
    };
    tell(&module);
    let refused = module.validate().is_err();
    tell(&module);
    if refused {
        let compiled = module.compile(&Config::default());
        assert!(compiled.is_err(), "what validation refuses is compiled");
        assert!(module.instantiate(&Store::new()).is_err(), "and instantiated");
    }
    (true, refused)
}

fn tell(module: &Module) {
    for import in module.imports() {
        let _ = format!("{import:?}");
    }
    for export in module.exports() {
        let _ = format!("{:?} {:?}", module.param_names(&export.name), export);
    }
    let _ = (module.name(), module.producers(), module.is_validated(), module.code_size());
    let sections: Vec<(&str, usize)> = module.custom_section_sizes().collect();
    let _: usize = sections.iter().map(|(name, _)| module.custom_sections(name).count()).sum();
}
