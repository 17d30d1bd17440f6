//! Going on by itself, at a speed, and never faster than what is said can be read.

use super::shown::Shown;
use gloo::timers::callback::Timeout;
use recscope_simulator::lesson::Step;
use yew::prelude::*;

/// Whether steps follow each other by themselves, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Playing {
    /// Whether they do.
    pub is_on: bool,
    /// How fast.
    pub speed: Speed,
}

impl Playing {
    /// Played if it stands, and the other way round.
    #[must_use]
    pub const fn toggled(self) -> Self {
        Self { is_on: !self.is_on, ..self }
    }

    /// Standing.
    #[must_use]
    pub const fn stopped(self) -> Self {
        Self { is_on: false, ..self }
    }
}

/// How fast steps follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// Half as fast.
    Half,
    /// At the pace of a talk.
    #[default]
    Normal,
    /// Twice as fast.
    Double,
    /// Four times as fast.
    Quadruple,
}

impl Speed {
    /// All of them, from slow to fast.
    pub const ALL: [Self; 4] = [Self::Half, Self::Normal, Self::Double, Self::Quadruple];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Half => "0.5×",
            Self::Normal => "1×",
            Self::Double => "2×",
            Self::Quadruple => "4×",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|speed| speed.name() == name)
    }

    /// Quarters of the normal time that a step takes.
    const fn quarters(self) -> u32 {
        match self {
            Self::Half => 8,
            Self::Normal => 4,
            Self::Double => 2,
            Self::Quadruple => 1,
        }
    }

    /// How long a step stays, in ms: longer where something is said.
    #[must_use]
    pub fn stay(self, step: &Step) -> u32 {
        let said: usize = step.facts.say.iter().map(|said| said.text.chars().count()).sum();
        let said = u32::try_from(said).unwrap_or(u32::MAX);
        let normal = STEP_MS.saturating_add(said.saturating_mul(READING_MS)).min(LONGEST_MS);
        normal / 4 * self.quarters()
    }
}

/// A step about which nothing is said.
const STEP_MS: u32 = 1_000;
/// A character that is read aloud.
const READING_MS: u32 = 40;
/// However much is said.
const LONGEST_MS: u32 = 12_000;

/// Goes to the next step in time while `playing`, and stops at the last.
#[hook]
pub fn use_playing(
    lesson: Option<&Shown>,
    step: usize,
    playing: Playing,
    on_step: &Callback<usize>,
    on_playing: &Callback<Playing>,
) {
    let (on_step, on_playing) = (on_step.clone(), on_playing.clone());
    use_effect_with((lesson.cloned(), step, playing), move |(lesson, step, playing)| {
        let next = step + 1;
        let current = lesson
            .as_ref()
            .and_then(|lesson| lesson.steps.get(*step).filter(|_| next < lesson.steps.len()));
        let timeout = match current {
            Some(current) if playing.is_on => {
                let stay = playing.speed.stay(current);
                Some(Timeout::new(stay, move || on_step.emit(next)))
            }
            None if playing.is_on && lesson.is_some() => {
                on_playing.emit(playing.stopped());
                None
            }
            _ => None,
        };
        move || drop(timeout)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_simulator::lesson::{Setup, Source, Teacher};

    #[test]
    fn a_step_stays_until_what_is_said_can_be_read() {
        let setup = Setup::of(Source::Catalogue("mx-keepalive".to_owned()));
        let lesson = Teacher::default().lesson(&setup).expect("it is in the catalogue");
        let silent = lesson.steps.iter().find(|step| step.facts.say.is_empty());
        let told = lesson.steps.iter().find(|step| !step.facts.say.is_empty());
        let (silent, told) = (silent.expect("one is silent"), told.expect("one is told"));
        assert_eq!(Speed::Normal.stay(silent), STEP_MS);
        assert!(Speed::Normal.stay(told) > STEP_MS);
        assert_eq!(Speed::Double.stay(silent) * 2, STEP_MS);
        assert_eq!(Speed::Quadruple.stay(silent) * 4, STEP_MS);
        assert_eq!(Speed::Half.stay(silent), STEP_MS * 2);
    }

    #[test]
    fn speeds_are_found_by_their_names() {
        for speed in Speed::ALL {
            assert_eq!(Speed::named(speed.name()), Some(speed));
        }
        assert_eq!(Speed::named("3×"), None);
    }
}
