//! One stream's packets, put in order and placed in time.
//!
//! Within a segment the RTP timestamp places every packet, so loss and silence suppression leave
//! silence of the right length and network jitter leaves no trace. A segment as a whole is placed
//! by the capture time of its first packet, which brings the two directions of a call together
//! although their timestamps have nothing in common, and keeps the drift between a sender's clock
//! and the capture's from adding up past a pause.

use recscope_core::codec::{Codec, Decoder};
use recscope_core::rtp::statistics::{Order, PacketFacts, Role, SegmentCause, Statistics};
use recscope_core::rtp::{Packet, RtpTime};
use std::collections::VecDeque;

/// What a payload type is, from a packet on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload {
    pub(super) payload_type: u8,
    pub(super) since_packet: u64,
    pub(super) codec: Option<Codec>,
    pub(super) role: Role,
    pub(super) clock: u32,
}

/// Takes samples of a rate at a position, counted in such samples from the origin.
pub(super) trait Sink: FnMut(u32, u64, &[i16]) {}
impl<F: FnMut(u32, u64, &[i16])> Sink for F {}

/// Turns a stream's packets, in the order of the capture, into samples with a place in time.
#[derive(Debug)]
pub(super) struct Timeline {
    payloads: Vec<Payload>,
    /// When sample 0 was captured.
    origin_ns: i64,
    statistics: Statistics,
    /// Extended sequence number of the newest packet in this segment.
    newest: i64,
    /// Packets by sequence number; the front sounds next.
    waiting: VecDeque<Waiting>,
    /// Extended number of the packet that sounded last in this segment.
    sounded: Option<i64>,
    /// The packet before a restart, which only the next one shows to be one.
    stray: Option<Waiting>,
    decoder: Option<(Codec, Decoder)>,
    place: Option<Place>,
    samples: Vec<i16>,
}

/// A packet that waits for its predecessors.
#[derive(Clone, Debug)]
struct Waiting {
    number: i64,
    timestamp: RtpTime,
    arrival_ns: i64,
    clock: u32,
    /// `None` for events and comfort noise, which take time but do not sound.
    codec: Option<Codec>,
    bytes: Vec<u8>,
}

/// How far a segment has come; ticks are those of `clock`, from the origin.
#[derive(Clone, Copy, Debug)]
struct Place {
    clock: u32,
    /// The last packet's timestamp, and where it lies.
    timestamp: RtpTime,
    tick: i64,
    /// Where the sound so far ends.
    end: i64,
}

impl Timeline {
    /// Packets held so that late ones find their place: more than a second.
    const HELD: usize = 64;

    /// A timeline for a stream with these payload types, latest meaning last.
    pub(super) fn new(payloads: Vec<Payload>, origin_ns: i64) -> Self {
        let clock = payloads.iter().map(|payload| payload.clock).find(|&clock| clock != 0);
        Self {
            payloads,
            origin_ns,
            statistics: Statistics::new(clock.unwrap_or_default()),
            newest: 0,
            waiting: VecDeque::new(),
            sounded: None,
            stray: None,
            decoder: None,
            place: None,
            samples: Vec::new(),
        }
    }

    /// Takes the next packet as captured, the capture's packet `number`.
    pub(super) fn on_packet(
        &mut self,
        number: u64,
        arrival_ns: i64,
        packet: &Packet<'_>,
        sink: &mut impl Sink,
    ) {
        let known = |payload: &&Payload| payload.payload_type == packet.payload_type;
        let mut meanings = self.payloads.iter().rev().filter(known);
        let Some(payload) = meanings.find(|payload| payload.since_packet <= number) else { return };
        let Payload { role, clock, codec, .. } = *payload;
        if clock != 0 && clock != self.statistics.clock() {
            self.statistics.set_clock(clock);
        }
        let facts = PacketFacts { role, ..PacketFacts::of(packet) };
        let order = self.statistics.on_packet(arrival_ns.div_euclid(1000), &facts);
        let mut waiting = Waiting {
            number: self.extended(packet),
            timestamp: packet.timestamp,
            arrival_ns,
            clock,
            codec: codec.filter(|_| role == Role::Media),
            bytes: packet.payload.to_vec(),
        };
        match order {
            Order::Duplicate => {}
            Order::Stray => self.stray = Some(waiting),
            Order::Segment { cause, .. } => {
                self.flush(sink);
                self.begin_segment();
                let before = self.stray.take().filter(|_| cause == SegmentCause::Sequence);
                waiting.number = i64::from(packet.sequence.0) + (1 << 16);
                if let Some(mut before) = before {
                    before.number = waiting.number - 1;
                    self.hold(before, sink);
                }
                self.hold(waiting, sink);
            }
            Order::First | Order::Next | Order::Gap { .. } | Order::Late => {
                self.hold(waiting, sink);
            }
        }
    }

