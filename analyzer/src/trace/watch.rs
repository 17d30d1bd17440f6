//! What is watched in a stream besides its numbers: how loud it is, whether its clock keeps time,
//! how much audio a packet holds, and at which packets something happened to it.
//!
//! All of fixed size but for [`Incidents`], which an orderly stream does not have.

use super::batch::Waiting;
use super::stream::RtpPacket;
use recscope_core::codec::Codec;
use recscope_core::codec::loudness::{Gauge, Level};
use recscope_core::rtp::skew::{Estimate, Skew};
use recscope_core::rtp::statistics::{Order, Role, Run, SegmentCause};
use recscope_core::rtp::{Header, Packet, RtpTime};

/// Watches one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    skew: Skew,
    pace: Pace,
    pub(crate) sound: Sound,
    incidents: Option<Box<Incidents>>,
    /// The largest jitter so far, and the packet at which it was reached.
    jitter_ms: f64,
    pub(crate) jitter_packet: u64,
}

/// What the stream knows of the packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// When it arrived, in µs.
    pub(crate) arrival_us: i64,
    pub(crate) order: Order,
    pub(crate) role: Role,
    /// RTP clock in Hz; 0 if unknown.
    pub(crate) clock: u32,
    /// The codec, where its payload can be read.
    pub(crate) codec: Option<Codec>,
    /// Jitter after the packet, where it is reckoned.
    pub(crate) jitter_ms: Option<f64>,
}

impl Watch {
    /// Takes in a packet.
    pub(crate) fn on_packet(&mut self, packet: &RtpPacket<'_>, known: Known) {
        let Known { arrival_us, order, role, clock, codec, jitter_ms } = known;
        if let Some(jitter_ms) = jitter_ms
            && jitter_ms > self.jitter_ms
        {
            self.jitter_ms = jitter_ms;
            self.jitter_packet = packet.number;
        }
        if !matches!(order, Order::First | Order::Next) {
            self.on_incident(packet, order);
        }
        if role != Role::Media {
            self.pace.last = None;
            return;
        }
        let timestamp = packet.header.timestamp;
        if !matches!(order, Order::Late | Order::Duplicate | Order::Stray) {
            self.pace.on_packet(timestamp, order);
            self.skew.on_packet(arrival_us, timestamp, clock);
        }
        if let Some(codec) = codec
            && self.sound.is_to_look(codec)
        {
            self.sound.look_at(packet, codec, self.pace.step);
        }
    }

    /// Takes in packets that statistics took in together, all of them the next one in their turn;
    /// `whole` gives the packet with its bytes.
    pub(crate) fn on_run<'a>(
        &mut self,
        packets: &[Waiting],
        run: Run,
        clock: u32,
        codec: Option<Codec>,
        whole: impl Fn(&Waiting) -> RtpPacket<'a>,
    ) {
        if run.peak_ms > self.jitter_ms
            && let Some(packet) = packets.get(run.peak_at)
        {
            (self.jitter_ms, self.jitter_packet) = (run.peak_ms, packet.number);
        }
        for packet in packets {
            self.pace.on_packet(packet.timestamp, Order::Next);
            self.skew.on_packet(packet.arrival_us(), packet.timestamp, clock);
            if let Some(codec) = codec
                && self.sound.is_to_look(codec)
            {
                self.sound.look_at(&whole(packet), codec, self.pace.step);
            }
        }
    }

    /// Whether the payloads are longer than their audio by what SRTP adds (RFC 3711 4.2), where
    /// nobody has said that they are encrypted.
    pub(crate) const fn looks_encrypted(&self) -> bool {
        const LEAST: u32 = 10;
        self.sound.tagged >= LEAST && self.sound.untagged <= self.sound.tagged / 20
    }

    #[cold]
    fn on_incident(&mut self, packet: &RtpPacket<'_>, order: Order) {
        let incidents = self.incidents.get_or_insert_default();
        let places = match order {
            Order::Gap { .. } => &mut incidents.gaps,
            Order::Late => &mut incidents.late,
            Order::Duplicate => &mut incidents.duplicates,
            Order::Segment { cause, .. } => {
                self.pace.last = None;
                match cause {
                    SegmentCause::Pause => &mut incidents.pauses,
                    SegmentCause::Sequence | SegmentCause::Timestamp => {
                        self.skew.restart();
                        &mut incidents.restarts
                    }
                }
            }
            Order::First | Order::Next | Order::Stray => return,
        };
        places.add(packet.number, packet.time_ns);
    }

    /// What happened to it, if anything did.
    pub(crate) fn incidents(&self) -> Option<&Incidents> {
        self.incidents.as_deref()
    }

    /// The drift of the sender's clock against the capture's.
    pub(crate) fn skew(&self) -> Option<Estimate> {
        self.skew.estimate()
    }

    /// Ticks of audio in a packet, where most packets have as many.
    pub(crate) fn ticks_per_packet(&self) -> Option<u32> {
        let Pace { step, votes, .. } = self.pace;
        (votes >= Pace::LEAST_VOTES).then_some(step)
    }
}

