//! What bindings to other languages stand on, beside the rest of the crate.
//!
//! Calls and host functions through raw slots, places in pools, surveys of what holds what for garbage
//! collectors, visits of running threads, and the one place where panics become errors. Programs in Rust
//! need none of it.
//!
//! # Stability
//!
//! It serves the bindings of the same version, and changes with them, in patch releases too. A binding
//! outside this repository pins the exact version.

pub use crate::executor::{Place, Reservation};
pub use crate::interrupt::{Deadline, WakerGuard, on_visit};
pub use crate::log::{fault, guarded};
pub use crate::runtime::{
    Object, RawFunc, Slots, Survey, Surveyed, Unit, binding_frame, in_call, interruptible,
    live_objects, wait_for_stop,
};
