//! G.711 and G.722.

use crate::guard::guard;
use crate::memory;
use crate::status::Status;
use crate::text;
use alloc::vec::Vec;
use core::ffi::c_char;
use recscope_core::codec;

/// The codec of this name.
pub(crate) fn find(name: &str) -> Result<codec::Codec, Status> {
    codec::Codec::from_name(name).ok_or(Status::UnknownCodec)
}

/// Turns samples into payload bytes.
pub struct Encoder {
    encoder: codec::Encoder,
    /// Kept for its memory.
    bytes: Vec<u8>,
}

/// Turns payload bytes into samples.
pub struct Decoder {
    decoder: codec::Decoder,
    /// Kept for its memory.
    samples: Vec<i16>,
}

/// Makes an encoder of "PCMU", "PCMA" or "G722".
///
/// # Safety
/// The codec ends with NUL, and there is room for a handle. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_encoder_new(
    codec: *const c_char,
    encoder: *mut *mut Encoder,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let encoder = unsafe { memory::exclusive(encoder) }?;
        *encoder = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let codec = find(unsafe { text::read(codec) }?)?;
        let new = Encoder { encoder: codec::Encoder::new(codec), bytes: Vec::new() };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(encoder, new) };
        Ok(())
    })
}

/// Encodes samples: 8000 per second, 16000 for G722. Of two calls the second goes on where the
/// first stopped. One byte for each sample is room enough, for G722 one for each two, rounded up.
///
/// # Safety
/// The handle is live, samples are count, and bytes have room for capacity. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_encoder_encode(
    encoder: *mut Encoder,
    samples: *const i16,
    count: usize,
    bytes: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (encoder, samples, out, len) = unsafe {
            (
                memory::exclusive(encoder)?,
                memory::slice(samples, count)?,
                memory::slice_mut(bytes, capacity)?,
                memory::exclusive(len)?,
            )
        };
        *len = count.div_ceil(encoder.encoder.codec().samples_per_byte());
        if *len > out.len() {
            return Err(Status::BufferTooSmall);
        }
        encoder.bytes.clear();
        encoder.encoder.encode(samples, &mut encoder.bytes);
        *len = copy(&encoder.bytes, out)?;
        Ok(())
    })
}

/// Ends an encoder.
///
/// # Safety
/// The handle is live or NULL, and is not used after this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_encoder_free(encoder: *mut Encoder) {
    // SAFETY: as promised by the caller.
    drop(unsafe { memory::take_back(encoder) });
}

/// Makes a decoder of "PCMU", "PCMA" or "G722".
///
/// # Safety
/// The codec ends with NUL, and there is room for a handle. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_decoder_new(
    codec: *const c_char,
    decoder: *mut *mut Decoder,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let decoder = unsafe { memory::exclusive(decoder) }?;
        *decoder = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let codec = find(unsafe { text::read(codec) }?)?;
        let new = Decoder { decoder: codec::Decoder::new(codec), samples: Vec::new() };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(decoder, new) };
        Ok(())
    })
}

/// Decodes a payload: one sample for each byte, for G722 two, which come 16000 per second.
///
/// # Safety
/// The handle is live, bytes are len, and samples have room for capacity. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_decoder_decode(
    decoder: *mut Decoder,
    bytes: *const u8,
    len: usize,
    samples: *mut i16,
    capacity: usize,
    count: *mut usize,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (decoder, bytes, out, count) = unsafe {
            (
                memory::exclusive(decoder)?,
                memory::slice(bytes, len)?,
                memory::slice_mut(samples, capacity)?,
                memory::exclusive(count)?,
            )
        };
        *count = len.saturating_mul(decoder.decoder.codec().samples_per_byte());
        if *count > out.len() {
            return Err(Status::BufferTooSmall);
        }
        decoder.samples.clear();
        decoder.decoder.decode(bytes, &mut decoder.samples);
        *count = copy(&decoder.samples, out)?;
        Ok(())
    })
}

/// Ends a decoder.
///
/// # Safety
/// The handle is live or NULL, and is not used after this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_decoder_free(decoder: *mut Decoder) {
    // SAFETY: as promised by the caller.
    drop(unsafe { memory::take_back(decoder) });
}

/// Copies all of `from` to the beginning of `to`, and says how much that was.
pub(crate) fn copy<T: Copy>(from: &[T], to: &mut [T]) -> Result<usize, Status> {
    to.get_mut(..from.len()).ok_or(Status::BufferTooSmall)?.copy_from_slice(from);
    Ok(from.len())
}
