//! Speech made faster or slower at its own pitch: waveform-similarity overlap-add (WSOLA,
//! Verhelst and Roelands 1993).
//!
//! Windows are taken from the source at the wanted speed and laid over each other at the speed of
//! one; each is shifted by the few milliseconds at which it continues the one before best.

use std::ops::Range;

/// A position in stretched sound, moving forward through the source.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Source frames per frame that is heard.
    speed: f64,
    /// Frames by which windows follow each other; half their length.
    hop: usize,
    /// Frames by which a window may be shifted either way.
    reach: usize,
    /// Where the next window begins in the source, before it is shifted.
    next: f64,
    /// Where the window before would go on in the source.
    continuation: Option<usize>,
    /// Per channel, the second half of the window before.
    tails: Vec<Vec<f32>>,
}

/// Length of a window in seconds: two to three periods of a low voice.
const WINDOW: f64 = 0.030;

impl Stretch {
    /// Begins at frame `start` of a source of `sample_rate` and `channels`.
    #[must_use]
    pub fn new(sample_rate: u32, channels: usize, speed: f64, start: usize) -> Self {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and not negative"
        )]
        let hop = ((f64::from(sample_rate) * WINDOW / 2.0) as usize).max(1);
        Self {
            speed: speed.clamp(0.25, 4.0),
            hop,
            reach: hop / 2,
            next: super::track::frames_as_f64(start),
            continuation: None,
            tails: vec![vec![0.0; hop]; channels],
        }
    }

    /// The source frame that is reached.
    #[must_use]
    pub const fn position(&self) -> f64 {
        self.next
    }

    /// The next frames to be heard, one hop per channel, made from `source`, which gives the
    /// samples of one channel in a range of frames: as many as asked for, past the end silence.
    pub fn hop(&mut self, source: impl Fn(usize, Range<usize>) -> Vec<i16>) -> Vec<Vec<f32>> {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "starts at a frame and only grows"
        )]
        let wanted = self.next as usize;
        let first = self.continuation.is_none();
        let start = self.place(wanted, &source);
        self.next += super::track::frames_as_f64(self.hop) * self.speed;
        self.continuation = Some(start + self.hop);

        let hop = self.hop;
        let mut heard = Vec::with_capacity(self.tails.len());
        for (channel, tail) in self.tails.iter_mut().enumerate() {
            let window = source(channel, start..start + 2 * hop);
            let samples: Vec<f32> = window.iter().map(|&sample| scaled(sample)).collect();
            let (rise, fall) = samples.split_at_checked(hop).unwrap_or((&samples, &[]));
            let step = |index: usize| ratio(index, hop);
            heard.push(
                rise.iter()
                    .zip(tail.iter())
                    .enumerate()
                    .map(|(index, (new, old))| if first { *new } else { old + new * step(index) })
                    .collect(),
            );
            tail.clear();
            tail.extend(
                fall.iter().enumerate().map(|(index, sample)| sample * (1.0 - step(index))),
            );
            tail.resize(hop, 0.0);
        }
        heard
    }

    /// Where the window near `wanted` continues the one before best, judged over all channels so
    /// that they stay together.
    fn place(&self, wanted: usize, source: &impl Fn(usize, Range<usize>) -> Vec<i16>) -> usize {
        let Some(continuation) = self.continuation else { return wanted };
        let from = wanted.saturating_sub(self.reach);
        let mut target = vec![0.0; self.hop];
        let mut field = vec![0.0; self.hop + 2 * self.reach];
        for channel in 0..self.tails.len() {
            add(&mut target, &source(channel, continuation..continuation + self.hop));
            add(&mut field, &source(channel, from..from + self.hop + 2 * self.reach));
        }
        let likeness = |window: &[f32]| {
            let product: f32 = window.iter().zip(&target).map(|(a, b)| a * b).sum();
            let energy: f32 = window.iter().map(|sample| sample * sample).sum();
            product / (energy + 1e-6).sqrt()
        };
        let scores = field.windows(self.hop).map(likeness).enumerate();
        let best = scores.max_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(shift, _)| shift);
        from + best
    }
}

fn add(sum: &mut [f32], samples: &[i16]) {
    for (sum, sample) in sum.iter_mut().zip(samples) {
        *sum += scaled(*sample);
    }
}

/// A sample as Web Audio has it: −1 to 1.
#[must_use]
pub fn scaled(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

fn ratio(part: usize, whole: usize) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "a window has a few thousand frames")]
    let ratio = part as f32 / whole as f32;
    ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8000;

    /// A second of a 200 Hz tone.
    fn tone() -> Vec<i16> {
        (0..RATE)
            .map(|frame| {
                let phase = f64::from(frame) * 200.0 / f64::from(RATE) * std::f64::consts::TAU;
                #[allow(clippy::cast_possible_truncation, reason = "within 10 000")]
                let sample = (phase.sin() * 10_000.0) as i16;
                sample
            })
            .collect()
    }

    fn stretched(samples: &[i16], speed: f64) -> Vec<f32> {
        let source = |_: usize, frames: Range<usize>| {
            frames.map(|frame| samples.get(frame).copied().unwrap_or(0)).collect::<Vec<i16>>()
        };
        let mut stretch = Stretch::new(RATE, 1, speed, 0);
        let mut heard = Vec::new();
        // Leave out the end, where the tone stops within a window.
        while stretch.next < f64::from(RATE) - 600.0 {
            heard.extend(stretch.hop(source).remove(0));
        }
        heard
    }

    fn rising_zeros(samples: &[f32]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_strength_at_any_speed() {
        let tone = tone();
        for speed in [0.5, 0.75, 1.25, 1.5, 2.0] {
            let heard = stretched(&tone, speed);
            let seconds = heard.len() as f64 / f64::from(RATE);
            assert!((seconds - 0.925 / speed).abs() < 0.03, "{speed}: {seconds} s");
            let pitch = rising_zeros(&heard) as f64 / seconds;
            assert!((pitch - 200.0).abs() < 4.0, "{speed}: {pitch} Hz");
            let peak = heard.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak < 10_100.0 / 32_768.0, "{speed}: {peak}");
            let mean = heard.iter().map(|sample| sample * sample).sum::<f32>() / heard.len() as f32;
            let expected = (10_000.0f32 / 32_768.0).powi(2) / 2.0;
            assert!((mean / expected - 1.0).abs() < 0.05, "{speed}: {mean} for {expected}");
        }
    }

    #[test]
    fn channels_stay_together() {
        let tone = tone();
        let source = |channel: usize, frames: Range<usize>| {
            let sign = if channel == 0 { 1 } else { -1 };
            frames.map(|f| tone.get(f).copied().unwrap_or(0) / 2 * sign).collect::<Vec<i16>>()
        };
        // The two cancel in the sum by which windows are placed: any place is as good.
        let mut stretch = Stretch::new(RATE, 2, 1.5, 100);
        for _ in 0..20 {
            let heard = stretch.hop(source);
            for (left, right) in heard[0].iter().zip(&heard[1]) {
                assert!((left + right).abs() < 1e-6);
            }
        }
    }
}
