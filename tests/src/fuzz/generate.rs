//! From a seed to a case.

use super::{Call, Case, FUEL, FUEL_EXPORT, Random};
use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices};
use wasmspan::{ExternType, Module};

/// Calls of each exported function.
const CALLS: usize = 2;
/// Calls in all.
const MAX_CALLS: usize = 24;

/// The bytes that a module's shape follows from.
pub fn bytes(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let len = 256 << random.below(6);
    let len = len + random.below(len);
    (0..len).map(|_| random.next() as u8).collect()
}

/// The case that follows from a seed.
///
/// # Errors
///
/// If what the generator makes is refused by the loader: a fault to report.
pub fn case(seed: u64) -> Result<Option<Case>, String> {
    case_from(seed, &bytes(seed))
}

/// As [`case`], with other bytes than those that follow from the seed. `None` if the generator
/// makes nothing of them, as happens now and then.
///
/// # Errors
///
/// As there.
pub fn case_from(seed: u64, bytes: &[u8]) -> Result<Option<Case>, String> {
    let Some(wasm) = module(seed, bytes) else { return Ok(None) };
    let calls = calls(seed, &wasm)?;
    Ok(Some(Case { wasm, calls, seed }))
}

fn config(seed: u64) -> Config {
    let mut random = Random::new(seed ^ 0x5EED);
    let tail_calls = random.below(2) == 0;
    // A feature that is missing makes the others more frequent.
    let mut mostly = || random.below(5) != 0;
    let mut config = Config {
        simd_enabled: mostly(),
        reference_types_enabled: true,
        bulk_memory_enabled: true,
        multi_value_enabled: mostly(),
        tail_call_enabled: tail_calls,
        memory64_enabled: !mostly(),
        extended_const_enabled: mostly(),
        allow_floats: mostly(),
        ..Config::default()
    };
    // Both engines may choose the bits of a NaN; they must choose the same.
    config.canonicalize_nans = true;
    config.export_everything = true;
    config.gc_enabled = false;
    config.exceptions_enabled = false;
    config.compact_imports_enabled = false;
    config.relaxed_simd_enabled = false;
    config.threads_enabled = false;
    config.wide_arithmetic_enabled = false;
    config.max_imports = random.below(8) as usize;
    config.min_funcs = 1 + random.below(4) as usize;
    config.max_funcs = config.min_funcs + random.below(8) as usize;
    // Not `disallow_traps`: the oracle miscompiles what guards its divisions.
    config.max_globals = 8;
    config.max_types = 12;
    config.max_memories = 1 + random.below(3) as usize;
    config.min_memories = random.below(2) as u32;
    config.max_memory32_bytes = 8 * 65_536;
    config.max_memory64_bytes = 8 * 65_536;
    config.memory_max_size_required = true;
    config.max_tables = 1 + random.below(3) as usize;
    config.max_table_elements = 64;
    config.table_max_size_required = true;
    config.max_elements = 12;
    config.max_element_segments = 6;
    config.max_data_segments = 6;
    config.max_instructions = 20 << random.below(5);
    config.memory_offset_choices = MemoryOffsetChoices(90, 9, 1);
    config
}

fn module(seed: u64, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut source = Unstructured::new(bytes);
    let mut module = wasm_smith::Module::new(config(seed), &mut source).ok()?;
    let fuel = module.ensure_termination(FUEL as u32).ok()?;
    Some(export_global(&module.to_bytes(), fuel))
}

/// The calls that a seed makes of a module's exported functions.
fn calls(seed: u64, wasm: &[u8]) -> Result<Vec<Call>, String> {
    let loader = wasmspan::Loader::new(&wasmspan::Config::default());
    let module: Module = loader.load_bytes(wasm).map_err(|error| format!("load: {error}"))?;
    let funcs =
        module.exports().iter().filter(|export| matches!(export.ty, ExternType::Func(_))).count();
    let mut random = Random::new(seed ^ 0xCA11);
    let order = (0..(funcs * CALLS).min(MAX_CALLS)).map(|at| at % funcs);
    Ok(order.map(|func| Call { func, seed: random.next() }).collect())
}

/// The module with one more export: its global of this index, as [`FUEL_EXPORT`].
fn export_global(wasm: &[u8], global: u32) -> Vec<u8> {
    const EXPORT_SECTION: u8 = 7;
    let mut entry = vec![FUEL_EXPORT.len() as u8];
    entry.extend_from_slice(FUEL_EXPORT.as_bytes());
    entry.push(3);
    write_leb(&mut entry, global);
    let mut out = wasm[..8].to_vec();
    let mut at = 8;
    let mut done = false;
    while at < wasm.len() {
        let id = wasm[at];
        let (size, start) = read_leb(wasm, at + 1);
        let end = start + size as usize;
        // Sections after this one come later; all that may stand before it have lower numbers.
        let follows = id > EXPORT_SECTION && id != 13;
        if !done && (id == EXPORT_SECTION || follows) {
            let (count, entries) =
                if id == EXPORT_SECTION { read_leb(wasm, start) } else { (0, end) };
            let mut content = Vec::new();
            write_leb(&mut content, count + 1);
            content.extend_from_slice(&wasm[entries..end]);
            content.extend_from_slice(&entry);
            out.push(EXPORT_SECTION);
            write_leb(&mut out, content.len() as u32);
            out.extend_from_slice(&content);
            done = true;
        }
        if id != EXPORT_SECTION {
            out.extend_from_slice(&wasm[at..end]);
        }
        at = end;
    }
    out
}

/// A number in LEB128 form, and where the next thing is.
fn read_leb(bytes: &[u8], mut at: usize) -> (u32, usize) {
    let (mut value, mut shift) = (0u32, 0);
    loop {
        let byte = bytes[at];
        at += 1;
        value |= u32::from(byte & 0x7F) << shift;
        shift += 7;
        if byte < 0x80 {
            return (value, at);
        }
    }
}

fn write_leb(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
