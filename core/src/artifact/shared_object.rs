//! Shared objects: an ELF file that a dynamic linker accepts, with the module and its code as data.
//!
//! We do not load such a file through the dynamic linker; it is read like any other. A trailer after
//! the last part says where module and code lie, and ends with a hash of all bytes before it.

use super::{Content, HASH_BYTES, Hash, MAGIC, decode_verified, hash};
use crate::abi::Target;
use object::elf;
use object::read::elf::ElfFile64;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Sym, Writer};
use object::{Endianness, Object, ObjectSection, ObjectSymbol};
use std::borrow::Cow;
use std::sync::Arc;

/// The symbol of the module's first byte, in WasmEdge's files too.
const CODE: &str = "wasm.code";
/// The symbol of the module's length, a `u32`.
const SIZE: &str = "wasm.size";
/// The symbol of our code.
const ARTIFACT: &str = "wasmspan.artifact";

/// What separates segments in memory; larger than any page of the supported processors.
const SEGMENT_ALIGN: u64 = 64 << 10;

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = 62;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = 183;

/// Whether a file begins like an ELF file.
pub(crate) fn is_elf(file: &[u8]) -> bool {
    file.starts_with(&elf::ELFMAG)
}

/// The last bytes of our files, before the hash.
#[derive(Clone, Copy)]
struct Trailer {
    /// Offset and length of the module.
    module: (u64, u64),
    /// Offset and length of the artifact.
    artifact: (u64, u64),
    source: Hash,
}

const TRAILER_BYTES: usize = 4 * 8 + HASH_BYTES + MAGIC.len();

impl Trailer {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(TRAILER_BYTES);
        for number in [self.module.0, self.module.1, self.artifact.0, self.artifact.1] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.source);
        bytes.extend_from_slice(MAGIC);
        bytes
    }

    /// The trailer at the end of `content`, which is a file without its hash.
    fn of(content: &[u8]) -> Option<Trailer> {
        let mut reader = super::Reader(content.last_chunk::<TRAILER_BYTES>()?);
        let mut pair = || Some((reader.u64()?, reader.u64()?));
        let (module, artifact) = (pair()?, pair()?);
        let trailer = Trailer { module, artifact, source: reader.array()? };
        (reader.array() == Some(*MAGIC)).then_some(trailer)
    }
}

fn part(file: &[u8], (offset, len): (u64, u64)) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    file.get(start..start.checked_add(usize::try_from(len).ok()?)?)
}

/// Takes a shared object apart; the reason if there is no module in it to fall back on.
pub(super) fn open<'a>(
    file: &'a Arc<[u8]>,
    wanted: Option<&Target>,
) -> Result<Content<'a>, String> {
    if let Some((content, stated)) = file.split_last_chunk::<HASH_BYTES>()
        && let Some(trailer) = Trailer::of(content)
    {
        let damaged = || "this compiled module is damaged, and so is the module in it".to_string();
        let module = part(content, trailer.module).ok_or_else(damaged)?;
        let whole = hash(content) == *stated;
        if !whole && hash(module) != trailer.source {
            return Err(damaged());
        }
        let code = wanted.map(|host| {
            if !whole {
                return Err("it is damaged".to_string());
            }
            let code =
                part(content, trailer.artifact).and_then(<[u8]>::split_last_chunk::<HASH_BYTES>);
            let (code, _) = code.ok_or("it is damaged")?;
            let artifact = decode_verified(file, code, host)?;
            if artifact.identity.source != trailer.source {
                return Err("it is for another module".to_string());
            }
            Ok(artifact)
        });
        return Ok(Content { module: Cow::Borrowed(module), code });
    }
    let module = foreign_module(file)?;
    let code = wanted.map(|_| Err("another engine made it".to_string()));
    Ok(Content { module: Cow::Borrowed(module), code })
}

/// The module in a shared object that WasmEdge made.
fn foreign_module(file: &[u8]) -> Result<&[u8], String> {
    let none = "this is a shared object without a WebAssembly module in it";
    let parsed: ElfFile64<'_, Endianness> =
        ElfFile64::parse(file).map_err(|error| format!("{none}: {error}"))?;
    let symbol = |name: &str| {
        parsed.dynamic_symbols().find(|symbol| symbol.name_bytes() == Ok(name.as_bytes()))
    };
    if symbol(ARTIFACT).is_some() {
        return Err("this compiled module is damaged: its end is missing".into());
    }
    let at = |address: u64| -> Option<&[u8]> {
        parsed.sections().find_map(|section| {
            let from = usize::try_from(address.checked_sub(section.address())?).ok()?;
            section.data().ok()?.get(from..).filter(|rest| !rest.is_empty())
        })
    };
    let find = || {
        let (size, _) = at(symbol(SIZE)?.address())?.split_first_chunk()?;
        at(symbol(CODE)?.address())?.get(..u32::from_le_bytes(*size) as usize)
    };
    find().ok_or_else(|| none.to_string())
}

