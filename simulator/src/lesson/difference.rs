//! How one run differs from another of the same scenario.

use crate::report::{Step, StepSort};
use recscope_flow::Delivery;
use std::collections::HashMap;

/// How a run differs from the one without the user's doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What is different about each step.
    pub marks: Vec<Mark>,
    /// What did not happen.
    pub missing: Vec<Missing>,
}

/// What is different about a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    #[default]
    Same,
    /// It happens at another time.
    Moved,
    /// It comes out otherwise: lost, delayed, damaged, repeated, longer.
    Changed,
    /// It does not happen otherwise.
    New,
}

/// A step that only the undisturbed run has.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// It would have come before this step; the number of steps if after all.
    pub before: usize,
    /// What it is there.
    pub step: Step,
}

/// A run as far as it is compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Outline {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    /// What makes it the same step in another run.
    key: String,
    /// What became of it.
    outcome: String,
    step: Step,
}

/// Steps that differ less in time are at the same time: chance falls otherwise where one
/// message more was sent.
const SLACK_MS: f64 = 10.0;
/// Pairs of steps that are compared at most. Beyond, everything between the first and the last
/// difference counts as different.
const PAIRS: usize = 4_000_000;

impl Outline {
    pub(super) fn of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Self {
        Self { lines: steps.into_iter().map(Line::of).collect() }
    }
}

impl Line {
    fn of(step: &Step) -> Self {
        let ends = [step.from.as_deref(), step.to.as_deref()].map(Option::unwrap_or_default);
        let (mut key, mut outcome) = (format!("{}>{}:", ends[0], ends[1]), String::new());
        match (&step.message, step.kind) {
            (Some(message), _) => {
                // The name without the number, which counts on when one comes in between.
                let name = message.selector.split('@').next().unwrap_or_default();
                key.push_str(name);
                let lost = if message.delivery == Delivery::Lost { "lost" } else { "" };
                let delay = message.arrived_ms.map(|arrived| arrived - step.time_ms);
                let delay = delay.map(f64::round);
                outcome = format!("{}|{lost}|{}|{delay:?}", step.summary, message.repeats);
            }
            (None, StepSort::Media) => {
                key.push_str("media");
                outcome.clone_from(&step.summary);
            }
            (None, _) => key.push_str(&step.summary),
        }
        let mut step = step.clone();
        if let Some(message) = &mut step.message {
            message.text = None;
        }
        Self { key, outcome, step }
    }

    fn mark(&self, before: &Self) -> Mark {
        if self.outcome != before.outcome {
            Mark::Changed
        } else if (self.step.time_ms - before.step.time_ms).abs() > SLACK_MS {
            Mark::Moved
        } else {
            Mark::Same
        }
    }
}

impl Difference {
    /// What `after` has otherwise than `before`: what they have in common, in order, is the
    /// longest that there is.
    pub(super) fn between(before: &Outline, after: &Outline) -> Self {
        let (before, after) = (before.lines.as_slice(), after.lines.as_slice());
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut number = |line| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(line).or_insert(next)
        };
        let old: Vec<u32> = before.iter().map(|line| number(line.key.as_str())).collect();
        let new: Vec<u32> = after.iter().map(|line| number(line.key.as_str())).collect();
        let mut difference = Self { marks: vec![Mark::New; after.len()], missing: Vec::new() };
        let mut next = 0;
        let mut there = common(&old, &new).into_iter().peekable();
        for (place, line) in before.iter().enumerate() {
            let Some((_, other)) = there.next_if(|(one, _)| *one == place) else {
                // It would have come right after the last one that is there.
                difference.missing.push(Missing { before: next, step: line.step.clone() });
                continue;
            };
            next = other + 1;
            if let (Some(mark), Some(now)) = (difference.marks.get_mut(other), after.get(other)) {
                *mark = now.mark(line);
            }
        }
        difference
    }
}

/// The longest common subsequence, as pairs of places.
fn common(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(start..), new.get(start..));
    let (old_rest, new_rest) = (old_rest.unwrap_or_default(), new_rest.unwrap_or_default());
    let pairs = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = pairs.take_while(|(one, other)| one == other).count();
    let (rows, columns) = (old_rest.len() - end, new_rest.len() - end);
    let mut found: Vec<_> = (0..start).map(|place| (place, place)).collect();
    if rows.saturating_mul(columns) <= PAIRS {
        // `lengths` of what rests after each pair of places have in common.
        let width = columns + 1;
        let mut lengths = vec![0_u32; (rows + 1) * width];
        let length = |lengths: &[u32], row: usize, column: usize| {
            lengths.get(row * width + column).copied().unwrap_or_default()
        };
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                let longest = if old_rest.get(row) == new_rest.get(column) {
                    length(&lengths, row + 1, column + 1) + 1
                } else {
                    length(&lengths, row + 1, column).max(length(&lengths, row, column + 1))
                };
                if let Some(here) = lengths.get_mut(row * width + column) {
                    *here = longest;
                }
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if old_rest.get(row) == new_rest.get(column) {
                found.push((start + row, start + column));
                row += 1;
                column += 1;
            } else if length(&lengths, row + 1, column) >= length(&lengths, row, column + 1) {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    let ends = (start + rows, start + columns);
    found.extend((0..end).map(|place| (ends.0 + place, ends.1 + place)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_that_two_have_in_common_is_found() {
        assert_eq!(common(&[1, 2, 3, 4], &[1, 3, 5, 4]), [(0, 0), (2, 1), (3, 3)]);
        assert_eq!(common(&[], &[1]), []);
        assert_eq!(common(&[7, 8], &[8, 7]).len(), 1);
    }

    proptest! {
        #[test]
        fn what_is_common_is_equal_and_in_order(
            old in proptest::collection::vec(0_u32..4, 0..12),
            new in proptest::collection::vec(0_u32..4, 0..12),
        ) {
            let found = common(&old, &new);
            prop_assert!(found.iter().all(|(one, other)| old.get(*one) == new.get(*other)));
            prop_assert!(found.is_sorted_by(|one, other| one.0 < other.0 && one.1 < other.1));
            prop_assert_eq!(common(&old, &old).len(), old.len());
        }
    }
}
