//! What arrives as RTP, counted and written down.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::codec::{Codec, Decoder};
use crate::machine::{FileId, Outbox, Side, StorageCommand, Uncompared};
use crate::rtp::statistics::{PacketFacts, Statistics};
use crate::rtp::{Packet, RtpTime, Ssrc};
use crate::rule;
use crate::time::Instant;
use crate::wave::pcm16_header;

/// A gap that is not filled with silence: timestamps that jump further have begun anew.
pub(super) const LONGEST_GAP_SECONDS: u32 = 3600;

/// One stream of copies. All that a packet needs stands in the first three lines of the processor's
/// cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(64))]
pub(super) struct Incoming {
    pub(super) ssrc: Ssrc,
    /// The port and the payload type that its last packet came with, as it was to.
    pub(super) came_as: Uncompared<Option<(u16, u8)>>,
    pub(super) side: Side,
    pub(super) codec: Codec,
    pub(super) statistics: Uncompared<Statistics>,
    pub(super) tape: Option<Box<Tape>>,
}

impl Incoming {
    pub(super) fn new(side: Side, ssrc: Ssrc, codec: Codec) -> Self {
        let statistics = Uncompared(Statistics::without_series(codec.rtp_clock()));
        Self { ssrc, came_as: Uncompared(None), side, codec, statistics, tape: None }
    }

    pub(super) fn count(&mut self, now: Instant, packet: &Packet<'_>) {
        let arrival = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        self.statistics.on_packet(arrival, &PacketFacts::of(packet));
    }
}

/// The name of a side in file names and lists.
pub(super) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Sent => "sent",
        Side::Received => "received",
        Side::Mixed => "mixed",
    }
}

/// A WAVE file that grows: each packet's sound lies where its timestamp says, so that order and
/// loss of packets move nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tape {
    pub(super) file: FileId,
    work: Uncompared<Work>,
}

/// Decides nothing but what is in the file.
#[derive(Clone, Debug)]
struct Work {
    decoder: Decoder,
    codec: Codec,
    /// Where the file begins.
    first: Option<RtpTime>,
    /// Samples in the file, gaps included.
    frames: u64,
    /// Those that the header tells of.
    saved: u64,
    samples: Vec<i16>,
    bytes: Vec<u8>,
}

impl Tape {
    /// Begins a file.
    pub(super) fn create(file: FileId, name: &str, codec: Codec, outbox: &mut Outbox) -> Self {
        outbox.storage(StorageCommand::Create { file, name }, rule::MX_3);
        let work = Work {
            decoder: Decoder::new(codec),
            codec,
            first: None,
            frames: 0,
            saved: 0,
            samples: Vec::new(),
            bytes: Vec::new(),
        };
        let mut tape = Self { file, work: Uncompared(work) };
        tape.write_header(outbox);
        tape
    }

    /// Writes the sound of a packet.
    pub(super) fn write(&mut self, packet: &Packet<'_>, outbox: &mut Outbox) {
        let work = &mut *self.work;
        let per_tick = u64::from(work.codec.sample_rate() / work.codec.rtp_clock());
        let first = *work.first.get_or_insert(packet.timestamp);
        let ticks = i64::from(packet.timestamp.distance_from(first));
        // A packet from before the file began has no place in it.
        let Ok(ticks) = u64::try_from(ticks) else { return };
        let mut at = ticks * per_tick;
        let longest = u64::from(LONGEST_GAP_SECONDS) * u64::from(work.codec.sample_rate());
        if at > work.frames + longest {
            // The clock began anew: what follows joins what is there.
            let passed = u32::try_from(work.frames / per_tick).unwrap_or(u32::MAX);
            work.first = Some(RtpTime(packet.timestamp.0.wrapping_sub(passed)));
            at = work.frames;
        }
        work.samples.clear();
        work.decoder.decode(packet.payload, &mut work.samples);
        work.bytes.clear();
        work.bytes.extend(work.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let offset = HEADER_LEN + at * 2;
        let file = self.file;
        outbox.storage(StorageCommand::Write { file, offset, bytes: &work.bytes }, rule::MX_3);
        let end = at + u64::try_from(work.samples.len()).unwrap_or_default();
        work.frames = work.frames.max(end);
        if work.frames - work.saved >= u64::from(work.codec.sample_rate()) {
            self.write_header(outbox);
        }
    }

    /// Brings the header up to date.
    pub(super) fn save(&mut self, outbox: &mut Outbox) {
        if self.work.saved != self.work.frames {
            self.write_header(outbox);
        }
    }

    /// Completes the file, or takes it away.
    pub(super) fn finish(mut self, keeps: bool, outbox: &mut Outbox) {
        if keeps {
            self.write_header(outbox);
        }
        outbox.storage(StorageCommand::Close(self.file), rule::MX_3);
        if !keeps {
            outbox.storage(StorageCommand::Delete(self.file), rule::MX_D3);
        }
    }

    fn write_header(&mut self, outbox: &mut Outbox) {
        let work = &mut *self.work;
        work.saved = work.frames;
        if let Ok(header) = pcm16_header(1, work.codec.sample_rate(), work.frames) {
            let bytes = header.as_bytes();
            let write = StorageCommand::Write { file: self.file, offset: 0, bytes };
            outbox.storage(write, rule::MX_3);
        }
    }
}

/// Bytes before the first sample, up to 4 GiB.
pub(super) const HEADER_LEN: u64 = 44;

/// The file of a take: `1000_0001_20261122091500_sent.wav`, or without a side for both.
pub(super) fn file_name(
    extension: &str,
    take: u32,
    time: impl core::fmt::Display,
    side: Option<Side>,
) -> String {
    // An extension comes from outside, and a name is no path.
    let extension: String =
        extension.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let (joint, side) = side.map_or(("", ""), |side| ("_", side_name(side)));
    format!("{extension}_{take:04}_{time}{joint}{side}.wav")
}
