//! The other side of a recording: the logger that a phone copies its RTP to, and the record
//! server that a phone asks to record.

pub mod csta;
pub mod server;

pub use server::RecordServer;
