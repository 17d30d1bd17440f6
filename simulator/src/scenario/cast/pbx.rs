//! `type = "pbx"`: registrar, gatekeeper, call server and CSTA server.

use super::{Context, Fields, Part, Problem};
use crate::actor::Role;
use crate::text;
use recscope_core::machine::Diagram;
use recscope_core::pbx::{InfoPolicy, Order, Pbx, PbxCommand, PbxConfig, PbxState};
use recscope_flow::ActorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = PbxConfig::default();
    let port = table.port("sip_port")?.unwrap_or(usual.sip.port());
    let extensions = table.list("extensions")?.into_iter().map(|text| text.value).collect();
    let answer_after = table.with("answer_after", |value| match value {
        "never" => Ok(None),
        after => text::duration(after)
            .map(Some)
            .ok_or_else(|| format!("{after:?} is no duration: write 2s or never")),
    })?;
    let config = PbxConfig {
        seed: context.seed,
        sip: SocketAddr::new(IpAddr::V4(context.address), port),
        csta_port: table.port("csta_port")?.unwrap_or(usual.csta_port),
        extensions,
        gateway: table.address("gateway")?.map_or(usual.gateway, IpAddr::V4),
        registration: table.duration("registration")?.unwrap_or(usual.registration),
        restart: table.duration("restart")?.unwrap_or(usual.restart),
        answer_after: answer_after.unwrap_or(usual.answer_after),
        info: table.with("info", info)?.unwrap_or(usual.info),
    };
    Ok(Part {
        actor: Box::new(Pbx::new(config)),
        kind: ActorKind::Pbx,
        power_words: [Some("up"), Some("down")],
        drive: None,
    })
}

/// `accept`, or the status of a refusal.
fn info(text: &str) -> Result<InfoPolicy, String> {
    if text == "accept" {
        return Ok(InfoPolicy::Accept);
    }
    let status = text.parse().ok().filter(|status| (300..700).contains(status));
    let status = status.ok_or_else(|| format!("{text:?} is no answer: write accept or 403"))?;
    Ok(InfoPolicy::Refuse(status))
}

impl Role for Pbx {
    fn order(words: &str) -> Result<PbxCommand, String> {
        const ORDERS: [(&str, Order); 3] = [
            ("read-configuration", Order::ReadConfiguration),
            ("load-firmware", Order::LoadFirmware),
            ("log-off", Order::LogOff),
        ];
        let parts: Vec<&str> = words.split_whitespace().collect();
        Ok(match parts.as_slice() {
            ["down"] => PbxCommand::Down,
            ["up"] => PbxCommand::Up,
            ["restart"] => PbxCommand::Restart,
            ["release"] => PbxCommand::Release,
            ["order", extension, what] => {
                let order = ORDERS.into_iter().find(|(name, _)| name == what);
                let (_, order) = order.ok_or_else(|| {
                    let names = ORDERS.map(|(name, _)| name).join(", ");
                    format!("{what:?} is nothing that a PBX orders: it orders {names}")
                })?;
                PbxCommand::Order { extension: (*extension).to_owned(), order }
            }
            ["call", from, to, name @ ..] => PbxCommand::Call {
                from: (*from).to_owned(),
                name: name.join(" "),
                to: (*to).to_owned(),
            },
            ["answer", extension] => PbxCommand::Answer { extension: (*extension).to_owned() },
            ["hang-up", extension] => PbxCommand::HangUp { extension: (*extension).to_owned() },
            ["info", answer] => PbxCommand::Info(info(answer)?),
            _ => {
                return Err(format!(
                    "{words:?} is no order to a PBX: it takes down, up, restart, release, \
                     order EXTENSION WHAT, call FROM TO, answer EXTENSION, hang-up EXTENSION \
                     and info accept or a status"
                ));
            }
        })
    }

    fn listens(&self, port: u16) -> bool {
        port == self.config().csta_port && self.state() == PbxState::Running
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