/// Where things of one kind happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) count: u64,
    first: [u64; Self::KEPT],
    pub(crate) first_ns: i64,
    pub(crate) last_ns: i64,
}

impl Places {
    /// Packets remembered by number.
    const KEPT: usize = 8;

    fn add(&mut self, packet: u64, time_ns: i64) {
        if self.count == 0 {
            self.first_ns = time_ns;
        }
        self.last_ns = time_ns;
        let place = usize::try_from(self.count).ok().and_then(|place| self.first.get_mut(place));
        if let Some(place) = place {
            *place = packet;
        }
        self.count += 1;
    }

    /// The first packets at which it happened.
    pub(crate) fn packets(&self) -> &[u64] {
        let kept = usize::try_from(self.count).map_or(Self::KEPT, |count| count.min(Self::KEPT));
        self.first.get(..kept).unwrap_or_default()
    }
}

/// Packets at which something happened to a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incidents {
    /// Before them others are missing, for a while at least.
    pub(crate) gaps: Places,
    pub(crate) late: Places,
    pub(crate) duplicates: Places,
    /// Sequence or timestamps went elsewhere.
    pub(crate) restarts: Places,
    /// Nothing came for seconds.
    pub(crate) pauses: Places,
}

/// The step of the timestamps from packet to packet, by the vote of most of them.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    last: Option<RtpTime>,
    step: u32,
    votes: u32,
}

impl Pace {
    /// A second of ordinary packets more for than against.
    const LEAST_VOTES: u32 = 50;

    #[inline]
    fn on_packet(&mut self, timestamp: RtpTime, order: Order) {
        let last = self.last.replace(timestamp);
        let Some(last) = last.filter(|_| order == Order::Next) else { return };
        let step = timestamp.0.wrapping_sub(last.0);
        if step == self.step {
            self.votes = self.votes.saturating_add(1);
        } else if self.votes > 0 {
            self.votes -= 1;
        } else {
            (self.step, self.votes) = (step, 1);
        }
    }
}

/// What a stream sounds like, second by second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sound {
    gauge: Gauge,
    /// Packets until the next one is looked at.
    pass_over: u8,
    /// The first packet looked at in the second under way.
    window: Option<(u64, i64)>,
    silence: Option<Span>,
    /// The longest stretch without anything to hear.
    pub(crate) longest_silence: Option<Span>,
    /// Seconds, by what was heard in them.
    pub(crate) silent: u32,
    pub(crate) audible: u32,
    pub(crate) clipped: Places,
    /// Packets as long as SRTP makes them, and of any other length.
    tagged: u32,
    untagged: u32,
}

/// From one packet to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) packet: u64,
    pub(crate) from_ns: i64,
    pub(crate) to_ns: i64,
}

impl Span {
    pub(crate) const fn ns(self) -> i64 {
        self.to_ns.saturating_sub(self.from_ns)
    }
}

impl Sound {
    const WINDOW_NS: i64 = 1_000_000_000;

    /// Of so many packets one is looked at: G.711 has its level in every byte, of G.722 every byte
    /// has to be gone through.
    const fn stride(codec: Codec) -> u8 {
        match codec {
            Codec::Pcmu | Codec::Pcma => 4,
            Codec::G722 => 16,
        }
    }

    /// Whether the next packet should be looked at.
    #[inline]
    const fn is_to_look(&mut self, codec: Codec) -> bool {
        if self.pass_over > 0 {
            self.pass_over -= 1;
            return false;
        }
        self.pass_over = Self::stride(codec) - 1;
        true
    }

    #[inline(never)]
    fn look_at(&mut self, packet: &RtpPacket<'_>, codec: Codec, ticks: u32) {
        let here = (packet.number, packet.time_ns);
        let (_, since_ns) = *self.window.get_or_insert(here);
        if packet.time_ns.saturating_sub(since_ns) >= Self::WINDOW_NS {
            self.close_window(packet.time_ns);
            self.window = Some(here);
        }
        let payload = match packet.bytes {
            // No lists, no extension, no padding: as nearly always.
            [0x80, ..] => packet.bytes.get(Header::LEN..).unwrap_or_default(),
            bytes => Packet::parse(bytes).map(|parsed| parsed.payload).unwrap_or_default(),
        };
        if !packet.truncated && ticks > 0 {
            self.hold_against(ticks, payload.len());
        }
        self.gauge.on_payload(codec, payload);
    }

