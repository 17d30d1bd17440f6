//! `type = "record-server"`: the server that phones ask to record.

use super::{Context, Drive, Fields, Part, Problem};
use crate::actor::Role;
use recscope_core::machine::{Diagram, State};
use recscope_core::recorder::server::{
    Command, Config, FileFormat, RecordServer, RecordingState, ServiceState,
};
use recscope_flow::ActorKind;
use std::net::IpAddr;
use std::time::Duration;

/// The port of provisioning templates (BX-S10).
const PORT: u16 = 10_000;
/// The size of its disk unless the scenario says otherwise.
const DISK: u64 = 1_000_000_000;

/// A record server with the port that it listens on.
#[derive(Clone, Debug)]
struct Listening {
    server: RecordServer,
    port: u16,
}

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let mut config = Config {
        epoch_seconds: context.epoch_seconds,
        address: IpAddr::V4(context.address),
        ..Config::default()
    };
    let port = table.port("port")?.unwrap_or(PORT);
    if let Some(ports) = table.with("rtp_ports", range)? {
        config.ports = ports;
    }
    if let Some(recordings) = table.number("max_recordings")? {
        config.max_recordings = recordings as usize;
    }
    let formats = [("wave", FileFormat::Wave), ("recording", FileFormat::Recording)];
    config.format = table.choice("format", &formats)?.unwrap_or_default();
    config.minimum_free = table.size("minimum_free")?.unwrap_or(config.minimum_free);
    config.silence = table.duration("silence")?.unwrap_or(config.silence);
    config.first_command = table.duration("first_command")?.unwrap_or(config.first_command);
    config.settle = table.duration("settle")?.unwrap_or(config.settle);
    Ok(Part {
        actor: Box::new(Listening { server: RecordServer::new(config), port }),
        kind: ActorKind::Recorder,
        power_words: [None, None],
        drive: Some(Drive::new(DISK)),
    })
}

/// `30000..30999`.
fn range(text: &str) -> Result<std::ops::RangeInclusive<u16>, String> {
    let ends = text
        .split_once("..")
        .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    let (first, last): (u16, u16) =
        ends.ok_or_else(|| format!("{text:?} are no ports: write 30000..30999"))?;
    if first > last {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok(first..=last)
}

super::hosted! { Listening, server: RecordServer }

impl Role for Listening {
    fn order(words: &str) -> Result<Command, String> {
        match words {
            "drain" => Ok(Command::Drain),
            "stop" => Ok(Command::Stop),
            _ => Err(format!("{words:?} is no order to a record server: it takes drain and stop")),
        }
    }

    fn listens(&self, port: u16) -> bool {
        port == self.port && self.server.state() == ServiceState::Running
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        let recordings = self
            .server
            .recordings()
            .map(|_| (RecordingState::DIAGRAM.machine, RecordingState::Recording.name()));
        let service = (ServiceState::DIAGRAM.machine, self.server.state().name());
        std::iter::once(service).chain(recordings).collect()
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        self.server.timers().collect()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        vec![ServiceState::DIAGRAM, RecordingState::DIAGRAM]
    }
}
