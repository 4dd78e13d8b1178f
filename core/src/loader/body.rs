//! Decoding of function bodies and expressions: every operator must be known, complete, nested
//! well, and of a proposal that is on.

use super::beyond;
use super::diagnose::{self, Part, refusal_code};
use crate::error::{ErrCode, Error, Result};
use crate::limits;
use crate::platform::workers::share;
use rayon::prelude::*;
use std::ops::Range;
use wasmparser::{
    BinaryReader, FunctionBody, OperatorsReader, OperatorsReaderAllocations, VisitOperator,
    VisitSimdOperator, WasmFeatures,
};

/// Bodies of fewer bytes in all are decoded on the calling thread.
const PARALLEL_BYTES: usize = 128 * 1024;

/// What decoding needs to know of the rest of the module.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub features: WasmFeatures,
    /// Whether there is a data count section, without which bodies can't name data segments.
    pub data_count: bool,
}

/// A function body, and how many parameters its locals come after.
pub(super) struct Body {
    pub range: Range<usize>,
    pub params: usize,
}

/// Decodes every body; of several errors the first in the module wins.
pub(super) fn check_all(
    bytes: &[u8],
    bodies: &[Body],
    context: Context,
    parallel: bool,
) -> Result<()> {
    let first = bodies.first().map_or(0, |b| b.range.start);
    let last = bodies.last().map_or(0, |b| b.range.end);
    let check = |allocs: &mut OperatorsReaderAllocations, body: &Body| {
        let error = check_body(bytes, &body.range, body.params, context, allocs).err()?;
        if error.code() != ErrCode::ENDCodeExpected {
            return Some(error);
        }
        Some(beyond_end(bytes, body, body.range.end == last, context).unwrap_or(error))
    };
    let error = if parallel && last - first >= PARALLEL_BYTES {
        share(0, || {
            let errors = bodies.par_iter().map_init(OperatorsReaderAllocations::default, check);
            errors.find_map_first(|error| error)
        })?
    } else {
        let mut allocs = OperatorsReaderAllocations::default();
        bodies.iter().find_map(|body| check(&mut allocs, body))
    };
    error.map_or(Ok(()), Err)
}

/// What is wrong where a body goes on past its stated end, if that says more than that it lacks
/// its `end`: an integer cut in two, a section or an input that ends.
#[cold]
fn beyond_end(bytes: &[u8], body: &Body, last: bool, context: Context) -> Option<Error> {
    let Range { start, end } = body.range;
    let reread = |range| check_body(bytes, &range, body.params, context, &mut Default::default());
    if bytes[start..end].last().is_some_and(|byte| byte & 0x80 != 0)
        && let Err(error) = reread(start..bytes.len())
        && beyond::is_integer(&error)
    {
        return Some(error);
    }
    let (code, why) = if end == bytes.len() {
        (ErrCode::UnexpectedEnd, "the input ends inside a function body")
    } else if last {
        (ErrCode::SectionSizeMismatch, "the section ends inside a function body")
    } else {
        return None;
    };
    Some(diagnose::error(code, Part::Code, end as u64, why))
}

fn check_body(
    bytes: &[u8],
    range: &Range<usize>,
    params: usize,
    context: Context,
    allocs: &mut OperatorsReaderAllocations,
) -> Result<()> {
    let malformed = |e| diagnose::malformed(Part::Code, &e);
    let content = &bytes[range.clone()];
    let reader = BinaryReader::new_features(content, range.start as u64, context.features);
    let body_reader = FunctionBody::new(reader);
    let mut locals = body_reader.get_locals_reader().map_err(malformed)?;
    let mut total = params as u64;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        let (count, _) = locals.read().map_err(malformed)?;
        total += u64::from(count);
        if total > u64::from(limits::MAX_LOCALS) {
            let limit = limits::MAX_LOCALS;
            let why = format!("a function has at most {limit} locals, parameters included");
            return Err(diagnose::error(ErrCode::TooManyLocals, Part::Code, offset, why));
        }
    }
    let reader = locals.get_binary_reader();
    let mut ops = OperatorsReader::new_with_allocs(reader, std::mem::take(allocs));
    let result = check_operators(&mut ops, context, Part::Code);
    *allocs = ops.into_allocations();
    result
}

