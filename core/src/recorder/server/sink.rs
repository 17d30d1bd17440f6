//! The file of a recording at the server, in either format.

mod blocks;
mod wave;

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use self::blocks::Blocks;
use self::wave::Wave;
use super::FileFormat;
use super::session::Taken;
use crate::codec::Codec;
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
        id: &str,
        outbox: &mut Outbox,
    ) -> Taken {
        match self {
            Self::Wave(wave) => wave.write(packet, silence, files, id, outbox),
            Self::Blocks(blocks) => blocks.write(datagram, files, id, outbox),
        }
    }

    pub(super) fn file(&self) -> Option<FileId> {
        match self {
            Self::Wave(wave) => wave.file(),
            Self::Blocks(blocks) => blocks.file(),
        }
    }

    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        match self {
            Self::Wave(wave) => wave.close(outbox),
            Self::Blocks(blocks) => blocks.close(outbox),
        }
    }
}

/// What the server's files have in common.
#[derive(Debug)]
pub(super) struct Files<'a> {
    /// The number of the next one.
    pub(super) next: &'a mut FileId,
    /// Bytes free, where they are known.
    pub(super) free: Option<u64>,
    pub(super) time: SystemTime,
    pub(super) port: u16,
}

impl Files<'_> {
    /// Makes the file of a recording's `part`, from 1.
    fn create(&mut self, id: &str, part: u32, outbox: &mut Outbox) -> FileId {
        let file = *self.next;
        *self.next = FileId(file.0.wrapping_add(1));
        let name = name(self.time, id, self.port, part);
        outbox.storage(StorageCommand::Create { file, name: &name }, rule::BX_S7);
        file
    }

    fn has_room_for(&self, bytes: u64) -> bool {
        self.free.is_none_or(|free| free >= bytes)
    }
}

/// Time, id and port: no two recordings share all three. Of the id, which the phone chose, only
/// what is harmless in a name.
fn name(time: SystemTime, id: &str, port: u16, part: u32) -> String {
    let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    if part > 1 {
        format!("Record_{time}_{id}_{port}_{part}.wav")
    } else {
        format!("Record_{time}_{id}_{port}.wav")
    }
}
