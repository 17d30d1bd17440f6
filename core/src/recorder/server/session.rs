//! One phone's recording at the server: which packets belong to it, and where they go.

use core::net::IpAddr;
use core::time::Duration;

use super::sink::{Files, Sink};
use super::{Config, Ended, FileFormat, Recording};
use crate::codec::Codec;
use crate::control::{StartRequest, StopRequest};
use crate::machine::{Connection, FileId, Outbox, Uncompared};
use crate::rtp;
use crate::rtp::statistics::{PacketFacts, Statistics};
use crate::time::Instant;

/// A recording under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Session {
    pub(super) request: StartRequest,
    pub(super) codec: Codec,
    pub(super) phone: IpAddr,
    pub(super) connection: Connection,
    pub(super) packets: u64,
    started: Uncompared<Instant>,
    /// The phone's own word on the end.
    pub(super) stop: Uncompared<Option<StopRequest>>,
    /// Of the stream that is recorded, what came twice or too late included.
    statistics: Uncompared<Statistics>,
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
        request: StartRequest,
        codec: Codec,
        phone: IpAddr,
        connection: Connection,
        started: Instant,
        format: FileFormat,
    ) -> Self {
        Self {
            request,
            codec,
            phone,
            connection,
            packets: 0,
            started: Uncompared(started),
            stop: Uncompared(None),
            statistics: Uncompared(Statistics::without_series(codec.rtp_clock())),
            ssrc: None,
            sink: Sink::new(format, codec),
        }
    }

    /// The recording as its owner sees it.
    pub(super) fn recording(&self, port: u16) -> Recording<'_> {
        Recording {
            id: &self.request.id,
            device: &self.request.device,
            request: &self.request,
            phone: self.phone,
            port,
            codec: self.codec,
            started: self.started.0,
            packets: self.packets,
            statistics: &self.statistics,
            file: self.file(),
        }
    }

    /// What is left to tell once it is over.
    pub(super) fn into_ended(self, port: u16, ended: Instant, cause: &'static str) -> Ended {
        Ended {
            phone: self.phone,
            port,
            codec: self.codec,
            started: self.started.0,
            ended,
            cause,
            packets: self.packets,
            statistics: self.statistics.summary(),
            stop: self.stop.0,
            request: self.request,
        }
    }

    /// Takes a datagram that came to this recording's port, after so much time without one.
    pub(super) fn accept(
        &mut self,
        now: Instant,
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
        let arrival = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        self.statistics.on_packet(arrival, &PacketFacts::of(&packet));
        let taken = self.sink.write(payload, &packet, silence, files, &self.request, outbox);
        if let Taken::Written(_) = taken {
            self.packets += 1;
        }
        taken
    }

    /// The file that is being written.
    pub(super) fn file(&self) -> Option<FileId> {
        self.sink.file()
    }

    /// Brings the header of the file up to date.
    pub(super) fn save(&mut self, outbox: &mut Outbox) {
        self.sink.save(outbox);
    }

    /// Completes what was written.
    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        self.sink.close(outbox);
    }

    /// The last packet could not be written: the file is to do without it.
    pub(super) fn take_back(&mut self) {
        self.packets = self.packets.saturating_sub(1);
        self.sink.take_back();
    }
}

impl Config {
    /// Whether phones that connected to `local` are told another address.
    pub(super) fn address_for(&self, local: IpAddr) -> IpAddr {
        if self.address.is_unspecified() { local } else { self.address }
    }
}
