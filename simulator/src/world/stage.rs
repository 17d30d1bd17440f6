//! All of a world but its actors, so that an actor and the stage can be held at once.

mod sending;

use super::WorldOptions;
use super::host::Host;
use super::packet::{Body, Packet, Pool};
use crate::audio;
use crate::drive::Drive;
use crate::network::Network;
use crate::pattern::Remark;
use crate::queue::{Event, Queue};
use crate::tcp::Tcp;
use crate::trace::{StateChange, StepKind, Trace, Trigger};
use crate::wire::{Capture, Ends};
use foldhash::fast::FixedState;
use recscope_core::machine::{
    self, FileId, Input, Output, StorageCommand, StorageEvent, TcpEvent, TimeoutReason,
};
use recscope_core::rule::Rule;
use recscope_core::time::Instant;
use recscope_flow::Delivery;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) now: Instant,
    pub(super) queue: Queue,
    pub(super) hosts: Vec<Host>,
    running: Vec<Running>,
    alarms: Vec<Alarm>,
    directory: HashMap<IpAddr, u32, FixedState>,
    pub(super) network: Network,
    pub(super) tcp: Tcp,
    connect_rules: HashMap<(SocketAddr, SocketAddr), &'static Rule, FixedState>,
    pub(super) trace: Trace,
    pub(super) capture: Option<Capture>,
    packets: Pool,
    answers: Vec<Option<Answer>>,
    free_answers: Vec<u32>,
    pub(super) log: Vec<Logged>,
    pub(super) events: u64,
    /// What the machine that has a turn is told.
    pub(super) trigger: Trigger,
    /// Numbers for messages that are each their own.
    identities: u64,
}

/// What a host is up to: all that a frame of its sound needs, in two neighbouring lines of the
/// processor's cache. A thousand phones take turns, so each line that is touched comes from afar.
#[derive(Clone, Debug)]
#[repr(align(128))]
struct Running {
    on: bool,
    next_audio: Option<Instant>,
    frame: u64,
    sample_rate: u32,
    streams: OpenStreams,
    next_port: u16,
    identification: u16,
}

/// When a host is to be woken.
#[derive(Clone, Copy, Debug, Default)]
struct Alarm {
    /// The wake-up that counts; others are late.
    at: Option<Instant>,
    reason: TimeoutReason,
    /// Wake-ups in a row at one time, to notice a machine that never gets on.
    spins: u32,
}

/// The streams that a host is sending: two as a rule, which stand here; more come after a session
/// that another one replaced.
#[derive(Clone, Debug, Default)]
struct OpenStreams {
    two: [Option<OpenStream>; 2],
    more: Vec<OpenStream>,
}

impl OpenStreams {
    fn find(&self, is_it: impl Fn(&OpenStream) -> bool) -> Option<&OpenStream> {
        self.two.iter().flatten().chain(&self.more).find(|stream| is_it(stream))
    }

    fn push(&mut self, stream: OpenStream) {
        match self.two.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(stream),
            None => self.more.push(stream),
        }
    }

    fn retain(&mut self, stays: impl Fn(&OpenStream) -> bool) {
        for place in &mut self.two {
            *place = place.filter(&stays);
        }
        self.more.retain(stays);
    }
}

/// A stream that a host is sending; the rest of it stands in the trace.
#[derive(Clone, Copy, Debug)]
struct OpenStream {
    ssrc: u32,
    number: u32,
    /// From where to where it goes; streams of IPv6 have to be looked up in the trace.
    ends: Option<(SocketAddrV4, SocketAddrV4)>,
}

/// What a drive answers, and whom.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) host: u32,
    pub(super) event: DriveEvent,
}

#[derive(Clone, Debug)]
pub(super) enum DriveEvent {
    Failed(FileId),
    Opened { file: FileId, size: u64 },
    Data { file: FileId, offset: u64, bytes: Vec<u8> },
}

impl DriveEvent {
    pub(super) fn borrow(&self) -> StorageEvent<'_> {
        match self {
            Self::Failed(file) => StorageEvent::Failed(*file),
            Self::Opened { file, size } => StorageEvent::Opened { file: *file, size: *size },
            Self::Data { file, offset, bytes } => {
                StorageEvent::Data { file: *file, offset: *offset, bytes }
            }
        }
    }
}

