//! The app used as a person uses it, in a headless Chromium driven by chromedriver.
//!
//! What the page shows is held to what the `recscope` command says of the same file. `cargo xtask
//! test` builds both and runs this; by hand: `cargo xtask dist && cargo build -p recscope && cargo
//! test -p recscope-wasm-tests --test end_to_end`.
#![cfg(not(target_family = "wasm"))]

mod accessibility;
mod app;
mod appearance;
mod axe;
mod command;
mod files;
mod keyboard;
mod listening;
mod privacy;
mod program;
mod reading;
mod refusing;
mod simulate;
mod taking;
