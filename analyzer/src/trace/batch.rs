//! Packets of known streams, put by for a moment to be counted stream by stream.
//!
//! What a stream counts spans a dozen cache lines, and calls take turns packet by packet: by the
//! next packet of a stream its lines would have had to make room for those of all others. Many
//! packets of one stream in a row fetch them once.
//!
//! Streams know nothing of one another, so their turns may be changed. Whoever does anything else
//! with streams has what waits here counted before.

use super::index::ChunkIndex;
use super::stream::RtpPacket;
use recscope_core::rtp::Header;

/// A packet that waits, without its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    number: u64,
    time_ns: i64,
    header: Header,
    /// Where its bytes begin in the input that is at hand, and how many they are.
    at: u32,
    len: u32,
    truncated: bool,
    /// The stream's next packet that waits.
    next: Option<Place>,
}

/// A packet's place among those that wait, which are few.
pub(crate) type Place = u16;

/// The packets that wait, linked up by stream.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    packets: Vec<Waiting>,
    /// The streams that have any, in the order of their first, with its place.
    streams: Vec<(u32, Place)>,
    /// The last one of each stream that there is.
    last: Vec<Option<Place>>,
}

impl Waiting {
    pub(super) const fn new(number: u64, time_ns: i64, header: Header, at: u32, len: u32) -> Self {
        Self { number, time_ns, header, at, len, truncated: false, next: None }
    }

    /// The same packet among others, where the one after it, if there is one, has the place `next`.
    #[inline]
    pub(crate) fn moved_before(self, next: Place) -> Self {
        Self { next: self.next.map(|_| next), ..self }
    }

    /// A packet that need not wait, with all of its bytes as the input.
    pub(super) fn of(packet: &RtpPacket<'_>) -> Self {
        let RtpPacket { number, time_ns, header, truncated, .. } = *packet;
        let len = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        Self { truncated, ..Self::new(number, time_ns, header, 0, len) }
    }

    /// The packet, with its bytes from `input`.
    #[inline]
    pub(super) fn packet(self, input: &[u8], chunk: ChunkIndex) -> RtpPacket<'_> {
        let Self { number, time_ns, header, at, len, truncated, .. } = self;
        let bytes = input.get(at as usize..).and_then(|bytes| bytes.get(..len as usize));
        let bytes = bytes.unwrap_or_default();
        RtpPacket { number, time_ns, chunk, header, bytes, truncated }
    }
}

impl Batch {
    /// Packets that are worth waiting for: some for each stream of a hundred calls, and what is
    /// kept of them still has a place in the second-nearest cache.
    pub(crate) const MOST: usize = 2048;

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
        self.last.push(None);
    }

    /// Adds a packet of the `stream`th stream, unless it cannot.
    #[inline(always)]
    pub(crate) fn add(&mut self, stream: u32, packet: Waiting) -> bool {
        let Ok(place) = Place::try_from(self.packets.len()) else { return false };
        let Some(last) = self.last.get_mut(stream as usize) else { return false };
        match last.replace(place).and_then(|last| self.packets.get_mut(usize::from(last))) {
            Some(before) => before.next = Some(place),
            None => self.streams.push((stream, place)),
        }
        self.packets.push(packet);
        true
    }

    /// Gives each stream with the first of its packets, and then lets go of all.
    pub(crate) fn drain(&mut self, mut each: impl FnMut(u32, Row<'_>)) {
        for (stream, first) in self.streams.drain(..) {
            each(stream, Row { packets: &self.packets, next: Some(first) });
            if let Some(last) = self.last.get_mut(stream as usize) {
                *last = None;
            }
        }
        self.packets.clear();
    }
}

/// The waiting packets of one stream, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    packets: &'a [Waiting],
    next: Option<Place>,
}

impl<'a> Row<'a> {
    /// Those of `packets` from the `first`th on that are linked up.
    pub(crate) const fn from(packets: &'a [Waiting], first: Place) -> Self {
        Self { packets, next: Some(first) }
    }

    /// One packet that need not wait.
    pub(super) fn of(packet: &'a Waiting) -> Self {
        Self { packets: std::slice::from_ref(packet), next: Some(0) }
    }
}

impl Iterator for Row<'_> {
    type Item = Waiting;

    #[inline]
    fn next(&mut self) -> Option<Waiting> {
        let packet = self.packets.get(usize::from(self.next?))?;
        self.next = packet.next;
        Some(*packet)
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
        for round in 0..2 {
            for (number, stream) in [(1, 2), (2, 0), (3, 2), (4, 2), (5, 0)] {
                let packet = Waiting::new(number + round, 0, Header::default(), 0, 0);
                assert!(batch.add(stream, packet));
            }
            assert!(!batch.add(3, Waiting::new(9, 0, Header::default(), 0, 0)));
            let mut given = Vec::new();
            batch.drain(|stream, row| {
                given.push((stream, row.map(|packet| packet.number - round).collect::<Vec<_>>()));
            });
            assert_eq!(given, [(2, vec![1, 3, 4]), (0, vec![2, 5])]);
            assert!(batch.is_empty());
        }
    }
}
