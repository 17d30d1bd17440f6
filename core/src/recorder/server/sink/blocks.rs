//! A recording as phones write it, made of the packets as they came (BX-L3).

use alloc::vec::Vec;

use super::super::session::Taken;
use super::Files;
use crate::codec::Codec;
use crate::control::StartRequest;
use crate::machine::{FileId, Outbox, StorageCommand};
use crate::recording::{HEADER_LEN, Writer};
use crate::{rtp, rule};

/// Blocks of one length; a packet that is longer than they are begins a new file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Blocks {
    codec: Codec,
    open: Option<(FileId, Writer)>,
    part: u32,
    /// A packet that is shorter than the blocks, made as long with silence.
    padded: Vec<u8>,
}

impl Blocks {
    pub(super) const fn new(codec: Codec) -> Self {
        Self { codec, open: None, part: 0, padded: Vec::new() }
    }

    pub(super) fn file(&self) -> Option<FileId> {
        self.open.as_ref().map(|(file, _)| *file)
    }

    pub(super) fn write(
        &mut self,
        packet: &[u8],
        files: &mut Files<'_>,
        request: &StartRequest,
        outbox: &mut Outbox,
    ) -> Taken {
        let len = packet.len() as u64;
        let fits = self.open.as_ref().is_some_and(|(_, writer)| {
            len <= writer.rtp_len() && writer.file_len() + len <= u64::from(u32::MAX)
        });
        let mut grown = 0;
        if !fits {
            if !files.has_room_for(HEADER_LEN as u64 + len) {
                return Taken::Full;
            }
            if !self.begin(packet, files, request, outbox) {
                return Taken::Ignored("the RTP packet is too long for a block, or empty");
            }
            grown = HEADER_LEN as u64;
        }
        let Some((file, writer)) = &mut self.open else { return Taken::Full };
        let block_len = writer.rtp_len();
        if !files.has_room_for(grown + block_len) {
            return Taken::Full;
        }
        let block = if len == block_len {
            packet
        } else {
            self.padded.clear();
            self.padded.extend_from_slice(packet);
            let block_len = usize::try_from(block_len).unwrap_or(packet.len());
            self.padded.resize(block_len, self.codec.silence_byte());
            &self.padded
        };
        let offset = writer.file_len();
        let Ok(patch) = writer.append(block) else { return Taken::Full };
        let write = StorageCommand::Write { file: *file, offset, bytes: block };
        outbox.storage(write, rule::BX_S7);
        if patch.is_some() {
            self.save(outbox);
        }
        Taken::Written(grown + block_len)
    }

    /// Begins a file of blocks that are as long as `packet`.
    fn begin(
        &mut self,
        packet: &[u8],
        files: &mut Files<'_>,
        request: &StartRequest,
        outbox: &mut Outbox,
    ) -> bool {
        let payload = packet.len().saturating_sub(rtp::Header::LEN);
        let ticks = payload / self.codec.bytes_per_tick();
        let (Ok(len), Ok(ticks)) = (u32::try_from(packet.len()), u32::try_from(ticks)) else {
            return false;
        };
        let Ok(writer) = Writer::new(self.codec.name(), len, ticks) else { return false };
        self.close(outbox);
        self.part += 1;
        let file = files.create(request, self.part, outbox);
        let header = writer.header();
        let write = StorageCommand::Write { file, offset: 0, bytes: &header };
        outbox.storage(write, rule::BX_L3);
        self.open = Some((file, writer));
        true
    }

    pub(super) fn save(&self, outbox: &mut Outbox) {
        let Some((file, writer)) = &self.open else { return };
        let patch = writer.patch();
        let (offset, bytes) = (patch.offset as u64, &patch.bytes);
        outbox.storage(StorageCommand::Write { file: *file, offset, bytes }, rule::BX_L6);
    }

    pub(super) fn take_back(&mut self) {
        if let Some((_, writer)) = &mut self.open {
            writer.take_back();
        }
    }

    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        let Some((file, writer)) = self.open.take() else { return };
        let patch = writer.patch();
        let (offset, bytes) = (patch.offset as u64, &patch.bytes);
        outbox.storage(StorageCommand::Write { file, offset, bytes }, rule::BX_S7);
        outbox.storage(StorageCommand::Close(file), rule::BX_S7);
    }
}
