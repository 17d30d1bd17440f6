//! Every way in which a phone and a recorder can get on with each other, one step at a time.

use crate::monitor::Monitor;
use recscope_core::Instant;
use recscope_core::machine::{Input, Machine, Output, Side};
use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig, ActiveState};
use recscope_core::recorder::active::Mapping;
use recscope_core::recorder::{Logger, LoggerCommand, LoggerConfig};
use recscope_core::sip::{Message, MessageBuilder, Method};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Duration;

const STRANGER: &str = "192.0.2.66:5060";

/// A machine that breaks a rule on purpose: the checker has to find out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The phone does not wait for the ACK.
    StartsWithoutAck,
    /// The phone takes anybody's ACK for the recorder's.
    TrustsStrangers,
    /// The phone answers BYE but goes on.
    IgnoresBye,
    /// The phone does not tell its recording of the un-registration.
    IgnoresLogOff,
    /// The phone's BYE gets lost before it is sent.
    SendsNoBye,
    /// The phone says BYE as soon as it unregisters.
    SendsByeAtOnce,
    /// The phone ends each session that is replaced.
    EndsReplaced,
    /// The recorder never opens a second session.
    InvitesOnce,
}

/// What may still go wrong, and what people may still do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) losses: u8,
    pub(crate) duplicates: u8,
    /// Messages that others overtake, by however much.
    pub(crate) delays: u8,
    /// Times that all messages in one direction get lost, until that heals.
    pub(crate) partitions: u8,
    /// ACKs that come from an address that is not allowed.
    pub(crate) spoofs: u8,
    /// Log-off, log-on, hanging up, dialling, power cuts.
    pub(crate) deeds: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    ToPhone,
    ToRecorder,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Datagram {
    way: Way,
    local: SocketAddr,
    remote: SocketAddr,
    payload: Vec<u8>,
}

/// One step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// The oldest message on the wire arrives.
    Deliver,
    Lose,
    /// It arrives, and a second copy will at some time.
    Duplicate,
    /// It is overtaken.
    Delay,
    /// A message that was overtaken arrives.
    Release(usize),
    /// It comes from somebody else instead.
    Spoof,
    /// What the PBX has to say reaches the recorder.
    Hear,
    /// Nothing happens until a timer fires.
    Wait,
    Part(Way),
    Heal,
    LogOff,
    LogOn,
    HangUp,
    Dial,
    CutPower,
}

/// A phone, a recorder, and all that lies between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Instant,
    phone: Active,
    recorder: Logger,
    fault: Fault,
    pub(crate) budget: Budget,
    wire: VecDeque<Datagram>,
    late: Vec<Datagram>,
    parted: Option<Way>,
    /// What the PBX tells the recorder, in order.
    news: VecDeque<LoggerCommand>,
    is_in_call: bool,
    /// The Call-ID of the recorder's first INVITE, where it is to stay the only one.
    invited: String,
    /// The last answer by which the phone agreed to a session.
    accepted: Vec<u8>,
    pub(crate) monitor: Monitor,
}

impl World {
    /// A phone that is registered and in a call; the recorder is about to hear of it.
    pub(crate) fn new(mapping: Mapping, budget: Budget, fault: Fault) -> Self {
        let phone =
            ActiveConfig { packet_time: Duration::from_millis(5), ..ActiveConfig::default() };
        let recorder = LoggerConfig { mapping, writes_files: false, ..LoggerConfig::default() };
        let mut world = Self {
            now: Instant::ORIGIN,
            phone: Active::new(phone),
            recorder: Logger::new(recorder),
            fault,
            budget,
            wire: VecDeque::new(),
            late: Vec::new(),
            parted: None,
            news: VecDeque::new(),
            is_in_call: false,
            invited: String::new(),
            accepted: Vec::new(),
            monitor: Monitor::default(),
        };
        world.log_on();
        world.dial();
        world
    }

