//! The files that phones record calls to.

use crate::guard::guard;
use crate::memory;
use crate::status::{self, Problem, Status};
use crate::text::{self, Text};
use core::ffi::c_char;
use core::time::Duration;
use recscope_core::Limits;
use recscope_core::recording::{HEADER_LEN, Reader, RtpHeaders, Step, WriteError, Writer};

/// Bytes of a recording's header.
/// cbindgen:ignore
pub const HEADER_BYTES: usize = 76;
const _: () = assert!(HEADER_BYTES == HEADER_LEN);

/// Keeps the header of a recording that grows.
pub struct RecordingWriter {
    writer: Writer,
}

/// Bytes of a recording's header to be overwritten.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Whether there is anything to overwrite: 0 or 1.
    pub due: u32,
    /// Where in the file.
    pub offset: u32,
    /// With what.
    pub bytes: [u8; 4],
}

impl From<Option<recscope_core::recording::Patch>> for Patch {
    fn from(patch: Option<recscope_core::recording::Patch>) -> Self {
        patch.map_or(Self { due: 0, offset: 0, bytes: [0; 4] }, |patch| Self {
            due: 1,
            offset: u32::try_from(patch.offset).unwrap_or_default(),
            bytes: patch.bytes,
        })
    }
}

impl From<WriteError> for Status {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Full => Self::Full,
            _ => Self::BadValue,
        }
    }
}

/// Makes the writer of a recording whose blocks each have so many bytes and last so many units of
/// the RTP clock.
///
/// # Safety
/// The codec ends with NUL, and there is room for a handle. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_writer_new(
    codec: *const c_char,
    rtp_len: u32,
    increment: u32,
    writer: *mut *mut RecordingWriter,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let place = unsafe { memory::exclusive(writer) }?;
        *place = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let codec = unsafe { text::read(codec) }?;
        let writer = Writer::new(codec, rtp_len, increment)?;
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(place, RecordingWriter { writer }) };
        Ok(())
    })
}

/// The header as it should stand in the file now: RECSCOPE_HEADER_BYTES.
///
/// # Safety
/// The handle is live, and the header has room. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_writer_header(
    writer: *const RecordingWriter,
    header: *mut u8,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (writer, header) =
            unsafe { (memory::shared(writer)?, memory::slice_mut(header, HEADER_BYTES)?) };
        crate::codec::copy(&writer.writer.header(), header)?;
        Ok(())
    })
}

/// Counts a block that the caller appends to the file, and says what is then to be overwritten in
/// the header. Not to be appended where the status is BAD_VALUE (its length) or FULL.
///
/// # Safety
/// The handle is live, the block has len bytes, and there is room for a patch. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_writer_append(
    writer: *mut RecordingWriter,
    block: *const u8,
    len: usize,
    patch: *mut Patch,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (writer, block, patch) = unsafe {
            (memory::exclusive(writer)?, memory::slice(block, len)?, memory::exclusive(patch)?)
        };
        *patch = None.into();
        *patch = writer.writer.append(block)?.into();
        Ok(())
    })
}

/// What brings the header up to date: for a pause, and for the end.
///
/// # Safety
/// The handle is live, and there is room for a patch. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_writer_patch(
    writer: *const RecordingWriter,
    patch: *mut Patch,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (writer, patch) = unsafe { (memory::shared(writer)?, memory::exclusive(patch)?) };
        *patch = Some(writer.writer.patch()).into();
        Ok(())
    })
}

/// Ends a writer.
///
/// # Safety
/// The handle is live or NULL, and is not used after this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_writer_free(writer: *mut RecordingWriter) {
    // SAFETY: as promised by the caller.
    drop(unsafe { memory::take_back(writer) });
}

/// Reads a recording from pieces of any size, damaged or not.
pub struct RecordingReader {
    reader: Reader,
}

/// What a reader found.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Nothing yet: go on with the next piece.
    NeedMore = 0,
    /// The header: codec, rtp_len, increment, data_size.
    Header = 1,
    /// A whole block: index, offset, position, bytes, payload.
    Block = 2,
    /// There is nothing more in the file.
    End = 3,
}

/// A step through a recording. The codec and the bytes are lent until the next call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RecordingStep {
    /// What was found, which tells the fields that count.
    pub kind: StepKind,
    /// The codec's name.
    pub codec: Text,
    /// Bytes of each block.
    pub rtp_len: u32,
    /// Units of the RTP clock from one block to the next.
    pub increment: i32,
    /// Bytes of all blocks together, as the header has it.
    pub data_size: u32,
    /// The block's number, from 0.
    pub index: u64,
    /// Where it lies in the file.
    pub offset: u64,
    /// Units of the RTP clock since the first block, gaps included.
    pub position: u64,
    /// The whole block.
    pub bytes: *const u8,
    /// Its length.
    pub len: usize,
    /// What is to be decoded.
    pub payload: *const u8,
    /// How many bytes that is.
    pub payload_len: usize,
}

impl RecordingStep {
    /// No step.
    #[must_use]
    pub const fn need_more() -> Self {
        Self {
            kind: StepKind::NeedMore,
            codec: Text::empty(),
            rtp_len: 0,
            increment: 0,
            data_size: 0,
            index: 0,
            offset: 0,
            position: 0,
            bytes: core::ptr::null(),
            len: 0,
            payload: core::ptr::null(),
            payload_len: 0,
        }
    }
}

