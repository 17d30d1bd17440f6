//! What arrives as RTP, counted and written down.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::file::File;
use crate::codec::{Codec, Decoder};
use crate::machine::{FileId, Outbox, Side, Uncompared};
use crate::rtp::statistics::{PacketFacts, Statistics};
use crate::rtp::{Packet, RtpTime, Ssrc};
use crate::time::Instant;

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

/// One stream's WAVE file: each packet's sound lies where its timestamp says, so that order and
/// loss of packets move nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tape {
    file: File,
    work: Uncompared<Work>,
}

/// Decides nothing but what is in the file.
#[derive(Clone, Debug)]
struct Work {
    decoder: Decoder,
    codec: Codec,
    /// Where the file begins.
    first: Option<RtpTime>,
    samples: Vec<i16>,
    bytes: Vec<u8>,
}

impl Tape {
    /// Begins a file.
    pub(super) fn create(id: FileId, name: &str, codec: Codec, outbox: &mut Outbox) -> Self {
        let work = Work {
            decoder: Decoder::new(codec),
            codec,
            first: None,
            samples: Vec::new(),
            bytes: Vec::new(),
        };
        let file = File::create(id, name, 1, codec.sample_rate(), outbox);
        Self { file, work: Uncompared(work) }
    }

    /// Writes the sound of a packet.
    pub(super) fn write(&mut self, packet: &Packet<'_>, outbox: &mut Outbox) {
        let work = &mut *self.work;
        let frames = self.file.frames();
        let per_tick = u64::from(work.codec.sample_rate() / work.codec.rtp_clock());
        let first = *work.first.get_or_insert(packet.timestamp);
        let ticks = i64::from(packet.timestamp.distance_from(first));
        // A packet from before the file began has no place in it.
        let Ok(ticks) = u64::try_from(ticks) else { return };
        let mut at = ticks * per_tick;
        let longest = u64::from(LONGEST_GAP_SECONDS) * u64::from(work.codec.sample_rate());
        if at > frames + longest {
            // The clock began anew: what follows joins what is there.
            let passed = u32::try_from(frames / per_tick).unwrap_or(u32::MAX);
            work.first = Some(RtpTime(packet.timestamp.0.wrapping_sub(passed)));
            at = frames;
        }
        work.samples.clear();
        work.decoder.decode(packet.payload, &mut work.samples);
        work.bytes.clear();
        work.bytes.extend(work.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.file.write(at, &work.bytes, outbox);
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
