//! `type = "active-recorder"`: the part of a phone that copies its calls to a recorder, alone.

use super::{Context, Fields, Part, Problem, logger};
use crate::actor::Role;
use recscope_core::machine::Diagram;
use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig, SourcePolicy};
use recscope_core::sdp::forwarding::Layout;
use recscope_flow::ActorKind;
use std::net::IpAddr;
use std::time::Duration;

/// The machine with the rate of its codec.
#[derive(Clone, Debug)]
struct Copier {
    machine: Active,
    sample_rate: u32,
}

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = ActiveConfig::default();
    let policies = SourcePolicy::ALL.map(|policy| (policy.name(), policy));
    let config = ActiveConfig {
        seed: context.seed,
        address: IpAddr::V4(context.address),
        sip_port: table.port("sip_port")?.unwrap_or(usual.sip_port),
        rtp_port: table.port("rtp_port")?.unwrap_or(usual.rtp_port),
        extension: table.text("extension")?.map_or(usual.extension, |text| text.value),
        allowed: super::addresses(table, "allowed")?,
        policy: table.choice("policy", &policies)?.unwrap_or_default(),
        naming: logger::naming(table)?,
        layout: table.choice("layout", &Layout::ALL.map(|it| (it.name(), it)))?.unwrap_or_default(),
        codec: table.with("codec", super::codec)?.unwrap_or(usual.codec),
        packet_time: table.duration("packet_time")?.unwrap_or(usual.packet_time),
    };
    let sample_rate = config.codec.sample_rate();
    Ok(Part {
        actor: Box::new(Copier { machine: Active::new(config), sample_rate }),
        kind: ActorKind::Phone,
        power_words: [None, Some("power off")],
        drive: None,
    })
}

super::hosted! { Copier, machine: Active }

impl Role for Copier {
    fn order(words: &str) -> Result<ActiveCommand, String> {
        Ok(match words {
            "log-on" => ActiveCommand::LogOn,
            "log-off" => ActiveCommand::LogOff,
            "call-started" => ActiveCommand::CallStarted,
            "call-ended" => ActiveCommand::CallEnded,
            "power off" => ActiveCommand::PowerOff,
            _ => {
                return Err(format!(
                    "{words:?} is no order to it: it takes log-on, log-off, call-started \
                     and call-ended"
                ));
            }
        })
    }

    fn sample_rate(&self) -> Option<u32> {
        Some(self.sample_rate)
    }

    fn listens(&self, _: u16) -> bool {
        false
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        self.machine.states().collect()
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        self.machine.timers().collect()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        Active::DIAGRAMS.to_vec()
    }
}
