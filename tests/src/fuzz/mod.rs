//! Differential fuzzing: random modules run by this engine, in both trap modes, and by wasmi.
//!
//! A [`Case`] is a module and the calls to make; [`ours`] and [`oracle`] run it and each give a
//! [`Report`]; [`compare`] finds the first difference; [`shrink`] makes a case smaller while it
//! still differs. Everything follows from a seed, so a case is named by one number.

pub mod compare;
pub mod damaged;
pub mod generate;
pub mod oracle;
pub mod ours;
pub mod replay;
pub mod shrink;
pub mod stopped;

use wasmspan::ValType;

/// Loop heads and function entries that one call may pass before it traps.
pub const FUEL: i32 = 1_000;

/// Name under which a generated module exports the global that holds its fuel.
pub const FUEL_EXPORT: &str = "fuel that is left";

/// A module and what to do with it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub wasm: Vec<u8>,
    /// The calls, in order.
    pub calls: Vec<Call>,
    /// Makes the values of imports.
    pub seed: u64,
}

/// One call of an exported function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which of the exported functions.
    pub func: usize,
    /// Makes the parameters.
    pub seed: u64,
}

/// What a run of a case showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How instantiation failed, if it did.
    pub refused: Option<Stop>,
    /// Results of the calls, in order.
    pub calls: Vec<Result<Vec<Value>, Stop>>,
    /// Exported globals after the last call.
    pub globals: Vec<Value>,
    /// Pages of the exported memories after the last call, and a hash of their bytes.
    pub memories: Vec<(u64, u64)>,
    /// Elements of the exported tables after the last call.
    pub tables: Vec<Vec<Value>>,
}

/// A value, reduced to what two engines must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// Bits of an `f32`, with one pattern for all NaNs.
    F32(u32),
    /// Bits of an `f64`, with one pattern for all NaNs.
    F64(u64),
    /// A vector.
    V128(u128),
    /// Whether a function reference is one, not null.
    Func(bool),
    /// What an `externref` holds.
    Extern(Option<u64>),
}

impl Value {
    /// An `f32` with one pattern for all NaNs.
    pub fn f32(bits: u32) -> Value {
        Value::F32(if f32::from_bits(bits).is_nan() { f32::NAN.to_bits() } else { bits })
    }

    /// An `f64` with one pattern for all NaNs.
    pub fn f64(bits: u64) -> Value {
        Value::F64(if f64::from_bits(bits).is_nan() { f64::NAN.to_bits() } else { bits })
    }

    /// A value of type `ty`, from the next numbers of `random`; functions are null.
    pub fn random(ty: ValType, random: &mut Random) -> Value {
        let bits = random.interesting();
        match ty {
            ValType::I32 => Value::I32(bits as i32),
            ValType::I64 => Value::I64(bits as i64),
            ValType::F32 => Value::f32(if bits & 1 == 0 { bits >> 32 } else { bits } as u32),
            ValType::F64 => Value::f64(bits),
            ValType::V128 => Value::V128(u128::from(bits) << 64 | u128::from(random.interesting())),
            ValType::FuncRef => Value::Func(false),
            ValType::ExternRef => Value::Extern((!bits.is_multiple_of(3)).then_some(bits)),
        }
    }

    /// Values that a host function of the imports gives for these parameters.
    pub fn answers(params: &[Value], results: &[ValType]) -> Vec<Value> {
        let mut random = Random::new(params.iter().fold(1, |sum, param| {
            let bits = match *param {
                Value::I32(value) => value as u64,
                Value::I64(value) => value as u64,
                Value::F32(bits) => u64::from(bits),
                Value::F64(bits) => bits,
                Value::V128(value) => value as u64 ^ (value >> 64) as u64,
                Value::Func(is_set) => u64::from(is_set),
                Value::Extern(value) => value.unwrap_or(7),
            };
            Random::new(sum ^ bits).next()
        }));
        results.iter().map(|ty| Value::random(*ty, &mut random)).collect()
    }
}

/// Why a run stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `unreachable`.
    Unreachable,
    /// A memory access out of bounds.
    Memory,
    /// A table access out of bounds, by `call_indirect` too.
    Table,
    /// `call_indirect` through null.
    NullFunction,
    /// `call_indirect` of a function of another type.
    Signature,
    /// Division by zero.
    DivideByZero,
    /// Integer overflow.
    Overflow,
    /// A float that has no integer.
    Conversion,
    /// The stack is exhausted; engines differ in when, so comparison ends here.
    Stack,
    /// Anything else, by its text.
    Other(String),
}

/// A small generator of random numbers: the same on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator whose numbers follow from `seed`.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// A number that is near an edge more often than chance would have it.
    pub fn interesting(&mut self) -> u64 {
        let edge = match self.below(12) {
            0 => 0,
            1 => 1,
            2 => u64::MAX,
            3 => i32::MIN as u64,
            4 => i64::MIN as u64,
            5 => 65_536,
            6 => f64::NAN.to_bits(),
            7 => u64::from(f32::INFINITY.to_bits()),
            8 => self.below(256),
            9 => f64::from_bits(self.next()).trunc().to_bits(),
            _ => return self.next(),
        };
        edge.wrapping_add(self.below(3)).wrapping_sub(1)
    }
}

/// A hash of bytes; equal bytes, equal hash, in every run.
pub fn hash(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        state = (state.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    for byte in rest {
        state = (state.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    state
}

/// What was compared, to see that cases do not all end early.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Modules that could be instantiated.
    pub instances: u64,
    /// Calls that gave results.
    pub returned: u64,
    /// Calls that trapped.
    pub trapped: u64,
}

impl Tally {
    fn of(report: &Report) -> Tally {
        let returned = report.calls.iter().filter(|call| call.is_ok()).count() as u64;
        Tally {
            instances: u64::from(report.refused.is_none()),
            returned,
            trapped: report.calls.len() as u64 - returned,
        }
    }

    /// Adds another.
    pub fn add(&mut self, other: Tally) {
        self.instances += other.instances;
        self.returned += other.returned;
        self.trapped += other.trapped;
    }
}

/// Runs a case everywhere; the first difference, if there is one.
///
/// # Errors
///
/// What differs, in words.
pub fn check(case: &Case) -> Result<Tally, String> {
    let expected = oracle::run(case)?;
    for setup in ours::Setup::all() {
        let got = ours::run(case, setup)?;
        compare::compare(&got, &expected).map_err(|what| format!("{setup:?}: {what}"))?;
    }
    Ok(Tally::of(&expected))
}

/// Makes the case of a seed and checks it.
///
/// # Errors
///
/// What differs, in words.
pub fn check_seed(seed: u64) -> Result<Tally, String> {
    generate::case(seed)?.map_or(Ok(Tally::default()), |case| check(&case))
}
