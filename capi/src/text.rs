//! Text that comes and goes.

use crate::memory;
use crate::status::Status;
use core::ffi::{CStr, c_char};

/// Text in UTF-8 that does not end with NUL. To print it: `printf("%.*s", (int)t.len, t.data)`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// Its bytes; NULL where there are none.
    pub data: *const c_char,
    /// How many they are.
    pub len: usize,
}

impl Text {
    /// No text.
    #[must_use]
    pub const fn empty() -> Self {
        Self { data: core::ptr::null(), len: 0 }
    }

    /// Lends `text`, for as long as it lives.
    pub(crate) const fn lend(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    /// The text.
    ///
    /// # Safety
    /// `data` is NULL, or `len` bytes that stay as they are for `'a`.
    pub(crate) unsafe fn read<'a>(self) -> Result<&'a str, Status> {
        // SAFETY: as promised by the caller.
        let bytes = unsafe { memory::slice(self.data.cast::<u8>(), self.len) }?;
        str::from_utf8(bytes).map_err(|_| Status::NotUtf8)
    }
}

/// A text that ends with NUL; NULL is an empty one.
///
/// # Safety
/// `text` is NULL, or ends with NUL and stays as it is for `'a`.
pub(crate) unsafe fn read<'a>(text: *const c_char) -> Result<&'a str, Status> {
    if text.is_null() {
        return Ok("");
    }
    // SAFETY: it ends with NUL, as promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| Status::NotUtf8)
}
