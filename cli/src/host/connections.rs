//! The TCP connections of a machine, and the listeners that accept them.

use super::readiness::{Readiness, Token};
use super::sockets::{Numbers, plain};
use recscope_core::machine::{Connection, TcpCommand};
use recscope_core::time::Instant;
use socket2::{SockRef, TcpKeepalive};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// What may wait for a peer that does not read; beyond it the connection has failed.
const MOST_UNSENT: usize = 1 << 20;

/// How long a closed connection waits for the other end to close, too. Closing a socket with bytes
/// that nobody read would reset it, and the other end could lose our last words.
const LINGER: Duration = Duration::from_secs(5);

/// Closed connections that may linger at once; the one that has for longest goes for the next.
pub(crate) const MOST_LINGERING: usize = 256;

/// How long a peer that is not there any more may go unnoticed while there is nothing to say.
const PATIENCE: Duration = Duration::from_secs(30);

/// All connections, by the machine's numbers.
pub(super) struct Connections {
    readiness: Readiness,
    patience: Duration,
    listeners: Vec<Listener>,
    streams: HashMap<Connection, Stream>,
    /// Those that were closed, in order; some are gone already.
    lingering: VecDeque<Connection>,
    numbers: Numbers,
}

struct Listener {
    listener: TcpListener,
    waker: Waker,
}

struct Stream {
    link: Link,
    waker: Waker,
    patience: Duration,
    unsent: Vec<u8>,
    /// The machine closed it: nothing of it is told any more, and by then it is gone.
    closing: Option<Instant>,
    /// Our end is closed.
    is_shut: bool,
    /// The other end is closed.
    is_ended: bool,
}

enum Link {
    Opening(Pin<Box<dyn Future<Output = io::Result<TcpStream>>>>),
    Open(TcpStream),
}

/// What happened to a connection.
pub(super) enum News {
    Connected {
        local: SocketAddr,
    },
    /// So many bytes lie in the buffer.
    Data(usize),
    Closed,
    Failed,
}

/// Somebody connected.
pub(super) struct Accepted {
    pub(super) connection: Connection,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
}

impl Connections {
    pub(super) fn new(readiness: Readiness) -> Self {
        Self {
            readiness,
            patience: PATIENCE,
            listeners: Vec::new(),
            streams: HashMap::new(),
            lingering: VecDeque::new(),
            numbers: Numbers::default(),
        }
    }

    /// Lets a peer that is not there any more go unnoticed for so long.
    pub(super) fn wait_at_most(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Listens, and gives the address, with the port that it got where `address` says 0.
    pub(super) async fn listen(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        let waker = self.readiness.waker(Token::Listener(self.listeners.len()));
        waker.wake_by_ref();
        self.listeners.push(Listener { listener, waker });
        Ok(local)
    }

    /// The next connection that somebody opened; none when there is no more for now.
    pub(super) fn accept(&mut self, listener: usize) -> Option<Accepted> {
        let Listener { listener, waker } = self.listeners.get(listener)?;
        let mut context = Context::from_waker(waker);
        loop {
            match listener.poll_accept(&mut context) {
                Poll::Ready(Ok((stream, remote))) => {
                    let Ok(local) = stream.local_addr() else { continue };
                    let (local, remote) = (plain(local), plain(remote));
                    let connection = self.numbers.next();
                    self.insert(connection, Link::Open(stream));
                    return Some(Accepted { connection, local, remote });
                }
                // One that was gone before it was taken, or no file handle left: it is tried again
                // in a while, see `sweep`.
                Poll::Ready(Err(_)) | Poll::Pending => return None,
            }
        }
    }

    /// Does what the machine wants. What comes of it is told by [`Self::advance`].
    pub(super) fn act(&mut self, now: Instant, connection: Connection, command: TcpCommand<'_>) {
        match command {
            TcpCommand::Connect(remote) => {
                self.insert(connection, Link::Opening(Box::pin(TcpStream::connect(remote))));
            }
            TcpCommand::Send(bytes) => {
                if let Some(stream) = self.streams.get_mut(&connection) {
                    stream.send(bytes);
                }
            }
            TcpCommand::Close => {
                if let Some(stream) = self.streams.get_mut(&connection) {
                    stream.closing = Some(now + LINGER);
                    stream.waker.wake_by_ref();
                    self.linger(connection);
                }
            }
            TcpCommand::Abort => {
                if let Some(stream) = self.streams.remove(&connection) {
                    stream.reset();
                }
            }
        }
    }

    fn linger(&mut self, connection: Connection) {
        self.lingering.push_back(connection);
        if self.lingering.len() > MOST_LINGERING
            && let Some(oldest) = self.lingering.pop_front()
            && self.streams.get(&oldest).is_some_and(|stream| stream.closing.is_some())
        {
            self.streams.remove(&oldest);
        }
    }

    /// What happened to a connection; its data lie in `buffer`. None when nothing more happened,
    /// and then it will call again.
    pub(super) fn advance(&mut self, connection: Connection, buffer: &mut [u8]) -> Option<News> {
        let stream = self.streams.get_mut(&connection)?;
        match stream.advance(buffer) {
            Advance::Wait => None,
            Advance::Tell(news) => {
                if matches!(news, News::Failed) {
                    self.streams.remove(&connection);
                }
                Some(news)
            }
            Advance::Gone => {
                self.streams.remove(&connection);
                None
            }
        }
    }

    /// Lets a connection call again although it may have more.
    pub(super) fn call_again(&self, connection: Connection) {
        if let Some(stream) = self.streams.get(&connection) {
            stream.waker.wake_by_ref();
        }
    }

    /// Once in a while: drops connections whose other end never closes, and tries again to accept
    /// where that failed.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.streams.retain(|_, stream| stream.closing.is_none_or(|until| now < until));
        for listener in &self.listeners {
            listener.waker.wake_by_ref();
        }
    }

