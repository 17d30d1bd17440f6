//! A classic pcap, written: microseconds, little-endian, any link type.
//!
//! The caller appends [`file_header`], and per packet [`record_header`] and the packet's bytes.

use super::LinkType;

/// The snap length that is written: that of tcpdump.
const SNAP_LEN: u32 = 262_144;

/// The header of a file whose packets start with `link_type`.
#[must_use]
pub fn file_header(link_type: LinkType) -> [u8; 24] {
    let mut header = [0; 24];
    let fields = [
        &0xa1b2_c3d4_u32.to_le_bytes()[..],
        &2_u16.to_le_bytes(),
        &4_u16.to_le_bytes(),
        &[0; 8],
        &SNAP_LEN.to_le_bytes(),
        &u32::from(link_type.0).to_le_bytes(),
    ];
    for (to, from) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *to = *from;
    }
    header
}

/// The header of a packet of `len` bytes at `time_us` microseconds since the epoch; `None` if
/// the format cannot express the time (32 bits of seconds) or the length.
#[must_use]
pub fn record_header(time_us: i64, len: usize) -> Option<[u8; 16]> {
    let second = u32::try_from(time_us.div_euclid(1_000_000)).ok()?;
    let fraction = u32::try_from(time_us.rem_euclid(1_000_000)).ok()?;
    let len = u32::try_from(len).ok()?;
    let mut header = [0; 16];
    let fields = [second, fraction, len, len];
    for (to, from) in header.iter_mut().zip(fields.into_iter().flat_map(u32::to_le_bytes)) {
        *to = from;
    }
    Some(header)
}
