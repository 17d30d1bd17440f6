//! The WAVE files that recordings are written to.

use alloc::format;
use alloc::string::String;

use crate::machine::{FileId, Outbox, Side, StorageCommand, Uncompared};
use crate::rule;
use crate::wave::pcm16_header;

/// A WAVE file of 16-bit samples that grows; what its header tells is never more than a second
/// behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct File {
    id: FileId,
    extent: Uncompared<Extent>,
}

/// Decides nothing but what is in the file.
#[derive(Clone, Copy, Debug)]
struct Extent {
    channels: u16,
    sample_rate: u32,
    /// Frames in the file, gaps included.
    frames: u64,
    /// Those that the header tells of.
    saved: u64,
}

impl File {
    /// Begins a file.
    pub(super) fn create(
        id: FileId,
        name: &str,
        channels: u16,
        sample_rate: u32,
        outbox: &mut Outbox,
    ) -> Self {
        outbox.storage(StorageCommand::Create { file: id, name }, rule::MX_3);
        let extent = Extent { channels, sample_rate, frames: 0, saved: 0 };
        let mut file = Self { id, extent: Uncompared(extent) };
        file.write_header(outbox);
        file
    }

    /// Frames in it, gaps included.
    pub(super) fn frames(&self) -> u64 {
        self.extent.frames
    }

    /// Writes samples, channels interleaved, from a frame on.
    pub(super) fn write(&mut self, at: u64, bytes: &[u8], outbox: &mut Outbox) {
        let extent = &mut *self.extent;
        let frame_len = u64::from(extent.channels) * 2;
        let write =
            StorageCommand::Write { file: self.id, offset: HEADER_LEN + at * frame_len, bytes };
        outbox.storage(write, rule::MX_3);
        let len = u64::try_from(bytes.len()).unwrap_or_default();
        extent.frames = extent.frames.max(at + len / frame_len);
        if extent.frames - extent.saved >= u64::from(extent.sample_rate) {
            self.write_header(outbox);
        }
    }

    /// Brings the header up to date.
    pub(super) fn save(&mut self, outbox: &mut Outbox) {
        if self.extent.saved != self.extent.frames {
            self.write_header(outbox);
        }
    }

    /// Completes the file, or takes it away.
    pub(super) fn finish(mut self, keeps: bool, outbox: &mut Outbox) {
        if keeps {
            self.write_header(outbox);
        }
        outbox.storage(StorageCommand::Close(self.id), rule::MX_3);
        if !keeps {
            outbox.storage(StorageCommand::Delete(self.id), rule::MX_D3);
        }
    }

    fn write_header(&mut self, outbox: &mut Outbox) {
        let extent = &mut *self.extent;
        extent.saved = extent.frames;
        if let Ok(header) = pcm16_header(extent.channels, extent.sample_rate, extent.frames) {
            let bytes = header.as_bytes();
            let write = StorageCommand::Write { file: self.id, offset: 0, bytes };
            outbox.storage(write, rule::MX_3);
        }
    }
}

/// Bytes before the first sample, up to 4 GiB.
const HEADER_LEN: u64 = 44;

/// The file of a take: `1000_0001_20261122091500_sent.wav`, or without a side for both.
pub(super) fn file_name(
    extension: &str,
    take: u32,
    time: impl core::fmt::Display,
    side: Option<Side>,
) -> String {
    // An extension comes from outside, and a name is no path.
    let extension: String =
        extension.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let (joint, side) = side.map_or(("", ""), |side| ("_", side_name(side)));
    format!("{extension}_{take:04}_{time}{joint}{side}.wav")
}

/// The name of a side in file names.
const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Sent => "sent",
        Side::Received => "received",
        Side::Mixed => "mixed",
    }
}
