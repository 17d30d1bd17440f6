//! Simple Packet Block: no time, no interface but the first, no options.

use super::{HEAD, PacketBlock, Section};

pub(super) fn read(section: &Section, body: &[u8]) -> Option<PacketBlock> {
    let start = HEAD + 4;
    let original = section.order.u32(body, HEAD)?;
    // The captured length is not written: it is what the snap length and the block leave.
    let snap_len = match section.interfaces.first() {
        Some(first) if first.snap_len != 0 => first.snap_len,
        _ => u32::MAX,
    };
    let room = u32::try_from(body.len().checked_sub(start)?).ok()?;
    Some(PacketBlock {
        interface: 0,
        ticks: None,
        start,
        captured: original.min(snap_len).min(room),
        original,
        options: false,
    })
}
