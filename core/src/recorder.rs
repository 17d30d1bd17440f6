//! The other side of a recording: the logger that a phone copies its RTP to, and the record
//! server that a phone asks to record.

pub mod active;
pub mod csta;
mod on_demand;
pub mod server;

pub use active::{Logger, LoggerCommand, LoggerConfig};
pub use server::RecordServer;
