//! Bounds of the current thread's stack.

/// Lowest usable address of the current thread's stack, and its size; zeros if the system does not
/// tell.
///
/// The values do not change during the thread's life. The main thread's stack grows on demand
/// up to the limit of the process, which is what counts here.
#[cfg(target_os = "linux")]
pub(crate) fn bounds() -> (usize, usize) {
    use std::mem::MaybeUninit;
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut base, mut size, mut guard) = (std::ptr::null_mut(), 0usize, 0usize);
    // SAFETY: `attributes` is initialised by the first call before the others read it, and
    // destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return (0, 0);
        }
        libc::pthread_attr_getstack(attributes.as_ptr(), &mut base, &mut size);
        libc::pthread_attr_getguardsize(attributes.as_ptr(), &mut guard);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    (base as usize + guard, size.saturating_sub(guard))
}

/// Lowest usable address of the current thread's stack, and its size.
#[cfg(target_os = "macos")]
pub(crate) fn bounds() -> (usize, usize) {
    // SAFETY: both calls only read facts of the current thread.
    unsafe {
        let thread = libc::pthread_self();
        let size = libc::pthread_get_stacksize_np(thread);
        (libc::pthread_get_stackaddr_np(thread) as usize - size, size)
    }
}

/// An address near the top of the current stack.
#[inline(always)]
pub(crate) fn current_address() -> usize {
    let marker = 0u8;
    std::hint::black_box(&raw const marker) as usize
}
