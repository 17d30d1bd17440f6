//! The header before each message: a length, and which request is meant.

use alloc::vec::Vec;

use crate::{ErrorKind, Layer, ParseError};

/// Ties a response to its request: four decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvokeId(u16);

impl InvokeId {
    /// Of events, which answer nothing (MX-C2).
    pub const EVENT: Self = Self(9999);

    /// An invoke id of at most four digits.
    #[must_use]
    pub const fn new(id: u16) -> Option<Self> {
        if id <= 9999 { Some(Self(id)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    pub(super) fn parse(digits: [u8; 4]) -> Option<Self> {
        digits
            .iter()
            .try_fold(0, |id, digit| {
                digit.is_ascii_digit().then(|| id * 10 + u16::from(digit - b'0'))
            })
            .map(Self)
    }
}

/// A message with its invoke id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Which request this is, or answers.
    pub invoke_id: InvokeId,
    /// The XML document.
    pub xml: Vec<u8>,
}

impl Frame {
    /// Bytes before the XML: the length of all, header included, then the invoke id.
    pub const HEADER_LEN: usize = 8;

    /// The frame as it goes over the wire.
    ///
    /// # Errors
    /// `OverLimit` where the XML is too long for a length of 16 bits; the upper half of the length
    /// is zero on the wire.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ParseError> {
        let len = Self::HEADER_LEN + self.xml.len();
        let Ok(short) = u16::try_from(len) else {
            let limit = u64::from(u16::MAX);
            let kind = ErrorKind::OverLimit { what: "CSTA frame", limit, found: len as u64 };
            return Err(ParseError::new(Layer::Csta, 0, kind));
        };
        let mut bytes = Vec::with_capacity(len);
        bytes.extend(u32::from(short).to_be_bytes());
        let id = self.invoke_id.0;
        bytes.extend([id / 1000, id / 100, id / 10, id].map(|digits| {
            #[allow(clippy::cast_possible_truncation, reason = "one digit")]
            let digit = (digits % 10) as u8;
            b'0' + digit
        }));
        bytes.extend_from_slice(&self.xml);
        Ok(bytes)
    }
}

/// What the start of a stream says about there being a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Too few bytes to tell.
    Unknown,
    /// No frame starts here.
    None,
    /// A frame of this length, header included.
    Frame(usize, InvokeId),
}

/// Judges the first [`Frame::HEADER_LEN`] + 1 bytes: a plausible length, four digits, and `<`.
pub(super) fn start(bytes: &[u8], limit: usize) -> Start {
    let has_no_frame = |(place, byte): (usize, &u8)| match place {
        0 | 1 => *byte != 0,
        4..=7 => !byte.is_ascii_digit(),
        8 => !matches!(byte, b'<' | 0xEF | b' ' | b'\r' | b'\n' | b'\t'),
        _ => false,
    };
    if bytes.iter().take(Frame::HEADER_LEN + 1).enumerate().any(has_no_frame) {
        return Start::None;
    }
    let Some((&[_, _, high, low, i0, i1, i2, i3], rest)) = bytes.split_first_chunk() else {
        return Start::Unknown;
    };
    let len = usize::from(u16::from_be_bytes([high, low]));
    match InvokeId::parse([i0, i1, i2, i3]) {
        _ if len <= Frame::HEADER_LEN || len > limit => Start::None,
        None => Start::None,
        Some(_) if rest.is_empty() => Start::Unknown,
        Some(id) => Start::Frame(len, id),
    }
}

/// Whether a TCP stream that starts with `bytes` carries CSTA frames, on whatever port.
#[must_use]
pub fn looks_like_csta(bytes: &[u8]) -> bool {
    matches!(start(bytes, usize::from(u16::MAX)), Start::Frame(..))
}
