//! What the command adds to the machine of a record server: log, side-cars, figures, room.

use super::metrics::{Gauges, Page};
use super::sidecar::{self, Facts};
use super::tally::Tally;
use crate::host::{Answer, Folder, Line, OrdersOf, Service};
use crate::output;
use crate::system;
use recscope_core::machine::{Event, StorageCommand};
use recscope_core::recorder::RecordServer;
use recscope_core::recorder::server::{Command, Ended, Report, ServiceState};
use recscope_core::time::Instant;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How old what is told of a recording under way may be.
const REFRESH: Duration = Duration::from_secs(10);

/// The service of a record server.
pub(super) struct Recording {
    /// Open as long as the server runs.
    sockets: Vec<SocketAddr>,
    folder: PathBuf,
    /// Bytes of the disk that recordings leave free.
    reserve: u64,
    free: Option<u64>,
    page: Option<Page>,
    tally: Tally,
    running: HashMap<u16, Running>,
    /// Where the datagram came to that the machine takes, and from whom.
    arrival: Option<(u16, SocketAddr)>,
    /// What was dropped since the last second, but for the first of each reason.
    muffled: BTreeMap<&'static str, u64>,
    /// Datagrams of the last second, and of all seconds before.
    rate: u64,
    received_before: u64,
}

/// A recording under way.
struct Running {
    facts: Facts,
    /// When its side-car was written.
    told: Option<Instant>,
}

impl Recording {
    pub(super) fn new(
        sockets: Vec<SocketAddr>,
        folder: PathBuf,
        reserve: u64,
        page: Option<Page>,
    ) -> Self {
        Self {
            sockets,
            folder,
            reserve,
            free: None,
            page,
            tally: Tally::default(),
            running: HashMap::new(),
            arrival: None,
            muffled: BTreeMap::new(),
            rate: 0,
            received_before: 0,
        }
    }

    /// What happened in all.
    pub(super) const fn summary(&self) -> &Tally {
        &self.tally
    }

    /// Looks how much room there is, and tells the machine.
    fn measure(&mut self, orders: &mut OrdersOf<Self>) {
        self.free = system::free_space(&self.folder);
        if let Some(free) = self.free {
            orders.tell(Answer::Free(free.saturating_sub(self.reserve)));
        }
    }

    /// Takes what the machine has to tell.
    fn hear(&mut self, orders: &mut OrdersOf<Self>, machine: &mut RecordServer) {
        while let Some(report) = machine.poll_report() {
            match report {
                Report::Started { port } => self.begin(orders, machine, port),
                Report::Ended(ended) => self.end(orders, &ended),
                Report::Refused(refused) => {
                    *self.tally.refused.entry(refused.reason).or_default() += 1;
                    let line = Line::new("refused").with("id", &refused.id);
                    let line = line.with("phone", refused.remote).with("reason", refused.reason);
                    orders.log(line);
                }
                Report::Left { remote, cause } => {
                    *self.tally.left.entry(cause).or_default() += 1;
                    orders.log(Line::new("left").with("phone", remote).with("cause", cause));
                }
            }
        }
    }

    fn begin(&mut self, orders: &mut OrdersOf<Self>, machine: &RecordServer, port: u16) {
        self.tally.started += 1;
        self.running.insert(port, Running { facts: Facts::new(), told: None });
        let Some(recording) = machine.recording(port) else { return };
        let request = recording.request;
        orders.log(
            Line::new("recording")
                .with("id", recording.id)
                .with("phone", recording.phone)
                .with("device", recording.device)
                .with("port", port)
                .with("codec", recording.codec)
                .with("dir", request.direction.map_or("", |direction| direction.name()))
                .with("local_number", &request.local_number)
                .with("remote_number", &request.remote_number),
        );
    }

    fn end(&mut self, orders: &mut OrdersOf<Self>, ended: &Ended) {
        self.tally.add(ended);
        let Some(running) = self.running.remove(&ended.port) else { return };
        let file = running.facts.files.first().and_then(|file| file.file_name());
        orders.log(
            Line::new("recorded")
                .with("id", &ended.request.id)
                .with("phone", ended.phone)
                .with("port", ended.port)
                .with("cause", ended.cause)
                .with("seconds", format_args!("{:.1}", (ended.ended - ended.started).as_secs_f64()))
                .with("packets", ended.packets)
                .with("lost", ended.statistics.lost)
                .with("file", file.unwrap_or_default().display()),
        );
        if let Some(path) = running.facts.path() {
            self.tell(orders, &path, &running.facts.of_ended(ended));
        }
    }

