//! `recscope record-server` and `recscope phone bx` as processes, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of these tests are small")]

mod caller;
mod commands;
mod disk;
mod faults;
mod killed;
mod load;
#[cfg(unix)]
#[path = "../shared/network.rs"]
mod network;
mod process;
#[path = "../shared/readers.rs"]
mod readers;
mod round_trip;
mod shutdown;
#[cfg(unix)]
mod vanished;
