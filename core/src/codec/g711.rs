//! G.711 A-law and µ-law, after the tables of ITU-T G.711.
//!
//! The standard speaks of 13-bit (A) and 14-bit (µ) values; here both are 16-bit samples, that is
//! its values times 8 and times 4. A sample that lies on a decision value belongs to the interval
//! farther from zero when positive and to the nearer one when negative: negative samples are
//! taken as their ones' complement, as the ITU's own software (G.191) does.

use alloc::vec::Vec;

use super::{Decode, Encode};

/// Which of the two companding laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// A-law (PCMA): Europe and international links.
    A,
    /// µ-law (PCMU): North America and Japan.
    Mu,
}

impl Decode for Law {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        let table = match self {
            Self::A => &ALAW,
            Self::Mu => &ULAW,
        };
        out.extend(payload.iter().map(|&code| table[usize::from(code)]));
    }
}

impl Encode for Law {
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Self::A => out.extend(samples.iter().map(|&sample| alaw_code(sample))),
            Self::Mu => out.extend(samples.iter().map(|&sample| ulaw_code(sample))),
        }
    }
}

#[cfg(feature = "small")]
use {alaw_from_linear as alaw_code, ulaw_from_linear as ulaw_code};

#[cfg(not(feature = "small"))]
use by_table::{alaw_code, ulaw_code};

/// The codes of all samples in 20 KiB: encoding is most of what a phone has to compute.
#[cfg(not(feature = "small"))]
mod by_table {
    use super::{alaw_from_linear, ulaw_from_linear};

    /// [`alaw_from_linear`] of every sample, by its upper twelve bits.
    static ALAW_CODES: [u8; 1 << 12] = {
        let mut codes = [0; 1 << 12];
        let mut at = 0_u16;
        while at < 1 << 12 {
            codes[at as usize] = alaw_from_linear((at << 4).cast_signed());
            at += 1;
        }
        codes
    };

    /// [`ulaw_from_linear`] of every sample, by its upper fourteen bits.
    static ULAW_CODES: [u8; 1 << 14] = {
        let mut codes = [0; 1 << 14];
        let mut at = 0_u16;
        while at < 1 << 14 {
            codes[at as usize] = ulaw_from_linear((at << 2).cast_signed());
            at += 1;
        }
        codes
    };

    /// The shift keeps it below the table's length.
    pub(super) fn alaw_code(sample: i16) -> u8 {
        ALAW_CODES[(sample.cast_unsigned() >> 4) as usize]
    }

    /// The shift keeps it below the table's length.
    pub(super) fn ulaw_code(sample: i16) -> u8 {
        ULAW_CODES[(sample.cast_unsigned() >> 2) as usize]
    }
}

/// The sample that an A-law code stands for (G.711 table 1).
#[must_use]
pub const fn alaw_to_linear(code: u8) -> i16 {
    ALAW[code as usize]
}

/// The sample that a µ-law code stands for (G.711 table 2).
#[must_use]
pub const fn ulaw_to_linear(code: u8) -> i16 {
    ULAW[code as usize]
}

/// The A-law code of a sample: sign, three bits of segment, four bits of place in it, with the
/// even bits inverted.
#[must_use]
pub const fn alaw_from_linear(sample: i16) -> u8 {
    // 11 bits: the steps of the two lowest segments are 16 wide.
    let magnitude = ones_complement_magnitude(sample) >> 4;
    let segment = segment_above(magnitude, 4);
    let step = if segment == 0 { magnitude } else { magnitude >> (segment - 1) };
    join(sample, segment, step) ^ 0x55
}

/// The µ-law code of a sample: sign, segment and place in it, all inverted.
#[must_use]
pub const fn ulaw_from_linear(sample: i16) -> u8 {
    // 13 bits, with the bias that makes every segment begin at a power of two; the bias can carry
    // the loudest samples past the last segment, where they are held.
    let biased = (ones_complement_magnitude(sample) >> 2) + 33;
    let biased = if biased > 0x1fff { 0x1fff } else { biased };
    let segment = segment_above(biased, 6);
    join(sample, segment, biased >> (segment + 1)) ^ 0x7f
}

/// |sample| for positive samples, |sample| − 1 for negative ones; 15 bits.
const fn ones_complement_magnitude(sample: i16) -> u16 {
    (if sample < 0 { !sample } else { sample }).cast_unsigned()
}

/// The segment of a magnitude: 0 below 2^(`bits`), one more for every doubling after that.
const fn segment_above(magnitude: u16, bits: u32) -> u32 {
    (u16::BITS - magnitude.leading_zeros()).saturating_sub(bits)
}

/// Sign bit (set when positive), segment and the low four bits of `step` as one byte.
const fn join(sample: i16, segment: u32, step: u16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let [segment, ..] = segment.to_le_bytes();
    let [step, _] = step.to_le_bytes();
    sign | segment << 4 | step & 0x0f
}

static ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code ^ 0x55;
        let segment = bits >> 4 & 7;
        // The middle of the step; above the lowest segment with its implied leading one.
        let step = ((bits & 0x0f) << 4) + 8;
        let magnitude = if segment == 0 { step } else { (step + 0x100) << (segment - 1) };
        table[code] = signed(magnitude, bits & 0x80 != 0);
        code += 1;
    }
    table
};

static ULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code ^ 0xff;
        let segment = bits >> 4 & 7;
        // 0x84 is the bias of 33, in the middle of the first step, in 16-bit samples.
        let magnitude = ((((bits & 0x0f) << 3) + 0x84) << segment) - 0x84;
        table[code] = signed(magnitude, code & 0x80 != 0);
        code += 1;
    }
    table
};

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "no G.711 magnitude is above 32 256, and TryFrom is not const"
)]
const fn signed(magnitude: usize, positive: bool) -> i16 {
    let magnitude = magnitude as i16;
    if positive { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests;
