//! Ethernet frames of UDP datagrams.

use super::Random;
use std::net::Ipv4Addr;

/// An address and port, with a MAC address made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
}

impl Endpoint {
    /// The SIP endpoint of the `number`th phone of one of the two sides of all calls.
    pub(super) fn phone(side: u8, number: u32) -> Self {
        let [_, _, high, low] = number.to_be_bytes();
        Self { address: Ipv4Addr::new(10, side, high, low), port: 5060 }
    }

    /// Another port of the same phone.
    pub(super) fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    fn mac(self) -> [u8; 6] {
        let [a, b, c, d] = self.address.octets();
        [2, 0, a, b, c, d]
    }
}

/// An Ethernet frame.
pub(super) struct Frame(Vec<u8>);

impl Frame {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A datagram of any content.
pub(super) fn udp(from: Endpoint, to: Endpoint, payload: &[u8]) -> Frame {
    let udp_length = length(8 + payload.len());
    let ip_length = length(20 + 8 + payload.len());
    let mut frame = Vec::with_capacity(14 + 20 + 8 + payload.len());

    frame.extend(to.mac());
    frame.extend(from.mac());
    frame.extend([0x08, 0x00]);

    let ip = frame.len();
    frame.extend([0x45, 0]);
    frame.extend(ip_length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    frame.extend(from.address.octets());
    frame.extend(to.address.octets());
    let checksum = internet_checksum(&frame[ip..]);
    frame[ip + 10..ip + 12].copy_from_slice(&checksum.to_be_bytes());

    frame.extend(from.port.to_be_bytes());
    frame.extend(to.port.to_be_bytes());
    frame.extend(udp_length.to_be_bytes());
    // No checksum, which UDP over IPv4 allows.
    frame.extend([0, 0]);
    frame.extend(payload);
    Frame(frame)
}

/// The sequence number of a stream's first packet: near the end, so that the numbers wrap.
const FIRST_SEQUENCE: u32 = 65_000;

/// Whether a packet's sequence number is one of the last before they begin again at 0. tshark 4.0
/// counts 65 536 packets too many as lost where packets overtake each other there, so these do
/// not, and its count can be compared.
pub(super) fn is_near_wrap(index: u32) -> bool {
    (65_530..65_540).contains(&(FIRST_SEQUENCE + index))
}

/// The `index`th packet of a PCMU stream of 20 ms packets, with noise for speech.
pub(super) fn rtp(
    from: Endpoint,
    to: Endpoint,
    ssrc: u32,
    index: u32,
    random: &mut Random,
) -> Frame {
    let mut payload = Vec::with_capacity(12 + 160);
    let marker = if index == 0 { 0x80 } else { 0 };
    let [_, _, high, low] = (FIRST_SEQUENCE + index).to_be_bytes();
    payload.extend([0x80, marker, high, low]);
    payload.extend((index * 160).to_be_bytes());
    payload.extend(ssrc.to_be_bytes());
    for _ in 0..20 {
        payload.extend(random.next().to_be_bytes());
    }
    udp(from, to, &payload)
}

fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// RFC 1071 over a header whose checksum field is zero.
fn internet_checksum(header: &[u8]) -> u16 {
    let mut sum: u32 = header
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let [_, _, high, low] = sum.to_be_bytes();
    !u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_a_header_with_its_checksum_is_zero() {
        let frame = udp(Endpoint::phone(1, 7), Endpoint::phone(2, 300), b"x");
        assert_eq!(internet_checksum(&frame.bytes()[14..34]), 0);
    }
}
