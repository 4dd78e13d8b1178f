//! Which functions are certain to end soon.

use super::operators::facts;
use wasmparser::{BinaryReader, FunctionBody};

/// Most operators of a body that counts as brief.
const MOST: usize = 100;

/// Whether a function with this body ends after at most [`MOST`] operators, none of which takes long:
/// it has no loop, and neither calls nor waits nor works on ranges.
pub(crate) fn is_brief(body: &[u8]) -> bool {
    let Ok(operators) = FunctionBody::new(BinaryReader::new(body, 0)).get_operators_reader() else {
        return false;
    };
    let mut count = 0;
    operators.into_iter().all(|operator| {
        count += 1;
        count <= MOST && operator.is_ok_and(|operator| !facts(&operator).long)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_code_is_brief_and_loops_and_calls_are_not() {
        // No locals; `local.get 0`, `local.get 1`, `i32.add`, `end`.
        assert!(is_brief(&[0, 0x20, 0, 0x20, 1, 0x6A, 0x0B]));
        // `loop`, `br 0`, `end`, `end`.
        assert!(!is_brief(&[0, 0x03, 0x40, 0x0C, 0, 0x0B, 0x0B]));
        // `call 0`, `end`.
        assert!(!is_brief(&[0, 0x10, 0, 0x0B]));
        // Many `nop`.
        let mut long = vec![0];
        long.extend([0x01; MOST]);
        long.push(0x0B);
        assert!(!is_brief(&long));
        assert!(!is_brief(&[0xFF]));
    }
}
