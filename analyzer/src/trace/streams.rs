//! All RTP streams of a capture: those that signalling announced, and those that behave like RTP.

use super::CallIndex;
use super::batch::{Batch, Waiting};
use super::candidate::Candidates;
use super::feedback::Feedback;
use super::index::ChunkIndex;
use super::key::{Ends, FastMap, PlainKey, StreamKey};
use super::media::{Declaration, Declarations, Format};
use super::recent::Recent;
use super::stream::{Owner, RtpPacket, Stream};
use crate::order;
use recscope_core::rtp::statistics::{Role, Rule};
use recscope_core::rtp::{Packet, Ssrc, payload};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

/// What became of a packet that might be RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It belongs to a stream, for all that is known now.
    Taken,
    /// It is not RTP, or there are too many streams.
    Refused,
}

/// The streams, and the packets that may yet turn out to belong to one.
#[derive(Debug)]
pub(crate) struct Streams {
    by_key: FastMap<StreamKey, Slot>,
    all: Vec<Stream>,
    candidates: Candidates,
    recent: Recent,
    batch: Batch,
    /// What [`Self::count_waiting`] sorts them into.
    sorted: Vec<Waiting>,
    /// Streams by each of their ends, for what signalling says afterwards.
    by_address: FastMap<(IpAddr, u16), Vec<u32>>,
    /// The latest stream of an SSRC from one host to another, for RTCP, which may use other ports.
    by_ssrc: FastMap<(Ssrc, IpAddr, IpAddr), u32>,
    limit: usize,
    rule: Rule,
    /// Streams that were not followed because there were too many.
    pub(crate) beyond_limit: u64,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Stream(u32),
    Candidate(u32),
}

impl Streams {
    /// Most streams at one address that a late SDP is held against: its latest.
    const MOST_REVISITED: usize = 64;

    pub(crate) fn new(limit: u32, rule: Rule) -> Self {
        Self {
            by_key: FastMap::default(),
            all: Vec::new(),
            candidates: Candidates::default(),
            recent: Recent::default(),
            batch: Batch::default(),
            sorted: Vec::new(),
            by_address: FastMap::default(),
            by_ssrc: FastMap::default(),
            limit: limit as usize,
            rule,
            beyond_limit: 0,
        }
    }

    /// Takes a packet that has an RTP header.
    pub(crate) fn on_packet(
        &mut self,
        ends: Ends,
        packet: &RtpPacket<'_>,
        declarations: &Declarations,
    ) -> Fate {
        let key = StreamKey::new(ends, packet.header.ssrc);
        match self.by_key.get(&key) {
            Some(&Slot::Stream(index)) => {
                self.on_known(index, packet, declarations);
                Fate::Taken
            }
            Some(&Slot::Candidate(slot)) => self.on_candidate(key, slot, packet, declarations),
            None => self.on_unknown(key, ends, packet, declarations),
        }
    }

    /// Puts a packet by if it belongs to a stream already, and says whether it does. It counts with
    /// the next [`Self::count_waiting`].
    ///
    /// Always inlined, as is [`Batch::add`]: so the packet is written where it waits and not moved
    /// there, which the processor had to wait for.
    #[inline(always)]
    pub(crate) fn put_by(&mut self, key: PlainKey, packet: Waiting) -> bool {
        self.find(key).is_some_and(|stream| self.batch.add(stream, packet))
    }

    /// The stream of a key, if it is known.
    #[inline(always)]
    pub(crate) fn find(&mut self, key: PlainKey) -> Option<u32> {
        self.recent.find(key).or_else(|| self.recall(key))
    }

    /// The stream of a key, which is remembered as a recent one.
    #[inline(never)]
    fn recall(&mut self, key: PlainKey) -> Option<u32> {
        let Some(&Slot::Stream(index)) = self.by_key.get(&key.into()) else { return None };
        self.recent.remember(key, index);
        Some(index)
    }

    /// Whether so many packets wait that they should be counted.
    #[inline]
    pub(crate) const fn has_many_waiting(&self) -> bool {
        self.batch.is_full()
    }

