//! The CSTA server: who wants to know what of which extension (MX-C1, MX-C2).

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::csta::{Event as CstaEvent, Frame, InvokeId, Message, ServiceEvent, Splitter, Step};
use crate::machine::{Connection, Outbox, TcpCommand};
use crate::rule::{self, Rule};

/// Connections served at once; more are turned away.
const MAX_CONNECTIONS: usize = 64;
/// Monitors of all connections; more are refused.
const MAX_MONITORS: usize = 100_000;

/// All connections of CSTA clients and their monitors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Monitors {
    connections: BTreeMap<Connection, Splitter>,
    /// By device, so that the monitors of one are found fast.
    monitors: BTreeMap<String, Vec<Monitor>>,
    last_cross_ref: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Monitor {
    connection: Connection,
    cross_ref: u32,
}

/// What the server asks about an extension that is to be monitored.
pub(super) enum Device {
    /// There is none of this number.
    Unknown,
    /// It is not registered.
    Absent,
    /// It is registered at this address.
    At(IpAddr),
}

impl Monitors {
    /// A client connected.
    pub(super) fn accept(&mut self, connection: Connection, outbox: &mut Outbox) {
        if self.connections.len() >= MAX_CONNECTIONS {
            outbox.tcp(connection, TcpCommand::Abort, rule::MX_C1);
            return;
        }
        self.connections.insert(connection, Splitter::default());
    }

    /// A connection is over; its monitors are, too.
    pub(super) fn close(&mut self, connection: Connection) {
        self.connections.remove(&connection);
        self.monitors.retain(|_, monitors| {
            monitors.retain(|monitor| monitor.connection != connection);
            !monitors.is_empty()
        });
    }

    /// Drops every connection.
    pub(super) fn abort(&mut self, outbox: &mut Outbox) {
        for &connection in self.connections.keys() {
            outbox.tcp(connection, TcpCommand::Abort, rule::MX_S14);
        }
        self.connections.clear();
        self.monitors.clear();
    }

    /// Whether the connection is served here.
    pub(super) fn serves(&self, connection: Connection) -> bool {
        self.connections.contains_key(&connection)
    }

    /// Whether nobody is told of anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.monitors.is_empty()
    }

    /// Bytes of a client arrived.
    pub(super) fn receive(
        &mut self,
        connection: Connection,
        mut bytes: &[u8],
        look_up: impl Fn(&str) -> Device,
        outbox: &mut Outbox,
    ) {
        loop {
            let Some(splitter) = self.connections.get_mut(&connection) else { return };
            let (consumed, step) = splitter.push(bytes);
            bytes = bytes.get(consumed..).unwrap_or_default();
            match step {
                Step::NeedMore => return,
                Step::Frame(_, frame) => {
                    let message = Message::parse(&frame.xml).map(|parsed| parsed.message);
                    self.serve(connection, frame.invoke_id, message.ok(), &look_up, outbox);
                }
                Step::Skipped(_) => ignore(outbox, "the bytes are no CSTA frame"),
            }
        }
    }

    /// Tells all who monitor `device` what happened there.
    pub(super) fn tell(
        &self,
        device: &str,
        event: &CstaEvent,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) {
        for monitor in self.monitors.get(device).into_iter().flatten() {
            let cross_ref = monitor.cross_ref.to_string();
            let event = Message::Event { cross_ref, event: event.clone() };
            send(monitor.connection, InvokeId::EVENT, &event, rule, outbox);
        }
    }

    /// Answers one request.
    fn serve(
        &mut self,
        connection: Connection,
        invoke_id: InvokeId,
        request: Option<Message>,
        look_up: &impl Fn(&str) -> Device,
        outbox: &mut Outbox,
    ) {
        let answer = match request {
            Some(Message::MonitorStart { device }) => {
                return self.start(connection, invoke_id, device, look_up, outbox);
            }
            Some(Message::MonitorStop { cross_ref }) => {
                let stopped = cross_ref.parse().is_ok_and(|id| self.stop(connection, id));
                if stopped {
                    Message::MonitorStopResponse
                } else {
                    refusal("invalidMonitorCrossRefID")
                }
            }
            Some(Message::Other { .. }) => refusal("serviceNotSupported"),
            Some(_) => return ignore(outbox, "the CSTA message is no request"),
            None => return ignore(outbox, "the CSTA message is not well-formed"),
        };
        send(connection, invoke_id, &answer, rule::MX_C2, outbox);
    }

    /// Starts a monitor, and tells where its device is: the client would not learn it otherwise
    /// (MX-C1).
    fn start(
        &mut self,
        connection: Connection,
        invoke_id: InvokeId,
        device: String,
        look_up: &impl Fn(&str) -> Device,
        outbox: &mut Outbox,
    ) {
        let known = look_up(&device);
        let count: usize = self.monitors.values().map(Vec::len).sum();
        if count >= MAX_MONITORS || matches!(known, Device::Unknown) {
            let answer = refusal("invalidDeviceID");
            return send(connection, invoke_id, &answer, rule::MX_C2, outbox);
        }
        self.last_cross_ref = self.last_cross_ref.wrapping_add(1);
        let monitor = Monitor { connection, cross_ref: self.last_cross_ref };
        self.monitors.entry(device.clone()).or_default().push(monitor);
        let cross_ref = self.last_cross_ref.to_string();
        let answer = Message::MonitorStartResponse { cross_ref: cross_ref.clone() };
        send(connection, invoke_id, &answer, rule::MX_C2, outbox);
        if let Device::At(address) = known {
            let event = back_in_service(device, address);
            let event = Message::Event { cross_ref, event };
            send(connection, InvokeId::EVENT, &event, rule::MX_C3, outbox);
        }
    }

    /// Takes back a monitor of this connection; `false` if it has no such one.
    fn stop(&mut self, connection: Connection, cross_ref: u32) -> bool {
        let stopped = Monitor { connection, cross_ref };
        let mut found = false;
        self.monitors.retain(|_, monitors| {
            let before = monitors.len();
            monitors.retain(|monitor| *monitor != stopped);
            found |= monitors.len() < before;
            !monitors.is_empty()
        });
        found
    }
}

/// An extension is there, at this address.
pub(super) fn back_in_service(device: String, address: IpAddr) -> CstaEvent {
    let cause = String::from("normal");
    CstaEvent::BackInService(ServiceEvent { device, cause, address: Some(address) })
}

fn refusal(value: &str) -> Message {
    Message::Error { kind: String::from("operation"), value: String::from(value) }
}

fn send(
    connection: Connection,
    invoke_id: InvokeId,
    message: &Message,
    rule: &'static Rule,
    outbox: &mut Outbox,
) {
    let xml = message.to_string().into_bytes();
    match (Frame { invoke_id, xml }).to_bytes() {
        Ok(bytes) => outbox.tcp(connection, TcpCommand::Send(&bytes), rule),
        Err(_) => ignore(outbox, "the CSTA answer would be too long"),
    }
}

fn ignore(outbox: &mut Outbox, reason: &'static str) {
    outbox.ignored(reason, rule::MX_C2);
}
