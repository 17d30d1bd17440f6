//! RTCP: what the ends of an RTP session report about it (RFC 3550 section 6, RFC 3611).
//!
//! [`packets`] walks a compound packet, borrowing all it gives. Each packet in it is read as far as
//! it goes; a packet that breaks the rules ends the walk with an error, what came before stands.

mod extended;
mod report;
mod round_trip;

pub use extended::{Block, VoipMetrics};
pub use report::{ReportBlock, SenderInfo};
pub use round_trip::{NtpShort, SenderReports};

use super::Ssrc;
use crate::{ErrorKind, Layer, ParseError};

/// Whether a UDP payload is RTCP rather than RTP where both share a port (RFC 5761 section 4):
/// version 2, a packet type of 192 to 223, and a length that fits.
#[must_use]
#[inline]
pub fn looks_like_rtcp(bytes: &[u8]) -> bool {
    let Some(&[flags, packet_type, l0, l1]) = bytes.first_chunk::<4>() else { return false };
    let len = packet_len([l0, l1]);
    flags >> 6 == 2 && (192..=223).contains(&packet_type) && len <= bytes.len()
}

/// The packets of a compound RTCP packet. Lone packets (RFC 5506) are taken as well, and bytes
/// after the last packet that cannot be another (an SRTCP index and tag) end the walk.
///
/// ```
/// use recscope_core::rtp::{Ssrc, rtcp};
/// let bytes = [0x81, 203, 0, 1, 0, 0, 0, 7];
/// let mut packets = rtcp::packets(&bytes);
/// let Some(Ok(rtcp::Packet::Bye(bye))) = packets.next() else { panic!("a BYE") };
/// assert_eq!(bye.sources().collect::<Vec<_>>(), [Ssrc(7)]);
/// ```
#[must_use]
pub const fn packets(bytes: &[u8]) -> Packets<'_> {
    Packets { rest: bytes, offset: 0 }
}

/// Iterator over a compound packet.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
    offset: usize,
}

/// One RTCP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packet<'a> {
    /// SR: what a sender sent and received.
    SenderReport {
        /// The sender.
        ssrc: Ssrc,
        /// What it sent.
        sender: SenderInfo,
        /// What it received.
        reports: Reports<'a>,
    },
    /// RR: what a mere receiver received.
    ReceiverReport {
        /// The receiver.
        ssrc: Ssrc,
        /// What it received.
        reports: Reports<'a>,
    },
    /// SDES: who the sources are.
    SourceDescription(SourceDescription<'a>),
    /// BYE: sources that leave.
    Bye(Bye<'a>),
    /// APP: data of an application's own.
    App {
        /// The sender.
        ssrc: Ssrc,
        /// The application's subtype, 0 to 31.
        subtype: u8,
        /// Its four-letter name.
        name: [u8; 4],
        /// Its data.
        data: &'a [u8],
    },
    /// XR: measurements in more detail (RFC 3611).
    Extended {
        /// Who measured.
        ssrc: Ssrc,
        /// The report blocks.
        blocks: Blocks<'a>,
    },
    /// A type that is not read here, feedback (205, 206) among them.
    Other {
        /// Packet type.
        packet_type: u8,
        /// Content after the four header bytes.
        body: &'a [u8],
    },
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let offset = self.offset;
        let (flags, packet_type, body, rest) = match split(self.rest) {
            Ok(parts) => parts,
            // What follows whole packets without being one is a trailer of encryption.
            Err(error) if matches!(error.kind, ErrorKind::Unsupported { .. }) && offset > 0 => {
                self.rest = &[];
                return None;
            }
            Err(error) => {
                self.rest = &[];
                return Some(Err(error.at(offset as u64)));
            }
        };
        self.offset += self.rest.len() - rest.len();
        self.rest = rest;
        Some(read(flags, packet_type, body).map_err(|error| error.at(offset as u64)))
    }
}

/// Report blocks of a sender or receiver report, at most 31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reports<'a>(&'a [[Word; ReportBlock::LEN / 4]]);

impl<'a> Reports<'a> {
    /// The blocks, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ReportBlock> + use<'a> {
        self.0.iter().map(ReportBlock::read)
    }
}

/// The blocks of an extended report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks<'a>(&'a [Word]);

impl<'a> Blocks<'a> {
    /// The blocks, in order; the walk ends where one reaches past the packet.
    pub fn iter(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        extended::blocks(self.0)
    }
}

/// Sources that leave the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bye<'a> {
    sources: &'a [Word],
    /// Why, as the source says; empty if it does not.
    pub reason: &'a [u8],
}

impl<'a> Bye<'a> {
    /// Who leaves.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.sources.iter().map(|&word| Ssrc(u32::from_be_bytes(word)))
    }
}

/// Who the sources of a session are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceDescription<'a> {
    chunks: u8,
    body: &'a [u8],
}

/// One item of a source description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceItem<'a> {
    /// Whom it describes.
    pub ssrc: Ssrc,
    /// 1 CNAME, 2 NAME, 3 EMAIL, 4 PHONE, 5 LOC, 6 TOOL, 7 NOTE, 8 PRIV.
    pub kind: u8,
    /// The text, UTF-8 if the sender keeps the rules.
    pub text: &'a [u8],
}

