//! As much of SIP as the other end needs here.

/// A message, or a line of one, being put together in at most `N` bytes.
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    pub(crate) fn add(&mut self, text: &[u8]) -> &mut Self {
        for &byte in text {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// The line of a message that starts like this, with its end; nothing where there is none.
pub(crate) fn line<'a>(message: &'a [u8], start: &[u8]) -> &'a [u8] {
    let mut lines = message.split_inclusive(|&byte| byte == b'\n');
    lines.find(|line| line.starts_with(start)).unwrap_or_default()
}
