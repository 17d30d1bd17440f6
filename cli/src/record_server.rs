//! `recscope record-server`: records phones that ask for it (BX-S1 to BX-S10).

mod metrics;
mod service;
mod sidecar;
mod tally;

use crate::Outcome;
use crate::address;
use crate::amount;
use crate::host::{Clock, Folder, Ground, Line, MOST_LINGERING};
use crate::system;
use anyhow::{Context, Result, anyhow, bail, ensure};
use recscope_core::recorder::RecordServer;
use recscope_core::recorder::server::{Config, FileFormat};
use service::Recording;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Record phones that ask for it over the network
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where phones ask; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address::with_port)]
    listen: SocketAddr,
    /// Where the recordings go
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// UDP ports for RTP, of which the even ones are used, one for each recording
    #[arg(long, value_name = "FIRST-LAST", default_value = "41000-41999", value_parser = ports)]
    media_ports: RangeInclusive<u16>,
    /// Address that phones are told to send RTP to, if not the one that they asked at
    #[arg(long, value_name = "ADDRESS", value_parser = address::ip)]
    advertise: Option<IpAddr>,
    /// What is written: WAVE files, or files as phones write them to USB drives
    #[arg(long, value_enum, default_value_t = Format::Wav)]
    format: Format,
    /// Recordings at once
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u16).range(1..))]
    max_sessions: u16,
    /// Bytes that must be free to begin a recording, also as 500K, 64M or 2G
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = amount::bytes)]
    min_free: u64,
    /// Seconds without RTP after which a recording ends
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..))]
    rtp_timeout: u16,
    /// Seconds that a phone has to ask for something once it is connected
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    request_timeout: u16,
    /// Where to serve figures for Prometheus, as /metrics
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address::with_port)]
    metrics: Option<SocketAddr>,
}

const EXAMPLES: &str = "Examples:
  recscope record-server --listen 0.0.0.0:10000 --dir recordings
  recscope record-server --listen 127.0.0.1:10000 --dir recordings --metrics 127.0.0.1:9100
  recscope record-server --listen 0.0.0.0:10000 --dir recordings --format phone --min-free 2G

A phone is set to this server by its serverAddr and serverPort; `recscope phone bx` plays one.

Files are named TIME_DIRECTION_LOCAL_REMOTE_DEVICE_PORT.wav: the time in UTC, in or out, the phone's
own number, the other party's, and the phone's MAC address. Beside each is a .json with all that the
phone said and with the statistics of its RTP. At every moment they can be played: whatever happens,
at most one second is lost.

What happens is logged to standard error, an event per line. Ctrl-C lets the recordings under way go
on for five seconds, ends them, and prints a summary; a second Ctrl-C does not wait.";

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Wav,
    Phone,
}

/// Connections that may stand beside those of the recordings: of phones that are about to ask.
const WAITING_ROOM: usize = 128;

/// File handles beside sockets and recordings: standard streams, the runtime's, a side-car's.
const OTHER_HANDLES: usize = 64;

