//! The record server under load: many recordings at once, and many in turn.
//!
//! The phones are made of plain sockets and the formats' definitions, and every sample of every
//! file is compared with what was sent.

mod phone;
mod server;

use super::mebibytes;
use super::targets::{Consequence, Target};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use phone::Phone;
use server::Server;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    /// The program.
    pub(super) recscope: &'a Path,
    /// Recordings at once.
    pub(super) recordings: u16,
    /// How long they last.
    pub(super) seconds: u32,
    /// Starts and stops in turn, twice.
    pub(super) turns: u32,
}

/// Time between two packets of a phone.
const PACKET_TIME: Duration = Duration::from_millis(20);

/// Threads that send. The server has the machine to itself but for these.
const SENDERS: usize = 2;

/// The part of a run after which memory is not to grow any more.
const WARM_UP: u32 = 10;

/// Runs a server under both loads, and prints what it took.
///
/// # Errors
/// When the server does not run or answer, or a file does not hold what was sent.
pub(super) fn measure(order: &Order<'_>) -> Result<Vec<Target>> {
    let folder = workspace::target().join("bench/recordings");
    if folder.exists() {
        fs::remove_dir_all(&folder).context("cannot remove the recordings of the last run")?;
    }
    let mut targets = at_once(order, &folder.join("at-once"))?;
    targets.extend(in_turn(order, &folder.join("in-turn"))?);
    fs::remove_dir_all(&folder).context("cannot remove the recordings")?;
    Ok(targets)
}

/// What senders did.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    packets: u64,
    /// How late the latest packet was.
    lag: Duration,
}

fn at_once(order: &Order<'_>, folder: &Path) -> Result<Vec<Target>> {
    eprintln!("recording {} phones for {} s", order.recordings, order.seconds);
    let mut server = Server::start(order.recscope, folder, order.recordings)?;
    let phones: Result<Vec<Phone>> =
        (0..order.recordings).map(|number| Phone::start(server.address(), number)).collect();
    let mut phones = phones?;
    let rounds = order.seconds * 50;

    let share = phones.len().div_ceil(SENDERS).max(1);
    let before = server.processor_time()?;
    let start = Instant::now();
    let (sent, memory) = thread::scope(|scope| {
        let senders: Vec<_> = phones
            .chunks_mut(share)
            .map(|phones| scope.spawn(move || speak(phones, start, rounds)))
            .collect();
        let mut memory = Memory::default();
        let warm_at = Duration::from_secs(order.seconds.into()) / WARM_UP;
        while !senders.iter().all(thread::ScopedJoinHandle::is_finished) {
            memory.look(server.memory()?, start.elapsed() < warm_at);
            thread::sleep(Duration::from_millis(100));
        }
        let sent: Result<Vec<Sent>> = senders
            .into_iter()
            .map(|sender| sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))?)
            .collect();
        Ok::<_, anyhow::Error>((sent?, memory))
    })?;
    let time = start.elapsed();
    let packets: u64 = sent.iter().map(|sent| sent.packets).sum();
    let lag = sent.iter().map(|sent| sent.lag).max().unwrap_or_default();
    server.wait_for_packets(packets);
    let busy = (server.processor_time()? - before).as_secs_f64() / time.as_secs_f64();

    for phone in &mut phones {
        phone.stop()?;
    }
    let recorded = server.recorded(phones.len())?;
    let written: u64 = recorded.iter().map(|recorded| recorded.packets).sum();
    let mut wrong = 0_u64;
    for recorded in &recorded {
        let phone = phones.iter().find(|phone| phone.port() == recorded.port);
        let phone = phone.with_context(|| format!("nobody had port {}", recorded.port))?;
        let file = fs::read(folder.join(&recorded.file))
            .with_context(|| format!("cannot read {}", recorded.file))?;
        wrong += u64::from(!phone.is_recorded_in(&file, rounds));
    }
    server.end()?;

    #[allow(clippy::cast_precision_loss, reason = "figures of three digits")]
    let rate = packets as f64 / time.as_secs_f64();
    println!(
        "\nrecord server, {} recordings at once for {:.1} s\n\
         {packets:>10} packets sent, {rate:.0} a second, the latest {:.1} ms late\n\
         {written:>10} packets written, {} lost; {wrong} files that differ from what was sent\n\
         {:>10.1} % of a processor taken by the server\n\
         {:>10.1} MiB of memory once warm, {:.1} at most after that",
        order.recordings,
        time.as_secs_f64(),
        lag.as_secs_f64() * 1000.0,
        packets.abs_diff(written),
        busy * 100.0,
        mebibytes(memory.warm),
        mebibytes(memory.most),
    );
    #[allow(clippy::cast_precision_loss, reason = "both are small, or all is wrong")]
    let (lost, wrong) = (packets.abs_diff(written) as f64, wrong as f64);
    let name = format!("{} recordings", order.recordings);
    let fails = Consequence::Fails;
    Ok(vec![
        Target::at_most(format!("{name}, packets lost"), lost, 0.0, fails),
        Target::at_most(format!("{name}, files that differ"), wrong, 0.0, fails),
        Target::at_most(format!("{name}, MiB grown"), memory.growth(), 1.0, fails),
        Target::at_most(format!("{name}, part of a processor"), busy, 0.5, Consequence::Noted),
    ])
}

