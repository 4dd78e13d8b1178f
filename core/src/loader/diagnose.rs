//! The one table from the parser's texts to error codes.
//!
//! The parser is pinned, so its texts are known; a text the table lacks falls to the general code
//! of the section it arose in. Every error keeps the parser's text and the byte offset.

use super::features::{Missing, missing};
use crate::error::{Cause, ErrCode, Error};
use crate::limits;

/// The part of a module that was read or checked when an error arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header,
    /// Between sections: ids, sizes, order, counts that must agree.
    Layout,
    Custom,
    Type,
    Import,
    Function,
    Table,
    Memory,
    Tag,
    Global,
    Export,
    Start,
    Element,
    DataCount,
    Code,
    Data,
}

impl Part {
    /// The section with this id.
    pub fn of_section(id: u8) -> Part {
        const BY_ID: [Part; 14] = [
            Part::Custom,
            Part::Type,
            Part::Import,
            Part::Function,
            Part::Table,
            Part::Memory,
            Part::Global,
            Part::Export,
            Part::Start,
            Part::Element,
            Part::Code,
            Part::Data,
            Part::DataCount,
            Part::Tag,
        ];
        BY_ID.get(usize::from(id)).copied().unwrap_or(Part::Layout)
    }

    /// WasmEdge's names of the enclosing parts, innermost first.
    pub fn nodes(self) -> &'static [&'static str] {
        match self {
            Part::Header | Part::Layout => &["module"],
            Part::Custom => &["custom section", "module"],
            Part::Type => &["function type", "type section", "module"],
            Part::Import => &["import description", "import section", "module"],
            Part::Function => &["function section", "module"],
            Part::Table => &["table type", "table section", "module"],
            Part::Memory => &["memory type", "memory section", "module"],
            Part::Tag => &["tag section", "module"],
            Part::Global => &["global segment", "global section", "module"],
            Part::Export => &["export description", "export section", "module"],
            Part::Start => &["start section", "module"],
            Part::Element => &["element segment", "element section", "module"],
            Part::DataCount => &["data count section", "module"],
            Part::Code => &["code segment", "code section", "module"],
            Part::Data => &["data segment", "data section", "module"],
        }
    }
}

/// Texts that mean the bytes can't be read; the first that the parser's text contains decides.
const MALFORMED: &[(&str, ErrCode)] = &[
    ("magic header not detected", ErrCode::MalformedMagic),
    ("unknown binary version", ErrCode::MalformedVersion),
    ("expected section, got wasm magic number", ErrCode::LengthOutOfBounds),
    ("malformed section id", ErrCode::MalformedSection),
    ("section out of order", ErrCode::JunkSection),
    ("section size mismatch", ErrCode::SectionSizeMismatch),
    ("unexpected content in the", ErrCode::SectionSizeMismatch),
    ("unexpected data at the end", ErrCode::SectionSizeMismatch),
    ("integer representation too long", ErrCode::IntegerTooLong),
    ("integer too large", ErrCode::IntegerTooLarge),
    ("malformed UTF-8 encoding", ErrCode::MalformedUTF8),
    ("size out of bounds", ErrCode::LengthOutOfBounds),
    ("exceeds limit", ErrCode::LengthOutOfBounds),
    ("exceeds the limit", ErrCode::LengthOutOfBounds),
    ("specifies too many", ErrCode::LengthOutOfBounds),
    ("size is out of bounds", ErrCode::LengthOutOfBounds),
    ("function and code section have inconsistent lengths", ErrCode::IncompatibleFuncCode),
    ("function section is absent but code section", ErrCode::IncompatibleFuncCode),
    ("but code section is absent", ErrCode::IncompatibleFuncCode),
    ("data count and data section have inconsistent lengths", ErrCode::IncompatibleDataCount),
    ("but data section is absent", ErrCode::IncompatibleDataCount),
    ("data count section required", ErrCode::DataCountRequired),
    ("zero byte expected", ErrCode::ExpectedZeroByte),
    ("nonzero byte after `atomic.fence`", ErrCode::ExpectedZeroByte),
    ("malformed global flags", ErrCode::InvalidMut),
    ("malformed mutability", ErrCode::InvalidMut),
    ("too many locals", ErrCode::TooManyLocals),
    ("invalid value type", ErrCode::MalformedValType),
    ("invalid function type", ErrCode::MalformedValType),
    ("malformed reference type", ErrCode::MalformedRefType),
    ("invalid heap type", ErrCode::MalformedRefType),
    ("invalid abstract heap type", ErrCode::MalformedRefType),
    ("unexpected exact type", ErrCode::MalformedRefType),
    ("type index too large", ErrCode::MalformedRefType),
    ("limits flags", ErrCode::IntegerTooLarge),
    ("invalid custom page size", ErrCode::IntegerTooLarge),
    ("for type", ErrCode::IntegerTooLong),
    ("illegal opcode", ErrCode::IllegalOpCode),
    ("subopcode", ErrCode::IllegalOpCode),
    ("found outside", ErrCode::IllegalOpCode),
    ("malformed memop", ErrCode::IllegalGrammar),
    ("control frames remain", ErrCode::ENDCodeExpected),
    ("operators remaining", ErrCode::ENDCodeExpected),
    ("invalid flags byte in element segment", ErrCode::IllegalGrammar),
];

