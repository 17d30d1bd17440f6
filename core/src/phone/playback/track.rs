//! A recording that is played: what its header says, and the block that sounds next.

use alloc::vec::Vec;
use core::time::Duration;

use crate::codec::{Codec, Decoder};
use crate::recording::{HEADER_LEN, Header, PROBE_BLOCKS, Reader, RtpHeaders};
use crate::{Limits, rtp};

/// A recording whose header was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Track {
    decoder: Decoder,
    rtp_headers: RtpHeaders,
    block_len: u64,
    increment: u32,
    clock: u32,
    /// Whole blocks of the file.
    blocks: u64,
    /// Blocks by the header's count (BX-L7).
    pub(super) blocks_by_header: u64,
    next: u64,
}

/// How much of the file's beginning is needed.
pub(super) enum Need {
    /// So many bytes.
    Bytes(u64),
    /// None of it: this cannot be played.
    Nothing,
}

impl Track {
    /// The bytes of a file of `size` that [`Track::read`] needs, of which `head` are there.
    pub(super) fn need(head: &[u8], size: u64) -> Need {
        let header_len = HEADER_LEN as u64;
        if size < header_len {
            return Need::Nothing;
        }
        if head.len() < HEADER_LEN {
            return Need::Bytes(header_len);
        }
        match Header::parse(head) {
            Ok(header) => {
                let block = u64::from(header.rtp_len.unsigned_abs());
                // One block more, by which the last of the others shows its end.
                Need::Bytes(size.min(header_len + (u64::from(PROBE_BLOCKS) + 1) * block))
            }
            Err(_) => Need::Nothing,
        }
    }

    /// Reads the beginning of a file of `size` bytes; `None` where it cannot be played.
    pub(super) fn read(head: &[u8], size: u64) -> Option<Self> {
        let header = Header::parse(head).ok()?;
        let mut reader = Reader::new(Some(head.len() as u64), &Limits::default());
        let mut rest = head;
        while let Ok((consumed, step)) = reader.push(rest) {
            use crate::recording::Step;
            if matches!(step, Step::NeedMore | Step::End) {
                break;
            }
            rest = rest.get(consumed..).unwrap_or_default();
        }
        let summary = reader.finish().ok()?;
        let codec: Codec = summary.codec?;
        let block_len = u64::from(header.rtp_len.unsigned_abs());
        let blocks = (size - HEADER_LEN as u64).checked_div(block_len)?;
        Some(Self {
            decoder: Decoder::new(codec),
            rtp_headers: summary.layout.rtp_headers,
            block_len,
            increment: summary.increment,
            clock: summary.clock,
            blocks,
            blocks_by_header: u64::from(header.data_size) / block_len,
            next: 0,
        })
        .filter(|track| track.increment > 0 && track.clock > 0)
    }

    pub(super) fn codec(&self) -> Codec {
        self.decoder.codec()
    }

    /// Whole blocks of the file.
    pub(super) const fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Whether the header's count is not that of the file (BX-L6).
    pub(super) fn is_stale(&self) -> bool {
        self.blocks_by_header != self.blocks
    }

    /// Blocks × increment / clock (BX-L7).
    pub(super) fn duration(&self) -> Duration {
        self.time_of(self.blocks)
    }

    pub(super) fn position(&self) -> Duration {
        self.time_of(self.next)
    }

    pub(super) fn block_time(&self) -> Duration {
        self.time_of(1)
    }

    fn time_of(&self, blocks: u64) -> Duration {
        let micros = u128::from(blocks) * u128::from(self.increment) * 1_000_000;
        let micros = micros / u128::from(self.clock);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// Goes to a second, or to the end.
    pub(super) fn seek(&mut self, second: u32) {
        let block = u64::from(second) * u64::from(self.clock) / u64::from(self.increment);
        self.next = block.min(self.blocks);
        self.decoder = Decoder::new(self.codec());
    }

    pub(super) const fn is_over(&self) -> bool {
        self.next >= self.blocks
    }

    /// Where in the file the next block is.
    pub(super) const fn offset(&self) -> u64 {
        HEADER_LEN as u64 + self.next * self.block_len
    }

    pub(super) fn block_len(&self) -> usize {
        usize::try_from(self.block_len).unwrap_or(usize::MAX)
    }

    /// Decodes the next block, and steps behind it. A block that is damaged is silent.
    pub(super) fn play(&mut self, block: &[u8], samples: &mut Vec<i16>) {
        samples.clear();
        self.next += 1;
        let payload = match self.rtp_headers {
            RtpHeaders::Absent => Some(block),
            RtpHeaders::Present => rtp::Packet::parse(block).ok().map(|packet| packet.payload),
        };
        match payload {
            Some(payload) => self.decoder.decode(payload, samples),
            None => {
                let per_tick = self.codec().samples_per_byte() * self.codec().bytes_per_tick();
                let ticks = usize::try_from(self.increment).unwrap_or_default();
                samples.resize(ticks * per_tick, 0);
            }
        }
    }
}
