//! What a command adds to the machine it hosts.

use super::{Answer, Folder, Line};
use anyhow::{Result, bail};
use recscope_core::machine::{Event, Machine, StorageCommand};
use recscope_core::time::Instant;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;

/// What a command adds to the machine it runs.
pub(crate) trait Service {
    /// The machine.
    type Machine: Machine<Misuse = Infallible>;

    /// Appends the UDP sockets that have to be open now to `wanted`. Asked at the beginning and
    /// after everything but datagrams and sound.
    fn sockets(&self, machine: &Self::Machine, wanted: &mut Vec<SocketAddr>);

    /// A socket could not be opened; it is tried again the next time that sockets are looked at.
    fn cannot_open(&mut self, _orders: &mut OrdersOf<Self>, _socket: SocketAddr) {}

    /// Everything is open: what the machine is told first.
    fn begin(&mut self, orders: &mut OrdersOf<Self>);

    /// Sees a datagram before the machine does.
    fn arrived(&mut self, _now: Instant, _local: SocketAddr, _remote: SocketAddr, _: &[u8]) {}

    /// Does what the machine wants with files.
    fn store(&mut self, folder: &mut Folder, command: StorageCommand<'_>) -> Option<Answer> {
        folder.carry_out(command)
    }

    /// Sees what happens in the machine. Whether it is worth a line of the log.
    fn notice(
        &mut self,
        _orders: &mut OrdersOf<Self>,
        _machine: &Self::Machine,
        _event: &Event,
    ) -> bool {
        true
    }

    /// All that the machine wanted done was done: time to ask what else it has to tell.
    fn settled(&mut self, _orders: &mut OrdersOf<Self>, _machine: &mut Self::Machine) {}

    /// Obeys a line that was typed or scripted.
    ///
    /// # Errors
    /// When it is no order; the message is for whoever typed it.
    fn obey(&mut self, _orders: &mut OrdersOf<Self>, _line: &str) -> Result<()> {
        bail!("there are no orders to give")
    }

    /// All sound was played.
    fn sound_ended(&mut self, _orders: &mut OrdersOf<Self>) {}

    /// Another second has passed.
    fn tick(&mut self, _orders: &mut OrdersOf<Self>, _machine: &Self::Machine) {}

    /// Figures for whoever watches, in one line.
    fn figures(&self, machine: &Self::Machine) -> String;

    /// It is time to end what runs, in order.
    fn leave(&mut self, orders: &mut OrdersOf<Self>);

    /// It did not end in time, or nobody wants to wait for it: it is to end at once.
    fn give_up(&mut self, _orders: &mut OrdersOf<Self>) {}

    /// Whether everything has ended.
    fn has_left(&self, machine: &Self::Machine) -> bool;
}

/// The orders that a service gives.
pub(crate) type OrdersOf<S> = Orders<<<S as Service>::Machine as Machine>::Command>;

/// What is to be done once the machine has nothing more to say.
#[derive(Debug)]
pub(crate) struct Orders<C> {
    pub(super) now: Instant,
    pub(super) commands: VecDeque<C>,
    pub(super) answers: VecDeque<Answer>,
    pub(super) sound: Option<SoundOrder>,
    pub(super) leaves: bool,
    pub(super) lines: Vec<Line>,
}

/// What the sound is to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum SoundOrder {
    Play,
    Stop,
}

impl<C> Orders<C> {
    pub(super) const fn new() -> Self {
        Self {
            now: Instant::ORIGIN,
            commands: VecDeque::new(),
            answers: VecDeque::new(),
            sound: None,
            leaves: false,
            lines: Vec::new(),
        }
    }

    /// The time.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// Gives the machine a command.
    pub(crate) fn give(&mut self, command: C) {
        self.commands.push_back(command);
    }

    /// Tells the machine of its drive, before it gets the next command.
    pub(crate) fn tell(&mut self, answer: Answer) {
        self.answers.push_back(answer);
    }

    /// Lets the sound begin from its start.
    pub(crate) fn play(&mut self) {
        self.sound = Some(SoundOrder::Play);
    }

    /// Lets nobody speak.
    pub(crate) fn stop_sound(&mut self) {
        self.sound = Some(SoundOrder::Stop);
    }

    /// Ends the command, as Ctrl-C does.
    pub(crate) fn leave(&mut self) {
        self.leaves = true;
    }

    /// Writes a line to the log.
    pub(crate) fn log(&mut self, line: Line) {
        self.lines.push(line);
    }
}
