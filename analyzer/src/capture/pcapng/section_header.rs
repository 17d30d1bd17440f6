//! Section Header Block: byte order, version, comments.

use super::Context;
use super::options::{COMMENT, Options};
use crate::capture::bytes::ByteOrder;
use recscope_core::ErrorKind;

/// Bytes of the smallest section header.
pub(super) const SMALLEST: u32 = 28;
const OPTIONS: usize = 24;

/// The byte order of the section whose header starts `bytes`.
pub(super) fn byte_order(bytes: &[u8]) -> Option<ByteOrder> {
    match bytes.get(8..12)? {
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(ByteOrder::Little),
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Notes the comments; a version that is not known is read as the known one, with a warning.
pub(super) fn read(order: ByteOrder, body: &[u8], context: &mut Context<'_>) {
    let major = order.u16(body, 12).unwrap_or_default();
    if major != 1 {
        let kind = ErrorKind::Unsupported { what: "pcapng version", found: u64::from(major) };
        context.warn(12, kind);
    }
    for (code, value) in Options::new(order, body, OPTIONS) {
        if code == COMMENT {
            context.comment(None, value);
        }
    }
}
