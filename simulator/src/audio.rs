//! Two voices that are the same in every run and on every machine.
//!
//! Only whole numbers are used, so that native code and WebAssembly make the same samples.

use recscope_core::machine::Side;
use std::sync::OnceLock;

/// How often frames of sound come, in µs.
pub const FRAME_US: u64 = 20_000;
/// Length of what is spoken before it repeats, in frames.
const FRAMES: usize = 300;

/// The 20 ms of sound number `frame` of a voice at `sample_rate`: the phone's user speaks low, the
/// other party high, both in syllables with pauses between them. [`Side::Mixed`] is neither:
/// phones mix by themselves.
#[must_use]
pub fn frame(side: Side, sample_rate: u32, frame: u64) -> &'static [i16] {
    static LOW: [OnceLock<Vec<i16>>; 2] = [const { OnceLock::new() }; 2];
    static HIGH: [OnceLock<Vec<i16>>; 2] = [const { OnceLock::new() }; 2];
    let rate = usize::from(sample_rate > 8_000);
    let (voices, pitch) = match side {
        Side::Sent => (&LOW, 108),
        Side::Received => (&HIGH, 214),
        Side::Mixed => return &[],
    };
    let Some(voice) = voices.get(rate) else { return &[] };
    let samples = voice.get_or_init(|| speak(pitch, if rate == 0 { 8_000 } else { 16_000 }));
    let len = samples.len() / FRAMES;
    let index = usize::try_from(frame % FRAMES as u64).unwrap_or(0);
    samples.get(index * len..(index + 1) * len).unwrap_or_default()
}

/// Six seconds of syllables at a pitch in Hz.
fn speak(pitch: u32, sample_rate: u32) -> Vec<i16> {
    let total = sample_rate / 50 * u32::try_from(FRAMES).unwrap_or(0);
    let syllable = sample_rate / 5;
    let mut phases = [0_u32; 3];
    (0..total)
        .map(|n| {
            let (number, at) = (n / syllable, n % syllable);
            // Every fifth syllable is a pause; the others rise and fall by up to a quarter.
            let melody = [0, 9, 25, 16, 4, 20, 12][(number % 7) as usize];
            let hertz = pitch * (100 + melody) / 100;
            let sum: i32 = phases
                .iter_mut()
                .zip([(1, 6), (3, 3), (7, 2)])
                .map(|(phase, (harmonic, weight))| {
                    // The phase is a fraction of a turn in 32 bits.
                    let step = (u64::from(hertz * harmonic) << 32) / u64::from(sample_rate);
                    *phase = phase.wrapping_add(u32::try_from(step).unwrap_or(0));
                    sine(*phase) * weight
                })
                .sum();
            if number % 5 == 4 {
                return 0;
            }
            let edge = at.min(syllable - at);
            let loudness = i32::try_from((edge * 8).min(syllable)).unwrap_or(0);
            let syllable = i32::try_from(syllable).unwrap_or(1);
            i16::try_from(sum / 16 * loudness / syllable).unwrap_or(0)
        })
        .collect()
}

/// About 16 000 times the sine of a fraction of a turn: a parabola per half wave.
fn sine(phase: u32) -> i32 {
    let half = i32::try_from((phase >> 16) & 0x7fff).unwrap_or(0);
    let arc = half * (0x8000 - half) / 0x4000;
    if phase < 1 << 31 { arc } else { -arc }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_20_ms_long_and_differ_by_side() {
        assert_eq!(frame(Side::Sent, 8_000, 3).len(), 160);
        assert_eq!(frame(Side::Received, 16_000, 3).len(), 320);
        assert_ne!(frame(Side::Sent, 8_000, 3), frame(Side::Received, 8_000, 3));
        assert_eq!(frame(Side::Sent, 8_000, 3), frame(Side::Sent, 8_000, 303));
    }

    #[test]
    fn voices_are_loud_and_never_clip() {
        for (side, rate) in [(Side::Sent, 8_000), (Side::Received, 16_000)] {
            let samples: Vec<i16> = (0..300).flat_map(|n| frame(side, rate, n)).copied().collect();
            let peak = samples.iter().map(|sample| sample.unsigned_abs()).max();
            assert!((4_000..20_000).contains(&peak.unwrap()), "{side:?}: {peak:?}");
        }
    }
}
