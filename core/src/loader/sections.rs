//! The sections of a module, one after the other, into [`ModuleInfo`].

use super::body::{self, Body, Context};
use super::convert::Place;
use super::diagnose::{self, Part};
use super::{Bodies, beyond, constant, features};
use crate::config::Config;
use crate::error::{ErrCode, Error, Result};
use crate::limits;
use crate::module::{
    ConstExpr, ConstOp, DataSegment, ElementItems, ElementSegment, ExportDesc, GlobalDesc,
    ImportDesc, ModuleInfo, SegmentMode, TableDesc,
};
use crate::types::{ExternKind, Mutability, RefType};
use std::ops::Range;
use std::sync::Arc;
use wasmparser::{
    BinaryReader, Chunk, CompositeInnerType, DataKind, ElementKind, Encoding, ExternalKind,
    FromReader, Parser, Payload, SubType, TableInit, TypeRef, WasmFeatures,
};

/// Parses a binary whose header says it is a module.
pub(super) fn parse(config: &Config, bytes: Arc<[u8]>, known: Bodies) -> Result<ModuleInfo> {
    let features = features::features(config);
    let mut builder = Builder {
        bytes: &bytes,
        features,
        info: ModuleInfo::default(),
        bodies: Vec::new(),
        data_count: false,
        part: Part::Header,
    };
    let sections = builder.sections();
    let Builder { mut info, bodies, data_count, .. } = builder;
    // A body precedes whatever stopped the sections after it, so its error is the first one.
    let context = Context { features, data_count };
    if known == Bodies::Unknown {
        body::check_all(&bytes, &bodies, context, config.compile_threads != 1)?;
    }
    sections?;
    info.bodies = bodies.into_iter().map(|body| body.range).collect();
    info.escaping.sort_unstable();
    info.escaping.dedup();
    info.bytes = bytes;
    Ok(info)
}

struct Builder<'a> {
    bytes: &'a [u8],
    features: WasmFeatures,
    info: ModuleInfo,
    bodies: Vec<Body>,
    data_count: bool,
    /// What is being read, for errors.
    part: Part,
}

impl<'a> Builder<'a> {
    fn sections(&mut self) -> Result<()> {
        let mut parser = Parser::new(0);
        parser.set_features(self.features);
        let mut rest = self.bytes;
        let mut bodies_left = 0;
        loop {
            let offset = parser.offset();
            if self.part != Part::Header && bodies_left == 0 {
                self.part = self.section_header(offset as usize)?;
            }
            let payload = match parser.parse(rest, true) {
                Ok(Chunk::Parsed { payload, consumed }) => {
                    rest = &rest[consumed..];
                    payload
                }
                Ok(Chunk::NeedMoreData(_)) => {
                    let why = "the input ends inside a section";
                    return Err(diagnose::error(ErrCode::UnexpectedEnd, self.part, offset, why));
                }
                Err(e) => {
                    let cut = (bodies_left == 0).then(|| self.cut_count(offset)).flatten();
                    return Err(cut.unwrap_or_else(|| self.malformed_section(offset, &e)));
                }
            };
            match payload {
                Payload::CodeSectionStart { count, .. } => bodies_left = count,
                Payload::CodeSectionEntry(body) => {
                    bodies_left -= 1;
                    self.body(body.range());
                }
                Payload::End(_) => return Ok(()),
                other => self.payload(other)?,
            }
            if self.part == Part::Header {
                self.part = Part::Layout;
            }
        }
    }

    /// The section at `offset`; fails if its stated size exceeds the rest of the input.
    fn section_header(&self, offset: usize) -> Result<Part> {
        let Some(&id) = self.bytes.get(offset) else { return Ok(Part::Layout) };
        let mut reader = BinaryReader::new(&self.bytes[offset + 1..], offset as u64 + 1);
        let part = Part::of_section(id);
        let size = match reader.read_var_u32() {
            Ok(size) => size,
            Err(e) => return Err(diagnose::malformed(Part::Layout, &e)),
        };
        if part == Part::Tag {
            let place = Place { part, offset: offset as u64, features: self.features };
            return place.refuse_part("exceptions");
        }
        if id & 0x80 == 0 && size as usize > reader.bytes_remaining() {
            let left = reader.bytes_remaining();
            let why = format!("the section states {size} bytes, but {left} are left");
            let at = offset as u64 + 1;
            return Err(diagnose::error(ErrCode::LengthOutOfBounds, part, at, why));
        }
        Ok(part)
    }

