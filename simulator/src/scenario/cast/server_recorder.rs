//! `type = "server-recorder"`: the part of a phone that records by a server, alone.

use super::{Context, Fields, Part, Problem};
use crate::actor::Role;
use recscope_core::codec::Codec;
use recscope_core::control::Direction;
use recscope_core::machine::{Diagram, State};
use recscope_core::phone::server::{Command, Config, Parties, ServerRecorder, ServerState};
use recscope_flow::ActorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The recorder with the rate of its codec.
#[derive(Clone, Debug)]
struct Recorder {
    machine: ServerRecorder,
    sample_rate: u32,
}

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = Config::default();
    let port = table.port("rtp_port")?.unwrap_or(usual.local_rtp.port());
    let codec = table.text("codec")?.map_or(usual.codec, |text| text.value);
    let config = Config {
        seed: context.seed,
        server: table.socket("server", 10_000)?,
        mac: context.mac,
        local_rtp: SocketAddr::new(IpAddr::V4(context.address), port),
        packet_time: table.duration("packet_time")?.unwrap_or(usual.packet_time),
        connect_timeout: table.duration("connect_timeout")?.unwrap_or(usual.connect_timeout),
        start_timeout: table.duration("start_timeout")?.unwrap_or(usual.start_timeout),
        stop_timeout: table.duration("stop_timeout")?.unwrap_or(usual.stop_timeout),
        codec,
        ..Config::default()
    };
    let sample_rate = Codec::from_name(&config.codec).map_or(8_000, Codec::sample_rate);
    Ok(Part {
        actor: Box::new(Recorder { machine: ServerRecorder::new(config), sample_rate }),
        kind: ActorKind::Phone,
        power_words: [None, None],
        drive: None,
    })
}

super::hosted! { Recorder, machine: ServerRecorder }

impl Role for Recorder {
    fn order(words: &str) -> Result<Command, String> {
        let (verb, number) = words.split_once(' ').unwrap_or((words, ""));
        match (verb, number) {
            ("start", number) if !number.is_empty() => Ok(Command::Start(Parties {
                remote_number: number.to_owned(),
                remote_name: String::new(),
                local_number: "1000".to_owned(),
                local_name: "Desk 1000".to_owned(),
                direction: Direction::Out,
            })),
            ("stop", "") => Ok(Command::Stop),
            ("call-ended", "") => Ok(Command::CallEnded),
            _ => Err(format!(
                "{words:?} is no order to a recorder: it takes start NUMBER, stop and call-ended"
            )),
        }
    }

    fn sample_rate(&self) -> Option<u32> {
        Some(self.sample_rate)
    }

    fn listens(&self, _: u16) -> bool {
        false
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        vec![(ServerState::DIAGRAM.machine, self.machine.state().name())]
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        self.machine.timers().collect()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        vec![ServerState::DIAGRAM]
    }
}