/// A shared object with a module and its code.
pub(super) fn pack(module: &[u8], artifact: &[u8]) -> Result<Vec<u8>, String> {
    let too_large = || "the module is too large for a shared object".to_string();
    let size = u32::try_from(module.len()).map_err(|_| too_large())?;
    let mut file = Vec::new();
    let mut w = Writer::new(Endianness::Little, true, &mut file);

    // What there is, then where it lies, then its bytes; the writer asks for this order.
    w.reserve_file_header();
    w.reserve_program_headers(4);
    w.reserve_hash_section_index();
    w.reserve_dynsym_section_index();
    w.reserve_dynstr_section_index();
    let data_name = w.add_section_name(b".rodata");
    let data_section = w.reserve_section_index();
    w.reserve_dynamic_section_index();
    w.reserve_shstrtab_section_index();
    w.reserve_null_dynamic_symbol_index();
    let symbols = [SIZE, CODE, ARTIFACT].map(|name| {
        w.reserve_dynamic_symbol_index();
        (name, w.add_dynamic_string(name.as_bytes()))
    });
    let soname = w.add_dynamic_string(b"wasmspan-module.so");
    let symbol_count = w.dynamic_symbol_count();
    let hash_at = w.reserve_hash(1, symbol_count) as u64;
    let dynsym_at = w.reserve_dynsym() as u64;
    let dynstr_at = w.reserve_dynstr() as u64;
    let dynstr_len = w.dynstr_len() as u64;
    let size_at = w.reserve(4, 16) as u64;
    let module_at = w.reserve(module.len(), 16) as u64;
    let artifact_at = w.reserve(artifact.len(), 16) as u64;
    let data_end = w.reserved_len() as u64;
    const DYNAMICS: usize = 7;
    let dynamic_at = w.reserve_dynamic(DYNAMICS) as u64;
    let dynamic_len = (DYNAMICS * size_of::<elf::Dyn64<Endianness>>()) as u64;
    // In memory the writable part lies one segment higher than in the file.
    let dynamic_address = dynamic_at + SEGMENT_ALIGN;
    w.reserve_shstrtab();
    w.reserve_section_headers();
    let trailer = Trailer {
        module: (module_at, module.len() as u64),
        artifact: (artifact_at, artifact.len() as u64),
        source: hash(module),
    };
    w.reserve(TRAILER_BYTES, 1);

    let header = FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_DYN,
        e_machine: MACHINE,
        e_entry: 0,
        e_flags: 0,
    };
    w.write_file_header(&header).map_err(|error| error.to_string())?;
    w.write_align_program_headers();
    for (p_type, p_flags, from, len, p_align) in [
        (elf::PT_LOAD, elf::PF_R, 0, data_end, SEGMENT_ALIGN),
        (elf::PT_LOAD, elf::PF_R | elf::PF_W, dynamic_at, dynamic_len, SEGMENT_ALIGN),
        (elf::PT_DYNAMIC, elf::PF_R | elf::PF_W, dynamic_at, dynamic_len, 8),
        (elf::PT_GNU_STACK, elf::PF_R | elf::PF_W, 0, 0, 16),
    ] {
        let address = if from == 0 { 0 } else { dynamic_address };
        w.write_program_header(&ProgramHeader {
            p_type,
            p_flags,
            p_offset: from,
            p_vaddr: address,
            p_paddr: address,
            p_filesz: len,
            p_memsz: len,
            p_align,
        });
    }
    // Symbol 0 is the null symbol.
    w.write_hash(1, symbol_count, |index| {
        let (name, _) = symbols.get(index.checked_sub(1)? as usize)?;
        Some(elf::hash(name.as_bytes()))
    });
    w.write_null_dynamic_symbol();
    let places = [(size_at, 4), (module_at, module.len()), (artifact_at, artifact.len())];
    for ((_, name), (at, len)) in symbols.iter().zip(places) {
        w.write_dynamic_symbol(&Sym {
            name: Some(*name),
            section: Some(data_section),
            st_info: (elf::STB_GLOBAL << 4) | elf::STT_OBJECT,
            st_other: elf::STV_DEFAULT,
            st_shndx: elf::SHN_UNDEF,
            st_value: at,
            st_size: len as u64,
        });
    }
    w.write_dynstr();
    for bytes in [&size.to_le_bytes()[..], module, artifact] {
        w.write_align(16);
        w.write(bytes);
    }
    w.write_align_dynamic();
    let failed = |error: object::write::Error| error.to_string();
    w.write_dynamic_string(elf::DT_SONAME, soname).map_err(failed)?;
    for (tag, value) in [
        (elf::DT_HASH, hash_at),
        (elf::DT_SYMTAB, dynsym_at),
        (elf::DT_STRTAB, dynstr_at),
        (elf::DT_STRSZ, dynstr_len),
        (elf::DT_SYMENT, size_of::<elf::Sym64<Endianness>>() as u64),
        (elf::DT_NULL, 0),
    ] {
        w.write_dynamic(tag, value).map_err(failed)?;
    }
    w.write_shstrtab();
    w.write_null_section_header();
    w.write_hash_section_header(hash_at);
    w.write_dynsym_section_header(dynsym_at, 1);
    w.write_dynstr_section_header(dynstr_at);
    w.write_section_header(&SectionHeader {
        name: Some(data_name),
        sh_type: elf::SHT_PROGBITS,
        sh_flags: elf::SHF_ALLOC.into(),
        sh_addr: size_at,
        sh_offset: size_at,
        sh_size: data_end - size_at,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 16,
        sh_entsize: 0,
    });
    w.write_dynamic_section_header(dynamic_address);
    w.write_shstrtab_section_header();
    w.write(&trailer.to_bytes());
    let whole = hash(&file);
    file.extend_from_slice(&whole);
    Ok(file)
}
