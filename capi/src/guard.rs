//! No panic leaves the library.

use crate::status::Status;

/// Runs what a function of the interface does. A panic, which would be a mistake of ours, ends here.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), Status>) -> Status {
    match contain(body) {
        Some(Ok(())) => Status::Ok,
        Some(Err(status)) => status,
        None => Status::Broken,
    }
}

/// What `body` gives; `None` where it panicked.
#[cfg(feature = "std")]
pub(crate) fn contain<T>(body: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).ok()
}

/// What `body` gives. Without an unwinder a panic does not come back: the firmware's
/// `recscope_panic` is the end of it.
#[cfg(not(feature = "std"))]
pub(crate) fn contain<T>(body: impl FnOnce() -> T) -> Option<T> {
    Some(body())
}
