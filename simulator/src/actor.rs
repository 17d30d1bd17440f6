//! Core's machines as actors of a world.

use recscope_core::machine::{Diagram, Input, Machine, Outbox, Output, Side, TimeoutReason};
use recscope_core::time::Instant;
use std::fmt;
use std::time::Duration;

/// A machine that a world hosts. Orders are words, as scenarios write them: `dial 2000`.
///
/// Every [`Role`] is one.
pub trait Actor: Send + Sync {
    /// Takes one event. Words that are no order do nothing; [`Self::check`] tells them.
    fn handle(&mut self, now: Instant, input: Input<'_, &str>);
    /// Takes a frame of sound, and leaves what comes of it in the host's outbox.
    fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox);
    /// The next thing to do, until `None`.
    fn poll_output(&mut self) -> Option<Output<'_>>;
    /// When to deliver [`Input::Timeout`] at the latest, and what for.
    fn deadline(&self) -> Option<(Instant, TimeoutReason)>;
    /// Whether words are an order, or what to write instead.
    ///
    /// # Errors
    /// What to write instead.
    fn check(&self, words: &str) -> Result<(), String>;
    /// Samples per second of the sound it is to be given; none if it has no microphone.
    fn sample_rate(&self) -> Option<u32>;
    /// Whether it takes TCP connections on a port.
    fn listens(&self, port: u16) -> bool;
    /// Its machines with the state each is in.
    fn states(&self) -> Vec<(&'static str, &'static str)>;
    /// Its timers that run, with the time each has left.
    fn timers(&self) -> Vec<(&'static str, Duration)>;
    /// The diagrams of its machines.
    fn diagrams(&self) -> Vec<&'static Diagram>;
    /// A copy of it.
    fn clone_box(&self) -> Box<dyn Actor>;
}

/// By the states of its machines: all that is in them would be pages, and code in every program.
impl fmt::Debug for dyn Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.states()).finish()
    }
}

impl Clone for Box<dyn Actor> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// What a machine needs besides [`Machine`] to play in a scenario.
pub trait Role: Machine + Clone + Send + Sync + 'static {
    /// The order that words mean.
    ///
    /// # Errors
    /// What to write instead.
    fn order(words: &str) -> Result<Self::Command, String>;

    /// Samples per second of the sound it is to be given; none if it has no microphone. Sound may
    /// make it send and write; its deadlines are not looked at again until its next other input.
    fn sample_rate(&self) -> Option<u32> {
        None
    }

    /// Takes a frame of sound, and leaves what comes of it in the host's outbox.
    fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        let misuse = self.handle_input(now, Input::Audio { side, samples }).is_err();
        debug_assert!(!misuse, "the world misused {:?}", Role::states(self));
        while let Some(output) = Machine::poll_output(self) {
            outbox.push(output);
        }
    }

    /// Whether it takes TCP connections on a port.
    fn listens(&self, port: u16) -> bool;
    /// Its machines with the state each is in.
    fn states(&self) -> Vec<(&'static str, &'static str)>;
    /// Its timers that run, with the time each has left.
    fn timers(&self) -> Vec<(&'static str, Duration)>;
    /// The diagrams of its machines.
    fn diagrams() -> Vec<&'static Diagram>;
}

impl<R: Role> Actor for R {
    fn handle(&mut self, now: Instant, input: Input<'_, &str>) {
        let input = match input {
            Input::Command(words) => match R::order(words) {
                Ok(command) => Input::Command(command),
                Err(_) => return,
            },
            Input::Datagram { local, remote, payload } => {
                Input::Datagram { local, remote, payload }
            }
            Input::Tcp { connection, event } => Input::Tcp { connection, event },
            Input::Ras { remote, message } => Input::Ras { remote, message },
            Input::Storage(event) => Input::Storage(event),
            Input::Audio { side, samples } => Input::Audio { side, samples },
            Input::Timeout => Input::Timeout,
        };
        // A host that calls in the right order misuses nothing; the world's order is tested.
        let misuse = self.handle_input(now, input).is_err();
        debug_assert!(!misuse, "the world misused {:?}", Role::states(self));
    }

    fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        Role::hear(self, now, side, samples, outbox);
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        Machine::poll_output(self)
    }

    fn deadline(&self) -> Option<(Instant, TimeoutReason)> {
        self.poll_timeout()
    }

    fn check(&self, words: &str) -> Result<(), String> {
        R::order(words).map(drop)
    }

    fn sample_rate(&self) -> Option<u32> {
        Role::sample_rate(self)
    }

    fn listens(&self, port: u16) -> bool {
        Role::listens(self, port)
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        Role::states(self)
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        Role::timers(self)
    }

    fn diagrams(&self) -> Vec<&'static Diagram> {
        R::diagrams()
    }

    fn clone_box(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}
