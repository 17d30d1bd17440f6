//! A phone that asks a record server (BX-S).

use super::{Arguments, Fate};
use crate::Outcome;
use crate::host::{Ground, Line, OrdersOf, Service, chance, own_address};
use anyhow::{Result, anyhow};
use recscope_core::machine::{Event, State as _};
use recscope_core::phone::server::{Command, Config, Parties, ServerRecorder, ServerState};
use recscope_core::time::Instant;
use std::net::SocketAddr;

pub(super) async fn run(arguments: &Arguments, server: SocketAddr) -> Result<Outcome> {
    let sound = arguments.sound()?;
    let mut ground = Ground::new();
    ground.give_up_after(arguments.patience);
    let own = own_address(server.ip())
        .map_err(|error| anyhow!("there is no way to {}: {error}", server.ip()))?;
    let local_rtp = ground.bind(SocketAddr::new(own, 0))?;
    let machine = ServerRecorder::new(Config {
        seed: chance(),
        server: Some(server),
        mac: arguments.mac,
        codec: arguments.codec.clone(),
        local_rtp,
        ..Config::default()
    });
    let phone = Phone {
        parties: arguments.parties(),
        local_rtp,
        fate: Fate::default(),
        reached: false,
        since: None,
        seconds: 0,
    };
    let ended = ground.host(machine, phone).with_sound(sound).run().await?;
    let line = Line::new("summary").with("packets", ended.traffic.sent);
    ended.log.write(&line.with("unsent", ended.traffic.unsent));
    let Phone { fate, reached, .. } = ended.service;
    let outcome = fate.outcome(ended.is_clean && ended.traffic.unsent == 0);
    if outcome.is_err() && !reached {
        return outcome.map_err(|error| anyhow!("{error}: does one listen at {server}?"));
    }
    outcome
}

struct Phone {
    parties: Parties,
    local_rtp: SocketAddr,
    fate: Fate,
    /// A connection came about.
    reached: bool,
    since: Option<Instant>,
    seconds: u64,
}

impl Service for Phone {
    type Machine = ServerRecorder;

    fn sockets(&self, _: &ServerRecorder, wanted: &mut Vec<SocketAddr>) {
        wanted.push(self.local_rtp);
    }

    fn begin(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(Command::Start(self.parties.clone()));
    }

    fn notice(
        &mut self,
        orders: &mut OrdersOf<Self>,
        machine: &ServerRecorder,
        event: &Event,
    ) -> bool {
        if let Event::StateChanged { to, .. } = event {
            self.fate.is_busy = *to != ServerState::Idle.name();
        }
        match event {
            Event::StateChanged { to, .. } if *to == ServerState::Starting.name() => {
                self.reached = true;
            }
            Event::StateChanged { to, .. } if *to == ServerState::Recording.name() => {
                self.fate.recorded = true;
                self.since = Some(orders.now());
                if let Some(id) = machine.id() {
                    orders.log(Line::new("recording").with("id", id));
                }
                orders.play();
            }
            Event::StateChanged { to, .. } if *to == ServerState::Idle.name() => orders.leave(),
            Event::Prompt { text, .. } => self.fate.show::<Self>(orders, text),
            _ => {}
        }
        true
    }

    fn sound_ended(&mut self, orders: &mut OrdersOf<Self>) {
        orders.leave();
    }

    fn tick(&mut self, orders: &mut OrdersOf<Self>, _: &ServerRecorder) {
        self.seconds = self.since.map_or(0, |since| (orders.now() - since).as_secs());
    }

    fn figures(&self, machine: &ServerRecorder) -> String {
        let seconds = self.seconds;
        format!("{}, {}:{:02}", machine.state().name(), seconds / 60, seconds % 60)
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        orders.stop_sound();
        if self.fate.is_busy {
            orders.give(Command::Stop);
        }
    }

    fn has_left(&self, machine: &ServerRecorder) -> bool {
        machine.is_clear()
    }
}
