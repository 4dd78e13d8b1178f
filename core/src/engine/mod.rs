//! Executable memory, compiled modules in it, and the registry of function types.

pub(crate) mod arena;
pub(crate) mod image;
pub(crate) mod signature;
pub(crate) mod stub;

pub(crate) use image::Image;
pub(crate) use signature::Signature;
