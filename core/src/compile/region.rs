//! Straight pieces of a body, which metered code counts at once.
//!
//! A region begins where control may arrive: at the start, at `loop`, `else` and `end`, and after
//! every instruction that may go elsewhere. Whoever begins a region runs all of it, unless one of
//! its instructions traps. Only the last can be a call, so what a callee counts lies between
//! regions too.
//!
//! Code for the usual costs writes what is left into the activation's word only where control may
//! arrive from several places, and before it leaves the function. In between there is one way from
//! the last write to each region, so what was spent on it is known without running: a trap subtracts
//! it ([`NotRun::unwritten`]).

use crate::error::NotRun;
use crate::loader::operators::{Facts, facts};
use crate::module::ModuleInfo;
use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// An instruction: where it is, its number in tables of costs, and the labels it may branch to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Instruction {
    offset: u32,
    opcode: u16,
    facts: &'static Facts,
    labels: Vec<u32>,
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
    /// Whether it may trap before it leaves the function.
    traps: bool,
    before: Before,
    /// Code for the usual costs writes the word where the region begins, after paying for it.
    pub writes: bool,
    /// What such code has spent since the last write when it has paid for the region.
    pub unwritten: u64,
}

/// From where control comes to a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    /// From where the word is right: the caller, or a callee that has returned.
    Exact,
    /// From this region only.
    Region(usize),
    /// From several places.
    Many,
    /// From nowhere.
    #[default]
    Nothing,
}

const BLOCK: u16 = 0x02;
const LOOP: u16 = 0x03;
const IF: u16 = 0x04;
const ELSE: u16 = 0x05;
const END: u16 = 0x0B;
const BR_IF: u16 = 0x0D;

impl Instruction {
    fn begins_region(&self) -> bool {
        matches!(self.opcode, LOOP | ELSE | END)
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
        let Ok(operator) = operators.read() else { break };
        let at = offset as usize - range.start;
        let opcode = opcode_at(&bytes[at..]);
        let (facts, labels) = (facts(&operator), labels(&operator));
        all.push(Instruction { offset: offset as u32, opcode, facts, labels });
    }
    all
}

/// The labels an instruction may branch to.
fn labels(operator: &Operator<'_>) -> Vec<u32> {
    match operator {
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
            vec![*relative_depth]
        }
        Operator::BrTable { targets } => {
            targets.targets().flatten().chain([targets.default()]).collect()
        }
        _ => Vec::new(),
    }
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
    regions_of(module, &instructions(module, number))
}

fn regions_of(module: &ModuleInfo, all: &[Instruction]) -> Vec<Region> {
    let uses_references = module.globals.iter().any(|global| global.ty.content.is_ref());
    let mut regions: Vec<Region> = Vec::new();
    let mut flow = Flow::new();
    let mut ended = true;
    for (at, instruction) in all.iter().enumerate() {
        if ended || instruction.begins_region() {
            let before = flow.arrive(instruction);
            flow.here = match before {
                Before::Nothing => Before::Nothing,
                _ => Before::Region(regions.len()),
            };
            regions.push(Region { start: instruction.offset, before, ..Region::default() });
        }
        let region = regions.last_mut().expect("the first instruction begins one");
        region.count += 1;
        match region.opcodes.iter_mut().find(|(opcode, _)| *opcode == instruction.opcode) {
            Some((_, count)) => *count += 1,
            None => region.opcodes.push((instruction.opcode, 1)),
        }
        // Globals of references are read and written by the runtime.
        let global = uses_references && matches!(instruction.opcode, 0x23 | 0x24);
        region.observed |= instruction.facts.is_observed() || global || at + 1 == all.len();
        region.traps |= instruction.facts.is_observed() && !instruction.facts.leaves || global;
        flow.pass(instruction);
        ended = instruction.facts.ends;
    }
    plan_writes(&mut regions);
    regions
}

/// A block, loop or `if` that is open, or the function.
struct Open {
    opcode: u16,
    /// A branch goes to its end.
    branched: bool,
    /// What comes before its `else`, or before its end if it has none; for `if` only.
    otherwise: Option<Before>,
    /// What comes before its end from the part before its `else`.
    then: Option<Before>,
}

/// Follows the structure of a body to learn what comes before each region.
struct Flow {
    open: Vec<Open>,
    here: Before,
}

impl Flow {
    fn new() -> Flow {
        let function = Open { opcode: BLOCK, branched: false, otherwise: None, then: None };
        Flow { open: vec![function], here: Before::Exact }
    }

