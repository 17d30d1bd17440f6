//! pcapng: blocks in sections, each section with its own byte order and interfaces.

mod decryption_secrets;
mod enhanced_packet;
mod interface_description;
mod interface_statistics;
mod name_resolution;
mod options;
mod packet;
mod section_header;
mod simple_packet;

use super::Comment;
use super::bytes::ByteOrder;
use super::reader::{Found, Note, Numbers, Scan, Verdict, zeros_before};
use interface_description::Description;
use recscope_core::{ErrorKind, Layer, Limits, ParseError};
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes around every block's body: type, length, and the length again.
const FRAME: usize = 12;
/// Bytes before the body.
const HEAD: usize = 8;
/// Bytes of a block after which its lengths can be held against each other: the captured length of
/// a packet ends there.
const LENGTHS: usize = 24;
/// Interfaces of one section that are told apart; a file with more is not one of a capture.
const MAX_INTERFACES: usize = 4096;

/// Bytes of options that a block may reasonably have: several of the longest comments.
const MAX_OPTIONS: usize = 512 * 1024;

/// Block types; the high bit marks local ones.
mod block {
    pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
    pub(super) const PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const NAME_RESOLUTION: u32 = 4;
    pub(super) const INTERFACE_STATISTICS: u32 = 5;
    pub(super) const ENHANCED_PACKET: u32 = 6;
    pub(super) const SYSTEMD_JOURNAL: u32 = 9;
    pub(super) const DECRYPTION_SECRETS: u32 = 0xa;
    pub(super) const CUSTOM: u32 = 0xbad;
    pub(super) const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;
    pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
}

/// Whether a file starts with a section header's type (the same in both byte orders).
pub(crate) fn starts_section(start: &[u8]) -> bool {
    start.starts_with(&block::SECTION_HEADER.to_be_bytes())
}

/// Whether a file starts with a section header, as far as its first bytes tell.
pub(crate) fn looks_like_section(start: &[u8]) -> bool {
    starts_section(start) && (start.len() < FRAME || section_header::byte_order(start).is_some())
}

/// The section that is being read. Clones share the interfaces.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    order: ByteOrder,
    interfaces: Arc<Vec<Description>>,
}

impl Default for Section {
    fn default() -> Self {
        Self { order: ByteOrder::Little, interfaces: Arc::default() }
    }
}

/// What a block may need from, or leave with, the reader.
pub(crate) struct Context<'a> {
    /// File offset of the block.
    pub(crate) offset: u64,
    pub(crate) numbers: &'a mut Numbers,
    pub(crate) notes: &'a mut VecDeque<Note>,
}

impl Context<'_> {
    fn comment(&mut self, packet: Option<u64>, text: &[u8]) {
        let text = String::from_utf8_lossy(text).trim_end_matches('\0').to_owned();
        self.notes.push_back(Note::Comment(Comment { packet, text }));
    }

    fn warn(&mut self, at: u64, kind: ErrorKind) {
        let error = ParseError::new(Layer::PcapNg, at, kind).at(self.offset);
        self.notes.push_back(Note::Warning(error.into()));
    }
}

/// A packet as its block describes it: where its bytes lie, of which interface, and when.
struct PacketBlock {
    interface: u32,
    /// In units of the interface's clock.
    ticks: Option<u64>,
    /// Offset of the packet's bytes in the block.
    start: usize,
    captured: u32,
    original: u32,
    /// Whether options may follow the bytes (padded to four).
    options: bool,
}

