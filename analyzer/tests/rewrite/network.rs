//! The packets of an Ethernet capture as IPv6, in tunnels, and in fragments.

use super::Capture;
use super::link::{ethernet, ip_packet};

/// The sum of 16-bit words that IP and UDP headers carry.
pub fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let mut sum = 0_u32;
    for pair in parts.concat().chunks(2) {
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_be_bytes([pair[0], low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).expect("folded")).to_be_bytes()
}

fn len_bytes(len: usize) -> [u8; 2] {
    u16::try_from(len).expect("fits 16 bits").to_be_bytes()
}

/// An IPv4 packet.
pub fn ipv4(src: [u8; 4], dst: [u8; 4], protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_piece((src, dst, protocol), 0x1234, 0, payload)
}

/// An IPv4 packet with this identification, and flags and offset of a fragment.
fn ipv4_piece(
    (src, dst, protocol): ([u8; 4], [u8; 4], u8),
    identification: u16,
    fragmentation: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut header = [
        &[0x45, 0],
        &len_bytes(20 + payload.len())[..],
        &identification.to_be_bytes(),
        &fragmentation.to_be_bytes(),
        &[64, protocol, 0, 0],
        &src,
        &dst,
    ]
    .concat();
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    [&header, payload].concat()
}

/// An IPv6 packet; `next` is the header that `payload` starts with.
pub fn ipv6(src: [u8; 16], dst: [u8; 16], next: u8, payload: &[u8]) -> Vec<u8> {
    [&[0x60, 0, 0, 0], &len_bytes(payload.len())[..], &[next, 64], &src, &dst, payload].concat()
}

/// An IPv4 address as one of the documentation prefix of IPv6.
fn mapped(address: &[u8]) -> [u8; 16] {
    let mut out = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out[12..].copy_from_slice(address);
    out
}

/// Which extension headers come before the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extensions {
    None,
    /// Hop-by-hop options, then destination options of 16 bytes.
    Options,
    /// A fragment header around the whole packet (RFC 6946).
    AtomicFragment,
}

/// The same packets over IPv6; only UDP's check sum has to change.
pub fn to_ipv6(capture: &Capture, extensions: Extensions) -> Capture {
    capture.map(1, |frame| {
        let ip = ip_packet(frame);
        let (src, dst, protocol) = (mapped(&ip[12..16]), mapped(&ip[16..20]), ip[9]);
        let len = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let mut transport = ip[20..len].to_vec();
        if protocol == 17 {
            transport[6..8].fill(0);
            let pseudo = [&src[..], &dst, &[0, 0], &len_bytes(transport.len()), &[0, 0, 0, 17]];
            let sum = checksum(&[&pseudo.concat(), &transport]);
            transport[6..8].copy_from_slice(&sum);
        }
        let (next, payload) = match extensions {
            Extensions::None => (protocol, transport),
            Extensions::Options => {
                let hop_by_hop = [60, 0, 1, 4, 0, 0, 0, 0];
                let destination = [protocol, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
                (0, [&hop_by_hop[..], &destination, &transport].concat())
            }
            Extensions::AtomicFragment => {
                (44, [&[protocol, 0, 0, 0, 0, 0, 0, 7], &transport[..]].concat())
            }
        };
        ethernet(&ipv6(src, dst, next, &payload))
    })
}

/// Tunnels that a packet can be sent through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// IP in IPv4: protocol 4, or 41 for IPv6.
    IpInIp,
    /// IP in IPv6.
    IpInIpv6,
    Gre,
    /// GRE with check sum, key and sequence number.
    GreFull,
    /// GRE around Ethernet.
    GreEthernet,
    /// A mirror port's frames in GRE.
    Erspan,
    Vxlan,
    /// VXLAN in VXLAN.
    VxlanTwice,
}

/// Every tunnel once.
pub const TUNNELS: [Tunnel; 8] = [
    Tunnel::IpInIp,
    Tunnel::IpInIpv6,
    Tunnel::Gre,
    Tunnel::GreFull,
    Tunnel::GreEthernet,
    Tunnel::Erspan,
    Tunnel::Vxlan,
    Tunnel::VxlanTwice,
];

/// The same packets through a tunnel between 198.51.100.1 and 198.51.100.2.
pub fn through(capture: &Capture, tunnel: Tunnel) -> Capture {
    capture.map(1, |frame| wrap(tunnel, frame))
}

