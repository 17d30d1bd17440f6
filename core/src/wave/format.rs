//! What the `fmt ` chunk says about the samples.

use crate::bytes::ByteOrder;
use crate::{ErrorKind, Layer, ParseError};

/// The kind of RIFF around the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// The usual one: little-endian, up to 4 GiB.
    Riff,
    /// Big-endian.
    Rifx,
    /// With 64-bit sizes in a `ds64` chunk (EBU Tech 3306).
    Rf64,
    /// The same under a newer name (ITU-R BS.2088).
    Bw64,
}

impl Container {
    /// The container whose file begins with `id`.
    #[must_use]
    pub const fn from_id(id: &[u8; 4]) -> Option<Self> {
        match id {
            b"RIFF" => Some(Self::Riff),
            b"RIFX" => Some(Self::Rifx),
            b"RF64" => Some(Self::Rf64),
            b"BW64" => Some(Self::Bw64),
            _ => None,
        }
    }

    /// The four letters that the file begins with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Riff => "RIFF",
            Self::Rifx => "RIFX",
            Self::Rf64 => "RF64",
            Self::Bw64 => "BW64",
        }
    }

    /// Byte order of all numbers, samples included.
    #[must_use]
    pub const fn byte_order(self) -> ByteOrder {
        match self {
            Self::Rifx => ByteOrder::Big,
            Self::Riff | Self::Rf64 | Self::Bw64 => ByteOrder::Little,
        }
    }
}

/// How samples are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Integers of 1 to 32 bits: unsigned up to 8 bits, signed above.
    Pcm {
        /// Bits that the sample's bytes hold, counted from the highest.
        bits: u16,
    },
    /// IEEE 754 numbers of 32 or 64 bits, 1.0 being full scale.
    Float {
        /// Bits of each.
        bits: u16,
    },
    /// G.711 A-law.
    Alaw,
    /// G.711 µ-law.
    Mulaw,
    /// A format tag that is not read here.
    Other(u16),
}

impl Encoding {
    /// The name used in reports: `PCM`, `FLOAT`, `PCMA`, `PCMU`, or for others `unknown`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcm { .. } => "PCM",
            Self::Float { .. } => "FLOAT",
            Self::Alaw => "PCMA",
            Self::Mulaw => "PCMU",
            Self::Other(_) => "unknown",
        }
    }
}

/// The samples of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// What the file begins with.
    pub container: Container,
    /// How samples are coded.
    pub encoding: Encoding,
    /// Channels, at least one.
    pub channels: u16,
    /// Samples per second and channel, at least one.
    pub sample_rate: u32,
    /// Bytes of one sample of every channel, at least one.
    pub block_align: u16,
    /// Bits that carry sound, of the bits of [`Format::encoding`].
    pub valid_bits: u16,
}

/// Bytes of a `fmt ` chunk that say something: all of WAVEFORMATEXTENSIBLE.
pub(super) const FMT_LEN: usize = 40;

/// The last eight bytes of the GUID that stands for a format tag in WAVEFORMATEXTENSIBLE.
const TAG_GUID_TAIL: [u8; 8] = [0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71];

const TAG_PCM: u16 = 1;
const TAG_FLOAT: u16 = 3;
const TAG_ALAW: u16 = 6;
const TAG_MULAW: u16 = 7;
const TAG_EXTENSIBLE: u16 = 0xFFFE;

