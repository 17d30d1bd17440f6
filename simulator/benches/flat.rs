//! Whether an event costs the same with a thousand phones as with ten.
//!
//! Prints one line of JSON, which `cargo xtask bench` reads. Both runs go on in turns, so that
//! whatever else the machine does meets both, and the fastest turn of each counts.

#[path = "phones/talking.rs"]
mod talking;

use recscope_simulator::Run;
use std::time::{Duration, Instant};
use talking::{START, talking};

const TURNS: u32 = 60;
/// Seconds of one phone in a turn: some 200 000 events.
const PHONE_SECONDS: u32 = 1_000;

/// A run that goes on and on, as buffers that are warm are what counts.
struct Measured {
    phones: u32,
    run: Run,
    until: Duration,
    fastest_ns: f64,
}

impl Measured {
    fn new(phones: u32) -> Self {
        let run = talking(phones as usize);
        Self { phones, run, until: START, fastest_ns: f64::INFINITY }
    }

    /// As many events for few phones as for many.
    #[allow(clippy::cast_precision_loss, reason = "events of a turn fit")]
    fn turn(&mut self) {
        self.until += Duration::from_secs(u64::from(PHONE_SECONDS)) / self.phones;
        let before = self.run.world().events();
        let start = Instant::now();
        self.run.run_until(self.until);
        let taken = start.elapsed();
        let events = self.run.world().events() - before;
        self.fastest_ns = self.fastest_ns.min(taken.as_secs_f64() * 1e9 / events as f64);
    }
}

fn main() {
    let mut few = Measured::new(10);
    let mut many = Measured::new(1_000);
    for _ in 0..TURNS {
        few.turn();
        many.turn();
    }
    let told = |measured: &Measured| serde_json::json!({ "phones": measured.phones, "ns_per_event": measured.fastest_ns });
    println!("{}", serde_json::json!({ "few": told(&few), "many": told(&many) }));
}
