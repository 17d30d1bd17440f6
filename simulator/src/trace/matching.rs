//! Which steps a pattern means.

use super::{Message, StepKind, Trace};
use crate::pattern::{MessageName, Occurrence, Pattern};
use recscope_flow::Protocol;

/// Counts the steps that a pattern means, as they come.
#[derive(Clone, Debug)]
pub struct Counter {
    pattern: Pattern,
    count: u32,
}

impl Counter {
    /// A counter that has seen no step yet.
    #[must_use]
    pub const fn new(pattern: Pattern) -> Self {
        Self { pattern, count: 0 }
    }

    /// Whether this step, which comes after those seen before, is meant; `actor` gives the
    /// numbers of actors. Without an occurrence in the pattern every one is.
    pub fn see(
        &mut self,
        trace: &Trace,
        kind: &StepKind,
        actor: impl Fn(&str) -> Option<u32>,
    ) -> bool {
        if !matches(&self.pattern, trace, kind, actor) {
            return false;
        }
        self.count += 1;
        let occurrence = self.pattern.occurrence().unwrap_or(Occurrence { first: 1, last: None });
        occurrence.holds(self.count)
    }
}

fn matches(
    pattern: &Pattern,
    trace: &Trace,
    kind: &StepKind,
    actor: impl Fn(&str) -> Option<u32>,
) -> bool {
    let is = |name: &Option<String>, number: u32| {
        name.as_deref().is_none_or(|name| actor(name) == Some(number))
    };
    match (pattern, kind) {
        (Pattern::Message(pattern), StepKind::Message(message)) => {
            !message.again
                && is(&pattern.from, message.from)
                && is(&pattern.to, message.to)
                && message.name().matches(&pattern.name)
        }
        (Pattern::State { actor: name, machine, state, cause, .. }, StepKind::State(change)) => {
            let same = |wanted: &Option<String>, found: &str| {
                wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
            };
            (name == "*" || actor(name) == Some(change.actor))
                && same(machine, change.machine)
                && same(state, change.to)
                && same(cause, change.cause)
        }
        (Pattern::Media { from, to, .. }, StepKind::Media(number)) => trace
            .streams()
            .get(*number)
            .is_some_and(|stream| is(from, stream.from) && is(to, stream.to)),
        (
            Pattern::Remark { kind: wanted, actor: name, words, .. },
            StepKind::Remark { actor: number, kind, text },
        ) => {
            wanted == kind
                && is(name, *number)
                && words
                    .as_deref()
                    .is_none_or(|words| text.to_lowercase().contains(&words.to_lowercase()))
        }
        _ => false,
    }
}

impl Message {
    /// What patterns call it.
    #[must_use]
    pub fn name(&self) -> MessageName<'_> {
        MessageName { name: &self.described.name, protocol: self.protocol() }
    }

    /// What it is a message of.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.described.protocol
    }
}
