//! The file that phones record calls to (BX-L3): a 76-byte header, then RTP blocks of one length,
//! back to back. It is called `.wav` but is no RIFF file; those are for [`wave`](crate::wave).
//!
//! [`Reader`] reads it, damaged or not, from chunks of any size; [`Writer`] writes it so that a
//! pulled drive costs at most a second (BX-L6); [`Repairer`] turns a damaged file into a clean one.

mod continuity;
mod encoding;
mod header;
mod join;
mod layout;
mod name;
mod reader;
mod repair;
mod scanner;
mod summary;
mod writer;

pub use continuity::{Continuity, Gap, GapKind};
pub use encoding::Encoding;
pub use header::{CodecName, Header};
pub use join::{JoinError, Joined, Joiner, Seam};
pub(crate) use layout::PROBE_BLOCKS;
pub use layout::{Layout, RtpHeaders};
pub use name::{SystemTime, file_name};
pub use reader::{Block, Reader, Step};
pub use repair::{Repaired, Repairer};
pub use summary::{Repair, Summary};
pub use writer::{Patch, WriteError, Writer};

/// Bytes of the header.
pub const HEADER_LEN: usize = 76;

/// Longest block that a header may claim: what fits an Ethernet frame (BX-L3).
pub const MAX_RTP_LEN: i32 = 1500;

/// Largest timestamp increment that a header may claim: a second at 48 kHz.
pub const MAX_INCREMENT: i32 = 48_000;

/// Whether a file that begins with `start` is meant to be a phone recording: either its first
/// bytes name a codec that phones use, or its length fields make sense. Reading it can still fail,
/// and then says why.
///
/// `start` should hold the first [`HEADER_LEN`] bytes, or all there are.
#[must_use]
pub fn looks_like_recording(start: &[u8]) -> bool {
    let name = start.iter().take(64).position(|&byte| byte == 0).and_then(|end| start.get(..end));
    let named = name
        .and_then(|name| str::from_utf8(name).ok())
        .is_some_and(|name| Encoding::find(name).is_some());
    named || start.first_chunk().is_some_and(Header::lengths_make_sense)
}

#[cfg(test)]
mod tests;
