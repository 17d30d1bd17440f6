//! How loud coded audio is, told from a part of it and without decoding: cheap enough for every
//! stream of a capture.
//!
//! G.711 codes each sample by itself, so a third of the bytes says as much about the level as all
//! of them. G.722 codes differences from a prediction; but the step size of its low band follows
//! the level by the codes alone (clause 3.5), and comes to its smallest value in silence whatever
//! it was before. So silence is told for all codecs, clipping for G.711 only.

use super::g711::{self, Law};
use super::{Codec, g722};

/// Gathers what payloads sound like, until it is [read](Self::read).
///
/// ```
/// use recscope_core::codec::Codec;
/// use recscope_core::codec::loudness::{Gauge, Level};
///
/// let mut gauge = Gauge::default();
/// gauge.on_payload(Codec::Pcma, &[0xd5; 160]);
/// assert_eq!(gauge.read().level, Level::Silent);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Gauge {
    samples: u32,
    /// Sum of squares.
    energy: u64,
    full_scale: u32,
    /// Logarithm of G.722's step size after the last payload.
    step_size: i32,
    /// A G.722 payload was audible.
    audible: bool,
}

/// What a stretch of audio sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether there was anything to hear.
    pub level: Level,
    /// At least one sample in 50 was at full scale: the wave's tops were cut off.
    pub is_clipped: bool,
}

/// Whether there was anything to hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// No payload was given.
    #[default]
    Unknown,
    /// G.711: below −60 dB of full scale (root mean square). G.722: noise below −68 dB, or a tone
    /// below −40 dB.
    Silent,
    /// Louder.
    Audible,
}

impl Gauge {
    /// Of so many bytes of G.711 one is looked at; odd, so that no common tone keeps step with it.
    const STRIDE: usize = 3;
    /// −60 dB of full scale, squared.
    const SILENT_SQUARE: u64 = 33 * 33;
    const SAMPLES_PER_CLIPPED: u32 = 50;

    /// Takes in a payload, or what was captured of it. Payloads in between may be left out.
    #[inline]
    pub fn on_payload(&mut self, codec: Codec, payload: &[u8]) {
        match codec {
            Codec::Pcmu => self.on_samples(payload, &ULAW_WEIGHTS),
            Codec::Pcma => self.on_samples(payload, &ALAW_WEIGHTS),
            Codec::G722 => {
                self.samples += u32::from(!payload.is_empty());
                self.step_size = g722::step_size_after(self.step_size, payload);
                self.audible |= self.step_size > g722::SILENT_STEP_SIZE;
            }
        }
    }

    fn on_samples(&mut self, payload: &[u8], weights: &[u64; 128]) {
        // Few enough bytes that neither half of the sum overflows.
        for payload in payload.chunks(Self::STRIDE << 12) {
            let weight = |code: u8| weights[usize::from(code & 0x7F)];
            // Four at a time: a loop of one would be mostly loop.
            let (fours, rest) = payload.as_chunks::<{ 4 * Self::STRIDE }>();
            let four = |[a, _, _, b, _, _, c, _, _, d, _, _]: &[u8; 4 * Self::STRIDE]| {
                weight(*a) + weight(*b) + weight(*c) + weight(*d)
            };
            let sum: u64 = fours.iter().map(four).sum();
            let sum = sum + rest.iter().step_by(Self::STRIDE).map(|c| weight(*c)).sum::<u64>();
            #[allow(clippy::cast_possible_truncation, reason = "at most 1 << 12 each")]
            let (samples, full_scale) =
                (payload.len().div_ceil(Self::STRIDE) as u32, (sum >> FULL_SCALE_SHIFT) as u32);
            self.samples += samples;
            self.energy += sum & ((1 << FULL_SCALE_SHIFT) - 1);
            self.full_scale += full_scale;
        }
    }

    /// What was gathered since the last reading.
    pub fn read(&mut self) -> Reading {
        let Self { samples, energy, full_scale, step_size, audible } = *self;
        *self = Self { step_size, ..Self::default() };
        let is_audible = audible || energy > u64::from(samples) * Self::SILENT_SQUARE;
        Reading {
            level: match (samples, is_audible) {
                (0, _) => Level::Unknown,
                (_, true) => Level::Audible,
                (_, false) => Level::Silent,
            },
            is_clipped: full_scale > samples / Self::SAMPLES_PER_CLIPPED,
        }
    }
}

/// Below the outermost code of either law.
const FULL_SCALE: u16 = 32_000;

/// Where a weight counts that the sample is at full scale; below is the sample's square.
const FULL_SCALE_SHIFT: u32 = 48;

