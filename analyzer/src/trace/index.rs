//! Where in the file each stream lies: coarse, so that it stays small.
//!
//! The capture is cut into chunks of about 1 MiB that begin between packets, each with a
//! [`Checkpoint`] from which a reader can start. A stream remembers which chunks hold any of its
//! packets, as runs of neighbours.

use crate::capture::Checkpoint;
use crate::order;
use std::ops::Range;

/// The chunks of a capture.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    checkpoints: Vec<Checkpoint>,
    /// Least bytes between two checkpoints.
    spacing: u64,
    next_at: u64,
}

/// A chunk's place in [`Chunks`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ChunkIndex(pub(crate) u32);

impl Chunks {
    /// Least bytes between two checkpoints, in captures up to [`Self::MOST`] times that size.
    const SPACING: u64 = 1024 * 1024;
    /// Most checkpoints held; past that, every other one is dropped.
    const MOST: usize = 8192;

    pub(crate) const fn new() -> Self {
        Self { checkpoints: Vec::new(), spacing: Self::SPACING, next_at: 0 }
    }

    /// Whether the packet that starts at `offset` should begin a chunk.
    pub(crate) const fn is_due(&self, offset: u64) -> bool {
        offset >= self.next_at
    }

    /// Where the next chunk should begin.
    pub(crate) const fn next_at(&self) -> u64 {
        self.next_at
    }

    /// Begins a chunk at `checkpoint`. Returns the chunk, and whether the numbers of all chunks
    /// before it were halved to make room.
    pub(crate) fn begin(&mut self, checkpoint: Checkpoint) -> (ChunkIndex, bool) {
        let halved = self.checkpoints.len() >= Self::MOST;
        if halved {
            let mut keep = false;
            self.checkpoints.retain(|_| {
                keep = !keep;
                keep
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
        self.next_at = checkpoint.offset().saturating_add(self.spacing);
        let index = u32::try_from(self.checkpoints.len()).unwrap_or(u32::MAX);
        self.checkpoints.push(checkpoint);
        (ChunkIndex(index), halved)
    }

    /// Where a reader starts for `chunk`.
    pub(crate) fn checkpoint(&self, chunk: ChunkIndex) -> Option<&Checkpoint> {
        self.checkpoints.get(usize::try_from(chunk.0).ok()?)
    }

    /// The bytes of a run of chunks in a file of `end` bytes.
    pub(crate) fn bytes(&self, run: &Range<u32>, end: u64) -> Range<u64> {
        let start = |chunk| self.checkpoint(ChunkIndex(chunk)).map_or(end, Checkpoint::offset);
        start(run.start)..start(run.end)
    }
}

/// The chunks in which something occurs, as ascending runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    runs: Vec<Range<u32>>,
    /// Where the last one ends: asked for every packet, and seldom passed.
    end: u32,
}

impl Runs {
    /// Most runs held; past that, the nearest two become one, which costs some reading later.
    const MOST: usize = 256;

    /// Notes an occurrence; chunks never go back.
    #[inline]
    pub(crate) fn add(&mut self, ChunkIndex(chunk): ChunkIndex) {
        if chunk >= self.end {
            self.go_on_to(chunk);
        }
    }

    fn go_on_to(&mut self, chunk: u32) {
        let end = chunk.saturating_add(1);
        match self.runs.last_mut() {
            Some(run) if chunk == run.end => run.end = end,
            _ => {
                if self.runs.len() >= Self::MOST {
                    self.join_nearest();
                }
                self.runs.push(chunk..end);
            }
        }
        self.end = end;
    }

    fn join_nearest(&mut self) {
        let gap = |pair: &[Range<u32>]| match pair {
            [a, b] => b.start.saturating_sub(a.end),
            _ => u32::MAX,
        };
        let nearest = self.runs.windows(2).enumerate().min_by_key(|(_, pair)| gap(pair));
        let Some((at, _)) = nearest else { return };
        let joined = self.runs.remove(at + 1);
        if let Some(run) = self.runs.get_mut(at) {
            run.end = joined.end;
        }
    }

    /// Follows [`Chunks::begin`] when it halves the numbers.
    pub(crate) fn halve(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        for run in runs {
            let (start, end) = (run.start / 2, run.end.div_ceil(2));
            match self.runs.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => self.runs.push(start..end),
            }
        }
        self.end = self.runs.last().map_or(0, |run| run.end);
    }

    /// All runs of several streams together.
    pub(crate) fn union<'a>(streams: impl IntoIterator<Item = &'a Self>) -> Vec<Range<u32>> {
        let mut all: Vec<Range<u32>> =
            streams.into_iter().flat_map(|runs| runs.runs.iter().cloned()).collect();
        order::sort_by_key(&mut all, |run| u64::from(run.start));
        let mut union: Vec<Range<u32>> = Vec::new();
        for run in all {
            match union.last_mut() {
                Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
                _ => union.push(run),
            }
        }
        union
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(chunks: &[u32]) -> Runs {
        let mut runs = Runs::default();
        for &chunk in chunks {
            runs.add(ChunkIndex(chunk));
        }
        runs
    }

    #[test]
    fn neighbours_make_one_run() {
        assert_eq!(runs(&[0, 0, 1, 1, 3, 4, 9]).runs, [0..2, 3..5, 9..10]);
    }

    #[test]
    fn halving_keeps_every_chunk_covered() {
        let mut halved = runs(&[0, 3, 4, 8, 9, 15]);
        halved.halve();
        assert_eq!(halved.runs, [0..3, 4..5, 7..8]);
    }

    #[test]
    fn the_number_of_runs_is_bounded_and_covers_all() {
        let chunks: Vec<u32> = (0..2000).map(|n| n * 8 + n % 7).collect();
        let runs = runs(&chunks);
        assert!(runs.runs.len() <= Runs::MOST);
        for chunk in chunks {
            assert!(runs.runs.iter().any(|run| run.contains(&chunk)), "{chunk}");
        }
    }

    #[test]
    fn a_union_has_no_overlaps() {
        let (a, b) = (runs(&[0, 1, 5]), runs(&[1, 2, 7]));
        assert_eq!(Runs::union([&a, &b]), [0..3, 5..6, 7..8]);
    }
}
