//! Active recording on real sockets: `recscope phone mx`, `recorder` and `pbx` as processes, with
//! sipp on the other side, and what passed between them in tshark and in `recscope analyze`.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod capture;
#[cfg(unix)]
#[path = "../shared/network.rs"]
mod network;
mod pbx;
mod phone;
mod process;
#[path = "../shared/readers.rs"]
mod readers;
mod recorder;
mod sound;
#[cfg(unix)]
mod vanished;

use std::process::Command;

/// Whether to go without programs that are not ours; says so, where that is meant.
fn without_peers() -> bool {
    let without = std::env::var("RECSCOPE_NO_PEERS").is_ok_and(|value| value == "1");
    if without {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1 leaves out sipp and tshark");
    }
    without
}

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// A scenario of sipp.
struct Sipp {
    command: Command,
}

impl Sipp {
    /// A scenario of `tests/sipp/` on an address of loopback.
    fn new(scenario: &str, address: &str, port: u16) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sipp/");
        let mut command = Command::new("sipp");
        // A terminal that sipp could draw on is none of a test's business.
        command.args(["-sf", &format!("{folder}{scenario}.xml"), "-nostdin"]);
        command.args(["-i", address, "-p", &port.to_string(), "-timeout", "20", "-timeout_error"]);
        Self { command }
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// Starts it; [`process::Process::success`] is its own verdict.
    fn start(self) -> process::Process {
        process::Process::start(self.command, "sipp")
    }
}
