//! The initial content of a memory as a file without a name, mapped privately by every instance:
//! none copies it, and each pays only for the pages it writes.

use super::slot;
use crate::module::{ConstOp, ModuleInfo, SegmentMode};
use crate::platform::mmap::{HOST_PAGE, SharedFile};
use crate::types::PAGE_SIZE;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Images that exist at once, since each holds a file descriptor; further modules copy.
const MAX_IMAGES: usize = 128;

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Exists as long as its image.
#[derive(Debug)]
pub(super) struct Token;

/// The initial content of one memory of a module.
pub(crate) struct MemoryImage {
    /// By this a mapping is told from those of other images. `None` while it is dropped.
    token: Option<Arc<Token>>,
    file: SharedFile,
    /// Where it lies in the memory, in whole pages.
    range: Range<usize>,
}

impl MemoryImage {
    /// The images of the memories a module defines, by memory index; empty if its data must be
    /// copied.
    ///
    /// Data is in images only if all active segments are certain to be applied: they go to memories
    /// of the module, at constant places, in bounds. Otherwise an instance could be seen whose
    /// initialisation stopped half-way.
    pub fn of_module(info: &ModuleInfo) -> Vec<Option<MemoryImage>> {
        let mut segments: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); info.memories.len()];
        for segment in &info.data {
            let SegmentMode::Active { index, offset } = &segment.mode else { continue };
            let memory = info.memories[*index as usize];
            let at = match &**offset {
                [ConstOp::I32Const(at)] => u64::from(*at as u32),
                _ => return Vec::new(),
            };
            let bytes = &info.bytes[segment.range.clone()];
            let end = at + bytes.len() as u64;
            let imported = *index < info.imported.memories;
            if imported || memory.memory64 || end > memory.limits.min.saturating_mul(PAGE_SIZE) {
                return Vec::new();
            }
            segments[*index as usize].push((at as usize, bytes));
        }
        segments.iter().map(|segments| MemoryImage::new(segments)).collect()
    }

    /// `None` if there is no data, or the system grants no file.
    fn new(segments: &[(usize, &[u8])]) -> Option<MemoryImage> {
        let filled = segments.iter().filter(|(_, bytes)| !bytes.is_empty());
        let start = filled.clone().map(|(at, _)| *at).min()? / HOST_PAGE * HOST_PAGE;
        let end = filled.clone().map(|(at, bytes)| at + bytes.len()).max()?;
        let range = start..end.next_multiple_of(HOST_PAGE);
        if LIVE.fetch_add(1, Ordering::Relaxed) >= MAX_IMAGES {
            LIVE.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let fill = || {
            let file = SharedFile::new(range.len())?;
            for (at, bytes) in filled {
                file.write(at - start, bytes)?;
            }
            std::io::Result::Ok(file)
        };
        match fill() {
            Ok(file) => Some(MemoryImage { token: Some(Arc::new(Token)), file, range }),
            Err(_) => {
                LIVE.fetch_sub(1, Ordering::Relaxed);
                None
            }
        }
    }

    pub(super) fn token(&self) -> &Arc<Token> {
        self.token.as_ref().expect("present until it is dropped")
    }

    pub(super) fn file(&self) -> &SharedFile {
        &self.file
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

impl Drop for MemoryImage {
    fn drop(&mut self) {
        self.token = None;
        slot::forget_images();
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}