    /// Brings the side-cars of recordings under way up to date.
    fn tell_of_running(&mut self, orders: &mut OrdersOf<Self>, machine: &RecordServer) {
        let now = orders.now();
        let mut news = Vec::new();
        for recording in machine.recordings() {
            let Some(running) = self.running.get_mut(&recording.port) else { continue };
            let is_stale = running.told.is_none_or(|told| now - told >= REFRESH);
            if let Some(path) = running.facts.path().filter(|_| is_stale) {
                running.told = Some(now);
                news.push((path, running.facts.of_running(&recording, now - recording.started)));
            }
        }
        for (path, value) in news {
            self.tell(orders, &path, &value);
        }
    }

    fn tell(&mut self, orders: &mut OrdersOf<Self>, path: &Path, value: &serde_json::Value) {
        if let Err(error) = sidecar::write(path, value) {
            self.tally.write_errors += 1;
            let line = Line::new("error").with("file", path.display());
            orders.log(line.with("reason", output::reason(&error)));
        }
    }

    /// What is dropped can come in thousands a second: the first of a reason is told with who sent
    /// it, the rest of the second in number.
    fn ignore(&mut self, orders: &mut OrdersOf<Self>, reason: &'static str) {
        *self.tally.ignored.entry(reason).or_default() += 1;
        match self.muffled.get_mut(reason) {
            Some(count) => *count += 1,
            None => {
                self.muffled.insert(reason, 0);
                let mut line = Line::new("ignored").with("reason", reason);
                if let Some((port, remote)) = self.arrival {
                    line = line.with("port", port).with("from", remote);
                }
                orders.log(line);
            }
        }
    }

    fn gauges(&self, machine: &RecordServer) -> Gauges {
        let mut gauges = Gauges {
            connections: machine.connections(),
            free_ports: machine.free_ports(),
            free_bytes: self.free,
            ..Gauges::default()
        };
        for recording in machine.recordings() {
            gauges.recordings += 1;
            gauges.written += recording.packets;
            gauges.lost += u64::try_from(recording.statistics.summary().lost).unwrap_or(0);
        }
        gauges
    }
}

impl Service for Recording {
    type Machine = RecordServer;

    fn sockets(&self, _: &RecordServer, wanted: &mut Vec<SocketAddr>) {
        wanted.extend_from_slice(&self.sockets);
    }

    fn begin(&mut self, orders: &mut OrdersOf<Self>) {
        self.measure(orders);
    }

    fn arrived(&mut self, _: Instant, local: SocketAddr, remote: SocketAddr, payload: &[u8]) {
        self.tally.received += 1;
        self.tally.received_bytes += payload.len() as u64;
        self.arrival = Some((local.port(), remote));
    }

    fn store(&mut self, folder: &mut Folder, command: StorageCommand<'_>) -> Option<Answer> {
        let answer = folder.carry_out(command);
        if let StorageCommand::Create { file, .. } = command
            && let Some(path) = folder.path(file)
            && let Some((port, _)) = self.arrival
            && let Some(running) = self.running.get_mut(&port)
        {
            self.tally.files += 1;
            running.facts.files.push(path.to_owned());
        }
        if let Some(Answer::Failed(_)) = answer {
            self.tally.write_errors += 1;
        }
        answer
    }

    fn notice(&mut self, orders: &mut OrdersOf<Self>, _: &RecordServer, event: &Event) -> bool {
        match event {
            Event::Ignored { reason, .. } => {
                self.ignore(orders, reason);
                false
            }
            // What becomes of recordings was told in more detail.
            Event::StateChanged { machine, .. } => {
                *machine == <ServiceState as recscope_core::machine::State>::DIAGRAM.machine
            }
            Event::Prompt { .. } | Event::Note { .. } => true,
        }
    }

    fn settled(&mut self, orders: &mut OrdersOf<Self>, machine: &mut RecordServer) {
        self.hear(orders, machine);
    }

    fn tick(&mut self, orders: &mut OrdersOf<Self>, machine: &RecordServer) {
        self.rate = self.tally.received - self.received_before;
        self.received_before = self.tally.received;
        self.measure(orders);
        orders.give(Command::Save);
        for (reason, count) in std::mem::take(&mut self.muffled) {
            if count > 0 {
                let line = Line::new("ignored").with("reason", reason);
                orders.log(line.with("times", count));
            }
        }
        self.tell_of_running(orders, machine);
        if let Some(page) = &self.page {
            page.update(&self.tally, self.gauges(machine));
        }
    }

    fn figures(&self, machine: &RecordServer) -> String {
        let (gauges, rate) = (self.gauges(machine), self.rate);
        let lost = self.tally.lost + gauges.lost;
        let done = self.tally.started - gauges.recordings as u64;
        format!("{} recordings, {done} done, {rate} packets/s, {lost} lost", gauges.recordings)
    }

    fn leave(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(Command::Drain);
    }

    fn give_up(&mut self, orders: &mut OrdersOf<Self>) {
        orders.give(Command::Stop);
    }

    fn has_left(&self, machine: &RecordServer) -> bool {
        machine.state() == ServiceState::Stopped
    }
}
