//! Sound out of a phone's recording or a WAVE file.

use super::canvas::Canvas;
use super::file::{FileSound, PhoneSound, Sound, WaveSound};
use super::{Audio, Channel};
use crate::pipeline::{Recorded, RecordedKind};
use recscope_core::Limits;

/// Reads a recording again, for its samples.
#[derive(Debug)]
pub(super) struct RecordingExtraction {
    content: FileSound,
    channels: Channels,
}

#[derive(Debug)]
struct Channels {
    sample_rate: u32,
    limits: Limits,
    canvases: Vec<Canvas>,
    one: Vec<i16>,
}

impl RecordingExtraction {
    pub(super) fn new(recorded: &Recorded) -> Self {
        let limits = &recorded.limits;
        let content = match recorded.kind {
            RecordedKind::Phone => {
                FileSound::Phone(Box::new(PhoneSound::new(Some(recorded.bytes), limits)))
            }
            RecordedKind::Wave => FileSound::Wave(Box::new(WaveSound::new(limits))),
        };
        let sample_rate = recorded.recording.sample_rate;
        let limits = limits.clone();
        let channels = Channels { sample_rate, limits, canvases: Vec::new(), one: Vec::new() };
        Self { content, channels }
    }

    /// Takes the next bytes of the file.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let channels = &mut self.channels;
        let mut sink =
            |sound: &Sound, position, samples: &[i16]| channels.put(*sound, position, samples);
        // What is wrong with the file was reported when it was analysed.
        let _ = self.content.push(bytes, &mut sink);
    }

    pub(super) fn finish(mut self) -> Audio {
        let channels = &mut self.channels;
        let mut sink =
            |sound: &Sound, position, samples: &[i16]| channels.put(*sound, position, samples);
        // As above.
        let _ = self.content.end_of_input(&mut sink);
        self.channels.into_audio()
    }
}

impl Channels {
    /// Takes interleaved samples apart.
    fn put(&mut self, sound: Sound, position: u64, samples: &[i16]) {
        let channels = usize::from(sound.channels.max(1));
        self.canvases.resize_with(channels, || Canvas::new(&self.limits));
        for (number, canvas) in self.canvases.iter_mut().enumerate() {
            self.one.clear();
            self.one.extend(samples.iter().skip(number).step_by(channels));
            canvas.put(position, &self.one);
        }
    }

    fn into_audio(self) -> Audio {
        let is_cut = self.canvases.iter().any(|canvas| canvas.beyond() > 0);
        let count = self.canvases.len();
        let label = |number| match (count, number) {
            (1, _) => String::from("recording"),
            (2, 0) => String::from("left"),
            (2, _) => String::from("right"),
            _ => format!("channel {}", number + 1),
        };
        let channels = self
            .canvases
            .into_iter()
            .enumerate()
            .map(|(number, canvas)| Channel {
                label: label(number),
                samples: canvas.into_samples(),
            })
            .collect();
        Audio { sample_rate: self.sample_rate, channels, start: None, is_cut }
    }
}
