//! Sockets and clock of a machine that is not there yet.

use super::connections::Connections;
use super::readiness::Readiness;
use super::sockets::Sockets;
use super::{Clock, Host, Log, Service};
use crate::output::reason;
use anyhow::{Result, anyhow};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// A machine on its way to be hosted: sockets are opened first, since a machine is told its
/// addresses when it is made.
pub(crate) struct Ground {
    pub(super) readiness: Readiness,
    pub(super) sockets: Sockets,
    pub(super) connections: Connections,
    pub(super) clock: Clock,
    pub(super) log: Log,
}

impl Ground {
    /// No socket yet, and a clock that begins now.
    pub(crate) fn new() -> Self {
        let readiness = Readiness::default();
        Self {
            sockets: Sockets::new(readiness.clone()),
            connections: Connections::new(readiness.clone()),
            readiness,
            clock: Clock::start(),
            log: Log::new(),
        }
    }

    /// The clock.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The log.
    pub(crate) const fn log(&self) -> &Log {
        &self.log
    }

    /// Opens a UDP socket; port 0 is any that is free. The address that it has.
    ///
    /// # Errors
    /// When it cannot be opened, in words for the user.
    pub(crate) fn bind(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        self.sockets.bind(address).map_err(|error| unavailable(address, "UDP", &error))
    }

    /// Listens for TCP connections; port 0 is any that is free. The address.
    ///
    /// # Errors
    /// When that is not possible, in words for the user.
    pub(crate) async fn listen(&mut self, address: SocketAddr) -> Result<SocketAddr> {
        let listening = self.connections.listen(address).await;
        listening.map_err(|error| unavailable(address, "TCP", &error))
    }

    /// Opens `count` UDP sockets, each two ports above the one before, as RTP takes them where RTCP
    /// has the ports between (RFC 3550 11). Port 0 is any from which on they are free.
    ///
    /// # Errors
    /// When they cannot be opened, in words for the user.
    pub(crate) fn bind_series(
        &mut self,
        first: SocketAddr,
        count: usize,
    ) -> Result<Vec<SocketAddr>> {
        /// Where much is open, a port that is free with one above that is not is no rarity.
        const ATTEMPTS: u32 = 64;
        let mut failure = anyhow!("no series of ports is free on {}", first.ip());
        for _ in 0..ATTEMPTS {
            let bound = self.bind(first)?;
            let ports = (bound.port()..=u16::MAX).step_by(2).skip(1).take(count.saturating_sub(1));
            let others = ports.map(|port| self.bind(SocketAddr::new(first.ip(), port)));
            match others.collect::<Result<Vec<_>>>() {
                Ok(mut series) if series.len() + 1 == count => {
                    series.insert(0, bound);
                    return Ok(series);
                }
                Ok(_) => {}
                Err(error) if first.port() != 0 => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Takes a peer for lost that has not been there for so long, although its connection stands.
    pub(crate) fn give_up_after(&mut self, patience: Duration) {
        self.connections.wait_at_most(patience);
    }

    /// Puts a machine on it.
    pub(crate) fn host<S: Service>(self, machine: S::Machine, service: S) -> Host<S> {
        Host::new(self, machine, service)
    }
}

/// Why an address cannot be listened on.
fn unavailable(address: SocketAddr, protocol: &str, error: &io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let (port, ip) = (address.port(), address.ip());
            anyhow!(
                "{protocol} port {port} of {ip} is in use: end the program that has it, or choose \
                 another port"
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            anyhow!("{} is not an address of this machine", address.ip())
        }
        _ => anyhow!("cannot listen on {address} ({protocol}): {}", reason(error)),
    }
}
