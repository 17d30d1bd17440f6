//! From packets back to sound: what to re-read, and the samples that come of it.

mod canvas;
mod capture;
mod extraction;
pub(crate) mod file;
mod levels;
mod recording;
pub(crate) mod request;
mod resample;
mod timeline;
mod wav;

pub use extraction::Extraction;
pub use levels::Levels;

use serde::{Deserialize, Serialize};

/// What to listen to. The indices are those of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudioRequest {
    /// One RTP stream, mono.
    Stream(usize),
    /// Both directions of a call: what the caller sent left, what the callee sent right.
    Call(usize),
    /// The phone recording or WAVE file itself.
    Recording,
}

/// Why something cannot be heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The report has no stream of this index.
    #[error("there is no stream {index}")]
    NoSuchStream {
        /// The index asked for.
        index: usize,
    },
    /// The report has no call of this index.
    #[error("there is no call {index}")]
    NoSuchCall {
        /// The index asked for.
        index: usize,
    },
    /// None of the call's media can be heard.
    #[error("call {index} has no audio that can be decoded")]
    SilentCall {
        /// The call.
        index: usize,
    },
    /// The file is a capture, or nothing that is known.
    #[error("the file is not a recording")]
    NotARecording,
    /// The codec is named but not decoded.
    #[error("{codec} is not decoded; PCMU, PCMA and G722 are")]
    UnsupportedCodec {
        /// Its name as the SDP or header gives it.
        codec: String,
    },
    /// The payload is encrypted.
    #[error("stream {index} is encrypted (SRTP), so its payload cannot be decoded")]
    Encrypted {
        /// The stream.
        index: usize,
    },
}

/// Samples, ready to be played, drawn or written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audio {
    /// Samples per second, the same for all channels.
    pub sample_rate: u32,
    /// One (mono) or two (caller left, callee right), all of the same length.
    pub channels: Vec<Channel>,
    /// When the first sample was captured, in seconds since the epoch; `None` where the file does
    /// not say.
    pub start: Option<f64>,
    /// Sound was left out because it lies too far from the start: beyond `Limits::audio_samples`.
    pub is_cut: bool,
}

/// The samples of one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Whose voice it is, as far as known.
    pub label: String,
    /// 16-bit samples.
    pub samples: Vec<i16>,
}

impl Audio {
    /// Samples per channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.iter().map(|channel| channel.samples.len()).max().unwrap_or(0)
    }

    /// The audio as a 16-bit PCM WAVE file. What the app exports and what `recscope audio`
    /// writes are these bytes.
    #[must_use]
    pub fn to_wav(&self) -> Vec<u8> {
        let mut wav = Vec::with_capacity(wav::len(self));
        self.wav_pieces().for_each(|piece| wav.extend(piece));
        wav
    }

    /// The bytes of [`Self::to_wav`] one after the other, for who does not need them all at once:
    /// the header, then what sounds at most a second.
    pub fn wav_pieces(&self) -> impl Iterator<Item = Vec<u8>> {
        wav::pieces(self)
    }
}

/// The smallest and largest sample of each of `buckets` equal parts, for drawing a waveform.
///
/// Never more parts than there are samples.
#[must_use]
pub fn peaks(samples: &[i16], buckets: usize) -> Vec<(i16, i16)> {
    let count = buckets.min(samples.len());
    let mut rest = samples;
    (0..count)
        .filter_map(|index| {
            // Spreads the remainder evenly: part i ends at ⌊(i + 1) · len / count⌋.
            let done = samples.len() - rest.len();
            let end = (index + 1) * samples.len() / count;
            let (part, after) = rest.split_at_checked(end - done)?;
            rest = after;
            Some((*part.iter().min()?, *part.iter().max()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_cover_every_sample_once() {
        let samples: Vec<i16> = (0..10).collect();
        assert_eq!(peaks(&samples, 3), [(0, 2), (3, 5), (6, 9)]);
        assert_eq!(peaks(&samples[..2], 5), [(0, 0), (1, 1)]);
        assert_eq!(peaks(&[], 5), []);
        assert_eq!(peaks(&samples, 0), []);
    }
}
