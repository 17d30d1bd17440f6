//! The UDP sockets of a machine.

use super::readiness::{Readiness, Token};
use recscope_core::machine::Connection;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll, Waker};
use tokio::net::UdpSocket;

/// Room for what arrives while the machine is busy: a second of 50 streams, where the system
/// allows that much.
const RECEIVE_BUFFER: usize = 1 << 20;

/// Open sockets, found by their addresses.
pub(super) struct Sockets {
    readiness: Readiness,
    open: Vec<Option<Open>>,
    places: HashMap<SocketAddr, usize>,
    free: Vec<usize>,
}

struct Open {
    local: SocketAddr,
    socket: UdpSocket,
    waker: Waker,
}

/// A datagram that lies in the buffer.
pub(super) struct Arrived {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) len: usize,
}

impl Sockets {
    pub(super) fn new(readiness: Readiness) -> Self {
        Self { readiness, open: Vec::new(), places: HashMap::new(), free: Vec::new() }
    }

    /// Opens a socket and gives its address, with the port that it got where `address` says 0.
    pub(super) fn bind(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let socket = bind(address)?;
        let local = socket.local_addr()?;
        let place = self.free.pop().unwrap_or_else(|| {
            self.open.push(None);
            self.open.len() - 1
        });
        let waker = self.readiness.waker(Token::Socket(place));
        waker.wake_by_ref();
        if let Some(open) = self.open.get_mut(place) {
            *open = Some(Open { local, socket, waker });
            self.places.insert(local, place);
        }
        Ok(local)
    }

    pub(super) fn is_open(&self, address: SocketAddr) -> bool {
        self.places.contains_key(&address)
    }

    /// Closes those that are not in `wanted`.
    pub(super) fn keep_only(&mut self, wanted: &[SocketAddr]) {
        if self.places.len() == wanted.len() {
            return;
        }
        let (open, free) = (&mut self.open, &mut self.free);
        self.places.retain(|address, &mut place| {
            let is_wanted = wanted.contains(address);
            if !is_wanted && let Some(socket) = open.get_mut(place) {
                *socket = None;
                free.push(place);
            }
            is_wanted
        });
    }

    /// The next datagram of a socket, in `buffer`; none when it has no more, and then it will call
    /// again.
    pub(super) fn receive(&mut self, place: usize, buffer: &mut [u8]) -> Option<Arrived> {
        let open = self.open.get(place)?.as_ref()?;
        loop {
            match open.socket.try_recv_from(buffer) {
                Ok((len, remote)) => {
                    return Some(Arrived { local: open.local, remote: plain(remote), len });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut context = Context::from_waker(&open.waker);
                    match open.socket.poll_recv_ready(&mut context) {
                        Poll::Ready(_) => {}
                        Poll::Pending => return None,
                    }
                }
                // What some systems report of an earlier send; the socket is as good as before.
                Err(_) => {
                    open.waker.wake_by_ref();
                    return None;
                }
            }
        }
    }

    /// Lets a socket call again although it may have more.
    pub(super) fn call_again(&self, place: usize) {
        if let Some(Some(open)) = self.open.get(place) {
            open.waker.wake_by_ref();
        }
    }

    /// Sends a datagram from one of the sockets.
    pub(super) fn send(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
        payload: &[u8],
    ) -> io::Result<()> {
        let place = self.places.get(&local);
        let open = place.and_then(|&place| self.open.get(place)?.as_ref());
        let open = open.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        match open.socket.try_send_to(payload, remote) {
            // The runtime has not looked at a new socket yet; the system knows better.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                SockRef::from(&open.socket).send_to(payload, &remote.into()).map(drop)
            }
            sent => sent.map(drop),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // As much as the system allows: a smaller buffer serves, too.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let _ = socket.set_send_buffer_size(RECEIVE_BUFFER);
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// An IPv4 address that came as IPv6, as itself.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The address by which `remote` reaches this machine.
///
/// # Errors
/// When there is no way to it.
pub(crate) fn own_address(remote: IpAddr) -> io::Result<IpAddr> {
    let any = match remote {
        IpAddr::V4(_) => IpAddr::from([0_u8; 4]),
        IpAddr::V6(_) => IpAddr::from([0_u8; 16]),
    };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    // Nothing is sent: the system only looks up the way.
    socket.connect((remote, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// Numbers of accepted connections, one after the other.
pub(super) struct Numbers(u32);

impl Default for Numbers {
    fn default() -> Self {
        Self(Connection::ACCEPTED)
    }
}

impl Numbers {
    pub(super) fn next(&mut self) -> Connection {
        let number = Connection(self.0);
        self.0 = self.0.checked_add(1).unwrap_or(Connection::ACCEPTED);
        number
    }
}
