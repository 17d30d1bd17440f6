//! G.722: 7 kHz audio within 64, 56 or 48 kbit/s, after ITU-T G.722.
//!
//! A quadrature mirror filter (`qmf`) splits 16 kHz audio into two bands at 8 kHz, each coded by
//! adaptive differential PCM (`band`): six bits for the low band, two for the high one. A byte
//! holds both codes, the high band's in its top bits. At 56 and 48 kbit/s the last one or two
//! bits of the byte carry other data, and the low band makes do with five or four bits; either
//! way there is a byte for every two samples.
//!
//! The arithmetic is that of the recommendation's 16-bit words, so that every decoder and
//! encoder which follows it stays in step with this one.

use alloc::vec::Vec;

use super::{Decode, Encode};

mod band;
mod predictor;
mod qmf;
mod tables;

use band::{HighBand, LowBand};
use qmf::Qmf;

/// How many of a byte's bits are audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rate {
    /// Mode 1: all eight. The only one that RTP's `G722` means.
    Kbps64,
    /// Mode 2: the top seven; one bit of auxiliary data.
    Kbps56,
    /// Mode 3: the top six; two bits of auxiliary data.
    Kbps48,
}

impl Rate {
    /// Bits at the bottom of each byte that are not audio.
    #[must_use]
    pub const fn auxiliary_bits(self) -> u32 {
        match self {
            Self::Kbps64 => 0,
            Self::Kbps56 => 1,
            Self::Kbps48 => 2,
        }
    }
}

/// Decodes G.722 to 16 kHz samples, two from each byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decoder {
    rate: Rate,
    low: LowBand,
    high: HighBand,
    qmf: Qmf,
}

impl Decoder {
    /// A decoder in its initial state. It leaves auxiliary bits unread.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, low: LowBand::new(), high: HighBand::new(), qmf: Qmf::new() }
    }

    fn decode_byte(&mut self, byte: u8) -> [i16; 2] {
        let (high_code, low_code) = (byte >> 6, byte & 0x3f);
        let low = self.low.reconstruct(match self.rate {
            Rate::Kbps64 => tables::LOW_6_BIT[usize::from(low_code)],
            Rate::Kbps56 => tables::LOW_5_BIT[usize::from(low_code >> 1)],
            Rate::Kbps48 => tables::LOW_4_BIT[usize::from(low_code >> 2)],
        });
        let high = self.high.reconstruct(high_code);
        self.low.adapt(low_code >> 2);
        self.high.adapt(high_code);
        self.qmf.join(low, high)
    }
}

impl Decode for Decoder {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        out.reserve(payload.len().saturating_mul(2));
        out.extend(payload.iter().flat_map(|&byte| self.decode_byte(byte)));
    }
}

/// Encodes 16 kHz samples to G.722, a byte for every two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Encoder {
    rate: Rate,
    low: LowBand,
    high: HighBand,
    qmf: Qmf,
    /// The first sample of a pair whose second has not come yet.
    odd: Option<i16>,
}

impl Encoder {
    /// An encoder in its initial state. It leaves the auxiliary bits of `rate` zero.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, low: LowBand::new(), high: HighBand::new(), qmf: Qmf::new(), odd: None }
    }

    fn encode_pair(&mut self, pair: [i16; 2]) -> u8 {
        let (low, high) = self.qmf.split(pair);
        let low_code = self.low.quantize(low);
        let high_code = self.high.quantize(high);
        self.low.adapt(low_code >> 2);
        self.high.adapt(high_code);
        (high_code << 6 | low_code) >> self.rate.auxiliary_bits() << self.rate.auxiliary_bits()
    }
}

impl Encode for Encoder {
    fn encode(&mut self, mut samples: &[i16], out: &mut Vec<u8>) {
        out.reserve((samples.len() + usize::from(self.odd.is_some())) / 2);
        if let Some(odd) = self.odd
            && let Some((&second, rest)) = samples.split_first()
        {
            self.odd = None;
            samples = rest;
            out.push(self.encode_pair([odd, second]));
        }
        let (pairs, last) = samples.as_chunks::<2>();
        out.extend(pairs.iter().map(|&pair| self.encode_pair(pair)));
        if let Some(&sample) = last.first() {
            self.odd = Some(sample);
        }
    }
}

/// A [step size](step_size_after) that noise stays below from about −68 dB of full scale down.
pub(super) const SILENT_STEP_SIZE: i32 = 3000;

/// The logarithm of the low band's step size after `payload`, which follows the level: from what
/// it was before or, as it forgets within a packet, from nothing.
pub(super) fn step_size_after(before: i32, payload: &[u8]) -> i32 {
    payload.iter().fold(before, |logarithm, byte| {
        band::next_scale(logarithm, tables::LOW_SCALE_STEP[usize::from(byte >> 2 & 0x0f)])
            .min(band::LOW_LIMIT)
    })
}

#[cfg(test)]
mod tests;
