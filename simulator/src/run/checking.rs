//! Whether a run came out as expected.

use super::Run;
use crate::actor::Actor;
use crate::drive::Drive;
use crate::pattern::Pattern;
use crate::scenario::{Check, Expectation};
use crate::trace::{Counter, Step, StepKind};
use recscope_core::Limits;
use recscope_core::recording;
use std::time::Duration;

/// An expectation and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<'a> {
    /// What was expected.
    pub expectation: &'a Expectation,
    /// Whether it holds for the run so far.
    pub holds: bool,
    /// What was found, in words.
    pub found: String,
}

impl Run {
    /// Every expectation, checked against the run so far.
    #[must_use]
    pub fn check(&self) -> Vec<Checked<'_>> {
        let expectations = self.scenario.expectations.iter();
        expectations
            .map(|expectation| {
                let (holds, found) = self.check_one(&expectation.check);
                Checked { expectation, holds, found }
            })
            .collect()
    }

    fn check_one(&self, check: &Check) -> (bool, String) {
        match check {
            Check::Seen { pattern, at_least, at_most } => {
                let count = self.matching(pattern).count();
                (within(count, *at_least, *at_most), format!("{pattern}: {count} times"))
            }
            Check::Arrives { pattern, at_least, at_most } => {
                let pattern = Pattern::Message(pattern.clone());
                let arrived = |(_, step): &(usize, &Step)| match &step.kind {
                    StepKind::Message(message) => self.arrived(message),
                    _ => false,
                };
                let count = self.matching(&pattern).filter(arrived).count();
                (within(count, *at_least, *at_most), format!("{pattern}: {count} arrived"))
            }
            Check::Never { pattern, before, after } => {
                let steps = self.trace().steps().len();
                let first = |pattern: &Option<Box<Pattern>>| {
                    pattern.as_deref().map(|p| self.matching(p).next().map_or(steps, |(n, _)| n))
                };
                let end = first(before).unwrap_or(steps);
                let begin = first(after).map_or(0, |after| after + 1);
                let found = self.matching(pattern).find(|(n, _)| (begin..end).contains(n));
                match found {
                    None => (true, format!("no {pattern}")),
                    Some((_, step)) => (false, format!("{pattern} at {} s", step.time)),
                }
            }
            Check::Order(patterns) => {
                let mut place = 0;
                for pattern in patterns {
                    let found = self.matching(pattern).find(|(number, _)| *number >= place);
                    let Some((number, _)) = found else {
                        return (false, format!("{pattern} is missing there"));
                    };
                    place = number + 1;
                }
                (true, "all in order".to_owned())
            }
            Check::Ends { actor, machine, state } => {
                let actor = self.scenario.actor(actor).and_then(|host| self.world().actor(host));
                let states = actor.map(Actor::states).unwrap_or_default();
                let found = states.iter().find(|(name, _)| name.eq_ignore_ascii_case(machine));
                match found {
                    Some((_, found)) => {
                        let holds = found.eq_ignore_ascii_case(state);
                        (holds, format!("{machine} is {found}"))
                    }
                    None => {
                        let names: Vec<_> = states.iter().map(|(name, _)| *name).collect();
                        (false, format!("no machine {machine:?}: there are {}", names.join(", ")))
                    }
                }
            }
            Check::File { actor, name, count, lasts } => {
                let drive = self.scenario.actor(actor).and_then(|host| self.world().drive(host));
                files(drive, name, *count, *lasts)
            }
            Check::Media { from, to, count, at_least, lost_at_most } => {
                let ends = (self.scenario.actor(from), self.scenario.actor(to));
                let streams = self.trace().streams().iter().zip(self.trace().sent());
                let streams: Vec<_> =
                    streams.filter(|(s, _)| (Some(s.from), Some(s.to)) == ends).collect();
                let lost: u64 = streams.iter().map(|(_, sent)| u64::from(sent.lost)).sum();
                let shortest = streams.iter().map(|(stream, sent)| sent.end - stream.start).min();
                let shortest = shortest.unwrap_or_default();
                let right = match count {
                    Some(count) => streams.len() == *count as usize,
                    None => !streams.is_empty(),
                };
                let holds = right
                    && at_least.is_none_or(|least| shortest >= least)
                    && lost_at_most.is_none_or(|most| lost <= most);
                let found = format!(
                    "{}, the shortest of {:.1} s, {} lost",
                    counted(streams.len() as u64, "stream"),
                    shortest.as_secs_f64(),
                    counted(lost, "packet")
                );
                (holds, found)
            }
        }
    }

    /// Whether a message arrived, be it when it was sent again.
    fn arrived(&self, message: &crate::trace::Message) -> bool {
        message.arrived.is_some()
            || self.trace().steps().iter().any(|step| match &step.kind {
                StepKind::Message(other) => other.is_same(message) && other.arrived.is_some(),
                _ => false,
            })
    }

    /// Steps that a pattern means, with their numbers.
    pub(crate) fn matching(&self, pattern: &Pattern) -> impl Iterator<Item = (usize, &Step)> {
        let mut counter = Counter::new(pattern.clone());
        self.trace().steps().iter().enumerate().filter(move |(_, step)| {
            counter.see(self.trace(), &step.kind, |name| self.scenario.actor(name))
        })
    }
}

fn within(count: usize, at_least: u32, at_most: Option<u32>) -> bool {
    count >= at_least as usize && at_most.is_none_or(|most| count <= most as usize)
}

fn files(
    drive: Option<&Drive>,
    name: &str,
    count: Option<u32>,
    lasts: Option<(Duration, Duration)>,
) -> (bool, String) {
    let files = drive.into_iter().flat_map(Drive::files);
    let files: Vec<_> = files.filter(|(file, _)| is_like(file, name)).collect();
    let right = match count {
        Some(count) => files.len() == count as usize,
        None => !files.is_empty(),
    };
    let count = counted(files.len() as u64, "file");
    let durations = files.iter().map(|(_, content)| duration(content));
    let Some(total) = durations.sum::<Option<Duration>>() else {
        return (right && lasts.is_none(), format!("{count}, not all readable"));
    };
    let long = lasts.is_none_or(|(lasts, give)| total.abs_diff(lasts) <= give);
    (right && long, format!("{count} of {:.2} s in all", total.as_secs_f64()))
}

/// `1 file`, `2 files`.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// How long a recording file lasts, if it is one.
fn duration(content: &[u8]) -> Option<Duration> {
    let mut reader = recording::Reader::new(Some(content.len() as u64), &Limits::default());
    let mut rest = content;
    loop {
        let (consumed, step) = reader.push(rest).ok()?;
        if matches!(step, recording::Step::End | recording::Step::NeedMore) {
            break;
        }
        rest = rest.get(consumed..)?;
    }
    reader.finish().ok().map(|summary| summary.duration)
}

/// Whether a name is like a pattern in which `*` is any text.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(name) = name.strip_prefix(start) else { return false };
    (0..=name.len()).filter_map(|at| name.get(at..)).any(|end| is_like(end, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_name_is_any_text() {
        assert!(is_like("Record_20261122091500.wav", "Record_*.wav"));
        assert!(is_like("a-b-c", "a*b*c"));
        assert!(!is_like("Record_1.txt", "Record_*.wav"));
        assert!(!is_like("ab", "a"));
    }
}
