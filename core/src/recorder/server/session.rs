//! One phone's recording at the server: which packets belong to it, and where they go.

use alloc::string::String;
use core::net::IpAddr;
use core::time::Duration;

use super::sink::{Files, Sink};
use super::{Config, FileFormat};
use crate::codec::Codec;
use crate::machine::{Connection, FileId, Outbox};
use crate::rtp;

/// A recording under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) device: String,
    pub(super) codec: Codec,
    pub(super) phone: IpAddr,
    pub(super) connection: Connection,
    pub(super) packets: u64,
    /// The stream that is recorded: the first that came.
    ssrc: Option<rtp::Ssrc>,
    sink: Sink,
}

/// What became of a packet.
pub(super) enum Taken {
    /// It was written, and the files have grown by so many bytes.
    Written(u64),
    /// It was dropped, for this reason.
    Ignored(&'static str),
    /// There is no room for it.
    Full,
}

impl Session {
    pub(super) fn new(
        id: String,
        device: String,
        codec: Codec,
        phone: IpAddr,
        connection: Connection,
        format: FileFormat,
    ) -> Self {
        let sink = Sink::new(format, codec);
        Self { id, device, codec, phone, connection, packets: 0, ssrc: None, sink }
    }

    /// Takes a datagram that came to this recording's port, after so much time without one.
    pub(super) fn accept(
        &mut self,
        from: IpAddr,
        payload: &[u8],
        silence: Duration,
        files: &mut Files<'_>,
        outbox: &mut Outbox,
    ) -> Taken {
        if from != self.phone {
            return Taken::Ignored("the RTP is not from the phone that is recorded");
        }
        let Ok(packet) = rtp::Packet::parse(payload) else {
            return Taken::Ignored("this is no RTP");
        };
        if packet.payload_type != self.codec.payload_type() {
            return Taken::Ignored("the payload type is not that of the codec agreed on");
        }
        if *self.ssrc.get_or_insert(packet.ssrc) != packet.ssrc {
            return Taken::Ignored("the source is not that of the recording");
        }
        let taken = self.sink.write(payload, &packet, silence, files, &self.id, outbox);
        if let Taken::Written(_) = taken {
            self.packets += 1;
        }
        taken
    }

    /// The file that is being written.
    pub(super) fn file(&self) -> Option<FileId> {
        self.sink.file()
    }

    /// Completes what was written.
    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        self.sink.close(outbox);
    }
}

impl Config {
    /// Whether phones that connected to `local` are told another address.
    pub(super) fn address_for(&self, local: IpAddr) -> IpAddr {
        if self.address.is_unspecified() { local } else { self.address }
    }
}
