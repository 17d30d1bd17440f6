//! Active recording with the PBX as an actor: registration, call and CSTA are what tells phone and
//! recorder of each other, and all of it can be lost, doubled, late or cut.

use crate::explorer::{Model, explore};
use crate::monitor::Broken;
use crate::world::{Action, Budget, Deed, RECORDING_PORT, Seat, World};
use recscope_core::phone::{PhoneConfig, active::ActiveConfig};
use recscope_core::recorder::active::{Extension, Mapping};
use recscope_core::recorder::csta::CstaConfig;
use recscope_core::recorder::{Logger, LoggerConfig};
use recscope_core::{Instant, phone::model::Model as PhoneModel};
use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

/// How somebody is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// The phone's un-registration never reaches the part that records.
    LeavesWithoutBye,
    /// The PBX tells the recorder nothing.
    SilentPbx,
    /// The recorder's address is not among those that are allowed.
    Misconfigured,
}

struct Active {
    mapping: Mapping,
    budget: Budget,
    deeds: &'static [Deed],
    /// How long after the start things may still happen.
    horizon: Duration,
    fault: Fault,
    /// Whether recovery is looked at, which takes long.
    recovers: bool,
    /// Worlds that were seen to recover.
    recovering: RefCell<HashSet<u64>>,
}

/// The longest that recovery takes: the ends of all waits that a fault can start, one after the
/// other, and a keep-alive of the phone.
const RECOVERY: Duration = Duration::from_secs(240);
/// After how long a user gives a call up that does not get on.
const PATIENCE: Duration = Duration::from_secs(60);

impl Active {
    fn world(&self) -> World {
        let phone = PhoneConfig {
            model: PhoneModel::Mx6800,
            recording_port: Some(RECORDING_PORT),
            active: ActiveConfig {
                allowed: match self.fault {
                    Fault::Misconfigured => vec![Seat::Pbx.address()],
                    _ => vec![Seat::Recorder.address()],
                },
                ..ActiveConfig::default()
            },
            ..PhoneConfig::default()
        };
        let number = String::from("1000");
        let extension = Extension { number, sip_port: RECORDING_PORT };
        let recorder = LoggerConfig {
            extensions: vec![extension],
            csta: (self.fault != Fault::SilentPbx).then(CstaConfig::default),
            mapping: self.mapping,
            writes_files: false,
            ..LoggerConfig::default()
        };
        World::new(phone, Some(Logger::new(recorder)), None, self.budget)
    }

    /// Whether a call is recorded some time after all is well again.
    fn recovers(&self, world: &World) -> bool {
        let mut world = world.clone();
        world.budget = Budget::default();
        world.monitor = Default::default();
        let end = world.now + RECOVERY;
        let patience = world.now + PATIENCE;
        let mut way = Vec::new();
        let mut is_well = false;
        let mut gave_up = false;
        while world.now < end && !is_well {
            if !world.is_phone_on() {
                world.act(Deed::PowerOn);
            }
            if !world.is_pbx_up() {
                world.act(Deed::PbxStarts);
            }
            match (world.state("registration"), world.state("call")) {
                ("logged off", _) => world.act(Deed::LogOn),
                ("registered", "idle") => world.act(Deed::Dial),
                (_, "calling" | "talking") if !gave_up && world.now > patience => {
                    // A PBX that was down has forgotten the call; its user tries again.
                    gave_up = true;
                    world.act(Deed::HangUp);
                }
                _ => {}
            }
            world.arrive_all();
            let fingerprint = world.fingerprint();
            is_well = world.is_recording() || self.recovering.borrow().contains(&fingerprint);
            if !gave_up {
                way.push(fingerprint);
            }
            world.go_on(Duration::from_millis(1));
        }
        if is_well {
            self.recovering.borrow_mut().extend(way);
        }
        is_well
    }
}

impl Model for Active {
    type State = World;
    type Action = Action;

    fn start(&self) -> World {
        let mut world = self.world();
        world.act(Deed::Dial);
        world
    }

    fn actions(&self, world: &World) -> Vec<Action> {
        if world.now > Instant::ORIGIN + self.horizon {
            return Vec::new();
        }
        let mut actions = world.actions();
        if world.budget.deeds > 0 {
            let can = |deed: &&Deed| match deed {
                Deed::LogOff => world.state("registration") == "registered",
                Deed::HangUp | Deed::FarEndHangsUp => world.is_talking(),
                Deed::CutPower => world.is_phone_on(),
                Deed::PbxStops => world.is_pbx_up(),
                _ => true,
            };
            actions.extend(self.deeds.iter().filter(can).map(|deed| Action::Deed(*deed)));
        }
        actions
    }