/// `41000-41999`.
fn ports(text: &str) -> Result<RangeInclusive<u16>> {
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|&port| port > 0);
    let ends = text.split_once('-').and_then(|(first, last)| Some((number(first)?, number(last)?)));
    let (first, last) = ends.context("write two ports, as in 41000-41999")?;
    ensure!(first <= last, "the range ends before it begins");
    ensure!(first < last || first % 2 == 0, "only even ports are used, and there is none");
    Ok(first..=last)
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow!("cannot start the server: {error}"))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Arguments) -> Result<Outcome> {
    let shown = arguments.dir.display();
    let folder = Folder::for_recordings(&arguments.dir)?;
    let max_connections = usize::from(arguments.max_sessions) + WAITING_ROOM;
    let wanted = arguments.media_ports.clone().filter(|port| port % 2 == 0).count()
        + usize::from(arguments.max_sessions)
        + max_connections
        + MOST_LINGERING
        + OTHER_HANDLES;
    let allowed = system::allow_handles(wanted);
    ensure!(
        allowed >= wanted,
        "this needs {wanted} open files at most, and the system allows {allowed}: lower \
         --max-sessions, shorten --media-ports, or raise the limit (ulimit -n)"
    );

    let mut ground = Ground::new();
    let listening = ground.listen(arguments.listen).await?;
    let mut machine = RecordServer::new(config(arguments, ground.clock(), max_connections));
    let sockets = open_ports(arguments, &mut ground, &mut machine)?;
    let metrics = match arguments.metrics {
        Some(address) => Some(metrics::serve(address).await?),
        None => None,
    };
    let mut line = Line::new("listening")
        .with("address", listening)
        .with("media_ports", sockets.len())
        .with("dir", &shown)
        .with("max_sessions", arguments.max_sessions);
    if let Some(metrics) = &metrics {
        line = line.with("metrics", format_args!("http://{}/metrics", metrics.address()));
    }
    ground.log().write(&line);
    if let Some(free) = system::free_space(&arguments.dir)
        && free < arguments.min_free
    {
        let text = "there is less free than --min-free asks for: nobody is recorded";
        let line = Line::new("disk_full").with("free", free).with("min_free", arguments.min_free);
        ground.log().write(&line.with("text", text));
    }
    let service = Recording::new(sockets, arguments.dir.clone(), reserve(arguments), metrics);
    let ended = ground.host(machine, service).with_folder(folder).run().await?;

    let summary = ended.service.summary();
    ended.log.write(&summary.line());
    // Whoever started us may not listen any more.
    let _ = writeln!(io::stdout(), "{summary}");
    Ok(if ended.is_clean && summary.is_whole() { Outcome::Whole } else { Outcome::Damaged })
}

/// Bytes that are left on the disk when recordings end for want of room: for the ends of their
/// files, and what is told of them.
fn reserve(arguments: &Arguments) -> u64 {
    (arguments.min_free / 2).min(1 << 20)
}

fn config(arguments: &Arguments, clock: Clock, max_connections: usize) -> Config {
    Config {
        epoch_seconds: clock.epoch_seconds(),
        address: arguments.advertise.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        ports: arguments.media_ports.clone(),
        max_recordings: arguments.max_sessions.into(),
        max_connections,
        format: match arguments.format {
            Format::Wav => FileFormat::Wave,
            Format::Phone => FileFormat::Recording,
        },
        minimum_free: arguments.min_free - reserve(arguments),
        silence: Duration::from_secs(arguments.rtp_timeout.into()),
        first_command: Duration::from_secs(arguments.request_timeout.into()),
        ..Config::default()
    }
}

/// Opens the sockets for RTP once and for all, so that no other program can take a port between
/// the promise to a phone and its first packet. One that another program has is done without.
fn open_ports(
    arguments: &Arguments,
    ground: &mut Ground,
    machine: &mut RecordServer,
) -> Result<Vec<SocketAddr>> {
    let mut sockets = Vec::new();
    for port in arguments.media_ports.clone().filter(|port| port % 2 == 0) {
        match ground.bind(SocketAddr::new(arguments.listen.ip(), port)) {
            Ok(socket) => sockets.push(socket),
            Err(error) => {
                machine.withdraw_port(port);
                let line = Line::new("port_skipped").with("port", port);
                ground.log().write(&line.with("reason", error));
            }
        }
    }
    if sockets.is_empty() {
        let range = &arguments.media_ports;
        bail!("none of the ports {}-{} can be opened", range.start(), range.end());
    }
    Ok(sockets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_ranges_are_read_and_senseless_ones_refused() {
        assert_eq!(ports("41000-41999").unwrap(), 41_000..=41_999);
        assert_eq!(ports(" 2 - 2 ").unwrap(), 2..=2);
        for text in ["", "41000", "41999-41000", "0-10", "1-65536", "a-b", "-5-9", "7-7"] {
            assert!(ports(text).is_err(), "{text}");
        }
    }
}