    /// Counts the packets that were put by. Their bytes are in `input`, which lies in `chunk`.
    pub(crate) fn count_waiting(
        &mut self,
        input: &[u8],
        chunk: ChunkIndex,
        declarations: &Declarations,
    ) {
        if self.batch.is_empty() {
            return;
        }
        self.sorted.clear();
        self.batch.sort_into(&mut self.sorted);
        for (index, row) in self.batch.take_rows() {
            let row = self.sorted.get(row).unwrap_or_default();
            if let Some(stream) = self.all.get_mut(index as usize) {
                count_row(stream, row, input, chunk, declarations);
            }
        }
    }

    /// Counts packets of the stream of this key, if that is known. Their bytes are in `input`, which
    /// lies in `chunk`.
    pub(crate) fn count_row(
        &mut self,
        key: PlainKey,
        row: &[Waiting],
        input: &[u8],
        chunk: ChunkIndex,
        declarations: &Declarations,
    ) {
        let index = self.find(key);
        if let Some(stream) = index.and_then(|index| self.all.get_mut(index as usize)) {
            count_row(stream, row, input, chunk, declarations);
        }
    }

    /// Counts a packet in the stream that it belongs to.
    fn on_known(&mut self, index: u32, packet: &RtpPacket<'_>, declarations: &Declarations) {
        if let Some(stream) = self.all.get_mut(index as usize) {
            count(stream, packet, declarations);
        }
    }

    fn on_unknown(
        &mut self,
        key: StreamKey,
        ends: Ends,
        packet: &RtpPacket<'_>,
        declarations: &Declarations,
    ) -> Fate {
        let Ends { src, dst } = ends;
        let partner = self.partner(src, dst);
        let (receiver, sender) = declarations.of_stream(src, dst, packet.time_ns, partner);
        if receiver.is_some() || sender.is_some() {
            let Some(index) = self.open(key, Stream::new(ends, packet, self.rule)) else {
                return Fate::Refused;
            };
            self.bind(index, receiver, sender);
            self.on_known(index, packet, declarations);
            return Fate::Taken;
        }
        if !packet.looks_like_rtp() {
            return Fate::Refused;
        }
        let (slot, evicted) = self.candidates.open(key, ends, packet);
        if let Some(evicted) = evicted {
            self.by_key.remove(&evicted);
        }
        self.by_key.insert(key, Slot::Candidate(slot));
        Fate::Taken
    }

    fn on_candidate(
        &mut self,
        key: StreamKey,
        slot: u32,
        packet: &RtpPacket<'_>,
        declarations: &Declarations,
    ) -> Fate {
        if self.candidates.on_packet(slot, packet) {
            self.promote(key, slot, declarations);
        }
        Fate::Taken
    }

    /// Makes a stream of a candidate, its packets so far counted.
    fn promote(&mut self, key: StreamKey, slot: u32, declarations: &Declarations) {
        let Some(candidate) = self.candidates.close(slot) else { return };
        let Ends { src, dst } = candidate.ends;
        let first = candidate.packets().next();
        let stream = first.map(|packet| Stream::new(candidate.ends, &packet, self.rule));
        let opened = stream.and_then(|stream| self.open(key, stream));
        if let Some(index) = opened {
            for packet in candidate.packets() {
                self.on_known(index, &packet, declarations);
            }
            let time_ns = self.all.get(index as usize).map_or(0, |stream| stream.first_ns);
            let partner = self.partner(src, dst);
            let (receiver, sender) = declarations.of_stream(src, dst, time_ns, partner);
            self.bind(index, receiver, sender);
        } else {
            self.by_key.remove(&key);
        }
    }

    /// The call of the latest stream that goes the other way: where two calls mean the same media,
    /// both directions are of one.
    fn partner(&self, src: SocketAddr, dst: SocketAddr) -> Option<CallIndex> {
        let here = self.by_address.get(&(src.ip(), src.port()));
        let here = here.into_iter().flatten().rev().take(Self::MOST_REVISITED);
        let mut streams = here.filter_map(|&index| self.all.get(index as usize));
        streams.find(|stream| stream.src == dst && stream.dst == src)?.call()
    }

