//! The phone: what it does about recording, and as much of its calls and its registration as
//! recording depends on.
//!
//! Each idea is a machine of its own and can run alone; the phone composes them.

pub mod active;
mod command;
mod config;
pub mod local;
pub mod media;
pub mod model;
pub mod on_demand;
pub mod playback;
pub mod server;

pub use command::PhoneCommand;
pub use config::{PhoneConfig, RecordMethod};