    /// Whether every connection is done with.
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    fn insert(&mut self, connection: Connection, link: Link) {
        let waker = self.readiness.waker(Token::Connection(connection));
        waker.wake_by_ref();
        let patience = self.patience;
        if let Link::Open(stream) = &link {
            tune(stream, patience);
        }
        let stream = Stream {
            link,
            waker,
            patience,
            unsent: Vec::new(),
            closing: None,
            is_shut: false,
            is_ended: false,
        };
        self.streams.insert(connection, stream);
    }
}

/// What a look at a stream brought.
enum Advance {
    Tell(News),
    Wait,
    Gone,
}

impl Stream {
    fn send(&mut self, bytes: &[u8]) {
        if self.unsent.len() + bytes.len() <= MOST_UNSENT {
            self.unsent.extend_from_slice(bytes);
        } else {
            // Found out at the next look.
            self.is_ended = true;
            self.closing = None;
            self.unsent.clear();
            if let Link::Open(stream) = &self.link {
                let _ = SockRef::from(stream).shutdown(Shutdown::Both);
            }
        }
        self.waker.wake_by_ref();
    }

    fn advance(&mut self, buffer: &mut [u8]) -> Advance {
        let mut context = Context::from_waker(&self.waker);
        if let Link::Opening(opening) = &mut self.link {
            return match opening.as_mut().poll(&mut context) {
                Poll::Pending if self.closing.is_some() => Advance::Gone,
                Poll::Pending => Advance::Wait,
                Poll::Ready(Ok(stream)) => {
                    tune(&stream, self.patience);
                    let local = stream.local_addr();
                    self.link = Link::Open(stream);
                    self.waker.wake_by_ref();
                    match local {
                        Ok(local) => Advance::Tell(News::Connected { local }),
                        Err(_) => Advance::Tell(News::Failed),
                    }
                }
                Poll::Ready(Err(_)) => self.fail(),
            };
        }
        let Link::Open(stream) = &self.link else { return Advance::Wait };
        while !self.unsent.is_empty() {
            match stream.try_write(&self.unsent) {
                Ok(len) => drop(self.unsent.drain(..len)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if stream.poll_write_ready(&mut context).is_pending() {
                        break;
                    }
                }
                Err(_) => return self.fail(),
            }
        }
        if self.closing.is_some() && self.unsent.is_empty() && !self.is_shut {
            self.is_shut = true;
            if SockRef::from(stream).shutdown(Shutdown::Write).is_err() {
                return Advance::Gone;
            }
        }
        loop {
            if self.is_ended {
                return if self.is_shut { Advance::Gone } else { Advance::Wait };
            }
            match stream.try_read(buffer) {
                Ok(0) => {
                    self.is_ended = true;
                    if self.closing.is_none() {
                        return Advance::Tell(News::Closed);
                    }
                }
                Ok(_) if self.closing.is_some() => {}
                Ok(len) => return Advance::Tell(News::Data(len)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if stream.poll_read_ready(&mut context).is_pending() {
                        return Advance::Wait;
                    }
                }
                Err(_) => return self.fail(),
            }
        }
    }

    /// A connection that the machine is done with fails in silence.
    fn fail(&self) -> Advance {
        if self.closing.is_some() { Advance::Gone } else { Advance::Tell(News::Failed) }
    }

    /// Drops it at once, with RST.
    fn reset(self) {
        if let Link::Open(stream) = &self.link {
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
    }
}

/// Commands are short and wait for no others (RFC 896). A peer that vanished without a word is
/// found out by asking (RFC 1122 4.2.3.6), so that the connection fails as others do.
fn tune(stream: &TcpStream, patience: Duration) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let pause = (patience / 3).max(Duration::from_secs(1));
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(pause).with_interval(pause));
    // Elsewhere the system decides how often it asks.
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(patience));
}
