//! Tries every order of events between a phone and a recorder, with every fault of the network
//! that a budget allows, and holds what is seen against the rules of active recording.
//!
//! Prints how many states it saw. That it would see a fault is shown by machines with one.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails where it cannot go on")]

mod monitor;
mod world;

use monitor::Broken;
use recscope_core::recorder::active::Mapping;
use stateright::{Checker, Model, Property};
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;
use world::{Budget, Fault, Step, World};

/// The worlds to try, up to a time.
struct Recording {
    mapping: Mapping,
    budget: Budget,
    fault: Fault,
    horizon: Duration,
    /// The rules to look at.
    rules: &'static [&'static str],
    /// Fingerprints of worlds that recover.
    recovering: Mutex<HashSet<u64>>,
}

impl Recording {
    fn new(mapping: Mapping, budget: Budget, seconds: u64, rules: &'static [&'static str]) -> Self {
        Self {
            mapping,
            budget,
            fault: Fault::None,
            horizon: Duration::from_secs(seconds),
            rules,
            recovering: Mutex::default(),
        }
    }

    fn with(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    fn recovers(&self, world: &World) -> bool {
        let mut way = Vec::new();
        let recovers = world.recovers(|fingerprint| {
            way.push(fingerprint);
            self.recovering.lock().unwrap().contains(&fingerprint)
        });
        if recovers {
            self.recovering.lock().unwrap().extend(way);
        }
        recovers
    }
}

impl Model for Recording {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.mapping, self.budget, self.fault)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        world.steps(steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.take(step);
        Some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.now <= recscope_core::Instant::ORIGIN + self.horizon
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut rules = vec![
            Property::always(A, |_, world: &World| world.monitor.is_kept(Broken::CopiesBeforeAck)),
            Property::always(B, |_, world: &World| world.monitor.is_kept(Broken::CopiesAfterEnd)),
            Property::always(C, |_, world: &World| world.monitor.is_kept(Broken::Bye)),
            Property::always(D, |_, world: &World| world.monitor.is_kept(Broken::ByeForReplaced)),
            Property::always(E, Self::recovers),
        ];
        rules.retain(|rule| self.rules.contains(&rule.name));
        rules
    }
}

const A: &str = "(a) no copies before the ACK of an accepted INVITE from an allowed address";
const B: &str = "(b) no copies after BYE, un-registration or power-off";
const C: &str = "(c) un-registration sends one BYE, not before ACK or its time-out";
const D: &str = "(d) no BYE for a session replaced by recovery";
const E: &str = "(e) once the network heals, recording resumes";

/// Explores everything, and tells how much that was.
fn explore(name: &str, model: Recording) -> impl Checker<Recording> + use<> {
    let checker = model.checker().threads(2).spawn_dfs().join();
    println!(
        "{name}: {} states, {} of them different",
        checker.state_count(),
        checker.unique_state_count()
    );
    checker
}

/// What the phone must not do.
const SAFETY: &[&str] = &[A, B, C, D];

const MAPPINGS: [Mapping; 2] = [Mapping::Dynamic, Mapping::Static];

/// Two messages are lost, two come twice and two are overtaken, in any combination.
const FAULTS: Budget =
    Budget { losses: 2, duplicates: 2, delays: 2, partitions: 0, spoofs: 0, deeds: 0 };
/// A loss and a forged ACK while people do three things.
const DEEDS: Budget =
    Budget { losses: 1, duplicates: 0, delays: 0, partitions: 0, spoofs: 1, deeds: 3 };
/// Each kind of fault once, and somebody does something.
const ONE_OF_EACH: Budget =
    Budget { losses: 1, duplicates: 1, delays: 1, partitions: 0, spoofs: 0, deeds: 1 };
/// The network falls apart, heals, and falls apart again.
const PARTED_TWICE: Budget =
    Budget { losses: 0, duplicates: 0, delays: 0, partitions: 2, spoofs: 0, deeds: 0 };
/// It falls apart among people and lost messages.
const PARTED: Budget =
    Budget { losses: 1, duplicates: 0, delays: 0, partitions: 1, spoofs: 0, deeds: 2 };
/// It falls apart, and before or after that each kind of fault happens.
const PARTED_FAULTS: Budget =
    Budget { losses: 1, duplicates: 1, delays: 1, partitions: 1, spoofs: 0, deeds: 0 };

/// Tries each budget up to its time, with both mappings.
fn keeps(rules: &'static [&'static str], budgets: &[(&str, Budget, u64)]) {
    for mapping in MAPPINGS {
        for (name, budget, seconds) in budgets {
            let model = Recording::new(mapping, *budget, *seconds, rules);
            explore(&format!("{mapping:?}, {name}, {seconds} s"), model).assert_properties();
        }
    }
}

#[test]
fn the_phone_keeps_the_rules_whatever_single_messages_do() {
    keeps(SAFETY, &[("faults", FAULTS, 3), ("deeds", DEEDS, 2)]);
}

#[test]
fn the_phone_keeps_the_rules_while_the_network_is_parted() {
    keeps(SAFETY, &[("parted twice", PARTED_TWICE, 60), ("parted, deeds", PARTED, 4)]);
}

#[test]
fn recording_resumes_once_the_network_heals() {
    let long = Budget { losses: 2, duplicates: 1, delays: 0, ..FAULTS };
    keeps(
        &[E],
        &[
            ("faults, resuming", FAULTS, 2),
            ("faults up to a keep-alive, resuming", long, 40),
            ("one of each and a deed, resuming", ONE_OF_EACH, 2),
            ("parted and faults, resuming", PARTED_FAULTS, 12),
            ("parted twice, resuming", PARTED_TWICE, 60),
        ],
    );
}

#[test]
fn each_rule_is_seen_broken_by_a_machine_that_breaks_it() {
    let single = Budget { losses: 1, deeds: 1, spoofs: 1, ..Budget::default() };
    let parted = Budget { partitions: 1, ..Budget::default() };
    let cases: [(Fault, &'static [&'static str], Budget, u64); 8] = [
        (Fault::StartsWithoutAck, &[A], single, 5),
        (Fault::TrustsStrangers, &[A], single, 5),
        (Fault::IgnoresBye, &[B], single, 5),
        (Fault::IgnoresLogOff, &[B], single, 5),
        (Fault::SendsNoBye, &[C], single, 5),
        (Fault::SendsByeAtOnce, &[C], single, 5),
        (Fault::EndsReplaced, &[D], parted, 80),
        (Fault::InvitesOnce, &[E], parted, 80),
    ];
    for (fault, rules, budget, seconds) in cases {
        let model = Recording::new(Mapping::Dynamic, budget, seconds, rules).with(fault);
        let found = explore(&format!("{fault:?}"), model);
        let rule = rules[0];
        assert!(found.discovery(rule).is_some(), "{fault:?} was not found to break {rule}");
    }
}
