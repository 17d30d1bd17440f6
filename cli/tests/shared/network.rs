//! Two hosts on a cable of their own, of which one can vanish without a word: network namespaces
//! with a pair of virtual Ethernet ports.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The address of the host that stays.
pub(crate) const HERE: &str = "198.51.100.1";
/// The address of the host that vanishes.
pub(crate) const THERE: &str = "198.51.100.2";

/// Their port, on either.
const PORT: &str = "cable";

/// Two hosts, gone when dropped.
pub(crate) struct Network {
    here: String,
    there: String,
}

impl Network {
    /// None where this user may not make networks, and says so. Root may: it failing is a failure.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = |host: &str| format!("recscope-{}-{number}-{host}", std::process::id());
        let network = Self { here: name("here"), there: name("there") };
        let (here, there) = (network.here.as_str(), network.there.as_str());
        if let Err(complaint) = ip(&["netns", "add", here]) {
            assert!(!rustix::process::geteuid().is_root(), "{complaint}");
            eprintln!("skipped: a peer that vanishes, as only root makes networks: {complaint}");
            return None;
        }
        for arguments in [
            &["netns", "add", there][..],
            &[
                "link", "add", PORT, "netns", here, "type", "veth", "peer", "name", PORT, "netns",
                there,
            ],
            &["-n", here, "address", "add", &format!("{HERE}/24"), "dev", PORT],
            &["-n", there, "address", "add", &format!("{THERE}/24"), "dev", PORT],
            &["-n", here, "link", "set", "lo", "up"],
            &["-n", here, "link", "set", PORT, "up"],
            &["-n", there, "link", "set", PORT, "up"],
        ] {
            ip(arguments).unwrap();
        }
        Some(network)
    }

    /// `recscope` on the host that stays.
    pub(crate) fn here(&self, arguments: &[&str]) -> Command {
        recscope_at(&self.here, arguments)
    }

    /// `recscope` on the host that vanishes.
    pub(crate) fn there(&self, arguments: &[&str]) -> Command {
        recscope_at(&self.there, arguments)
    }

    /// Takes the other host off the network by its cable: no FIN, no RST, no ICMP.
    pub(crate) fn unplug(&self) {
        ip(&["-n", &self.there, "link", "set", PORT, "down"]).unwrap();
    }

    /// Lets the other host vanish behind a switch: the cable of the one that stays is fine, but
    /// nobody has the address any more.
    pub(crate) fn fall_silent(&self) {
        ip(&["-n", &self.there, "address", "flush", "dev", PORT]).unwrap();
        ip(&["-n", &self.here, "neighbour", "flush", "dev", PORT]).unwrap();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in [&self.here, &self.there] {
            let _ = ip(&["netns", "delete", host]);
        }
    }
}

fn recscope_at(host: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", host, env!("CARGO_BIN_EXE_recscope")]).args(arguments);
    command
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("ip {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
