//! A world: hosts with core's machines on a virtual network, in virtual time.
//!
//! ```text
//!  queue ──► the earliest event ──► actor.handle ──► outputs ──► network, TCP, drive ──► queue
//!                                                       └──────► trace, capture
//! ```
//!
//! One event at a time, so that a run is the same whenever it is made: nothing here reads a clock
//! or draws a number that does not come from the seed.

mod host;
mod packet;
mod stage;

pub use host::{Deed, Host};
pub use stage::Logged;

use crate::actor::Actor;
use crate::audio;
use crate::drive::Drive;
use crate::network::{Link, Network};
use crate::pattern::Remark;
use crate::queue::Event;
use crate::tcp::{Action, News};
use crate::trace::{StepKind, Trace, Trigger};
use crate::wire::Capture;
use packet::Body;
use recscope_core::machine::{Input, Outbox, Side, StorageEvent, TcpEvent};
use recscope_core::time::Instant;
use stage::{Answer, Stage, storage_name, tcp_name};
use std::time::Duration;

/// Hosts, network, time, and what happened so far. A copy is a snapshot: it goes on exactly as the
/// original does.
#[derive(Clone, Debug)]
pub struct World {
    actors: Vec<Box<dyn Actor>>,
    /// Those that are not told when the power goes, as they were at first.
    fresh: Vec<Option<Box<dyn Actor>>>,
    stage: Stage,
    /// What comes of sound: one buffer for all phones, so that it stays in the processor's cache.
    outbox: Outbox,
}

/// How a world is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorldOptions {
    /// What all chance comes from.
    pub seed: u64,
    /// Unix time at the start.
    pub epoch_seconds: u64,
    /// Links that nothing else is said of.
    pub link: Link,
    /// Whether packets are kept in a capture.
    pub captures: bool,
}

impl World {
    /// A world without hosts.
    #[must_use]
    pub fn new(options: &WorldOptions) -> Self {
        Self {
            actors: Vec::new(),
            fresh: Vec::new(),
            stage: Stage::new(options),
            outbox: Outbox::default(),
        }
    }

    /// Adds a host and gives its number. It is off, or has no power, until [`Deed::PowerOn`].
    pub fn add(&mut self, host: Host, actor: Box<dyn Actor>) -> u32 {
        self.fresh.push(host.power_words[1].is_none().then(|| actor.clone()));
        self.actors.push(actor);
        self.stage.add(host)
    }

