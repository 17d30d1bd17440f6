//! Scenarios: who takes part, what is done, what goes wrong, what to say about it, and what has to
//! come of it, as TOML.
//!
//! ```toml
//! title = "A call is recorded"
//! source = "mx"                      # which document: bx or mx
//! method = "active"                  # local, server, info, active or on-demand
//! summary = "One sentence for the list."
//! duration = "30s"                   # when the run ends
//!
//! [[setting]]                        # what a user may change, as $keep_alive below
//! key = "keep_alive"
//! label = "Keep-alive interval"
//! type = "duration"
//! default = "30s"
//!
//! [[actor]]
//! name = "recorder"
//! type = "logger"
//! address = "192.0.2.30"
//! keep_alive = "$keep_alive"
//!
//! [[step]]
//! at = "1s"                          # or after = "200/INVITE@phone", with wait = "2s"
//! do = "phone dial 2000"
//! say = "Anna calls a customer."
//!
//! [[narration]]
//! on = "INVITE@recorder,phone"
//! say = "The recorder asks the phone for copies of its RTP."
//!
//! [[expect]]
//! text = "The copies start only after the ACK"
//! order = ["200/INVITE@phone", "ACK@recorder", "media:phone,recorder"]
//! ```
//!
//! What a class asks of every scenario need not be declared: actors offer their model, codec, drive,
//! keep-alive and the like by themselves, named by actor and field: `phone.model`.
//!
//! A problem names file, line and column, what is wrong, and what to write instead.

mod cast;
mod catalogue;
mod expectation;
mod fields;
mod problem;
mod reading;
mod setting;

pub use catalogue::{Entry, catalogue, entry};
pub use expectation::{Check, Expectation};
pub use problem::Problem;
pub use setting::{Kind, Setting};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::network::{Link, Quality};
use crate::pattern::Pattern;
use crate::world::{Deed, Host};
use recscope_core::rule::Rule;
use std::fmt;
use std::time::Duration;

/// A scenario with its settings filled in, ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its id: the file's name without its ending.
    pub id: String,
    /// A headline.
    pub title: String,
    /// Which document it is about.
    pub source: Source,
    /// Which way of recording it is about.
    pub method: Method,
    /// One sentence.
    pub summary: String,
    /// When the run ends.
    pub duration: Duration,
    /// What chance comes from unless a run says otherwise.
    pub seed: u64,
    /// Unix time at the start.
    pub epoch_seconds: u64,
    /// What a user may change.
    pub settings: Vec<Setting>,
    /// Who takes part, in the diagram's order.
    pub cast: Vec<Member>,
    /// All links that nothing else is said of.
    pub link: Link,
    /// Links that are different: between whom, and how.
    pub links: Vec<(u32, u32, Link)>,
    /// What goes wrong even without a user's doing.
    pub faults: Vec<Fault>,
    /// What is done.
    pub script: Vec<ScriptStep>,
    /// What to say.
    pub narration: Vec<Narration>,
    /// What has to come of it.
    pub expectations: Vec<Expectation>,
}

/// What a user changes in a scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes<'a> {
    /// Settings with their values.
    pub set: &'a [(String, String)],
    /// What chance comes from, instead of the scenario's own.
    pub seed: Option<u64>,
}

/// The document that a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Recording on BX and GP phones.
    Bx,
    /// Recording of MX-ONE terminals.
    Mx,
}

/// The way of recording that a scenario is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// To a USB drive.
    Local,
    /// By a RecordServer.
    Server,
    /// By asking the PBX.
    Info,
    /// On a recorder's order.
    Active,
    /// On a key, by a recorder.
    OnDemand,
}

/// One who takes part.
#[derive(Clone, Debug)]
pub struct Member {
    /// Where it sits.
    pub host: Host,
    /// What it does.
    pub actor: Box<dyn Actor>,
    /// Whether it has power from the start.
    pub on: bool,
    /// Its settings as the scenario gives them, for a reader.
    pub settings: Vec<(String, String)>,
}

/// Something that is done.
#[derive(Clone, Debug)]
pub struct ScriptStep {
    /// When.
    pub when: When,
    /// To whom, and what.
    pub deeds: Vec<(u32, Deed)>,
    /// What to say about it.
    pub say: Option<String>,
    /// The rule that it shows.
    pub rule: Option<&'static Rule>,
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// At this time.
    At(Duration),
    /// This long after a step that the pattern means.
    After(Pattern, Duration),
}

/// What to say about a step of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narration {
    /// About which; without an occurrence it is the first.
    pub on: Pattern,
    /// What.
    pub say: String,
    /// The rule that it explains.
    pub rule: Option<&'static Rule>,
}

impl Scenario {
    /// Reads a scenario. `file` is what problems name.
    ///
    /// # Errors
    /// The first problem, with its place.
    pub fn parse(file: &str, text: &str, changes: &Changes<'_>) -> Result<Self, Problem> {
        reading::read(file, text, changes)
    }

    /// The number of the actor of this name.
    #[must_use]
    pub fn actor(&self, name: &str) -> Option<u32> {
        let place = self.cast.iter().position(|member| member.host.name == name)?;
        u32::try_from(place).ok()
    }

    /// Checks a fault against the cast.
    ///
    /// # Errors
    /// What to write instead.
    pub fn check_fault(&self, fault: &Fault) -> Result<(), String> {
        for name in fault.actors() {
            self.known(name)?;
        }
        if let Fault::Order { actor, words, .. } = fault {
            self.deed(actor, words)?;
        }
        Ok(())
    }

    /// The deed that words mean to an actor.
    pub(crate) fn deed(&self, actor: &str, words: &str) -> Result<(u32, Deed), String> {
        let host = self.known(actor)?;
        let deed = Deed::parse(words, |name| self.actor(name))?;
        if let (Deed::Order(words), Some(member)) = (&deed, self.cast.get(host as usize)) {
            member.actor.check(words)?;
        }
        Ok((host, deed))
    }

    fn known(&self, name: &str) -> Result<u32, String> {
        self.actor(name).ok_or_else(|| {
            let names: Vec<_> = self.cast.iter().map(|member| member.host.name.as_str()).collect();
            format!("there is no actor {name:?}: there are {}", names.join(", "))
        })
    }
}

impl Source {
    /// Its short name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bx => "bx",
            Self::Mx => "mx",
        }
    }
}

impl Method {
    /// Its name in scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Server => "server",
            Self::Info => "info",
            Self::Active => "active",
            Self::OnDemand => "on-demand",
        }
    }

    const ALL: [Self; 5] = [Self::Local, Self::Server, Self::Info, Self::Active, Self::OnDemand];
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "at {}", crate::text::write_duration(*at)),
            Self::After(pattern, wait) => {
                write!(f, "{} after {pattern}", crate::text::write_duration(*wait))
            }
        }
    }
}

/// The qualities of links that a table may give.
const LINK_KEYS: [&str; 5] = Quality::NAMES;

#[cfg(test)]
mod tests;
