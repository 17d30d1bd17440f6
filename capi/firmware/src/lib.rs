//! The library of `recscope-capi` in firmware: programs for a Cortex-M4 that each drive one machine
//! through a call, over the interface that C uses. `cargo xtask size` links, weighs and runs them.
//!
//! On a system that has std all of it is empty, so that commands for the whole workspace work.
#![no_std]
#![cfg(target_os = "none")]

pub mod active;
mod host;
pub mod info;
pub mod local;
mod message;
mod platform;
pub mod server;
