//! The machine's time: µs since its host began.

use recscope_core::time::Instant;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

/// A number by chance, for tags, branches and SSRCs.
pub(crate) fn chance() -> u64 {
    // The standard library draws keys for its hash tables from the system, and makes no other
    // chance available.
    RandomState::new().hash_one(SystemTime::now())
}

/// A clock that never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: tokio::time::Instant,
    /// What the wall clock showed then.
    epoch: SystemTime,
}

impl Clock {
    /// A clock whose time begins now.
    pub(crate) fn start() -> Self {
        Self { origin: tokio::time::Instant::now(), epoch: SystemTime::now() }
    }

    /// The time.
    pub(crate) fn now(&self) -> Instant {
        Instant::ORIGIN + self.origin.elapsed()
    }

    /// A machine's time as the runtime counts it.
    pub(super) fn at(&self, instant: Instant) -> tokio::time::Instant {
        self.origin + (instant - Instant::ORIGIN)
    }

    /// Unix time at the origin, in whole seconds, as machines want it for file names.
    pub(crate) fn epoch_seconds(&self) -> u64 {
        self.epoch.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
    }
}
