//! Recording by a server, in a call that a PBX makes and ends (BX-S7): after a socket error neither
//! side holds state and the port is free again, whoever ends the call and whatever gets lost.

use crate::explorer::{Model, explore};
use crate::world::{Action, Budget, Deed, Seat, World};
use recscope_core::Instant;
use recscope_core::phone::model::Model as PhoneModel;
use recscope_core::phone::{PhoneConfig, RecordMethod, server};
use recscope_core::recorder::server::{Config, RecordServer};
use std::net::SocketAddr;
use std::time::Duration;

const PORTS: usize = 2;
const DEEDS: &[Deed] = &[
    Deed::RecordKey,
    Deed::HangUp,
    Deed::FarEndHangsUp,
    Deed::CutPower,
    Deed::PowerOn,
    Deed::PbxStops,
];

struct Served {
    budget: Budget,
    /// A server that does not hear of socket errors is a broken one.
    is_deaf: bool,
}

impl Served {
    /// Both ends of every connection hear of an error, in either order; then nothing may be left.
    fn check_after_errors(&self, world: &World, ends: [usize; 2]) -> Result<(), String> {
        let mut world = world.clone();
        for line in 0..world.lines.len() {
            world.fail(line, ends);
        }
        if world.is_phone_on() && !matches!(world.state("server recording"), "" | "idle") {
            return Err(format!("the phone is {}", world.state("server recording")));
        }
        is_clear(&world, "after a socket error")
    }
}

fn is_clear(world: &World, when: &str) -> Result<(), String> {
    let server = world.server.as_ref().unwrap();
    if server.recordings().next().is_some() || server.connections() > 0 {
        return Err(format!("{when} the server holds state"));
    }
    if server.free_ports() != PORTS {
        return Err(format!("{when} a port is not free"));
    }
    Ok(())
}

impl Model for Served {
    type State = World;
    type Action = Action;

    fn start(&self) -> World {
        let phone = PhoneConfig {
            model: PhoneModel::Bx6,
            record_method: RecordMethod::Server,
            server: server::Config {
                server: Some(SocketAddr::new(Seat::Server.address(), 10_000)),
                ..server::Config::default()
            },
            ..PhoneConfig::default()
        };
        let server = RecordServer::new(Config {
            ports: 30_000..=30_003,
            address: Seat::Server.address(),
            ..Config::default()
        });
        let mut world = World::new(phone, None, Some(server), self.budget);
        world.act(Deed::Dial);
        world.go_on(Duration::from_millis(1_500));
        assert!(world.is_talking(), "the call stands");
        if self.is_deaf {
            world.deafen_server();
        }
        world
    }

    fn actions(&self, world: &World) -> Vec<Action> {
        let mut actions = world.actions();
        if world.budget.deeds > 0 && world.now < Instant::ORIGIN + Duration::from_secs(8) {
            let can = |deed: &&Deed| match deed {
                Deed::PowerOn => !world.is_phone_on(),
                Deed::CutPower => world.is_phone_on(),
                Deed::PbxStops => world.is_pbx_up(),
                _ => world.is_talking(),
            };
            actions.extend(DEEDS.iter().filter(can).map(|deed| Action::Deed(*deed)));
        }
        actions
    }

    fn step(&self, world: &World, action: &Action) -> Result<World, String> {
        let mut next = world.clone();
        next.take(*action);
        Ok(next)
    }

    fn check(&self, world: &World) -> Result<(), String> {
        let server = world.server.as_ref().unwrap();
        if server.free_ports() + server.recordings().count() != PORTS {
            return Err("a port is lost".into());
        }
        if !world.is_talking()
            && !matches!(world.state("server recording"), "" | "idle" | "stopping")
        {
            return Err(format!("without a call the phone is {}", world.state("server recording")));
        }
        self.check_after_errors(world, [0, 1])?;
        self.check_after_errors(world, [1, 0])?;
        if !world.is_quiet() {
            return Ok(());
        }
        // Nothing more happens but that the call ends: so does the recording.
        let mut world = world.clone();
        world.budget = Budget::default();
        if world.is_talking() {
            world.act(Deed::HangUp);
        }
        world.go_on(Duration::from_secs(130));
        is_clear(&world, "long after the call")
    }

    fn fingerprint(&self, world: &World) -> u64 {
        world.fingerprint()
    }
}

const LOSSES: Budget =
    Budget { losses: 2, duplicates: 1, delays: 1, breaks: 0, deeds: 2, frames: 1, waits: 1 };
const BREAKS: Budget =
    Budget { losses: 1, duplicates: 0, delays: 0, breaks: 2, deeds: 2, frames: 1, waits: 2 };

#[test]
fn with_a_pbx_too_neither_side_holds_state_after_a_socket_error() {
    for (name, budget) in [("losses", LOSSES), ("breaks", BREAKS)] {
        match explore(&Served { budget, is_deaf: false }) {
            Ok(explored) => eprintln!("phone, PBX and record server, {name}: {explored}"),
            Err(counterexample) => panic!("{name}: {counterexample}"),
        }
    }
}

#[test]
fn a_server_that_is_deaf_to_errors_is_found_out() {
    let counterexample = explore(&Served { budget: BREAKS, is_deaf: true }).unwrap_err();
    assert!(counterexample.problem.contains("the server holds state"), "{counterexample}");
    eprintln!("{counterexample}");
}