    /// The hosts, by number.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.stage.hosts
    }

    /// The number of the host of this name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<u32> {
        let place = self.stage.hosts.iter().position(|host| host.name == name)?;
        u32::try_from(place).ok()
    }

    /// The actor on a host.
    #[must_use]
    pub fn actor(&self, host: u32) -> Option<&dyn Actor> {
        self.actors.get(host as usize).map(AsRef::as_ref)
    }

    /// The drive of a host.
    #[must_use]
    pub fn drive(&self, host: u32) -> Option<&Drive> {
        self.stage.hosts.get(host as usize)?.drive.as_ref()
    }

    /// The links, to set up and to disturb.
    pub const fn network_mut(&mut self) -> &mut Network {
        &mut self.stage.network
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.stage.now
    }

    /// What happened so far.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.stage.trace
    }

    /// The packets that arrived so far, if they are kept.
    #[must_use]
    pub const fn capture(&self) -> Option<&Capture> {
        self.stage.capture.as_ref()
    }

    /// What was delivered to machines so far, RTP and sound aside.
    #[must_use]
    pub fn log(&self) -> &[Logged] {
        &self.stage.log
    }

    /// Events handled so far.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.stage.events
    }

    /// When the next event happens.
    #[must_use]
    pub fn next_time(&self) -> Option<Instant> {
        self.stage.queue.next_time()
    }

    /// Lets the next event happen, if it is due by `until`; otherwise time goes on to `until` and
    /// nothing happens.
    pub fn step(&mut self, until: Instant) -> bool {
        if self.next_time().is_none_or(|next| next > until) {
            self.stage.now = self.stage.now.max(until);
            return false;
        }
        let Some((at, event)) = self.stage.queue.pop() else { return false };
        self.stage.now = self.stage.now.max(at);
        match event {
            Event::Arrival(packet) => self.arrive(packet),
            Event::Wake(host) => self.wake(host, at),
            Event::Audio(host) => self.speak(host),
            Event::TcpTimer(end) => {
                self.stage.events += 1;
                self.stage.tcp.timer(at, end);
            }
            Event::Storage(answer) => self.answer(answer),
        }
        self.settle();
        true
    }

    /// Lets everything happen that is due by `until`.
    pub fn run_until(&mut self, until: Instant) {
        while self.step(until) {}
    }

    /// Does something to a host, now.
    pub fn act(&mut self, host: u32, deed: &Deed) {
        if self.actors.get(host as usize).is_none() {
            return;
        }
        if let Some(text) = deed.remark() {
            self.stage.trigger = Trigger::Step(self.stage.trace.steps().len());
            let kind = StepKind::Remark { actor: host, kind: Remark::Done, text };
            self.stage.trace.push(self.stage.now, kind, None);
        }
        match deed {
            Deed::PowerOn => self.power_on(host),
            Deed::PowerOff => self.power_off(host),
            Deed::Insert => self.insert_drive(host),
            Deed::Pull { unflushed } => {
                if let Some(drive) = self.stage.drive_mut(host).filter(|drive| drive.is_plugged()) {
                    drive.pull(*unflushed);
                    self.deliver(host, Input::Storage(StorageEvent::Removed));
                }
            }
            Deed::Free(bytes) => {
                if let Some(drive) = self.stage.drive_mut(host) {
                    drive.leave(*bytes);
                    self.deliver(host, Input::Storage(StorageEvent::Free(*bytes)));
                }
            }
            Deed::Cut { other } => {
                let now = self.stage.now;
                self.stage.network.cut(host, *other, now, None);
            }
            Deed::Heal { other } => self.stage.network.heal(host, *other, self.stage.now),
            Deed::Order(words) => self.deliver(host, Input::Command(words)),
        }
        self.settle();
    }

    /// Gives hosts power without a remark, as before a scenario begins: all of them have it before
    /// the first says anything.
    pub fn start(&mut self, hosts: &[u32]) {
        self.stage.trigger = Trigger::Start;
        for host in hosts {
            self.stage.set_power(*host, true);
        }
        for host in hosts {
            self.boot(*host);
            self.settle();
        }
    }

    fn power_on(&mut self, host: u32) {
        if !self.stage.is_on(host) {
            self.stage.set_power(host, true);
            self.boot(host);
        }
    }

    fn boot(&mut self, host: u32) {
        if let Some(words) = self.stage.power_words(host, true) {
            self.deliver(host, Input::Command(words));
        }
        self.insert_drive(host);
        let rate = self.actors.get(host as usize).and_then(|actor| actor.sample_rate());
        if let Some(rate) = rate {
            self.stage.start_audio(host, rate);
        }
    }

    fn power_off(&mut self, host: u32) {
        if !self.stage.is_on(host) {
            return;
        }
        if let Some(words) = self.stage.power_words(host, false) {
            self.deliver(host, Input::Command(words));
        } else if let (Some(actor), Some(Some(fresh))) =
            (self.actors.get_mut(host as usize), self.fresh.get(host as usize))
        {
            *actor = fresh.clone();
        }
        self.stage.tcp.forget(host);
        if let Some(drive) = self.stage.drive_mut(host) {
            drive.forget_handles();
        }
        self.stage.set_power(host, false);
    }

    fn insert_drive(&mut self, host: u32) {
        let on = self.stage.is_on(host);
        let Some(drive) = self.stage.drive_mut(host) else { return };
        drive.plug();
        let free = drive.free();
        if on {
            self.deliver(host, Input::Storage(StorageEvent::Inserted { free }));
        }
    }

    /// A packet is there.
    fn arrive(&mut self, index: u32) {
        self.stage.events += 1;
        let Some(packet) = self.stage.take_packet(index) else { return };
        if self.stage.is_on(packet.to) {
            let step = match &packet.body {
                Body::Tcp(segment) => segment.step.or(packet.step),
                Body::Udp | Body::Ras(_) => packet.step,
            };
            self.stage.trigger = step.map_or(Trigger::Sound, Trigger::Step);
            self.stage.receive(&packet);
            match &packet.body {
                Body::Udp => {
                    let input = Input::Datagram {
                        local: packet.destination,
                        remote: packet.source,
                        payload: &packet.bytes,
                    };
                    self.deliver(packet.to, input);
                }
                Body::Ras(message) => {
                    self.deliver(packet.to, Input::Ras { remote: packet.source, message });
                }
                Body::Tcp(segment) => {
                    let actor = self.actors.get(packet.to as usize);
                    let port = packet.destination.port();
                    let listens = actor.is_some_and(|actor| actor.listens(port));
                    self.stage.tcp.arrive(self.stage.now, packet.to, segment, listens);
                }
            }
        } else {
            self.stage.miss(&packet);
        }
        self.stage.put_packet(index, packet);
    }

    /// A deadline has come, unless it was put off in the meantime.
    fn wake(&mut self, host: u32, at: Instant) {
        if !self.stage.woken(host, at) {
            return;
        }
        let deadline = self.actors.get(host as usize).and_then(|actor| actor.deadline());
        match deadline {
            Some((deadline, reason)) if deadline <= at => {
                self.stage.events += 1;
                self.stage.trigger = Trigger::Timer(reason);
                self.deliver(host, Input::Timeout);
            }
            Some((deadline, _)) => self.stage.wake_at(host, deadline),
            None => {}
        }
    }

    /// Gives a phone 20 ms of both voices.
    fn speak(&mut self, host: u32) {
        let Some((frame, rate)) = self.stage.next_frame(host) else { return };
        self.stage.trigger = Trigger::Sound;
        let Some(actor) = self.actors.get_mut(host as usize) else { return };
        for side in [Side::Sent, Side::Received] {
            self.stage.events += 1;
            let samples = audio::frame(side, rate, frame);
            actor.hear(self.stage.now, side, samples, &mut self.outbox);
            while let Some(output) = self.outbox.poll() {
                self.stage.carry_out(host, output);
            }
        }
        // Sound sets no timer (see `Role::sample_rate`): looking would cost more than the sound.
    }

    /// A drive has an answer.
    fn answer(&mut self, index: u32) {
        self.stage.events += 1;
        let Some(Answer { host, event }) = self.stage.take_answer(index) else { return };
        if !self.stage.is_on(host) {
            return;
        }
        self.stage.trigger = Trigger::Drive(storage_name(&event.borrow()));
        self.deliver(host, Input::Storage(event.borrow()));
    }

    /// Does what TCP wants done, until it wants nothing more.
    fn settle(&mut self) {
        // What came is what data was part of; other news of a connection is news by itself.
        let came = self.stage.trigger;
        while let Some(action) = self.stage.tcp.poll() {
            match action {
                Action::Transmit(segment) => self.stage.transmit_segment(segment),
                Action::Timer { end, at } => self.stage.queue.push(at, Event::TcpTimer(end)),
                Action::Arrived { step } => {
                    let now = self.stage.now;
                    self.stage.trace.arrive(step, now);
                }
                Action::Tell { host, connection, news } => {
                    if !self.stage.is_on(host) {
                        continue;
                    }
                    let event = match &news {
                        News::Connected { local } => TcpEvent::Connected { local: *local },
                        News::Accepted { local, remote } => {
                            TcpEvent::Accepted { local: *local, remote: *remote }
                        }
                        News::Data(bytes) => TcpEvent::Data(bytes),
                        News::Closed => TcpEvent::Closed,
                        News::Failed => TcpEvent::Failed,
                    };
                    self.stage.trigger = match (event, came) {
                        (TcpEvent::Data(_), Trigger::Step(_)) => came,
                        _ => Trigger::Connection(tcp_name(&event)),
                    };
                    self.deliver(host, Input::Tcp { connection, event });
                }
            }
        }
    }

    /// Gives a machine an input and carries out all that it wants done.
    fn deliver(&mut self, host: u32, input: Input<'_, &str>) {
        self.stage.note_input(host, &input);
        self.hand(host, input);
        self.look_at_deadline(host);
    }

    fn hand(&mut self, host: u32, input: Input<'_, &str>) {
        let now = self.stage.now;
        let Some(actor) = self.actors.get_mut(host as usize) else { return };
        actor.handle(now, input);
        while let Some(output) = actor.poll_output() {
            self.stage.carry_out(host, output);
        }
    }

    fn look_at_deadline(&mut self, host: u32) {
        let actor = self.actors.get(host as usize);
        if let Some((deadline, reason)) = actor.and_then(|actor| actor.deadline()) {
            self.stage.schedule(host, deadline, reason);
        }
    }
}

/// Duration from the start of a world.
#[must_use]
pub const fn at(after: Duration) -> Instant {
    // Durations above 584 000 years do not occur; `Instant` saturates like this, too.
    #[allow(clippy::cast_possible_truncation, reason = "584 000 years fit")]
    Instant::from_micros(after.as_micros() as u64)
}
