//! Compiled code of a module at its address, with the tables that explain it.

use super::arena::{self, CodeRange, Zone};
use crate::abi::{CodeBlob, Trap};
use crate::error::{Result, Symbols};
use std::ops::Range;
use std::sync::Arc;

/// Code of one module; freed when the last instance and activation let go of it.
#[derive(Clone)]
pub(crate) struct Image(Arc<ImageInner>);

/// What [`Image`] shares; code ranges point to it.
pub(crate) struct ImageInner {
    code: CodeRange,
    blob: CodeBlob,
    /// Number of imported functions: the index of the first defined one.
    imported: u32,
    symbols: Arc<dyn Symbols>,
}

/// A place in generated code.
pub(crate) struct Place {
    /// Index of the function in its module.
    pub func_index: u32,
    /// Byte offset of the instruction in the module, if known.
    pub offset: Option<u32>,
    /// Names of the module.
    pub symbols: Arc<dyn Symbols>,
}

impl Image {
    /// Gives the code an address.
    pub fn publish(mut blob: CodeBlob, imported: u32, symbols: Arc<dyn Symbols>) -> Result<Image> {
        let code = CodeRange::publish(Zone::Modules, &blob.text)?;
        blob.text = Default::default();
        let image = Arc::new(ImageInner { code, blob, imported, symbols });
        image.code.set_tag(Arc::as_ptr(&image).cast_mut());
        Ok(Image(image))
    }

    /// Entry of the function with this index, which must be one the module defines.
    pub fn entry(&self, func_index: u32) -> *const u8 {
        let at = self.0.blob.entries[(func_index - self.0.imported) as usize];
        // SAFETY: entries lie within the code.
        unsafe { self.0.code.base().add(at as usize) }
    }

    /// Entry of the only function.
    pub fn first(&self) -> *const u8 {
        self.0.code.base().wrapping_add(self.0.blob.entries[0] as usize)
    }

    /// Bytes of machine code.
    pub fn code_len(&self) -> usize {
        self.0.code.len()
    }

    /// Names of the module.
    pub fn symbols(&self) -> &Arc<dyn Symbols> {
        &self.0.symbols
    }
}

/// The trap that the instruction at `pc` may raise; `None` if it is not known to raise one.
/// Fit for signal handlers: the running code keeps its image alive.
pub(crate) fn trap_at(pc: usize) -> Option<Trap> {
    // SAFETY: the thread runs code of this image, so the image is alive.
    let image = unsafe { arena::tag_at(pc).as_ref()? };
    let at = (pc - image.code.base() as usize) as u32;
    Trap::from_number(image.blob.traps.at(at)?)
}

/// Whether code for instructions in a range of byte offsets, in the image that `pc` lies in, may
/// fault.
///
/// # Safety
///
/// The code at `pc` must still be alive.
pub(crate) unsafe fn may_fault(pc: usize, offsets: Range<u32>) -> bool {
    // SAFETY: the caller's promise.
    let Some(image) = (unsafe { arena::tag_at(pc).as_ref() }) else { return false };
    let mut sites = image.blob.sites.iter().peekable();
    let mut offset = None;
    image.blob.traps.iter().any(|(at, _)| {
        while let Some(site) = sites.next_if(|site| site.0 <= at) {
            offset = Some(site.1);
        }
        offset.is_some_and(|offset| offsets.contains(&offset))
    })
}

/// The place of the instruction at, or for a return address just before, `pc`.
///
/// # Safety
///
/// The code at `pc` must still be alive.
pub(crate) unsafe fn place_at(pc: usize, is_return: bool) -> Option<Place> {
    // SAFETY: the caller's promise.
    let image = unsafe { arena::tag_at(pc).as_ref()? };
    let at = (pc - usize::from(is_return) - image.code.base() as usize) as u32;
    let function = image.blob.starts.partition_point(|start| start.0 <= at).checked_sub(1)?;
    let (start, number) = image.blob.starts[function];
    let site = image.blob.sites.up_to(at).filter(|site| site.0 >= start);
    Some(Place {
        func_index: image.imported + number,
        offset: site.map(|site| site.1),
        symbols: Arc::clone(&image.symbols),
    })
}
