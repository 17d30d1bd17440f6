//! The phone's copies of a call's sound as RTP: mixed into one stream for the BX methods
//! (BX-3), or each side in a stream of its own for active recording (MX-3).

use alloc::vec::Vec;
use core::time::Duration;

use crate::codec::{Codec, Encoder};
use crate::machine::Side;
use crate::random::Random;
use crate::rtp;

/// How a remark on a mixed recording begins; the codec follows.
pub(super) const MIXED: &str = "Both sides of the call are mixed into one ";

/// Makes one RTP stream of sound.
///
/// ```
/// use recscope_core::codec::Codec;
/// use recscope_core::phone::media::Stream;
/// use recscope_core::random::Random;
/// use core::time::Duration;
///
/// let mut stream = Stream::new(Codec::Pcmu, Duration::from_millis(20), &mut Random::new(7));
/// stream.push(&[0; 200]);
/// let mut packet = Vec::new();
/// assert!(stream.write_packet(&mut packet));
/// assert_eq!(packet.len(), 12 + 160);
/// assert!(!stream.write_packet(&mut packet), "40 samples are no packet yet");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    encoder: Encoder,
    /// Samples of one packet.
    frame: u16,
    /// The header of the next packet.
    next: rtp::Header,
    /// Sound that is not in a packet yet.
    pending: Vec<i16>,
    /// Samples passed over that are less than a tick of the RTP clock together.
    skipped: u16,
}

impl Stream {
    /// A stream whose packets last `packet_time` each, with a source, a first sequence number and
    /// a first timestamp by chance (RFC 3550 5.1).
    ///
    /// The time is held within 5 to 60 ms, so that a packet fits an Ethernet frame.
    #[must_use]
    pub fn new(codec: Codec, packet_time: Duration, random: &mut Random) -> Self {
        let millis = packet_time.clamp(Duration::from_millis(5), Duration::from_millis(60));
        let millis = usize::try_from(millis.as_millis()).unwrap_or(20);
        let per_second = usize::try_from(codec.sample_rate()).unwrap_or(8000);
        Self {
            encoder: Encoder::new(codec),
            frame: u16::try_from(per_second * millis / 1000).unwrap_or(u16::MAX),
            next: rtp::Header {
                marker: true,
                payload_type: codec.payload_type(),
                sequence: rtp::SequenceNumber(random.next_u16()),
                timestamp: rtp::RtpTime(random.next_u32()),
                ssrc: rtp::Ssrc(random.next_u32()),
            },
            pending: Vec::new(),
            skipped: 0,
        }
    }

    /// The codec.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.encoder.codec()
    }

    /// The stream's source.
    #[must_use]
    pub const fn ssrc(&self) -> rtp::Ssrc {
        self.next.ssrc
    }

    /// Bytes of one payload.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.frame() / self.codec().samples_per_byte()
    }

    /// Timestamp units that one packet lasts.
    #[must_use]
    pub fn increment(&self) -> u32 {
        u32::try_from(self.payload_len() / self.codec().bytes_per_tick()).unwrap_or_default()
    }

    /// Takes sound, at [`Codec::sample_rate`]. Write the packets that are ready before the next.
    pub fn push(&mut self, samples: &[i16]) {
        self.pending.extend_from_slice(samples);
    }

    /// Whether a whole packet's sound is there.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.pending.len() >= self.frame()
    }

    /// Appends the next packet to `out`; `false` where there is not enough sound for it.
    ///
    /// Allocates nothing once `out` has room.
    pub fn write_packet(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(samples) = self.pending.get(..self.frame()) else { return false };
        out.extend_from_slice(&self.next.write());
        self.encoder.encode(samples, out);
        self.pending.drain(..self.frame());
        self.advance();
        true
    }

    /// The sound of the next packet and what comes behind it, if `samples` hold a whole packet and
    /// nothing waits before them. It need not be pushed then: see [`Self::write_directly`].
    #[must_use]
    pub fn split_whole<'a>(&self, samples: &'a [i16]) -> Option<(&'a [i16], &'a [i16])> {
        samples.split_at_checked(self.frame()).filter(|_| self.pending.is_empty())
    }

    /// Appends the next packet to `out`, made of the sound that [`Self::split_whole`] gave: without
    /// the copy that [`Self::push`] makes, which matters where thousands of streams are made.
    pub fn write_directly(&mut self, whole: &[i16], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.next.write());
        self.encoder.encode(whole, out);
        self.advance();
    }

    fn frame(&self) -> usize {
        usize::from(self.frame)
    }

    fn advance(&mut self) {
        self.next.marker = false;
        self.next.sequence = self.next.sequence.next();
        self.next.timestamp = self.next.timestamp.after(self.increment());
    }

    /// Completes sound that is too short for a packet with silence: before a pause or the end.
    pub fn pad(&mut self) {
        if !self.pending.is_empty() && !self.is_ready() {
            self.pending.resize(self.frame(), 0);
        }
    }

    /// Lets so many samples pass unsent: timestamps go on, sequence numbers do not, and the next
    /// packet is marked as the start of a talk spurt (RFC 3551 4.1). [`Self::pad`] before.
    pub fn skip(&mut self, samples: usize) {
        let skipped = usize::from(self.skipped).saturating_add(samples);
        let per_tick = self.codec().samples_per_byte() * self.codec().bytes_per_tick();
        let ticks = u32::try_from(skipped / per_tick).unwrap_or(u32::MAX);
        self.skipped = u16::try_from(skipped % per_tick).unwrap_or_default();
        self.next.timestamp = self.next.timestamp.after(ticks);
        self.next.marker = true;
    }
}

