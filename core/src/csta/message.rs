//! What the XML says: the services and events that recording needs.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use roxmltree::{Document, Node, ParsingOptions};

use crate::bytes::offset_before_replacement;
use crate::{ErrorKind, Layer, ParseError, Warning};

/// Namespace of the private element by which an extension's address travels (MX-C3). Ours and
/// assumed: what an MX-ONE sends is not public.
pub const PRIVATE_NAMESPACE: &str = "urn:recscope:csta:registration:1";

/// What some writers put before the document.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Elements of one document that are read; a message has some tens.
const MAX_NODES: u32 = 8192;

/// A service request, a response or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// Tell me what happens at a device.
    MonitorStart {
        /// The extension.
        device: String,
    },
    /// So be it.
    MonitorStartResponse {
        /// What the monitor's events will quote.
        cross_ref: String,
    },
    /// No more of it.
    MonitorStop {
        /// The monitor.
        cross_ref: String,
    },
    /// So be it.
    MonitorStopResponse,
    /// Something happened at a device.
    Event {
        /// The monitor that it is told to.
        cross_ref: String,
        /// What happened.
        event: Event,
    },
    /// The request was refused.
    Error {
        /// Kind of error, the element's name: `operation`, `stateIncompatibility`, …
        kind: String,
        /// Its value.
        value: String,
    },
    /// A message that is not read here.
    Other {
        /// Name of the document's element.
        name: String,
    },
}

/// What happened at a monitored device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// Something about a call.
    Call(CallEvent),
    /// The device is there: it registered, or came back.
    BackInService(ServiceEvent),
    /// The device is not there any more.
    OutOfService(ServiceEvent),
}

/// The steps of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallEventKind {
    /// Off hook.
    ServiceInitiated,
    /// Dialled.
    Originated,
    /// It rings.
    Delivered,
    /// Answered.
    Established,
    /// One party has left.
    ConnectionCleared,
}

impl CallEventKind {
    /// Every kind, in the order in which a call runs through them.
    pub const ALL: [Self; 5] = [
        Self::ServiceInitiated,
        Self::Originated,
        Self::Delivered,
        Self::Established,
        Self::ConnectionCleared,
    ];

    /// Name of the event's element.
    #[must_use]
    pub const fn element(self) -> &'static str {
        match self {
            Self::ServiceInitiated => "ServiceInitiatedEvent",
            Self::Originated => "OriginatedEvent",
            Self::Delivered => "DeliveredEvent",
            Self::Established => "EstablishedEvent",
            Self::ConnectionCleared => "ConnectionClearedEvent",
        }
    }

    /// Name of the element with the connection that the event is about.
    pub(super) const fn connection(self) -> &'static str {
        match self {
            Self::ServiceInitiated => "initiatedConnection",
            Self::Originated => "originatedConnection",
            Self::Delivered => "connection",
            Self::Established => "establishedConnection",
            Self::ConnectionCleared => "droppedConnection",
        }
    }

    /// Name of the element with the device that acts; an originated call has only the caller.
    pub(super) const fn subject(self) -> Option<&'static str> {
        match self {
            Self::ServiceInitiated => Some("initiatingDevice"),
            Self::Originated => None,
            Self::Delivered => Some("alertingDevice"),
            Self::Established => Some("answeringDevice"),
            Self::ConnectionCleared => Some("releasingDevice"),
        }
    }

    /// Whether the event names who calls whom.
    pub(super) const fn names_parties(self) -> bool {
        matches!(self, Self::Originated | Self::Delivered | Self::Established)
    }

    /// Whether the event names the device that passed the call on.
    pub(super) const fn names_redirection(self) -> bool {
        matches!(self, Self::Delivered | Self::Established)
    }
}

/// A step of a call. Texts are blank where the PBX does not tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallEvent {
    /// Which step.
    pub kind: CallEventKind,
    /// The PBX's id of the call.
    pub call_id: String,
    /// The device at the connection that the step is about.
    pub device: String,
    /// Who initiates, rings, answers or leaves.
    pub subject: String,
    /// Who calls.
    pub calling: String,
    /// Who is called.
    pub called: String,
    /// State of the monitored device's own connection: `alerting`, `connected`, `null`, …
    pub local_state: String,
    /// Why: `newCall`, `normalClearing`, …
    pub cause: String,
}

