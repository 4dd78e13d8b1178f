//! Arguments and expected results of the suite's scripts.

use wasmspan::{ExternRef, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// A value of the engine; `None` for a type it does not have.
pub fn argument(arg: &WastArg<'_>) -> Option<Val> {
    let WastArg::Core(arg) = arg else { return None };
    Some(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(f32::from_bits(value.bits)),
        WastArgCore::F64(value) => Val::F64(f64::from_bits(value.bits)),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => {
            Val::FuncRef(None)
        }
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => {
            Val::ExternRef(None)
        }
        WastArgCore::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(*number))),
        _ => return None,
    })
}

/// Whether a result is what a script expects.
pub fn matches(value: &Val, wanted: &WastRet<'_>) -> bool {
    match wanted {
        WastRet::Core(wanted) => matches_core(value, wanted),
        _ => false,
    }
}

fn matches_core(value: &Val, wanted: &WastRetCore<'_>) -> bool {
    match (wanted, value) {
        (WastRetCore::I32(wanted), Val::I32(value)) => value == wanted,
        (WastRetCore::I64(wanted), Val::I64(value)) => value == wanted,
        (WastRetCore::F32(wanted), Val::F32(value)) => {
            matches_f32(value.to_bits(), &wanted_bits32(wanted))
        }
        (WastRetCore::F64(wanted), Val::F64(value)) => {
            matches_f64(value.to_bits(), &wanted_bits64(wanted))
        }
        (WastRetCore::V128(wanted), Val::V128(value)) => matches_v128(*value, wanted),
        (WastRetCore::RefNull(_), Val::FuncRef(None) | Val::ExternRef(None)) => true,
        (WastRetCore::RefExtern(wanted), Val::ExternRef(Some(object))) => {
            wanted.is_none_or(|wanted| object.downcast_ref::<u32>() == Some(&wanted))
        }
        (WastRetCore::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (WastRetCore::Either(choices), value) => {
            choices.iter().any(|choice| matches_core(value, choice))
        }
        _ => false,
    }
}

fn wanted_bits32(pattern: &NanPattern<wast::token::F32>) -> NanPattern<u32> {
    match pattern {
        NanPattern::CanonicalNan => NanPattern::CanonicalNan,
        NanPattern::ArithmeticNan => NanPattern::ArithmeticNan,
        NanPattern::Value(value) => NanPattern::Value(value.bits),
    }
}

fn wanted_bits64(pattern: &NanPattern<wast::token::F64>) -> NanPattern<u64> {
    match pattern {
        NanPattern::CanonicalNan => NanPattern::CanonicalNan,
        NanPattern::ArithmeticNan => NanPattern::ArithmeticNan,
        NanPattern::Value(value) => NanPattern::Value(value.bits),
    }
}

fn matches_f32(bits: u32, wanted: &NanPattern<u32>) -> bool {
    match wanted {
        NanPattern::CanonicalNan => bits & 0x7FFF_FFFF == 0x7FC0_0000,
        NanPattern::ArithmeticNan => bits & 0x7FC0_0000 == 0x7FC0_0000,
        NanPattern::Value(wanted) => bits == *wanted,
    }
}

fn matches_f64(bits: u64, wanted: &NanPattern<u64>) -> bool {
    match wanted {
        NanPattern::CanonicalNan => bits & 0x7FFF_FFFF_FFFF_FFFF == 0x7FF8_0000_0000_0000,
        NanPattern::ArithmeticNan => bits & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000,
        NanPattern::Value(wanted) => bits == *wanted,
    }
}

fn matches_v128(value: u128, wanted: &V128Pattern) -> bool {
    let bytes = value.to_le_bytes();
    fn lanes<const N: usize>(bytes: &[u8; 16]) -> impl Iterator<Item = [u8; N]> + '_ {
        bytes.chunks_exact(N).map(|lane| lane.try_into().expect("chunks of this size"))
    }
    match wanted {
        V128Pattern::I8x16(wanted) => {
            lanes(&bytes).map(i8::from_le_bytes).eq(wanted.iter().copied())
        }
        V128Pattern::I16x8(wanted) => {
            lanes(&bytes).map(i16::from_le_bytes).eq(wanted.iter().copied())
        }
        V128Pattern::I32x4(wanted) => {
            lanes(&bytes).map(i32::from_le_bytes).eq(wanted.iter().copied())
        }
        V128Pattern::I64x2(wanted) => {
            lanes(&bytes).map(i64::from_le_bytes).eq(wanted.iter().copied())
        }
        V128Pattern::F32x4(wanted) => lanes(&bytes)
            .map(u32::from_le_bytes)
            .zip(wanted)
            .all(|(lane, wanted)| matches_f32(lane, &wanted_bits32(wanted))),
        V128Pattern::F64x2(wanted) => lanes(&bytes)
            .map(u64::from_le_bytes)
            .zip(wanted)
            .all(|(lane, wanted)| matches_f64(lane, &wanted_bits64(wanted))),
    }
}