impl Format {
    /// Reads the content of a `fmt ` chunk, of which everything from byte 40 on is of no interest.
    ///
    /// # Errors
    /// `Truncated` below 14 bytes; `OutOfRange` for no channels, rate or bits, or a block that
    /// cannot hold its samples. Offsets count from the start of the content.
    pub fn parse(container: Container, fmt: &[u8]) -> Result<Self, ParseError> {
        let Some((start, rest)) = fmt.split_first_chunk::<14>() else {
            let (needed, found) = (14, fmt.len() as u64);
            let kind = ErrorKind::Truncated { what: "fmt chunk", needed, found };
            return Err(ParseError::new(Layer::Riff, 0, kind));
        };
        let order = container.byte_order();
        let [t0, t1, c0, c1, r0, r1, r2, r3, _, _, _, _, a0, a1] = *start;
        let mut tag = order.u16([t0, t1]);
        let channels = order.u16([c0, c1]);
        let sample_rate = order.u32([r0, r1, r2, r3]);
        let block_align = order.u16([a0, a1]);
        // The oldest form of the chunk leaves the bits out and means eight.
        let bits = rest.first_chunk().map_or(8, |&bits| order.u16(bits));
        let mut valid_bits = bits;
        if let (TAG_EXTENSIBLE, Some(extension)) = (tag, Extension::parse(order, rest)) {
            tag = extension.tag.unwrap_or(tag);
            if (1..=bits).contains(&extension.valid_bits) {
                valid_bits = extension.valid_bits;
            }
        }
        let encoding = match (tag, bits) {
            (TAG_PCM, _) => Encoding::Pcm { bits },
            (TAG_FLOAT, 32 | 64) => Encoding::Float { bits },
            (TAG_ALAW, _) => Encoding::Alaw,
            (TAG_MULAW, _) => Encoding::Mulaw,
            _ => Encoding::Other(tag),
        };
        let format = Self { container, encoding, channels, sample_rate, block_align, valid_bits };
        format.check(bits)
    }

    /// Bytes from one channel's sample to the next one's.
    #[must_use]
    pub const fn sample_stride(&self) -> usize {
        // Both are 16 bits wide, and there is at least one channel.
        (self.block_align / self.channels) as usize
    }

    /// Bytes at the low end of a stride that hold the sample.
    pub(super) const fn sample_bytes(&self) -> usize {
        match self.encoding {
            Encoding::Pcm { bits } | Encoding::Float { bits } => bits.div_ceil(8) as usize,
            Encoding::Alaw | Encoding::Mulaw | Encoding::Other(_) => 1,
        }
    }

    fn check(mut self, bits: u16) -> Result<Self, ParseError> {
        let within = |what, offset, found: u32, min: u32, max: u32| {
            if (min..=max).contains(&found) {
                return Ok(());
            }
            let (min, max, found) = (min.into(), max.into(), found.into());
            let kind = ErrorKind::OutOfRange { what, min, max, found };
            Err(ParseError::new(Layer::Riff, offset, kind))
        };
        within("number of channels", 2, self.channels.into(), 1, u16::MAX.into())?;
        within("sample rate", 4, self.sample_rate, 1, u32::MAX)?;
        if let Encoding::Other(_) = self.encoding {
            // What a block is there, is for that format to say.
            within("block align", 12, self.block_align.into(), 1, u16::MAX.into())?;
            return Ok(self);
        }
        within("bits per sample", 14, bits.into(), 1, 64)?;
        if matches!(self.encoding, Encoding::Pcm { .. }) {
            within("bits per sample", 14, bits.into(), 1, 32)?;
        }
        let least = self.channels.checked_mul(bits.div_ceil(8)).ok_or_else(|| {
            let max = i64::from(u16::MAX / bits.div_ceil(8));
            let found = self.channels.into();
            let kind = ErrorKind::OutOfRange { what: "number of channels", min: 1, max, found };
            ParseError::new(Layer::Riff, 2, kind)
        })?;
        // A block of more bytes has room between its samples; one of fewer, or of a broken
        // number per channel, is a mistake of the writer's.
        if self.block_align < least || !self.block_align.is_multiple_of(self.channels) {
            self.block_align = least;
        }
        Ok(self)
    }
}

/// What WAVEFORMATEXTENSIBLE adds.
struct Extension {
    valid_bits: u16,
    /// The real format; `None` where it has no tag.
    tag: Option<u16>,
}

impl Extension {
    /// Reads the chunk's content from byte 14 on.
    fn parse(order: ByteOrder, rest: &[u8]) -> Option<Self> {
        // Bits, size of the extension, valid bits, speakers, and the GUID.
        let &[_, _, _, _, v0, v1, _, _, _, _, ref guid @ ..] = rest.first_chunk::<26>()?;
        let (head, tail) = guid.split_first_chunk::<8>()?;
        let tag = match *head {
            [t0, t1, 0, 0, 0, 0, 0x10, 0] => Some(order.u16([t0, t1])),
            // In a big-endian file the parts of the GUID may be turned round too.
            [0, 0, t0, t1, 0, 0, 0, 0x10] if order == ByteOrder::Big => Some(order.u16([t0, t1])),
            _ => None,
        };
        Some(Self { valid_bits: order.u16([v0, v1]), tag: tag.filter(|_| *tail == TAG_GUID_TAIL) })
    }
}
