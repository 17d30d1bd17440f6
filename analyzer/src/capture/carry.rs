//! The bytes of a record that is split over two chunks.

/// Holds what cannot be parsed yet; grows only as bytes arrive, never by what a length claims.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carry {
    bytes: Vec<u8>,
    start: usize,
}

/// Capacity that is worth keeping between records.
const KEPT_CAPACITY: usize = 512 * 1024;

impl Carry {
    /// The bytes that are held.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// How many bytes are held.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether nothing is held.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Adds bytes at the end.
    pub(crate) fn extend(&mut self, more: &[u8]) {
        self.reclaim();
        self.bytes.extend_from_slice(more);
    }

    /// Forgets `n` bytes from the front; the bytes stay readable through [`Self::consumed`]
    /// until the next change.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start = (self.start + n).min(self.bytes.len());
    }

    /// The `n` bytes that were consumed last.
    pub(crate) fn consumed(&self, n: usize) -> &[u8] {
        self.bytes.get(self.start.saturating_sub(n)..self.start).unwrap_or_default()
    }

    /// Makes room by dropping consumed bytes, once they are the larger part.
    fn reclaim(&mut self) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
            self.bytes.shrink_to(KEPT_CAPACITY);
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}
