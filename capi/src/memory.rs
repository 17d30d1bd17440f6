//! Pointers of C as references.

use crate::status::Status;
use alloc::boxed::Box;

/// The elements at `data`; NULL where there are none.
///
/// # Safety
/// `data` is NULL, or `len` elements that nobody changes during `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> Result<&'a [T], Status> {
    match (data.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Status::NullPointer),
        // SAFETY: `len` elements, as promised by the caller; a slice of no element needs none.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts(data, len) }),
    }
}

/// Room for elements at `data`; NULL where there is none.
///
/// # Safety
/// `data` is NULL, or `len` elements that nobody else uses during `'a`.
pub(crate) unsafe fn slice_mut<'a, T>(data: *mut T, len: usize) -> Result<&'a mut [T], Status> {
    match (data.is_null(), len) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Status::NullPointer),
        // SAFETY: `len` elements, as promised by the caller; a slice of no element needs none.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts_mut(data, len) }),
    }
}

/// What `pointer` points to.
///
/// # Safety
/// `pointer` is NULL, or a value that nobody changes during `'a`.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T, Status> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_ref() }.ok_or(Status::NullPointer)
}

/// What `pointer` points to, to be changed.
///
/// # Safety
/// `pointer` is NULL, or a value that nobody else uses during `'a`.
pub(crate) unsafe fn exclusive<'a, T>(pointer: *mut T) -> Result<&'a mut T, Status> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_mut() }.ok_or(Status::NullPointer)
}

/// Writes `value` where the caller wants it; not at all where that is NULL.
///
/// # Safety
/// `place` is NULL, or room for a value that nobody else uses now.
pub(crate) unsafe fn store<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: there is room, as promised by the caller; what was there needs no drop, as only
        // plain structures and pointers are stored.
        unsafe { place.write(value) };
    }
}

/// Hands a value over to C.
///
/// # Safety
/// `place` is room for a pointer that nobody else uses now.
pub(crate) unsafe fn hand_over<T>(place: *mut *mut T, value: T) {
    // SAFETY: as promised by the caller.
    unsafe { store(place, Box::into_raw(Box::new(value))) };
}

/// Takes a value back from C; nothing where the pointer is NULL.
///
/// # Safety
/// `pointer` is NULL, or came from [`hand_over`] and was not taken back before.
pub(crate) unsafe fn take_back<T>(pointer: *mut T) -> Option<Box<T>> {
    // SAFETY: it came from a box and is not used after this, as promised by the caller.
    (!pointer.is_null()).then(|| unsafe { Box::from_raw(pointer) })
}
