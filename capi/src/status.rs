//! What a call came to.

use crate::memory;
use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};
use recscope_core::ParseError;

/// What a call came to.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Ok = 0,
    /// A pointer is NULL that must not be.
    NullPointer = 1,
    /// A text is not UTF-8.
    NotUtf8 = 2,
    /// An address is none, or of an unknown family.
    BadAddress = 3,
    /// The phone model is not known.
    UnknownModel = 4,
    /// The codec is none of PCMU, PCMA and G722.
    UnknownCodec = 5,
    /// A number is outside what it can be.
    BadValue = 6,
    /// This machine knows no such command.
    WrongMachine = 7,
    /// The buffer is too small; the length that is needed was told where there is a place for it.
    BufferTooSmall = 8,
    /// The bytes are not what they should be.
    Malformed = 9,
    /// The file can take no more; go on in a new one.
    Full = 10,
    /// The library failed within. The handle can only be freed.
    Broken = 11,
}

impl Status {
    const ALL: [Self; 12] = [
        Self::Ok,
        Self::NullPointer,
        Self::NotUtf8,
        Self::BadAddress,
        Self::UnknownModel,
        Self::UnknownCodec,
        Self::BadValue,
        Self::WrongMachine,
        Self::BufferTooSmall,
        Self::Malformed,
        Self::Full,
        Self::Broken,
    ];

    const fn message(self) -> &'static CStr {
        match self {
            Self::Ok => c"all is well",
            Self::NullPointer => c"a pointer is NULL that must not be",
            Self::NotUtf8 => c"a text is not UTF-8",
            Self::BadAddress => c"the address is none; write 192.0.2.1:5060 or [2001:db8::1]:5060",
            Self::UnknownModel => c"the phone model is not known",
            Self::UnknownCodec => c"the codec is none of PCMU, PCMA and G722",
            Self::BadValue => c"a number is outside what it can be",
            Self::WrongMachine => c"this machine knows no such command",
            Self::BufferTooSmall => c"the buffer is too small",
            Self::Malformed => c"the bytes are not what they should be",
            Self::Full => c"the file can take no more; go on in a new one",
            Self::Broken => c"the library failed within; the handle can only be freed",
        }
    }
}

/// What a status means: a text without a full stop that ends with NUL and lives forever.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_status_message(status: i32) -> *const c_char {
    let known = Status::ALL.into_iter().find(|&known| known as i32 == status);
    known.map_or(c"this is no status of Recscope", Status::message).as_ptr()
}

/// What is wrong with bytes, and where.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Problem {
    /// Where, in bytes from the beginning of the file, the stream or the message.
    pub offset: u64,
    /// What, ending with NUL; cut where it is longer.
    pub message: [c_char; 160],
}

impl Problem {
    fn new(offset: u64, what: &dyn fmt::Display) -> Self {
        let mut problem = Self { offset, message: [0; 160] };
        // What does not fit is left out.
        let _ = write!(Cut { rest: &mut problem.message }, "{what}");
        problem
    }
}

/// The status of bytes that are not what they should be, told in detail where somebody wants to
/// know.
///
/// # Safety
/// `problem` is NULL or has room for one.
pub(crate) unsafe fn malformed(error: &ParseError, problem: *mut Problem) -> Status {
    // SAFETY: as promised by the caller.
    unsafe { memory::store(problem, Problem::new(error.offset, &error.kind)) };
    Status::Malformed
}

/// Takes text as long as there is room for it and a NUL.
struct Cut<'a> {
    rest: &'a mut [c_char],
}

impl Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            let rest = core::mem::take(&mut self.rest);
            let Some((place, rest)) = rest.split_first_mut().filter(|(_, rest)| !rest.is_empty())
            else {
                return Err(fmt::Error);
            };
            *place = c_char::from_ne_bytes([byte]);
            self.rest = rest;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_message_of_its_own() {
        let message = |status| {
            // SAFETY: the messages are static and end with NUL.
            unsafe { CStr::from_ptr(recscope_status_message(status)) }
        };
        for (place, status) in (0..).zip(Status::ALL) {
            assert_eq!(status as i32, place);
            assert_eq!(message(place), status.message());
        }
        assert_eq!(message(12), c"this is no status of Recscope");
        assert_eq!(message(-1), c"this is no status of Recscope");
    }

    #[test]
    fn a_long_problem_is_cut_and_still_ends() {
        let problem = Problem::new(7, &"x".repeat(500));
        assert_eq!(problem.message[158], c_char::from_ne_bytes(*b"x"));
        assert_eq!((problem.offset, problem.message[159]), (7, 0));
    }
}