    pub(crate) fn steps(&self, steps: &mut Vec<Step>) {
        let Budget { losses, duplicates, delays, partitions, spoofs, deeds } = self.budget;
        if let Some(first) = self.wire.front() {
            steps.push(Step::Deliver);
            let faults =
                [(losses, Step::Lose), (duplicates, Step::Duplicate), (delays, Step::Delay)];
            steps.extend(faults.iter().filter(|(left, _)| *left > 0).map(|(_, step)| *step));
            if spoofs > 0 && first.payload.starts_with(b"ACK ") {
                steps.push(Step::Spoof);
            }
        } else {
            steps.push(Step::Wait);
        }
        steps.extend((0..self.late.len()).map(Step::Release));
        if !self.news.is_empty() {
            steps.push(Step::Hear);
        }
        match self.parted {
            Some(_) => steps.push(Step::Heal),
            None if partitions > 0 => {
                steps.extend([Step::Part(Way::ToPhone), Step::Part(Way::ToRecorder)]);
            }
            None => {}
        }
        if deeds > 0 {
            let is_on =
                !matches!(self.phone.state(), ActiveState::LoggedOff | ActiveState::Leaving);
            steps.push(if is_on { Step::LogOff } else { Step::LogOn });
            if is_on {
                steps.push(if self.is_in_call { Step::HangUp } else { Step::Dial });
                steps.push(Step::CutPower);
            }
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        let spend = |left: &mut u8| *left = left.saturating_sub(1);
        match step {
            Step::Deliver => {
                if let Some(datagram) = self.wire.pop_front() {
                    self.deliver(&datagram);
                }
            }
            Step::Lose => {
                spend(&mut self.budget.losses);
                self.wire.pop_front();
            }
            Step::Duplicate => {
                spend(&mut self.budget.duplicates);
                if let Some(datagram) = self.wire.pop_front() {
                    self.deliver(&datagram);
                    self.late.push(datagram);
                }
            }
            Step::Delay => {
                spend(&mut self.budget.delays);
                self.late.extend(self.wire.pop_front());
            }
            Step::Release(at) => {
                let datagram = self.late.remove(at);
                self.deliver(&datagram);
            }
            Step::Spoof => {
                spend(&mut self.budget.spoofs);
                if let Some(datagram) = self.wire.pop_front() {
                    self.spoof(datagram);
                }
            }
            Step::Hear => {
                if let Some(news) = self.news.pop_front() {
                    self.recorder.handle_input(self.now, Input::Command(news)).unwrap();
                    self.drain();
                }
            }
            Step::Wait => self.wait(),
            Step::Part(way) => {
                spend(&mut self.budget.partitions);
                self.parted = Some(way);
            }
            Step::Heal => self.parted = None,
            Step::LogOff | Step::LogOn | Step::HangUp | Step::Dial | Step::CutPower => {
                spend(&mut self.budget.deeds);
                self.act(step);
            }
        }
        self.observe();
    }

    fn act(&mut self, deed: Step) {
        let extension = || "1000".to_string();
        match deed {
            Step::LogOn => self.log_on(),
            Step::Dial => self.dial(),
            Step::LogOff => {
                self.monitor.on_log_off();
                self.say_bye_at_once();
                if self.fault != Fault::IgnoresLogOff {
                    self.tell_phone(ActiveCommand::LogOff);
                }
                self.is_in_call = false;
                self.news.push_back(LoggerCommand::Unregistered { extension: extension() });
            }
            Step::HangUp => {
                self.is_in_call = false;
                self.tell_phone(ActiveCommand::CallEnded);
                self.news.push_back(LoggerCommand::CallEnded { extension: extension() });
            }
            _ => {
                self.is_in_call = false;
                self.monitor.on_power_cut();
                self.tell_phone(ActiveCommand::PowerOff);
            }
        }
    }

    fn log_on(&mut self) {
        self.monitor.on_log_on();
        self.tell_phone(ActiveCommand::LogOn);
        let address = self.phone.config().address;
        self.news.push_back(LoggerCommand::Registered { extension: "1000".into(), address });
    }

    fn dial(&mut self) {
        self.is_in_call = true;
        self.tell_phone(ActiveCommand::CallStarted);
        self.news.push_back(LoggerCommand::CallStarted { extension: "1000".into() });
    }

    fn tell_phone(&mut self, command: ActiveCommand) {
        self.phone.handle_input(self.now, Input::Command(command)).unwrap();
        self.drain();
    }

    /// The next timer of either machine fires.
    fn wait(&mut self) {
        let phone = self.phone.poll_timeout().map(|(at, _)| at);
        let recorder = self.recorder.poll_timeout().map(|(at, _)| at);
        let Some(first) = [phone, recorder].into_iter().flatten().min() else {
            self.now += Duration::from_secs(10);
            return;
        };
        self.now = self.now.max(first);
        if phone == Some(first) {
            self.phone.handle_input(self.now, Input::Timeout).unwrap();
        } else {
            self.recorder.handle_input(self.now, Input::Timeout).unwrap();
        }
        self.drain();
    }

    fn deliver(&mut self, datagram: &Datagram) {
        let Datagram { way, local, remote, payload } = datagram;
        let (local, remote) = (*local, *remote);
        if *way == Way::ToRecorder {
            let input = Input::Datagram { local, remote, payload };
            self.recorder.handle_input(self.now, input).unwrap();
            return self.drain();
        }
        let message = Message::parse(payload).unwrap().message;
        self.monitor.on_delivered(&message);
        if self.fault == Fault::IgnoresBye && message.method() == Some(Method::Bye) {
            let ok = MessageBuilder::response_to(&message, 200).build();
            return self.put(Way::ToRecorder, remote, local, ok);
        }
        self.phone.handle_input(self.now, Input::Datagram { local, remote, payload }).unwrap();
        self.drain();
    }

    /// An ACK that is right in all but where it comes from.
    fn spoof(&mut self, datagram: Datagram) {
        let remote = match self.fault {
            Fault::TrustsStrangers => datagram.remote,
            _ => STRANGER.parse().unwrap(),
        };
        let Datagram { local, payload, .. } = datagram;
        let input = Input::Datagram { local, remote, payload: &payload };
        self.phone.handle_input(self.now, input).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        let mut from_phone = Vec::new();
        while let Some(output) = self.phone.poll_output() {
            if let Output::Datagram { local, remote, payload, .. } = output {
                from_phone.push((local, remote, payload.to_vec()));
            }
        }
        let mut from_recorder = Vec::new();
        while let Some(output) = self.recorder.poll_output() {
            if let Output::Datagram { local, remote, payload, .. } = output {
                from_recorder.push((local, remote, payload.to_vec()));
            }
        }
        for (local, remote, payload) in from_phone {
            self.send_as_phone(local, remote, payload);
        }
        for (local, remote, payload) in from_recorder {
            self.send_as_recorder(local, remote, payload);
        }
    }

    fn send_as_phone(&mut self, local: SocketAddr, remote: SocketAddr, payload: Vec<u8>) {
        let parsed = Message::parse(&payload).unwrap();
        let message = &parsed.message;
        if message.method() == Some(Method::Bye) && self.fault == Fault::SendsNoBye {
            return;
        }
        self.monitor.on_sent(self.now, message);
        let is_acceptance = message.status() == Some(200)
            && message.cseq().is_some_and(|cseq| cseq.method == Method::Invite);
        if is_acceptance {
            self.after_acceptance(local, remote, message, &payload);
        }
        self.put(Way::ToRecorder, remote, local, payload);
    }

    /// What a phone with a fault does besides agreeing.
    fn after_acceptance(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        acceptance: &Message<'_>,
        bytes: &[u8],
    ) {
        let before = std::mem::replace(&mut self.accepted, bytes.to_vec());
        if self.fault == Fault::StartsWithoutAck {
            let ack = ack_to(acceptance);
            let input = Input::Datagram { local, remote, payload: &ack };
            self.phone.handle_input(self.now, input).unwrap();
            self.drain();
        }
        if self.fault == Fault::EndsReplaced
            && let Ok(replaced) = Message::parse(&before)
            && replaced.message.call_id() != acceptance.call_id()
        {
            let bye = bye_after(&replaced.message);
            self.send_as_phone(local, remote, bye);
        }
    }

    fn say_bye_at_once(&mut self) {
        let accepted = std::mem::take(&mut self.accepted);
        if self.fault == Fault::SendsByeAtOnce
            && let Ok(accepted) = Message::parse(&accepted)
        {
            let bye = bye_after(&accepted.message);
            let (phone, recorder) = (self.phone.config(), self.recorder.config());
            let local = SocketAddr::new(phone.address, phone.sip_port);
            let remote = SocketAddr::new(recorder.address, recorder.sip_port);
            self.send_as_phone(local, remote, bye);
        }
    }

    fn send_as_recorder(&mut self, local: SocketAddr, remote: SocketAddr, payload: Vec<u8>) {
        let parsed = Message::parse(&payload).unwrap();
        let opens = parsed.message.method() == Some(Method::Invite)
            && parsed.message.to().is_some_and(|to| to.tag().is_none());
        let call_id = parsed.message.call_id().unwrap_or_default();
        if self.fault == Fault::InvitesOnce && opens {
            if self.invited.is_empty() {
                self.invited = call_id.into();
            } else if self.invited != call_id {
                return;
            }
        }
        self.put(Way::ToPhone, remote, local, payload);
    }

    fn put(&mut self, way: Way, local: SocketAddr, remote: SocketAddr, payload: Vec<u8>) {
        if self.parted != Some(way) {
            self.wire.push_back(Datagram { way, local, remote, payload });
        }
    }

    /// Looks whether sound that came now would be copied, and to where the phone has come.
    fn observe(&mut self) {
        self.phone.advance(self.now);
        self.recorder.advance(self.now);
        if !copies(&mut self.phone.clone(), self.now).is_empty() {
            self.monitor.on_copies();
        }
        if self.phone.state() == ActiveState::LoggedOff {
            self.monitor.on_silence();
        }
    }

    /// Whether recording runs again some time after everything went well: the network is whole,
    /// the phone has power, is registered and in a call, and the PBX says so. Every world on the
    /// way is told to `seen`, which knows whether it was found to recover before.
    pub(crate) fn recovers(&self, mut seen: impl FnMut(u64) -> bool) -> bool {
        let mut world = self.clone();
        world.parted = None;
        world.budget = Budget::default();
        world.monitor = Monitor::default();
        let late = std::mem::take(&mut world.late);
        world.wire.extend(late);
        let deadline = world.now + RECOVERY;
        while world.now <= deadline {
            if matches!(world.phone.state(), ActiveState::LoggedOff | ActiveState::Leaving) {
                world.log_on();
                world.dial();
            } else if !world.is_in_call {
                world.dial();
            }
            while world.wire.front().is_some() || world.news.front().is_some() {
                world.take(Step::Hear);
                world.take(Step::Deliver);
            }
            if world.is_recording() || seen(world.fingerprint()) {
                return true;
            }
            world.wait();
            world.observe();
        }
        false
    }

    /// Whether copies leave the phone and are counted by the recorder.
    fn is_recording(&self) -> bool {
        let (mut phone, mut recorder) = (self.phone.clone(), self.recorder.clone());
        let count = |recorder: &Logger| -> u64 {
            recorder.streams().map(|stream| stream.summary.packets).sum()
        };
        let before = count(&recorder);
        for Datagram { local, remote, payload, .. } in copies(&mut phone, self.now) {
            let input = Input::Datagram { local, remote, payload: &payload };
            recorder.handle_input(self.now, input).unwrap();
        }
        count(&recorder) > before
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.phone, &self.recorder, &self.wire, self.invited.as_str()).hash(&mut hasher);
        hasher.finish()
    }
}

