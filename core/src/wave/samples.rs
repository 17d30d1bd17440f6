//! Data bytes as 16-bit samples.

use alloc::vec::Vec;

use super::{Encoding, Format};
use crate::bytes::ByteOrder;
use crate::codec::g711;
use crate::{ErrorKind, Layer, ParseError};

/// Converts the data of a file, cut anywhere, to 16-bit samples, channels interleaved. Only whole
/// frames come out, that is a sample of every channel.
///
/// Wider integers lose their lower bits; floating-point numbers are rounded to the nearest and
/// held within range.
#[derive(Clone, Debug)]
pub struct SampleReader {
    kind: Kind,
    order: ByteOrder,
    frame: usize,
    /// Bytes from one sample to the next.
    stride: usize,
    /// Bytes of a stride in front of the sample.
    lead: usize,
    /// Bytes of the sample.
    width: usize,
    /// The beginning of a frame whose end has not come yet.
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Unsigned,
    Signed,
    Float32,
    Float64,
    Alaw,
    Mulaw,
}

impl SampleReader {
    /// A converter for the data of a file of this format.
    ///
    /// # Errors
    /// `Unsupported` for [`Encoding::Other`].
    pub fn new(format: &Format) -> Result<Self, ParseError> {
        let kind = match format.encoding {
            Encoding::Pcm { bits: ..=8 } => Kind::Unsigned,
            Encoding::Pcm { .. } => Kind::Signed,
            Encoding::Float { bits: 32 } => Kind::Float32,
            Encoding::Float { .. } => Kind::Float64,
            Encoding::Alaw => Kind::Alaw,
            Encoding::Mulaw => Kind::Mulaw,
            Encoding::Other(tag) => {
                let kind = ErrorKind::Unsupported { what: "WAVE format tag", found: tag.into() };
                return Err(ParseError::new(Layer::Riff, 0, kind));
            }
        };
        let order = format.container.byte_order();
        let (stride, width) = (format.sample_stride().max(1), format.sample_bytes());
        let frame = stride * usize::from(format.channels);
        let lead = match order {
            ByteOrder::Little => 0,
            ByteOrder::Big => stride.saturating_sub(width),
        };
        Ok(Self { kind, order, frame: frame.max(1), stride, lead, width, held: Vec::new() })
    }

    /// Appends the frames that `data` completes to `out`.
    pub fn push(&mut self, mut data: &[u8], out: &mut Vec<i16>) {
        if !self.held.is_empty() {
            let missing = self.frame.saturating_sub(self.held.len()).min(data.len());
            self.held.extend_from_slice(data.split_off(..missing).unwrap_or_default());
            if self.held.len() < self.frame {
                return;
            }
            self.convert(&self.held, out);
            self.held.clear();
        }
        let rest = data.len() % self.frame;
        if let Some((whole, rest)) = data.split_at_checked(data.len() - rest) {
            self.convert(whole, out);
            self.held.extend_from_slice(rest);
        }
    }

    /// Appends the samples of whole strides.
    fn convert(&self, strides: &[u8], out: &mut Vec<i16>) {
        match self.kind {
            Kind::Unsigned => {
                self.each(strides, out, |[byte]| i16::from_be_bytes([byte.wrapping_sub(0x80), 0]));
            }
            Kind::Signed => match (self.order, self.width) {
                (ByteOrder::Little, 2) => self.each(strides, out, i16::from_le_bytes),
                (ByteOrder::Little, 3) => {
                    self.each(strides, out, |[_, low, high]| i16::from_le_bytes([low, high]));
                }
                (ByteOrder::Little, _) => {
                    self.each(strides, out, |[_, _, low, high]| i16::from_le_bytes([low, high]));
                }
                (ByteOrder::Big, _) => self.each(strides, out, i16::from_be_bytes),
            },
            Kind::Float32 => self.each(strides, out, |bytes| {
                from_float(f32::from_bits(self.order.u32(bytes)).into())
            }),
            Kind::Float64 => {
                self.each(strides, out, |bytes| from_float(f64::from_bits(self.order.u64(bytes))));
            }
            Kind::Alaw => self.each(strides, out, |[code]| g711::alaw_to_linear(code)),
            Kind::Mulaw => self.each(strides, out, |[code]| g711::ulaw_to_linear(code)),
        }
    }

    /// Appends what `sample` makes of the first `N` bytes of every sample.
    fn each<const N: usize>(
        &self,
        strides: &[u8],
        out: &mut Vec<i16>,
        sample: impl Fn([u8; N]) -> i16,
    ) {
        if self.stride == N {
            // The usual case: samples back to back.
            out.extend(strides.as_chunks().0.iter().map(|&bytes| sample(bytes)));
            return;
        }
        let samples = strides.chunks_exact(self.stride).filter_map(|stride| {
            let bytes = stride.get(self.lead..)?.first_chunk()?;
            Some(sample(*bytes))
        });
        out.extend(samples);
    }
}

/// 1.0 is full scale. Rounds halves to even, as floating-point units do; not a number is silence.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the value is a whole number within the range of i16"
)]
fn from_float(value: f64) -> i16 {
    /// Beyond this, 1.5 · 2^52, an `f64` has no room for fractions: adding it rounds.
    const NO_FRACTIONS: f64 = 6_755_399_441_055_744.0;
    let scaled = (value * 32_768.0).clamp(-32_768.0, 32_767.0);
    (scaled + NO_FRACTIONS - NO_FRACTIONS) as i16
}