/// Decodes a constant expression.
pub(super) fn check_expr(
    expr: &wasmparser::ConstExpr<'_>,
    context: Context,
    part: Part,
) -> Result<()> {
    check_operators(&mut expr.get_operators_reader(), context, part)
}

fn check_operators(ops: &mut OperatorsReader<'_>, context: Context, part: Part) -> Result<()> {
    let mut visitor = Operators { context };
    while !ops.eof() {
        let offset = ops.original_position();
        match ops.visit_operator(&mut visitor) {
            Ok(Ok(())) => {}
            Ok(Err(refused)) => return Err(refused.into_error(part, offset)),
            Err(e) => return Err(diagnose::malformed(part, &e)),
        }
    }
    ops.finish().map_err(|e| diagnose::malformed(part, &e))
}

/// Why an operator that could be read isn't accepted.
#[derive(Clone, Copy)]
enum Refused {
    /// It belongs to a proposal that is off: the parser's name of the feature.
    Feature(&'static str),
    /// It names a data segment before their number is known.
    NoDataCount,
    /// A `br_table` with this many targets.
    Targets(u32),
}

impl Refused {
    #[cold]
    fn into_error(self, part: Part, offset: u64) -> Error {
        match self {
            Refused::Feature(feature) => {
                let code = match feature {
                    "gc" | "function_references" => ErrCode::IllegalOpCode,
                    _ => refusal_code(Part::Custom, feature),
                };
                diagnose::refuse(code, part, feature, offset)
            }
            Refused::NoDataCount => {
                let why = "a body names a data segment, but there is no data count section";
                diagnose::error(ErrCode::DataCountRequired, part, offset, why)
            }
            Refused::Targets(count) => {
                let limit = limits::MAX_BR_TABLE_TARGETS;
                let why = format!("br_table has {count} targets; the limit is {limit}");
                diagnose::error(ErrCode::IllegalGrammar, part, offset, why)
            }
        }
    }
}

struct Operators {
    context: Context,
}

type Answer = std::result::Result<(), Refused>;

macro_rules! operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(fn $visit(&mut self $($(, $arg: $argty)*)?) -> Answer {
            $($(let _ = &$arg;)*)?
            operators!(@body self $proposal $op $($($arg)*)?)
        })*
    };
    (@body $self:ident mvp BrTable $targets:ident) => {
        match $targets.len() {
            count if count > limits::MAX_BR_TABLE_TARGETS => Err(Refused::Targets(count)),
            _ => Ok(()),
        }
    };
    (@body $self:ident mvp $($rest:tt)*) => { Ok(()) };
    (@body $self:ident bulk_memory MemoryInit $($rest:tt)*) => { $self.needs_data_count() };
    (@body $self:ident bulk_memory DataDrop $($rest:tt)*) => { $self.needs_data_count() };
    (@body $self:ident $proposal:ident $($rest:tt)*) => {
        if $self.context.features.$proposal() {
            Ok(())
        } else {
            Err(Refused::Feature(stringify!($proposal)))
        }
    };
}

impl Operators {
    fn needs_data_count(&self) -> Answer {
        if !self.context.features.bulk_memory() {
            return Err(Refused::Feature("bulk_memory"));
        }
        if self.context.data_count { Ok(()) } else { Err(Refused::NoDataCount) }
    }
}

impl<'a> VisitOperator<'a> for Operators {
    type Output = Answer;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Answer>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(operators);
}

impl VisitSimdOperator<'_> for Operators {
    wasmparser::for_each_visit_simd_operator!(operators);
}
