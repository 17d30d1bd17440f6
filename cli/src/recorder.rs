//! `recscope recorder`: a recording system that asks phones for copies of their calls (MX-S).

use crate::Outcome;
use crate::address;
use crate::amount::seconds;
use crate::host::{
    Answer, Folder, Ground, Line, OrdersOf, Script, Service, block_on, chance, own_address,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ValueEnum;
use recscope_core::machine::{Event, FileId, Side, State as _, StorageCommand};
use recscope_core::recorder::active::{
    Demands, Extension, Mapping, RepeatShape, SessionState, StreamFacts, Takes,
};
use recscope_core::recorder::csta::CstaConfig;
use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
use recscope_simulator::actor::Role as _;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Record phones that let themselves be recorded (MX): a stereo WAV file for each session
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A phone, with its extension unless that is 1000: 2001@192.0.2.20:7300
    #[arg(long, value_name = "[EXT@]ADDR:PORT", required_unless_present = "csta")]
    phone: Vec<PhoneAt>,
    /// A session for each call, or one from registration to log-off (MX-2)
    #[arg(long, value_enum, default_value_t)]
    mapping: MappingName,
    /// Seconds from one keep-alive to the next (MX-S3)
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    keepalive: Duration,
    /// Seconds that a keep-alive may stay unanswered (MX-S10)
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    patience: Duration,
    /// Seconds from a failure to the next INVITE
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    retry: Duration,
    /// Folder for the recordings; made if it is not there
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The PBX that tells where extensions are and what becomes of their calls (MX-C1)
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port)]
    csta: Option<SocketAddr>,
    /// An extension to watch there, with its phone's port unless that is 7300: 2001:5060
    #[arg(long, value_name = "EXT[:PORT]", requires = "csta", conflicts_with = "phone")]
    extension: Vec<ExtensionAt>,
    /// Where phones reach the recorder by SIP; port 0 is any that is free
    #[arg(long, value_name = "ADDR:PORT", value_parser = address::with_port, default_value_t = ANY)]
    listen: SocketAddr,
    /// First port for RTP; each phone takes eight; 0 is any that are free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    rtp_port: u16,
    /// Record on demand: calls that their user starts, or keep only those asked for (MX-D)
    #[arg(long, value_enum, default_value_t)]
    on_demand: DemandName,
    /// Port for requests on demand; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    http_port: u16,
    /// How often an INVITE without an answer is repeated, beside SIP's own repetitions (MX-S9)
    #[arg(long, value_name = "N", default_value_t = 0)]
    repeats: u8,
    /// In which shape it is repeated
    #[arg(long, value_enum, default_value_t)]
    repeat_shape: ShapeName,
    /// Orders and their times, a line each such as `5s call-ended 1000`
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

const EXAMPLES: &str = "Orders, typed on standard input or written in a script:
  call-started EXT, call-ended EXT      as CSTA would tell; without it, calls begin at once
  registered EXT IP, unregistered EXT
  quit                                  end, as Ctrl-C does

Examples:
  recscope recorder --phone 192.0.2.20:7300 --dir recordings
  recscope recorder --phone 2001@192.0.2.20:7300 --mapping static --keepalive 10 --dir recordings
  recscope recorder --csta 192.0.2.1:8882 --extension 2001 --dir recordings

What the phone sends is on the left of each recording, what it receives on the right.";

/// A phone's extension and address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PhoneAt {
    extension: String,
    address: SocketAddr,
}

impl FromStr for PhoneAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (extension, address) = text.split_once('@').unwrap_or(("1000", text));
        let address = address::with_port(address)?;
        if extension.is_empty() {
            return Err("write the extension before the @".to_owned());
        }
        Ok(Self { extension: extension.to_owned(), address })
    }
}

/// An extension and the port of its phone.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ExtensionAt(Extension);