/// Texts that mean the module breaks a rule; the first that the parser's text contains decides.
const INVALID: &[(&str, ErrCode)] = &[
    ("alignment must not be larger than natural", ErrCode::InvalidAlignment),
    ("must always specify maximum alignment", ErrCode::InvalidAlignment),
    ("of locally defined global", ErrCode::InvalidGlobalIdx),
    ("constant expression required", ErrCode::ConstExprRequired),
    ("undeclared function reference", ErrCode::InvalidRefIdx),
    ("duplicate export name", ErrCode::DupExportName),
    ("global is immutable", ErrCode::ImmutableGlobal),
    ("invalid result arity", ErrCode::InvalidResultArity),
    ("multiple tables", ErrCode::MultiTables),
    ("multiple memories", ErrCode::MultiMemories),
    ("size minimum must not be greater", ErrCode::InvalidLimit),
    ("memory size must be at most", ErrCode::InvalidMemPages),
    ("table size must be at most", ErrCode::InvalidLimit),
    ("shared memory must have maximum", ErrCode::SharedMemoryNoMax),
    ("invalid start function type", ErrCode::InvalidStartFunc),
    ("SIMD index out of bounds", ErrCode::InvalidLaneIdx),
    ("invalid lane index", ErrCode::InvalidLaneIdx),
    ("unknown label", ErrCode::InvalidLabelIdx),
    ("unknown local", ErrCode::InvalidLocalIdx),
    ("unknown type", ErrCode::InvalidFuncTypeIdx),
    ("is not a function type", ErrCode::InvalidFuncTypeIdx),
    ("unknown function", ErrCode::InvalidFuncIdx),
    ("unknown table", ErrCode::InvalidTableIdx),
    ("unknown memory", ErrCode::InvalidMemoryIdx),
    ("unknown global", ErrCode::InvalidGlobalIdx),
    ("unknown elem segment", ErrCode::InvalidElemIdx),
    ("unknown data segment", ErrCode::InvalidDataIdx),
    ("type mismatch", ErrCode::TypeCheckFailed),
];

/// Texts that mean a limit is exceeded without naming it, and what has the limit.
const LIMITS: &[(&str, &str, usize)] = &[
    ("string size", "bytes of a name", limits::MAX_NAME_BYTES),
    ("function params size", "parameters of a function", limits::MAX_PARAMS),
    ("function returns size", "results of a function", limits::MAX_PARAMS),
    ("br_table size", "targets of br_table", limits::MAX_BR_TABLE_TARGETS as usize),
];

/// The code for a text the tables lack.
fn general(part: Part, loading: bool) -> ErrCode {
    if loading {
        return match part {
            Part::Header => ErrCode::MalformedMagic,
            Part::Layout | Part::Custom => ErrCode::MalformedSection,
            Part::Import => ErrCode::MalformedImportKind,
            Part::Export => ErrCode::MalformedExportKind,
            Part::Code => ErrCode::IllegalOpCode,
            _ => ErrCode::IllegalGrammar,
        };
    }
    match part {
        Part::Function | Part::Type => ErrCode::InvalidFuncTypeIdx,
        Part::Start => ErrCode::InvalidStartFunc,
        Part::Memory => ErrCode::InvalidMemPages,
        Part::Table => ErrCode::InvalidTableIdx,
        Part::Export => ErrCode::InvalidFuncIdx,
        _ => ErrCode::TypeCheckFailed,
    }
}

