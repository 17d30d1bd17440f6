//! What is done to a call's packets.

use crate::rewrite::link::{ethernet, ip_packet};
use crate::rewrite::network::ipv4;
use crate::rewrite::{Capture, Packet};

/// The RTP port of the caller, and of the callee, in `call-pcmu.pcap`.
pub(crate) const CALLER: u16 = 20026;
pub(crate) const CALLEE: u16 = 30078;
/// Where the datagram's payload lies in a frame.
pub(crate) const PAYLOAD: usize = 42;
/// Where the audio lies in it.
pub(crate) const AUDIO: usize = PAYLOAD + 12;

/// The PCMU call, 11 s with both sides talking.
pub(crate) fn call() -> Capture {
    Capture::call("call-pcmu.pcap")
}

fn port(frame: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([frame[at], frame[at + 1]])
}

/// The port that a frame comes from.
pub(crate) fn source(frame: &[u8]) -> u16 {
    port(frame, 34)
}

/// Whether a frame carries RTP.
pub(crate) fn is_rtp(frame: &[u8]) -> bool {
    matches!(source(frame), CALLER | CALLEE)
}

/// Changes the RTP of one side, each packet with its number in the stream.
pub(crate) fn each_rtp(
    capture: &mut Capture,
    from: u16,
    mut change: impl FnMut(usize, &mut Packet),
) {
    let of_side = capture.packets.iter_mut().filter(|packet| source(&packet.data) == from);
    for (n, packet) in of_side.enumerate() {
        change(n, packet);
    }
}

/// Leaves out packets of one side's RTP, by their number in the stream.
pub(crate) fn leave_out(capture: &mut Capture, from: u16, is_out: impl Fn(usize) -> bool) {
    let mut n = 0;
    capture.packets.retain(|packet| {
        if source(&packet.data) != from {
            return true;
        }
        n += 1;
        !is_out(n - 1)
    });
}

/// Puts the packets in the order of their times, as a capture has them.
pub(crate) fn in_order(mut capture: Capture) -> Capture {
    capture.packets.sort_by_key(|packet| packet.time_ns);
    capture
}

/// Adds to a big-endian number in an RTP header.
pub(crate) fn add(packet: &mut Packet, at: usize, len: usize, number: u32) {
    let field = &mut packet.data[PAYLOAD + at..PAYLOAD + at + len];
    let value = field.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
    let sum = value.wrapping_add(number).to_be_bytes();
    field.copy_from_slice(&sum[4 - len..]);
}

/// A datagram between the two ends of the media, from one port to another.
pub(crate) fn datagram(time_ns: i64, from: u16, to: u16, payload: &[u8]) -> Packet {
    let len = u16::try_from(payload.len() + 8).expect("fits");
    let header = [from, to, len, 0].map(u16::to_be_bytes).concat();
    let host = [192, 0, 2, 2];
    Packet::new(time_ns, ethernet(&ipv4(host, host, 17, &[&header, payload].concat())))
}

/// The texts of a SIP message's head and body, changed, with all lengths made right.
pub(crate) fn edit_sip(capture: &mut Capture, edit: impl Fn(&str) -> String) {
    for packet in &mut capture.packets {
        if !matches!(source(&packet.data), 5070 | 5080) {
            continue;
        }
        let ip = ip_packet(&packet.data);
        let text = String::from_utf8(ip[28..].to_vec()).expect("text");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.is_empty() {
            continue;
        }
        let body = edit(body);
        let head: Vec<String> = head
            .split("\r\n")
            .map(|line| match line.split_once(':') {
                Some((name, _)) if name.eq_ignore_ascii_case("Content-Length") => {
                    format!("{name}: {}", body.len())
                }
                _ => line.to_owned(),
            })
            .collect();
        let text = format!("{}\r\n\r\n{body}", head.join("\r\n"));
        let len = u16::try_from(text.len() + 8).expect("fits").to_be_bytes();
        let udp = [&ip[20..24], &len, &[0, 0], text.as_bytes()].concat();
        let ends = [&ip[12..16], &ip[16..20]].map(|end| <[u8; 4]>::try_from(end).expect("4"));
        *packet = Packet::new(packet.time_ns, ethernet(&ipv4(ends[0], ends[1], 17, &udp)));
    }
}

/// The call with its talk said again and again: `times` times as long.
pub(crate) fn prolonged(times: u32) -> Capture {
    /// The packets of each side that are repeated, and how long they last.
    const PACKETS: u32 = 550;
    const LASTS_NS: i64 = 11_000_000_000;
    let call = call();
    let is_talk = |packet: &&Packet| is_rtp(&packet.data);
    let first_ns = call.packets.iter().find(is_talk).expect("RTP").time_ns;
    let mut long = Capture { link_type: 1, packets: Vec::new() };
    for packet in &call.packets {
        let at_end = packet.time_ns - first_ns > LASTS_NS - 10_000_000;
        if !is_rtp(&packet.data) {
            let mut packet = packet.clone();
            if at_end {
                packet.time_ns += i64::from(times - 1) * LASTS_NS;
            }
            long.packets.push(packet);
        }
    }
    for side in [CALLER, CALLEE] {
        let talk = call.packets.iter().filter(|packet| source(&packet.data) == side);
        let talk: Vec<&Packet> = talk.take(550).collect();
        for round in 0..times {
            for packet in &talk {
                let mut packet = (*packet).clone();
                packet.time_ns += i64::from(round) * LASTS_NS;
                add(&mut packet, 2, 2, round * PACKETS);
                add(&mut packet, 4, 4, round * PACKETS * 160);
                long.packets.push(packet);
            }
        }
    }
    in_order(long)
}
