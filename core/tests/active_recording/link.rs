//! A phone and a recorder with a network between them, in virtual time.

use recscope_core::codec::Codec;
use recscope_core::machine::{
    Connection, Event, FileId, Input, Machine, Output, Side, StorageCommand, TcpCommand, TcpEvent,
};
use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig};
use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
use recscope_core::sip::Message;
use recscope_core::{Instant, Rule};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// One way takes this long.
const DELAY: Duration = Duration::from_millis(1);

/// Sound comes in frames of this length.
const FRAME: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Phone,
    Recorder,
}

/// A datagram on its way.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) to: End,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) payload: Vec<u8>,
}

impl Datagram {
    /// `INVITE`, `200 INVITE`, `RTP`.
    pub(crate) fn name(&self) -> String {
        let Ok(parsed) = Message::parse(&self.payload) else { return "RTP".into() };
        let message = &parsed.message;
        match (message.method(), message.status(), message.cseq()) {
            (Some(method), ..) => method.to_string(),
            (_, Some(status), Some(cseq)) => format!("{status} {}", cseq.method),
            _ => "SIP".into(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// A file as the recorder left it.
#[derive(Clone, Debug, Default)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_closed: bool,
}

/// Decides whether a datagram gets lost.
type Loss = Box<dyn FnMut(&Datagram) -> bool>;

pub(crate) struct Link {
    pub(crate) now: Instant,
    pub(crate) phone: Active,
    pub(crate) recorder: Logger,
    pub(crate) wire: Wire,
    /// RTP packets that reached the recorder.
    pub(crate) heard: u32,
    /// What the phone's user says and hears, by the number of the frame.
    sound: fn(Side, u64) -> Vec<i16>,
    talks_until: Option<Instant>,
    frame: u64,
    next_frame: Instant,
}

/// All that leaves the two machines.
pub(crate) struct Wire {
    /// What was said, decided and noted, in order; runs of RTP as one line.
    pub(crate) log: Vec<String>,
    pub(crate) files: BTreeMap<FileId, File>,
    flying: BTreeMap<(Instant, u64), Datagram>,
    serial: u64,
    loss: Loss,
    /// What the recorder answered by TCP.
    answer: Vec<u8>,
}

impl Wire {
    fn take(&mut self, now: Instant, from: End, output: Output<'_>) {
        match output {
            Output::Datagram { local, remote, payload, rule } => {
                let to = if from == End::Phone { End::Recorder } else { End::Phone };
                let datagram =
                    Datagram { to, local: remote, remote: local, payload: payload.to_vec() };
                self.send(now, datagram, rule);
            }
            Output::Event(event) => self.log.push(line(&event)),
            Output::Storage { command, .. } => store(&mut self.files, &command),
            Output::Tcp { command: TcpCommand::Send(bytes), .. } => {
                self.answer.extend_from_slice(bytes);
            }
            Output::Tcp { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn send(&mut self, now: Instant, datagram: Datagram, rule: &Rule) {
        let name = datagram.name();
        let lost = (self.loss)(&datagram);
        let arrow = if datagram.to == End::Recorder { "<-" } else { "->" };
        let fate = if lost { " lost" } else { "" };
        let line = format!("{arrow} {name} [{rule}]{fate}");
        if name != "RTP" || self.log.last() != Some(&line) {
            self.log.push(line);
        }
        if !lost {
            self.serial += 1;
            self.flying.insert((now + DELAY, self.serial), datagram);
        }
    }
}

fn silence(_: Side, _: u64) -> Vec<i16> {
    vec![0; 160]
}

impl Link {
    pub(crate) fn new(phone: ActiveConfig, recorder: LoggerConfig) -> Self {
        Self {
            now: Instant::ORIGIN,
            phone: Active::new(phone),
            recorder: Logger::new(recorder),
            wire: Wire {
                log: Vec::new(),
                files: BTreeMap::new(),
                flying: BTreeMap::new(),
                serial: 0,
                loss: Box::new(|_| false),
                answer: Vec::new(),
            },
            heard: 0,
            sound: silence,
            talks_until: None,
            frame: 0,
            next_frame: Instant::ORIGIN,
        }
    }

    /// From now on, datagrams for which this is true are lost.
    pub(crate) fn lose(&mut self, loss: impl FnMut(&Datagram) -> bool + 'static) {
        self.wire.loss = Box::new(loss);
    }

    /// Nothing is lost any more.
    pub(crate) fn heal(&mut self) {
        self.wire.loss = Box::new(|_| false);
    }

    pub(crate) fn speak(&mut self, sound: fn(Side, u64) -> Vec<i16>) {
        self.sound = sound;
    }

    pub(crate) fn phone(&mut self, command: ActiveCommand) {
        self.phone.handle_input(self.now, Input::Command(command)).unwrap();
        self.drain();
    }

    pub(crate) fn recorder(&mut self, command: LoggerCommand) {
        self.recorder.handle_input(self.now, Input::Command(command)).unwrap();
        self.drain();
    }

    /// The phone registers, and the recorder hears of it.
    pub(crate) fn register(&mut self) {
        self.phone(ActiveCommand::LogOn);
        let address = self.phone.config().address;
        self.recorder(LoggerCommand::Registered { extension: "1000".into(), address });
    }

    /// A call begins.
    pub(crate) fn call(&mut self) {
        self.phone(ActiveCommand::CallStarted);
        self.talks_until = Some(Instant::from_micros(u64::MAX));
        self.next_frame = self.now + FRAME;
        self.recorder(LoggerCommand::CallStarted { extension: "1000".into() });
    }

    /// The call ends.
    pub(crate) fn hang_up(&mut self) {
        self.talks_until = None;
        self.phone(ActiveCommand::CallEnded);
        self.recorder(LoggerCommand::CallEnded { extension: "1000".into() });
    }

    /// A request on demand; the answer's first line.
    pub(crate) fn http(&mut self, target: &str) -> String {
        let connection = Connection(Connection::ACCEPTED);
        let address = SocketAddr::from(([192, 0, 2, 9], 8080));
        let request = format!("GET {target} HTTP/1.1\r\nHost: rec\r\n\r\n");
        for event in [
            TcpEvent::Accepted { local: address, remote: address },
            TcpEvent::Data(request.as_bytes()),
            TcpEvent::Closed,
        ] {
            self.recorder.handle_input(self.now, Input::Tcp { connection, event }).unwrap();
            self.drain();
        }
        String::from_utf8(std::mem::take(&mut self.wire.answer))
            .unwrap()
            .lines()
            .next()
            .unwrap_or_default()
            .into()
    }

    /// Sends the phone something that no machine made.
    pub(crate) fn spoof(&mut self, remote: &str, payload: &[u8]) {
        let local = SocketAddr::new(self.phone.config().address, self.phone.config().sip_port);
        let remote = remote.parse().unwrap();
        self.phone.handle_input(self.now, Input::Datagram { local, remote, payload }).unwrap();
        self.drain();
    }

    /// Lets time pass.
    pub(crate) fn run(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        loop {
            let flying = self.wire.flying.keys().next().map(|(at, _)| *at);
            let phone = self.phone.poll_timeout().map(|(at, _)| at);
            let recorder = self.recorder.poll_timeout().map(|(at, _)| at);
            let frame = self.talks_until.map(|_| self.next_frame);
            let next = [flying, phone, recorder, frame].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            if flying == Some(next) {
                let (_, datagram) = self.wire.flying.pop_first().unwrap();
                self.deliver(&datagram);
            } else if frame == Some(next) {
                self.feed();
            } else if phone == Some(next) {
                self.phone.handle_input(self.now, Input::Timeout).unwrap();
            } else {
                self.recorder.handle_input(self.now, Input::Timeout).unwrap();
            }
            self.drain();
        }
        self.now = end;
    }

    fn feed(&mut self) {
        for side in [Side::Sent, Side::Received] {
            let samples = (self.sound)(side, self.frame);
            self.phone.handle_input(self.now, Input::Audio { side, samples: &samples }).unwrap();
            self.drain();
        }
        self.frame += 1;
        self.next_frame += FRAME;
    }

    fn deliver(&mut self, datagram: &Datagram) {
        let Datagram { to, local, remote, payload } = datagram;
        let (local, remote) = (*local, *remote);
        match to {
            End::Phone => {
                self.phone
                    .handle_input(self.now, Input::Datagram { local, remote, payload })
                    .unwrap();
            }
            End::Recorder => {
                if datagram.name() == "RTP" {
                    self.heard += 1;
                }
                self.recorder
                    .handle_input(self.now, Input::Datagram { local, remote, payload })
                    .unwrap();
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.phone.poll_output() {
            self.wire.take(self.now, End::Phone, output);
        }
        while let Some(output) = self.recorder.poll_output() {
            self.wire.take(self.now, End::Recorder, output);
        }
    }

    /// The lines since the last call of this, without the changes of state.
    pub(crate) fn arrows(&mut self) -> Vec<String> {
        self.take(|line| line.starts_with("->") || line.starts_with("<-"))
    }

    /// The notes and refusals since the last call of this or of [`Self::arrows`].
    pub(crate) fn notes(&mut self) -> Vec<String> {
        self.take(|line| line.starts_with("note") || line.starts_with("ignored"))
    }

    fn take(&mut self, keep: impl Fn(&str) -> bool) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.wire.log);
        lines.retain(|line| keep(line));
        lines
    }

    /// Decoded samples of a closed file that the name matches.
    pub(crate) fn samples(&self, part: &str) -> Vec<i16> {
        let file = self.wire.files.values().find(|file| file.name.contains(part)).expect(part);
        assert!(file.is_closed, "{}", file.name);
        let mut reader = hound::WavReader::new(&*file.bytes).unwrap();
        assert_eq!(reader.spec().sample_rate, Codec::Pcma.sample_rate());
        reader.samples().map(Result::unwrap).collect()
    }
}

fn line(event: &Event) -> String {
    match event {
        Event::StateChanged { machine, from, to, cause, rule } => {
            format!("{machine}: {from} > {to} by {cause} [{rule}]")
        }
        Event::Ignored { reason, rule } => format!("ignored: {reason} [{rule}]"),
        Event::Note { text, rule } => format!("note: {text} [{rule}]"),
        Event::Prompt { text, rule } => format!("prompt: {text} [{rule}]"),
    }
}

fn store(files: &mut BTreeMap<FileId, File>, command: &StorageCommand<'_>) {
    match *command {
        StorageCommand::Create { file, name } => {
            files.insert(file, File { name: name.into(), ..File::default() });
        }
        StorageCommand::Write { file, offset, bytes } => {
            let content = &mut files.get_mut(&file).unwrap().bytes;
            let offset = usize::try_from(offset).unwrap();
            content.resize(content.len().max(offset + bytes.len()), 0);
            content[offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        StorageCommand::Close(file) => files.get_mut(&file).unwrap().is_closed = true,
        StorageCommand::Delete(file) => {
            assert!(files.remove(&file).unwrap().is_closed);
        }
        StorageCommand::Open { .. } | StorageCommand::Read { .. } => panic!("{command:?}"),
    }
}
