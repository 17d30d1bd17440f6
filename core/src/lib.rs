//! What phones, recorders and PBXs say to each other about recording calls, as pure code.
//!
//! Parsers, codecs and state machines: bytes in, values out. Nothing here reads a clock, opens a
//! file or socket, logs, or draws random numbers; `no_std` with `alloc`.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bytes;
pub mod codec;
pub mod control;
pub mod csta;
pub mod error;
pub mod http;
pub mod limits;
pub mod machine;
pub mod pbx;
pub mod phone;
pub mod random;
pub mod ras;
pub mod recorder;
pub mod recording;
pub mod rtp;
pub mod rule;
pub mod sdp;
pub mod sip;
mod spelling;
pub mod time;
pub mod wave;

pub use error::{ErrorKind, Layer, ParseError, Warning};
pub use limits::Limits;
pub use rule::Rule;
pub use time::Instant;