/// The code that refuses something of a proposal which is off.
pub(crate) fn refusal_code(part: Part, feature: &str) -> ErrCode {
    match (part, feature) {
        (Part::Import | Part::Export | Part::Global, "mutable_global") => ErrCode::InvalidMut,
        (Part::Code, "function_references" | "gc" | "simd" | "reference_types" | "multi_value")
        | (Part::Type | Part::Global, _) => ErrCode::MalformedValType,
        (Part::Table | Part::Element, _) => ErrCode::MalformedElemType,
        (Part::Import, _) => ErrCode::MalformedImportKind,
        (Part::Export, _) => ErrCode::MalformedExportKind,
        (Part::Memory, _) => ErrCode::IntegerTooLarge,
        (Part::Tag | Part::DataCount | Part::Layout, _) => ErrCode::MalformedSection,
        _ => ErrCode::IllegalOpCode,
    }
}

/// An error for something of a proposal that is off or unfinished.
pub(crate) fn refuse(code: ErrCode, part: Part, feature: &str, offset: u64) -> Error {
    let Missing { text, finished } = missing(feature);
    let line = format!("This instruction or syntax requires enabling proposal {text}");
    let cause = Cause::Unsupported { proposal: text, available: finished };
    let mut error = Error::with_detail(code, line).because(cause);
    if !finished {
        error = error.detail("this engine doesn't implement that proposal yet");
    }
    error.at(offset).in_nodes(part.nodes())
}

/// An error of our own while reading or checking `part`.
pub(crate) fn error(code: ErrCode, part: Part, offset: u64, detail: impl Into<String>) -> Error {
    Error::with_detail(code, detail).at(offset).in_nodes(part.nodes())
}

/// Translates a parser's error met while decoding.
pub(crate) fn malformed(part: Part, from: &wasmparser::Error) -> Error {
    diagnose(part, from, true)
}

/// Translates a parser's error met while validating.
pub(crate) fn invalid(part: Part, from: &wasmparser::Error) -> Error {
    diagnose(part, from, false)
}

fn diagnose(part: Part, from: &wasmparser::Error, loading: bool) -> Error {
    let text = from.message();
    if let Some(missing) = from.missing_wasm_feature() {
        let feature = missing.iter_names().next().map(|(name, _)| name.to_lowercase());
        let feature = feature.unwrap_or_default();
        // What is a rule of every version of WebAssembly is broken as such.
        let known = INVALID.iter().find(|(known, _)| !loading && text.contains(known));
        let code = known.map_or_else(|| refusal_code(part, &feature), |&(_, code)| code);
        return refuse(code, part, &feature, from.offset()).detail(text);
    }
    let error = error(code_of(part, text, loading), part, from.offset(), text);
    match LIMITS.iter().find(|(known, ..)| text.contains(known)) {
        Some((_, what, limit)) => error.detail(format!("the limit is {limit} {what}")),
        None => error,
    }
}

fn code_of(part: Part, text: &str, loading: bool) -> ErrCode {
    if text.contains("unexpected end-of-file") {
        return match part {
            Part::Code => ErrCode::ENDCodeExpected,
            _ => ErrCode::UnexpectedEnd,
        };
    }
    if text.contains("for external kind") {
        return match part {
            Part::Export => ErrCode::MalformedExportKind,
            _ => ErrCode::MalformedImportKind,
        };
    }
    let tables = if loading { [MALFORMED, INVALID] } else { [INVALID, MALFORMED] };
    let known = tables.into_iter().flatten().find(|(known, _)| text.contains(known));
    known.map_or_else(|| general(part, loading), |&(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_texts_fall_to_the_code_of_their_part() {
        let text = "something new";
        assert_eq!(code_of(Part::Export, text, true), ErrCode::MalformedExportKind);
        assert_eq!(code_of(Part::Code, text, true), ErrCode::IllegalOpCode);
        assert_eq!(code_of(Part::Code, text, false), ErrCode::TypeCheckFailed);
        assert_eq!(code_of(Part::Start, text, false), ErrCode::InvalidStartFunc);
    }

    #[test]
    fn codes_belong_to_the_phase_of_their_table() {
        use crate::error::Phase;
        assert!(MALFORMED.iter().all(|(_, code)| code.phase() == Phase::Loading));
        // A shared memory without maximum is a load error, though the parser finds it later.
        let rules = INVALID.iter().filter(|(_, code)| *code != ErrCode::SharedMemoryNoMax);
        assert!(rules.into_iter().all(|(_, code)| code.phase() == Phase::Validation));
    }

    #[test]
    fn parts_follow_section_ids() {
        assert_eq!(Part::of_section(1), Part::Type);
        assert_eq!(Part::of_section(6), Part::Global);
        assert_eq!(Part::of_section(10), Part::Code);
        assert_eq!(Part::of_section(13), Part::Tag);
        assert_eq!(Part::of_section(200), Part::Layout);
    }
}
