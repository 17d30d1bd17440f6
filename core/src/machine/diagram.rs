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

/// Goes to another state of a machine that ladders do not show. The table of its transitions is for
/// diagrams and, as in [`State::enter`], for tests; firmware does not carry it.
pub(crate) fn pass<S: State>(state: &mut S, to: S, cause: &'static str) {
    debug_assert!(
        *state == to || S::DIAGRAM.transition(state.name(), to.name(), cause).is_some(),
        "{}: {} -> {} by {cause} is not in the diagram",
        S::DIAGRAM.machine,
        state.name(),
        to.name()
    );
    *state = to;
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

/// Defines a machine's states with their [`State`], and its transitions, in one table:
/// `From -> To: "cause", rule;`. The first state is where the machine starts.
macro_rules! states {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $type:ident: $machine:literal {
            $($(#[$state_doc:meta])* $state:ident = $name:literal,)*
        }
        $($from:ident -> $to:ident: $cause:literal, $rule:expr;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $($(#[$state_doc])* $state,)*
        }

        impl $type {
            const fn label(self) -> &'static str {
                match self {
                    $(Self::$state => $name,)*
                }
            }
        }

        impl $crate::machine::State for $type {
            const DIAGRAM: &'static $crate::machine::Diagram = &$crate::machine::Diagram {
                machine: $machine,
                states: &[$($name),*],
                transitions: &[$($crate::machine::Transition::new(
                    Self::$from.label(),
                    Self::$to.label(),
                    $cause,
                    $rule,
                ),)*],
            };

            fn name(self) -> &'static str {
                self.label()
            }
        }
    };
}

/// Defines a machine's [`Timer`](super::Timer)s by their names.
macro_rules! timers {
    (
        $(#[$doc:meta])*
        $visibility:vis enum $type:ident {
            $($(#[$timer_doc:meta])* $timer:ident = $name:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visibility enum $type {
            $($(#[$timer_doc])* $timer,)*
        }

        impl $crate::machine::Timer for $type {
            const ALL: &'static [Self] = &[$(Self::$timer),*];

            fn index(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$timer => $name,)*
                }
            }
        }
    };
}

pub(crate) use {states, timers};
