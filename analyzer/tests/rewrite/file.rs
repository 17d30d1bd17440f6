//! A capture as a file in any format and byte order.

use super::Capture;
use std::io::Write;

/// The order of a file's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    pub fn u64(self, value: u64) -> [u8; 8] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

/// Variants of the classic format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classic {
    Microseconds,
    Nanoseconds,
    /// Records with eight more bytes.
    Modified,
}

/// A classic pcap.
pub fn pcap(capture: &Capture, variant: Classic, order: Order) -> Vec<u8> {
    let magic = match variant {
        Classic::Microseconds => 0xa1b2_c3d4,
        Classic::Nanoseconds => 0xa1b2_3c4d,
        Classic::Modified => 0xa1b2_cd34,
    };
    let mut file = order.u32(magic).to_vec();
    file.extend([order.u16(2), order.u16(4)].concat());
    for value in [0, 0, 262_144, u32::from(capture.link_type)] {
        file.extend(order.u32(value));
    }
    for packet in &capture.packets {
        let unit = if variant == Classic::Nanoseconds { 1 } else { 1000 };
        let second = u32::try_from(packet.time_ns / 1_000_000_000).expect("fits");
        let fraction = u32::try_from(packet.time_ns % 1_000_000_000 / unit).expect("fits");
        let (captured, original) = lengths(packet);
        for value in [second, fraction, captured, original] {
            file.extend(order.u32(value));
        }
        if variant == Classic::Modified {
            file.extend([order.u32(2), order.u32(0x0800_0000)].concat());
        }
        file.extend(&packet.data);
    }
    file
}

fn lengths(packet: &super::Packet) -> (u32, u32) {
    let len = |len| u32::try_from(len).expect("fits");
    (len(packet.data.len()), len(packet.original_len))
}

/// A block of pcapng around `body`, which is padded.
pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = order.u32(u32::try_from(padded + 12).expect("fits"));
    let padding = vec![0; padded - body.len()];
    [&order.u32(kind), &len, body, &padding, &len].concat()
}

/// An option of a block, padded.
pub fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
    let len = order.u16(u16::try_from(value.len()).expect("fits"));
    [&order.u16(code), &len, value, &padding].concat()
}

/// A section header.
pub fn section(order: Order) -> Vec<u8> {
    let version = [order.u16(1), order.u16(0)].concat();
    let body = [&order.u32(0x1a2b_3c4d), &version[..], &order.u64(u64::MAX)].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// An interface with this `if_tsresol` and `if_tsoffset`.
pub fn interface(order: Order, link_type: u16, resolution: u8, offset_s: i64) -> Vec<u8> {
    let mut body = [&order.u16(link_type)[..], &[0; 2], &order.u32(262_144)].concat();
    body.extend(option(order, 9, &[resolution]));
    body.extend(option(order, 14, &order.u64(offset_s.cast_unsigned())));
    body.extend(option(order, 0, &[]));
    block(order, 1, &body)
}

/// Ticks of a clock with this `if_tsresol` and `if_tsoffset`.
pub fn ticks(time_ns: i64, resolution: u8, offset_s: i64) -> u64 {
    let ns = u128::try_from(time_ns - offset_s * 1_000_000_000).expect("after the offset");
    let exponent = u32::from(resolution & 0x7f);
    let ticks = if resolution & 0x80 != 0 {
        // Rounded up, so that the reader's rounding down gives the same nanosecond.
        (ns << exponent).div_ceil(1_000_000_000)
    } else {
        ns * 10_u128.pow(exponent) / 1_000_000_000
    };
    u64::try_from(ticks).expect("fits")
}

/// An enhanced packet block, with a comment if there is one.
pub fn packet(
    order: Order,
    interface: u32,
    ticks: u64,
    packet: &super::Packet,
    comment: Option<&str>,
) -> Vec<u8> {
    let (captured, original) = lengths(packet);
    let [high, low] = [ticks >> 32, ticks & 0xffff_ffff]
        .map(|half| u32::try_from(half).expect("half of 64 bits"));
    let mut body = [interface, high, low, captured, original].map(|v| order.u32(v)).concat();
    body.extend(&packet.data);
    if let Some(comment) = comment {
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(option(order, 1, comment.as_bytes()));
        body.extend(option(order, 0, &[]));
    }
    block(order, 6, &body)
}

/// A pcapng of one section and one interface.
pub fn pcapng(capture: &Capture, order: Order, resolution: u8, offset_s: i64) -> Vec<u8> {
    let mut file = section(order);
    file.extend(interface(order, capture.link_type, resolution, offset_s));
    for one in &capture.packets {
        file.extend(packet(order, 0, ticks(one.time_ns, resolution, offset_s), one, None));
    }
    file
}

/// Several captures in one file, so that tshark is started once: each on an interface of its own,
/// 100 s after the one before.
pub fn together(captures: &[Capture]) -> Vec<u8> {
    let (order, resolution) = (Order::Little, 9);
    let mut file = section(order);
    for capture in captures {
        file.extend(interface(order, capture.link_type, resolution, 0));
    }
    for (i, capture) in (0..).zip(captures) {
        for one in &capture.packets {
            let time_ns = one.time_ns + i64::from(i) * 100_000_000_000;
            file.extend(packet(order, i, ticks(time_ns, resolution, 0), one, None));
        }
    }
    file
}

/// A gzip member.
pub fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(file).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}