/// What a recording turned out to hold.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordingSummary {
    /// Whole blocks.
    pub blocks: u64,
    /// Their bytes: what the header's data_size should be.
    pub data_bytes: u64,
    /// Their playing time, in microseconds.
    pub duration: u64,
    /// The time from the first block's beginning to the last one's end, in microseconds.
    pub span: u64,
    /// Blocks missing by sequence number.
    pub lost: u64,
    /// Blocks that are there twice.
    pub duplicates: u64,
    /// Blocks that came out of order.
    pub late: u64,
    /// What had to be mended to read the file; 0 for a file that was closed in order.
    pub repairs: u64,
    /// Bytes of the cut last block; 0 where it is whole.
    pub partial_last: u64,
    /// Whether blocks begin with RTP headers: 0 or 1.
    pub rtp_headers: u32,
}

/// Makes a reader of a file of so many bytes; UINT64_MAX where that is not known.
///
/// # Safety
/// There is room for a handle, or it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_reader_new(
    size: u64,
    reader: *mut *mut RecordingReader,
) -> Status {
    guard(|| {
        let size = (size != u64::MAX).then_some(size);
        // SAFETY: as promised by the caller.
        let place = unsafe { memory::exclusive(reader) }?;
        let reader = RecordingReader { reader: Reader::new(size, &Limits::default()) };
        // SAFETY: it is a reference to room for a handle.
        unsafe { memory::hand_over(place, reader) };
        Ok(())
    })
}

/// Takes some of the bytes and gives the next step. Call it again with the rest until it needs more
/// or is at the end. Fails with MALFORMED where the header makes no sense; there is no going on
/// then.
///
/// # Safety
/// The handle is live, bytes are len, the others have room for one. Each may be NULL, and the
/// problem need not be told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_reader_push(
    reader: *mut RecordingReader,
    bytes: *const u8,
    len: usize,
    consumed: *mut usize,
    step: *mut RecordingStep,
    problem: *mut Problem,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (reader, bytes, consumed, step) = unsafe {
            (
                memory::exclusive(reader)?,
                memory::slice(bytes, len)?,
                memory::exclusive(consumed)?,
                memory::exclusive(step)?,
            )
        };
        (*consumed, *step) = (0, RecordingStep::need_more());
        let pushed = reader.reader.push(bytes);
        // SAFETY: as promised by the caller.
        let (taken, found) =
            pushed.map_err(|error| unsafe { status::malformed(&error, problem) })?;
        *consumed = taken;
        let found = match found {
            Step::NeedMore => RecordingStep::need_more(),
            Step::End => RecordingStep { kind: StepKind::End, ..RecordingStep::need_more() },
            Step::Block(block) => {
                let payload = block.payload();
                RecordingStep {
                    kind: StepKind::Block,
                    index: block.index,
                    offset: block.offset,
                    position: block.position,
                    bytes: block.bytes.as_ptr(),
                    len: block.bytes.len(),
                    payload: payload.as_ptr(),
                    payload_len: payload.len(),
                    ..RecordingStep::need_more()
                }
            }
            Step::Header(_) => {
                let header = reader.reader.header();
                header.map_or(RecordingStep::need_more(), |header| RecordingStep {
                    kind: StepKind::Header,
                    codec: Text::lend(header.codec.as_str()),
                    rtp_len: header.rtp_len.unsigned_abs(),
                    increment: header.increment,
                    data_size: header.data_size,
                    ..RecordingStep::need_more()
                })
            }
        };
        *step = found;
        Ok(())
    })
}

/// Says that the file is over, where its size was not known: push nothing until the end then.
///
/// # Safety
/// The handle is live or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_reader_end(reader: *mut RecordingReader) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        unsafe { memory::exclusive(reader) }?.reader.end_of_input();
        Ok(())
    })
}

/// Ends a reader and sums up the file. The handle is gone after this, whatever the status.
///
/// # Safety
/// The handle is live or NULL, and is not used after this; the others have room for one. Each may
/// be NULL, and the problem need not be told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_recording_reader_finish(
    reader: *mut RecordingReader,
    summary: *mut RecordingSummary,
    problem: *mut Problem,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let reader = unsafe { memory::take_back(reader) }.ok_or(Status::NullPointer)?;
        let finished = reader.reader.finish();
        // SAFETY: as promised by the caller.
        let found = finished.map_err(|error| unsafe { status::malformed(&error, problem) })?;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // SAFETY: as promised by the caller.
        *unsafe { memory::exclusive(summary) }? = RecordingSummary {
            blocks: found.blocks,
            data_bytes: found.data_bytes,
            duration: micros(found.duration),
            span: micros(found.span),
            lost: found.lost,
            duplicates: found.duplicates,
            late: found.late,
            repairs: (found.repairs.len() as u64).saturating_add(found.repairs_omitted),
            partial_last: found.partial_last,
            rtp_headers: u32::from(found.layout.rtp_headers == RtpHeaders::Present),
        };
        Ok(())
    })
}
