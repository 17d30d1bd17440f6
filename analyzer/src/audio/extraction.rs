//! Re-reading the parts of a file that hold a stream's payload.

use super::Audio;
use std::ops::Range;

/// Turns the wanted parts of the file into samples. The caller's loop:
///
/// ```
/// # use recscope_analyzer::{Audio, Extraction};
/// fn hear(file: &[u8], mut extraction: Extraction) -> Audio {
///     while let Some(range) = extraction.wanted() {
///         let bytes = file.get(range.start as usize..).unwrap_or_default();
///         let wanted = bytes.len().min((range.end - range.start) as usize);
///         extraction.push(&bytes[..wanted]);
///     }
///     extraction.finish()
/// }
/// ```
#[derive(Debug)]
pub struct Extraction {
    ranges: Vec<Range<u64>>,
    audio: Audio,
}

impl Extraction {
    /// The bytes of the file that are needed next, at most 1 MiB; `None` when all were pushed.
    #[must_use]
    pub fn wanted(&self) -> Option<Range<u64>> {
        self.ranges.last().cloned()
    }

    /// Takes the bytes of the range that [`wanted`](Self::wanted) named. Fewer mean that the file
    /// ends there.
    pub fn push(&mut self, _bytes: &[u8]) {
        self.ranges.pop();
    }

    /// Bytes of the file still to be pushed, for a progress bar.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// The samples of everything that was pushed.
    #[must_use]
    pub fn finish(self) -> Audio {
        self.audio
    }
}
