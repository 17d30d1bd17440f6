//! Writing PCM16 WAVE.

use super::Audio;
use recscope_core::wave::pcm16_header;
use std::iter::once;

/// The whole file: the header, then interleaved samples, shorter channels padded with silence; of
/// these up to a second at a time. Sound without a channel becomes an empty mono file.
pub(super) fn pieces(audio: &Audio) -> impl Iterator<Item = Vec<u8>> {
    let frames = audio.frames();
    let channels = u16::try_from(audio.channels.len().max(1)).unwrap_or(u16::MAX);
    // It refuses rates and channel counts that do not fit the format, which nothing here has.
    let header = pcm16_header(channels, audio.sample_rate.max(1), frames as u64).ok();
    let second = usize::try_from(audio.sample_rate.max(1)).unwrap_or(usize::MAX);
    header.into_iter().flat_map(move |header| {
        let starts = (0..frames).step_by(second);
        let samples =
            starts.map(move |start| interleaved(audio, start, second.min(frames - start)));
        once(header.as_bytes().to_vec()).chain(samples)
    })
}

/// About as many bytes as [`pieces`] have.
pub(super) fn len(audio: &Audio) -> usize {
    const HEADER: usize = 44;
    HEADER + audio.frames().saturating_mul(audio.channels.len()).saturating_mul(2)
}

/// The samples of so many frames.
fn interleaved(audio: &Audio, start: usize, frames: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(frames * audio.channels.len() * 2);
    for frame in start..start + frames {
        for channel in &audio.channels {
            let sample = channel.samples.get(frame).copied().unwrap_or(0);
            bytes.extend_from_slice(&sample.to_le_bytes());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::Channel;
    use super::*;

    #[test]
    fn pieces_of_a_second_make_a_whole_file_and_pad_the_shorter_channel() {
        let channel = |samples: Vec<i16>| Channel { label: String::new(), samples };
        let (left, right) = ((0..20_000).collect::<Vec<i16>>(), (0..9000).rev().collect());
        let channels = vec![channel(left.clone()), channel(right)];
        let audio = Audio { sample_rate: 8000, channels, start: None, is_cut: false };
        let pieces: Vec<_> = pieces(&audio).map(|piece| piece.len()).collect();
        assert_eq!(pieces, [44, 32_000, 32_000, 16_000]);

        let wav = audio.to_wav();
        assert_eq!(wav.len(), len(&audio));
        let frame = |at: usize| &wav[44 + 4 * at..][..4];
        for (at, right) in [(0, 8999_i16), (7999, 1000), (8000, 999), (8999, 0), (19_999, 0)] {
            assert_eq!(frame(at), [left[at].to_le_bytes(), right.to_le_bytes()].concat());
        }
    }
}