impl CallEvent {
    /// A step with nothing told.
    #[must_use]
    pub const fn new(kind: CallEventKind) -> Self {
        Self {
            kind,
            call_id: String::new(),
            device: String::new(),
            subject: String::new(),
            calling: String::new(),
            called: String::new(),
            local_state: String::new(),
            cause: String::new(),
        }
    }
}

/// A device comes or goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServiceEvent {
    /// The extension.
    pub device: String,
    /// Why.
    pub cause: String,
    /// Where it is registered, in our private element (MX-C3, assumed).
    pub address: Option<IpAddr>,
}

/// A message as it was read, and what was irregular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The message.
    pub message: Message,
    /// Irregular but read.
    pub warnings: Vec<Warning>,
}

impl Message {
    /// Reads the XML of one frame, in whatever edition's namespace. Elements that are not needed
    /// are passed over.
    ///
    /// # Errors
    /// `Irregular` where the XML is not well-formed, has a document type, or has more nodes than a
    /// message can need; at the offset in `xml`.
    pub fn parse(xml: &[u8]) -> Result<Parsed, ParseError> {
        let whole = String::from_utf8_lossy(xml);
        let mut warnings = Vec::new();
        if let Cow::Owned(_) = whole {
            warnings.push(Warning(irregular(0, "the XML is not UTF-8; other bytes are replaced")));
        }
        let text = whole.trim_start_matches(BYTE_ORDER_MARK).trim();
        let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options).map_err(|error| {
            let problem = match error {
                roxmltree::Error::NodesLimitReached => "the XML has more nodes than are read",
                roxmltree::Error::DtdDetected => "the XML has a document type",
                _ => "the XML is not well-formed",
            };
            // What was trimmed, and what the text has instead of bytes that are no UTF-8.
            let trimmed =
                whole.len() - whole.trim_start_matches(BYTE_ORDER_MARK).trim_start().len();
            let in_text = trimmed + offset_of(text, error.pos());
            irregular(offset_before_replacement(xml, in_text), problem)
        })?;
        let root = document.root_element();
        let mut reader = Reader { root, warnings };
        let message = reader.message();
        Ok(Parsed { message, warnings: reader.warnings })
    }

    /// Name of the document's element.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::MonitorStart { .. } => "MonitorStart",
            Self::MonitorStartResponse { .. } => "MonitorStartResponse",
            Self::MonitorStop { .. } => "MonitorStop",
            Self::MonitorStopResponse => "MonitorStopResponse",
            Self::Event { event: Event::Call(event), .. } => event.kind.element(),
            Self::Event { event: Event::BackInService(_), .. } => "BackInServiceEvent",
            Self::Event { event: Event::OutOfService(_), .. } => "OutOfServiceEvent",
            Self::Error { .. } => "CSTAErrorCode",
            Self::Other { name } => name,
        }
    }

    /// One line for a list: the name and what it is about.
    #[must_use]
    pub fn summary(&self) -> String {
        let about = match self {
            Self::MonitorStart { device } => device.clone(),
            Self::MonitorStartResponse { cross_ref } | Self::MonitorStop { cross_ref } => {
                cross_ref.clone()
            }
            Self::Event { event: Event::Call(event), .. } => {
                match (&*event.calling, &*event.called) {
                    ("", "") => event.device.clone(),
                    (calling, "") => calling.to_string(),
                    (calling, called) => alloc::format!("{calling} → {called}"),
                }
            }
            Self::Event {
                event: Event::BackInService(event) | Event::OutOfService(event), ..
            } => match event.address {
                Some(address) => alloc::format!("{} at {address}", event.device),
                None => event.device.clone(),
            },
            Self::Error { kind, value } => alloc::format!("{kind} {value}"),
            Self::MonitorStopResponse | Self::Other { .. } => String::new(),
        };
        let name = self.name();
        let name = name.strip_suffix("Event").unwrap_or(name);
        alloc::format!("{name} {about}").trim_end().to_string()
    }
}

struct Reader<'a, 'x> {
    root: Node<'a, 'x>,
    warnings: Vec<Warning>,
}

