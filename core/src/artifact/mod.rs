//! Compiled code as bytes: one format, carried in three ways.
//!
//! An artifact is a header that says what the code is and what it needs, the code, its tables, and
//! a hash of everything before. `universal` puts it into a custom section of the module,
//! `shared_object` beside the module into an ELF file, and the cache into a file of its own. All
//! bytes are compared with the hash before any of them is believed; nothing here can panic on any
//! input.

mod bytes;
mod shared_object;
#[cfg(test)]
mod tests;
mod universal;

pub(crate) use shared_object::is_elf;

use crate::abi::{CodeBlob, Target, Text};
use crate::config::{CodeKind, OutputFormat, Proposals};
use crate::error::{ErrCode, Error, Result};
use bytes::{Reader, Writer, pair, to_pair};
use std::borrow::Cow;
use std::sync::Arc;

/// The first bytes of every artifact; they also tell our `wasmedge` sections from others.
const MAGIC: &[u8; 8] = b"\x89wasmspn";

/// Version of the header; what follows it belongs to the engine's build.
const FORMAT: u32 = 1;

/// Name of this build of the engine.
pub(crate) const BUILD: &str = env!("WASMSPAN_BUILD");

const HASH_BYTES: usize = blake3::OUT_LEN;

/// A hash of bytes.
pub(crate) type Hash = [u8; HASH_BYTES];

/// The hash by which a module is known.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    *blake3::hash(bytes).as_bytes()
}

/// What code is, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The engine that made it.
    pub build: String,
    /// The processor it needs.
    pub target: Target,
    /// The configuration it was made under.
    pub kind: CodeKind,
    /// Proposals under which its module is valid.
    pub proposals: Proposals,
    /// Hash of the module.
    pub source: Hash,
}

/// Verified code with its identity.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub identity: Identity,
    pub code: CodeBlob,
}

/// Code as bytes.
pub(crate) fn encode(identity: &Identity, code: &CodeBlob) -> Vec<u8> {
    let Identity { build, target, kind, proposals, source } = identity;
    let CodeBlob { text, entries, starts, traps, sites, stubs } = code;
    let mut writer = Writer(Vec::with_capacity(text.len() + text.len() / 4 + 4096));
    writer.raw(MAGIC);
    writer.u32(FORMAT);
    writer.bytes(build.as_bytes());
    writer.bytes(target.triple.as_bytes());
    writer.bytes(target.features.join(",").as_bytes());
    writer.raw(&kind.to_bytes());
    writer.raw(&proposals.bits().to_le_bytes());
    writer.raw(source);
    writer.bytes(text);
    writer.list(entries, |entry| entry.to_le_bytes());
    writer.list(starts, pair);
    writer.table(traps);
    writer.table(sites);
    writer.u64(stubs.len() as u64);
    stubs.iter().for_each(|stub| writer.stub(stub));
    let hash = hash(&writer.0);
    writer.raw(&hash);
    writer.0
}

/// The artifact that is all of `bytes`, a part of `file`, if it is whole and this engine on `host` can
/// run it; else the reason.
fn decode(file: &Arc<[u8]>, bytes: &[u8], host: &Target) -> Result<Artifact, String> {
    let damaged = || "it is damaged".to_string();
    let (content, stated) = bytes.split_last_chunk::<HASH_BYTES>().ok_or_else(damaged)?;
    if hash(content) != *stated {
        return Err(damaged());
    }
    decode_verified(file, content, host)
}

/// As [`decode`], for bytes that are known to be what this user's engine wrote: the hash is not
/// compared.
pub(crate) fn decode_authentic(
    file: &Arc<[u8]>,
    bytes: &[u8],
    host: &Target,
) -> Result<Artifact, String> {
    let content = bytes.split_last_chunk::<HASH_BYTES>();
    decode_verified(file, content.ok_or("it is damaged")?.0, host)
}

/// As [`decode`], for what comes before the hash and is known to be whole.
fn decode_verified(file: &Arc<[u8]>, content: &[u8], host: &Target) -> Result<Artifact, String> {
    let damaged = || "it is damaged".to_string();
    let mut reader = Reader(content);
    let identity = read_identity(&mut reader)?;
    if let Some(reason) = identity.target.refusal(host) {
        return Err(reason);
    }
    let code = read_code(file, &mut reader).ok_or_else(damaged)?;
    if !reader.0.is_empty() || !is_consistent(&code) {
        return Err(damaged());
    }
    Ok(Artifact { identity, code })
}