    /// Gives a stream its place, unless there are too many.
    fn open(&mut self, key: StreamKey, stream: Stream) -> Option<u32> {
        let index = u32::try_from(self.all.len()).ok();
        let Some(index) = index.filter(|_| self.all.len() < self.limit) else {
            self.beyond_limit += 1;
            return None;
        };
        for end in [stream.src, stream.dst] {
            self.by_address.entry((end.ip(), end.port())).or_default().push(index);
        }
        self.by_ssrc.insert((stream.ssrc, stream.src.ip(), stream.dst.ip()), index);
        self.by_key.insert(key, Slot::Stream(index));
        self.all.push(stream);
        self.batch.add_stream();
        Some(index)
    }

    /// Makes the stream one of the call whose SDP it fits.
    fn bind(&mut self, index: u32, receiver: Option<&Declaration>, sender: Option<&Declaration>) {
        let Some(stream) = self.all.get_mut(index as usize) else { return };
        let first_packet = stream.first_packet;
        if let Some(declaration) = receiver.or(sender) {
            stream.learn(declaration, first_packet);
        }
        if stream.owner.is_none() {
            stream.owner = Owner::of(receiver, sender);
        }
    }

    /// Goes back to streams that began before `declaration` was said.
    pub(crate) fn on_declaration(
        &mut self,
        declaration: &Declaration,
        packet: u64,
        time_ns: i64,
        declarations: &Declarations,
    ) {
        /// Media this long before its SDP is another call's.
        const EARLY_NS: i64 = 10_000_000_000;
        let address = declaration.address;
        let waiting = self.candidates.at(address);
        for (key, slot) in waiting {
            self.promote(key, slot, declarations);
        }
        let here = self.by_address.get(&(address.ip(), address.port()));
        let latest: Vec<u32> =
            here.into_iter().flatten().rev().take(Self::MOST_REVISITED).copied().collect();
        for index in latest {
            let Some(stream) = self.all.get_mut(index as usize) else { continue };
            if time_ns.saturating_sub(stream.last_ns) > EARLY_NS {
                continue;
            }
            if stream.dst == address {
                stream.learn(declaration, packet);
            }
            if stream.owner.is_none() {
                let (receiver, sender) =
                    declarations.of_stream(stream.src, stream.dst, time_ns, None);
                self.bind(index, receiver, sender);
            }
        }
    }

    /// Hands out what the receiver of a stream says about it; the stream is known by its SSRC and
    /// hosts.
    pub(super) fn with_feedback(
        &mut self,
        ssrc: Ssrc,
        src: SocketAddr,
        dst: SocketAddr,
        each: impl FnOnce(&mut Feedback),
    ) {
        let index = self.by_ssrc.get(&(ssrc, src.ip(), dst.ip()));
        if let Some(stream) = index.and_then(|&index| self.all.get_mut(index as usize)) {
            each(stream.feedback.get_or_insert_default());
        }
    }

    /// Follows [`Chunks::begin`](super::index::Chunks::begin) when it halves the numbers.
    pub(crate) fn halve_chunks(&mut self) {
        for stream in &mut self.all {
            stream.runs.halve();
        }
        self.candidates.halve_chunks();
    }

    /// Packets that looked like RTP but never made a stream, and all streams by first packet.
    pub(crate) fn finish(mut self) -> (Vec<Stream>, u64) {
        order::sort_by_key(&mut self.all, |stream| stream.first_packet);
        for stream in &mut self.all {
            stream.watch.sound.finish(stream.last_ns);
            stream.encrypted |= stream.watch.looks_encrypted();
        }
        (self.all, self.candidates.refused())
    }
}

/// Counts packets of a stream, as many at a time as come as they should.
fn count_row(
    stream: &mut Stream,
    mut row: &[Waiting],
    input: &[u8],
    chunk: ChunkIndex,
    declarations: &Declarations,
) {
    loop {
        let counted = stream.on_run(row, input, chunk);
        let Some((first, later)) = row.get(counted..).and_then(<[_]>::split_first) else { return };
        count(stream, &first.packet(stream.ssrc, input, chunk), declarations);
        row = later;
    }
}

/// Counts a packet in its stream.
fn count(stream: &mut Stream, packet: &RtpPacket<'_>, declarations: &Declarations) {
    if !stream.is_at(packet.header.payload_type) {
        turn_to(stream, packet, declarations);
    }
    stream.on_packet(packet);
}

