//! Both sides of a call in one file: what the phone sends on the left, what it receives on the
//! right.

use alloc::vec::Vec;
use core::time::Duration;

use super::file::File;
use super::tape::LONGEST_GAP_SECONDS;
use crate::codec::{Codec, Decoder};
use crate::machine::{FileId, Outbox, Side, Uncompared};
use crate::rtp::{Packet, RtpTime, Ssrc};
use crate::time::Instant;

/// How far back a late packet still finds its place beside the other side.
const REACH: Duration = Duration::from_secs(2);

/// Sides that begin less than this apart began together: a phone makes the packets of both at the
/// same moments, and the rest is the way here.
const TOGETHER: Duration = Duration::from_millis(100);

/// What begins later lies on a multiple of this, as packets do.
const FRAME: Duration = Duration::from_millis(20);

/// A file that grows by the packets of two streams, written once for each packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stereo {
    file: File,
    work: Uncompared<Work>,
}

/// Decides nothing but what is in the file.
#[derive(Clone, Debug)]
struct Work {
    sample_rate: u32,
    began: Instant,
    lanes: [Option<Lane>; 2],
    /// The end of the file, channels interleaved: a packet is written with what stands beside it.
    window: Vec<i16>,
    /// The frame with which the window begins.
    start: usize,
    bytes: Vec<u8>,
}

/// One side's stream.
#[derive(Clone, Debug)]
struct Lane {
    ssrc: Ssrc,
    decoder: Decoder,
    /// This timestamp is ...
    first: RtpTime,
    /// ... this frame of the file.
    at: usize,
    samples: Vec<i16>,
}

impl Stereo {
    /// Begins a file for sound at the codec's rate.
    pub(super) fn create(
        now: Instant,
        id: FileId,
        name: &str,
        codec: Codec,
        outbox: &mut Outbox,
    ) -> Self {
        let work = Work {
            sample_rate: codec.sample_rate(),
            began: now,
            lanes: [None, None],
            window: Vec::new(),
            start: 0,
            bytes: Vec::new(),
        };
        let file = File::create(id, name, 2, codec.sample_rate(), outbox);
        Self { file, work: Uncompared(work) }
    }

    /// Whether a stream fits: a side of its own, at the rate of the file.
    pub(super) fn takes(&self, side: Side, codec: Codec) -> bool {
        side != Side::Mixed && codec.sample_rate() == self.work.sample_rate
    }

    /// Writes the sound of a packet.
    pub(super) fn write(
        &mut self,
        now: Instant,
        side: Side,
        codec: Codec,
        packet: &Packet<'_>,
        outbox: &mut Outbox,
    ) {
        let Some((at, len)) = self.work.place(now, side, codec, packet) else { return };
        self.work.read(at, len);
        let at = u64::try_from(at).unwrap_or_default();
        self.file.write(at, &self.work.bytes, outbox);
    }

    /// Its file, to be saved.
    pub(super) const fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Its file, to be finished.
    pub(super) fn into_file(self) -> File {
        self.file
    }
}

impl Work {
    /// Frames in the file.
    const fn end(&self) -> usize {
        self.start + self.window.len() / 2
    }

    /// Frames that last so long.
    fn frames(&self, time: Duration) -> usize {
        let frames = time.as_micros() * u128::from(self.sample_rate) / 1_000_000;
        usize::try_from(frames).unwrap_or_default()
    }

