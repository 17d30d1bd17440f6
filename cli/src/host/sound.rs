//! Sound from WAVE files, in frames of 20 ms that come when they are due.

use crate::output::reason;
use anyhow::{Result, anyhow, ensure};
use recscope_core::Limits;
use recscope_core::machine::Side;
use recscope_core::recording::looks_like_recording;
use recscope_core::time::Instant;
use recscope_core::wave::{Reader, SampleReader, Step};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

/// The length of a frame.
pub(crate) const FRAME: Duration = Duration::from_millis(20);

/// The longest sound that is held: six hours at 16 kHz.
const MOST_SAMPLES: usize = 6 * 3600 * 16_000;

/// What one side of a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Voice {
    side: Side,
    samples: Vec<i16>,
}

impl Voice {
    /// The sound of a WAVE file for a machine that takes `sample_rate`; several channels are mixed.
    ///
    /// # Errors
    /// When the file cannot be read, is no WAVE file, or has another rate.
    pub(crate) fn read(path: &Path, side: Side, sample_rate: u32) -> Result<Self> {
        let shown = path.display();
        let file =
            File::open(path).map_err(|error| anyhow!("cannot read {shown}: {}", reason(&error)))?;
        let (rate, samples) = decode(file).map_err(|error| {
            let advice = match error.downcast_ref::<io::Error>() {
                Some(error) => reason(error),
                None if is_recording(path) => format!(
                    "it is a phone's recording, not a WAVE file; `recscope audio {shown} -o \
                     OUT.wav` makes one of it"
                ),
                None => format!(
                    "it is no WAVE file that can be read ({error}); `ffmpeg -i {shown} -ar \
                     {sample_rate} OUT.wav` makes one of most sound"
                ),
            };
            anyhow!("cannot play {shown}: {advice}")
        })?;
        ensure!(
            rate == sample_rate,
            "cannot play {shown}: it has {rate} samples per second, the codec takes {sample_rate}; \
             `sox {shown} -r {sample_rate} OUT.wav` makes a file that fits"
        );
        Ok(Self { side, samples })
    }

    /// So much of it, from its start again as often as it takes.
    pub(crate) fn lasting(mut self, time: Duration, sample_rate: u32) -> Self {
        let samples = time.as_micros() * u128::from(sample_rate) / 1_000_000;
        let samples = usize::try_from(samples).unwrap_or(MOST_SAMPLES).min(MOST_SAMPLES);
        let once = self.samples.len();
        if once == 0 {
            self.samples.resize(samples, 0);
        }
        while self.samples.len() < samples {
            let missing = samples - self.samples.len();
            self.samples.extend_from_within(..missing.min(once));
        }
        self.samples.truncate(samples);
        self
    }

    /// A side that says nothing.
    pub(crate) const fn silent(side: Side) -> Self {
        Self { side, samples: Vec::new() }
    }
}

/// Whether a file is what phones write, which ends in `.wav` as well.
fn is_recording(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    read.is_ok() && looks_like_recording(&start)
}

/// Sample rate and samples of a WAVE file, its channels mixed.
fn decode(mut file: impl Read) -> Result<(u32, Vec<i16>)> {
    let mut reader = Reader::new(&Limits::default());
    let mut converter = None;
    let mut channels = 1_usize;
    let mut samples = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    let mut is_ended = false;
    while !is_ended {
        let len = file.read(&mut buffer)?;
        let Some(mut bytes) = buffer.get(..len).filter(|bytes| !bytes.is_empty()) else { break };
        loop {
            let (consumed, step) = reader.push(bytes)?;
            bytes = bytes.get(consumed..).unwrap_or_default();
            match step {
                Step::NeedMore => break,
                Step::End => {
                    is_ended = true;
                    break;
                }
                Step::Chunk(_) => {}
                Step::Format(format) => {
                    channels = usize::from(format.channels).max(1);
                    converter = Some(SampleReader::new(&format)?);
                }
                Step::Data(data) => {
                    if let Some(converter) = &mut converter {
                        converter.push(data, &mut samples);
                    }
                    ensure!(samples.len() <= MOST_SAMPLES, "it is longer than can be played");
                }
            }
        }
    }
    let rate = reader.finish()?.format.sample_rate;
    if channels > 1 {
        let count = i64::try_from(channels)?;
        let frames = samples.chunks_exact(channels);
        let mix = |frame: &[i16]| frame.iter().copied().map(i64::from).sum::<i64>() / count;
        samples = frames.map(|frame| i16::try_from(mix(frame)).unwrap_or_default()).collect();
    }
    Ok((rate, samples))
}

/// What is to become of the sound at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// Silence follows, as in a call in which nobody speaks.
    Silence,
    /// It begins anew.
    Repeat,
}

/// The voices of a call, and when their next frame is due. Frames follow the clock: none is late
/// because another was.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    voices: Vec<Voice>,
    at_end: AtEnd,
    /// Samples of a frame.
    frame: usize,
    /// When the voices began to speak; they are silent if they did not.
    since: Option<Instant>,
    /// Frames played since then.
    played: u32,
    scratch: Vec<i16>,
}

impl Sound {
    /// Voices at `sample_rate` that wait for [`Self::play`].
    pub(crate) fn new(voices: Vec<Voice>, sample_rate: u32, at_end: AtEnd) -> Self {
        let frame = usize::try_from(sample_rate / 50).unwrap_or(160).max(1);
        Self { voices, at_end, frame, since: None, played: 0, scratch: Vec::new() }
    }

    /// No sound at all.
    pub(crate) fn none() -> Self {
        Self::new(Vec::new(), 8000, AtEnd::Silence)
    }

