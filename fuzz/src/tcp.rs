//! TCP reassembly.

use recscope_analyzer::capture::{LinkType, RawPacket};
use recscope_analyzer::net::{ConnectionId, Decoder, Direction, Payload, Segment, TcpEvent};
use recscope_core::Limits;
use std::collections::HashMap;

/// Bytes of the input that make a segment.
const OPERATION: usize = 6;
/// IPv4 and TCP headers of the packets.
const HEADERS: usize = 40;

/// Segments of two connections, in any order, more than once, overlapping, with and without their
/// handshakes: what comes out of each direction is without repetition and in order, and every byte
/// that is left out is counted in a gap.
///
/// The first four bytes are the sequence number about which all segments lie. Each segment is six
/// bytes: flags (FIN, SYN, RST and ACK as in TCP, 0x20 for the other direction, 0x40 for the other
/// connection), where it lies (two bytes, signed, and a byte that says how far to shift that),
/// its length, and the time since the one before as a power of two in nanoseconds.
pub fn tcp(bytes: &[u8]) {
    let Some((&base, operations)) = bytes.split_first_chunk() else { return };
    let base = u32::from_be_bytes(base);
    let mut limits = Limits::default();
    limits.tcp_flows = 2;
    limits.tcp_flow_bytes = 4096;
    limits.tcp_total_bytes = 6144;
    let mut decoder = Decoder::new(&limits);
    let mut streams = Streams::default();
    let mut time_ns = 0_i64;
    for operation in operations.as_chunks().0 {
        let segment = Sent::new(base, operation);
        time_ns += 1 << (operation[5] % 38);
        let packet = segment.packet();
        let offset = streams.send(&segment);
        let raw = RawPacket {
            number: streams.sent.len() as u64,
            time_ns,
            timed: true,
            offset: offset - HEADERS as u64,
            link_type: LinkType::RAW,
            interface: 0,
            data: &packet,
            original_len: u32::try_from(packet.len()).unwrap_or(u32::MAX),
        };
        decoder.decode(&raw, &mut |payload| streams.take(&payload));
    }
    decoder.finish(&mut |payload| streams.take(&payload));
    assert_eq!(decoder.tcp_gaps(), streams.gaps);
}

/// A segment as it was sent.
struct Sent {
    flags: u8,
    sequence: u32,
    length: u8,
    acknowledged: u32,
}

impl Sent {
    fn new(base: u32, &[flags, high, low, shift, length, _]: &[u8; OPERATION]) -> Self {
        let place = i32::from(i16::from_be_bytes([high, low])) << (shift % 12);
        let sequence = base.wrapping_add_signed(place);
        // An end that acknowledges about what the other one sends.
        let acknowledged = base.wrapping_add(u32::from(shift) << 3);
        Self { flags, sequence, length, acknowledged }
    }

    /// The number of the first byte of content: a SYN takes one for itself.
    fn first(&self) -> u32 {
        self.sequence.wrapping_add(u32::from(self.flags & 2 != 0))
    }

    /// An IPv4 packet. What a byte of content is follows from its place in its stream.
    fn packet(&self) -> Vec<u8> {
        let connection = self.flags >> 6 & 1;
        let (mut from, mut to) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (mut from_port, mut to_port) = (5060 + u16::from(connection), 5060);
        if self.flags & 0x20 != 0 {
            (from, to) = (to, from);
            (from_port, to_port) = (to_port, from_port);
        }
        let total = u16::try_from(HEADERS).unwrap_or_default() + u16::from(self.length);
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
        packet.extend(from);
        packet.extend(to);
        packet.extend(from_port.to_be_bytes());
        packet.extend(to_port.to_be_bytes());
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.acknowledged.to_be_bytes());
        packet.extend([0x50, self.flags & 0x1f, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend((0..u32::from(self.length)).map(|n| content(self.first().wrapping_add(n))));
        packet
    }
}

/// The byte of a stream at a sequence number.
fn content(sequence: u32) -> u8 {
    let [a, b, c, d] = sequence.wrapping_mul(0x9e37_79b1).to_be_bytes();
    a ^ b ^ c ^ d
}

/// What was sent, and how far each direction has come.
#[derive(Default)]
struct Streams {
    /// Of each segment, the offset in the file and the sequence number of its first byte.
    sent: Vec<(u64, u32)>,
    file: u64,
    directions: HashMap<(ConnectionId, Direction), Progress>,
    gaps: u64,
}

#[derive(Default)]
struct Progress {
    /// Sequence number of the byte that comes next, once one has come.
    next: Option<u32>,
    ended: bool,
}

impl Streams {
    /// Notes a segment, and gives the offset of its content in the file.
    fn send(&mut self, segment: &Sent) -> u64 {
        let offset = self.file + HEADERS as u64;
        self.sent.push((offset, segment.first()));
        self.file = offset + u64::from(segment.length);
        offset
    }

    fn take(&mut self, payload: &Payload<'_>) {
        let Payload::Tcp(segment) = payload else { panic!("{payload:?} is no TCP") };
        let Segment { connection, direction, event, packet, .. } = *segment;
        if let TcpEvent::Reset | TcpEvent::Forgotten = event {
            for direction in [direction, direction.reverse()] {
                self.directions.entry((connection, direction)).or_default().ended = true;
            }
            return;
        }
        let progress = self.directions.entry((connection, direction)).or_default();
        assert!(!progress.ended, "{event:?} after the end of {connection} {direction:?}");
        match event {
            TcpEvent::Data { bytes, offset } => {
                let index = usize::try_from(packet).expect("small") - 1;
                let (start, first) = self.sent[index];
                let into = offset.expect("no fragments") - start;
                let sequence = first.wrapping_add(u32::try_from(into).expect("inside a segment"));
                if let Some(next) = progress.next {
                    assert_eq!(sequence, next, "not what comes next");
                }
                for (n, byte) in (0_u32..).zip(bytes) {
                    assert_eq!(*byte, content(sequence.wrapping_add(n)));
                }
                let length = u32::try_from(bytes.len()).expect("inside a segment");
                progress.next = Some(sequence.wrapping_add(length));
            }
            TcpEvent::Gap { bytes } => {
                assert!(bytes > 0);
                self.gaps += 1;
                progress.next = progress.next.map(|next| next.wrapping_add(bytes));
            }
            TcpEvent::Close => progress.ended = true,
            _ => {}
        }
    }
}
