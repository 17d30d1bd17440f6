//! `recscope-core` for C: the machines, parsers and codecs that the simulator runs and the analyzer
//! judges by, as a library for the firmware of phones.
//!
//! `include/recscope.h` is written from this crate, and `README.md` shows how to begin. Here is
//! no logic but that of the border: pointers become references, numbers become enumerations, and
//! what core says becomes structures of C.
//!
//! - No panic crosses the border: with `std` it is caught and told as [`Status::Broken`].
//! - A packet costs no allocation once a machine has warmed up.
//! - This is the only crate of the workspace with unsafe code, and each block says why it is sound.
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(all(feature = "std", feature = "firmware"))]
compile_error!("with `firmware` goes `--no-default-features`: memory comes from one side only");

extern crate alloc;

pub mod active;
pub mod address;
pub mod codec;
mod command;
pub mod control;
#[cfg(feature = "firmware")]
pub mod firmware;
mod guard;
pub mod info;
pub mod local;
pub mod machine;
mod memory;
pub mod playback;
pub mod recording;
pub mod server;
pub mod status;
pub mod text;

pub use active::ActiveConfig;
pub use address::Address;
pub use command::{Call, Command, Direction};
pub use info::InfoConfig;
pub use local::LocalConfig;
pub use machine::{Input, InputKind, Machine, NEVER, Output, OutputKind, Side};
pub use playback::PlaybackConfig;
pub use server::ServerConfig;
pub use status::{Problem, Status};
pub use text::Text;
