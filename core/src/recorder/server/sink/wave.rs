//! A recording as 16-bit samples, each packet at its place in time.

use alloc::vec::Vec;
use core::time::Duration;

use super::super::session::Taken;
use super::Files;
use crate::codec::{Codec, Decoder};
use crate::control::StartRequest;
use crate::machine::{FileId, Outbox, StorageCommand};
use crate::rule::{self, Rule};
use crate::{rtp, wave};

/// Bytes of the header; a file ends before it would need a longer one.
const HEADER_LEN: u64 = 44;

/// Time that a packet may seem to be ahead of the clock.
const SLACK: Duration = Duration::from_millis(500);

/// Timestamp units by which a packet may come too late to be put in its place: a second.
const MAX_LATE: i64 = 8000;

/// Samples, placed by timestamp. Where packets are missing the file has a hole, and so silence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Wave {
    decoder: Decoder,
    open: Option<Open>,
    part: u32,
    /// Kept for their memory.
    samples: Vec<i16>,
    bytes: Vec<u8>,
}

/// A file being written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open {
    file: FileId,
    /// The newest packet's numbers, and where its samples begin.
    newest: rtp::Header,
    position: u64,
    /// Samples of the file, holes included, and how many it had before the last packet.
    end: u64,
    end_before: u64,
    /// Samples that the header knows of.
    saved: u64,
}

impl Wave {
    pub(super) fn new(codec: Codec) -> Self {
        let decoder = Decoder::new(codec);
        Self { decoder, open: None, part: 0, samples: Vec::new(), bytes: Vec::new() }
    }

    pub(super) fn file(&self) -> Option<FileId> {
        self.open.as_ref().map(|open| open.file)
    }

    pub(super) fn write(
        &mut self,
        packet: &rtp::Packet<'_>,
        silence: Duration,
        files: &mut Files<'_>,
        request: &StartRequest,
        outbox: &mut Outbox,
    ) -> Taken {
        let codec = self.decoder.codec();
        let header = packet.header();
        let place = match &self.open {
            Some(open) => open.place(&header, codec, silence),
            None => Some((0, true)),
        };
        let Some((mut position, newer)) = place else {
            return Taken::Ignored("the packet is there already, or too late");
        };
        let count = packet.payload.len() as u64 * codec.samples_per_byte() as u64;
        let in_riff = |end: u64| HEADER_LEN + end * 2 <= u64::from(u32::MAX);
        let fits = self.open.is_some() && in_riff(position + count);
        let mut grown = 0;
        if !fits {
            if !files.has_room_for(HEADER_LEN + count * 2) {
                return Taken::Full;
            }
            self.close(outbox);
            self.part += 1;
            let file = files.create(request, self.part, outbox);
            position = 0;
            self.open =
                Some(Open { file, newest: header, position, end: 0, end_before: 0, saved: 0 });
            self.save_header(rule::BX_S7, outbox);
            grown = HEADER_LEN;
        }
        let Some(open) = &mut self.open else { return Taken::Full };
        let end = open.end.max(position + count);
        grown += (end - open.end) * 2;
        if !files.has_room_for(grown) {
            return Taken::Full;
        }
        self.samples.clear();
        self.decoder.decode(packet.payload, &mut self.samples);
        self.bytes.clear();
        self.bytes.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let write = StorageCommand::Write {
            file: open.file,
            offset: HEADER_LEN + position * 2,
            bytes: &self.bytes,
        };
        outbox.storage(write, rule::BX_S7);
        open.end_before = open.end;
        open.end = end;
        if newer {
            open.newest = header;
            open.position = position;
        }
        // As for phones (BX-L6): the header is not more than a second behind.
        if open.end - open.saved >= u64::from(codec.sample_rate()) {
            self.save_header(rule::BX_L6, outbox);
        }
        Taken::Written(grown)
    }

    fn save_header(&mut self, rule: &'static Rule, outbox: &mut Outbox) {
        let rate = self.decoder.codec().sample_rate();
        let Some(open) = &mut self.open else { return };
        let Ok(header) = wave::pcm16_header(1, rate, open.end) else { return };
        let write = StorageCommand::Write { file: open.file, offset: 0, bytes: header.as_bytes() };
        outbox.storage(write, rule);
        open.saved = open.end;
    }

    pub(super) fn save(&mut self, outbox: &mut Outbox) {
        if self.open.as_ref().is_some_and(|open| open.saved != open.end) {
            self.save_header(rule::BX_L6, outbox);
        }
    }

    pub(super) fn take_back(&mut self) {
        if let Some(open) = &mut self.open {
            open.end = open.end_before;
        }
    }

    pub(super) fn close(&mut self, outbox: &mut Outbox) {
        self.save_header(rule::BX_S7, outbox);
        if let Some(open) = self.open.take() {
            outbox.storage(StorageCommand::Close(open.file), rule::BX_S7);
        }
    }
}

impl Open {
    /// Where a packet's samples go, and whether it is ahead of all others; `None` for one that
    /// has been there or has no place any more.
    ///
    /// Timestamps that jump further than time has passed mean another clock, whose sound follows
    /// what is there: nobody makes a file grow faster than by speaking.
    fn place(&self, header: &rtp::Header, codec: Codec, silence: Duration) -> Option<(u64, bool)> {
        let ticks = i64::from(header.timestamp.distance_from(self.newest.timestamp));
        let per_tick = codec.samples_per_byte() as u64 * codec.bytes_per_tick() as u64;
        let longest = (silence + SLACK).as_millis() * u128::from(codec.rtp_clock()) / 1000;
        let steps = header.sequence.distance_from(self.newest.sequence);
        match (steps, u64::try_from(ticks)) {
            (0, Ok(0)) => None,
            (1.., Ok(ahead)) if u128::from(ahead) <= longest => {
                Some((self.position + ahead * per_tick, true))
            }
            (..0, _) if (-MAX_LATE..0).contains(&ticks) => {
                let behind = ticks.unsigned_abs() * per_tick;
                self.position.checked_sub(behind).map(|position| (position, false))
            }
            _ => Some((self.end, true)),
        }
    }
}