    /// Sounds what is still held.
    pub(super) fn finish(mut self, sink: &mut impl Sink) {
        self.flush(sink);
    }

    /// The sequence number counted on from the newest one.
    fn extended(&self, packet: &Packet<'_>) -> i64 {
        let sequence = packet.sequence.0;
        if self.newest == 0 {
            return i64::from(sequence) + (1 << 16);
        }
        #[allow(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
        #[allow(clippy::cast_sign_loss, reason = "extended numbers are positive")]
        let newest = self.newest as u16;
        self.newest + i64::from(sequence.wrapping_sub(newest).cast_signed())
    }

    /// A new segment has its own numbers and its own time; the sound so far stays before it.
    fn begin_segment(&mut self) {
        self.newest = 0;
        self.sounded = None;
        if let Some(place) = &mut self.place {
            place.clock = 0;
        }
    }

    /// Puts a packet among those that wait, and sounds the front when there are enough.
    fn hold(&mut self, packet: Waiting, sink: &mut impl Sink) {
        self.newest = self.newest.max(packet.number);
        if self.sounded.is_some_and(|sounded| packet.number <= sounded) {
            return;
        }
        let at = self.waiting.partition_point(|other| other.number < packet.number);
        self.waiting.insert(at, packet);
        if self.waiting.len() > Self::HELD
            && let Some(front) = self.waiting.pop_front()
        {
            self.sound(&front, sink);
        }
    }

    fn flush(&mut self, sink: &mut impl Sink) {
        while let Some(front) = self.waiting.pop_front() {
            self.sound(&front, sink);
        }
    }

    /// Decodes a packet whose turn it is.
    fn sound(&mut self, packet: &Waiting, sink: &mut impl Sink) {
        self.sounded = Some(packet.number);
        let Some(tick) = self.tick_of(packet) else { return };
        let Some(codec) = packet.codec else { return };
        if self.decoder.as_ref().is_none_or(|(current, _)| *current != codec) {
            self.decoder = Some((codec, Decoder::new(codec)));
        }
        let Some((_, decoder)) = &mut self.decoder else { return };
        self.samples.clear();
        decoder.decode(&packet.bytes, &mut self.samples);
        let rate = codec.sample_rate();
        if let Some(position) = scale(tick, rate, packet.clock) {
            sink(rate, position, &self.samples);
        }
        let ticks = self.samples.len() as u64 * u64::from(packet.clock) / u64::from(rate);
        if let Some(place) = &mut self.place {
            place.end = tick.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX));
        }
    }

    /// Where on the timeline a packet lies; never before the end of the one before it.
    fn tick_of(&mut self, packet: &Waiting) -> Option<i64> {
        if packet.clock == 0 {
            return None;
        }
        let end = self.place.map_or(0, |place| place.end);
        let tick = match self.place {
            Some(place) if place.clock == packet.clock => {
                let ticks = packet.timestamp.distance_from(place.timestamp);
                place.tick.saturating_add(i64::from(ticks))
            }
            _ => {
                let since_ns = packet.arrival_ns.saturating_sub(self.origin_ns).max(0);
                let ticks = i128::from(since_ns) * i128::from(packet.clock) / 1_000_000_000;
                i64::try_from(ticks).ok()?
            }
        };
        // Sounding packets follow each other; events may repeat a timestamp that has passed.
        let tick = if packet.codec.is_some() { tick.max(end) } else { tick };
        self.place = Some(Place { clock: packet.clock, timestamp: packet.timestamp, tick, end });
        Some(tick)
    }
}

/// A position in ticks as one in samples.
fn scale(tick: i64, rate: u32, clock: u32) -> Option<u64> {
    let position = i128::from(tick) * i128::from(rate) / i128::from(clock);
    u64::try_from(position).ok()
}

#[cfg(test)]
mod tests;
