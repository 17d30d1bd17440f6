//! The states of a machine and the ways between them, as data: one table that the machine itself
//! obeys and that every diagram is drawn from.

use super::Event;
use crate::rule::Rule;

/// The states of one machine: a field-less enumeration with a table of its transitions.
pub trait State: Copy + PartialEq + 'static {
    /// The machine, its states and its transitions.
    const DIAGRAM: &'static Diagram;

    /// The state's name in diagrams: `recording`, `waiting for ACK`.
    fn name(self) -> &'static str;

    /// Goes to `to` because of `cause`, and tells so; `None` if the machine stays where it is.
    ///
    /// Tests fail (debug builds panic) on a transition that [`Self::DIAGRAM`] does not list, so
    /// that the diagrams stay true.
    fn enter(&mut self, to: Self, cause: &'static str) -> Option<Event> {
        if *self == to {
            return None;
        }
        let (from, to_name) = (self.name(), to.name());
        let listed = Self::DIAGRAM.transition(from, to_name, cause);
        debug_assert!(
            listed.is_some(),
            "{}: {from} -> {to_name} by {cause} is not in the diagram",
            Self::DIAGRAM.machine
        );
        *self = to;
        listed.map(|transition| Event::StateChanged {
            machine: Self::DIAGRAM.machine,
            from,
            to: to_name,
            cause,
            rule: transition.rule,
        })
    }
}

/// A machine as a reader sees it.
#[derive(Debug)]
pub struct Diagram {
    /// The machine's name: `active recording`.
    pub machine: &'static str,
    /// Its states; the first is where it starts.
    pub states: &'static [&'static str],
    /// The ways between them.
    pub transitions: &'static [Transition],
}

impl Diagram {
    /// The transition between two states by a cause.
    #[must_use]
    pub fn transition(&self, from: &str, to: &str, cause: &str) -> Option<&'static Transition> {
        self.transitions.iter().find(|t| t.from == from && t.to == to && t.cause == cause)
    }
}

/// One way from a state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state left.
    pub from: &'static str,
    /// The state entered.
    pub to: &'static str,
    /// What makes it: `ACK`, `un-registration`, `timer H`.
    pub cause: &'static str,
    /// The rule that asks for it.
    pub rule: &'static Rule,
}

impl Transition {
    /// A row of a [`Diagram`].
    #[must_use]
    pub const fn new(
        from: &'static str,
        to: &'static str,
        cause: &'static str,
        rule: &'static Rule,
    ) -> Self {
        Self { from, to, cause, rule }
    }
}
