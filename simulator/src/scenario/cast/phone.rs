//! `type = "phone"`: a whole phone.

use super::{Context, Fields, Part, Problem, logger};
use crate::actor::Role;
use crate::text;
use recscope_core::machine::{Diagram, Outbox, Side};
use recscope_core::phone::active::SourcePolicy;
use recscope_core::phone::model::Model;
use recscope_core::phone::on_demand::{KeyAction, OnDemandConfig, RequestTemplate};
use recscope_core::phone::{Phone, PhoneCommand, PhoneConfig, RecordMethod};
use recscope_core::sdp::forwarding::Layout;
use recscope_core::time::Instant;
use recscope_flow::ActorKind;
use std::net::IpAddr;
use std::time::Duration;

/// The port of recorders' HTTP servers.
const HTTP_PORT: u16 = 8_080;

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = PhoneConfig::default();
    let methods = [
        ("none", RecordMethod::None),
        ("local", RecordMethod::Local),
        ("server", RecordMethod::Server),
        ("info", RecordMethod::Info),
    ];
    let model = table.with("model", |name| {
        Model::find(name).ok_or_else(|| {
            let names = Model::ALL.map(Model::name).join(", ");
            format!("{name:?} is no model: there are {names}")
        })
    })?;
    let mut config = PhoneConfig {
        seed: context.seed,
        epoch_seconds: context.epoch_seconds,
        model: model.unwrap_or(usual.model),
        address: IpAddr::V4(context.address),
        mac: context.mac,
        extension: table.text("extension")?.map_or(usual.extension, |text| text.value),
        display_name: table.text("display_name")?.map_or(usual.display_name, |text| text.value),
        pbx: table.socket("pbx", usual.pbx.port())?.unwrap_or(usual.pbx),
        sip_port: table.port("sip_port")?.unwrap_or(usual.sip_port),
        recording_port: table.port("recording_port")?,
        logs_on_at_start: table.switch("logs_on")?.unwrap_or(usual.logs_on_at_start),
        codec: table.with("codec", super::codec)?.unwrap_or(usual.codec),
        record_method: table.choice("record", &methods)?.unwrap_or_default(),
        on_demand: on_demand(table)?,
        ..PhoneConfig::default()
    };
    read_line(table, &mut config)?;
    read_recording(table, &mut config)?;
    let policies = SourcePolicy::ALL.map(|policy| (policy.name(), policy));
    config.active.allowed = super::addresses(table, "allowed")?;
    config.active.policy = table.choice("policy", &policies)?.unwrap_or_default();
    config.active.naming = logger::naming(table)?;
    let layouts = Layout::ALL.map(|layout| (layout.name(), layout));
    config.active.layout = table.choice("layout", &layouts)?.unwrap_or_default();
    Ok(Part {
        actor: Box::new(Phone::new(config)),
        kind: ActorKind::Phone,
        power_words: [Some("power on"), Some("power off")],
        drive: None,
    })
}

/// Registration, calls, and asking the PBX to record.
fn read_line(table: &mut Fields<'_, '_>, config: &mut PhoneConfig) -> Result<(), Problem> {
    let line = &mut config.line;
    for (key, place) in [
        ("expires", &mut line.expires),
        ("keep_alive", &mut line.keep_alive),
        ("retry", &mut line.retry),
        ("configuration", &mut line.configuration),
        ("restart", &mut line.restart),
    ] {
        *place = table.duration(key)?.unwrap_or(*place);
    }
    for (key, place) in [("record_on", &mut line.record_on), ("record_off", &mut line.record_off)] {
        if let Some(text) = table.text(key)? {
            *place = text.value;
        }
    }
    Ok(())
}

/// Recording to USB and by a server.
fn read_recording(table: &mut Fields<'_, '_>, config: &mut PhoneConfig) -> Result<(), Problem> {
    let codec = table.text("recording_codec")?;
    let codec = codec.map_or_else(|| config.codec.name().to_owned(), |text| text.value);
    config.local.codec.clone_from(&codec);
    config.server.codec = codec;
    config.local.size_limit = table.size("size_limit")?.unwrap_or(config.local.size_limit);
    config.local.minimum_free = table.size("minimum_free")?.unwrap_or(config.local.minimum_free);
    config.server.server = table.socket("server", 10_000)?;
    let server = &mut config.server;
    for (key, place) in [
        ("connect_timeout", &mut server.connect_timeout),
        ("start_timeout", &mut server.start_timeout),
        ("stop_timeout", &mut server.stop_timeout),
    ] {
        *place = table.duration(key)?.unwrap_or(*place);
    }
    Ok(())
}

/// The function key, if there is a server for it.
fn on_demand(table: &mut Fields<'_, '_>) -> Result<Option<OnDemandConfig>, Problem> {
    let actions = [("start-stop", KeyAction::StartStop), ("save", KeyAction::Save)];
    let server = table.socket("on_demand_server", HTTP_PORT)?;
    let action = table.choice("on_demand_key", &actions)?.unwrap_or_default();
    let mut config = OnDemandConfig { action, ..OnDemandConfig::default() };
    for (key, place) in [
        ("on_demand_start", &mut config.start),
        ("on_demand_stop", &mut config.stop),
        ("on_demand_save", &mut config.save),
    ] {
        if let Some(text) = table.text(key)? {
            *place = RequestTemplate::get(&text.value);
        }
    }
    Ok(server.map(|server| OnDemandConfig { server, ..config }))
}

impl Role for Phone {
    fn order(words: &str) -> Result<PhoneCommand, String> {
        let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
        Ok(match (verb, rest.trim()) {
            ("power", "on") => PhoneCommand::PowerOn,
            ("power", "off") => PhoneCommand::PowerOff,
            ("log-on", "") => PhoneCommand::LogOn,
            ("log-off", "") => PhoneCommand::LogOff,
            ("dial", number) if !number.is_empty() => PhoneCommand::Dial(number.to_owned()),
            ("answer", "") => PhoneCommand::Answer,
            ("hang-up", "") => PhoneCommand::HangUp,
            ("record", "") => PhoneCommand::RecordKey,
            ("pause", "") => PhoneCommand::Pause,
            ("resume", "") => PhoneCommand::Resume,
            ("on-demand", "") => PhoneCommand::OnDemandKey,
            ("play", name) if !name.is_empty() => PhoneCommand::Play(name.to_owned()),
            ("seek", second) => PhoneCommand::Seek(
                text::number(second)
                    .ok_or_else(|| format!("{second:?} is no second: write seek 3"))?,
            ),
            ("stop-playing", "") => PhoneCommand::StopPlaying,
            _ => {
                return Err(format!(
                    "{words:?} is no order to a phone: it takes log-on, log-off, dial NUMBER, \
                     answer, hang-up, record, pause, resume, on-demand, play NAME, seek SECOND \
                     and stop-playing"
                ));
            }
        })
    }

    fn sample_rate(&self) -> Option<u32> {
        Some(Self::sample_rate(self))
    }

    fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        Self::hear(self, now, side, samples, outbox);
    }

    fn listens(&self, _: u16) -> bool {
        false
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        Self::states(self).collect()
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        Self::timers(self).collect()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        Self::DIAGRAMS.to_vec()
    }
}