/// Makes the packet's payload type its stream's current one; if it is new there, it means what the
/// receiver's SDP says, or the sender's, or what it means by itself.
#[cold]
fn turn_to(stream: &mut Stream, packet: &RtpPacket<'_>, declarations: &Declarations) {
    let payload_type = packet.header.payload_type;
    let (src, dst) = (stream.src, stream.dst);
    stream.turn_to(payload_type, packet.number, || {
        let (receiver, sender) = declarations.of_stream(src, dst, packet.time_ns, None);
        let declared = receiver
            .and_then(|declaration| declaration.format(payload_type))
            .or_else(|| sender.and_then(|declaration| declaration.format(payload_type)));
        declared.cloned().unwrap_or_else(|| undeclared(packet))
    });
}

/// What a payload type means that no SDP speaks of.
fn undeclared(packet: &RtpPacket<'_>) -> Format {
    let format = Format::of_static(packet.header.payload_type);
    if format.name.is_empty() && looks_like_event(packet) {
        return Format {
            role: Role::Event,
            name: Cow::Borrowed("telephone-event"),
            clock: 8000,
            ..format
        };
    }
    format
}

/// Whether a dynamic payload looks like an RFC 4733 event: four bytes, or several such blocks, a
/// DTMF event and the reserved bit clear.
fn looks_like_event(packet: &RtpPacket<'_>) -> bool {
    if packet.header.payload_type < payload::FIRST_DYNAMIC {
        return false;
    }
    Packet::parse(packet.bytes)
        .is_ok_and(|parsed| matches!(*parsed.payload, [0..=16, flags, _, _] if flags & 0x40 == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::index::ChunkIndex;
    use recscope_core::rtp::{Header, RtpTime, SequenceNumber};

    fn packet(ssrc: u32, sequence: u16, bytes: &[u8]) -> RtpPacket<'_> {
        RtpPacket {
            number: 1,
            time_ns: i64::from(sequence) * 20_000_000,
            chunk: ChunkIndex(0),
            header: Header {
                marker: false,
                payload_type: 0,
                sequence: SequenceNumber(sequence),
                timestamp: RtpTime(u32::from(sequence) * 160),
                ssrc: Ssrc(ssrc),
            },
            bytes,
            truncated: false,
        }
    }

    fn take(streams: &mut Streams, ssrc: u32, sequences: std::ops::Range<u16>) {
        let ends = Ends { src: ([192, 0, 2, 1], 4000).into(), dst: ([192, 0, 2, 2], 4000).into() };
        for sequence in sequences {
            let mut bytes = packet(ssrc, sequence, &[]).header.write().to_vec();
            bytes.extend([0xFF; 160]);
            streams.on_packet(ends, &packet(ssrc, sequence, &bytes), &Declarations::default());
        }
    }

    #[test]
    fn packets_before_recognition_are_counted() {
        let mut streams = Streams::new(10, Rule::default());
        take(&mut streams, 1, 100..110);
        let (streams, refused) = streams.finish();
        let [stream] = &streams[..] else { panic!("one stream") };
        assert_eq!((stream.statistics.summary().packets, refused), (10, 0));
    }

    #[test]
    fn a_flood_of_ssrcs_is_bounded() {
        let mut streams = Streams::new(10, Rule::default());
        for ssrc in 0..200_000 {
            take(&mut streams, ssrc, 0..1);
        }
        assert!(streams.by_key.len() <= 1024, "{} are held", streams.by_key.len());
        // A real stream in the midst of it is found all the same.
        take(&mut streams, 7, 0..10);
        let (streams, refused) = streams.finish();
        assert_eq!((streams.len(), refused), (1, 200_000));
    }

    #[test]
    fn streams_beyond_the_limit_are_left_out_and_said() {
        let mut streams = Streams::new(2, Rule::default());
        for ssrc in 0..3 {
            take(&mut streams, ssrc, 0..4);
        }
        assert_eq!(streams.beyond_limit, 1);
        assert_eq!(streams.finish().0.len(), 2);
    }
}