impl FromStr for ExtensionAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, port) = text.split_once(':').unwrap_or((text, "7300"));
        let sip_port = port.parse().map_err(|_| "write 2001 or 2001:5060".to_owned())?;
        if number.is_empty() {
            return Err("write 2001 or 2001:5060".to_owned());
        }
        Ok(Self(Extension { number: number.to_owned(), sip_port }))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum MappingName {
    /// A session for each call
    #[default]
    Dynamic,
    /// A session from registration to log-off
    Static,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DemandName {
    /// All calls are recorded
    #[default]
    None,
    /// Those that are asked for (MX-D2)
    Start,
    /// All, but only those asked for are kept (MX-D3)
    Save,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ShapeName {
    /// The same bytes again
    #[default]
    Retransmission,
    /// A new branch
    Merged,
    /// A new CSeq
    NewCseq,
    /// A new Call-ID
    NewCallId,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    block_on(record(arguments))
}

async fn record(arguments: &Arguments) -> Result<Outcome> {
    let extensions: Vec<Extension> = arguments
        .phone
        .iter()
        .map(|at| Extension { number: at.extension.clone(), sip_port: at.address.port() })
        .chain(arguments.extension.iter().map(|at| at.0.clone()))
        .collect();
    ensure!(!extensions.is_empty(), "name a phone by --phone, or an extension by --extension");
    let numbers: Vec<String> = extensions.iter().map(|it| it.number.clone()).collect();
    let is_double = |(at, number)| numbers.iter().skip(at + 1).any(|other| other == number);
    if let Some((_, number)) = numbers.iter().enumerate().find(|&it| is_double(it)) {
        bail!("two phones have the extension {number}: write EXT@ADDR:PORT");
    }
    let script = arguments.script.as_deref().map(Script::read).transpose()?.unwrap_or_default();
    for order in script.orders() {
        logger_order(order)?;
    }
    let folder = Folder::for_recordings(&arguments.dir)?;

    let mut ground = Ground::new();
    let sip = ground.bind(SocketAddr::new(own_ip(arguments)?, arguments.listen.port()))?;
    // Two sessions of two streams; the ports between are RTCP's.
    let count = extensions.len().saturating_mul(4);
    let rtp = ground.bind_series(SocketAddr::new(sip.ip(), arguments.rtp_port), count)?;
    let line = Line::new("listening").with("sip", sip);
    let mut line = line.with("rtp", rtp.first().context("there are ports for each phone")?);
    let demands = match arguments.on_demand {
        DemandName::None => Demands::None,
        DemandName::Start => Demands::Start,
        DemandName::Save => Demands::Save,
    };
    if demands != Demands::None {
        let http = ground.listen(SocketAddr::new(sip.ip(), arguments.http_port)).await?;
        line = line.with("http", http);
    }
    ground.log().write(&line);
    let machine = Logger::new(LoggerConfig {
        seed: chance(),
        epoch_seconds: ground.clock().epoch_seconds(),
        address: sip.ip(),
        sip_port: sip.port(),
        rtp_port: rtp.first().map_or(0, SocketAddr::port),
        csta: arguments.csta.map(|server| CstaConfig {
            server,
            extensions: numbers.clone(),
            ..CstaConfig::default()
        }),
        extensions,
        mapping: match arguments.mapping {
            MappingName::Dynamic => Mapping::Dynamic,
            MappingName::Static => Mapping::Static,
        },
        demands,
        repeats: arguments.repeats,
        repeat_shape: match arguments.repeat_shape {
            ShapeName::Retransmission => RepeatShape::SameBranch,
            ShapeName::Merged => RepeatShape::NewBranch,
            ShapeName::NewCseq => RepeatShape::NewCSeq,
            ShapeName::NewCallId => RepeatShape::NewCallId,
        },
        keep_alive: arguments.keepalive,
        answer_patience: arguments.patience,
        retry: arguments.retry,
        takes: Takes::Stereo,
        ..LoggerConfig::default()
    });
    let mut sockets = rtp;
    sockets.push(sip);
    let service = Recorder {
        sockets,
        numbers,
        phones: arguments.phone.clone(),
        hears_calls: arguments.csta.is_some() || arguments.mapping == MappingName::Static,
        open: BTreeMap::new(),
        news: Vec::new(),
        sessions: 0,
        files: 0,
    };
    let host = ground.host(machine, service).with_folder(folder).with_orders(script);
    let ended = host.run().await?;
    let (sessions, files) = (ended.service.sessions, ended.service.files);
    let plural = |count| if count == 1 { "" } else { "s" };
    let mut out = io::stdout();
    let _ = writeln!(
        out,
        "{sessions} session{}, {files} file{} in {}",
        plural(sessions),
        plural(files),
        arguments.dir.display()
    );
    for stream in ended.machine.streams() {
        let _ = writeln!(out, "{}", described(&stream));
    }
    if ended.is_clean {
        return Ok(Outcome::Whole);
    }
    ended.log.write(&Line::new("unfinished").with("text", "a phone did not answer to the end"));
    Ok(Outcome::Damaged)
}

/// The address to listen on; where any will do, the one that phones or PBX see.
fn own_ip(arguments: &Arguments) -> Result<IpAddr> {
    let listen = arguments.listen.ip();
    if !listen.is_unspecified() {
        return Ok(listen);
    }
    let phone = arguments.phone.first().map(|at| at.address);
    let peer = phone.or(arguments.csta).context("there is nobody to reach")?.ip();
    own_address(peer)
        .map_err(|error| anyhow!("there is no way to {peer} ({error}): say --listen ADDR:PORT"))
}

/// The order that words mean, as scenarios write it.
fn logger_order(words: &str) -> Result<Option<LoggerCommand>> {
    if words == "quit" {
        return Ok(None);
    }
    Logger::order(words).map(Some).map_err(|complaint| anyhow!("{complaint}"))
}

/// A stream's figures, in a line.
fn described(stream: &StreamFacts<'_>) -> String {
    let StreamFacts { extension, side, summary, .. } = stream;
    let side = match side {
        Side::Sent => "sent",
        Side::Received => "received",
        Side::Mixed => "mixed",
    };
    let jitter = summary.jitter_ms.as_ref().map_or(0.0, |jitter| jitter.max);
    let (packets, lost) = (summary.packets, summary.lost);
    format!("{extension} {side}: {packets} packets, {lost} lost, jitter at most {jitter:.1} ms")
}

/// The recorder as a command.
struct Recorder {
    sockets: Vec<SocketAddr>,
    numbers: Vec<String>,
    phones: Vec<PhoneAt>,
    /// Calls are told by somebody, or do not matter.
    hears_calls: bool,
    /// Files that are being written.
    open: BTreeMap<FileId, PathBuf>,
    /// Lines for the log about files.
    news: Vec<Line>,
    sessions: u32,
    files: u32,
}

impl Service for Recorder {
    type Machine = Logger;

    fn sockets(&self, _: &Logger, wanted: &mut Vec<SocketAddr>) {
        wanted.extend_from_slice(&self.sockets);
    }

    fn begin(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(LoggerCommand::Start);
        for PhoneAt { extension, address } in &self.phones {
            let extension = extension.clone();
            // Without CSTA somebody has to say where phones are.
            let address = address.ip();
            orders.give(LoggerCommand::Registered { extension: extension.clone(), address });
            if !self.hears_calls {
                orders.give(LoggerCommand::CallStarted { extension });
            }
        }
    }

    fn store(&mut self, folder: &mut Folder, command: StorageCommand<'_>) -> Option<Answer> {
        if let StorageCommand::Close(file) = command
            && let Some(path) = self.open.remove(&file)
        {
            self.files += 1;
            self.news.push(Line::new("recorded").with("file", path.display()));
        }
        let answer = folder.carry_out(command);
        if let (StorageCommand::Create { file, .. }, None) = (command, &answer)
            && let Some(path) = folder.path(file)
        {
            self.news.push(Line::new("recording").with("file", path.display()));
            self.open.insert(file, path.to_owned());
        }
        answer
    }

    fn notice(&mut self, _: &mut OrdersOf<Self>, _: &Logger, event: &Event) -> bool {
        if let Event::StateChanged { machine, from, to, .. } = *event
            && machine == SessionState::DIAGRAM.machine
            && from == SessionState::Inviting.name()
            && to == SessionState::Recording.name()
        {
            self.sessions += 1;
        }
        true
    }

    fn settled(&mut self, orders: &mut OrdersOf<Self>, _: &mut Logger) {
        for line in self.news.drain(..) {
            orders.log(line);
        }
    }

    fn tick(&mut self, orders: &mut OrdersOf<Self>, _: &Logger) {
        orders.give(LoggerCommand::Save);
    }

    fn obey(&mut self, orders: &mut OrdersOf<Self>, line: &str) -> Result<()> {
        match logger_order(line)? {
            Some(command) => orders.give(command),
            None => orders.leave(),
        }
        Ok(())
    }

    fn figures(&self, machine: &Logger) -> String {
        let packets: u64 = machine.streams().map(|stream| stream.summary.packets).sum();
        format!("files being written: {}, packets: {packets}", self.open.len())
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(LoggerCommand::Stop);
    }

    fn has_left(&self, machine: &Logger) -> bool {
        let states = self.numbers.iter().filter_map(|number| machine.state_of(number));
        states.into_iter().all(|state| state == SessionState::Idle)
    }
}
