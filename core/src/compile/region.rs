//! Straight pieces of a body, which metered code counts at once.
//!
//! A region begins where control may arrive: at the start, at `loop`, `else` and `end`, and after
//! every instruction that may go elsewhere. Whoever begins a region runs all of it, unless one of
//! its instructions traps. Only the last can be a call, so what a callee counts lies between
//! regions too.

use crate::module::ModuleInfo;
use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody};

/// An instruction: where it is, and its number in tables of costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instruction {
    offset: u32,
    opcode: u16,
}

/// A straight piece of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    /// Byte offset of its first instruction in the module.
    pub start: u32,
    /// Number of instructions.
    pub count: u32,
    /// How often each opcode occurs.
    pub opcodes: Vec<(u16, u32)>,
    /// Whether something outside the code may look at the counters meanwhile: in a trap, a call,
    /// or after the return.
    pub observed: bool,
}

const LOOP: u16 = 0x03;
const ELSE: u16 = 0x05;
const END: u16 = 0x0B;

impl Instruction {
    fn begins_region(self) -> bool {
        matches!(self.opcode, LOOP | ELSE | END)
    }

    /// `unreachable`, `if`, branches, `return` and calls.
    fn ends_region(self) -> bool {
        matches!(self.opcode, 0x00 | 0x04 | 0x0C..=0x0F | 0x10..=0x15)
    }

    fn accesses_memory(self) -> bool {
        matches!(self.opcode, 0x28..=0x3E | 0xFD00..=0xFD0B | 0xFD54..=0xFD5D | 0xFE00..=0xFEFF)
    }

    /// Loads of whole words, which the compiler may fold into the instruction that uses the word.
    fn may_be_folded(self) -> bool {
        matches!(self.opcode, 0x28..=0x2B | 0xFD00)
    }

    /// Whether it may trap, or calls the runtime, or leaves the function.
    fn is_observed(self) -> bool {
        self.accesses_memory()
            || matches!(self.opcode,
                0x00 | 0x0F..=0x15 // unreachable, return, calls
                | 0x25 | 0x26 | 0x40 // table.get, table.set, memory.grow
                | 0x6D..=0x70 | 0x7F..=0x82 // division
                | 0xA8..=0xAB | 0xAE..=0xB1 // conversion of floats to integers
                | 0xFC08..=0xFCFF) // bulk memory and tables
    }
}

/// The instructions of the body `number`, counted from the first function the module defines.
fn instructions(module: &ModuleInfo, number: u32) -> Vec<Instruction> {
    let range = module.bodies[number as usize].clone();
    let bytes = &module.bytes[range.clone()];
    let body = FunctionBody::new(BinaryReader::new(bytes, range.start as u64));
    let mut all = Vec::new();
    // The body is valid, so reading ends only with it.
    let Ok(mut operators) = body.get_operators_reader() else { return all };
    while !operators.eof() {
        let offset = operators.original_position();
        if operators.read().is_err() {
            break;
        }
        let at = offset as usize - range.start;
        all.push(Instruction { offset: offset as u32, opcode: opcode_at(&bytes[at..]) });
    }
    all
}

/// The number that tables of costs have for the instruction at the start of `bytes`.
fn opcode_at(bytes: &[u8]) -> u16 {
    let first = u16::from(bytes[0]);
    if !matches!(first, 0xFB..=0xFE) {
        return first;
    }
    let mut second = 0u32;
    for (at, byte) in bytes[1..].iter().take(5).enumerate() {
        second |= u32::from(byte & 0x7F).checked_shl(7 * at as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            break;
        }
    }
    // Instructions past the first 256 of a prefix have no number of their own.
    first << 8 | second.min(0xFF) as u16
}

/// The regions of a body, by their start.
pub(super) fn regions(module: &ModuleInfo, number: u32) -> Vec<Region> {
    let all = instructions(module, number);
    let uses_references = module.globals.iter().any(|global| global.ty.content.is_ref());
    let mut regions: Vec<Region> = Vec::new();
    let mut ended = true;
    for (at, instruction) in all.iter().enumerate() {
        if ended || instruction.begins_region() {
            regions.push(Region { start: instruction.offset, ..Region::default() });
        }
        let region = regions.last_mut().expect("the first instruction begins one");
        region.count += 1;
        match region.opcodes.iter_mut().find(|(opcode, _)| *opcode == instruction.opcode) {
            Some((_, count)) => *count += 1,
            None => region.opcodes.push((instruction.opcode, 1)),
        }
        // Globals of references are read and written by the runtime.
        let global = uses_references && matches!(instruction.opcode, 0x23 | 0x24);
        region.observed |= instruction.is_observed() || global || at + 1 == all.len();
        ended = instruction.ends_region();
    }
    regions
}

/// Opcodes of the region of function `func_index` that begins at byte offset `start`.
pub(crate) fn region_at(module: &ModuleInfo, func_index: u32, start: u32) -> Vec<u16> {
    let Some(number) = func_index.checked_sub(module.imported.funcs) else { return Vec::new() };
    let all = instructions(module, number);
    let first = all.partition_point(|instruction| instruction.offset < start);
    let rest = all.get(first..).unwrap_or_default();
    straight(rest).iter().map(|instruction| instruction.opcode).collect()
}

/// The first instructions, up to the end of their region.
fn straight(instructions: &[Instruction]) -> &[Instruction] {
    let ends = |at: usize| {
        instructions[at].ends_region()
            || instructions.get(at + 1).is_none_or(|next| next.begins_region())
    };
    match (0..instructions.len()).find(|at| ends(*at)) {
        Some(last) => &instructions[..=last],
        None => instructions,
    }
}

/// Opcodes of what the trap at byte offset `offset` of function `func_index` kept from running in
/// its region.
///
/// A load may have been folded into an instruction after it, at which the processor then faults.
/// `may_fault` tells, for faults of memory accesses, whether code for instructions in a range may
/// fault; without it, `offset` is where the trap was.
pub(crate) fn rest_of_region(
    module: &ModuleInfo,
    func_index: u32,
    offset: u32,
    may_fault: Option<&dyn Fn(Range<u32>) -> bool>,
) -> Vec<u16> {
    let Some(number) = func_index.checked_sub(module.imported.funcs) else { return Vec::new() };
    let all = instructions(module, number);
    let mut at = all.partition_point(|instruction| instruction.offset < offset);
    // Before its first instruction a function has counted nothing.
    if all.get(at).is_none_or(|found| found.offset != offset) {
        return Vec::new();
    }
    if let Some(may_fault) = may_fault {
        // Nothing that may trap lies between a load and what it is folded into.
        let before = all[..at].iter().rposition(|instruction| instruction.is_observed());
        if let Some(before) = before
            && all[before].may_be_folded()
            && (!all[at].accesses_memory() || !may_fault(all[before].offset..offset))
        {
            at = before;
        }
    }
    straight(&all[at..])[1..].iter().map(|instruction| instruction.opcode).collect()
}