/// What a code adds, by its lower seven bits: the eighth is the sign.
static ULAW_WEIGHTS: [u64; 128] = weights(Law::Mu);

/// See [`ULAW_WEIGHTS`].
static ALAW_WEIGHTS: [u64; 128] = weights(Law::A);

const fn weights(law: Law) -> [u64; 128] {
    let mut weights = [0; 128];
    let mut code = 0;
    while code < 128 {
        let sample = match law {
            Law::Mu => g711::ulaw_to_linear(code),
            Law::A => g711::alaw_to_linear(code),
        };
        let magnitude = sample.unsigned_abs();
        let is_full_scale = (magnitude >= FULL_SCALE) as u64;
        let square = magnitude as u64 * magnitude as u64;
        weights[code as usize] = is_full_scale << FULL_SCALE_SHIFT | square;
        code += 1;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoder;
    use std::vec::Vec;

    /// A second of tone or noise whose root mean square is so many dB below full scale.
    fn signal(codec: Codec, dbfs: f64, shape: impl Fn(f64) -> f64) -> Vec<i16> {
        let rate = codec.sample_rate();
        let amplitude = 32_768.0 * f64::powf(10.0, dbfs / 20.0);
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        let sample = |n| (amplitude * shape(f64::from(n) / f64::from(rate))).round() as i16;
        (0..rate).map(sample).collect()
    }

    fn tone(frequency: f64) -> impl Fn(f64) -> f64 {
        move |t| f64::sqrt(2.0) * f64::sin(core::f64::consts::TAU * frequency * t)
    }

    /// Noise with a root mean square of 1, the same on every run.
    fn noise(t: f64) -> f64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter")]
        let n = (t * 16_000.0).round() as u32;
        let mixed = n.wrapping_mul(0x9E37_79B9);
        let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B);
        let mixed = (mixed ^ mixed >> 13).wrapping_mul(0xC2B2_AE35);
        f64::sqrt(3.0) * (f64::from(mixed ^ mixed >> 16) / 2_147_483_648.0 - 1.0)
    }

    fn reading(codec: Codec, samples: &[i16]) -> Reading {
        let mut code = Vec::new();
        Encoder::new(codec).encode(samples, &mut code);
        let mut gauge = Gauge::default();
        // One packet in four or, of G.722, in sixteen.
        let step = if codec == Codec::G722 { 16 } else { 4 };
        for payload in code.chunks(160).step_by(step) {
            gauge.on_payload(codec, payload);
        }
        gauge.read()
    }

    #[test]
    fn silence_is_told_from_the_faintest_speech() {
        for codec in Codec::ALL {
            for dbfs in [-96.0, -76.0] {
                assert_eq!(reading(codec, &signal(codec, dbfs, noise)).level, Level::Silent);
            }
            for dbfs in [-54.0, -40.0, -10.0] {
                let level = reading(codec, &signal(codec, dbfs, noise)).level;
                assert_eq!(level, Level::Audible, "{codec} {dbfs}");
            }
            let tone = signal(codec, -35.0, tone(440.0));
            assert_eq!(reading(codec, &tone).level, Level::Audible, "{codec}");
        }
        for codec in [Codec::Pcmu, Codec::Pcma] {
            // Tones that keep step with packets and bytes.
            for frequency in [1000.0, 8000.0 / 3.0, 2000.0, 50.0, 425.0] {
                let sound = signal(codec, -50.0, tone(frequency));
                assert_eq!(reading(codec, &sound).level, Level::Audible, "{frequency}");
            }
        }
    }

    #[test]
    fn clipping_is_told_from_a_loud_signal() {
        for codec in [Codec::Pcmu, Codec::Pcma] {
            assert!(!reading(codec, &signal(codec, -6.0, tone(440.0))).is_clipped);
            let overdriven = |t: f64| (1.5 * tone(440.0)(t)).clamp(-1.0, 1.0);
            assert!(reading(codec, &signal(codec, -0.01, overdriven)).is_clipped);
        }
    }

    #[test]
    fn nothing_given_is_nothing_known() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.read(), Reading { level: Level::Unknown, is_clipped: false });
        gauge.on_payload(Codec::Pcmu, &[]);
        assert_eq!(gauge.read().level, Level::Unknown);
        // A reading starts anew.
        gauge.on_payload(Codec::Pcmu, &[0x80; 160]);
        assert!(gauge.read().is_clipped);
        gauge.on_payload(Codec::Pcmu, &[0xff; 160]);
        assert_eq!(gauge.read(), Reading { level: Level::Silent, is_clipped: false });
    }
}
