//! Writing PCM16 WAVE.

use super::Audio;

/// The whole file: 44 bytes of header, then interleaved samples, shorter channels padded with
/// silence.
pub(super) fn write(audio: &Audio) -> Vec<u8> {
    let frames = audio.frames();
    let data = frames.saturating_mul(audio.channels.len()).saturating_mul(2);
    let data_len = u32::try_from(data).unwrap_or(u32::MAX - 36);
    let channels = u16::try_from(audio.channels.len()).unwrap_or(u16::MAX);
    let frame_bytes = channels.saturating_mul(2);
    let mut wav = Vec::with_capacity(44 + data);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(data_len.saturating_add(36)).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&channels.to_le_bytes());
    wav.extend_from_slice(&audio.sample_rate.to_le_bytes());
    let byte_rate = audio.sample_rate.saturating_mul(u32::from(frame_bytes));
    wav.extend_from_slice(&byte_rate.to_le_bytes());
    wav.extend_from_slice(&frame_bytes.to_le_bytes());
    wav.extend_from_slice(&16_u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&data_len.to_le_bytes());
    for frame in 0..frames {
        for channel in &audio.channels {
            let sample = channel.samples.get(frame).copied().unwrap_or(0);
            wav.extend_from_slice(&sample.to_le_bytes());
        }
    }
    wav
}