/// An input that a machine was given. RTP and sound are left out: they follow from the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When.
    pub time: Instant,
    /// To which host's machine.
    pub host: u32,
    /// What.
    pub input: LoggedInput,
}

/// What a machine was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedInput {
    /// A datagram.
    Datagram {
        /// Who sent it.
        remote: SocketAddr,
        /// Its length.
        len: usize,
    },
    /// News of a connection.
    Tcp {
        /// Which connection.
        connection: machine::Connection,
        /// What happened: `connected`, `data`.
        event: &'static str,
    },
    /// A message of terminal and gatekeeper, by its short name.
    Ras(&'static str),
    /// News of the drive.
    Storage(&'static str),
    /// An order.
    Command(String),
    /// A deadline.
    Timeout(TimeoutReason),
}

/// How far apart two packets of one source can be and still belong to one stream.
const PAUSE: Duration = Duration::from_secs(1);
/// Deadlines in a row without time going on, after which time goes on by itself.
const SPINS: u32 = 1_000;
const FIRST_EPHEMERAL: u16 = 49_152;

impl Stage {
    pub(super) fn new(options: &WorldOptions) -> Self {
        Self {
            now: Instant::ORIGIN,
            queue: Queue::default(),
            hosts: Vec::new(),
            running: Vec::new(),
            alarms: Vec::new(),
            directory: HashMap::default(),
            network: Network::new(options.seed, options.link),
            tcp: Tcp::new(options.seed ^ 0x7463_7000),
            connect_rules: HashMap::default(),
            trace: Trace::default(),
            capture: options.captures.then(|| Capture::new(options.epoch_seconds)),
            packets: Pool::default(),
            answers: Vec::new(),
            free_answers: Vec::new(),
            log: Vec::new(),
            events: 0,
            trigger: Trigger::Start,
            identities: 0,
        }
    }

    pub(super) fn add(&mut self, host: Host) -> u32 {
        let number = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        self.directory.insert(IpAddr::V4(host.address), number);
        self.hosts.push(host);
        self.alarms.push(Alarm::default());
        self.running.push(Running {
            on: false,
            next_audio: None,
            // Not all say the same at once, and not so many different things that the sound of
            // a thousand phones were more than a cache holds.
            frame: u64::from(number % 8) * 7,
            sample_rate: 0,
            streams: OpenStreams::default(),
            next_port: FIRST_EPHEMERAL,
            identification: 0,
        });
        number
    }

    fn running_mut(&mut self, host: u32) -> Option<&mut Running> {
        self.running.get_mut(host as usize)
    }

    pub(super) fn is_on(&self, host: u32) -> bool {
        self.running.get(host as usize).is_some_and(|running| running.on)
    }

    pub(super) fn set_power(&mut self, host: u32, on: bool) {
        if let Some(running) = self.running_mut(host) {
            running.on = on;
            running.next_audio = None;
        }
        if let Some(alarm) = self.alarms.get_mut(host as usize) {
            alarm.at = None;
        }
    }

    pub(super) fn power_words(&self, host: u32, on: bool) -> Option<&'static str> {
        let [words_on, words_off] = self.hosts.get(host as usize)?.power_words;
        if on { words_on } else { words_off }
    }

    pub(super) fn drive_mut(&mut self, host: u32) -> Option<&mut Drive> {
        self.hosts.get_mut(host as usize)?.drive.as_mut()
    }

    /// Lets sound come every 20 ms, phones not all at once.
    pub(super) fn start_audio(&mut self, host: u32, sample_rate: u32) {
        let phase = u64::from(host) * 1_700 % audio::FRAME_US;
        let first = self.now + Duration::from_micros(audio::FRAME_US + phase);
        if let Some(running) = self.running_mut(host) {
            running.next_audio = Some(first);
            running.sample_rate = sample_rate;
            self.queue.push(first, Event::Audio(host));
        }
    }

    /// The number of the frame that is due, and its samples per second; none if it comes from before
    /// the power went.
    pub(super) fn next_frame(&mut self, host: u32) -> Option<(u64, u32)> {
        let now = self.now;
        let running = self.running_mut(host)?;
        if running.next_audio != Some(now) {
            return None;
        }
        let next = now + Duration::from_micros(audio::FRAME_US);
        running.next_audio = Some(next);
        let due = (running.frame, running.sample_rate);
        running.frame += 1;
        self.queue.push(next, Event::Audio(host));
        Some(due)
    }

    /// Wakes a machine at its deadline, unless it will be woken before anyway.
    pub(super) fn schedule(&mut self, host: u32, deadline: Instant, reason: TimeoutReason) {
        let now = self.now;
        if !self.is_on(host) {
            return;
        }
        let Some(alarm) = self.alarms.get_mut(host as usize) else { return };
        alarm.reason = reason;
        let mut at = deadline.max(now);
        if deadline <= now {
            alarm.spins += 1;
            debug_assert!(alarm.spins < SPINS, "host {host} spins at {now}: {reason}");
            if alarm.spins >= SPINS {
                at = now + Duration::from_millis(1);
            }
        } else {
            alarm.spins = 0;
        }
        if alarm.at.is_none_or(|due| at < due) {
            alarm.at = Some(at);
            self.queue.push(at, Event::Wake(host));
        }
    }

    pub(super) fn wake_at(&mut self, host: u32, deadline: Instant) {
        let Some(alarm) = self.alarms.get_mut(host as usize) else { return };
        alarm.at = Some(deadline);
        self.queue.push(deadline, Event::Wake(host));
    }

    /// Whether this wake-up counts; it is over then.
    pub(super) fn woken(&mut self, host: u32, at: Instant) -> bool {
        let on = self.is_on(host);
        let Some(alarm) = self.alarms.get_mut(host as usize) else { return false };
        let counts = on && alarm.at == Some(at);
        if counts {
            alarm.at = None;
        }
        counts
    }

    pub(super) fn note_input(&mut self, host: u32, input: &Input<'_, &str>) {
        let input = match input {
            Input::Audio { .. } => return,
            Input::Datagram { payload, .. } if crate::describe::is_rtp(payload) => return,
            Input::Datagram { remote, payload, .. } => {
                LoggedInput::Datagram { remote: *remote, len: payload.len() }
            }
            Input::Tcp { connection, event } => {
                LoggedInput::Tcp { connection: *connection, event: tcp_name(event) }
            }
            Input::Ras { message, .. } => LoggedInput::Ras(message.name()),
            Input::Storage(event) => LoggedInput::Storage(storage_name(event)),
            Input::Command(words) => LoggedInput::Command((*words).to_owned()),
            Input::Timeout => {
                let alarm = self.alarms.get(host as usize);
                LoggedInput::Timeout(alarm.map_or("", |alarm| alarm.reason))
            }
        };
        self.log.push(Logged { time: self.now, host, input });
    }

    /// Carries out what a machine wants done.
    pub(super) fn carry_out(&mut self, host: u32, output: Output<'_>) {
        match output {
            Output::Datagram { local, remote, payload, rule } => {
                self.send_datagram(host, local, remote, payload, rule);
            }
            Output::Tcp { connection, command, rule } => {
                self.act_on_connection(host, connection, command, rule);
            }
            Output::Ras { remote, message, rule } => self.send_ras(host, remote, &message, rule),
            Output::Storage { command, .. } => self.act_on_drive(host, command),
            // Whoever listens hears it; nothing else follows from it.
            Output::Audio { .. } => {}
            Output::Event(event) => self.note_event(host, event),
        }
    }

    fn act_on_drive(&mut self, host: u32, command: StorageCommand<'_>) {
        let none = Drive::default();
        let drive = match self.hosts.get_mut(host as usize) {
            Some(host) => host.drive.get_or_insert(none),
            None => return,
        };
        let answer = match command {
            StorageCommand::Create { file, name } => {
                drive.create(file, name).err().map(|_| DriveEvent::Failed(file))
            }
            StorageCommand::Write { file, offset, bytes } => {
                drive.write(file, offset, bytes).err().map(|_| DriveEvent::Failed(file))
            }
            StorageCommand::Open { file, name } => Some(match drive.open(file, name) {
                Ok(size) => DriveEvent::Opened { file, size },
                Err(_) => DriveEvent::Failed(file),
            }),
            StorageCommand::Read { file, offset, len } => {
                Some(match drive.read(file, offset, len) {
                    Ok(bytes) => DriveEvent::Data { file, offset, bytes: bytes.to_vec() },
                    Err(_) => DriveEvent::Failed(file),
                })
            }
            StorageCommand::Close(file) => {
                drive.close(file);
                None
            }
            StorageCommand::Delete(file) => {
                drive.delete(file).err().map(|_| DriveEvent::Failed(file))
            }
        };
        let Some(event) = answer else { return };
        let answer = Some(Answer { host, event });
        let index = self.free_answers.pop().unwrap_or_else(|| {
            self.answers.push(None);
            u32::try_from(self.answers.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.answers.get_mut(index as usize) {
            *place = answer;
            self.queue.push(self.now, Event::Storage(index));
        }
    }

    pub(super) fn take_answer(&mut self, index: u32) -> Option<Answer> {
        let answer = self.answers.get_mut(index as usize)?.take();
        self.free_answers.push(index);
        answer
    }

    fn note_event(&mut self, actor: u32, event: machine::Event) {
        let (kind, rule) = match event {
            machine::Event::StateChanged { machine, from, to, cause, rule } => {
                let trigger = self.trigger;
                (StepKind::State(StateChange { actor, machine, from, to, cause, trigger }), rule)
            }
            machine::Event::Prompt { text, rule } => {
                (StepKind::Remark { actor, kind: Remark::Prompt, text }, rule)
            }
            machine::Event::Ignored { reason, rule } => {
                let text = reason.to_owned();
                (StepKind::Remark { actor, kind: Remark::Ignored, text }, rule)
            }
            machine::Event::Note { text, rule } => {
                (StepKind::Remark { actor, kind: Remark::Note, text }, rule)
            }
        };
        // What is dropped packet by packet is said once.
        let repeated = matches!(kind, StepKind::Remark { kind: Remark::Ignored, .. })
            && self.trace.steps().last().is_some_and(|last| last.kind == kind);
        if !repeated {
            self.trace.push(self.now, kind, Some(rule));
        }
    }

    pub(super) fn take_packet(&mut self, index: u32) -> Option<Packet> {
        self.packets.take(index)
    }

    pub(super) fn put_packet(&mut self, index: u32, packet: Packet) {
        self.packets.put(index, packet);
    }

    /// A packet has come to a host that is on.
    pub(super) fn receive(&mut self, packet: &Packet) {
        if let Some(step) = packet.step
            && !matches!(&packet.body, Body::Tcp(segment) if !segment.payload.is_empty())
        {
            self.trace.arrive(step, self.now);
        }
        if self.capture.is_none() {
            return;
        }
        let Some(ends) = self.ends(packet) else { return };
        let Some(capture) = &mut self.capture else { return };
        match &packet.body {
            Body::Udp => capture.udp(self.now, &ends, &packet.bytes),
            Body::Tcp(segment) => {
                capture.tcp(self.now, &ends, &segment.fields, &segment.payload);
            }
            // No encoding of it is simulated.
            Body::Ras(_) => {}
        }
    }

    fn ends(&mut self, packet: &Packet) -> Option<Ends> {
        let (SocketAddr::V4(source), SocketAddr::V4(destination)) =
            (packet.source, packet.destination)
        else {
            return None;
        };
        let source_mac = self.hosts.get(packet.from as usize)?.mac;
        let destination_mac = self.hosts.get(packet.to as usize)?.mac;
        let sender = self.running_mut(packet.from)?;
        sender.identification = sender.identification.wrapping_add(1);
        let identification = sender.identification;
        Some(Ends { source_mac, destination_mac, source, destination, identification })
    }

    /// A packet has come to a host that is off.
    pub(super) fn miss(&mut self, packet: &Packet) {
        if let Some(message) = packet.step.and_then(|step| self.trace.message_mut(step))
            && message.arrived.is_none()
        {
            message.delivery = Delivery::Lost;
        }
        if let Some(sent) = packet.stream.and_then(|number| self.trace.sent_mut(number)) {
            sent.lost += 1;
        }
    }
}

pub(super) const fn tcp_name(event: &TcpEvent<'_>) -> &'static str {
    match event {
        TcpEvent::Connected { .. } => "connected",
        TcpEvent::Accepted { .. } => "accepted",
        TcpEvent::Data(_) => "data",
        TcpEvent::Closed => "closed",
        TcpEvent::Failed => "failed",
    }
}

pub(super) const fn storage_name(event: &StorageEvent<'_>) -> &'static str {
    match event {
        StorageEvent::Inserted { .. } => "inserted",
        StorageEvent::Removed => "removed",
        StorageEvent::Free(_) => "free",
        StorageEvent::Failed(_) => "failed",
        StorageEvent::Opened { .. } => "opened",
        StorageEvent::Data { .. } => "data",
    }
}
