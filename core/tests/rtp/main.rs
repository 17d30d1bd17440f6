//! RTP beside tshark, over real captures.
//!
//! tshark also serves as the reader (`-T fields`), so that nothing but core is under test.

mod dtmf;
mod rtcp;
mod statistics;
mod tshark;
