//! The 76 bytes at the start of a recording (BX-L3).

use core::fmt;

use super::{HEADER_LEN, MAX_INCREMENT, MAX_RTP_LEN};
use crate::bytes::ByteOrder;
use crate::codec::Codec;
use crate::{ErrorKind, Layer, ParseError};

/// The header as it stands in the file. `rtp_len` is known to make sense, the other numbers are
/// not: see [`Summary`](super::Summary) for what the file really holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Name of the codec.
    pub codec: CodecName,
    /// Bytes of each block, 1 to [`MAX_RTP_LEN`].
    pub rtp_len: i32,
    /// RTP timestamp units from one block to the next.
    pub increment: i32,
    /// Bytes of all blocks together; 0 or stale in a file that was not closed (BX-L6).
    pub data_size: u32,
    /// Byte order of the three numbers.
    pub byte_order: ByteOrder,
}

impl Header {
    /// Offset of the codec's name, 64 bytes.
    pub const CODEC_OFFSET: usize = 0;
    /// Offset of `rtpLen`, four bytes.
    pub const RTP_LEN_OFFSET: usize = 64;
    /// Offset of `increment`, four bytes.
    pub const INCREMENT_OFFSET: usize = 68;
    /// Offset of `dataSize`, four bytes.
    pub const DATA_SIZE_OFFSET: usize = 72;

    /// Reads the header from the start of a file. Its numbers are little-endian, unless `rtpLen`
    /// makes sense in big-endian only; no value does in both.
    ///
    /// # Errors
    /// `Truncated` below 76 bytes, `Expected` where the codec's name is not ASCII, `OutOfRange`
    /// where `rtpLen` is not 1 to [`MAX_RTP_LEN`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Self::cut_to(bytes.len()));
        };
        let fields = Fields::split(bytes);
        let codec = CodecName::parse(*fields.codec)?;
        let rtp_len = |order: ByteOrder| order.u32(fields.rtp_len).cast_signed();
        let plausible = 1..=MAX_RTP_LEN;
        let byte_order = [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find(|&order| plausible.contains(&rtp_len(order)))
            .ok_or_else(|| {
                let kind = ErrorKind::OutOfRange {
                    what: "rtpLen",
                    min: 1,
                    max: MAX_RTP_LEN.into(),
                    found: rtp_len(ByteOrder::Little).into(),
                };
                ParseError::new(Layer::Recording, Self::RTP_LEN_OFFSET as u64, kind)
            })?;
        Ok(Self {
            codec,
            rtp_len: rtp_len(byte_order),
            increment: byte_order.u32(fields.increment).cast_signed(),
            data_size: byte_order.u32(fields.data_size),
            byte_order,
        })
    }

    /// The header's bytes.
    #[must_use]
    pub fn write(&self) -> [u8; HEADER_LEN] {
        let numbers =
            [self.rtp_len.cast_unsigned(), self.increment.cast_unsigned(), self.data_size];
        let numbers = numbers.map(|number| self.byte_order.u32_bytes(number));
        let mut bytes = [0; HEADER_LEN];
        let source = self.codec.0.iter().chain(numbers.as_flattened());
        for (byte, &value) in bytes.iter_mut().zip(source) {
            *byte = value;
        }
        bytes
    }

    /// The error of a file that ends within its header.
    pub(super) fn cut_to(bytes: usize) -> ParseError {
        let (needed, found) = (HEADER_LEN as u64, bytes as u64);
        let kind = ErrorKind::Truncated { what: "recording header", needed, found };
        ParseError::new(Layer::Recording, 0, kind)
    }

    /// The codec, where it is one that can be decoded.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        Codec::from_name(self.codec.as_str())
    }

    /// Bytes of each block; [`Header::parse`] has checked that they are few.
    pub(super) fn block_len(&self) -> usize {
        usize::try_from(self.rtp_len).unwrap_or_default()
    }

    /// `increment`, where it makes sense.
    pub(super) fn plausible_increment(&self) -> Option<u32> {
        let plausible = (1..=MAX_INCREMENT).contains(&self.increment);
        plausible.then(|| self.increment.unsigned_abs())
    }

    /// Whether block length and increment are in range together, in either byte order.
    pub(super) fn lengths_make_sense(bytes: &[u8; HEADER_LEN]) -> bool {
        let fields = Fields::split(bytes);
        [ByteOrder::Little, ByteOrder::Big].into_iter().any(|order| {
            (1..=MAX_RTP_LEN).contains(&order.u32(fields.rtp_len).cast_signed())
                && (1..=MAX_INCREMENT).contains(&order.u32(fields.increment).cast_signed())
        })
    }
}

struct Fields<'a> {
    codec: &'a [u8; 64],
    rtp_len: [u8; 4],
    increment: [u8; 4],
    data_size: [u8; 4],
}

