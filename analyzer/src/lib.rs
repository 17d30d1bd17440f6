//! From the bytes of a capture or recording to what happened in it.
//!
//! No I/O: the caller pushes the file in chunks of any size and gets a [`Report`], flows and
//! samples back. The file is never held; audio and hex are re-read from the ranges that the
//! analysis asks for.

pub mod report;

pub use report::Report;
