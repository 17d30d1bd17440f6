//! Decryption Secrets Block: noted, never gathered.

use super::{Context, FRAME, HEAD, Section};
use crate::capture::Secrets;
use crate::capture::reader::{Note, Verdict};

pub(super) fn read(
    section: &Section,
    bytes: &[u8],
    len: usize,
    context: &mut Context<'_>,
) -> Verdict {
    if len > FRAME
        && let Some(kind) = section.order.u32(bytes, HEAD)
    {
        context.notes.push_back(Note::Secrets(Secrets { kind, offset: context.offset }));
    }
    Verdict::Skip(len as u64)
}
