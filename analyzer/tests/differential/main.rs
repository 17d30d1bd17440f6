//! The analyzer against programs that we did not write: tshark for what a capture holds, ffmpeg
//! for what it sounds like.
//!
//! They run over `testdata` and, where they are at hand, over the sample captures next to the
//! workspace.

mod audio;
mod captures;
mod peer;
#[path = "../rewrite/mod.rs"]
mod rewrite;
mod rewritten;
mod traffic;
