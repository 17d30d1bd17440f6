//! The signalling of a capture over TCP instead of UDP.

use super::link::{ethernet, ip_packet};
use super::network::{checksum, ipv4};
use super::{Capture, Packet};
use std::net::Ipv4Addr;

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub address: Ipv4Addr,
    pub port: u16,
}

/// A segment in an Ethernet frame.
pub fn segment(
    src: End,
    dst: End,
    flags: u8,
    sequence: u32,
    acknowledged: u32,
    data: &[u8],
) -> Vec<u8> {
    let mut tcp = [
        &src.port.to_be_bytes()[..],
        &dst.port.to_be_bytes(),
        &sequence.to_be_bytes(),
        &acknowledged.to_be_bytes(),
        &[0x50, flags, 0xff, 0xff, 0, 0, 0, 0],
        data,
    ]
    .concat();
    let (src, dst) = (src.address.octets(), dst.address.octets());
    let len = u16::try_from(tcp.len()).expect("fits").to_be_bytes();
    let sum = checksum(&[&src, &dst, &[0, 6], &len, &tcp]);
    tcp[16..18].copy_from_slice(&sum);
    ethernet(&ipv4(src, dst, 6, &tcp))
}

/// What a sender said, and the frames that carry it.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub capture: Capture,
    /// The bytes from the end that opened the connection, and those to it.
    pub forward: Vec<u8>,
    pub backward: Vec<u8>,
}

/// How the signalling is cut into segments.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Bytes in a segment; messages share segments that have room.
    pub segment: usize,
    /// Sequence numbers of the two SYNs.
    pub first: (u32, u32),
}

/// The UDP datagrams of a signalling capture between two ends, as one TCP connection with
/// handshake and close. Packet numbers: three of handshake, then the segments, each
/// acknowledged by the next one of the other side or on its own.
pub fn over_tcp(capture: &Capture, cut: Cut) -> Conversation {
    let mut ends: Option<(End, End)> = None;
    let mut packets = Vec::new();
    let (mut next, mut said) = ([0_u32; 2], [Vec::new(), Vec::new()]);
    let mut time_ns = 0;
    for packet in &capture.packets {
        let ip = ip_packet(&packet.data);
        let end = |address: usize, port: usize| End {
            address: Ipv4Addr::new(ip[address], ip[address + 1], ip[address + 2], ip[address + 3]),
            port: u16::from_be_bytes([ip[port], ip[port + 1]]),
        };
        let (src, dst) = (end(12, 20), end(16, 22));
        time_ns = packet.time_ns;
        let mut push = |data: Vec<u8>| {
            packets.push(Packet::new(time_ns, data));
            time_ns += 1000;
        };
        let (opener, other) = *ends.get_or_insert_with(|| {
            let (a, b) = cut.first;
            push(segment(src, dst, SYN, a, 0, &[]));
            push(segment(dst, src, SYN | ACK, b, a.wrapping_add(1), &[]));
            push(segment(src, dst, ACK, a.wrapping_add(1), b.wrapping_add(1), &[]));
            next = [a.wrapping_add(1), b.wrapping_add(1)];
            (src, dst)
        });
        let from = usize::from(src != opener);
        let payload = &ip[28..];
        for data in payload.chunks(cut.segment) {
            push(segment(src, dst, PSH | ACK, next[from], next[1 - from], data));
            next[from] = next[from].wrapping_add(u32::try_from(data.len()).expect("fits"));
            said[from].extend(data);
            push(segment(dst, src, ACK, next[1 - from], next[from], &[]));
        }
        let _ = other;
    }
    let (opener, other) = ends.expect("signalling");
    for (src, dst, from) in [(opener, other, 0), (other, opener, 1)] {
        time_ns += 1000;
        let fin = segment(src, dst, FIN | ACK, next[from], next[1 - from], &[]);
        packets.push(Packet::new(time_ns, fin));
        next[from] = next[from].wrapping_add(1);
    }
    let [forward, backward] = said;
    let capture = Capture { link_type: 1, packets };
    Conversation { capture, forward, backward }
}