    /// What is wrong with the count of the section at `offset`, read past the section's end.
    #[cold]
    fn cut_count(&self, offset: u64) -> Option<Error> {
        let rest = self.bytes.get(offset as usize + 1..)?;
        let mut reader = BinaryReader::new(rest, offset + 1);
        reader.read_var_u32().ok()?;
        let error = diagnose::malformed(self.part, &reader.read_var_u32().err()?);
        beyond::is_integer(&error).then_some(error)
    }

    /// Translates an error of the parser outside the sections' items.
    fn malformed_section(&self, offset: u64, e: &wasmparser::Error) -> Error {
        let text = e.message();
        let code = match self.part {
            // A size in the code section, not an operator, is cut off.
            Part::Code if text.contains("unexpected end-of-file") => ErrCode::UnexpectedEnd,
            // The parser compares the counts before it sees that the section is there twice.
            Part::Code if text.contains("inconsistent") && self.repeats(offset) => {
                ErrCode::JunkSection
            }
            part => return diagnose::malformed(part, e),
        };
        diagnose::error(code, self.part, e.offset(), text)
    }

    /// Whether the section at `offset` is followed by another of its kind.
    fn repeats(&self, offset: u64) -> bool {
        let rest = &self.bytes[offset as usize..];
        let mut reader = BinaryReader::new(&rest[1..], offset + 1);
        let Ok(size) = reader.read_var_u32() else { return false };
        rest.get(1 + reader.current_position() + size as usize) == rest.first()
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => Ok(()),
            Payload::TypeSection(section) => self.types(section.range()),
            Payload::ImportSection(section) => self.each(section.range(), Builder::import),
            Payload::FunctionSection(section) => self.each(section.range(), |this, _, ty| {
                this.info.funcs.push(ty);
                Ok(())
            }),
            Payload::TableSection(section) => self.each(section.range(), Builder::table),
            Payload::MemorySection(section) => self.each(section.range(), |this, offset, ty| {
                let ty = this.place(offset).memory_type(&ty)?;
                this.info.memories.push(ty);
                Ok(())
            }),
            Payload::GlobalSection(section) => self.each(section.range(), Builder::global),
            Payload::ExportSection(section) => self.each(section.range(), Builder::export),
            Payload::StartSection { func, .. } => {
                self.info.start = Some(func);
                Ok(())
            }
            Payload::ElementSection(section) => self.each(section.range(), Builder::element),
            Payload::DataCountSection { range, .. } => {
                if !self.features.bulk_memory() {
                    return self.place(range.start).refuse_part("bulk_memory");
                }
                self.data_count = true;
                Ok(())
            }
            Payload::DataSection(section) => self.each(section.range(), Builder::data),
            Payload::CustomSection(section) => {
                let (count, limit) = (self.info.customs.len(), limits::MAX_ENTRIES as usize);
                if count >= limit {
                    return Err(self.too_many(section.range().start, count + 1, limit));
                }
                let range = usize_range(section.data_range());
                self.info.customs.push((section.name().to_owned(), range));
                Ok(())
            }
            Payload::TagSection(section) => {
                self.place(section.range().start).refuse_part("exceptions")
            }
            Payload::UnknownSection { id, range, .. } => {
                let why = format!("there is no section with id {id}");
                let part = Part::Layout;
                Err(diagnose::error(ErrCode::MalformedSection, part, range.start, why))
            }
            _ => {
                let why = "this is not a part of a module";
                Err(diagnose::error(ErrCode::MalformedSection, Part::Layout, 0, why))
            }
        }
    }

    /// Hands every item of a section, with its offset, to `item`.
    fn each<T: FromReader<'a>>(
        &mut self,
        range: Range<u64>,
        item: impl Fn(&mut Self, u64, T) -> Result<()>,
    ) -> Result<()> {
        let bytes = self.bytes;
        let content = &bytes[usize_range(range.clone())];
        let mut reader = BinaryReader::new_features(content, range.start, self.features);
        for _ in 0..self.count(&mut reader)? {
            let offset = reader.original_position();
            match reader.read() {
                Ok(value) => item(self, offset, value)?,
                Err(e) => {
                    let place = self.place(offset);
                    return Err(beyond::item::<T>(bytes, place, range.end as usize, &e));
                }
            }
        }
        self.expect_end(&reader)
    }

    /// The number of items a section states, if it is one this engine takes.
    fn count(&self, reader: &mut BinaryReader<'_>) -> Result<u32> {
        let offset = reader.original_position();
        let count = reader.read_var_u32().map_err(|e| diagnose::malformed(self.part, &e))?;
        let left = reader.bytes_remaining();
        // A section too short for its count is cut off, whatever the limit says.
        if count > limits::MAX_ENTRIES && count as usize <= left {
            return Err(self.too_many(offset, count as usize, limits::MAX_ENTRIES as usize));
        }
        Ok(count)
    }

    fn too_many(&self, offset: u64, count: usize, limit: usize) -> Error {
        let why = format!("there are {count} entries; the limit is {limit}");
        diagnose::error(ErrCode::LengthOutOfBounds, self.part, offset, why)
    }

    /// Fails unless a section's items filled it.
    fn expect_end(&self, reader: &BinaryReader<'_>) -> Result<()> {
        if reader.eof() {
            return Ok(());
        }
        let left = reader.bytes_remaining();
        let why = format!("{left} bytes of the section are left after its last item");
        let at = reader.original_position();
        Err(diagnose::error(ErrCode::SectionSizeMismatch, self.part, at, why))
    }

    fn place(&self, offset: u64) -> Place {
        Place { part: self.part, offset, features: self.features }
    }

    /// Reads the type section item by item: the parser's reader reserves room for the types a
    /// recursive group claims to have.
    fn types(&mut self, range: Range<u64>) -> Result<()> {
        let bytes = self.bytes;
        let content = &bytes[usize_range(range.clone())];
        let mut reader = BinaryReader::new_features(content, range.start, self.features);
        for _ in 0..self.count(&mut reader)? {
            let offset = reader.original_position();
            let place = self.place(offset);
            match content.get(reader.current_position()) {
                Some(0x4E | 0x4F | 0x50 | 0x5E | 0x5F) => return place.refuse_part("gc"),
                Some(0x5D) => return place.refuse_part("stack_switching"),
                Some(0x65) => return place.refuse_part("shared_everything_threads"),
                Some(0x4C | 0x4D) => return place.refuse_part("custom_descriptors"),
                _ => {}
            }
            let ty: SubType = reader
                .read()
                .map_err(|e| beyond::item::<SubType>(bytes, place, range.end as usize, &e))?;
            match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => self.info.types.push(place.func_type(ty)?),
                _ => return place.refuse_part("gc"),
            }
        }
        self.expect_end(&reader)
    }

    fn import(&mut self, offset: u64, import: wasmparser::Import<'a>) -> Result<()> {
        let place = self.place(offset);
        let info = &mut self.info;
        let (kind, index) = match import.ty {
            TypeRef::Func(ty) => {
                info.funcs.push(ty);
                (ExternKind::Func, &mut info.imported.funcs)
            }
            TypeRef::Table(ty) => {
                info.tables.push(TableDesc { ty: place.table_type(&ty)?, init: None });
                (ExternKind::Table, &mut info.imported.tables)
            }
            TypeRef::Memory(ty) => {
                info.memories.push(place.memory_type(&ty)?);
                (ExternKind::Memory, &mut info.imported.memories)
            }
            TypeRef::Global(ty) => {
                let ty = place.global_type(ty)?;
                if ty.mutability == Mutability::Var && !self.features.mutable_global() {
                    return place.refuse_part("mutable_global");
                }
                info.globals.push(GlobalDesc { ty, init: None });
                (ExternKind::Global, &mut info.imported.globals)
            }
            TypeRef::Tag(_) => return place.refuse_part("exceptions"),
            TypeRef::FuncExact(_) => return place.refuse_part("custom_descriptors"),
        };
        let desc = ImportDesc {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            kind,
            index: *index,
        };
        *index += 1;
        info.imports.push(desc);
        Ok(())
    }

    fn table(&mut self, offset: u64, table: wasmparser::Table<'a>) -> Result<()> {
        let ty = self.place(offset).table_type(&table.ty)?;
        let init = match &table.init {
            TableInit::RefNull => None,
            // The expression came with typed function references.
            TableInit::Expr(_) => return self.place(offset).refuse_part("function_references"),
        };
        self.info.tables.push(TableDesc { ty, init });
        Ok(())
    }

    fn global(&mut self, offset: u64, global: wasmparser::Global<'a>) -> Result<()> {
        let ty = self.place(offset).global_type(global.ty)?;
        let init = Some(self.expr(&global.init_expr)?);
        self.info.globals.push(GlobalDesc { ty, init });
        Ok(())
    }

    fn export(&mut self, offset: u64, export: wasmparser::Export<'a>) -> Result<()> {
        let kind = match export.kind {
            ExternalKind::Func => ExternKind::Func,
            ExternalKind::Table => ExternKind::Table,
            ExternalKind::Memory => ExternKind::Memory,
            ExternalKind::Global => ExternKind::Global,
            ExternalKind::Tag => return self.place(offset).refuse_part("exceptions"),
            ExternalKind::FuncExact => {
                return self.place(offset).refuse_part("custom_descriptors");
            }
        };
        if kind == ExternKind::Func {
            self.info.escaping.push(export.index);
        }
        let name = export.name.to_owned();
        self.info.exports.push(ExportDesc { name, kind, index: export.index });
        Ok(())
    }

    fn element(&mut self, offset: u64, element: wasmparser::Element<'a>) -> Result<()> {
        // Before bulk memory, the flag was the index of the one table.
        let flag = self.bytes.get(offset as usize).copied().unwrap_or(0);
        if flag != 0 && !self.features.bulk_memory() {
            return self.place(offset).refuse(ErrCode::ExpectedZeroByte, "bulk_memory");
        }
        let mode = match &element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                index: table_index.unwrap_or(0),
                offset: self.expr(offset_expr)?,
            },
        };
        let malformed = |e| diagnose::malformed(Part::Element, &e);
        let count = match &element.items {
            wasmparser::ElementItems::Functions(funcs) => funcs.count(),
            wasmparser::ElementItems::Expressions(_, exprs) => exprs.count(),
        };
        if u64::from(count) > limits::MAX_TABLE_ELEMENTS {
            let limit = limits::MAX_TABLE_ELEMENTS as usize;
            return Err(self.too_many(offset, count as usize, limit));
        }
        let (ty, items) = match element.items {
            wasmparser::ElementItems::Functions(funcs) => {
                let funcs: Box<[u32]> =
                    funcs.into_iter().collect::<Result<_, _>>().map_err(malformed)?;
                self.info.escaping.extend_from_slice(&funcs);
                (RefType::FuncRef, ElementItems::Funcs(funcs))
            }
            wasmparser::ElementItems::Expressions(ty, exprs) => {
                let ty = self.place(offset).ref_type(ty)?;
                let mut items = Vec::new();
                for expr in exprs {
                    items.push(self.expr(&expr.map_err(malformed)?)?);
                }
                (ty, ElementItems::Exprs(items.into()))
            }
        };
        self.info.elements.push(ElementSegment { mode, ty, items });
        Ok(())
    }

    fn data(&mut self, offset: u64, data: wasmparser::Data<'a>) -> Result<()> {
        let flag = self.bytes.get(offset as usize).copied().unwrap_or(0);
        if flag != 0 && !self.features.bulk_memory() {
            return self.place(offset).refuse(ErrCode::ExpectedZeroByte, "bulk_memory");
        }
        let mode = match &data.kind {
            DataKind::Passive => SegmentMode::Passive,
            DataKind::Active { memory_index, offset_expr } => {
                SegmentMode::Active { index: *memory_index, offset: self.expr(offset_expr)? }
            }
        };
        let end = data.range.end as usize;
        self.info.data.push(DataSegment { mode, range: end - data.data.len()..end });
        Ok(())
    }

    /// Reads a constant expression and notes the functions it makes references to.
    fn expr(&mut self, expr: &wasmparser::ConstExpr<'a>) -> Result<ConstExpr> {
        // Constant expressions can't name data segments, so their count doesn't matter.
        let context = Context { features: self.features, data_count: true };
        body::check_expr(expr, context, self.part)?;
        let ops = constant::read(expr).map_err(|limit| {
            let why = format!("a constant expression has at most {limit} instructions");
            let at = expr.get_binary_reader().original_position();
            diagnose::error(ErrCode::LengthOutOfBounds, self.part, at, why)
        })?;
        for op in &ops {
            if let ConstOp::RefFunc(index) = op {
                self.info.escaping.push(*index);
            }
        }
        Ok(ops)
    }

    fn body(&mut self, range: Range<u64>) {
        let index = self.info.imported.funcs as usize + self.bodies.len();
        let ty = self.info.funcs.get(index).and_then(|&ty| self.info.types.get(ty as usize));
        let params = ty.map_or(0, |ty| ty.params().len());
        self.bodies.push(Body { range: usize_range(range), params });
    }
}

/// Offsets fit: the input is in memory.
fn usize_range(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}
