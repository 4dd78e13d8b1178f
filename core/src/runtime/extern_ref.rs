//! References to host objects.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A counted reference to an object of the host, opaque to wasm.
///
/// The object lives while the host, a table, a global or a running call refers to it.
#[derive(Clone)]
pub struct ExternRef(Arc<Object>);

struct Object {
    value: Box<dyn Any + Send + Sync>,
}

impl ExternRef {
    /// Makes a reference to `value`.
    pub fn new<T: Any + Send + Sync>(value: T) -> ExternRef {
        ExternRef(Arc::new(Object { value: Box::new(value) }))
    }

    /// The object, if it is a `T`.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.value.downcast_ref()
    }

    /// How many references to the object there are.
    pub(super) fn count(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// The word by which wasm knows the object.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// # Safety
    ///
    /// The word must come from [`address`](ExternRef::address), with a count given away by
    /// `mem::forget`, and be taken back once.
    pub(crate) unsafe fn from_raw(word: usize) -> ExternRef {
        // SAFETY: the caller's promise.
        ExternRef(unsafe { Arc::from_raw(word as *const Object) })
    }

    /// Another reference to the object behind a word.
    ///
    /// # Safety
    ///
    /// The object must be alive during the call.
    pub(crate) unsafe fn another(word: usize) -> ExternRef {
        // SAFETY: the caller's promise.
        unsafe {
            Arc::increment_strong_count(word as *const Object);
            ExternRef::from_raw(word)
        }
    }
}

/// True if both refer to the same object.
impl PartialEq for ExternRef {
    fn eq(&self, other: &ExternRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({:#x})", self.address())
    }
}