impl<'a> SourceDescription<'a> {
    /// The items of all chunks, in order; the walk ends where one reaches past the packet.
    pub fn items(&self) -> impl Iterator<Item = SourceItem<'a>> + use<'a> {
        let (mut chunks, mut rest) = (self.chunks, self.body);
        let mut ssrc = None;
        core::iter::from_fn(move || {
            loop {
                let Some(current) = ssrc else {
                    chunks = chunks.checked_sub(1)?;
                    let (word, after) = rest.split_first_chunk::<4>()?;
                    ssrc = Some(Ssrc(u32::from_be_bytes(*word)));
                    rest = after;
                    continue;
                };
                let (&kind, after) = rest.split_first()?;
                if kind == 0 {
                    // Null octets fill up to the next word; all before are whole words.
                    let fill = after.len() % 4;
                    rest = after.get(fill..)?;
                    ssrc = None;
                    continue;
                }
                let (&len, after) = after.split_first()?;
                let (text, after) = after.split_at_checked(usize::from(len))?;
                rest = after;
                return Some(SourceItem { ssrc: current, kind, text });
            }
        })
    }
}

/// RTCP counts in these, big-endian.
type Word = [u8; 4];

/// Header flags, type, body and what follows the first packet.
type Parts<'a> = (u8, u8, &'a [u8], &'a [u8]);

fn split(bytes: &[u8]) -> Result<Parts<'_>, ParseError> {
    let Some((&[flags, packet_type, l0, l1], _)) = bytes.split_first_chunk::<4>() else {
        return Err(truncated("RTCP header", 0, 4, bytes.len()));
    };
    if flags >> 6 != 2 {
        let found = u64::from(flags >> 6);
        let kind = ErrorKind::Unsupported { what: "RTCP version", found };
        return Err(ParseError::new(Layer::Rtcp, 0, kind));
    }
    let len = packet_len([l0, l1]);
    let Some((packet, rest)) = bytes.split_at_checked(len) else {
        return Err(truncated("RTCP packet", 0, len, bytes.len()));
    };
    let body = packet.get(4..).unwrap_or_default();
    let body = if flags & 0x20 == 0 { body } else { without_padding(body) };
    Ok((flags, packet_type, body, rest))
}

/// The last octet counts the padding; a count that cannot be right (as in SRTCP) leaves all.
fn without_padding(body: &[u8]) -> &[u8] {
    let count = usize::from(body.last().copied().unwrap_or_default());
    body.len().checked_sub(count).and_then(|len| body.get(..len)).unwrap_or(body)
}

fn read(flags: u8, packet_type: u8, body: &[u8]) -> Result<Packet<'_>, ParseError> {
    let count = flags & 0x1F;
    if !matches!(packet_type, 200..=204 | 207) {
        return Ok(Packet::Other { packet_type, body });
    }
    if packet_type == 202 {
        return Ok(Packet::SourceDescription(SourceDescription { chunks: count, body }));
    }
    if packet_type == 203 {
        return read_bye(count, body).map(Packet::Bye);
    }
    let (words, _) = body.as_chunks();
    let Some((&ssrc, words)) = words.split_first() else {
        return Err(truncated("RTCP sender's SSRC", 4, 4, body.len()));
    };
    let ssrc = Ssrc(u32::from_be_bytes(ssrc));
    Ok(match packet_type {
        200 => {
            let Some((info, words)) = words.split_first_chunk() else {
                let found = size_of_val(words);
                return Err(truncated("sender information", 8, SenderInfo::LEN, found));
            };
            let reports = read_reports(count, words, 8 + SenderInfo::LEN)?;
            Packet::SenderReport { ssrc, sender: SenderInfo::read(info), reports }
        }
        201 => Packet::ReceiverReport { ssrc, reports: read_reports(count, words, 8)? },
        204 => {
            let Some((&name, data)) = words.split_first() else {
                return Err(truncated("application name", 8, 4, 0));
            };
            Packet::App { ssrc, subtype: count, name, data: data.as_flattened() }
        }
        _ => Packet::Extended { ssrc, blocks: Blocks(words) },
    })
}

fn read_reports(count: u8, words: &[Word], offset: usize) -> Result<Reports<'_>, ParseError> {
    let (blocks, _) = words.as_chunks();
    let Some(blocks) = blocks.get(..usize::from(count)) else {
        let needed = usize::from(count) * ReportBlock::LEN;
        return Err(truncated("report blocks", offset, needed, size_of_val(words)));
    };
    Ok(Reports(blocks))
}

fn read_bye(count: u8, body: &[u8]) -> Result<Bye<'_>, ParseError> {
    let (words, _) = body.as_chunks();
    let Some(sources) = words.get(..usize::from(count)) else {
        return Err(truncated("sources of a BYE", 4, usize::from(count) * 4, body.len()));
    };
    let rest = body.get(usize::from(count) * 4..).unwrap_or_default();
    let reason = rest
        .split_first()
        .and_then(|(&len, text)| text.get(..usize::from(len)))
        .unwrap_or_default();
    Ok(Bye { sources, reason })
}

/// Bytes of a packet whose length field is `field`: 32-bit words less one.
fn packet_len(field: [u8; 2]) -> usize {
    (usize::from(u16::from_be_bytes(field)) + 1) * 4
}

fn truncated(what: &'static str, offset: usize, needed: usize, found: usize) -> ParseError {
    let kind = ErrorKind::Truncated { what, needed: needed as u64, found: found as u64 };
    ParseError::new(Layer::Rtcp, offset as u64, kind)
}

#[cfg(test)]
mod tests;
