//! Options at the end of a block.

use crate::capture::bytes::ByteOrder;

/// `opt_comment`, in every kind of block.
pub(super) const COMMENT: u16 = 1;

/// Iterates over (code, value); ends at `opt_endofopt` or where an option does not fit.
pub(super) struct Options<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    /// The options of a block that start at `start`; `body` ends before the repeated length.
    pub(super) fn new(order: ByteOrder, body: &'a [u8], start: usize) -> Self {
        Self { order, rest: body.get(start..).unwrap_or_default() }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.rest, 0)?;
        let len = usize::from(self.order.u16(self.rest, 2)?);
        if code == 0 {
            return None;
        }
        let value = self.rest.get(4..4 + len)?;
        self.rest = self.rest.get(4 + len.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    }
}
