//! Hosts a machine of core on real sockets, as the simulator does on virtual ones.
//!
//! ```text
//!  sockets, connections ─┐                       ┌─► sockets, connections
//!  clock ────────────────┼─► machine ─► outputs ─┼─► folder
//!  sound, typed orders ──┘      ▲                └─► events ─► log, service
//!                               └────── orders ◄──────────────────────┘
//! ```
//!
//! One task does it all, one event after the other: a packet costs no task and no allocation. What
//! a command adds to its machine is a [`Service`].

mod clock;
mod connections;
mod folder;
mod ground;
mod log;
mod muffler;
mod readiness;
mod script;
mod service;
mod signals;
mod sockets;
mod sound;
mod terminal;

pub(crate) use clock::{Clock, chance};
pub(crate) use connections::MOST_LINGERING;
pub(crate) use folder::{Answer, Folder};
pub(crate) use ground::Ground;
pub(crate) use log::{Line, Log, Timestamp};
pub(crate) use script::Script;
pub(crate) use service::{OrdersOf, Service};
pub(crate) use sockets::own_address;
pub(crate) use sound::{AtEnd, Sound, Voice};

use crate::output::reason;
use anyhow::{Result, anyhow};
use connections::News;
use muffler::Muffler;
use readiness::Token;
use recscope_core::machine::{Connection, Input, Machine, Output, StorageEvent, TcpEvent};
use recscope_core::rule::Rule;
use recscope_core::sip::{Message, looks_like_sip};
use recscope_core::time::Instant;
use service::{Orders, SoundOrder};
use signals::Signals;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Sleep;

/// Runs a command that has a machine.
///
/// # Errors
/// What it fails with.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| anyhow!("cannot start: {error}"))?.block_on(command)
}

/// Datagrams or reads of one socket before others have their turn.
const TURN: usize = 64;

/// How long the end of what runs may take: a little longer than a phone waits for a server's answer
/// (BX-S10), which says why it ends if none comes.
const PATIENCE: Duration = Duration::from_millis(5500);

/// How often the service is asked for figures.
const TICK: Duration = Duration::from_secs(1);

/// A machine on real sockets.
pub(crate) struct Host<S: Service> {
    ground: Ground,
    machine: S::Machine,
    service: S,
    orders: OrdersOf<S>,
    folder: Folder,
    sound: Sound,
    script: Script,
    typed: Option<mpsc::Receiver<String>>,
    wanted: Vec<SocketAddr>,
    muffler: Muffler,
    traffic: Traffic,
    buffer: Vec<u8>,
    /// By when everything has to be over.
    leaving: Option<Instant>,
    next_tick: Instant,
}

/// Datagrams that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Received.
    pub(crate) received: u64,
    /// Sent.
    pub(crate) sent: u64,
    /// Not sent, as the system would not take them.
    pub(crate) unsent: u64,
}

/// How a hosted machine ended.
pub(crate) struct Ended<S: Service> {
    /// The service, with what it knows.
    pub(crate) service: S,
    /// The machine as it was at the end.
    pub(crate) machine: S::Machine,
    /// Datagrams that passed.
    pub(crate) traffic: Traffic,
    /// Whether all that ran ended in order and in time.
    pub(crate) is_clean: bool,
    /// The log.
    pub(crate) log: Log,
}

impl<S: Service> Host<S> {
    fn new(ground: Ground, machine: S::Machine, service: S) -> Self {
        Self {
            ground,
            machine,
            service,
            orders: Orders::new(),
            folder: Folder::none(),
            sound: Sound::none(),
            script: Script::default(),
            typed: None,
            wanted: Vec::new(),
            muffler: Muffler::default(),
            traffic: Traffic::default(),
            buffer: vec![0; 1 << 16],
            leaving: None,
            next_tick: Instant::ORIGIN + TICK,
        }
    }

    /// Lets the machine have files.
    pub(crate) fn with_folder(mut self, folder: Folder) -> Self {
        self.folder = folder;
        self
    }

    /// Lets the machine hear.
    pub(crate) fn with_sound(mut self, sound: Sound) -> Self {
        self.sound = sound;
        self
    }

    /// Takes orders from standard input and from a script.
    pub(crate) fn with_orders(mut self, script: Script) -> Self {
        self.script = script;
        self.typed = Some(script::typed());
        self
    }