    /// Every codec here has a byte for each tick of its clock; SRTP puts a tag of 10 or 4 bytes
    /// behind them.
    fn hold_against(&mut self, ticks: u32, len: usize) {
        match usize::try_from(ticks).ok().and_then(|ticks| len.checked_sub(ticks)) {
            Some(10 | 4) => self.tagged = self.tagged.saturating_add(1),
            _ => self.untagged = self.untagged.saturating_add(1),
        }
    }

    fn close_window(&mut self, now_ns: i64) {
        let Some((packet, since_ns)) = self.window.take() else { return };
        let reading = self.gauge.read();
        if reading.is_clipped {
            self.clipped.add(packet, since_ns);
        }
        match reading.level {
            Level::Unknown => {}
            Level::Audible => {
                self.audible = self.audible.saturating_add(1);
                self.silence = None;
            }
            Level::Silent => {
                self.silent = self.silent.saturating_add(1);
                let silence =
                    self.silence.get_or_insert(Span { packet, from_ns: since_ns, to_ns: now_ns });
                silence.to_ns = now_ns;
                let silence = *silence;
                if self.longest_silence.is_none_or(|longest| silence.ns() > longest.ns()) {
                    self.longest_silence = Some(silence);
                }
            }
        }
    }

    /// Whether nothing was heard in all of at least so many seconds.
    pub(crate) const fn is_silent(&self, seconds: u32) -> bool {
        self.audible == 0 && self.silent >= seconds
    }

    /// Ends the stream at its last packet.
    pub(crate) fn finish(&mut self, last_ns: i64) {
        self.close_window(last_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::index::ChunkIndex;
    use recscope_core::rtp::Ssrc;

    fn listen(seconds: &[u8]) -> Sound {
        let mut sound = Sound::default();
        let mut time_ns = 0;
        for (second, &byte) in (0..).zip(seconds) {
            for n in 0..50_u64 {
                let header = Header { ssrc: Ssrc(1), ..Header::default() };
                let bytes = [&header.write()[..], &[byte; 160]].concat();
                let packet = RtpPacket {
                    number: second * 50 + n + 1,
                    time_ns,
                    chunk: ChunkIndex(0),
                    header,
                    bytes: &bytes,
                    truncated: false,
                };
                if sound.is_to_look(Codec::Pcmu) {
                    sound.look_at(&packet, Codec::Pcmu, 160);
                }
                time_ns += 20_000_000;
            }
        }
        sound.finish(time_ns);
        sound
    }

    #[test]
    fn the_longest_silence_is_found_with_its_place() {
        const LOUD: u8 = 0xA0;
        const SILENT: u8 = 0xFF;
        let seconds = [[LOUD; 3], [SILENT; 3], [LOUD; 3], [SILENT; 3], [SILENT; 3], [LOUD; 3]];
        let sound = listen(seconds.as_flattened());
        let silence = sound.longest_silence.unwrap();
        assert!((5_000_000_000..7_000_000_000).contains(&silence.ns()), "{silence:?}");
        assert!((450..520).contains(&silence.packet), "{silence:?}");
        assert!(sound.silent >= 7 && sound.audible >= 7, "{sound:?}");
        assert_eq!(sound.clipped.count, 0);
        assert_eq!(listen(&[SILENT]).silent, 1);
    }

    #[test]
    fn the_step_of_most_packets_wins() {
        let mut pace = Pace::default();
        let mut timestamp = RtpTime(0);
        for n in 0..200 {
            timestamp = timestamp.after(if n % 5 == 0 { 480 } else { 240 });
            pace.on_packet(timestamp, Order::Next);
        }
        assert_eq!(pace.step, 240);
        assert!(pace.votes >= Pace::LEAST_VOTES);
        // Beside a gap the step is not that of a packet.
        pace.on_packet(timestamp.after(2400), Order::Gap { missing: 9 });
        assert_eq!(pace.step, 240);
    }

    #[test]
    fn places_keep_the_first_and_count_all() {
        let mut places = Places::default();
        for packet in 1..=20 {
            places.add(packet, i64::try_from(packet).unwrap());
        }
        assert_eq!(places.packets(), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((places.count, places.first_ns, places.last_ns), (20, 1, 20));
    }
}