    fn step(&self, world: &World, action: &Action) -> Result<World, String> {
        let mut next = world.clone();
        if self.fault == Fault::LeavesWithoutBye {
            next.swallow_bye();
        }
        next.take(*action);
        Ok(next)
    }

    fn check(&self, world: &World) -> Result<(), String> {
        let mut monitor = world.monitor.clone();
        if !world.copies().is_empty() {
            monitor.on_copies();
        }
        if world.state("active recording") == "logged off" {
            monitor.on_silence();
        }
        for (rule, words) in [
            (Broken::CopiesBeforeAck, "(a) copies before the ACK"),
            (Broken::CopiesAfterEnd, "(b) copies after the end"),
            (Broken::Bye, "(c) no BYE, more than one, or one too early"),
            (Broken::ByeForReplaced, "(d) a BYE for a session that was replaced"),
        ] {
            if !monitor.is_kept(rule) {
                return Err(words.into());
            }
        }
        if self.recovers && !self.recovers(world) {
            return Err("(e) recording does not resume".into());
        }
        Ok(())
    }

    fn fingerprint(&self, world: &World) -> u64 {
        world.fingerprint()
    }
}

const NOTHING: Budget =
    Budget { losses: 0, duplicates: 0, delays: 0, breaks: 0, deeds: 0, frames: 0, waits: 30 };
const FAULTS: Budget = Budget { losses: 2, duplicates: 1, delays: 1, ..NOTHING };
const DEEDS: Budget = Budget { losses: 1, deeds: 2, ..NOTHING };
const BREAKS: Budget = Budget { breaks: 2, deeds: 1, ..NOTHING };
const LOSSES: Budget = Budget { losses: 2, duplicates: 1, ..NOTHING };
const ONE_OF_EACH: Budget = Budget { losses: 1, duplicates: 1, delays: 1, ..NOTHING };
const DEED: Budget = Budget { losses: 1, deeds: 1, ..NOTHING };
const BREAK: Budget = Budget { breaks: 2, deeds: 1, ..NOTHING };
const EVERY_DEED: &[Deed] =
    &[Deed::LogOff, Deed::HangUp, Deed::FarEndHangsUp, Deed::CutPower, Deed::PbxStops];

fn model(mapping: Mapping, budget: Budget, seconds: u64) -> Active {
    Active {
        mapping,
        budget,
        deeds: EVERY_DEED,
        horizon: Duration::from_secs(seconds),
        fault: Fault::None,
        recovers: false,
        recovering: RefCell::default(),
    }
}

#[test]
fn the_phone_keeps_the_rules_with_a_pbx_that_acts() {
    for mapping in [Mapping::Dynamic, Mapping::Static] {
        for (name, budget) in [("faults", FAULTS), ("deeds", DEEDS), ("breaks", BREAKS)] {
            match explore(&model(mapping, budget, 3)) {
                Ok(explored) => {
                    eprintln!("phone, PBX and recorder, {mapping:?}, {name}: {explored}");
                }
                Err(counterexample) => panic!("{mapping:?}, {name}: {counterexample}"),
            }
        }
    }
}

#[test]
fn recording_resumes_with_a_pbx_that_acts() {
    for mapping in [Mapping::Dynamic, Mapping::Static] {
        for (name, budget) in
            [("losses", LOSSES), ("one of each", ONE_OF_EACH), ("deed", DEED), ("breaks", BREAK)]
        {
            let model = Active { recovers: true, ..model(mapping, budget, 2) };
            match explore(&model) {
                Ok(explored) => eprintln!("resuming with a PBX, {mapping:?}, {name}: {explored}"),
                Err(counterexample) => panic!("{mapping:?}, {name}: {counterexample}"),
            }
        }
    }
}

#[test]
fn what_is_broken_on_purpose_is_found_out() {
    for (fault, mapping, problem) in [
        (Fault::LeavesWithoutBye, Mapping::Static, "(c)"),
        (Fault::SilentPbx, Mapping::Dynamic, "(e)"),
        (Fault::Misconfigured, Mapping::Static, "(e)"),
    ] {
        let recovers = problem == "(e)";
        let model = Active { fault, recovers, ..model(mapping, DEED, 3) };
        let counterexample = explore(&model).unwrap_err();
        assert!(counterexample.problem.contains(problem), "{fault:?}: {counterexample}");
        eprintln!("{fault:?}: {counterexample}");
    }
}