    /// Runs until the service leaves, or Ctrl-C or SIGTERM says so.
    ///
    /// # Errors
    /// When signals cannot be received.
    pub(crate) async fn run(mut self) -> Result<Ended<S>> {
        let mut signals = Signals::new().map_err(|error| anyhow!("no signals: {error}"))?;
        let mut alarm = Box::pin(tokio::time::sleep(Duration::ZERO));
        let mut tokens = Vec::new();
        let readiness = self.ground.readiness.clone();
        self.orders.now = self.ground.clock.now();
        self.open_sockets();
        self.service.begin(&mut self.orders);
        self.follow_orders();
        loop {
            if let Some(until) = self.leaving
                && (self.is_done() || self.ground.clock.now() >= until)
            {
                break;
            }
            self.set_alarm(alarm.as_mut());
            tokio::select! {
                () = readiness.wait(&mut tokens) => {
                    for token in tokens.drain(..) {
                        self.serve(token);
                    }
                }
                () = alarm.as_mut() => self.on_time(),
                line = next_line(&mut self.typed) => match line {
                    Some(line) => self.obey(&line),
                    None => self.typed = None,
                },
                () = signals.next() => {
                    if self.leaving.is_some() {
                        // Asked twice: no more patience.
                        break;
                    }
                    self.leave();
                }
            }
        }
        let is_clean = self.is_done();
        if !is_clean {
            self.service.give_up(&mut self.orders);
            self.follow_orders();
        }
        readiness.close();
        self.ground.log.clear();
        Ok(Ended {
            service: self.service,
            machine: self.machine,
            traffic: self.traffic,
            is_clean,
            log: self.ground.log,
        })
    }

    fn is_done(&self) -> bool {
        self.service.has_left(&self.machine) && self.ground.connections.is_empty()
    }

    /// Looks at a socket that called.
    fn serve(&mut self, token: Token) {
        match token {
            Token::Socket(place) => {
                for _ in 0..TURN {
                    let arrived = self.ground.sockets.receive(place, &mut self.buffer);
                    let Some(arrived) = arrived else { return };
                    self.on_datagram(arrived.local, arrived.remote, arrived.len);
                }
                self.ground.sockets.call_again(place);
            }
            Token::Listener(place) => {
                while let Some(accepted) = self.ground.connections.accept(place) {
                    let connection = accepted.connection;
                    let event =
                        TcpEvent::Accepted { local: accepted.local, remote: accepted.remote };
                    self.deliver(Input::Tcp { connection, event });
                }
            }
            Token::Connection(connection) => self.serve_connection(connection),
        }
    }

