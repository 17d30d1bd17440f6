//! Every order of events, up to a bound, of whole actors: a phone and its PBX with the recorder that
//! hears of calls from that PBX by CSTA, or with a record server, or with a drive.
//!
//! Beside it, `active_recording_model` and `models` look deeper at the machines inside, which hear
//! of the PBX by orders. Each model prints how many states it explored
//! (`cargo test --test whole_models -- --nocapture`), and finds what is broken on purpose.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails where it cannot go on")]

mod active;
mod drive;
#[path = "../models/explorer.rs"]
mod explorer;
#[path = "../active_recording_model/monitor.rs"]
mod monitor;
mod server;
mod world;