fn read_identity(reader: &mut Reader<'_>) -> Result<Identity, String> {
    let damaged = || "it is damaged".to_string();
    if reader.array() != Some(*MAGIC) {
        return Err("it is not of this engine".into());
    }
    let format = reader.u32().ok_or_else(damaged)?;
    if format != FORMAT {
        return Err(format!("it has format {format}, and this engine reads format {FORMAT}"));
    }
    let build = reader.string().ok_or_else(damaged)?;
    if build != BUILD {
        return Err(format!("the engine {build} made it, and this is {BUILD}"));
    }
    let read = |reader: &mut Reader<'_>| {
        let triple = reader.string()?;
        let features = reader.string()?;
        let features = features.split(',').filter(|name| !name.is_empty()).map(Into::into);
        let target = Target { triple, features: features.collect() };
        let kind = CodeKind::from_bytes(reader.array()?)?;
        let proposals = Proposals::from_bits(u128::from_le_bytes(reader.array()?));
        Some(Identity { build, target, kind, proposals, source: reader.array()? })
    };
    read(reader).ok_or_else(damaged)
}

fn read_code(file: &Arc<[u8]>, reader: &mut Reader<'_>) -> Option<CodeBlob> {
    Some(CodeBlob {
        text: Text::part(file, reader.bytes()?),
        entries: reader.list(|bytes| u32::from_le_bytes(*bytes))?,
        starts: reader.list(to_pair)?,
        traps: reader.table()?,
        sites: reader.table()?,
        stubs: (0..reader.u64()?).map(|_| reader.stub()).collect::<Option<_>>()?,
    })
}

/// Whether the tables stay within the code and are sorted as their users expect.
fn is_consistent(code: &CodeBlob) -> bool {
    let len = code.text.len();
    let inside = |at: u32| (at as usize) < len;
    code.entries.iter().all(|at| inside(*at))
        && code
            .starts
            .iter()
            .all(|(at, number)| inside(*at) && (*number as usize) < code.entries.len())
        && code.starts.is_sorted_by(|a, b| a.0 <= b.0)
}

/// A file taken apart: the module, and what is known of code for it.
#[derive(Debug)]
pub(crate) struct Content<'a> {
    pub module: Cow<'a, [u8]>,
    /// Code for exactly this module, or why what is there cannot be used. `None`: there is none.
    pub code: Option<Result<Artifact, String>>,
}

/// Whether a file may carry code: a cheap look that is sometimes wrong, but never when it says no.
pub(crate) fn may_carry_code(file: &[u8]) -> bool {
    is_elf(file) || universal::has_sections(file)
}

/// Takes a file apart, whatever it is. Code is looked at only if `wanted` says what it must run on.
///
/// # Errors
///
/// `magic header not detected` for a shared object without a module in it or with a damaged one.
pub(crate) fn open<'a>(file: &'a Arc<[u8]>, wanted: Option<&Target>) -> Result<Content<'a>> {
    if is_elf(file) {
        return shared_object::open(file, wanted)
            .map_err(|reason| Error::with_detail(ErrCode::MalformedMagic, reason));
    }
    Ok(universal::open(file, wanted))
}

/// A file with a module and code for it.
pub(crate) fn pack(format: OutputFormat, module: &[u8], artifact: &[u8]) -> Result<Vec<u8>> {
    match format {
        OutputFormat::Wasm => Ok(universal::pack(module, artifact)),
        OutputFormat::Native => shared_object::pack(module, artifact)
            .map_err(|reason| Error::with_detail(ErrCode::RuntimeError, reason)),
    }
}

/// Code that was verified, if it is for this module.
fn for_module(decoded: Result<Artifact, String>, module: &[u8]) -> Result<Artifact, String> {
    let artifact = decoded?;
    if artifact.identity.source != hash(module) {
        return Err("it is for another module".into());
    }
    Ok(artifact)
}
