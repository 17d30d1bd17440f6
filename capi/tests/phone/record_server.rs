//! Core's record server on sockets of this process.

use recscope_core::Instant;
use recscope_core::machine::{
    Connection, FileId, Input, Machine, Output, StorageCommand, TcpCommand, TcpEvent,
};
use recscope_core::recorder::server::{Config, RecordServer};
use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that takes one phone.
pub(crate) struct HostedServer {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// How long a socket is waited for before the next one is looked at.
const TURN: Duration = Duration::from_millis(2);

impl HostedServer {
    pub(crate) fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let mut host = Host::new(folder, Arc::clone(&stopped));
        let thread = std::thread::spawn(move || host.serve(&listener));
        Self { address, stopped, thread }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it, once the phone's connection is closed.
    pub(crate) fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

struct Host {
    server: RecordServer,
    rtp: UdpSocket,
    folder: PathBuf,
    files: HashMap<FileId, File>,
    phone: Option<TcpStream>,
    start: std::time::Instant,
    stopped: Arc<AtomicBool>,
}

const CONNECTION: Connection = Connection(Connection::ACCEPTED);

impl Host {
    fn new(folder: &Path, stopped: Arc<AtomicBool>) -> Self {
        // RTP goes to even ports.
        let mut sockets = std::iter::repeat_with(|| UdpSocket::bind("127.0.0.1:0").unwrap());
        let even = |rtp: &UdpSocket| rtp.local_addr().unwrap().port().is_multiple_of(2);
        let rtp = sockets.find(even).unwrap();
        rtp.set_read_timeout(Some(TURN)).unwrap();
        let port = rtp.local_addr().unwrap().port();
        Self {
            server: RecordServer::new(Config { ports: port..=port, ..Config::default() }),
            rtp,
            folder: folder.to_owned(),
            files: HashMap::new(),
            phone: None,
            start: std::time::Instant::now(),
            stopped,
        }
    }

    fn serve(&mut self, listener: &TcpListener) {
        let (phone, remote) = listener.accept().unwrap();
        phone.set_nonblocking(true).unwrap();
        let local = phone.local_addr().unwrap();
        self.phone = Some(phone);
        self.tell(Input::Tcp {
            connection: CONNECTION,
            event: TcpEvent::Accepted { local, remote },
        });
        while self.phone.is_some() || !self.stopped.load(Ordering::Relaxed) {
            self.take_rtp();
            self.take_commands();
            self.tell(Input::Timeout);
        }
    }

    /// RTP before commands: what was sent before a stop is there before it.
    fn take_rtp(&mut self) {
        let mut datagram = [0; 2048];
        while let Ok((len, remote)) = self.rtp.recv_from(&mut datagram) {
            let local = self.rtp.local_addr().unwrap();
            let payload = &datagram[..len];
            self.tell(Input::Datagram { local, remote, payload });
        }
    }

    fn take_commands(&mut self) {
        let Some(phone) = &mut self.phone else { return };
        let mut bytes = [0; 2048];
        let event = match phone.read(&mut bytes) {
            Ok(0) => TcpEvent::Closed,
            Ok(len) => TcpEvent::Data(&bytes[..len]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => TcpEvent::Failed,
        };
        // What the phone sent before its command is in the socket by now.
        self.take_rtp();
        self.tell(Input::Tcp { connection: CONNECTION, event });
    }

    fn tell(&mut self, input: Input<'_, recscope_core::recorder::server::Command>) {
        let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap();
        let Ok(()) = self.server.handle_input(Instant::from_micros(micros), input);
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Tcp { command: TcpCommand::Send(bytes), .. } => {
                    self.phone.as_mut().unwrap().write_all(bytes).unwrap();
                }
                Output::Tcp { command: TcpCommand::Close | TcpCommand::Abort, .. } => {
                    self.phone = None;
                }
                Output::Storage { command, .. } => match command {
                    StorageCommand::Create { file, name } => {
                        let made = File::create_new(self.folder.join(name)).unwrap();
                        self.files.insert(file, made);
                    }
                    StorageCommand::Write { file, offset, bytes } => {
                        self.files[&file].write_all_at(bytes, offset).unwrap();
                    }
                    StorageCommand::Close(file) => drop(self.files.remove(&file)),
                    other => panic!("the server never does {other:?}"),
                },
                Output::Event(_) => {}
                other => panic!("the server never does {other:?}"),
            }
        }
    }
}
