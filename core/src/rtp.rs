//! RTP: packets, stream statistics, and what travels beside the audio.
//!
//! [`Packet::parse`] borrows one datagram's payload; [`statistics::Statistics`] follows one stream
//! (one SSRC between two addresses) in constant memory.

pub mod dtmf;
pub mod heuristic;
pub mod mos;
mod packet;
pub mod payload;
pub mod rtcp;
pub mod skew;
pub mod statistics;
mod units;

pub use packet::{Extension, Header, Packet, Padding};
pub use units::{RtpTime, SequenceNumber, Ssrc};
