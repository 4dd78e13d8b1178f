//! Functions of the program's that give and take what guests read and write.

use std::ffi::{c_int, c_void};
use std::io::{Error, Result};
use wasmspan::wasi::{Input, Output};
use wasmspan_c_shared::shim;

/// Told when data is no longer used.
#[allow(non_camel_case_types)]
pub type wasmspan_finalize_t = Option<unsafe extern "C-unwind" fn(data: *mut c_void)>;

/// Gives bytes.
#[allow(non_camel_case_types)]
pub type wasmspan_read_t = Option<Read>;

/// Takes bytes.
#[allow(non_camel_case_types)]
pub type wasmspan_write_t = Option<Write>;

type Read = unsafe extern "C-unwind" fn(*mut c_void, *mut u8, usize, *mut usize) -> c_int;
type Write = unsafe extern "C-unwind" fn(*mut c_void, *const u8, usize, *mut usize) -> c_int;

/// Data of the program's, and what is told when it is no longer used.
pub struct Data {
    pub data: *mut c_void,
    pub finalize: wasmspan_finalize_t,
}

// SAFETY: the program promises that its functions may be called with the data from any thread.
unsafe impl Send for Data {}
// SAFETY: as above.
unsafe impl Sync for Data {}

impl Drop for Data {
    fn drop(&mut self) {
        if let Some(finalize) = self.finalize {
            // SAFETY: the program gave the function for this purpose.
            unsafe { shim::contain(|| finalize(self.data)) };
        }
    }
}

/// What a function of the program's said: 0, or an error number; nothing if it threw.
pub fn told(number: Option<c_int>) -> Result<()> {
    match number {
        Some(0) => Ok(()),
        Some(number) => Err(Error::from_raw_os_error(number)),
        None => Err(Error::other("the function threw an exception")),
    }
}

/// Calls a function that also says how many bytes it moved.
///
/// # Safety
///
/// As [`shim::contain`].
pub unsafe fn moved(call: impl FnOnce(*mut usize) -> c_int) -> Result<usize> {
    let mut done = 0;
    let place = &raw mut done;
    // SAFETY: the caller's promise.
    told(unsafe { shim::contain(|| call(place)) })?;
    Ok(done)
}

/// Input that a function gives.
///
/// # Safety
///
/// The function must do as the header says, with the data, on any thread.
pub unsafe fn input(read: Read, data: *mut c_void, finalize: wasmspan_finalize_t) -> Input {
    let data = Data { data, finalize };
    Input::reader(move |room| {
        let (data, buf, len) = (&data, room.as_mut_ptr(), room.len());
        // SAFETY: the caller's promise.
        unsafe { moved(|done| read(data.data, buf, len, done)) }
    })
}

/// Output that a function takes.
///
/// # Safety
///
/// As [`input`].
pub unsafe fn output(write: Write, data: *mut c_void, finalize: wasmspan_finalize_t) -> Output {
    let data = Data { data, finalize };
    Output::writer(move |bytes| {
        let (data, buf, len) = (&data, bytes.as_ptr(), bytes.len());
        // SAFETY: the caller's promise.
        unsafe { moved(|done| write(data.data, buf, len, done)) }
    })
}
