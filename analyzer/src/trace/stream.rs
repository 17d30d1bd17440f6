//! One RTP stream: its numbers, what it carries, whose it is, where in the file it lies.

use super::CallIndex;
use super::batch::Waiting;
use super::feedback::Feedback;
use super::index::{ChunkIndex, Runs};
use super::key::Ends;
use super::media::{Declaration, Format, Party, Side};
use super::sessions::SessionIndex;
use super::watch::{Known, Watch};
use recscope_core::rtp::statistics::{PacketFacts, Role, Rule, Statistics};
use recscope_core::rtp::{Header, Packet, Ssrc, dtmf, heuristic, payload};
use std::net::SocketAddr;
use std::time::Duration;

/// An RTP packet as the trace sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RtpPacket<'a> {
    pub(crate) number: u64,
    pub(crate) time_ns: i64,
    pub(crate) chunk: ChunkIndex,
    pub(crate) header: Header,
    /// The packet, as far as it was captured.
    pub(crate) bytes: &'a [u8],
    /// The capture cut it.
    pub(crate) truncated: bool,
}

impl RtpPacket<'_> {
    /// Whether it may be RTP although no SDP says so. Where the capture cut the payload off, the
    /// header has to do.
    pub(crate) fn looks_like_rtp(&self) -> bool {
        if !self.truncated {
            return heuristic::looks_like_rtp(self.bytes);
        }
        let payload_type = self.header.payload_type;
        payload_type >= payload::FIRST_DYNAMIC || payload::static_payload(payload_type).is_some()
    }
}

/// An RTP stream.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) ssrc: Ssrc,
    /// Number of the first packet.
    pub(crate) first_packet: u64,
    pub(crate) first_ns: i64,
    pub(crate) last_ns: i64,
    pub(crate) statistics: Statistics,
    /// What it carried, in the order met; few, so they are searched one by one.
    pub(crate) payloads: Vec<PayloadUse>,
    /// The payload of the last packet.
    current: usize,
    events: Option<Box<dtmf::Collector>>,
    /// What its receiver says of it.
    pub(crate) feedback: Option<Box<Feedback>>,
    pub(crate) watch: Watch,
    pub(crate) runs: Runs,
    pub(crate) owner: Option<Owner>,
    pub(crate) encrypted: bool,
    /// Both sides have said that it is.
    is_encryption_agreed: bool,
}

/// A payload type in use.
#[derive(Clone, Debug)]
pub(crate) struct PayloadUse {
    pub(crate) format: Format,
    pub(crate) packets: u64,
    /// When it was first met with this meaning.
    pub(crate) since_packet: u64,
}

/// Whose stream it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A call's, sent by one of its sides.
    Call(CallIndex, Party),
    /// A recording's, sent to a record server.
    Session(SessionIndex),
}

impl Owner {
    /// Whose stream it is that goes to `receiver` or comes from `sender`.
    pub(crate) fn of(receiver: Option<&Declaration>, sender: Option<&Declaration>) -> Option<Self> {
        let side = receiver.map(|receiver| match receiver.side {
            Side::Party(call, party) => Self::Call(call, party.other()),
            Side::Recorder(session) => Self::Session(session),
        });
        side.or_else(|| {
            sender.map(|sender| match sender.side {
                Side::Party(call, party) => Self::Call(call, party),
                Side::Recorder(session) => Self::Session(session),
            })
        })
    }
}

impl Stream {
    /// Most payload types (and changes of their meaning) told apart in one stream.
    const MOST_PAYLOADS: usize = 64;

    pub(crate) fn new(ends: Ends, packet: &RtpPacket<'_>, rule: Rule) -> Self {
        Self {
            src: ends.src,
            dst: ends.dst,
            ssrc: packet.header.ssrc,
            first_packet: packet.number,
            first_ns: packet.time_ns,
            last_ns: packet.time_ns,
            statistics: Statistics::with_rule(0, rule),
            payloads: Vec::new(),
            current: 0,
            events: None,
            feedback: None,
            watch: Watch::default(),
            runs: Runs::default(),
            owner: None,
            encrypted: false,
            is_encryption_agreed: false,
        }
    }

    /// Whether the last packet was of this payload type.
    pub(crate) fn is_at(&self, payload_type: u8) -> bool {
        let current = self.payloads.get(self.current);
        current.is_some_and(|entry| entry.format.payload_type == payload_type)
    }

    /// Makes a payload type the current one. `formats` says what it means, where the stream has
    /// not had it yet.
    pub(crate) fn turn_to(
        &mut self,
        payload_type: u8,
        packet: u64,
        formats: impl FnOnce() -> Format,
    ) {
        // The latest meaning of a payload type is the last entry that has it.
        let known =
            self.payloads.iter().rposition(|entry| entry.format.payload_type == payload_type);
        self.current = known.unwrap_or_else(|| self.add_payload(formats(), packet));
    }

