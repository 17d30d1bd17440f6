//! `type = "logger"`: the recording system that has phones copy their RTP to it.

use super::{Context, Drive, Fields, Part, Problem};
use crate::actor::Role;
use recscope_core::codec::Codec;
use recscope_core::machine::Diagram;
use recscope_core::recorder::active::{Demands, Extension, Mapping, RepeatShape};
use recscope_core::recorder::csta::CstaConfig;
use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
use recscope_core::sdp::forwarding::Layout;
use recscope_core::sip::SessionNaming;
use recscope_flow::ActorKind;
use std::net::IpAddr;
use std::time::Duration;

/// The port on which 7400 and 442x terminals listen (MX-S7).
const TERMINAL_PORT: u16 = 7_300;
/// The port of the PBX's CSTA server.
const CSTA_PORT: u16 = 8_882;
/// The size of its disk unless the scenario says otherwise.
const DISK: u64 = 1_000_000_000;

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = LoggerConfig::default();
    let mut extensions = Vec::new();
    for text in table.list("extensions")? {
        let extension = extension(&text.value);
        extensions.push(extension.map_err(|message| table.problem(text.offset, message))?);
    }
    let numbers = extensions.iter().map(|extension| extension.number.clone()).collect();
    let csta = table.socket("csta", CSTA_PORT)?;
    let retry = table.duration("retry")?.unwrap_or(usual.retry);
    let csta_retry = table.duration("csta_retry")?.unwrap_or(CstaConfig::default().retry);
    let csta = csta.map(|server| CstaConfig {
        server,
        extensions: numbers,
        retry: csta_retry,
        ..CstaConfig::default()
    });
    let mappings = [("dynamic", Mapping::Dynamic), ("static", Mapping::Static)];
    let demands = [("none", Demands::None), ("start", Demands::Start), ("save", Demands::Save)];
    let mut codecs = Vec::new();
    for text in table.list("codecs")? {
        let codec = super::codec(&text.value);
        codecs.push(codec.map_err(|message| table.problem(text.offset, message))?);
    }
    let repeats = table.with("repeats", |value| {
        value.parse::<u8>().map_err(|_| format!("{value:?} is no number from 0 to 255"))
    })?;
    let config = LoggerConfig {
        seed: context.seed,
        epoch_seconds: context.epoch_seconds,
        address: IpAddr::V4(context.address),
        sip_port: table.port("sip_port")?.unwrap_or(usual.sip_port),
        rtp_port: table.port("rtp_port")?.unwrap_or(usual.rtp_port),
        http_port: table.port("http_port")?.unwrap_or(usual.http_port),
        extensions,
        csta,
        mapping: table.choice("mapping", &mappings)?.unwrap_or_default(),
        demands: table.choice("on_demand", &demands)?.unwrap_or_default(),
        layout: table.choice("layout", &Layout::ALL.map(|it| (it.name(), it)))?.unwrap_or_default(),
        codecs: if codecs.is_empty() { Codec::ALL.to_vec() } else { codecs },
        naming: naming(table)?,
        repeat_shape: table
            .choice("repeat_shape", &RepeatShape::ALL.map(|it| (it.name(), it)))?
            .unwrap_or_default(),
        repeats: repeats.unwrap_or(usual.repeats),
        invite_patience: table.duration("invite_patience")?.unwrap_or(usual.invite_patience),
        keep_alive: table.duration("keep_alive")?.unwrap_or(usual.keep_alive),
        answer_patience: table.duration("answer_patience")?.unwrap_or(usual.answer_patience),
        retry,
        writes_files: table.switch("writes_files")?.unwrap_or(usual.writes_files),
        takes: usual.takes,
    };
    Ok(Part {
        actor: Box::new(Logger::new(config)),
        kind: ActorKind::Recorder,
        power_words: [Some("start"), None],
        drive: Some(Drive::new(DISK)),
    })
}

pub(super) fn naming(table: &mut Fields<'_, '_>) -> Result<SessionNaming, Problem> {
    let names = SessionNaming::ALL.map(|naming| (naming.name(), naming));
    Ok(table.choice("session_id", &names)?.unwrap_or_default())
}

/// `1000` or, with the port on which its phone listens for recorders, `1000:7300`.
fn extension(text: &str) -> Result<Extension, String> {
    let (number, port) = match text.split_once(':') {
        Some((number, port)) => (number, port.parse().ok()),
        None => (text, Some(TERMINAL_PORT)),
    };
    let sip_port = port.filter(|_| !number.is_empty());
    let sip_port = sip_port.ok_or_else(|| format!("{text:?} is no extension: write 1000:7300"))?;
    Ok(Extension { number: number.to_owned(), sip_port })
}

impl Role for Logger {
    fn order(words: &str) -> Result<LoggerCommand, String> {
        let mut parts = words.split_whitespace();
        let verb = parts.next().unwrap_or_default();
        let (extension, address) = (parts.next(), parts.next());
        let rest = parts.next().is_some();
        let extension = extension.map(str::to_owned);
        Ok(match (verb, extension, address, rest) {
            ("start", None, None, false) => LoggerCommand::Start,
            ("stop", None, None, false) => LoggerCommand::Stop,
            ("registered", Some(extension), Some(address), false) => {
                let address = address
                    .parse()
                    .map_err(|_| format!("{address:?} is no address: write 192.0.2.20"))?;
                LoggerCommand::Registered { extension, address }
            }
            ("unregistered", Some(extension), None, false) => {
                LoggerCommand::Unregistered { extension }
            }
            ("call-started", Some(extension), None, false) => {
                LoggerCommand::CallStarted { extension }
            }
            ("call-ended", Some(extension), None, false) => LoggerCommand::CallEnded { extension },
            _ => {
                return Err(format!(
                    "{words:?} is no order to a logger: it takes start, stop, \
                     registered EXTENSION ADDRESS, unregistered EXTENSION, \
                     call-started EXTENSION and call-ended EXTENSION"
                ));
            }
        })
    }

    fn listens(&self, port: u16) -> bool {
        port == self.config().http_port
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
