//! One file of a local recording.

use alloc::vec::Vec;

use super::super::media::Stream;
use crate::machine::{FileId, Outbox, StorageCommand};
use crate::recording::{HEADER_LEN, RtpHeaders, Writer};
use crate::rtp;
use crate::rule::{self, Rule};

/// A file being written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct File {
    id: FileId,
    writer: Writer,
    /// The packet of the block being written; kept for its memory.
    packet: Vec<u8>,
}

impl File {
    /// A file that was just created: writes its header.
    pub(super) fn new(id: FileId, writer: Writer, outbox: &mut Outbox) -> Self {
        let header = writer.header();
        let write = StorageCommand::Write { file: id, offset: 0, bytes: &header };
        outbox.storage(write, rule::BX_L3);
        Self { id, writer, packet: Vec::new() }
    }

    /// Bytes that a file needs to be worth beginning: its header and one block.
    pub(super) fn room_to_begin(writer: &Writer) -> u64 {
        HEADER_LEN as u64 + writer.rtp_len()
    }

    pub(super) const fn id(&self) -> FileId {
        self.id
    }

    pub(super) fn len(&self) -> u64 {
        self.writer.file_len()
    }

    pub(super) fn block_len(&self) -> u64 {
        self.writer.rtp_len()
    }

    /// Whether another block would be more than `limit` bytes, of which 0 means none, or more
    /// than the format can count. The first block always fits.
    pub(super) fn is_full(&self, limit: u64) -> bool {
        let countable = HEADER_LEN as u64 + u64::from(u32::MAX);
        let limit = if limit == 0 { countable } else { limit.min(countable) };
        self.len() > HEADER_LEN as u64 && self.len() + self.block_len() > limit
    }

    /// Writes the next packet of `stream` as a block, and the header once a second.
    pub(super) fn write_block(
        &mut self,
        stream: &mut Stream,
        rtp_headers: RtpHeaders,
        outbox: &mut Outbox,
    ) {
        self.packet.clear();
        stream.write_packet(&mut self.packet);
        let start = match rtp_headers {
            RtpHeaders::Present => 0,
            RtpHeaders::Absent => rtp::Header::LEN,
        };
        let block = self.packet.get(start..).unwrap_or_default();
        let offset = self.writer.file_len();
        // All packets of a stream have one length, and `is_full` leaves room to count them.
        let Ok(patch) = self.writer.append(block) else { return };
        let write = StorageCommand::Write { file: self.id, offset, bytes: block };
        outbox.storage(write, rule::BX_L3);
        if patch.is_some() {
            self.save_header(rule::BX_L6, outbox);
        }
    }

    /// Brings the header in the file up to date.
    pub(super) fn save_header(&self, rule: &'static Rule, outbox: &mut Outbox) {
        let patch = self.writer.patch();
        let write = StorageCommand::Write {
            file: self.id,
            offset: patch.offset as u64,
            bytes: &patch.bytes,
        };
        outbox.storage(write, rule);
    }

    /// Completes the file.
    pub(super) fn close(&self, rule: &'static Rule, outbox: &mut Outbox) {
        self.save_header(rule, outbox);
        outbox.storage(StorageCommand::Close(self.id), rule);
    }
}
