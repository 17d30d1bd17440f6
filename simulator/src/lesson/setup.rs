//! What to play: a scenario, and what a user changed about it.

use crate::fault::Fault;
use crate::run::{Run, RunOptions};
use crate::scenario::{self, Changes, Scenario};
use std::fmt;

/// What to play.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// The scenario.
    pub source: Source,
    /// What chance comes from, instead of the scenario's own.
    pub seed: Option<u64>,
    /// Settings with their values.
    pub set: Vec<(String, String)>,
    /// What goes wrong besides what the scenario says, as [`crate::fault`] reads it.
    pub faults: Vec<String>,
}

/// Where a scenario comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The catalogue's, of this id.
    Catalogue(String),
    /// A user's own.
    Own {
        /// The file's name.
        name: String,
        /// Its content.
        text: String,
    },
}

/// What cannot be played of a setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The scenario cannot be read; with the place in its file.
    Scenario(scenario::Problem),
    /// The catalogue has no such scenario.
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// A setting is not one of the scenario's, or cannot have this value.
    Setting {
        /// Which, as [`Setup::set`] counts them.
        index: usize,
        /// Its key.
        key: String,
        /// What is wrong, and what to write instead.
        sentence: String,
    },
    /// A fault cannot be.
    Fault {
        /// Which, as [`Setup::faults`] counts them.
        index: usize,
        /// Its text.
        fault: String,
        /// What is wrong, and what to write instead.
        sentence: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(problem) => problem.fmt(f),
            Self::Unknown { id } => {
                write!(f, "there is no scenario {id:?}: choose one of the list")
            }
            Self::Setting { key, sentence, .. } => write!(f, "setting {key}: {sentence}"),
            Self::Fault { fault, sentence, .. } => write!(f, "fault {fault}: {sentence}"),
        }
    }
}

impl std::error::Error for Problem {}

/// A setup as far as it can be played.
pub(crate) struct Ready {
    /// At its start.
    pub(crate) run: Run,
    /// The scenario as it is without the user's doing, if the user did anything.
    pub(crate) undisturbed: Option<Scenario>,
    /// What was left out.
    pub(crate) problems: Vec<Problem>,
}

impl Setup {
    /// A scenario as it is.
    #[must_use]
    pub const fn of(source: Source) -> Self {
        Self { source, seed: None, set: Vec::new(), faults: Vec::new() }
    }

    /// A run of what is set up, to its end, with a capture. What cannot be of it is left out.
    ///
    /// # Errors
    /// When there is nothing to play.
    pub fn played(&self) -> Result<Run, Problem> {
        let mut run = self.ready(true)?.run;
        run.run_to_end();
        Ok(run)
    }

    /// Reads what is set up, and leaves out what cannot be.
    pub(crate) fn ready(&self, captures: bool) -> Result<Ready, Problem> {
        let plain = self.scenario(&[])?;
        let mut problems = Vec::new();
        let mut set: Vec<(String, String)> = Vec::new();
        let mut scenario = plain.clone();
        for (index, (key, value)) in self.set.iter().enumerate() {
            let setting = plain.settings.iter().find(|setting| setting.key == *key);
            // What the setting's own kind refuses has a sentence without a place.
            let checked = match setting {
                Some(setting) => setting.kind.check(value),
                None => Err(unknown_setting(&plain)),
            };
            set.push((key.clone(), value.clone()));
            let changed = checked.and_then(|()| match self.scenario(&set) {
                Ok(changed) => Ok(changed),
                Err(Problem::Scenario(problem)) => Err(problem.message),
                Err(other) => Err(other.to_string()),
            });
            match changed {
                Ok(changed) => scenario = changed,
                Err(sentence) => {
                    set.pop();
                    problems.push(Problem::Setting { index, key: key.clone(), sentence });
                }
            }
        }
        let mut faults: Vec<Fault> = Vec::new();
        for (index, text) in self.faults.iter().enumerate() {
            let fault = text.parse::<Fault>();
            match fault.and_then(|fault| scenario.check_fault(&fault).map(|()| fault)) {
                Ok(fault) => faults.push(fault),
                Err(sentence) => {
                    problems.push(Problem::Fault { index, fault: text.clone(), sentence });
                }
            }
        }
        let is_plain = set.is_empty() && faults.is_empty();
        let run = Run::new(&scenario, &RunOptions { faults, captures }).map_err(|message| {
            Problem::Scenario(scenario::Problem::outside(self.source.name(), message))
        })?;
        Ok(Ready { run, undisturbed: (!is_plain).then_some(plain), problems })
    }

    fn scenario(&self, set: &[(String, String)]) -> Result<Scenario, Problem> {
        let changes = Changes { set, seed: self.seed };
        match &self.source {
            Source::Catalogue(id) => match scenario::entry(id) {
                Some(entry) => entry.scenario(&changes),
                None => return Err(Problem::Unknown { id: id.clone() }),
            },
            Source::Own { name, text } => Scenario::parse(name, text, &changes),
        }
        .map_err(Problem::Scenario)
    }
}

impl Source {
    /// The id, or the file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Catalogue(id) => id,
            Self::Own { name, .. } => name,
        }
    }
}

fn unknown_setting(scenario: &Scenario) -> String {
    let keys: Vec<_> = scenario.settings.iter().map(|setting| setting.key.as_str()).collect();
    match keys.as_slice() {
        [] => "the scenario has no settings".to_owned(),
        _ => format!("the scenario has no such setting: there are {}", keys.join(", ")),
    }
}
