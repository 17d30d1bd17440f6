//! Re-reading the parts of a file that hold the sound.

use super::Audio;
use super::capture::CaptureExtraction;
use super::recording::RecordingExtraction;
use crate::capture::gzip::Inflater;
use crate::pipeline::Recorded;
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
    content: Content,
    /// What of the file is still wanted, ascending.
    ranges: Vec<Range<u64>>,
    next: usize,
    /// In a compressed file every byte up to the last wanted one is read and inflated.
    gzip: Option<Box<Gzip>>,
}

#[derive(Debug)]
enum Content {
    Capture(Box<CaptureExtraction>),
    Recording(Box<RecordingExtraction>),
}

#[derive(Debug)]
struct Gzip {
    inflater: Inflater,
    buffer: Box<[u8]>,
    /// Bytes inflated so far.
    position: u64,
    /// What of the inflated content is wanted, ascending, and how far that has come.
    ranges: Vec<Range<u64>>,
    next: usize,
}

impl Extraction {
    /// Most bytes wanted at once.
    const PIECE: u64 = 1024 * 1024;

    /// An extraction from a file of `bytes` bytes.
    pub(super) fn of_capture(capture: CaptureExtraction, bytes: u64, is_gzip: bool) -> Self {
        let ranges = capture.ranges();
        Self::new(Content::Capture(Box::new(capture)), ranges, bytes, is_gzip)
    }

    /// An extraction from a recording, all of which is read, in a file of `bytes` bytes.
    pub(super) fn of_recording(recorded: &Recorded, bytes: u64, is_gzip: bool) -> Self {
        let content = Content::Recording(Box::new(RecordingExtraction::new(recorded)));
        Self::new(content, std::iter::once(0..recorded.bytes).collect(), bytes, is_gzip)
    }

    fn new(content: Content, wanted: Vec<Range<u64>>, bytes: u64, is_gzip: bool) -> Self {
        if !is_gzip {
            return Self { content, ranges: wanted, next: 0, gzip: None };
        }
        let gzip = Gzip {
            inflater: Inflater::new(),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
            position: 0,
            ranges: wanted,
            next: 0,
        };
        let whole = std::iter::once(0..bytes).collect();
        Self { content, ranges: whole, next: 0, gzip: Some(Box::new(gzip)) }
    }

    /// The bytes of the file that are needed next, at most 1 MiB; `None` when all were pushed.
    #[must_use]
    pub fn wanted(&self) -> Option<Range<u64>> {
        let range = self.ranges.get(self.next)?;
        Some(range.start..range.end.min(range.start.saturating_add(Self::PIECE)))
    }

    /// Takes the bytes of the range that [`wanted`](Self::wanted) named. Fewer mean that the file
    /// ends there.
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(wanted) = self.wanted() else { return };
        let is_whole = bytes.len() as u64 >= wanted.end - wanted.start;
        let start = wanted.start;
        match &mut self.gzip {
            None => self.content.push(start, bytes),
            Some(gzip) => {
                if gzip.push(bytes, &mut self.content).is_break() {
                    self.next = self.ranges.len();
                    return;
                }
            }
        }
        match self.ranges.get_mut(self.next) {
            Some(range) if is_whole && wanted.end < range.end => range.start = wanted.end,
            _ if is_whole => self.next += 1,
            _ => self.next = self.ranges.len(),
        }
    }

    /// Bytes of the file still to be pushed, for a progress bar.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        let ranges = self.ranges.get(self.next..).unwrap_or_default();
        ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// The samples of everything that was pushed.
    #[must_use]
    pub fn finish(self) -> Audio {
        match self.content {
            Content::Capture(capture) => capture.finish(),
            Content::Recording(recording) => recording.finish(),
        }
    }
}

impl Content {
    /// Takes content that starts at `offset` of the (inflated) file.
    fn push(&mut self, offset: u64, bytes: &[u8]) {
        match self {
            Self::Capture(capture) => capture.push(offset, bytes),
            Self::Recording(recording) => recording.push(bytes),
        }
    }
}

impl Gzip {
    /// Inflates and passes on what is wanted; breaks once nothing more is.
    fn push(&mut self, mut bytes: &[u8], content: &mut Content) -> std::ops::ControlFlow<()> {
        use std::ops::ControlFlow::{Break, Continue};
        while let Ok((consumed, produced)) = self.inflater.push(bytes, &mut self.buffer) {
            if (consumed, produced) == (0, 0) {
                return Continue(());
            }
            bytes = bytes.get(consumed..).unwrap_or_default();
            let inflated = self.buffer.get(..produced).unwrap_or_default();
            let end = self.position + inflated.len() as u64;
            while let Some(range) = self.ranges.get(self.next) {
                let from = range.start.max(self.position);
                let to = range.end.min(end);
                if from < to {
                    // Both lie within the buffer, so they fit.
                    let within = |at: u64| usize::try_from(at - self.position).unwrap_or_default();
                    let part = inflated.get(within(from)..within(to)).unwrap_or_default();
                    content.push(from, part);
                }
                if range.end > end {
                    break;
                }
                self.next += 1;
            }
            self.position = end;
            if self.next >= self.ranges.len() {
                return Break(());
            }
        }
        // The damage was reported when the file was analysed.
        Break(())
    }
}