    /// Decodes a packet into the window; where its sound lies and how many frames it has. None for
    /// what comes from before the file or the window.
    fn place(
        &mut self,
        now: Instant,
        side: Side,
        codec: Codec,
        packet: &Packet<'_>,
    ) -> Option<(usize, usize)> {
        let by_clock = match now - self.began {
            passed if passed < TOGETHER => 0,
            passed => {
                let frame = self.frames(FRAME).max(1);
                (self.frames(passed) + frame / 2) / frame * frame
            }
        };
        let longest = usize::try_from(LONGEST_GAP_SECONDS * self.sample_rate).ok()?;
        let (reach, end) = (self.frames(REACH), self.end());
        let channel = usize::from(side == Side::Received);
        let lane = self.lanes.get_mut(channel)?;
        if lane.as_ref().is_none_or(|lane| lane.ssrc != packet.ssrc) {
            *lane = Some(Lane {
                ssrc: packet.ssrc,
                decoder: Decoder::new(codec),
                first: packet.timestamp,
                at: by_clock,
                samples: Vec::new(),
            });
        }
        let lane = lane.as_mut()?;
        let per_tick = i64::from(self.sample_rate / codec.rtp_clock());
        let ticks = i64::from(packet.timestamp.distance_from(lane.first));
        let at = i64::try_from(lane.at).ok()? + ticks * per_tick;
        let mut at = usize::try_from(at).ok()?;
        if at > end + longest {
            // The clock began anew: what follows joins what is there.
            (lane.first, lane.at) = (packet.timestamp, by_clock);
            at = by_clock;
        }
        if at < self.start || at > end + longest {
            return None;
        }
        lane.samples.clear();
        lane.decoder.decode(packet.payload, &mut lane.samples);
        let len = lane.samples.len();
        if at > end + reach {
            self.window.clear();
            self.start = at;
        }
        let within = at - self.start;
        if self.window.len() < (within + len) * 2 {
            self.window.resize((within + len) * 2, 0);
        }
        let pairs = self.window.get_mut(within * 2..(within + len) * 2)?.chunks_exact_mut(2);
        for (pair, &sample) in pairs.zip(&lane.samples) {
            if let Some(place) = pair.get_mut(channel) {
                *place = sample;
            }
        }
        if self.window.len() > 4 * reach {
            // Twice as long as it need be: half of it goes, so that this is seldom.
            self.window.drain(..2 * reach);
            self.start += reach;
        }
        Some((at, len))
    }