    /// What comes before the region that this instruction begins.
    fn arrive(&mut self, instruction: &Instruction) -> Before {
        match instruction.opcode {
            LOOP if self.here != Before::Nothing => Before::Many,
            ELSE => {
                let open = self.open.last_mut().expect("a body is nested properly");
                open.then = Some(self.here);
                open.otherwise.take().unwrap_or_default()
            }
            END => {
                let open = self.open.pop().expect("a body is nested properly");
                let mut ways = [Some(self.here), open.otherwise, open.then]
                    .into_iter()
                    .flatten()
                    .filter(|before| *before != Before::Nothing);
                match (open.branched, ways.next(), ways.next()) {
                    (false, None, _) => Before::Nothing,
                    (false, Some(only), None) => only,
                    _ => Before::Many,
                }
            }
            _ => self.here,
        }
    }

    /// Goes past an instruction.
    fn pass(&mut self, instruction: &Instruction) {
        let innermost = self.open.len().wrapping_sub(1);
        for label in &instruction.labels {
            let open = innermost.checked_sub(*label as usize).and_then(|at| self.open.get_mut(at));
            if let Some(open) = open.filter(|open| open.opcode != LOOP) {
                open.branched |= self.here != Before::Nothing;
            }
        }
        if let BLOCK | LOOP | IF = instruction.opcode {
            let otherwise = (instruction.opcode == IF).then_some(self.here);
            let opcode = instruction.opcode;
            self.open.push(Open { opcode, branched: false, otherwise, then: None });
        }
        self.here = match instruction.opcode {
            _ if self.here == Before::Nothing => Before::Nothing,
            IF | BR_IF => self.here,
            _ if instruction.facts.returns => Before::Exact,
            _ if instruction.facts.ends => Before::Nothing,
            _ => self.here,
        };
    }
}

/// Decides where the word is written: where control arrives from several places, if a trap may want
/// to know before the next such place. Loops write it in every round anyway, since they may be
/// interrupted.
fn plan_writes(regions: &mut [Region]) {
    // The region of each one's way where it began, or itself; parents come before their children.
    let mut roots: Vec<usize> = Vec::with_capacity(regions.len());
    for at in 0..regions.len() {
        let root = match regions[at].before {
            Before::Region(parent) => roots[parent],
            _ => at,
        };
        roots.push(root);
        regions[root].writes |= regions[at].traps;
    }
    for at in 0..regions.len() {
        let count = u64::from(regions[at].count);
        let (begins, unwritten) = match regions[at].before {
            Before::Region(parent) => (false, regions[parent].unwritten + count),
            Before::Exact => (false, count),
            Before::Many | Before::Nothing => (true, 0),
        };
        regions[at].writes &= begins;
        regions[at].unwritten = unwritten;
    }
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
        instructions[at].facts.ends
            || instructions.get(at + 1).is_none_or(|next| next.begins_region())
    };
    match (0..instructions.len()).find(|at| ends(*at)) {
        Some(last) => &instructions[..=last],
        None => instructions,
    }
}

/// What the trap at byte offset `offset` of function `func_index` makes wrong.
///
/// A load may have been folded into an instruction after it, at which the processor then faults.
/// `may_fault` tells, for faults of memory accesses, whether code for instructions in a range may
/// fault; without it, `offset` is where the trap was.
pub(crate) fn rest_of_region(
    module: &ModuleInfo,
    func_index: u32,
    offset: u32,
    may_fault: Option<&dyn Fn(Range<u32>) -> bool>,
) -> NotRun {
    let Some(number) = func_index.checked_sub(module.imported.funcs) else {
        return NotRun::default();
    };
    let all = instructions(module, number);
    let mut at = all.partition_point(|instruction| instruction.offset < offset);
    // Before its first instruction a function has counted nothing.
    if all.get(at).is_none_or(|found| found.offset != offset) {
        return NotRun::default();
    }
    if let Some(may_fault) = may_fault {
        // Nothing that may trap lies between a load and what it is folded into.
        let before = all[..at].iter().rposition(|instruction| instruction.facts.is_observed());
        if let Some(before) = before
            && all[before].facts.folds
            && (!all[at].facts.memory || !may_fault(all[before].offset..offset))
        {
            at = before;
        }
    }
    let opcodes = straight(&all[at..])[1..].iter().map(|instruction| instruction.opcode).collect();
    let unwritten = if all[at].facts.leaves {
        0
    } else {
        let regions = regions_of(module, &all);
        let after = regions.partition_point(|region| region.start <= all[at].offset);
        regions[after - 1].unwritten
    };
    NotRun { opcodes, unwritten }
}
