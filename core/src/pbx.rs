//! The PBX: who is registered where, the calls, and what a recording system is told of both over
//! CSTA.

mod command;
mod config;
mod order;

pub use command::PbxCommand;
pub use config::{InfoPolicy, PbxConfig};
pub use order::Order;
