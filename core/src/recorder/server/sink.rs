//! The file of a recording at the server, in either format.

mod blocks;
mod wave;

use core::time::Duration;

use self::blocks::Blocks;
use self::wave::Wave;
use super::FileFormat;
use super::name::{Names, file_name};
use super::session::Taken;
use crate::codec::Codec;
use crate::control::StartRequest;
use crate::machine::{FileId, Outbox, StorageCommand};
use crate::recording::SystemTime;
use crate::rtp;
use crate::rule;

/// Writes packets to a file, which is made when the first comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one per recording, and the larger one is the usual one"
)]
pub(super) enum Sink {
    Wave(Wave),
    Blocks(Blocks),
}

impl Sink {
    pub(super) fn new(format: FileFormat, codec: Codec) -> Self {
        match format {
            FileFormat::Wave => Self::Wave(Wave::new(codec)),
            FileFormat::Recording => Self::Blocks(Blocks::new(codec)),
        }
    }

    pub(super) fn write(
        &mut self,
        datagram: &[u8],
        packet: &rtp::Packet<'_>,
        silence: Duration,
        files: &mut Files<'_>,
        request: &StartRequest,
        outbox: &mut Outbox,
    ) -> Taken {
        match self {
            Self::Wave(wave) => wave.write(packet, silence, files, request, outbox),
            Self::Blocks(blocks) => blocks.write(datagram, files, request, outbox),
        }
    }

    pub(super) fn file(&self) -> Option<FileId> {
        match self {
            Self::Wave(wave) => wave.file(),
            Self::Blocks(blocks) => blocks.file(),
        }
    }

    /// Brings the header of the file up to date.
    pub(super) fn save(&mut self, outbox: &mut Outbox) {
        match self {
            Self::Wave(wave) => wave.save(outbox),
            Self::Blocks(blocks) => blocks.save(outbox),
        }
    }

    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        match self {
            Self::Wave(wave) => wave.close(outbox),
            Self::Blocks(blocks) => blocks.close(outbox),
        }
    }

    /// What the last packet added was not written: the file's header is not to count it.
    pub(super) fn take_back(&mut self) {
        match self {
            Self::Wave(wave) => wave.take_back(),
            Self::Blocks(blocks) => blocks.take_back(),
        }
    }
}

/// What the server's files have in common.
#[derive(Debug)]
pub(super) struct Files<'a> {
    /// The number of the next one.
    pub(super) next: &'a mut FileId,
    /// Those given before.
    pub(super) names: &'a mut Names,
    /// Bytes free, where they are known.
    pub(super) free: Option<u64>,
    pub(super) time: SystemTime,
    pub(super) port: u16,
}

impl Files<'_> {
    /// Makes the file of a recording's `part`, from 1.
    fn create(&mut self, request: &StartRequest, part: u32, outbox: &mut Outbox) -> FileId {
        let file = *self.next;
        *self.next = FileId(file.0.wrapping_add(1));
        let name = file_name(self.time, request, self.port, part);
        let name = self.names.unique(self.time, &name);
        outbox.storage(StorageCommand::Create { file, name: &name }, rule::BX_S7);
        file
    }

    fn has_room_for(&self, bytes: u64) -> bool {
        self.free.is_none_or(|free| free >= bytes)
    }
}