fn wrap(tunnel: Tunnel, frame: &[u8]) -> Vec<u8> {
    let ip = ip_packet(frame);
    let v6 = ip[0] >> 4 == 6;
    let ether_type: [u8; 2] = if v6 { [0x86, 0xdd] } else { [8, 0] };
    let outer = |protocol, payload: &[u8]| {
        ethernet(&ipv4([198, 51, 100, 1], [198, 51, 100, 2], protocol, payload))
    };
    match tunnel {
        Tunnel::IpInIp => outer(if v6 { 41 } else { 4 }, ip),
        Tunnel::IpInIpv6 => {
            let (src, dst) = (mapped(&[198, 51, 100, 1]), mapped(&[198, 51, 100, 2]));
            ethernet(&ipv6(src, dst, if v6 { 41 } else { 4 }, ip))
        }
        Tunnel::Gre => outer(47, &[&[0, 0], &ether_type[..], ip].concat()),
        Tunnel::GreFull => {
            let optional = [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1];
            let mut gre = [&[0xb0, 0], &ether_type[..], &optional, ip].concat();
            let sum = checksum(&[&gre]);
            gre[4..6].copy_from_slice(&sum);
            outer(47, &gre)
        }
        Tunnel::GreEthernet => outer(47, &[&[0, 0, 0x65, 0x58], frame].concat()),
        Tunnel::Erspan => {
            let header = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0];
            outer(47, &[&header, frame].concat())
        }
        Tunnel::Vxlan => {
            let header = [8, 0, 0, 0, 0, 0, 42, 0];
            let len = len_bytes(16 + frame.len());
            let udp = [&[0xc0, 0x01, 0x12, 0xb5], &len[..], &[0, 0]].concat();
            outer(17, &[&udp, &header[..], frame].concat())
        }
        Tunnel::VxlanTwice => wrap(Tunnel::Vxlan, &wrap(Tunnel::Vxlan, frame)),
    }
}

/// How fragments arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    InOrder,
    Reversed,
    /// Each one twice in a row.
    Twice,
    /// Each one reaches eight bytes into the next.
    Overlapping,
    /// The last one never comes.
    LastMissing,
}

/// The same packets in fragments of at most `len` bytes of payload (a multiple of eight); those
/// that fit stay whole.
pub fn fragmented(capture: &Capture, len: usize, arrival: Arrival) -> Capture {
    assert_eq!(len % 8, 0);
    let number = std::cell::Cell::new(0_u16);
    capture.flat_map(|frame| {
        number.set(number.get() + 1);
        let ip = ip_packet(frame);
        let v6 = ip[0] >> 4 == 6;
        let header_len = if v6 { 40 } else { 20 };
        let end = usize::from(if v6 {
            u16::from_be_bytes([ip[4], ip[5]]) + 40
        } else {
            u16::from_be_bytes([ip[2], ip[3]])
        });
        let payload = &ip[header_len..end];
        if payload.len() <= len {
            return vec![frame.to_vec()];
        }
        let overlap = if arrival == Arrival::Overlapping { 8 } else { 0 };
        let mut pieces = Vec::new();
        for start in (0..payload.len()).step_by(len) {
            let end = (start + len).min(payload.len());
            let more = end < payload.len();
            let reaches = (end + overlap).min(payload.len());
            // A piece that reaches the end by overlapping must still not look like the last.
            let reaches = if more && reaches == payload.len() { end } else { reaches };
            let data = &payload[start..reaches];
            let start = u16::try_from(start).expect("fits");
            pieces.push(if v6 {
                let fragmentation = (start | u16::from(more)).to_be_bytes();
                let id = u32::from(number.get()).to_be_bytes();
                let payload = [&[ip[6], 0], &fragmentation[..], &id, data].concat();
                let (src, dst) = (ip[8..24].try_into(), ip[24..40].try_into());
                ethernet(&ipv6(src.expect("16"), dst.expect("16"), 44, &payload))
            } else {
                let fragmentation = (start / 8) | (u16::from(more) << 13);
                let (src, dst) = (ip[12..16].try_into(), ip[16..20].try_into());
                let ends = (src.expect("4"), dst.expect("4"), ip[9]);
                ethernet(&ipv4_piece(ends, number.get(), fragmentation, data))
            });
        }
        match arrival {
            Arrival::InOrder | Arrival::Overlapping => {}
            Arrival::Reversed => pieces.reverse(),
            Arrival::Twice => {
                pieces = pieces.into_iter().flat_map(|piece| [piece.clone(), piece]).collect();
            }
            Arrival::LastMissing => drop(pieces.pop()),
        }
        pieces
    })
}
