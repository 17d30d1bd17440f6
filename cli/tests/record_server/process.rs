//! Running `recscope`, reading its log, waiting for what it says.

use assert_cmd::cargo::CommandCargoExt;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long something may take that takes a moment on a machine that is not busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// A running `recscope`, killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: Receiver<String>,
    /// What it wrote to its log so far, as far as it was looked at.
    pub(crate) lines: Vec<String>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::cargo_bin("recscope").unwrap();
        command.args(arguments);
        Self::of(command)
    }

    /// One that is started in another way.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = read_lines(child.stderr.take().unwrap());
        Self { child, log, lines: Vec::new() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line of the log that has all these parts.
    pub(crate) fn wait_for(&mut self, parts: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.log.recv_timeout(left) else {
                panic!("no line with {parts:?} in {:#?}", self.lines);
            };
            self.lines.push(line.clone());
            if parts.iter().all(|part| line.contains(part)) {
                return line;
            }
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        // A shell has this built in; a program of the name is not everywhere.
        let kill = format!("kill -s {name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Ends it without a warning, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends; its exit status, and all that it printed.
    pub(crate) fn finish(&mut self) -> (i32, String) {
        let until = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it does not end: {:#?}", self.lines);
            thread::sleep(Duration::from_millis(5));
        };
        self.lines.extend(self.log.iter());
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        (status.code().expect("it ends by itself"), printed)
    }

    /// Bytes of its heap that are in memory.
    #[cfg(target_os = "linux")]
    pub(crate) fn heap(&self) -> usize {
        let maps = fs::read_to_string(format!("/proc/{}/smaps", self.id())).unwrap();
        let heap = maps.split_once("[heap]").expect("it has a heap").1;
        let resident = heap.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        let kibibytes: usize = resident.trim().trim_end_matches(" kB").parse().unwrap();
        kibibytes * 1024
    }

    /// Files and sockets that it has open.
    pub(crate) fn handles(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(from: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            if line.is_err() || sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    lines
}

/// The value of a key in a line of the log, which must not be in quotes.
pub(crate) fn value<'a>(line: &'a str, key: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!(" {key}=")).unwrap_or_else(|| panic!("{key}: {line}"));
    rest.split(' ').next().unwrap()
}

/// Asks again and again until it is so.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}: not in time");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A record server with a folder of its own.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) media_ports: usize,
    metrics: SocketAddr,
    place: Place,
}

enum Place {
    Own(TempDir),
    Given(PathBuf),
}

impl Server {
    /// A server with ports for so many recordings, if nobody else has them.
    pub(crate) fn start(recordings: u16, options: &[&str]) -> Self {
        let place = Place::Own(tempfile::tempdir().unwrap());
        Self::start_in(place, recordings, options)
    }

    /// A server that records to a folder that is there.
    pub(crate) fn start_at(folder: &Path, recordings: u16, options: &[&str]) -> Self {
        Self::start_in(Place::Given(folder.to_owned()), recordings, options)
    }

    fn start_in(place: Place, recordings: u16, options: &[&str]) -> Self {
        let first = free_range(2 * recordings);
        let ports = format!("{first}-{}", first + 2 * recordings - 1);
        let folder = place.path().to_str().unwrap().to_owned();
        let mut arguments = vec!["record-server", "--dir", &folder];
        arguments.extend(["--metrics", "127.0.0.1:0"]);
        for (option, value) in [("--listen", "127.0.0.1:0"), ("--media-ports", &ports)] {
            if !options.contains(&option) {
                arguments.extend([option, value]);
            }
        }
        arguments.extend(options);
        let mut process = Process::start(&arguments);
        let line = process.wait_for(&["event=listening"]);
        let metrics = value(&line, "metrics").trim_start_matches("http://");
        Self {
            process,
            address: value(&line, "address").parse().unwrap(),
            media_ports: value(&line, "media_ports").parse().unwrap(),
            metrics: metrics.trim_end_matches("/metrics").parse().unwrap(),
            place,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.place.path()
    }

    /// Its recordings, in order of their names.
    pub(crate) fn recordings(&self) -> Vec<PathBuf> {
        files(self.folder(), "wav")
    }

    /// The only recording, and what stands beside it.
    pub(crate) fn recording(&self) -> (PathBuf, Value) {
        let files = self.recordings();
        assert_eq!(files.len(), 1, "{files:?}");
        (files[0].clone(), side_car(&files[0]))
    }

    /// A figure of the page for Prometheus.
    pub(crate) fn figure(&self, name: &str) -> Option<f64> {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        let host = self.metrics;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
        assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

/// What stands beside a recording.
pub(crate) fn side_car(recording: &Path) -> Value {
    serde_json::from_slice(&fs::read(recording.with_extension("json")).unwrap()).unwrap()
}

/// The files of a folder that end so.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// The first of so many ports below those that systems give out by themselves. Other runs of these
/// tests begin elsewhere, and a server passes over ports that somebody else has.
fn free_range(ports: u16) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // What begins at its end goes on behind it, or ranges before and after the turn would overlap.
    const RANGE: u16 = 12_000;
    let start = std::process::id().wrapping_mul(977) % u32::from(RANGE);
    let used = NEXT.fetch_add(ports, Ordering::Relaxed);
    let offset = (start as u16 + used) % RANGE;
    20_000 + offset / 2 * 2
}
