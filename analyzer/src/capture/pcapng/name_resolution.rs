//! Name Resolution Block: names for addresses.

use super::options::{COMMENT, Options};
use super::{Context, HEAD};
use crate::capture::Name;
use crate::capture::bytes::ByteOrder;
use crate::capture::reader::Note;
use std::net::IpAddr;

const END: u16 = 0;
const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// Notes every name, and the comments after the records.
pub(super) fn read(order: ByteOrder, body: &[u8], context: &mut Context<'_>) {
    let mut at = HEAD;
    while let (Some(kind), Some(len)) = (order.u16(body, at), order.u16(body, at + 2)) {
        at += 4;
        if kind == END {
            break;
        }
        let Some(value) = body.get(at..at + usize::from(len)) else {
            return;
        };
        at += usize::from(len).next_multiple_of(4);
        let (address, names) = match kind {
            IPV4 => match value.split_first_chunk::<4>() {
                Some((address, names)) => (IpAddr::from(*address), names),
                None => continue,
            },
            IPV6 => match value.split_first_chunk::<16>() {
                Some((address, names)) => (IpAddr::from(*address), names),
                None => continue,
            },
            _ => continue,
        };
        for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
            let name = String::from_utf8_lossy(name).into_owned();
            context.notes.push_back(Note::Name(Name { address, name }));
        }
    }
    for (code, value) in Options::new(order, body, at) {
        if code == COMMENT {
            context.comment(None, value);
        }
    }
}