    /// Takes frames out of the window as bytes.
    fn read(&mut self, at: usize, len: usize) {
        let from = at.saturating_sub(self.start) * 2;
        let frames = self.window.get(from..from + len * 2).unwrap_or_default();
        self.bytes.clear();
        self.bytes.extend(frames.iter().flat_map(|sample| sample.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoder;
    use crate::machine::{Output, StorageCommand};
    use crate::rtp::{Header, SequenceNumber};
    use crate::wave::pcm16_header;
    use std::vec;

    /// A file as a disk would have it.
    #[derive(Default)]
    struct Disk(Vec<u8>);

    impl Disk {
        fn take(&mut self, outbox: &mut Outbox) {
            while let Some(output) = outbox.poll() {
                if let Output::Storage {
                    command: StorageCommand::Write { offset, bytes, .. },
                    ..
                } = output
                {
                    let offset = usize::try_from(offset).unwrap();
                    let end = offset + bytes.len();
                    self.0.resize(self.0.len().max(end), 0);
                    self.0[offset..end].copy_from_slice(bytes);
                }
            }
        }

        fn frames(&self) -> Vec<[i16; 2]> {
            let sample = |bytes: &[u8]| i16::from_le_bytes([bytes[0], bytes[1]]);
            self.0[44..].chunks_exact(4).map(|pair| [sample(pair), sample(&pair[2..])]).collect()
        }
    }

    struct Line {
        tape: Stereo,
        outbox: Outbox,
        disk: Disk,
    }

    impl Line {
        fn new() -> Self {
            let mut outbox = Outbox::default();
            let origin = Instant::ORIGIN;
            let tape = Stereo::create(origin, FileId(0), "a.wav", Codec::Pcma, &mut outbox);
            Self { tape, outbox, disk: Disk::default() }
        }

        /// A packet of 20 ms of one value; the timestamps begin anywhere.
        fn packet(&mut self, micros: u64, side: Side, nth: u16, value: i16) {
            let base = if side == Side::Sent { u32::MAX - 100 } else { 77 };
            let header = Header {
                marker: false,
                payload_type: 8,
                sequence: SequenceNumber(nth),
                timestamp: RtpTime(base.wrapping_add(u32::from(nth) * 160)),
                ssrc: Ssrc(if side == Side::Sent { 1 } else { 2 }),
            };
            let mut bytes = header.write().to_vec();
            Encoder::new(Codec::Pcma).encode(&[value; 160], &mut bytes);
            let packet = Packet::parse(&bytes).unwrap();
            let now = Instant::from_micros(micros);
            self.tape.write(now, side, Codec::Pcma, &packet, &mut self.outbox);
            self.disk.take(&mut self.outbox);
        }

        fn finish(mut self) -> Vec<[i16; 2]> {
            self.tape.into_file().finish(true, &mut self.outbox);
            self.disk.take(&mut self.outbox);
            let frames = self.disk.frames();
            let header = pcm16_header(2, 8000, frames.len() as u64).unwrap();
            assert_eq!(&self.disk.0[..44], header.as_bytes());
            frames
        }
    }

    /// What A-law makes of 1000 and 2000.
    const LOUD: i16 = 1008;
    const LOUDER: i16 = 2016;

    #[test]
    fn both_sides_lie_beside_each_other_whatever_the_network_does_to_their_order() {
        let mut line = Line::new();
        line.packet(0, Side::Sent, 0, 1000);
        line.packet(30_000, Side::Received, 0, 2000);
        line.packet(41_000, Side::Sent, 2, 1000);
        line.packet(42_000, Side::Received, 1, 2000);
        line.packet(43_000, Side::Received, 2, 2000);
        line.packet(60_000, Side::Sent, 1, 1000);
        assert_eq!(line.finish(), vec![[LOUD, LOUDER]; 480]);
    }

    #[test]
    fn a_side_that_begins_later_lies_later() {
        let mut line = Line::new();
        for nth in 0..9 {
            line.packet(u64::from(nth) * 20_000, Side::Sent, nth, 1000);
        }
        line.packet(143_000, Side::Received, 0, 2000);
        let frames = line.finish();
        assert_eq!(frames.len(), 9 * 160);
        for (at, frame) in frames.iter().enumerate() {
            let right = if (7 * 160..8 * 160).contains(&at) { LOUDER } else { 0 };
            assert_eq!(*frame, [LOUD, right], "frame {at}");
        }
    }

    #[test]
    fn lost_packets_are_silence_and_late_ones_are_passed_over() {
        let mut line = Line::new();
        line.packet(0, Side::Sent, 0, 1000);
        for nth in 400..700 {
            line.packet(u64::from(nth) * 20_000, Side::Sent, nth, 1000);
        }
        line.packet(14_000_000, Side::Sent, 3, 1000);
        let frames = line.finish();
        assert_eq!(frames.len(), 700 * 160);
        for (at, frame) in frames.iter().enumerate() {
            let is_lost = (160..400 * 160).contains(&at);
            assert_eq!(*frame, [if is_lost { 0 } else { LOUD }, 0], "frame {at}");
        }
    }

    /// Frames that the header on the disk tells of.
    fn told(disk: &Disk) -> usize {
        let bytes = disk.0[40..44].try_into().unwrap();
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() / 4
    }

    #[test]
    fn the_header_is_never_more_than_a_second_behind_whoever_speaks() {
        for sides in [&[Side::Sent][..], &[Side::Sent, Side::Received]] {
            let mut line = Line::new();
            for nth in 0..130 {
                for &side in sides {
                    line.packet(u64::from(nth) * 20_000, side, nth, 1000);
                    assert!(line.disk.frames().len() - told(&line.disk) < 8000, "packet {nth}");
                }
            }
            assert!(told(&line.disk) < 130 * 160, "and yet it is not written with every packet");
            line.tape.file_mut().save(&mut line.outbox);
            line.disk.take(&mut line.outbox);
            assert_eq!(told(&line.disk), 130 * 160);
            line.tape.file_mut().save(&mut line.outbox);
            assert!(line.outbox.is_empty(), "there is nothing new to tell");
        }
    }

    #[test]
    fn the_window_does_not_grow() {
        let mut line = Line::new();
        for nth in 0..3000 {
            line.packet(u64::from(nth) * 20_000, Side::Sent, nth, 1000);
        }
        assert!(line.tape.work.window.len() <= 4 * 16_000 + 320);
        assert_eq!(line.finish().len(), 3000 * 160);
    }
}
