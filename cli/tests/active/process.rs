//! Processes whose output is read while they run.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running process, killed when dropped.
pub(crate) struct Process {
    child: Child,
    name: &'static str,
    lines: Receiver<String>,
    /// What it wrote to standard error so far.
    pub(crate) log: Vec<String>,
    /// The log up to here was waited for.
    seen: usize,
}

impl Process {
    pub(crate) fn start(mut command: Command, name: &'static str) -> Self {
        let child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) {
                if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Self { child, name, lines, log: Vec::new(), seen: 0 }
    }

    pub(crate) fn recscope(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_recscope"));
        command.args(arguments);
        Self::start(command, "recscope")
    }

    /// Waits for the next line of the log that holds `text`.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some(line) = self.log.get(self.seen) {
                self.seen += 1;
                if line.contains(text) {
                    return line.clone();
                }
            }
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.log.push(line),
                Err(error) => {
                    let why = match error {
                        RecvTimeoutError::Timeout => "did not come",
                        RecvTimeoutError::Disconnected => "cannot come any more",
                    };
                    panic!("{}: {text:?} {why}; it wrote:\n{}", self.name, self.log.join("\n"));
                }
            }
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Sends a signal, as Ctrl-C does with `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        // Every shell has a kill of its own; the program of that name is a package.
        let kill = format!("kill -s {signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end; its status and what it wrote to standard output.
    pub(crate) fn finish(&mut self) -> (ExitStatus, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.log.extend(self.lines.iter());
        (status, stdout)
    }

    /// Waits for its end, which has to be a good one; what it wrote to standard output.
    pub(crate) fn success(&mut self) -> String {
        let (status, stdout) = self.finish();
        let log = self.log.join("\n");
        assert!(status.success(), "{} ended with {status}:\n{stdout}\n{log}", self.name);
        stdout
    }

    /// Interrupts it and waits for a good end.
    pub(crate) fn stop(&mut self) -> String {
        self.signal("INT");
        self.success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of a key in a log line, without its quotes.
pub(crate) fn value<'a>(line: &'a str, key: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!(" {key}=")).unwrap_or_else(|| panic!("{line}: {key}"));
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap(),
        None => rest.split(' ').next().unwrap(),
    }
}

/// The path as an argument.
pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}