    /// Begins from the start.
    pub(super) fn play(&mut self, now: Instant) {
        self.since = Some(now);
        self.played = 0;
    }

    pub(super) fn stop(&mut self) {
        self.since = None;
    }

    /// When the next frame is complete.
    pub(super) fn due(&self) -> Option<Instant> {
        let since = self.since.filter(|_| !self.voices.is_empty())?;
        Some(since + FRAME.saturating_mul(self.played.saturating_add(1)))
    }

    /// Sides that speak.
    pub(super) fn voices(&self) -> usize {
        self.voices.len()
    }

    /// The frame that is due of a voice; [`Self::advance`] once all voices had it.
    pub(super) fn frame(&mut self, voice: usize) -> Option<(Side, &[i16])> {
        let voice = self.voices.get(voice)?;
        self.scratch.clear();
        let len = voice.samples.len();
        let mut at = usize::try_from(self.played).ok()?.saturating_mul(self.frame);
        if self.at_end == AtEnd::Repeat && len > 0 {
            at %= len;
        }
        while self.scratch.len() < self.frame {
            let missing = self.frame - self.scratch.len();
            let rest = voice.samples.get(at..).filter(|rest| !rest.is_empty());
            let Some(rest) = rest else {
                self.scratch.resize(self.frame, 0);
                break;
            };
            self.scratch.extend(rest.iter().take(missing));
            at = match self.at_end {
                AtEnd::Silence => len,
                AtEnd::Repeat => 0,
            };
        }
        Some((voice.side, &self.scratch))
    }

    /// Goes on to the next frame; whether that is the first after the end of all voices.
    pub(super) fn advance(&mut self) -> bool {
        self.played = self.played.saturating_add(1);
        let longest = self.voices.iter().map(|voice| voice.samples.len()).max().unwrap_or(0);
        let frames = longest.div_ceil(self.frame);
        self.at_end == AtEnd::Silence && usize::try_from(self.played).is_ok_and(|n| n == frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_core::wave::pcm16_header;

    fn sound(samples: Vec<i16>, at_end: AtEnd) -> Sound {
        let voices = vec![
            Voice { side: Side::Sent, samples },
            Voice { side: Side::Received, samples: vec![] },
        ];
        Sound::new(voices, 8000, at_end)
    }

    #[test]
    fn frames_are_due_by_the_clock_and_not_by_each_other() {
        let mut sound = sound(vec![7; 400], AtEnd::Silence);
        assert_eq!(sound.due(), None);
        let start = Instant::from_micros(5);
        sound.play(start);
        for number in 1..=100 {
            assert_eq!(sound.due(), Some(start + FRAME * number));
            sound.advance();
        }
    }

    #[test]
    fn the_last_frame_is_completed_with_silence() {
        let mut sound = sound(vec![7; 200], AtEnd::Silence);
        sound.play(Instant::ORIGIN);
        assert_eq!(sound.frame(0), Some((Side::Sent, &[7; 160][..])));
        assert_eq!(sound.frame(1), Some((Side::Received, &[0; 160][..])));
        assert_eq!(sound.frame(2), None);
        assert!(!sound.advance());
        let last: Vec<i16> = [vec![7; 40], vec![0; 120]].concat();
        assert_eq!(sound.frame(0), Some((Side::Sent, &last[..])));
        assert!(sound.advance(), "this was the end");
        assert_eq!(sound.frame(0), Some((Side::Sent, &[0; 160][..])));
        assert!(!sound.advance(), "which is told once");
    }

    #[test]
    fn repeated_sound_has_no_gap() {
        let samples: Vec<i16> = (0..250).collect();
        let mut sound = sound(samples, AtEnd::Repeat);
        sound.play(Instant::ORIGIN);
        let mut heard = Vec::new();
        for _ in 0..10 {
            heard.extend_from_slice(sound.frame(0).unwrap().1);
            assert!(!sound.advance());
        }
        assert!(heard.iter().enumerate().all(|(at, &sample)| sample as usize == at % 250));
    }

    #[test]
    fn a_voice_lasts_as_long_as_it_is_asked_to() {
        let lasting = |samples: &[i16], millis| {
            let voice = Voice { side: Side::Mixed, samples: samples.to_vec() };
            voice.lasting(Duration::from_millis(millis), 8000).samples
        };
        assert_eq!(lasting(&[1, 2, 3], 1), [1, 2, 3, 1, 2, 3, 1, 2]);
        assert_eq!(lasting(&[5; 1000], 1), [5; 8]);
        assert_eq!(lasting(&[], 2), [0; 16]);
    }

    #[test]
    fn channels_are_mixed_and_other_rates_refused() {
        let mut file = pcm16_header(2, 16_000, 2).unwrap().as_bytes().to_vec();
        for sample in [100_i16, 200, i16::MAX, i16::MAX] {
            file.extend(sample.to_le_bytes());
        }
        assert_eq!(decode(&file[..]).unwrap(), (16_000, vec![150, i16::MAX]));

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.wav");
        std::fs::write(&path, &file).unwrap();
        let read = Voice::read(&path, Side::Sent, 16_000).unwrap();
        assert_eq!(read.samples.len(), 2);
        let refused = Voice::read(&path, Side::Sent, 8_000).unwrap_err().to_string();
        assert!(refused.contains("it has 16000 samples per second"), "{refused}");
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for bytes in [&b""[..], b"RIFF", b"not a wave file at all, nothing like it"] {
            assert!(decode(bytes).is_err());
        }
    }
}
