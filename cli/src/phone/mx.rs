//! `recscope phone mx`: a phone that a recording system records (MX-S).

use super::desk::Desk;
use crate::Outcome;
use crate::address;
use crate::host::{
    AtEnd, Ground, Line, OrdersOf, Script, Service, Sound, Traffic, Voice, chance, own_address,
};
use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;
use recscope_core::codec::Codec;
use recscope_core::machine::{Event, Side, State as _};
use recscope_core::phone::active::{ActiveConfig, ActiveState, SourcePolicy};
use recscope_core::phone::line::CallState;
use recscope_core::phone::model::Model;
use recscope_core::phone::on_demand::{KeyAction, OnDemandConfig};
use recscope_core::phone::{Phone, PhoneCommand, PhoneConfig};
use recscope_core::sip::SessionNaming;
use recscope_simulator::actor::Role as _;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// A phone that a recording system asks for copies of its calls (MX)
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where recorders reach it; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port, default_value = "0.0.0.0:7300")]
    listen: SocketAddr,
    /// Recorders that may ask (MX-S4)
    #[arg(long, value_name = "IP", value_parser = address::ip, required = true, num_args = 1.., value_delimiter = ',')]
    allow: Vec<IpAddr>,
    /// What others get (MX-S4)
    #[arg(long, value_enum, default_value_t)]
    others: Others,
    /// What the phone's user says; without it, nothing
    #[arg(long, value_name = "FILE.wav")]
    sent: Option<PathBuf>,
    /// What the other party says
    #[arg(long, value_name = "FILE.wav")]
    received: Option<PathBuf>,
    /// Play the files again and again; otherwise silence follows
    #[arg(long)]
    repeat: bool,
    /// Codec of the call, and so of its copies: PCMU, PCMA or G722
    #[arg(long, value_name = "NAME", default_value = "PCMA", value_parser = codec)]
    codec: Codec,
    /// The extension it has
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    extension: String,
    /// First of its two ports for RTP, with the other two above; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    rtp_port: u16,
    /// Where the session id of INVITE and ACK stands (MX-S9)
    #[arg(long, value_enum, default_value_t)]
    session_id: SessionId,
    /// Where the key for recording on demand sends its requests (MX-D1)
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port)]
    on_demand: Option<SocketAddr>,
    /// The key keeps a recording that runs, instead of starting and stopping it (MX-D3)
    #[arg(long, requires = "on_demand")]
    save: bool,
    /// Register here and have calls; otherwise the phone is in a call from the start
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port)]
    pbx: Option<SocketAddr>,
    /// Port of its calls by the PBX; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "pbx")]
    sip_port: u16,
    /// Orders and their times, a line each such as `2.5s log-off`
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

const EXAMPLES: &str = "Orders, typed on standard input or written in a script:
  log-off, log-on      the user leaves, and comes back (MX-S5, MX-S6)
  on-demand            the key for recording on demand (MX-D1)
  power off, power on  silent at once (MX-S12)
  dial NUMBER, answer, hang-up
  quit                 end, as Ctrl-C does

Examples:
  recscope phone mx --allow 192.0.2.9 --sent me.wav --received them.wav
  recscope phone mx --listen 127.0.0.1:7300 --allow 127.0.0.1 --sent me.wav --repeat
  recscope phone mx --allow 192.0.2.9 --pbx 192.0.2.1:5060 --extension 2001

A recorder that is to be tried out needs the phone's address and port 7300, nothing else.

Recorders speak SIP with every terminal, so this is also what they meet at an H.323 one (442x, 743x,
744x), always on port 7300 (MX-S7). With --pbx it registers by SIP. How H.323 terminals register and
call is simulated only: `recscope simulate mx-h323-terminal`.";

/// What a recorder gets that is not allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Others {
    /// No answer
    #[default]
    Drop,
    /// 403 Forbidden
    #[value(name = "403")]
    Forbid,
    /// 603 Decline
    #[value(name = "603")]
    Decline,
}

/// Where a session id stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum SessionId {
    /// The Call-ID header
    #[default]
    CallId,
    /// The o= line of the SDP
    SdpOrigin,
    /// The Session-ID header
    #[value(name = "session-id")]
    Header,
}

/// A codec by its name.
fn codec(name: &str) -> Result<Codec, String> {
    Codec::from_name(name).ok_or_else(|| "write PCMU, PCMA or G722".to_owned())
}

