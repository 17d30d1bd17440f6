//! The beginning of a 16-bit PCM file.

use super::Container;
use crate::{ErrorKind, Layer, ParseError};

/// The bytes before the first sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcm16Header {
    bytes: [u8; RF64_LEN],
    len: usize,
}

impl Pcm16Header {
    /// The bytes: 44 for a RIFF file; 80 for an RF64 file, where 4 GiB are not enough.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// What the header describes.
    #[must_use]
    pub fn container(&self) -> Container {
        if self.len == RIFF_LEN { Container::Riff } else { Container::Rf64 }
    }

    fn put(&mut self, bytes: &[u8]) {
        let room = self.bytes.iter_mut().skip(self.len);
        for (byte, &new) in room.zip(bytes) {
            *byte = new;
        }
        self.len += bytes.len();
    }
}

const RIFF_LEN: usize = 44;
const RF64_LEN: usize = 80;

/// The header of a WAVE file with `frames` 16-bit samples of each of `channels`; they follow
/// little-endian, interleaved.
///
/// # Errors
/// `OutOfRange` for no channels, no rate, or more of either than the format can say.
pub fn pcm16_header(
    channels: u16,
    sample_rate: u32,
    frames: u64,
) -> Result<Pcm16Header, ParseError> {
    let out_of_range = |what, max: u64, found: u64| {
        let (max, found) =
            (max.try_into().unwrap_or(i64::MAX), found.try_into().unwrap_or(i64::MAX));
        ParseError::new(Layer::Riff, 0, ErrorKind::OutOfRange { what, min: 1, max, found })
    };
    let block_align = channels
        .checked_mul(2)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| out_of_range("number of channels", 0x7FFF, channels.into()))?;
    let byte_rate = sample_rate
        .checked_mul(block_align.into())
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| {
            let max = u32::MAX / u32::from(block_align);
            out_of_range("sample rate", max.into(), sample_rate.into())
        })?;
    let data_len = frames
        .checked_mul(block_align.into())
        .filter(|&len| len <= u64::MAX - RF64_LEN as u64)
        .ok_or_else(|| out_of_range("number of frames", u64::MAX / 0xFFFF, frames))?;

    let mut header = Pcm16Header { bytes: [0; RF64_LEN], len: 0 };
    let behind_size = |header_len: usize| data_len + (header_len - 8) as u64;
    let data_size = match (u32::try_from(behind_size(RIFF_LEN)), u32::try_from(data_len)) {
        (Ok(riff_size), Ok(data_size)) => {
            header.put(b"RIFF");
            header.put(&riff_size.to_le_bytes());
            header.put(b"WAVE");
            data_size
        }
        _ => {
            header.put(b"RF64\xFF\xFF\xFF\xFFWAVEds64");
            header.put(&28_u32.to_le_bytes());
            header.put(&behind_size(RF64_LEN).to_le_bytes());
            header.put(&data_len.to_le_bytes());
            header.put(&frames.to_le_bytes());
            // No table of other large chunks.
            header.put(&0_u32.to_le_bytes());
            u32::MAX
        }
    };
    header.put(b"fmt ");
    header.put(&16_u32.to_le_bytes());
    header.put(&1_u16.to_le_bytes());
    header.put(&channels.to_le_bytes());
    header.put(&sample_rate.to_le_bytes());
    header.put(&byte_rate.to_le_bytes());
    header.put(&block_align.to_le_bytes());
    header.put(&16_u16.to_le_bytes());
    header.put(b"data");
    header.put(&data_size.to_le_bytes());
    Ok(header)
}
