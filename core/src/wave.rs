//! RIFF/WAVE files: the ordinary kind of `.wav`, as recorders and editors write it.
//!
//! [`Reader`] walks the chunks and gives format and data, also of files that were streamed,
//! cut or never finished; [`SampleReader`] turns the data into 16-bit samples;
//! [`pcm16_header`] begins a file of our own.

mod format;
mod reader;
mod samples;
mod writer;

pub use format::{Container, Encoding, Format};
pub use reader::{Chunk, Reader, Step, Summary};
pub use samples::SampleReader;
pub use writer::{Pcm16Header, pcm16_header};

/// Whether a file that begins with `start` is in a RIFF container. It may still not be WAVE;
/// reading it then says so.
#[must_use]
pub fn looks_like_wave(start: &[u8]) -> bool {
    start.first_chunk().and_then(Container::from_id).is_some()
}

#[cfg(test)]
mod tests;
