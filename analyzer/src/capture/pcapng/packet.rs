//! Packet Block: the obsolete form, with a count of drops where the interface now is.

use super::{HEAD, PacketBlock};
use crate::capture::bytes::ByteOrder;

pub(super) fn read(order: ByteOrder, body: &[u8]) -> Option<PacketBlock> {
    let fixed = body.get(HEAD..HEAD + 20)?;
    let (high, low) = (order.u32(fixed, 4)?, order.u32(fixed, 8)?);
    Some(PacketBlock {
        interface: u32::from(order.u16(fixed, 0)?),
        ticks: Some(u64::from(high) << 32 | u64::from(low)),
        start: HEAD + 20,
        captured: order.u32(fixed, 12)?,
        original: order.u32(fixed, 16)?,
        options: true,
    })
}
