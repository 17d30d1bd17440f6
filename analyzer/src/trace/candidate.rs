//! Packets that look like RTP before enough of them have been seen.
//!
//! RTP has no mark of its own: two bits of version are all. Without an SDP that announces a
//! stream, packets count as RTP once a few with the same ends and SSRC have gone on in sequence
//! and time (RFC 3550 A.1). Until then they wait here, and are counted afterwards.

use super::index::ChunkIndex;
use super::key::StreamKey;
use super::stream::RtpPacket;
use recscope_core::rtp::Header;
use recscope_core::rtp::payload;
use std::net::SocketAddr;

/// A few packets of what may become a stream.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    key: StreamKey,
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    packets: Vec<Held>,
}

/// What is kept of a packet: enough for the statistics and for an RFC 4733 event.
#[derive(Clone, Copy, Debug)]
struct Held {
    number: u64,
    time_ns: i64,
    chunk: ChunkIndex,
    header: Header,
    /// The first bytes.
    start: [u8; Held::LEN],
    len: u8,
}

impl Held {
    const LEN: usize = 20;

    fn new(packet: &RtpPacket<'_>) -> Self {
        let mut start = [0; Self::LEN];
        let mut len = 0;
        for (to, from) in start.iter_mut().zip(packet.bytes) {
            *to = *from;
            len += 1;
        }
        Self {
            number: packet.number,
            time_ns: packet.time_ns,
            chunk: packet.chunk,
            header: packet.header,
            start,
            len,
        }
    }
}

/// What is known of a candidate after a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not yet.
    Open,
    /// It is RTP.
    Valid,
}

impl Candidate {
    /// Packets in sequence that make a stream.
    const ENOUGH: usize = 3;
    /// Sequence numbers that may be missing between two packets.
    const MOST_MISSING: i16 = 50;

    fn new(key: StreamKey, packet: &RtpPacket<'_>) -> Self {
        let held = Held::new(packet);
        Self { key, src: packet.src, dst: packet.dst, packets: vec![held] }
    }

    fn on_packet(&mut self, packet: &RtpPacket<'_>) -> Verdict {
        let follows = self.packets.last().is_some_and(|last| {
            let step = packet.header.sequence.distance_from(last.header.sequence);
            let time = packet.header.timestamp.distance_from(last.header.timestamp);
            (0..=Self::MOST_MISSING).contains(&step) && time >= 0
        });
        if !follows {
            self.packets.clear();
        }
        self.packets.push(Held::new(packet));
        let plausible = is_plausible(packet.header.payload_type);
        if plausible && self.packets.len() >= Self::ENOUGH && self.steps() >= Self::ENOUGH - 1 {
            return Verdict::Valid;
        }
        if self.packets.len() > 2 * Self::ENOUGH {
            self.packets.remove(0);
        }
        Verdict::Open
    }

    /// Packets that went on in sequence; repetitions do not count.
    fn steps(&self) -> usize {
        let steps = self.packets.windows(2);
        steps
            .filter(|pair| matches!(pair, [a, b] if a.header.sequence != b.header.sequence))
            .count()
    }

    /// Hands out the packets in order.
    pub(crate) fn replay(&self, mut each: impl FnMut(&RtpPacket<'_>)) {
        for held in &self.packets {
            each(&RtpPacket {
                number: held.number,
                time_ns: held.time_ns,
                src: self.src,
                dst: self.dst,
                chunk: held.chunk,
                header: held.header,
                bytes: held.start.get(..usize::from(held.len)).unwrap_or_default(),
            });
        }
    }
}

/// Whether a payload type can occur without signalling: a static one, or a dynamic one that was
/// agreed out of sight. Those of RTCP (72 to 76) and the unassigned ones are not RTP's.
fn is_plausible(payload_type: u8) -> bool {
    payload_type >= payload::FIRST_DYNAMIC
        || payload::static_payload(payload_type).is_some()
        || payload::is_comfort_noise(payload_type)
}

/// The candidates, the oldest making room for the newest.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    slots: Vec<Option<Candidate>>,
    next: usize,
    refused: u64,
}

impl Candidates {
    /// Most candidates at once. One becomes a stream with its third packet, so this many new ones
    /// within some 60 ms must come to push out a real one.
    const MOST: usize = 1024;

    /// Opens a candidate with its first packet. Returns its slot, and the key of the one that had
    /// to go.
    pub(crate) fn open(
        &mut self,
        key: StreamKey,
        packet: &RtpPacket<'_>,
    ) -> (u32, Option<StreamKey>) {
        let candidate = Some(Candidate::new(key, packet));
        let slot = self.next;
        self.next = (self.next + 1) % Self::MOST;
        #[allow(clippy::cast_possible_truncation, reason = "slots are fewer than MOST")]
        let number = slot as u32;
        let evicted = match self.slots.get_mut(slot) {
            Some(place) => std::mem::replace(place, candidate),
            None => {
                self.slots.push(candidate);
                None
            }
        };
        self.refused += evicted.as_ref().map_or(0, |old| old.packets.len() as u64);
        (number, evicted.map(|old| old.key))
    }

    pub(crate) fn on_packet(&mut self, slot: u32, packet: &RtpPacket<'_>) -> Verdict {
        let candidate = self.slots.get_mut(slot as usize).and_then(Option::as_mut);
        let Some(candidate) = candidate else { return Verdict::Open };
        let before = candidate.packets.len();
        let verdict = candidate.on_packet(packet);
        self.refused += (before + 1 - candidate.packets.len()) as u64;
        verdict
    }

    /// Takes a candidate out.
    pub(crate) fn close(&mut self, slot: u32) -> Option<Candidate> {
        self.slots.get_mut(slot as usize)?.take()
    }

    /// The candidates one of whose ends is `address`.
    pub(crate) fn at(&self, address: SocketAddr) -> Vec<(StreamKey, u32)> {
        let here = |candidate: &&Candidate| candidate.src == address || candidate.dst == address;
        (0..)
            .zip(&self.slots)
            .filter_map(|(slot, candidate)| Some((slot, candidate.as_ref().filter(here)?)))
            .map(|(slot, candidate)| (candidate.key, slot))
            .collect()
    }

    /// Follows [`Chunks::begin`](super::index::Chunks::begin) when it halves the numbers.
    pub(crate) fn halve_chunks(&mut self) {
        for held in self.slots.iter_mut().flatten().flat_map(|candidate| &mut candidate.packets) {
            held.chunk.0 /= 2;
        }
    }

    /// Packets that were not RTP after all.
    pub(crate) fn refused(&self) -> u64 {
        let waiting = self.slots.iter().flatten().map(|candidate| candidate.packets.len() as u64);
        self.refused + waiting.sum::<u64>()
    }
}