    fn serve_connection(&mut self, connection: Connection) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for turn in 0.. {
            if turn == TURN {
                self.ground.connections.call_again(connection);
                break;
            }
            let Some(news) = self.ground.connections.advance(connection, &mut buffer) else {
                break;
            };
            let event = match news {
                News::Connected { local } => TcpEvent::Connected { local },
                News::Data(len) => TcpEvent::Data(buffer.get(..len).unwrap_or_default()),
                News::Closed => TcpEvent::Closed,
                News::Failed => TcpEvent::Failed,
            };
            self.deliver(Input::Tcp { connection, event });
        }
        self.buffer = buffer;
    }

    fn on_datagram(&mut self, local: SocketAddr, remote: SocketAddr, len: usize) {
        self.traffic.received += 1;
        let now = self.ground.clock.now();
        self.orders.now = now;
        let payload = self.buffer.get(..len).unwrap_or_default();
        self.service.arrived(now, local, remote, payload);
        if let Some(message) = spoken(payload) {
            let line = Line::new("received").with("from", remote).with("message", message);
            self.ground.log.write(&line);
        }
        let Ok(()) = self.machine.handle_input(now, Input::Datagram { local, remote, payload });
        self.settle();
    }

    /// Something is due: a frame of sound, a deadline of the machine, an order, another second.
    fn on_time(&mut self) {
        let now = self.ground.clock.now();
        self.orders.now = now;
        // A machine that was held up speaks at most so much at once.
        for _ in 0..TURN {
            let Some(due) = self.sound.due().filter(|&due| due <= now) else { break };
            self.speak(due);
        }
        if self.machine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.deliver(Input::Timeout);
        }
        while let Some(order) = self.script.next(now) {
            self.obey(&order);
        }
        if self.next_tick <= now {
            self.next_tick = now + TICK;
            self.tick(now);
        }
    }

    /// Lets the machine hear a frame as of the moment when it was due: one that comes late because
    /// this process was held up is no pause in the sound.
    fn speak(&mut self, due: Instant) {
        for voice in 0..self.sound.voices() {
            let Some((side, samples)) = self.sound.frame(voice) else { continue };
            let Ok(()) = self.machine.handle_input(due, Input::Audio { side, samples });
            self.carry_out();
        }
        if self.sound.advance() {
            self.service.sound_ended(&mut self.orders);
        }
        self.follow_orders();
    }

    fn tick(&mut self, now: Instant) {
        self.ground.connections.sweep(now);
        if let Some(line) = self.muffler.drain() {
            self.ground.log.write(&line);
        }
        self.service.tick(&mut self.orders, &self.machine);
        self.follow_orders();
        if self.ground.log.shows_figures() {
            self.ground.log.show(&self.service.figures(&self.machine));
        }
    }

    fn obey(&mut self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        self.orders.now = self.ground.clock.now();
        let said = Line::new("order").with("text", line);
        let said = match self.service.obey(&mut self.orders, line) {
            Ok(()) => said,
            Err(error) => said.with("error", format_args!("{error:#}")),
        };
        self.ground.log.write(&said);
        self.follow_orders();
    }

    fn leave(&mut self) {
        self.orders.now = self.ground.clock.now();
        self.leaving = Some(self.orders.now + PATIENCE);
        self.service.leave(&mut self.orders);
        self.follow_orders();
    }

    /// Gives the machine an input that may change which sockets it needs.
    fn deliver(&mut self, input: Input<'_, <S::Machine as Machine>::Command>) {
        let now = self.ground.clock.now();
        self.orders.now = now;
        let Ok(()) = self.machine.handle_input(now, input);
        self.open_sockets();
        self.settle();
    }

    /// Does all that the machine and then the service want done.
    fn settle(&mut self) {
        self.carry_out();
        self.follow_orders();
    }

    fn follow_orders(&mut self) {
        loop {
            for line in self.orders.lines.drain(..) {
                self.ground.log.write(&line);
            }
            match self.orders.sound.take() {
                Some(SoundOrder::Play) => self.sound.play(self.orders.now),
                Some(SoundOrder::Stop) => self.sound.stop(),
                None => {}
            }
            if let Some(answer) = self.orders.answers.pop_front() {
                let event: StorageEvent<'_> = answer.event();
                let Ok(()) = self.machine.handle_input(self.orders.now, Input::Storage(event));
            } else if let Some(command) = self.orders.commands.pop_front() {
                let Ok(()) = self.machine.handle_input(self.orders.now, Input::Command(command));
            } else {
                break;
            }
            self.open_sockets();
            self.carry_out();
        }
        if std::mem::take(&mut self.orders.leaves) && self.leaving.is_none() {
            self.leave();
        }
    }

    /// Does all that the machine wants done.
    fn carry_out(&mut self) {
        let ground = &mut self.ground;
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Datagram { local, remote, payload, rule } => {
                    if let Some(message) = spoken(payload) {
                        ground.log.write(&sent(remote, &message, rule));
                    }
                    match ground.sockets.send(local, remote, payload) {
                        Ok(()) => self.traffic.sent += 1,
                        Err(error) => {
                            self.traffic.unsent += 1;
                            self.muffler.complain("cannot send", &error, &ground.log);
                        }
                    }
                }
                Output::Tcp { connection, command, .. } => {
                    ground.connections.act(self.orders.now, connection, command);
                }
                Output::Storage { command, .. } => {
                    self.orders.answers.extend(self.service.store(&mut self.folder, command));
                }
                // RAS is simulated without its encoding, and nobody listens to what is played.
                Output::Ras { .. } | Output::Audio { .. } => {}
                Output::Event(event) => {
                    let is_worth_a_line =
                        self.service.notice(&mut self.orders, &self.machine, &event);
                    if is_worth_a_line {
                        self.muffler.event(&event, &ground.log);
                    }
                }
            }
        }
        self.service.settled(&mut self.orders, &mut self.machine);
    }

    /// Opens the sockets that the machine needs and closes the others.
    fn open_sockets(&mut self) {
        self.wanted.clear();
        self.service.sockets(&self.machine, &mut self.wanted);
        for &address in &self.wanted {
            if !self.ground.sockets.is_open(address)
                && let Err(error) = self.ground.sockets.bind(address)
            {
                let line = Line::new("socket").with("address", address);
                self.ground.log.write(&line.with("error", reason(&error)));
                self.service.cannot_open(&mut self.orders, address);
            }
        }
        self.ground.sockets.keep_only(&self.wanted);
    }

    fn set_alarm(&self, alarm: Pin<&mut Sleep>) {
        let machine = self.machine.poll_timeout().map(|(at, _)| at);
        let times = [machine, self.sound.due(), self.script.due(), self.leaving];
        let next = times.into_iter().flatten().fold(self.next_tick, Instant::min);
        let next = self.ground.clock.at(next);
        if alarm.deadline() != next || alarm.is_elapsed() {
            alarm.reset(next);
        }
    }
}

/// The next typed line; never, where nothing is typed.
async fn next_line(typed: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match typed {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

fn sent(remote: SocketAddr, message: &str, rule: &Rule) -> Line {
    Line::new("sent").with("to", remote).with("message", message).with("rule", rule)
}

/// What a SIP message is, in a word or two: `INVITE`, `200 INVITE`; none for anything else.
fn spoken(payload: &[u8]) -> Option<String> {
    if !looks_like_sip(payload) {
        return None;
    }
    let parsed = Message::parse(payload).ok()?;
    let message = &parsed.message;
    if let Some(method) = message.method() {
        return Some(method.to_string());
    }
    let method = message.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
    Some(format!("{} {method}", message.status()?))
}
