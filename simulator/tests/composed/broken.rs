//! Actors that are broken on purpose: each fault is found.

use crate::any_setup;
use crate::room::{PHONE, Room};
use crate::step;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use recscope_core::machine::{Diagram, Input, Outbox, Output, Side, TimeoutReason};
use recscope_core::time::Instant;
use recscope_simulator::actor::Actor;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Does nothing when its deadline comes.
    DeafToTime,
    /// Does not say when it wants to be woken.
    Secretive,
    /// Panics at a message that is too short.
    Fragile,
    /// Has no end of things to do once somebody registers.
    Endless,
    /// Wants to be woken at a time that is over.
    Forgetful,
}

#[derive(Clone, Debug)]
struct Broken {
    actor: Box<dyn Actor>,
    fault: Fault,
    said: u32,
}

impl Actor for Broken {
    fn handle(&mut self, now: Instant, input: Input<'_, &str>) {
        match (self.fault, input) {
            (Fault::DeafToTime, Input::Timeout) => {}
            (Fault::Fragile, Input::Datagram { payload, .. }) => {
                assert!(payload.len() > 40, "a machine that takes forty bytes for granted");
                self.actor.handle(now, input);
            }
            _ => self.actor.handle(now, input),
        }
    }

    fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        self.actor.hear(now, side, samples, outbox);
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        if self.fault == Fault::Endless && self.said > 0 {
            return Some(Output::Audio { sample_rate: 8_000, samples: &[] });
        }
        let output = self.actor.poll_output();
        self.said += u32::from(matches!(output, Some(Output::Datagram { .. })));
        output
    }

    fn deadline(&self) -> Option<(Instant, TimeoutReason)> {
        let deadline = self.actor.deadline();
        match self.fault {
            Fault::Secretive => None,
            Fault::Forgetful => deadline.map(|(_, reason)| (Instant::ORIGIN, reason)),
            _ => deadline,
        }
    }

    fn check(&self, words: &str) -> Result<(), String> {
        self.actor.check(words)
    }

    fn sample_rate(&self) -> Option<u32> {
        self.actor.sample_rate()
    }

    fn listens(&self, port: u16) -> bool {
        self.actor.listens(port)
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        self.actor.states()
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        self.actor.timers()
    }

    fn diagrams(&self) -> Vec<&'static Diagram> {
        self.actor.diagrams()
    }

    fn clone_box(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

/// What is found of a phone with this fault.
fn found(fault: Fault) -> String {
    let config =
        Config { cases: 500, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let strategy = (any_setup(), prop::collection::vec(step::anything(), 0..60));
    let outcome = TestRunner::new(config).run(&strategy, |(setup, steps)| {
        let mut room = Room::new(&setup);
        let actor = room.seats[PHONE].actor.clone();
        room.seats[PHONE].actor = Box::new(Broken { actor, fault, said: 0 });
        steps.iter().try_for_each(|step| room.take(step))?;
        room.be_left_alone()
    });
    match outcome {
        Err(TestError::Fail(reason, _)) => reason.message().to_owned(),
        other => panic!("{fault:?} was not found: {other:?}"),
    }
}

#[test]
fn each_fault_of_a_broken_phone_is_found() {
    for (fault, sign) in [
        (Fault::DeafToTime, "still due"),
        (Fault::Secretive, "nobody waits for"),
        (Fault::Fragile, "forty bytes for granted"),
        (Fault::Endless, "never comes to an end"),
        (Fault::Forgetful, "still due"),
    ] {
        let found = found(fault);
        assert!(found.contains(sign), "{fault:?}: {found}");
        eprintln!("{fault:?}: {found}");
    }
}
