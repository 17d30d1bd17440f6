//! Classic pcap: a file header of 24 bytes, then records.
//!
//! All variants that are told by their magic number: microseconds, nanoseconds, and the longer
//! records of 0xa1b2cd34, each in both byte orders.

use super::Interface;
use super::bytes::ByteOrder;
use super::link_type::LinkType;
use super::reader::{Found, Note, Scan, Verdict};
use recscope_core::{ErrorKind, Layer, Limits, ParseError};

/// Bytes of the file header.
const FILE_HEADER: usize = 24;

/// A record further than this from its predecessor is not believed while resynchronising.
const PLAUSIBLE_SECONDS: u32 = 7 * 86_400;

/// How the magic number says that a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    order: ByteOrder,
    /// Nanoseconds in one unit of a time stamp's fraction.
    unit_ns: u32,
    /// Bytes of a record's header.
    record_header: usize,
}

impl Variant {
    /// The variant of a file that starts with these bytes, if it is a pcap.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
            let (unit_ns, record_header) = match order.u32(start, 0)? {
                0xa1b2_c3d4 => (1000, 16),
                0xa1b2_3c4d => (1, 16),
                // The patched libpcap of old Linux distributions: eight more bytes per record.
                0xa1b2_cd34 => (1000, 24),
                _ => return None,
            };
            Some(Self { order, unit_ns, record_header })
        })
    }
}

/// Which of a record's two lengths comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LengthOrder {
    CapturedFirst,
    /// Files before version 2.3.
    OriginalFirst,
    /// Version 2.3, written in both ways: the larger is the original length.
    ByValue,
}

/// A pcap whose file header has been read.
#[derive(Clone, Debug)]
pub(crate) struct Classic {
    variant: Variant,
    lengths: LengthOrder,
    link_type: LinkType,
    last_second: Option<u32>,
}

/// A record's header, read but not judged.
struct Record {
    second: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

impl Classic {
    /// Reads the file header; queues the interface that it describes.
    pub(crate) fn parse_header(
        start: &[u8],
        notes: &mut impl Extend<Note>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let Some(variant) = Variant::of(start) else {
            return Err(expected_magic());
        };
        let order = variant.order;
        let (Some(major), Some(minor), Some(snap_len), Some(network)) =
            (order.u16(start, 4), order.u16(start, 6), order.u32(start, 16), order.u32(start, 20))
        else {
            return Ok(None);
        };
        if major != 2 {
            let kind = ErrorKind::Unsupported { what: "pcap version", found: u64::from(major) };
            return Err(ParseError::new(Layer::Pcap, 4, kind));
        }
        let lengths = match minor {
            0..=2 => LengthOrder::OriginalFirst,
            3 => LengthOrder::ByValue,
            _ => LengthOrder::CapturedFirst,
        };
        // The upper bits say how long the frame check sequence is; IP lengths make that needless.
        #[allow(clippy::cast_possible_truncation, reason = "masked to 16 bits")]
        let link_type = LinkType((network & 0xffff) as u16);
        notes.extend([Note::Interface(Interface { id: 0, link_type, snap_len, name: None })]);
        Ok(Some((Self { variant, lengths, link_type, last_second: None }, FILE_HEADER)))
    }

    #[inline]
    fn record(&self, bytes: &[u8]) -> Option<Record> {
        // Not judged before it is whole: how much of it came at once must not matter.
        let header = bytes.get(..self.variant.record_header)?.first_chunk::<16>()?;
        let (fields, _) = header.as_chunks::<4>();
        let &[second, fraction, one, other] = fields else { return None };
        let fields = [second, fraction, one, other];
        let [second, fraction, one, other] = match self.variant.order {
            ByteOrder::Little => fields.map(u32::from_le_bytes),
            ByteOrder::Big => fields.map(u32::from_be_bytes),
        };
        let (captured, original) = match self.lengths {
            LengthOrder::CapturedFirst => (one, other),
            LengthOrder::OriginalFirst => (other, one),
            LengthOrder::ByValue => (one.min(other), one.max(other)),
        };
        Some(Record { second, fraction, captured, original })
    }

    /// Judges the record at the start of `bytes`.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8], limits: &Limits) -> Verdict {
        let header = self.variant.record_header;
        let Some(record) = self.record(bytes) else {
            return Verdict::Need(header);
        };
        if record.captured > limits.packet_bytes {
            let kind = ErrorKind::OverLimit {
                what: "captured length of the packet",
                limit: u64::from(limits.packet_bytes),
                found: u64::from(record.captured),
            };
            return Verdict::Broken(ParseError::new(Layer::Pcap, 8, kind));
        }
        if record.captured == 0 && record.original == 0 && record.second == 0 {
            let kind = ErrorKind::Irregular { problem: "zeros where a packet should start" };
            return Verdict::Broken(ParseError::new(Layer::Pcap, 0, kind));
        }
        let end = header.saturating_add(record.captured as usize);
        if bytes.len() < end {
            return Verdict::Need(end);
        }
        self.last_second = Some(record.second);
        let fraction = i64::from(record.fraction) * i64::from(self.variant.unit_ns);
        Verdict::Packet(Found {
            time_ns: Some(i64::from(record.second) * 1_000_000_000 + fraction),
            data: header..end,
            len: end,
            link_type: self.link_type,
            interface: 0,
            original_len: record.original,
        })
    }

    /// Looks for a place in `bytes` where records seem to go on: a believable header whose
    /// record is followed by another.
    pub(crate) fn scan(&self, bytes: &[u8], limits: &Limits) -> Scan {
        let header = self.variant.record_header;
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(record) = self.record(rest) else {
                return if at == 0 { Scan::Need(header) } else { Scan::Skip(at) };
            };
            if self.believable(&record, self.last_second, limits) {
                let next = header.saturating_add(record.captured as usize);
                match rest.get(next..).and_then(|rest| self.record(rest)) {
                    Some(following) if self.believable(&following, Some(record.second), limits) => {
                        return if at == 0 { Scan::Found } else { Scan::Skip(at) };
                    }
                    Some(_) => {}
                    None if at == 0 => return Scan::Need(next + header),
                    None => return Scan::Skip(at),
                }
            }
            at += 1 + super::reader::zeros_before(rest, header);
        }
    }

    fn believable(&self, record: &Record, last_second: Option<u32>, limits: &Limits) -> bool {
        record.captured > 0
            && record.captured <= record.original
            && record.original <= limits.packet_bytes
            && record.fraction < 1_000_000_000 / self.variant.unit_ns
            && last_second.is_none_or(|last| last.abs_diff(record.second) <= PLAUSIBLE_SECONDS)
    }
}

/// The error for a file that is not a capture at all.
pub(crate) fn expected_magic() -> ParseError {
    let kind = ErrorKind::Expected { expected: "the magic number of a pcap or pcapng file" };
    ParseError::new(Layer::File, 0, kind)
}