pub(super) async fn run(arguments: &Arguments) -> Result<Outcome> {
    let rate = arguments.codec.sample_rate();
    let voice = |path: &Option<PathBuf>, side| match path {
        Some(path) => Voice::read(path, side, rate),
        None => Ok(Voice::silent(side)),
    };
    let voices =
        vec![voice(&arguments.sent, Side::Sent)?, voice(&arguments.received, Side::Received)?];
    let at_end = if arguments.repeat { AtEnd::Repeat } else { AtEnd::Silence };
    let script = arguments.script.as_deref().map(Script::read).transpose()?.unwrap_or_default();
    for order in script.orders() {
        phone_order(order)?;
    }

    let mut ground = Ground::new();
    let listen = SocketAddr::new(own_ip(arguments)?, arguments.listen.port());
    let sip = ground.bind(listen)?;
    let rtp = ground.bind_series(SocketAddr::new(sip.ip(), arguments.rtp_port), 2)?;
    let calls = match arguments.pbx {
        Some(_) => Some(ground.bind(SocketAddr::new(sip.ip(), arguments.sip_port))?),
        None => None,
    };
    let first_rtp = rtp.first().context("two ports were opened")?;
    let active = active_config(arguments, sip, first_rtp.port());
    let on_demand = arguments.on_demand.map(|server| OnDemandConfig {
        server,
        action: if arguments.save { KeyAction::Save } else { KeyAction::StartStop },
        ..OnDemandConfig::default()
    });
    let desk = match (arguments.pbx, calls) {
        (Some(pbx), Some(calls)) => {
            let epoch_seconds = ground.clock().epoch_seconds();
            Desk::AtPbx(Box::new(Phone::new(PhoneConfig {
                seed: active.seed,
                epoch_seconds,
                model: Model::Mx6800,
                address: sip.ip(),
                extension: arguments.extension.clone(),
                display_name: format!("Desk {}", arguments.extension),
                pbx,
                sip_port: calls.port(),
                recording_port: Some(sip.port()),
                codec: arguments.codec,
                active,
                on_demand,
                ..PhoneConfig::default()
            })))
        }
        _ => Desk::alone(active, on_demand),
    };
    let line = Line::new("listening").with("sip", sip).with("rtp", first_rtp);
    ground.log().write(&match calls {
        Some(calls) => line.with("calls", calls),
        None => line,
    });
    let sockets = rtp.into_iter().chain([sip]).chain(calls).collect();
    let service = Mx { sockets, sessions: 0, is_at_pbx: calls.is_some() };
    let sound = Sound::new(voices, rate, at_end);
    let ended = ground.host(desk, service).with_sound(sound).with_orders(script).run().await?;
    let sessions = ended.service.sessions;
    let plural = if sessions == 1 { "" } else { "s" };
    let Traffic { received, sent, .. } = ended.traffic;
    let _ = writeln!(
        io::stdout(),
        "{sessions} session{plural} recorded, {sent} packets sent, {received} received"
    );
    if ended.is_clean {
        return Ok(Outcome::Whole);
    }
    ended.log.write(&Line::new("unfinished").with("text", "somebody did not answer to the end"));
    Ok(Outcome::Damaged)
}

/// The address to listen on; where any will do, the one that recorders see.
fn own_ip(arguments: &Arguments) -> Result<IpAddr> {
    let listen = arguments.listen.ip();
    if !listen.is_unspecified() {
        return Ok(listen);
    }
    let recorder = arguments.allow.first().context("--allow names no recorder")?;
    own_address(*recorder)
        .map_err(|error| anyhow!("there is no way to {recorder} ({error}): say --listen ADDR:PORT"))
}

fn active_config(arguments: &Arguments, sip: SocketAddr, rtp_port: u16) -> ActiveConfig {
    ActiveConfig {
        seed: chance(),
        address: sip.ip(),
        sip_port: sip.port(),
        rtp_port,
        extension: arguments.extension.clone(),
        allowed: arguments.allow.clone(),
        policy: match arguments.others {
            Others::Drop => SourcePolicy::Drop,
            Others::Forbid => SourcePolicy::Forbid,
            Others::Decline => SourcePolicy::Decline,
        },
        naming: match arguments.session_id {
            SessionId::CallId => SessionNaming::CallId,
            SessionId::SdpOrigin => SessionNaming::Origin,
            SessionId::Header => SessionNaming::Header,
        },
        codec: arguments.codec,
        ..ActiveConfig::default()
    }
}

/// The order that words mean, as scenarios write it.
fn phone_order(words: &str) -> Result<Option<PhoneCommand>> {
    if words == "quit" {
        return Ok(None);
    }
    Phone::order(words).map(Some).map_err(|complaint| anyhow!("{complaint}"))
}

/// The phone as a command.
struct Mx {
    sockets: Vec<SocketAddr>,
    sessions: u32,
    is_at_pbx: bool,
}

impl Service for Mx {
    type Machine = Desk;

    fn sockets(&self, _: &Desk, wanted: &mut Vec<SocketAddr>) {
        wanted.extend_from_slice(&self.sockets);
    }

    fn begin(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(PhoneCommand::PowerOn);
    }

    fn notice(&mut self, orders: &mut OrdersOf<Self>, _: &Desk, event: &Event) -> bool {
        let Event::StateChanged { machine, from, to, .. } = *event else { return true };
        let begins_copying = machine == ActiveState::DIAGRAM.machine
            && to == ActiveState::Forwarding.name()
            && from == ActiveState::Invited.name();
        let begins_call = machine == CallState::DIAGRAM.machine && to == CallState::Talking.name();
        if begins_copying {
            self.sessions += 1;
        }
        // With calls, the voices begin with the call; otherwise with the recording, so that
        // nothing of the files is missing in it.
        if if self.is_at_pbx { begins_call } else { begins_copying } {
            orders.play();
        }
        true
    }

    fn obey(&mut self, orders: &mut OrdersOf<Self>, line: &str) -> Result<()> {
        match phone_order(line)? {
            Some(command) => orders.give(command),
            None => orders.leave(),
        }
        Ok(())
    }

    fn figures(&self, desk: &Desk) -> String {
        let state = desk.active().map_or("off", |active| active.state().name());
        format!("{state}, sessions so far: {}", self.sessions)
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        // A phone in a call hangs up first; one without a call takes no notice.
        if self.is_at_pbx {
            orders.give(PhoneCommand::HangUp);
        }
        orders.give(PhoneCommand::LogOff);
    }

    fn has_left(&self, desk: &Desk) -> bool {
        desk.is_quiet()
    }
}
