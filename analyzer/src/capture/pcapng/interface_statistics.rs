//! Interface Statistics Block: of its counts, the packets that the capturing side lost.

use super::options::{COMMENT, Options};
use super::{Context, HEAD};
use crate::capture::Dropped;
use crate::capture::bytes::ByteOrder;
use crate::capture::reader::Note;

const OPTIONS: usize = HEAD + 12;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// Notes drops, if any, and comments.
pub(super) fn read(order: ByteOrder, body: &[u8], context: &mut Context<'_>) {
    let mut packets = 0_u64;
    for (code, value) in Options::new(order, body, OPTIONS) {
        match code {
            COMMENT => context.comment(None, value),
            ISB_IFDROP | ISB_OSDROP => {
                packets = packets.saturating_add(order.u64(value, 0).unwrap_or_default());
            }
            _ => {}
        }
    }
    if packets > 0
        && let Some(interface) = order.u32(body, HEAD)
    {
        context.notes.push_back(Note::Dropped(Dropped { interface, packets }));
    }
}