impl Section {
    /// Reads the block at the start of `bytes`.
    #[inline]
    pub(crate) fn next(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        mut context: Context<'_>,
    ) -> Verdict {
        let (kind, len) = match self.head(bytes, limits) {
            Ok(Some(head)) => head,
            Ok(None) => return Verdict::Need(FRAME),
            Err(error) => return Verdict::Broken(error),
        };
        // Blocks that are only noted or passed over are never gathered.
        match kind {
            block::SECTION_HEADER
            | block::INTERFACE_DESCRIPTION
            | block::PACKET
            | block::SIMPLE_PACKET
            | block::NAME_RESOLUTION
            | block::INTERFACE_STATISTICS
            | block::ENHANCED_PACKET => {}
            block::DECRYPTION_SECRETS => {
                return decryption_secrets::read(self, bytes, len, &mut context);
            }
            block::CUSTOM | block::CUSTOM_NOT_COPIED | block::SYSTEMD_JOURNAL => {
                context.numbers.frame += 1;
                return Verdict::Skip(len as u64);
            }
            _ => return Verdict::Skip(len as u64),
        }
        if bytes.len() < LENGTHS.min(len) {
            return Verdict::Need(LENGTHS.min(len));
        }
        // A damaged length must not swallow what follows before it is found out; nor may it matter
        // whether all of that is at hand.
        if let Some(room) = self.room(kind, bytes).filter(|room| len > *room) {
            let (what, found) = ("length of the block", len as u64);
            let kind = ErrorKind::OverLimit { what, limit: room as u64, found };
            return Verdict::Broken(ParseError::new(Layer::PcapNg, 4, kind));
        }
        let Some(whole) = bytes.get(..len) else {
            return Verdict::Need(len);
        };
        if self.order.u32(whole, len - 4) != u32::try_from(len).ok() {
            let problem =
                ErrorKind::Irregular { problem: "the block's length is not repeated at its end" };
            // One of the two is wrong; it is the second if the first is what the packet needs.
            if self.need(kind, bytes) != Some(len) {
                return Verdict::Broken(ParseError::new(Layer::PcapNg, len as u64 - 4, problem));
            }
            context.warn(len as u64 - 4, problem);
        }
        let body = whole.get(..len - 4).unwrap_or_default();
        match kind {
            block::ENHANCED_PACKET => {
                let packet = enhanced_packet::read(self.order, body);
                return self.packet(packet, body, limits, &mut context);
            }
            block::SIMPLE_PACKET => {
                let packet = simple_packet::read(self, body);
                return self.packet(packet, body, limits, &mut context);
            }
            block::PACKET => {
                let packet = packet::read(self.order, body);
                return self.packet(packet, body, limits, &mut context);
            }
            block::SECTION_HEADER => section_header::read(self.order, body, &mut context),
            block::INTERFACE_DESCRIPTION => interface_description::read(self, body, &mut context),
            block::NAME_RESOLUTION => name_resolution::read(self.order, body, &mut context),
            _ => interface_statistics::read(self.order, body, &mut context),
        }
        Verdict::Skip(len as u64)
    }

    /// Type and length of the block; a section header sets the byte order for what follows.
    #[inline]
    fn head(&mut self, bytes: &[u8], limits: &Limits) -> Result<Option<(u32, usize)>, ParseError> {
        if bytes.len() < FRAME {
            return Ok(None);
        }
        if starts_section(bytes) {
            let Some(order) = section_header::byte_order(bytes) else {
                let expected = "the byte-order magic of a pcapng section";
                return Err(ParseError::new(Layer::PcapNg, 8, ErrorKind::Expected { expected }));
            };
            *self = Self { order, interfaces: Arc::default() };
        }
        let (Some(kind), Some(len)) = (self.order.u32(bytes, 0), self.order.u32(bytes, 4)) else {
            return Ok(None);
        };
        let smallest = if kind == block::SECTION_HEADER { section_header::SMALLEST } else { 12 };
        let problem = |kind| Err(ParseError::new(Layer::PcapNg, 4, kind));
        if len > limits.block_bytes {
            return problem(ErrorKind::OverLimit {
                what: "length of the block",
                limit: u64::from(limits.block_bytes),
                found: u64::from(len),
            });
        }
        if len < smallest {
            let (needed, found) = (u64::from(smallest), u64::from(len));
            return problem(ErrorKind::Truncated { what: "a block", needed, found });
        }
        if len % 4 != 0 {
            let problem_text = "the length of the block is no multiple of four";
            return problem(ErrorKind::Irregular { problem: problem_text });
        }
        Ok(Some((kind, len as usize)))
    }

    /// The length that a block of packet needs without options.
    fn need(&self, kind: u32, bytes: &[u8]) -> Option<usize> {
        let captured = match kind {
            block::ENHANCED_PACKET | block::PACKET => self.order.u32(bytes, 20)?,
            _ => return None,
        };
        // In 32 bits a damaged length must not wrap around to a small one.
        Some((captured as usize).saturating_add(3 + 32) / 4 * 4)
    }

