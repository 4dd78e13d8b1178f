//! How many locals of a body hold a value at once.
//!
//! Locals become values of the code generator, whose allocation of registers takes time in
//! proportion to the length of each value's life. Bodies in which thousands of locals live through
//! thousands of instructions would take minutes; their locals are kept in memory instead.

use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

/// Locals times bytes of a body below which lives cannot add up to much.
const LOOK_FROM: usize = 1 << 24;

/// Instructions that all locals together may live for: some tenths of a second of the code generator.
const MANY_INSTRUCTIONS: u64 = 1 << 23;

/// Locals that live at once on average, up to which a body is an ordinary one.
const MANY_LOCALS: u64 = 200;

/// Whether the locals of a body are too many, for too long, to be kept in registers.
pub(super) fn is_high(bytes: &[u8], body: Range<usize>, params: usize) -> bool {
    let reader = BinaryReader::new(&bytes[body.clone()], body.start as u64);
    estimate(&FunctionBody::new(reader), body.len(), params).unwrap_or(false)
}

/// `None` for a body that cannot be read.
fn estimate(body: &FunctionBody<'_>, len: usize, params: usize) -> Option<bool> {
    let mut count = params;
    for declaration in body.get_locals_reader().ok()? {
        count += declaration.ok()?.0 as usize;
    }
    if count.saturating_mul(len) < LOOK_FROM {
        return Some(false);
    }
    let operators = || body.get_operators_reader().ok();
    let (ends, total) = loop_ends(operators()?)?;
    let lives = lives(operators()?, count, &ends)?;
    Some(lives > MANY_INSTRUCTIONS && lives / total.max(1) > MANY_LOCALS)
}

/// How far an operator moves on: by what the code generator makes of it.
fn length(op: &Operator<'_>) -> u64 {
    match op {
        Operator::BrTable { targets } => 1 + u64::from(targets.len()),
        _ => 1,
    }
}

/// Where each loop ends, in the order in which they begin, and the length of all.
fn loop_ends(mut operators: OperatorsReader<'_>) -> Option<(Vec<u64>, u64)> {
    let mut ends = Vec::new();
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut at = 0;
    while !operators.eof() {
        let op = operators.read().ok()?;
        match op {
            Operator::Block { .. } | Operator::If { .. } => open.push(None),
            Operator::Loop { .. } => {
                open.push(Some(ends.len()));
                ends.push(0);
            }
            Operator::End => {
                if let Some(Some(number)) = open.pop() {
                    ends[number] = at;
                }
            }
            _ => {}
        }
        at += length(&op);
    }
    Some((ends, at))
}

/// The sum of all lives: from where a local is set to where that value is last read. A value that a
/// loop reads and was set before it lives as long as the loop.
fn lives(mut operators: OperatorsReader<'_>, count: usize, ends: &[u64]) -> Option<u64> {
    let mut set = vec![0u64; count];
    let mut read = vec![0u64; count];
    // Beginnings and ends of the open loops; `None` for other blocks.
    let mut loops: Vec<(u64, u64)> = Vec::new();
    let mut open: Vec<bool> = Vec::new();
    let (mut at, mut begun, mut sum) = (0, 0, 0u64);
    while !operators.eof() {
        let op = operators.read().ok()?;
        match op {
            Operator::Block { .. } | Operator::If { .. } => open.push(false),
            Operator::Loop { .. } => {
                loops.push((at, *ends.get(begun)?));
                begun += 1;
                open.push(true);
            }
            Operator::End => {
                let is_loop = open.pop() == Some(true);
                loops.truncate(loops.len() - usize::from(is_loop));
            }
            Operator::LocalGet { local_index } => {
                let local = local_index as usize;
                let outermost =
                    loops.partition_point(|(start, _)| *start < *set.get(local).unwrap_or(&0));
                let end = loops.get(outermost).map_or(at, |(_, end)| *end);
                let last = read.get_mut(local)?;
                *last = end.max(*last);
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                let local = local_index as usize;
                sum += read.get(local)?.saturating_sub(set[local]);
                set[local] = at;
                read[local] = 0;
            }
            _ => {}
        }
        at += length(&op);
    }
    let rest = set.iter().zip(&read).map(|(set, read)| read.saturating_sub(*set));
    Some(sum + rest.sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of lives in a body of this text.
    fn lives_of(locals: usize, text: &str) -> u64 {
        let names: String = (0..locals).map(|_| "(local i32)").collect();
        let bytes = wat::parse_str(format!("(module (func {names} {text}))")).unwrap();
        for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
            if let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() {
                let (ends, _) = loop_ends(body.get_operators_reader().unwrap()).unwrap();
                return lives(body.get_operators_reader().unwrap(), locals, &ends).unwrap();
            }
        }
        unreachable!("there is a body")
    }

    #[test]
    fn lives_end_where_a_value_is_last_read() {
        // 0: const, 1: set, 2: get, 3: drop, 4: get, 5: drop
        let twice = "(local.set 0 (i32.const 1)) (drop (local.get 0)) (drop (local.get 0))";
        assert_eq!(lives_of(1, twice), 3);
        let again = "(local.set 0 (i32.const 1)) (drop (local.get 0)) (local.set 0 (i32.const 2))";
        assert_eq!(lives_of(1, again), 1);
        assert_eq!(lives_of(2, twice), 3);
    }

    #[test]
    fn what_a_loop_reads_lives_through_it() {
        // 0: const, 1: set, 2: loop, 3: get, 4: drop, 5 to 7: nop, 8: end
        let read = "(local.set 0 (i32.const 1)) (loop (drop (local.get 0)) nop nop nop)";
        assert_eq!(lives_of(1, read), 7);
        let within = "(loop (local.set 0 (i32.const 1)) (drop (local.get 0)) nop nop nop)";
        assert_eq!(lives_of(1, within), 1);
    }
}
