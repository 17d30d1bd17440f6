//! What goes over the cable: Ethernet, IPv4, UDP and TCP with right checksums, in a pcap.

use recscope_core::time::Instant;
use std::net::{Ipv4Addr, SocketAddrV4};

/// A classic pcap in memory: microseconds, little-endian, Ethernet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    bytes: Vec<u8>,
    epoch_seconds: u64,
    packets: u64,
}

/// The snap length that is written: that of tcpdump.
const SNAP_LEN: u32 = 262_144;
const ETHERNET: u32 = 1;
const IPV4: u16 = 0x0800;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// Both ends of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The sender's hardware address.
    pub source_mac: [u8; 6],
    /// The receiver's hardware address.
    pub destination_mac: [u8; 6],
    /// The sender.
    pub source: SocketAddrV4,
    /// The receiver.
    pub destination: SocketAddrV4,
    /// IPv4's identification of the packet.
    pub identification: u16,
}

/// What a TCP header says apart from the ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFields {
    /// Number of the first byte of the payload.
    pub sequence: u32,
    /// The next byte wanted.
    pub acknowledgment: u32,
    /// SYN, ACK, FIN, RST, PSH.
    pub flags: TcpFlags,
}

/// Flags of a TCP segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more from the sender.
    pub const FIN: Self = Self(0x01);
    /// The first of a connection.
    pub const SYN: Self = Self(0x02);
    /// The connection is no more.
    pub const RST: Self = Self(0x04);
    /// Deliver at once.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgment counts.
    pub const ACK: Self = Self(0x10);

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These flags and those of `other`.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Capture {
    /// An empty capture whose time 0 is `epoch_seconds` after 1970.
    #[must_use]
    pub fn new(epoch_seconds: u64) -> Self {
        let mut bytes = Vec::with_capacity(4_096);
        bytes.extend(0xa1b2_c3d4_u32.to_le_bytes());
        bytes.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(SNAP_LEN.to_le_bytes());
        bytes.extend(ETHERNET.to_le_bytes());
        Self { bytes, epoch_seconds, packets: 0 }
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Packets in it.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Adds a UDP datagram.
    pub fn udp(&mut self, at: Instant, ends: &Ends, payload: &[u8]) {
        let mut header = [0_u8; 8];
        put(&mut header, 0, &ends.source.port().to_be_bytes());
        put(&mut header, 2, &ends.destination.port().to_be_bytes());
        let len = u16::try_from(payload.len() + 8).unwrap_or(u16::MAX);
        put(&mut header, 4, &len.to_be_bytes());
        let sum = checksum(&[&pseudo_header(ends, UDP, len), &header, payload]);
        // Zero would say that there is none (RFC 768).
        put(&mut header, 6, &if sum == 0 { u16::MAX } else { sum }.to_be_bytes());
        self.record(at, ends, UDP, &header, payload);
    }

    /// Adds a TCP segment.
    pub fn tcp(&mut self, at: Instant, ends: &Ends, fields: &TcpFields, payload: &[u8]) {
        // A SYN says the largest segment its sender takes.
        const OPTIONS: [u8; 4] = [2, 4, 0x05, 0xb4];
        let mut header = [0_u8; 24];
        let len = if fields.flags.has(TcpFlags::SYN) { 24 } else { 20 };
        put(&mut header, 0, &ends.source.port().to_be_bytes());
        put(&mut header, 2, &ends.destination.port().to_be_bytes());
        put(&mut header, 4, &fields.sequence.to_be_bytes());
        put(&mut header, 8, &fields.acknowledgment.to_be_bytes());
        put(&mut header, 12, &[len << 2, fields.flags.0]);
        put(&mut header, 14, &u16::MAX.to_be_bytes());
        put(&mut header, 20, &OPTIONS);
        let header = header.get_mut(..usize::from(len)).unwrap_or_default();
        let total = u16::try_from(payload.len() + usize::from(len)).unwrap_or(u16::MAX);
        let sum = checksum(&[&pseudo_header(ends, TCP, total), header, payload]);
        put(header, 16, &sum.to_be_bytes());
        let header = &*header;
        self.record(at, ends, TCP, header, payload);
    }

    fn record(&mut self, at: Instant, ends: &Ends, protocol: u8, header: &[u8], payload: &[u8]) {
        let total = 20 + header.len() + payload.len();
        let frame = u32::try_from(14 + total).unwrap_or(SNAP_LEN);
        let second = self.epoch_seconds + at.as_micros() / 1_000_000;
        // 32 bits of seconds last until 2106.
        let second = u32::try_from(second).unwrap_or(u32::MAX);
        let fraction = u32::try_from(at.as_micros() % 1_000_000).unwrap_or(0);
        for field in [second, fraction, frame, frame] {
            self.bytes.extend(field.to_le_bytes());
        }
        self.bytes.extend(ends.destination_mac);
        self.bytes.extend(ends.source_mac);
        self.bytes.extend(IPV4.to_be_bytes());
        let mut ip = [0_u8; 20];
        put(&mut ip, 0, &[0x45]);
        put(&mut ip, 2, &u16::try_from(total).unwrap_or(u16::MAX).to_be_bytes());
        put(&mut ip, 4, &ends.identification.to_be_bytes());
        // Not to be fragmented, 64 hops.
        put(&mut ip, 6, &[0x40, 0, 64, protocol]);
        put(&mut ip, 12, &ends.source.ip().octets());
        put(&mut ip, 16, &ends.destination.ip().octets());
        let sum = checksum(&[&ip]);
        put(&mut ip, 10, &sum.to_be_bytes());
        self.bytes.extend(ip);
        self.bytes.extend_from_slice(header);
        self.bytes.extend_from_slice(payload);
        self.packets += 1;
    }
}

/// A hardware address made of an IPv4 address, administered locally.
#[must_use]
pub const fn mac_of(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x02, 0x00, a, b, c, d]
}

fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = into.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn pseudo_header(ends: &Ends, protocol: u8, len: u16) -> [u8; 12] {
    let mut header = [0_u8; 12];
    put(&mut header, 0, &ends.source.ip().octets());
    put(&mut header, 4, &ends.destination.ip().octets());
    put(&mut header, 9, &[protocol]);
    put(&mut header, 10, &len.to_be_bytes());
    header
}

/// The Internet checksum (RFC 1071) of parts; all but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        let mut words = part.chunks_exact(2);
        for word in &mut words {
            if let [high, low] = *word {
                sum += u64::from(u16::from_be_bytes([high, low]));
            }
        }
        if let [last] = *words.remainder() {
            sum += u64::from(last) << 8;
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standards_example() {
        // RFC 1071, section 3.
        assert_eq!(checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        assert_eq!(
            checksum(&[&[0x00, 0x01], &[0xf2, 0x03, 0xf4]]),
            checksum(&[&[0, 1, 0xf2, 3, 0xf4, 0]])
        );
    }
}
