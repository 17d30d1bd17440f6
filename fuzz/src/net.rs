//! Link layer to transport.

use recscope_analyzer::capture::{LinkType, RawPacket};
use recscope_analyzer::net::{Decoder, Payload, TcpEvent};
use recscope_core::Limits;

/// What packets start with, by the input's first byte.
const LINK_TYPES: [LinkType; 15] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::PPP,
    LinkType::PPP_HDLC,
    LinkType::PPP_ETHER,
    LinkType::PPP_WITH_DIR,
    LinkType::C_HDLC,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::RAW_12,
    LinkType(105),
];

/// Bytes before each packet: two of its length (little-endian, the top bit says that the capture
/// cut it), one of the time since the packet before, as a power of two in nanoseconds.
const HEADER: usize = 3;

/// A link type and packets: what is decoded lies in its packet where it says, and neither what is
/// held nor what is counted outgrows the input.
pub fn net(bytes: &[u8]) {
    let Some((&link_type, packets)) = bytes.split_first() else { return };
    let link_type = LINK_TYPES[usize::from(link_type) % LINK_TYPES.len()];
    let limits = limits();
    let mut decoder = Decoder::new(&limits);
    let mut sink = Sink { bytes, packets: 0, tcp_bytes: 0 };
    let mut time_ns = 0_i64;
    let mut at = 1;
    while let Some(&[low, high, step]) = packets.get(at - 1..).and_then(<[u8]>::first_chunk) {
        at += HEADER;
        let length = usize::from(u16::from_le_bytes([low, high & 0x07])).min(bytes.len() - at);
        let missing = if high & 0x80 == 0 { 0 } else { 40 };
        time_ns += 1 << (step % 40);
        sink.packets += 1;
        let packet = RawPacket {
            number: sink.packets,
            time_ns,
            timed: true,
            offset: at as u64,
            link_type,
            interface: 0,
            data: &bytes[at..at + length],
            original_len: u32::try_from(length).unwrap_or(u32::MAX) + missing,
        };
        decoder.decode(&packet, &mut |payload| sink.take(&payload));
        at += length;
    }
    decoder.finish(&mut |payload| sink.take(&payload));

    let undecoded: u64 = decoder.undecoded().map(|(_, count)| count).sum();
    assert!(undecoded <= 2 * sink.packets, "{undecoded} of {} are not decoded", sink.packets);
    assert!(decoder.fragments_reassembled() + decoder.fragments_lost() <= sink.packets);
    assert!(sink.tcp_bytes <= bytes.len(), "{} bytes of TCP", sink.tcp_bytes);
    assert!(decoder.take_warnings().len() <= limits.warnings as usize);
}

/// Small enough for a few packets to reach them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.tcp_flows = 3;
    limits.tcp_flow_bytes = 1024;
    limits.tcp_total_bytes = 2048;
    limits.ip_fragments = 3;
    limits.ip_fragment_bytes = 4096;
    limits.warnings = 8;
    limits
}

struct Sink<'a> {
    bytes: &'a [u8],
    packets: u64,
    tcp_bytes: usize,
}

impl Sink<'_> {
    fn take(&mut self, payload: &Payload<'_>) {
        let (packet, bytes, offset) = match payload {
            Payload::Udp(datagram) => {
                assert_eq!(datagram.packet, self.packets);
                (datagram.packet, datagram.payload, datagram.offset)
            }
            Payload::Tcp(segment) => {
                let TcpEvent::Data { bytes, offset } = segment.event else { return };
                self.tcp_bytes += if offset.is_some() { bytes.len() } else { 0 };
                (segment.packet, bytes, offset)
            }
            _ => return,
        };
        assert!((1..=self.packets).contains(&packet));
        assert!(bytes.len() <= usize::from(u16::MAX));
        if let Some(offset) = offset {
            let start = usize::try_from(offset).expect("inside the input");
            assert_eq!(self.bytes.get(start..start + bytes.len()), Some(bytes));
        }
    }
}
