//! A record server as a process, and what the system says about it.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long something may take that takes a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, killed when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    log: Receiver<String>,
    address: SocketAddr,
    metrics: SocketAddr,
    ports: u64,
}

/// What the server said of a recording that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) port: u16,
    pub(super) packets: u64,
    pub(super) file: String,
    /// It was the phone that ended it.
    pub(super) is_by_request: bool,
}

impl Server {
    /// Starts one that takes so many recordings at once.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn start(recscope: &Path, folder: &Path, recordings: u16) -> Result<Self> {
        let mut child = Command::new(recscope)
            .args(["record-server", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .args(["--max-sessions", &recordings.to_string(), "--dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", recscope.display()))?;
        let lines = child.stderr.take().context("the server's log is a pipe")?;
        let (sender, log) = channel();
        thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let listening = loop {
            let line = log.recv_timeout(PATIENCE).context("the server does not listen")?;
            if line.contains(" event=listening ") {
                break line;
            }
        };
        let metrics = value(&listening, "metrics")?;
        let metrics = metrics.trim_start_matches("http://").trim_end_matches("/metrics");
        Ok(Self {
            address: value(&listening, "address")?.parse()?,
            metrics: metrics.parse()?,
            ports: value(&listening, "media_ports")?.parse()?,
            child,
            log,
        })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The ports that it has for recordings.
    pub(super) const fn ports(&self) -> u64 {
        self.ports
    }

    /// What it says of the next so many recordings that end.
    ///
    /// # Errors
    /// When it does not say so in time.
    pub(super) fn recorded(&self, count: usize) -> Result<Vec<Recorded>> {
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            let line = self.log.recv_timeout(PATIENCE).context("not all recordings ended")?;
            if line.contains(" event=recorded ") {
                all.push(Recorded::read(&line)?);
            }
        }
        Ok(all)
    }

    /// Waits until so many packets are written, or no more come.
    pub(super) fn wait_for_packets(&self, packets: u64) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.figure("recscope_rtp_written_total").is_ok_and(|written| written < packets)
            && Instant::now() < until
        {
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ports that are free, once every recording is over.
    ///
    /// # Errors
    /// When it does not say.
    pub(super) fn free_ports(&self) -> Result<u64> {
        // The page is made anew once a second.
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let free = self.figure("recscope_free_ports")?;
            if free == self.ports || Instant::now() > until {
                return Ok(free);
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn figure(&self, name: &str) -> Result<u64> {
        let mut stream = TcpStream::connect(self.metrics)?;
        let host = self.metrics;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.with_context(|| format!("the server does not tell {name}"))?.parse().context(page)
    }

    /// Bytes of memory that it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn memory(&self) -> Result<u64> {
        let status = self.facts("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kibibytes: u64 = kibibytes.context("no VmRSS")?.trim().parse()?;
        Ok(kibibytes * 1024)
    }

    /// Files and sockets that it has open.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn handles(&self) -> Result<u64> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count().try_into()?)
    }

    /// Time of a processor that it took so far.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(super) fn processor_time(&self) -> Result<Duration> {
        let facts = self.facts("stat")?;
        // Behind the name in brackets: user and system time are the 12th and 13th, in 1/100 s.
        let (_, rest) = facts.rsplit_once(')').context("no name in brackets")?;
        let mut fields = rest.split_whitespace().skip(11);
        let mut next = || -> Result<u64> { Ok(fields.next().context("too short")?.parse()?) };
        Ok(Duration::from_millis((next()? + next()?) * 10))
    }

    fn facts(&self, name: &str) -> Result<String> {
        fs::read_to_string(format!("/proc/{}/{name}", self.child.id()))
            .with_context(|| format!("the server's {name} is read on Linux, while it runs"))
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// When it does not end, or lost something.
    pub(super) fn end(&mut self) -> Result<()> {
        let kill = format!("kill -s TERM {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status()?;
        ensure!(status.success(), "cannot end the server");
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server ended with {status}");
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server does not end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Recorded {
    fn read(line: &str) -> Result<Self> {
        Ok(Self {
            port: value(line, "port")?.parse()?,
            packets: value(line, "packets")?.parse()?,
            file: value(line, "file")?.to_owned(),
            is_by_request: line.contains(" cause=\"stop request\" "),
        })
    }
}

/// The value of a key in a line of the log; one in quotes is cut off at its first blank.
fn value<'a>(line: &'a str, key: &str) -> Result<&'a str> {
    let (_, rest) = line
        .split_once(&format!(" {key}="))
        .with_context(|| format!("no {key} in the server's line {line}"))?;
    Ok(rest.split(' ').next().unwrap_or_default().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_log_says_of_a_recording_is_read() {
        let line = "time=2026-11-22T08:26:43.106Z event=recorded id=7 phone=127.0.0.1 port=41000 \
                    cause=\"stop request\" seconds=3.1 packets=153 lost=0 file=a_41000.wav";
        let recorded = Recorded {
            port: 41_000,
            packets: 153,
            file: "a_41000.wav".into(),
            is_by_request: true,
        };
        assert_eq!(Recorded::read(line).unwrap(), recorded);
        assert!(Recorded::read("event=recorded port=41000").is_err());
    }
}