/// Mixes the two sides of a call into one (BX-3).
///
/// A side that stays behind is waited for, up to a bound; after that it counts as silent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mixer {
    sent: Vec<i16>,
    received: Vec<i16>,
    /// Samples that one side may be ahead of the other.
    patience: usize,
}

impl Mixer {
    /// A mixer of sound with so many samples per second, which waits 60 ms for either side.
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        let patience = usize::try_from(sample_rate).unwrap_or(8000) * 60 / 1000;
        Self { sent: Vec::new(), received: Vec::new(), patience }
    }

    /// Takes sound of one side; sound that is mixed already passes behind what is held.
    pub fn push(&mut self, side: Side, samples: &[i16]) {
        match side {
            Side::Sent => self.sent.extend_from_slice(samples),
            Side::Received => self.received.extend_from_slice(samples),
            Side::Mixed => {
                let level = self.sent.len().max(self.received.len());
                self.sent.resize(level, 0);
                self.received.resize(level, 0);
                self.sent.extend_from_slice(samples);
                self.received.resize(self.sent.len(), 0);
            }
        }
    }

    /// Gives `stream` the sound that can be mixed.
    pub fn mix_into(&mut self, stream: &mut Stream) {
        self.take(self.mixable(), stream);
    }

    /// Gives `stream` all there is: before a pause or the end.
    pub fn flush_into(&mut self, stream: &mut Stream) {
        self.take(self.sent.len().max(self.received.len()), stream);
    }

    /// Lets the sound that could be mixed pass unsent, as during a pause.
    pub fn skip_into(&mut self, stream: &mut Stream) {
        let count = self.mixable();
        self.sent.drain(..count.min(self.sent.len()));
        self.received.drain(..count.min(self.received.len()));
        stream.skip(count);
    }

    fn mixable(&self) -> usize {
        let both = self.sent.len().min(self.received.len());
        let longest = self.sent.len().max(self.received.len());
        both.max(longest.saturating_sub(self.patience))
    }

    fn take(&mut self, count: usize, stream: &mut Stream) {
        let (sent, received) = (count.min(self.sent.len()), count.min(self.received.len()));
        let silence = core::iter::repeat(0);
        let mixed = self.sent.drain(..sent).chain(silence.clone());
        let mixed = mixed.zip(self.received.drain(..received).chain(silence)).take(count);
        stream.pending.extend(mixed.map(|(sent, received)| sent.saturating_add(received)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    const FRAME: Duration = Duration::from_millis(20);

    fn stream(codec: Codec) -> Stream {
        Stream::new(codec, FRAME, &mut Random::new(1))
    }

    fn packets(stream: &mut Stream) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        let mut packet = Vec::new();
        while stream.write_packet(&mut packet) {
            packets.push(core::mem::take(&mut packet));
        }
        packets
    }

    #[test]
    fn packets_follow_each_other_and_hold_the_sound() {
        for (codec, samples) in [(Codec::Pcmu, 160), (Codec::Pcma, 160), (Codec::G722, 320)] {
            let mut stream = stream(codec);
            assert_eq!((stream.payload_len(), stream.increment()), (160, 160));
            let sound: Vec<i16> = (0..samples * 3).map(|n| (n * 97 % 8000) as i16).collect();
            stream.push(&sound);
            let packets = packets(&mut stream);
            assert_eq!(packets.len(), 3);
            let mut payload = Vec::new();
            for (place, packet) in (0..).zip(&packets) {
                let packet = rtp::Packet::parse(packet).unwrap();
                let first = rtp::Packet::parse(&packets[0]).unwrap();
                assert_eq!(packet.marker, place == 0);
                assert_eq!(packet.sequence.distance_from(first.sequence), place);
                let ticks = i32::from(place) * 160;
                assert_eq!(packet.timestamp.distance_from(first.timestamp), ticks);
                assert_eq!((packet.ssrc, packet.payload_type), (first.ssrc, codec.payload_type()));
                payload.extend_from_slice(packet.payload);
            }
            let mut expected = Vec::new();
            Encoder::new(codec).encode(&sound, &mut expected);
            assert_eq!(payload, expected);
        }
    }

    #[test]
    fn a_pause_moves_timestamps_but_not_sequence_numbers() {
        let mut stream = stream(Codec::G722);
        stream.push(&[0; 320]);
        let before = packets(&mut stream);
        for _ in 0..640 {
            stream.skip(1);
        }
        stream.push(&[0; 100]);
        stream.pad();
        let after = packets(&mut stream);
        let before = rtp::Packet::parse(&before[0]).unwrap();
        let after = rtp::Packet::parse(&after[0]).unwrap();
        assert_eq!(after.sequence, before.sequence.next());
        assert_eq!(after.timestamp.distance_from(before.timestamp), 160 + 320);
        assert!(after.marker);
        assert_eq!(after.payload.len(), 160);
    }

    fn mixed(pushes: &[(Side, Vec<i16>)]) -> Vec<i16> {
        let mut mixer = Mixer::new(8000);
        let mut stream = stream(Codec::Pcmu);
        for (side, samples) in pushes {
            mixer.push(*side, samples);
            mixer.mix_into(&mut stream);
        }
        mixer.flush_into(&mut stream);
        stream.pending
    }

    #[test]
    fn both_sides_are_added_without_wrapping() {
        let sound = mixed(&[
            (Side::Sent, vec![100, 30_000, -30_000]),
            (Side::Received, vec![11, 30_000, -30_000]),
        ]);
        assert_eq!(sound, [111, i16::MAX, i16::MIN]);
    }

    #[test]
    fn a_side_that_is_silent_does_not_hold_up_the_other() {
        let mut mixer = Mixer::new(8000);
        let mut stream = stream(Codec::Pcmu);
        for _ in 0..10 {
            mixer.push(Side::Sent, &[5; 160]);
            mixer.mix_into(&mut stream);
        }
        assert_eq!(stream.pending.len(), 7 * 160, "all but 60 ms");
        assert!(stream.pending.iter().all(|&sample| sample == 5));
        mixer.push(Side::Mixed, &[9; 160]);
        mixer.flush_into(&mut stream);
        assert_eq!(stream.pending.len(), 11 * 160);
        assert_eq!(stream.pending.last(), Some(&9));
    }

    #[test]
    fn a_packet_that_nobody_could_send_is_not_made() {
        for (wanted, len) in [(0, 40), (20, 160), (10_000, 480)] {
            let time = Duration::from_millis(wanted);
            let stream = Stream::new(Codec::Pcma, time, &mut Random::new(0));
            assert_eq!(stream.payload_len(), len);
        }
    }

    proptest! {
        #[test]
        fn how_sound_is_cut_into_frames_changes_nothing(
            sound in prop::collection::vec(-3000_i16..3000, 0..2000), cut in 1_usize..500,
        ) {
            let mut whole = stream(Codec::G722);
            whole.push(&sound);
            let mut cut_up = stream(Codec::G722);
            let mut found = Vec::new();
            for frame in sound.chunks(cut) {
                let mut rest = frame;
                while let Some((packet, behind)) = cut_up.split_whole(rest) {
                    let mut written = Vec::new();
                    cut_up.write_directly(packet, &mut written);
                    found.push(written);
                    rest = behind;
                }
                cut_up.push(rest);
                found.extend(packets(&mut cut_up));
            }
            prop_assert_eq!(found, packets(&mut whole));
            prop_assert_eq!(cut_up, whole);
        }

        #[test]
        fn no_sound_is_lost_in_the_mix(
            sizes in prop::collection::vec((0_usize..400, 0_usize..400), 0..20),
        ) {
            let (mut pushes, mut sent, mut received) = (Vec::new(), 0, 0);
            for (a, b) in sizes {
                pushes.push((Side::Sent, vec![1; a]));
                pushes.push((Side::Received, vec![2; b]));
                (sent, received) = (sent + a, received + b);
            }
            let sound = mixed(&pushes);
            let total: usize = sound.iter().map(|&sample| sample.unsigned_abs() as usize).sum();
            prop_assert_eq!(total, sent + 2 * received);
        }
    }
}
