//! Writing PCM16 WAVE.

use super::Audio;
use recscope_core::wave::pcm16_header;

/// The whole file: the header, then interleaved samples, shorter channels padded with silence.
/// Sound without a channel becomes an empty mono file.
pub(super) fn write(audio: &Audio) -> Vec<u8> {
    let frames = audio.frames();
    let channels = u16::try_from(audio.channels.len().max(1)).unwrap_or(u16::MAX);
    // It refuses rates and channel counts that do not fit the format, which nothing here has.
    let Ok(header) = pcm16_header(channels, audio.sample_rate.max(1), frames as u64) else {
        return Vec::new();
    };
    let samples = frames.saturating_mul(audio.channels.len());
    let mut wav = Vec::with_capacity(header.as_bytes().len() + samples.saturating_mul(2));
    wav.extend_from_slice(header.as_bytes());
    for frame in 0..frames {
        for channel in &audio.channels {
            let sample = channel.samples.get(frame).copied().unwrap_or(0);
            wav.extend_from_slice(&sample.to_le_bytes());
        }
    }
    wav
}