/// Sends the packets of some phones, each at its own moment of the 20 ms.
fn speak(phones: &mut [Phone], start: Instant, rounds: u32) -> Result<Sent> {
    let mut sent = Sent::default();
    let count = u32::try_from(phones.len())?.max(1);
    for round in 0..rounds {
        for (phone, number) in phones.iter_mut().zip(0..) {
            let due = start + PACKET_TIME * round + PACKET_TIME * number / count;
            let now = Instant::now();
            // Shorter sleeps than that are not to be had.
            if due > now + Duration::from_millis(1) {
                thread::sleep(due - now);
            }
            sent.lag = sent.lag.max(now.saturating_duration_since(due));
            phone.speak(round)?;
            sent.packets += 1;
        }
    }
    Ok(sent)
}

/// Memory of the server.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    /// After the first seconds.
    warm: u64,
    /// The most after those.
    most: u64,
}

impl Memory {
    /// Takes note of what the server has now.
    fn look(&mut self, now: u64, is_warming_up: bool) {
        if is_warming_up {
            self.warm = now;
        }
        self.most = self.most.max(now);
    }

    fn growth(self) -> f64 {
        mebibytes(self.most.saturating_sub(self.warm))
    }
}

fn in_turn(order: &Order<'_>, folder: &Path) -> Result<Vec<Target>> {
    eprintln!("starting and stopping {} recordings in turn, twice", order.turns);
    let mut server = Server::start(order.recscope, folder, 20)?;
    let round = |round: u32| -> Result<(u64, u64)> {
        for turn in 0..order.turns {
            record_once(server.address(), round * order.turns + turn)?;
        }
        let recorded = server.recorded(usize::try_from(order.turns)?)?;
        ensure!(recorded.iter().all(|recorded| recorded.is_by_request), "the phone ended each");
        Ok((server.memory()?, server.handles()?))
    };
    let start = Instant::now();
    // In the first, the allocator gets what it needs; a leak would go on in the second.
    let (first, handles) = round(0)?;
    let (second, handles_after) = round(1)?;
    let time = start.elapsed();
    let handles_left = handles_after.saturating_sub(handles);
    let ports_left = server.ports().abs_diff(server.free_ports()?);
    server.end()?;
    let grown = second.saturating_sub(first);
    println!(
        "\nrecord server, twice {} recordings in turn in {:.1} s\n\
         {ports_left:>10} ports and {handles_left} handles left open\n\
         {:>10.2} MiB of memory after the first, {:.2} after the second: {} KiB more",
        order.turns,
        time.as_secs_f64(),
        mebibytes(first),
        mebibytes(second),
        grown / 1024,
    );
    #[allow(clippy::cast_precision_loss, reason = "both are small, or all is wrong")]
    let (handles_left, ports_left) = (handles_left as f64, ports_left as f64);
    let name = format!("{} starts and stops", order.turns);
    let fails = Consequence::Fails;
    Ok(vec![
        Target::at_most(format!("{name}, ports left"), ports_left, 0.0, fails),
        Target::at_most(format!("{name}, handles left"), handles_left, 0.0, fails),
        Target::at_most(format!("{name}, MiB grown by as many more"), mebibytes(grown), 0.1, fails),
    ])
}

fn record_once(server: SocketAddr, turn: u32) -> Result<()> {
    let number = u16::try_from(turn % 10_000)?;
    let mut phone = Phone::start(server, number)?;
    for round in 0..3 {
        phone.speak(round)?;
    }
    phone.stop()
}
