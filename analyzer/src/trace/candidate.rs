//! Packets that look like RTP before enough of them have been seen.
//!
//! Without an SDP that announces a stream, packets count as RTP once a few with the same ends and
//! SSRC have gone on in sequence and time ([`Validator`]). Until then they wait here, and are
//! counted afterwards.

use super::index::ChunkIndex;
use super::key::{Ends, StreamKey};
use super::stream::RtpPacket;
use recscope_core::rtp::Header;
use recscope_core::rtp::heuristic::{Validator, Verdict};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// A few packets of what may become a stream.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    key: StreamKey,
    pub(super) ends: Ends,
    validator: Validator,
    packets: VecDeque<Held>,
}

/// What is kept of a packet: enough for the statistics and for an RFC 4733 event.
#[derive(Clone, Copy, Debug)]
struct Held {
    number: u64,
    time_ns: i64,
    chunk: ChunkIndex,
    header: Header,
    /// The first bytes: one more than a packet with an event has, so that a longer one is not
    /// taken for it.
    start: [u8; Held::LEN],
    len: u8,
}

impl Held {
    const LEN: usize = Header::LEN + 5;

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

impl Candidate {
    /// Most packets held: more than make a stream, as repetitions do not count.
    const MOST_HELD: usize = 16;

    fn new(key: StreamKey, ends: Ends, packet: &RtpPacket<'_>) -> Self {
        let mut validator = Validator::new();
        validator.on_packet(&packet.header);
        let packets = VecDeque::from([Held::new(packet)]);
        Self { key, ends, validator, packets }
    }

    /// Takes a packet; returns how many are given up as something else.
    fn on_packet(&mut self, packet: &RtpPacket<'_>) -> usize {
        if self.validator.on_packet(&packet.header) == Verdict::NotRtp {
            let given_up = self.packets.len();
            self.packets.clear();
            return given_up + 1;
        }
        self.packets.push_back(Held::new(packet));
        let is_full = self.packets.len() > Self::MOST_HELD;
        usize::from(is_full && self.packets.pop_front().is_some())
    }

    /// The packets in order.
    pub(super) fn packets(&self) -> impl Iterator<Item = RtpPacket<'_>> {
        self.packets.iter().map(|held| RtpPacket {
            number: held.number,
            time_ns: held.time_ns,
            chunk: held.chunk,
            header: held.header,
            bytes: held.start.get(..usize::from(held.len)).unwrap_or_default(),
            truncated: true,
        })
    }
}

/// The candidates, the oldest making room for the newest.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    slots: Vec<Option<Candidate>>,
    next: usize,
    refused: u64,
}

impl Candidates {
    /// Most candidates at once. One becomes a stream with its fourth packet, so this many new ones
    /// within some 80 ms must come to push out a real one.
    const MOST: usize = 1024;

    /// Opens a candidate with its first packet. Returns its slot, and the key of the one that had
    /// to go.
    pub(super) fn open(
        &mut self,
        key: StreamKey,
        ends: Ends,
        packet: &RtpPacket<'_>,
    ) -> (u32, Option<StreamKey>) {
        let candidate = Some(Candidate::new(key, ends, packet));
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

    /// Takes a further packet of a candidate; returns whether that makes it a stream.
    pub(super) fn on_packet(&mut self, slot: u32, packet: &RtpPacket<'_>) -> bool {
        let candidate = self.slots.get_mut(slot as usize).and_then(Option::as_mut);
        let Some(candidate) = candidate else { return false };
        self.refused += candidate.on_packet(packet) as u64;
        candidate.validator.verdict() == Verdict::Rtp
    }

    /// Takes a candidate out.
    pub(super) fn close(&mut self, slot: u32) -> Option<Candidate> {
        self.slots.get_mut(slot as usize)?.take()
    }

    /// The candidates one of whose ends is `address`.
    pub(super) fn at(&self, address: SocketAddr) -> Vec<(StreamKey, u32)> {
        let here =
            |candidate: &&Candidate| [candidate.ends.src, candidate.ends.dst].contains(&address);
        (0..)
            .zip(&self.slots)
            .filter_map(|(slot, candidate)| Some((slot, candidate.as_ref().filter(here)?)))
            .map(|(slot, candidate)| (candidate.key, slot))
            .collect()
    }

    /// Follows [`Chunks::begin`](super::index::Chunks::begin) when it halves the numbers.
    pub(super) fn halve_chunks(&mut self) {
        for held in self.slots.iter_mut().flatten().flat_map(|candidate| &mut candidate.packets) {
            held.chunk.0 /= 2;
        }
    }

    /// Packets that were not RTP after all.
    pub(super) fn refused(&self) -> u64 {
        let waiting = self.slots.iter().flatten().map(|candidate| candidate.packets.len() as u64);
        self.refused + waiting.sum::<u64>()
    }
}
