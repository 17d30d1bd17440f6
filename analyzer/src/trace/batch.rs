//! Packets of known streams, put by for a moment to be counted stream by stream.
//!
//! What a stream counts spans a dozen cache lines, and calls take turns packet by packet: by the
//! next packet of a stream its lines would have had to make room for those of all others. Many
//! packets of one stream in a row fetch them once, and most of them can be counted together.
//!
//! Streams know nothing of one another, so their turns may be changed. Whoever does anything else
//! with streams has what waits here counted before.

use super::index::ChunkIndex;
use super::stream::RtpPacket;
use recscope_core::rtp::statistics::MediaPacket;
use recscope_core::rtp::{Header, RtpTime, SequenceNumber, Ssrc};
use std::ops::Range;

/// A packet that waits, without its bytes and without what is the same for all of its stream: so
/// two of them share a line of the processor's cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(super) number: u64,
    pub(super) time_ns: i64,
    pub(super) timestamp: RtpTime,
    /// Where its bytes begin in the input that is at hand, and how many they are.
    at: u32,
    len: u32,
    sequence: SequenceNumber,
    payload_type: u8,
    marker: bool,
}

/// The packets that wait, and which stream each is of.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    packets: Vec<Waiting>,
    /// As many: the stream of each.
    owners: Vec<u32>,
    /// The streams that have any, in the order of their first.
    streams: Vec<u32>,
    /// How many each stream that there is has.
    counts: Vec<u32>,
}

impl Waiting {
    /// A packet of an input, whose bytes begin there.
    #[inline]
    pub(super) const fn new(number: u64, time_ns: i64, header: &Header, at: u32, len: u32) -> Self {
        let Header { marker, payload_type, sequence, timestamp, .. } = *header;
        Self { number, time_ns, timestamp, at, len, sequence, payload_type, marker }
    }

    /// The packet, with its stream's SSRC and its bytes from `input`.
    #[inline]
    pub(super) fn packet(self, ssrc: Ssrc, input: &[u8], chunk: ChunkIndex) -> RtpPacket<'_> {
        let Self { number, time_ns, timestamp, sequence, payload_type, marker, .. } = self;
        let header = Header { marker, payload_type, sequence, timestamp, ssrc };
        let bytes = self.bytes(input);
        RtpPacket { number, time_ns, chunk, header, bytes, truncated: false }
    }

    fn bytes(self, input: &[u8]) -> &[u8] {
        let bytes = input.get(self.at as usize..).and_then(|bytes| bytes.get(..self.len as usize));
        bytes.unwrap_or_default()
    }

    /// The packet as statistics take it, if it is of this payload type and has no marker.
    #[inline]
    pub(super) fn as_media(&self, payload_type: u8) -> Option<MediaPacket> {
        let Self { timestamp, sequence, marker, .. } = *self;
        let media = MediaPacket { arrival_us: self.arrival_us(), sequence, timestamp };
        (self.payload_type == payload_type && !marker).then_some(media)
    }

    #[inline]
    pub(super) const fn arrival_us(&self) -> i64 {
        self.time_ns.div_euclid(1000)
    }
}

impl Batch {
    /// Packets that are worth waiting for: some for each stream of a hundred calls, and what is
    /// kept of them still has a place in the second-nearest cache.
    pub(crate) const MOST: usize = 4096;

    /// Whether no more should be added.
    #[inline]
    pub(crate) const fn is_full(&self) -> bool {
        self.packets.len() >= Self::MOST
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Follows the streams: there is one more.
    pub(crate) fn add_stream(&mut self) {
        self.counts.push(0);
    }

    /// Adds a packet of the `stream`th stream, if there is one.
    #[inline(always)]
    pub(crate) fn add(&mut self, stream: u32, packet: Waiting) -> bool {
        let Some(count) = self.counts.get_mut(stream as usize) else { return false };
        if *count == 0 {
            self.streams.push(stream);
        }
        *count += 1;
        self.packets.push(packet);
        self.owners.push(stream);
        true
    }

    /// Appends the packets to `sorted`, each stream's together and in the order in which they came,
    /// and lets go of them. [`Self::take_rows`] tells where they are.
    pub(crate) fn sort_into(&mut self, sorted: &mut Vec<Waiting>) {
        let base = sorted.len();
        // Room: all of it is written over.
        sorted.extend_from_slice(&self.packets);
        let places = sorted.get_mut(base..).unwrap_or_default();
        // From here on, a stream's count is the place of its next packet.
        let mut next = 0;
        for stream in &self.streams {
            if let Some(count) = self.counts.get_mut(*stream as usize) {
                next += std::mem::replace(count, next);
            }
        }
        for (packet, stream) in self.packets.drain(..).zip(self.owners.drain(..)) {
            let Some(place) = self.counts.get_mut(stream as usize) else { continue };
            if let Some(to) = places.get_mut(*place as usize) {
                *to = packet;
            }
            *place += 1;
        }
    }

    /// Each stream that had packets, and where in what was sorted last they are.
    pub(crate) fn take_rows(&mut self) -> impl Iterator<Item = (u32, Range<usize>)> {
        let counts = &mut self.counts;
        let mut start = 0;
        self.streams.drain(..).map(move |stream| {
            let end = counts.get_mut(stream as usize).map_or(0, std::mem::take) as usize;
            (stream, std::mem::replace(&mut start, end)..end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stream_gets_its_packets_back_in_order() {
        let mut batch = Batch::default();
        for _ in 0..3 {
            batch.add_stream();
        }
        let mut sorted = Vec::new();
        for round in 0..2 {
            let packet = |number| Waiting::new(number, 0, &Header::default(), 0, 0);
            for (number, stream) in [(1, 2), (2, 0), (3, 2), (4, 2), (5, 0)] {
                assert!(batch.add(stream, packet(number + round)));
            }
            assert!(!batch.add(3, packet(9)));
            let before = sorted.len();
            batch.sort_into(&mut sorted);
            assert_eq!(batch.take_rows().collect::<Vec<_>>(), [(2, 0..3), (0, 3..5)]);
            let numbers = sorted[before..].iter().map(|packet| packet.number - round);
            assert_eq!(numbers.collect::<Vec<_>>(), [1, 3, 4, 2, 5]);
            assert!(batch.is_empty());
        }
    }

    #[test]
    fn a_waiting_packet_takes_half_a_line_of_the_cache() {
        assert_eq!(size_of::<Waiting>(), 32);
    }
}
