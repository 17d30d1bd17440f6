//! A run made ready to be taught: everything that a page shows about it, computed once.
//!
//! ```
//! use recscope_simulator::lesson::{Setup, Source, Teacher};
//!
//! let setup = Setup {
//!     faults: vec!["lose:UPDATE@recorder,phone:1".to_owned()],
//!     ..Setup::of(Source::Catalogue("mx-keepalive".to_owned()))
//! };
//! let lesson = Teacher::default().lesson(&setup).unwrap();
//! assert_eq!(lesson.steps.len(), lesson.flow.items.len());
//! let now = lesson.at(lesson.steps.len() - 1);
//! assert_eq!(now.len(), lesson.players.len());
//! ```
//!
//! Stepping is then only an index into what is here: back, forward, to the end all cost the same.

mod difference;
mod moments;
mod setup;

pub use difference::{Difference, Mark, Missing};
pub use moments::{MachineInfo, Moment, Now, Player, Standing, Timer, Way};
pub use setup::{Problem, Setup, Source};

use crate::report;
use crate::run::{Run, RunOptions};
use crate::scenario::{Scenario, Setting};
use crate::trace::StepKind;
use difference::Outline;
use moments::Observer;
use recscope_flow::Flow;
use std::ops::Range;

/// A run to its end, and all that is told about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// The scenario's id.
    pub id: String,
    /// Its headline.
    pub title: String,
    /// One sentence about it.
    pub summary: String,
    /// Which document it is about: `bx` or `mx`.
    pub source: String,
    /// Which way of recording it is about: `active`.
    pub method: String,
    /// What all chance came from.
    pub seed: u64,
    /// What may be changed, with the values of this run.
    pub settings: Vec<Setting>,
    /// What went wrong on purpose besides what the scenario says, as it reads back.
    pub faults: Vec<String>,
    /// What was asked for and could not be: the run is without it.
    pub problems: Vec<Problem>,
    /// The diagram; item `i` is step `i`.
    pub flow: Flow,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// The bytes of all messages.
    pub bytes: Vec<u8>,
    /// Who took part, in the diagram's order.
    pub players: Vec<Player>,
    /// What changed in whom, by step: see [`Self::at`].
    pub moments: Vec<Moment>,
    /// What had to come of it.
    pub expectations: Vec<report::Expectation>,
    /// The files that were written.
    pub files: Vec<report::File>,
    /// How it differs from the run without the user's doing; none if the user did nothing.
    pub difference: Option<Difference>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// As `recscope simulate --format json` has it, but for the text of a message: that is among
    /// the bytes.
    pub facts: report::Step,
    /// Where the message is in [`Lesson::bytes`]; empty if it has none or this is no message.
    pub bytes: Range<usize>,
}

/// Gives lessons, and remembers how the last one's scenario goes without the user's doing: what is
/// done in it next is compared with that.
#[derive(Debug, Default)]
pub struct Teacher {
    undisturbed: Option<Undisturbed>,
}

/// A scenario as it goes without a user's doing.
#[derive(Debug)]
struct Undisturbed {
    source: Source,
    seed: Option<u64>,
    outline: Outline,
}

impl Teacher {
    /// Plays what is set up. What cannot be of it is left out and among [`Lesson::problems`].
    ///
    /// # Errors
    /// When there is nothing to play: no such scenario, or one that cannot be read.
    pub fn lesson(&mut self, setup: &Setup) -> Result<Lesson, Problem> {
        let ready = setup.ready(false)?;
        let mut run = ready.run;
        let mut observer = Observer::new(run.scenario(), run.world());
        run.watch(|world| observer.look(world));
        let mut lesson = lesson(&run, ready.problems, observer);
        let outline = Outline::of(lesson.steps.iter().map(|step| &step.facts));
        match ready.undisturbed {
            Some(plain) => {
                let undisturbed = self.undisturbed(setup, &plain);
                lesson.difference = Some(Difference::between(undisturbed, &outline));
            }
            None => self.undisturbed = Some(Undisturbed::of(setup, outline)),
        }
        Ok(lesson)
    }

    /// How the scenario goes without the user's doing.
    fn undisturbed(&mut self, setup: &Setup, plain: &Scenario) -> &Outline {
        let known = self.undisturbed.take().filter(|known| known.is_of(setup));
        let known = known.unwrap_or_else(|| {
            // What a scenario does by itself, it can do.
            let run = Run::new(plain, &RunOptions::default()).map(|mut run| {
                run.run_to_end();
                run
            });
            let outline = run.map(|run| Outline::of(&run.report().steps));
            Undisturbed::of(setup, outline.unwrap_or_default())
        });
        &self.undisturbed.insert(known).outline
    }
}

impl Undisturbed {
    fn of(setup: &Setup, outline: Outline) -> Self {
        Self { source: setup.source.clone(), seed: setup.seed, outline }
    }

    /// Whether it is what becomes of a setup without what the user does in it.
    fn is_of(&self, setup: &Setup) -> bool {
        self.source == setup.source && self.seed == setup.seed
    }
}

/// A run that has come to its end, not compared with any other yet.
fn lesson(run: &Run, problems: Vec<Problem>, observer: Observer) -> Lesson {
    let scenario = run.scenario();
    let report = run.report();
    let mut bytes = Vec::new();
    let steps = report.steps.into_iter().zip(run.trace().steps()).map(|(mut facts, step)| {
        let start = bytes.len();
        if let StepKind::Message(message) = &step.kind {
            bytes.extend_from_slice(run.trace().payload(message));
        }
        if let Some(message) = &mut facts.message {
            message.text = None;
        }
        Step { facts, bytes: start..bytes.len() }
    });
    let steps = steps.collect();
    let (players, moments) = observer.finish();
    Lesson {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        summary: scenario.summary.clone(),
        source: scenario.source.name().to_owned(),
        method: scenario.method.name().to_owned(),
        seed: scenario.seed,
        settings: scenario.settings.clone(),
        faults: report.faults,
        problems,
        flow: run.flow(false),
        steps,
        bytes,
        players,
        moments,
        expectations: report.expectations,
        files: report.files,
        difference: None,
    }
}

impl Lesson {
    /// How everyone stands after a step, in the order of [`Self::players`].
    #[must_use]
    pub fn at(&self, step: usize) -> Vec<Now<'_>> {
        moments::at(&self.players, &self.moments, step)
    }

    /// The bytes of a step's message, if it is one with bytes.
    #[must_use]
    pub fn message(&self, step: usize) -> Option<&[u8]> {
        let range = self.steps.get(step)?.bytes.clone();
        self.bytes.get(range).filter(|bytes| !bytes.is_empty())
    }

    /// What is different about a step.
    #[must_use]
    pub fn mark(&self, step: usize) -> Mark {
        let marks = self.difference.as_ref().map(|difference| &difference.marks);
        marks.and_then(|marks| marks.get(step).copied()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
