//! One RTP packet (RFC 3550 5.1, 5.3.1).

use super::{RtpTime, SequenceNumber, Ssrc};
use crate::{ErrorKind, Layer, ParseError};

/// The fixed header's fields that a sender chooses, without the lists behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Header {
    /// The marker bit; in audio, the start of a talk spurt (RFC 3551 4.1).
    pub marker: bool,
    /// What the payload holds, 0 to 127.
    pub payload_type: u8,
    /// Place in the stream.
    pub sequence: SequenceNumber,
    /// Sampling instant of the payload's first octet.
    pub timestamp: RtpTime,
    /// Sender.
    pub ssrc: Ssrc,
}

impl Header {
    /// Bytes of the fixed header.
    pub const LEN: usize = 12;

    /// Reads the fixed header alone, so that a packet cut by a capture's snap length still counts.
    ///
    /// # Errors
    /// `Truncated` below 12 bytes; `Unsupported` for another version than 2.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let Some(fixed) = bytes.first_chunk::<{ Self::LEN }>() else {
            return Err(cut("RTP header", 0, Self::LEN, bytes.len()));
        };
        let [flags, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if flags >> 6 != 2 {
            let found = u64::from(flags >> 6);
            return Err(ParseError::new(
                Layer::Rtp,
                0,
                ErrorKind::Unsupported { what: "RTP version", found },
            ));
        }
        Ok(Self {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7F,
            sequence: SequenceNumber(u16::from_be_bytes([s0, s1])),
            timestamp: RtpTime(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: Ssrc(u32::from_be_bytes([c0, c1, c2, c3])),
        })
    }

    /// The twelve bytes of this header: version 2, no padding, extension or contributing sources.
    #[must_use]
    pub const fn write(&self) -> [u8; Self::LEN] {
        let [s0, s1] = self.sequence.0.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.0.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.0.to_be_bytes();
        let marker = if self.marker { 0x80 } else { 0 };
        [0x80, marker | self.payload_type & 0x7F, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }
}

/// The header extension (RFC 3550 5.3.1; RFC 8285 gives its usual inside).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The 16 bits that the profile defines.
    pub profile: u16,
    /// Content, a whole number of 32-bit words.
    pub data: &'a [u8],
}

/// What the padding bit led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// The bit is clear.
    #[default]
    None,
    /// This many octets, the count included, were taken off the payload's end.
    Octets(u8),
    /// The bit is set, but the count cannot be right (zero, or more than there is): the payload is
    /// left as it stands. SRTP encrypts the count, so this is the rule there.
    Invalid(u8),
}

/// One RTP packet, borrowed from the datagram that carried it.
///
/// ```
/// use recscope_core::rtp::Packet;
/// let datagram = [0x80, 0, 0, 7, 0, 0, 0, 160, 0, 0, 0, 1, 0xFF, 0xFF];
/// let packet = Packet::parse(&datagram)?;
/// assert_eq!((packet.sequence.0, packet.payload), (7, &[0xFF, 0xFF][..]));
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The marker bit.
    pub marker: bool,
    /// What the payload holds, 0 to 127.
    pub payload_type: u8,
    /// Place in the stream.
    pub sequence: SequenceNumber,
    /// Sampling instant of the payload's first octet.
    pub timestamp: RtpTime,
    /// Sender.
    pub ssrc: Ssrc,
    csrc: &'a [u8],
    /// The header extension, where there is one.
    pub extension: Option<Extension<'a>>,
    /// The payload without padding.
    pub payload: &'a [u8],
    /// What was taken off the payload's end.
    pub padding: Padding,
}

impl<'a> Packet<'a> {
    /// Reads one whole packet.
    ///
    /// # Errors
    /// `Truncated` where the header, its sources or its extension reach past the end;
    /// `Unsupported` for another version than 2. Senseless padding is no error, see [`Padding`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let Header { marker, payload_type, sequence, timestamp, ssrc } = Header::parse(bytes)?;
        let flags = bytes.first().copied().unwrap_or_default();
        let csrc_len = usize::from(flags & 0x0F) * 4;
        let rest = bytes.get(Header::LEN..).unwrap_or_default();
        let Some((csrc, rest)) = rest.split_at_checked(csrc_len) else {
            return Err(cut("CSRC list", Header::LEN, csrc_len, rest.len()));
        };
        let (extension, rest) = if flags & 0x10 == 0 {
            (None, rest)
        } else {
            let (extension, rest) = parse_extension(rest, Header::LEN + csrc_len)?;
            (Some(extension), rest)
        };
        let (payload, padding) =
            if flags & 0x20 == 0 { (rest, Padding::None) } else { strip_padding(rest) };
        Ok(Self {
            marker,
            payload_type,
            sequence,
            timestamp,
            ssrc,
            csrc,
            extension,
            payload,
            padding,
        })
    }

    /// The contributing sources, at most fifteen.
    pub fn csrc(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.csrc
            .chunks_exact(4)
            .map(|word| Ssrc(word.iter().fold(0, |ssrc, &byte| ssrc << 8 | u32::from(byte))))
    }

    /// The fixed header's fields.
    #[must_use]
    pub const fn header(&self) -> Header {
        Header {
            marker: self.marker,
            payload_type: self.payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        }
    }
}