    /// The most that a block can reasonably take: a packet, and options.
    fn room(&self, kind: u32, bytes: &[u8]) -> Option<usize> {
        match kind {
            block::NAME_RESOLUTION => None,
            block::ENHANCED_PACKET | block::PACKET => {
                self.need(kind, bytes).map(|need| need.saturating_add(MAX_OPTIONS))
            }
            block::SIMPLE_PACKET => {
                let original = self.order.u32(bytes, HEAD)? as usize;
                Some(original.saturating_add(3 + 16) / 4 * 4)
            }
            _ => Some(MAX_OPTIONS),
        }
    }

    /// Checks what a packet block says against its bytes and its interface.
    #[inline]
    fn packet(
        &self,
        packet: Option<PacketBlock>,
        body: &[u8],
        limits: &Limits,
        context: &mut Context<'_>,
    ) -> Verdict {
        let len = body.len() + 4;
        let Some(packet) = packet else {
            let kind =
                ErrorKind::Irregular { problem: "the packet block has no room for a packet" };
            return Verdict::Broken(ParseError::new(Layer::PcapNg, 4, kind));
        };
        let end = packet.start.saturating_add(packet.captured as usize);
        if end > body.len() {
            let kind = ErrorKind::Truncated {
                what: "the packet",
                needed: u64::from(packet.captured),
                found: body.len().saturating_sub(packet.start) as u64,
            };
            return Verdict::Broken(ParseError::new(Layer::PcapNg, 20, kind));
        }
        if packet.captured > limits.packet_bytes {
            context.numbers.frame += 1;
            let kind = ErrorKind::OverLimit {
                what: "captured length of the packet",
                limit: u64::from(limits.packet_bytes),
                found: u64::from(packet.captured),
            };
            context.warn(0, kind);
            return Verdict::Skip(len as u64);
        }
        let Some(interface) = self.interfaces.get(packet.interface as usize) else {
            context.numbers.frame += 1;
            let problem = "the packet names an interface that the section does not describe";
            context.warn(8, ErrorKind::Irregular { problem });
            return Verdict::Skip(len as u64);
        };
        let options = end.next_multiple_of(4);
        if packet.options && options < body.len() {
            let number = context.numbers.frame + 1;
            for (code, value) in options::Options::new(self.order, body, options) {
                if code == options::COMMENT {
                    context.comment(Some(number), value);
                }
            }
        }
        Verdict::Packet(Found {
            time_ns: packet.ticks.map(|ticks| interface.clock.time_ns(ticks)),
            data: packet.start..end,
            len,
            link_type: interface.link_type,
            interface: packet.interface,
            original_len: packet.original,
        })
    }

    /// Looks for a place in `bytes` where blocks seem to go on: a known type whose length is
    /// repeated at the block's end.
    pub(crate) fn scan(&self, bytes: &[u8], limits: &Limits) -> Scan {
        let mut at = 0;
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.len() < FRAME {
                return if at == 0 { Scan::Need(FRAME) } else { Scan::Skip(at) };
            }
            if let Some((order, len)) = self.believable(rest, limits) {
                match rest.get(..len) {
                    Some(whole) => {
                        if order.u32(whole, len - 4) == u32::try_from(len).ok() {
                            return if at == 0 { Scan::Found } else { Scan::Skip(at) };
                        }
                    }
                    None if at == 0 => return Scan::Need(len),
                    None => return Scan::Skip(at),
                }
            }
            at += 1 + zeros_before(rest, FRAME);
        }
    }

    /// Byte order and length of what may be a block.
    fn believable(&self, bytes: &[u8], limits: &Limits) -> Option<(ByteOrder, usize)> {
        let section = starts_section(bytes);
        let order = if section { section_header::byte_order(bytes)? } else { self.order };
        let len = order.u32(bytes, 4)?;
        let known = section || matches!(order.u32(bytes, 0)?, 1..=6 | block::DECRYPTION_SECRETS);
        // A block that is gathered only to be believed must not be larger than a packet may be.
        let fits = len % 4 == 0 && (12..=limits.packet_bytes.saturating_add(4096)).contains(&len);
        (known && fits).then_some((order, len as usize))
    }
}
