//! `recscope pbx`: a small PBX, so that phones and a recorder have something to talk to.

use crate::Outcome;
use crate::address;
use crate::amount::seconds_or_none;
use crate::host::{
    Ground, Line, OrdersOf, Script, Service, Traffic, block_on, chance, own_address,
};
use anyhow::{Result, anyhow};
use recscope_core::machine::{Event, State as _};
use recscope_core::pbx::{CallState, Pbx, PbxCommand, PbxConfig, PbxState};
use recscope_simulator::actor::Role as _;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Run a small PBX: phones register and call, recorders hear of it over CSTA
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where phones reach it by SIP; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port, default_value = "0.0.0.0:5060")]
    listen: SocketAddr,
    /// Port of its CSTA server; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8882)]
    csta_port: u16,
    /// The extensions there are; any may register, if none is named
    #[arg(long, value_name = "EXT")]
    extension: Vec<String>,
    /// Seconds until a number outside answers by itself; without it, `answer EXT` answers
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds_or_none)]
    answer_after: Duration,
    /// Orders and their times, a line each such as `5s call 0301234 1000`
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

const EXAMPLES: &str = "Orders, typed on standard input or written in a script:
  call FROM EXT [NAME]       somebody outside calls an extension
  answer EXT, hang-up EXT    what the far end of its call does
  order EXT log-off          also: read-configuration, load-firmware (MX-S13)
  restart, down, up          (MX-S14)
  quit                       end, as Ctrl-C does

Examples:
  recscope pbx --listen 127.0.0.1:5060
  recscope phone mx --listen 127.0.0.1:7300 --allow 127.0.0.1 --pbx 127.0.0.1:5060 --sent me.wav
  recscope recorder --csta 127.0.0.1:8882 --extension 1000:7300 --dir recordings

Phones register by SIP. H.323 terminals are simulated only: `recscope simulate mx-h323-terminal`.";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    block_on(switch(arguments))
}

async fn switch(arguments: &Arguments) -> Result<Outcome> {
    let script = arguments.script.as_deref().map(Script::read).transpose()?.unwrap_or_default();
    for order in script.orders() {
        pbx_order(order)?;
    }
    let mut ground = Ground::new();
    let address = own_ip(arguments.listen.ip())?;
    let sip = ground.bind(SocketAddr::new(address, arguments.listen.port()))?;
    let csta = ground.listen(SocketAddr::new(address, arguments.csta_port)).await?;
    ground.log().write(&Line::new("listening").with("sip", sip).with("csta", csta));
    let pbx = Pbx::new(PbxConfig {
        seed: chance(),
        sip,
        csta_port: csta.port(),
        extensions: arguments.extension.clone(),
        gateway: address,
        answer_after: Some(arguments.answer_after),
        ..PbxConfig::default()
    });
    let service = Switch { sip, calls: 0, is_leaving: false };
    let ended = ground.host(pbx, service).with_orders(script).run().await?;
    let calls = ended.service.calls;
    let plural = if calls == 1 { "" } else { "s" };
    let Traffic { received, sent, .. } = ended.traffic;
    let _ = writeln!(io::stdout(), "{calls} call{plural}, {received} messages in, {sent} out");
    Ok(if ended.is_clean { Outcome::Whole } else { Outcome::Damaged })
}

/// The address to listen on; where any will do, the one that this machine has towards others.
fn own_ip(listen: IpAddr) -> Result<IpAddr> {
    if !listen.is_unspecified() {
        return Ok(listen);
    }
    // An address for documentation: it is reached, if at all, as most others are.
    let far = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    own_address(far)
        .map_err(|error| anyhow!("this machine has no network ({error}): say --listen ADDR:PORT"))
}

/// The order that words mean, as scenarios write it.
fn pbx_order(words: &str) -> Result<Option<PbxCommand>> {
    if words == "quit" {
        return Ok(None);
    }
    Pbx::order(words).map(Some).map_err(|complaint| anyhow!("{complaint}"))
}

/// The PBX as a command.
struct Switch {
    sip: SocketAddr,
    calls: u32,
    is_leaving: bool,
}

impl Service for Switch {
    type Machine = Pbx;

    fn sockets(&self, _: &Pbx, wanted: &mut Vec<SocketAddr>) {
        wanted.push(self.sip);
    }

    fn begin(&mut self, _: &mut OrdersOf<Self>) {}

    fn notice(&mut self, _: &mut OrdersOf<Self>, _: &Pbx, event: &Event) -> bool {
        if let Event::StateChanged { machine, to, .. } = *event
            && machine == CallState::DIAGRAM.machine
            && to == CallState::Talking.name()
        {
            self.calls += 1;
        }
        true
    }

    fn obey(&mut self, orders: &mut OrdersOf<Self>, line: &str) -> Result<()> {
        match pbx_order(line)? {
            Some(command) => orders.give(command),
            None => orders.leave(),
        }
        Ok(())
    }

    fn figures(&self, pbx: &Pbx) -> String {
        format!("phones: {}, calls: {}", pbx.extensions().count(), pbx.calls())
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        self.is_leaving = true;
        orders.give(PbxCommand::Release);
    }

    fn settled(&mut self, orders: &mut OrdersOf<Self>, pbx: &mut Pbx) {
        if self.is_leaving && pbx.state() == PbxState::Running && self.has_left(pbx) {
            // Recorders stay connected for as long as it runs.
            orders.give(PbxCommand::Down);
        }
    }

    fn has_left(&self, pbx: &Pbx) -> bool {
        /// Runs while a BYE has no answer (RFC 3261 17.1.2.2).
        const NO_ANSWER_YET: &str = "timer F";
        pbx.calls() == 0 && !pbx.timers().any(|(timer, _)| timer == NO_ANSWER_YET)
    }
}