fn parse_extension(bytes: &[u8], offset: usize) -> Result<(Extension<'_>, &[u8]), ParseError> {
    let Some((&[p0, p1, l0, l1], rest)) = bytes.split_first_chunk::<4>() else {
        return Err(cut("header extension", offset, 4, bytes.len()));
    };
    let len = usize::from(u16::from_be_bytes([l0, l1])) * 4;
    let Some((data, rest)) = rest.split_at_checked(len) else {
        return Err(cut("header extension", offset, 4 + len, bytes.len()));
    };
    Ok((Extension { profile: u16::from_be_bytes([p0, p1]), data }, rest))
}

fn strip_padding(bytes: &[u8]) -> (&[u8], Padding) {
    let count = bytes.last().copied().unwrap_or_default();
    match bytes.len().checked_sub(usize::from(count)).and_then(|len| bytes.get(..len)) {
        Some(payload) if count > 0 => (payload, Padding::Octets(count)),
        _ => (bytes, Padding::Invalid(count)),
    }
}

fn cut(what: &'static str, offset: usize, needed: usize, found: usize) -> ParseError {
    // Widening on every supported target: usize has at most 64 bits.
    let kind = ErrorKind::Truncated { what, needed: needed as u64, found: found as u64 };
    ParseError::new(Layer::Rtp, offset as u64, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    const PLAIN: [u8; 14] =
        [0x80, 0x80 | 8, 0x12, 0x34, 0, 0, 0, 160, 0xDE, 0xAD, 0xBE, 0xEF, 0xD5, 0xD5];

    #[test]
    fn a_plain_packet_gives_its_fields() {
        let packet = Packet::parse(&PLAIN).unwrap();
        assert_eq!(
            packet.header(),
            Header {
                marker: true,
                payload_type: 8,
                sequence: SequenceNumber(0x1234),
                timestamp: RtpTime(160),
                ssrc: Ssrc(0xDEAD_BEEF),
            }
        );
        assert_eq!(packet.payload, [0xD5, 0xD5]);
        assert_eq!(packet.padding, Padding::None);
        assert_eq!(packet.csrc().len(), 0);
        assert_eq!(packet.extension, None);
    }

    #[test]
    fn sources_extension_and_padding_are_taken_off_the_payload() {
        let mut bytes = Vec::from(PLAIN);
        bytes[0] = 0x80 | 0x20 | 0x10 | 2;
        let lists = [0, 0, 0, 1, 0, 0, 0, 2, 0xBE, 0xDE, 0, 1, 0x10, 0xAA, 0, 0];
        bytes.splice(12..12, lists);
        bytes.extend([0, 0, 3]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.csrc().collect::<Vec<_>>(), [Ssrc(1), Ssrc(2)]);
        assert_eq!(
            packet.extension,
            Some(Extension { profile: 0xBEDE, data: &[0x10, 0xAA, 0, 0] })
        );
        assert_eq!(packet.payload, [0xD5, 0xD5]);
        assert_eq!(packet.padding, Padding::Octets(3));
    }

    #[test]
    fn senseless_padding_leaves_the_payload_as_it_stands() {
        for count in [0, 3, 255] {
            let mut bytes = PLAIN;
            bytes[0] |= 0x20;
            bytes[13] = count;
            let packet = Packet::parse(&bytes).unwrap();
            assert_eq!(packet.payload.len(), 2);
            assert_eq!(packet.padding, Padding::Invalid(count));
        }
    }

    #[test]
    fn cuts_are_named_with_their_offset() {
        let mut sources = PLAIN;
        sources[0] |= 1;
        let mut extension = Vec::from(PLAIN);
        extension[0] |= 0x10;
        extension.extend([0, 9]);
        let cases: [(&[u8], u64, &str); 4] = [
            (&PLAIN[..11], 0, "RTP header"),
            (&sources, 12, "CSRC list"),
            (&extension[..14], 12, "header extension"),
            (&extension, 12, "header extension"),
        ];
        for (bytes, offset, what) in cases {
            let error = Packet::parse(bytes).unwrap_err();
            assert_eq!(error.offset, offset);
            assert!(matches!(error.kind, ErrorKind::Truncated { what: w, .. } if w == what));
        }
    }

    #[test]
    fn another_version_is_refused() {
        let error = Packet::parse(&[0; 12]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported { what: "RTP version", found: 0 });
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() <= bytes.len() - Header::LEN);
            }
        }

        #[test]
        fn a_written_header_reads_back(
            marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32,
        ) {
            let header = Header {
                marker,
                payload_type,
                sequence: SequenceNumber(sequence),
                timestamp: RtpTime(timestamp),
                ssrc: Ssrc(ssrc),
            };
            prop_assert_eq!(Packet::parse(&header.write()).unwrap().header(), header);
        }
    }
}
