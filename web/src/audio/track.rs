//! Samples as the page holds them: in the browser's memory, not the program's.

use crate::client::attachment;
use crate::protocol::{PEAK_FRAMES, Sound};
use js_sys::{Array, Int16Array};
use std::ops::Range;

/// Something to hear.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// Frames per second.
    pub sample_rate: u32,
    /// Channels, all of the same length.
    pub lanes: Vec<Lane>,
    /// When the first frame was captured, in seconds since the epoch.
    pub start: Option<f64>,
}

/// One channel.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Whose voice it is.
    pub label: String,
    samples: Int16Array,
    /// Smallest and largest sample of each [`PEAK_FRAMES`] frames, in turn.
    peaks: Vec<i16>,
}

/// Where a channel is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pan {
    /// On the left.
    Left,
    /// On both sides.
    Centre,
    /// On the right.
    Right,
}

impl Pan {
    /// All of them, left to right.
    pub const ALL: [Self; 3] = [Self::Left, Self::Centre, Self::Right];

    /// As Web Audio has it.
    #[must_use]
    pub const fn value(self) -> f32 {
        match self {
            Self::Left => -1.0,
            Self::Centre => 0.0,
            Self::Right => 1.0,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Centre => "centre",
            Self::Right => "right",
        }
    }

    /// Where channel `index` of `count` is heard at first: the two sides of a call apart.
    #[must_use]
    pub const fn at_first(index: usize, count: usize) -> Self {
        match (index, count) {
            (0, 2) => Self::Left,
            (1, 2) => Self::Right,
            _ => Self::Centre,
        }
    }
}

impl Track {
    /// The track that an answer to `Question::Audio` holds.
    #[must_use]
    pub fn from_answer(sound: &Sound, attachments: &Array) -> Self {
        let lanes = (0u32..).step_by(2).zip(&sound.labels).map(|(index, label)| Lane {
            label: label.clone(),
            samples: attachment(attachments, index),
            peaks: attachment::<Int16Array>(attachments, index + 1).to_vec(),
        });
        Self { sample_rate: sound.sample_rate, lanes: lanes.collect(), start: sound.start }
    }

    /// Frames of the longest channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.lanes.iter().map(Lane::frames).max().unwrap_or(0)
    }

    /// Length in seconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        if self.sample_rate == 0 {
            return 0.0;
        }
        frames_as_f64(self.frames()) / f64::from(self.sample_rate)
    }

    /// The frame that is heard at `seconds`, within the track.
    #[must_use]
    pub fn frame_at(&self, seconds: f64) -> usize {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates at both ends"
        )]
        let frame = (seconds * f64::from(self.sample_rate)).round() as usize;
        frame.min(self.frames())
    }
}

/// A count of frames as a number to calculate times with.
#[must_use]
pub fn frames_as_f64(frames: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "no typed array has 2^53 elements")]
    let frames = frames as f64;
    frames
}

impl Lane {
    /// Its length.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.length() as usize
    }

    /// Copies out the samples of `frames`; those past the end are silence.
    #[must_use]
    pub fn samples(&self, frames: Range<usize>) -> Vec<i16> {
        let clamp = |frame: usize| u32::try_from(frame).unwrap_or(u32::MAX);
        let mut samples = self.samples.subarray(clamp(frames.start), clamp(frames.end)).to_vec();
        samples.resize(frames.len(), 0);
        samples
    }

    /// The smallest and largest sample of each of `parts` equal parts of `frames`.
    #[must_use]
    pub fn peaks(&self, frames: Range<usize>, parts: usize) -> Vec<(i16, i16)> {
        if parts == 0 || frames.is_empty() {
            return Vec::new();
        }
        if frames.len() / parts < PEAK_FRAMES * 4 {
            return recscope_analyzer::audio::peaks(&self.samples(frames), parts);
        }
        let first = frames.start / PEAK_FRAMES;
        let pairs = frames.end.div_ceil(PEAK_FRAMES) - first;
        (0..parts)
            .map(|part| {
                let from = (first + part * pairs / parts) * 2;
                let to = (first + (part + 1) * pairs / parts) * 2;
                let part = self.peaks.get(from..to.min(self.peaks.len())).unwrap_or_default();
                let low = part.iter().step_by(2).min().copied().unwrap_or(0);
                let high = part.iter().skip(1).step_by(2).max().copied().unwrap_or(0);
                (low, high)
            })
            .collect()
    }
}
