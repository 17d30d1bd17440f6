//! Every interleaving, up to a bound, of machines and a network or drive that fail: a check that
//! no order of events breaks what the machines promise.
//!
//! Each model prints how many states it explored (`cargo test --test models -- --nocapture`), and
//! is shown to find the fault of a machine that was broken on purpose.

#[path = "models/explorer.rs"]
mod explorer;
#[path = "models/local.rs"]
mod local;
#[path = "models/server.rs"]
mod server;