impl<'a> Fields<'a> {
    fn split(bytes: &'a [u8; HEADER_LEN]) -> Self {
        let mut rest = bytes.as_slice();
        // The array is as long as all four fields, so no field falls back to its default.
        let codec = rest.split_off(..64).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 64]);
        let mut number =
            || rest.split_off(..4).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        Self { codec, rtp_len: number(), increment: number(), data_size: number() }
    }
}

/// The name of a codec as a header holds it: at most 64 bytes of ASCII, padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodecName([u8; 64]);

impl CodecName {
    /// `name` padded with NUL; `None` if it is longer than 64 bytes or not printable ASCII.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; 64];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        name.bytes().all(is_printable).then_some(Self(bytes))
    }

    /// The name, without the spaces that some phones pad it with.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(self.0.len());
        let name = self.0.get(..end).unwrap_or_default();
        // All of it is ASCII, as both ways to make one check.
        str::from_utf8(name).unwrap_or_default().trim_ascii()
    }

    fn parse(bytes: [u8; 64]) -> Result<Self, ParseError> {
        let name = bytes.iter().take_while(|&&byte| byte != 0);
        match name.enumerate().find(|&(_, &byte)| !is_printable(byte)) {
            None => Ok(Self(bytes)),
            Some((at, _)) => {
                let expected = "a codec name in ASCII, such as PCMU, padded with NUL";
                let offset = (Header::CODEC_OFFSET + at) as u64;
                Err(ParseError::new(Layer::Recording, offset, ErrorKind::Expected { expected }))
            }
        }
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

impl fmt::Debug for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> Header {
        Header {
            codec: CodecName::new("PCMU").unwrap(),
            rtp_len: 172,
            increment: 160,
            data_size: 94_772,
            byte_order: ByteOrder::Little,
        }
    }

    #[test]
    fn the_fields_lie_where_the_format_puts_them() {
        let bytes = header().write();
        assert_eq!(bytes[..6], *b"PCMU\0\0");
        assert_eq!(bytes[64..], [172, 0, 0, 0, 160, 0, 0, 0, 0x34, 0x72, 1, 0]);
        let big = Header { byte_order: ByteOrder::Big, ..header() }.write();
        assert_eq!(big[64..], [0, 0, 0, 172, 0, 0, 0, 160, 0, 1, 0x72, 0x34]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_offset() {
        let with = |at: usize, value: &[u8]| {
            let mut bytes = header().write();
            bytes[at..at + value.len()].copy_from_slice(value);
            bytes.to_vec()
        };
        let cases = [
            (
                std::vec![],
                "recording: recording header needs 76 bytes but only 0 are left at offset 0",
            ),
            (
                header().write()[..75].to_vec(),
                "recording: recording header needs 76 bytes but only 75 are left at offset 0",
            ),
            (
                with(64, &0_i32.to_le_bytes()),
                "recording: rtpLen is 0, outside 1 to 1500 at offset 64",
            ),
            (
                with(64, &(-1_i32).to_le_bytes()),
                "recording: rtpLen is -1, outside 1 to 1500 at offset 64",
            ),
            (
                with(64, &i32::MAX.to_le_bytes()),
                "recording: rtpLen is 2147483647, outside 1 to 1500 at offset 64",
            ),
            (
                with(2, &[0xE9]),
                "recording: expected a codec name in ASCII, such as PCMU, padded with NUL \
                 at offset 2",
            ),
        ];
        for (bytes, message) in cases {
            let error = Header::parse(&bytes).unwrap_err();
            assert_eq!(std::string::ToString::to_string(&error), message);
        }
    }

    #[test]
    fn names_lose_padding_of_any_kind() {
        for name in ["PCMU", "PCMU   ", " PCMU"] {
            assert_eq!(CodecName::new(name).unwrap().as_str(), "PCMU");
        }
        let mut garbage_after_nul = header().write();
        garbage_after_nul[5..64].fill(0xCD);
        let parsed = Header::parse(&garbage_after_nul).unwrap();
        assert_eq!(parsed.codec.as_str(), "PCMU");
        assert_eq!(parsed.write(), garbage_after_nul);
        let full = std::string::String::from_iter(['G'; 64]);
        assert_eq!(CodecName::new(&full).unwrap().as_str(), full);
        assert_eq!(CodecName::new(&(full + "G")), None);
        assert_eq!(CodecName::new("Größe"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = super::super::looks_like_recording(&bytes);
            if let Ok(header) = Header::parse(&bytes) {
                prop_assert_eq!(&header.write(), bytes.first_chunk::<HEADER_LEN>().unwrap());
            }
        }

        #[test]
        fn what_is_written_reads_back(
            name in "[A-Z0-9.-]{0,64}", rtp_len in 1..=MAX_RTP_LEN, increment: i32,
            data_size: u32, big: bool,
        ) {
            let byte_order = if big { ByteOrder::Big } else { ByteOrder::Little };
            let codec = CodecName::new(&name).unwrap();
            let header = Header { codec, rtp_len, increment, data_size, byte_order };
            prop_assert_eq!(Header::parse(&header.write()).unwrap(), header);
        }
    }
}