impl Reader<'_, '_> {
    fn message(&mut self) -> Message {
        let name = self.root.tag_name().name();
        if let Some(kind) = CallEventKind::ALL.into_iter().find(|kind| kind.element() == name) {
            let event = Event::Call(self.call_event(kind));
            return Message::Event { cross_ref: self.cross_ref(), event };
        }
        match name {
            "MonitorStart" => {
                Message::MonitorStart { device: self.needed("monitorObject", "no monitor object") }
            }
            "MonitorStartResponse" => Message::MonitorStartResponse { cross_ref: self.cross_ref() },
            "MonitorStop" => Message::MonitorStop { cross_ref: self.cross_ref() },
            "MonitorStopResponse" => Message::MonitorStopResponse,
            "BackInServiceEvent" => {
                let event = Event::BackInService(self.service_event());
                Message::Event { cross_ref: self.cross_ref(), event }
            }
            "OutOfServiceEvent" => {
                let event = Event::OutOfService(self.service_event());
                Message::Event { cross_ref: self.cross_ref(), event }
            }
            "CSTAErrorCode" => {
                let error = self.root.first_element_child();
                let kind = error.map(|error| error.tag_name().name()).unwrap_or_default();
                let value = error.map(text_of).unwrap_or_default();
                Message::Error { kind: kind.into(), value }
            }
            _ => Message::Other { name: name.into() },
        }
    }

    fn call_event(&mut self, kind: CallEventKind) -> CallEvent {
        let connection = child(self.root, kind.connection());
        if connection.is_none() {
            self.warn("the event has no connection");
        }
        let part = |name| connection.and_then(|connection| child(connection, name));
        CallEvent {
            kind,
            call_id: part("callID").map(text_of).unwrap_or_default(),
            device: part("deviceID").map(text_of).unwrap_or_default(),
            subject: kind.subject().map(|name| self.text(name)).unwrap_or_default(),
            calling: self.text("callingDevice"),
            called: self.text("calledDevice"),
            local_state: self.text("localConnectionInfo"),
            cause: self.text("cause"),
        }
    }

    fn service_event(&mut self) -> ServiceEvent {
        let device = self.needed("device", "the event names no device");
        let registration = self
            .root
            .descendants()
            .find(|node| node.has_tag_name((PRIVATE_NAMESPACE, "registration")));
        let address = registration.and_then(|node| node.attribute("address"));
        let parsed = address.and_then(|address| address.trim().parse().ok());
        if address.is_some() && parsed.is_none() {
            self.warn("the registration's address is no IP address");
        }
        ServiceEvent { device, cause: self.text("cause"), address: parsed }
    }

    fn cross_ref(&mut self) -> String {
        self.needed("monitorCrossRefID", "the message has no monitor cross reference")
    }

    fn needed(&mut self, name: &str, problem: &'static str) -> String {
        let text = self.text(name);
        if text.is_empty() {
            self.warn(problem);
        }
        text
    }

    /// The text of a child element. A device's may stand in an element within (`deviceIdentifier`,
    /// `deviceObject`); one that names it unknown is empty.
    fn text(&self, name: &str) -> String {
        child(self.root, name).map(text_of).unwrap_or_default()
    }

    fn warn(&mut self, problem: &'static str) {
        self.warnings.push(Warning(irregular(self.root.range().start, problem)));
    }
}

/// The child element of this name, in any namespace.
fn child<'a, 'x>(node: Node<'a, 'x>, name: &str) -> Option<Node<'a, 'x>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The text in an element and those within it, without the space around.
fn text_of(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text).filter_map(|node| node.text());
    let text: String = texts.collect();
    text.trim().to_string()
}

/// Byte offset of a row and a column in characters, both from 1.
fn offset_of(text: &str, position: roxmltree::TextPos) -> usize {
    let row = usize::try_from(position.row).unwrap_or(usize::MAX).saturating_sub(1);
    let column = usize::try_from(position.col).unwrap_or(usize::MAX).saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let line = text.get(before..).unwrap_or_default();
    before + line.chars().take(column).map(char::len_utf8).sum::<usize>()
}

fn irregular(offset: usize, problem: &'static str) -> ParseError {
    ParseError::new(Layer::Csta, offset as u64, ErrorKind::Irregular { problem })
}
