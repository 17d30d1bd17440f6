//! What the actors of a room want done: datagrams and connections to each other, files.

use super::{Flight, MEMORY, News, Parcel, Room};
use recscope_core::machine::{Connection, FileId, Output, StorageCommand, TcpCommand};
use recscope_core::ras;
use recscope_core::sip::looks_like_sip;
use std::net::SocketAddr;

/// An output that has something to be done, kept.
pub(super) enum Todo {
    Datagram { local: SocketAddr, remote: SocketAddr, payload: Vec<u8> },
    Ras { remote: SocketAddr, message: ras::Message },
    Connect(Connection, SocketAddr),
    Send(Connection, Vec<u8>),
    Close(Connection),
    Abort(Connection),
    Create(FileId, String),
    Write(FileId, u64, Vec<u8>),
    Open(FileId, String),
    Read(FileId, u64, u32),
}

impl Todo {
    pub(super) fn of(output: &Output<'_>) -> Option<Self> {
        Some(match output {
            Output::Datagram { local, remote, payload, .. } => {
                Self::Datagram { local: *local, remote: *remote, payload: payload.to_vec() }
            }
            Output::Ras { remote, message, .. } => {
                Self::Ras { remote: *remote, message: message.clone() }
            }
            Output::Tcp { connection, command, .. } => match command {
                TcpCommand::Connect(remote) => Self::Connect(*connection, *remote),
                TcpCommand::Send(bytes) => Self::Send(*connection, bytes.to_vec()),
                TcpCommand::Close => Self::Close(*connection),
                TcpCommand::Abort => Self::Abort(*connection),
            },
            Output::Storage { command, .. } => match command {
                StorageCommand::Create { file, name } => Self::Create(*file, (*name).to_owned()),
                StorageCommand::Write { file, offset, bytes } => {
                    Self::Write(*file, *offset, bytes.to_vec())
                }
                StorageCommand::Open { file, name } => Self::Open(*file, (*name).to_owned()),
                StorageCommand::Read { file, offset, len } => Self::Read(*file, *offset, *len),
                StorageCommand::Close(_) | StorageCommand::Delete(_) => return None,
            },
            Output::Audio { .. } | Output::Event(_) => return None,
        })
    }
}

impl Room {
    pub(super) fn carry_out(&mut self, from: usize, todo: Todo) {
        match todo {
            Todo::Datagram { local, remote, payload } => {
                self.sent.push((remote, payload.clone()));
                let Some(to) = self.seat_of(remote) else { return };
                let is_sip = looks_like_sip(&payload);
                let parcel = Parcel::Datagram { local: remote, remote: local, payload };
                let flight = Flight { to, parcel };
                if is_sip {
                    self.said.push(flight.clone());
                    let surplus = self.said.len().saturating_sub(MEMORY);
                    self.said.drain(..surplus);
                }
                self.send(flight);
            }
            Todo::Ras { remote, message } => {
                let source = SocketAddr::from((self.seats[from].address, 1_719));
                if let Some(to) = self.seat_of(remote) {
                    self.send(Flight { to, parcel: Parcel::Ras { remote: source, message } });
                }
            }
            Todo::Connect(connection, remote) => self.connect(from, connection, remote),
            Todo::Send(connection, bytes) => self.tell_peer(from, connection, News::Data(bytes)),
            Todo::Close(connection) => self.tell_peer(from, connection, News::Closed),
            Todo::Abort(connection) => self.tell_peer(from, connection, News::Failed),
            Todo::Create(file, name) => {
                let seat = &mut self.seats[from];
                seat.files.insert(name.clone(), Vec::new());
                seat.open.insert(file, name);
            }
            Todo::Write(file, offset, bytes) => self.write(from, file, offset, &bytes),
            Todo::Open(file, name) => {
                let seat = &mut self.seats[from];
                let size = seat.files.get(&name).map(|content| content.len() as u64);
                let parcel = size.map(|size| Parcel::Opened { file, size });
                seat.open.insert(file, name);
                self.send(Flight { to: from, parcel: parcel.unwrap_or(Parcel::Failed(file)) });
            }
            Todo::Read(file, offset, len) => {
                let seat = &self.seats[from];
                let content = seat.open.get(&file).and_then(|name| seat.files.get(name));
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let bytes = content.and_then(|content| content.get(start..)).unwrap_or_default();
                let bytes = bytes.iter().copied().take(len as usize).collect();
                self.send(Flight { to: from, parcel: Parcel::Data { file, offset, bytes } });
            }
        }
    }

    fn write(&mut self, at: usize, file: FileId, offset: u64, bytes: &[u8]) {
        let seat = &mut self.seats[at];
        let content = seat.open.get(&file).and_then(|name| seat.files.get_mut(name));
        let (Some(content), Ok(start)) = (content, usize::try_from(offset)) else {
            return self.send(Flight { to: at, parcel: Parcel::Failed(file) });
        };
        if start + bytes.len() > 1 << 20 {
            return self.send(Flight { to: at, parcel: Parcel::Failed(file) });
        }
        content.resize(content.len().max(start + bytes.len()), 0);
        content[start..start + bytes.len()].copy_from_slice(bytes);
    }

    /// Sound is heard at once or not at all; the rest waits to be delivered.
    fn send(&mut self, flight: Flight) {
        self.flights.push(flight);
        let surplus = self.flights.len().saturating_sub(MEMORY);
        self.flights.drain(..surplus);
    }

    fn connect(&mut self, from: usize, connection: Connection, remote: SocketAddr) {
        let local = SocketAddr::from((self.seats[from].address, 49_152));
        let listener = self.seat_of(remote);
        let listener = listener.filter(|&to| self.seats[to].actor.listens(remote.port()));
        let Some(to) = listener else {
            let parcel = Parcel::Tcp { connection, event: News::Failed };
            return self.send(Flight { to: from, parcel });
        };
        let accepted = Connection(self.accepted);
        self.accepted += 1;
        self.connections.push([(from, connection), (to, accepted)]);
        let event = News::Accepted(remote, local);
        self.send(Flight { to, parcel: Parcel::Tcp { connection: accepted, event } });
        let parcel = Parcel::Tcp { connection, event: News::Connected(local) };
        self.send(Flight { to: from, parcel });
    }

    fn tell_peer(&mut self, from: usize, connection: Connection, event: News) {
        let end = (from, connection);
        let mut found = self.connections.iter().rev().filter_map(|ends| match ends {
            [one, other] if *one == end => Some(*other),
            [one, other] if *other == end => Some(*one),
            _ => None,
        });
        if let Some((to, connection)) = found.next() {
            self.send(Flight { to, parcel: Parcel::Tcp { connection, event } });
        }
    }
}
