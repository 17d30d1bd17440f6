//! What passes over loopback, written down by dumpcap and read by tshark and `recscope analyze`.

use crate::process::{Process, shown};
use recscope_analyzer::Report;
use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A capture that runs.
pub(crate) struct Capture {
    dumpcap: Process,
    path: PathBuf,
    marker: u16,
}

/// What the last packet of each capture says, so that it is known to be whole.
const MARK: &[u8] = b"here the capture ends";

impl Capture {
    /// Captures UDP and TCP to or from these ports. None where this user may not capture; CI may.
    pub(crate) fn start(folder: &Path, ports: &[u16]) -> Option<Self> {
        let path = folder.join("loopback.pcapng");
        let marker = crate::free_port();
        let filter: Vec<_> =
            ports.iter().chain([&marker]).map(|port| format!("port {port}")).collect();
        let mut command = Command::new("dumpcap");
        command.args(["-i", "lo", "-f", &filter.join(" or "), "-w", shown(&path)]);
        let mut dumpcap = Process::start(command, "dumpcap");
        let line = dumpcap.wait_for(":");
        if line.contains("permission") {
            eprintln!("skipped: {line}");
            return None;
        }
        dumpcap.wait_for("File: ");
        Some(Self { dumpcap, path, marker })
    }

    /// Ends it once all that was sent before is in it.
    pub(crate) fn finish(mut self) -> PathBuf {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(MARK, ("127.0.0.1", self.marker)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let is_there = |bytes: &[u8]| bytes.windows(MARK.len()).any(|window| window == MARK);
        while !fs::read(&self.path).is_ok_and(|bytes| is_there(&bytes)) {
            assert!(Instant::now() < deadline, "the capture lacks its end");
            // dumpcap writes when it likes; there is nothing to wait for.
            thread::sleep(Duration::from_millis(20));
        }
        self.dumpcap.signal("INT");
        self.dumpcap.success();
        self.path.clone()
    }
}

/// Packets of a capture that a display filter of tshark takes.
pub(crate) fn packets(capture: &Path, filter: &str) -> usize {
    let output = Command::new("tshark")
        .args(["-r", shown(capture), "-Y", filter, "-T", "fields", "-e", "frame.number"])
        .output()
        .expect("tshark is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.iter().filter(|&&byte| byte == b'\n').count()
}

/// What `recscope analyze` makes of it.
pub(crate) fn analyze(capture: &Path) -> Report {
    let output = Command::new(env!("CARGO_BIN_EXE_recscope"))
        .args(["analyze", "--ndjson", shown(capture)])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
