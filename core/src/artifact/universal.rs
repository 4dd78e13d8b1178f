//! Universal files: a module whose last custom section, `wasmedge`, is its code.

use super::{Content, MAGIC, decode, for_module};
use crate::abi::{Target, leb};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Name of the section; WasmEdge uses it too, for what it compiles itself.
const SECTION: &[u8] = b"wasmedge";

/// Bytes of a module before its first section.
const HEADER: usize = 8;

/// The module without code that it carries from an earlier compilation, and with this code.
pub(super) fn pack(module: &[u8], artifact: &[u8]) -> Vec<u8> {
    let content = 1 + SECTION.len() + artifact.len();
    let mut file = Vec::with_capacity(module.len() + content + 8);
    file.extend_from_slice(module);
    file.push(0);
    leb::write(&mut file, content as u64);
    leb::write(&mut file, SECTION.len() as u64);
    file.extend_from_slice(SECTION);
    file.extend_from_slice(artifact);
    file
}

/// Whether there is a section of our name, of whatever origin.
pub(super) fn has_sections(file: &[u8]) -> bool {
    !sections(file).is_empty()
}

/// Takes a module apart that may carry code.
pub(super) fn open<'a>(file: &'a Arc<[u8]>, wanted: Option<&Target>) -> Content<'a> {
    let sections = sections(file);
    let ours: Vec<&Section> = sections.iter().filter(|section| section.is_ours(file)).collect();
    let Some(last) = ours.last() else {
        let code = (!sections.is_empty() && wanted.is_some())
            .then(|| Err("the section \"wasmedge\" is not of this engine, or is damaged".into()));
        return Content { module: Cow::Borrowed(file), code };
    };
    let module = if ours.len() == 1 && last.whole.end == file.len() {
        Cow::Borrowed(&file[..last.whole.start])
    } else {
        let mut module = Vec::with_capacity(file.len());
        let mut from = 0;
        for section in &ours {
            module.extend_from_slice(&file[from..section.whole.start]);
            from = section.whole.end;
        }
        module.extend_from_slice(&file[from..]);
        Cow::Owned(module)
    };
    let code =
        wanted.map(|host| for_module(decode(file, &file[last.content.clone()], host), &module));
    Content { module, code }
}

/// A custom section called `wasmedge`.
struct Section {
    whole: Range<usize>,
    content: Range<usize>,
}

impl Section {
    fn is_ours(&self, file: &[u8]) -> bool {
        file[self.content.clone()].starts_with(MAGIC)
    }
}

/// All `wasmedge` sections; none if the sections do not fill the file, since then it is the loader
/// who says what is wrong.
fn sections(file: &[u8]) -> Vec<Section> {
    let mut found = Vec::new();
    let mut at = HEADER;
    if !file.starts_with(b"\0asm") {
        return found;
    }
    while at < file.len() {
        let start = at;
        let id = file[at];
        at += 1;
        let Some(size) = read_leb(file, &mut at) else { return Vec::new() };
        let Some(end) = at.checked_add(size).filter(|end| *end <= file.len()) else {
            return Vec::new();
        };
        if id == 0
            && let Some(name) = read_leb(file, &mut at)
            && let Some(content) = at.checked_add(name).filter(|content| *content <= end)
            && file.get(at..content) == Some(SECTION)
        {
            found.push(Section { whole: start..end, content: content..end });
        }
        at = end;
    }
    found
}

fn read_leb(file: &[u8], at: &mut usize) -> Option<usize> {
    let mut rest = file.get(*at..)?;
    let value = leb::read(&mut rest)?;
    *at = file.len() - rest.len();
    Some(value as usize)
}
