//! One link's qualities.

use crate::text;
use std::fmt;
use std::time::Duration;

/// How a link treats packets, in one direction. Shares are in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// How long a packet takes at least.
    pub latency: Duration,
    /// How much longer it may take; without `reordering` none overtakes another.
    pub jitter: Duration,
    /// How many are lost.
    pub loss: u32,
    /// How many arrive twice.
    pub duplication: u32,
    /// How many are held back so long that others overtake them.
    pub reordering: u32,
}

impl Default for Link {
    /// A quiet office network: 0.4 ms, and nothing goes wrong.
    fn default() -> Self {
        let latency = Duration::from_micros(400);
        Self { latency, jitter: Duration::ZERO, loss: 0, duplication: 0, reordering: 0 }
    }
}

impl Link {
    /// Whether nothing is left to chance.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.jitter.is_zero() && self.loss == 0 && self.duplication == 0 && self.reordering == 0
    }

    /// Changes one quality.
    pub const fn apply(&mut self, quality: Quality) {
        match quality {
            Quality::Latency(latency) => self.latency = latency,
            Quality::Jitter(jitter) => self.jitter = jitter,
            Quality::Loss(share) => self.loss = share,
            Quality::Duplication(share) => self.duplication = share,
            Quality::Reordering(share) => self.reordering = share,
        }
    }
}

/// One quality of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// [`Link::latency`].
    Latency(Duration),
    /// [`Link::jitter`].
    Jitter(Duration),
    /// [`Link::loss`].
    Loss(u32),
    /// [`Link::duplication`].
    Duplication(u32),
    /// [`Link::reordering`].
    Reordering(u32),
}

impl Quality {
    /// The names of all, as in scenarios and faults.
    pub const NAMES: [&'static str; 5] = ["latency", "jitter", "loss", "duplication", "reordering"];

    /// The quality of this name with the value that `text` writes.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(name: &str, value: &str) -> Result<Self, String> {
        let duration = || {
            text::duration(value)
                .ok_or_else(|| format!("{value:?} is no duration: write {name}=20ms"))
        };
        let share = || {
            text::share(value)
                .ok_or_else(|| format!("{value:?} is no share of packets: write {name}=5%"))
        };
        Ok(match name {
            "latency" => Self::Latency(duration()?),
            "jitter" => Self::Jitter(duration()?),
            "loss" => Self::Loss(share()?),
            "duplication" => Self::Duplication(share()?),
            "reordering" => Self::Reordering(share()?),
            _ => {
                let names = Self::NAMES.join(", ");
                return Err(format!("{name:?} is nothing that a link has: it has {names}"));
            }
        })
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(latency) => write!(f, "latency={}", text::write_duration(*latency)),
            Self::Jitter(jitter) => write!(f, "jitter={}", text::write_duration(*jitter)),
            Self::Loss(share) => write!(f, "loss={}", text::write_share(*share)),
            Self::Duplication(share) => write!(f, "duplication={}", text::write_share(*share)),
            Self::Reordering(share) => write!(f, "reordering={}", text::write_share(*share)),
        }
    }
}