    /// Counts a packet of the current payload type.
    pub(crate) fn on_packet(&mut self, packet: &RtpPacket<'_>) {
        let header = &packet.header;
        self.first_ns = self.first_ns.min(packet.time_ns);
        self.last_ns = self.last_ns.max(packet.time_ns);
        self.runs.add(packet.chunk);
        let entry = self.payloads.get_mut(self.current);
        let (role, clock, codec) = entry.map_or_else(Default::default, |entry| {
            entry.packets += 1;
            (entry.format.role, entry.format.clock, entry.format.codec)
        });
        if clock != 0 && clock != self.statistics.clock() {
            self.statistics.set_clock(clock);
        }
        let facts = PacketFacts {
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            role,
        };
        if role == Role::Event && !self.encrypted {
            self.on_event(packet);
        }
        let arrival_us = packet.time_ns.div_euclid(1000);
        let order = self.statistics.on_packet(arrival_us, &facts);
        let codec = codec.filter(|_| !self.encrypted);
        let jitter_ms = self.statistics.jitter_ms();
        self.watch.on_packet(packet, Known { arrival_us, order, role, clock, codec, jitter_ms });
    }

    /// Counts packets from the front of `row` for as long as they are media of the current payload
    /// type that comes as it should, and gives how many. Their bytes are in `input`, which lies in
    /// `chunk`.
    pub(crate) fn on_run(&mut self, row: &[Waiting], input: &[u8], chunk: ChunkIndex) -> usize {
        let Some(entry) = self.payloads.get_mut(self.current) else { return 0 };
        let Format { payload_type, role, clock, codec, .. } = entry.format;
        if role != Role::Media || clock != self.statistics.clock() {
            return 0;
        }
        let media = row.iter().map_while(|packet| packet.as_media(payload_type));
        let run = self.statistics.on_run(media);
        let packets = row.get(..run.packets).unwrap_or_default();
        if packets.is_empty() {
            return 0;
        }
        entry.packets += packets.len() as u64;
        self.runs.add(chunk);
        for packet in packets {
            self.first_ns = self.first_ns.min(packet.time_ns);
            self.last_ns = self.last_ns.max(packet.time_ns);
        }
        let codec = codec.filter(|_| !self.encrypted);
        self.watch
            .on_run(packets, run, clock, codec, |packet| packet.packet(self.ssrc, input, chunk));
        packets.len()
    }

    /// Adds an entry, or gives the last one where there are too many.
    fn add_payload(&mut self, format: Format, packet: u64) -> usize {
        if self.payloads.len() < Self::MOST_PAYLOADS {
            self.payloads.push(PayloadUse { format, packets: 0, since_packet: packet });
        }
        self.payloads.len().saturating_sub(1)
    }

    #[cold]
    fn on_event(&mut self, packet: &RtpPacket<'_>) {
        let Ok(parsed) = Packet::parse(packet.bytes) else { return };
        let events = self.events.get_or_insert_default();
        // A payload without a whole event says nothing.
        let _ = events.on_packet(&packet.header, parsed.payload, |_| {});
    }

    /// The call that it belongs to.
    pub(crate) const fn call(&self) -> Option<CallIndex> {
        match self.owner {
            Some(Owner::Call(call, _)) => Some(call),
            _ => None,
        }
    }

    /// The side of its call that sends it.
    pub(crate) const fn sender(&self) -> Option<Party> {
        match self.owner {
            Some(Owner::Call(_, party)) => Some(party),
            _ => None,
        }
    }

    /// RFC 4733 digits in order.
    pub(crate) fn digits(&self) -> &str {
        self.events.as_ref().map_or("", |events| events.digits())
    }

    /// Takes over what signalling said after the stream had begun: what its payload types mean,
    /// and whether it is encrypted.
    pub(crate) fn learn(&mut self, declaration: &Declaration, packet: u64) {
        // What was encrypted for a while cannot be read as a whole; what was only offered to be
        // may have been turned down.
        if !self.is_encryption_agreed {
            self.encrypted = declaration.encrypted;
            self.is_encryption_agreed = declaration.encrypted && declaration.is_agreed;
        }
        for declared in declaration.formats.iter() {
            let payload_type = declared.payload_type;
            let latest =
                self.payloads.iter().rposition(|entry| entry.format.payload_type == payload_type);
            let Some(latest) = latest else { continue };
            let Some(entry) = self.payloads.get_mut(latest) else { continue };
            if entry.format.name == declared.name {
                entry.format = declared.clone();
            } else if entry.format.name.is_empty() {
                // Nothing was known of it before: it has meant this all along.
                entry.format = declared.clone();
            } else if payload_type >= payload::FIRST_DYNAMIC {
                self.current = self.add_payload(declared.clone(), packet);
            }
        }
    }

    /// Comfort noise packets.
    pub(crate) fn comfort_noise(&self) -> u64 {
        let is_noise = |entry: &&PayloadUse| entry.format.role == Role::ComfortNoise;
        self.payloads.iter().filter(is_noise).map(|entry| entry.packets).sum()
    }

    /// Playing time of a packet, where most packets last as long.
    pub(crate) fn packet_time(&self) -> Option<Duration> {
        let clock = self.main_payload().map(|payload| payload.format.clock)?;
        let us = u64::from(self.watch.ticks_per_packet()?) * 1_000_000;
        us.checked_div(clock.into()).map(Duration::from_micros)
    }

    /// The payload that most packets carry, events and comfort noise aside where there is another.
    pub(crate) fn main_payload(&self) -> Option<&PayloadUse> {
        let most = |wanted: fn(Role) -> bool| {
            let mut entries = self.payloads.iter().filter(|entry| wanted(entry.format.role));
            let first = entries.next()?;
            Some(entries.fold(first, |a, b| if b.packets > a.packets { b } else { a }))
        };
        most(|role| role == Role::Media).or_else(|| most(|_| true))
    }
}
