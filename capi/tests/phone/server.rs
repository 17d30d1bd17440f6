//! Record servers for the phone to speak to.

use crate::record_server::HostedServer;
use rustix::process::{Pid, Signal, kill_process};
use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports for media of one server; those of servers that run at the same time lie apart.
const PORTS: u16 = 32;
static NEXT_PORT: AtomicU16 = AtomicU16::new(43_000);

/// A server that runs.
pub(crate) enum Server {
    /// Core's, in this process.
    Hosted(HostedServer),
    /// `recscope record-server`, in a process of its own.
    Command(Child, SocketAddr),
}

impl Server {
    /// Starts `recscope record-server` where `RECSCOPE_BIN` names the command, else core's record
    /// server on sockets of this process.
    pub(crate) fn start(folder: &Path) -> Self {
        match env::var_os("RECSCOPE_BIN") {
            Some(recscope) => Self::command(Path::new(&recscope), folder),
            None => Self::Hosted(HostedServer::start(folder)),
        }
    }

    fn command(recscope: &Path, folder: &Path) -> Self {
        let first = NEXT_PORT.fetch_add(PORTS, Ordering::Relaxed);
        let ports = format!("{first}-{}", first + PORTS - 1);
        let mut server = Command::new(recscope)
            .args(["record-server", "--listen", "127.0.0.1:0", "--media-ports", &ports])
            .args(["--min-free", "1M", "--max-sessions", "8", "--dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", recscope.display()));
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let listening = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("event=listening address=")?;
            rest.split(' ').next()?.parse().ok()
        });
        // What it says further on is of no interest, but must go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        Self::Command(server, listening.expect("the server says where it listens"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Hosted(server) => server.address(),
            Self::Command(_, address) => *address,
        }
    }

    /// Ends it in order: its files are complete after that.
    pub(crate) fn stop(self) {
        match self {
            Self::Hosted(server) => server.stop(),
            Self::Command(mut server, _) => {
                kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
                assert!(server.wait().unwrap().success(), "the server does not end well");
            }
        }
    }
}