/// The longest that recovery takes: the end of every wait that a fault can start, then a
/// keep-alive that finds the session unknown, and its two repetitions.
const RECOVERY: Duration = Duration::from_secs(180);

/// What the phone makes of a frame of sound in a call.
fn copies(phone: &mut Active, now: Instant) -> Vec<Datagram> {
    phone.handle_input(now, Input::Command(ActiveCommand::CallStarted)).unwrap();
    let mut sent = Vec::new();
    for side in [Side::Sent, Side::Received] {
        phone.handle_input(now, Input::Audio { side, samples: &[0; 40] }).unwrap();
        while let Some(output) = phone.poll_output() {
            if let Output::Datagram { local, remote, payload, .. } = output {
                let payload = payload.to_vec();
                sent.push(Datagram { way: Way::ToRecorder, local: remote, remote: local, payload });
            }
        }
    }
    sent
}

fn ack_to(acceptance: &Message<'_>) -> Vec<u8> {
    let header = |name| acceptance.header(name).unwrap_or_default();
    let cseq = acceptance.cseq().map_or(1, |cseq| cseq.number);
    MessageBuilder::request(Method::Ack, "sip:1000@192.0.2.20:7300")
        .via("UDP", "192.0.2.9:5060".parse().unwrap(), "forged-ack")
        .header("From", header("From"))
        .header("To", header("To"))
        .header("Call-ID", header("Call-ID"))
        .header("CSeq", format_args!("{cseq} ACK"))
        .build()
}

fn bye_after(acceptance: &Message<'_>) -> Vec<u8> {
    let header = |name| acceptance.header(name).unwrap_or_default();
    MessageBuilder::request(Method::Bye, "sip:recorder@192.0.2.9:5060")
        .via("UDP", "192.0.2.20:7300".parse().unwrap(), "forged-bye")
        .header("From", header("To"))
        .header("To", header("From"))
        .header("Call-ID", header("Call-ID"))
        .header("CSeq", "1 BYE")
        .build()
}
