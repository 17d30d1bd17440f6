//! Who takes part in a flow: one life-line per signalling endpoint.

use crate::trace::{CallIndex, FastMap, SignallingMessage};
use recscope_core::sip::{Message, Method};
use recscope_flow::{Actor, ActorKind};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// The life-lines of a flow, in the order in which they first speak or are spoken to.
#[derive(Debug, Default)]
pub(super) struct Cast {
    lines: Vec<Line>,
    by_endpoint: FastMap<Endpoint, usize>,
    /// Hosts that play several parts, told apart by port.
    split: BTreeSet<IpAddr>,
}

/// What a life-line stands for: a host, or one port of a host that talks to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Endpoint {
    ip: IpAddr,
    port: Option<u16>,
}

#[derive(Debug)]
struct Line {
    endpoint: Endpoint,
    /// Users that it speaks for, as calls and registrations name them.
    users: BTreeSet<String>,
    /// User-Agent or Server.
    agent: Option<String>,
    is_registrar: bool,
    /// It passed a call on.
    relays: bool,
    is_recorder: bool,
}

impl Cast {
    /// The endpoints of `messages`.
    pub(super) fn of<'a>(messages: impl Iterator<Item = &'a SignallingMessage> + Clone) -> Self {
        let mut cast = Self::default();
        for message in messages.clone() {
            let (src, dst) = (message.origin.src, message.origin.dst);
            if src.ip() == dst.ip() {
                cast.split.insert(src.ip());
            }
        }
        // Per call, who sent its INVITE and who received it: those that did both pass it on.
        let mut hops: BTreeMap<CallIndex, (BTreeSet<usize>, BTreeSet<usize>)> = BTreeMap::new();
        for message in messages {
            let src = cast.line(message.origin.src);
            let dst = cast.line(message.origin.dst);
            let Ok(parsed) = Message::parse(&message.raw) else { continue };
            let sip = &parsed.message;
            cast.note_agent(src, sip);
            match (sip.method(), message.call) {
                (Some(Method::Register), _) => cast.note_registration(src, dst, sip),
                (Some(Method::Invite), Some(call)) => {
                    let (senders, receivers) = hops.entry(call).or_default();
                    senders.insert(src);
                    receivers.insert(dst);
                    cast.note_parties(src, dst, sip);
                }
                _ => {}
            }
        }
        for (senders, receivers) in hops.values() {
            for &both in senders.intersection(receivers) {
                if let Some(line) = cast.lines.get_mut(both) {
                    line.relays = true;
                }
            }
        }
        cast
    }

    /// The column of an endpoint, added if it is new.
    pub(super) fn line(&mut self, address: SocketAddr) -> usize {
        let ip = address.ip();
        let port = self.split.contains(&ip).then(|| address.port());
        self.column(Endpoint { ip, port })
    }

    /// The column for media of a host, added if it is new.
    pub(super) fn host(&mut self, ip: IpAddr) -> usize {
        self.part_of(ip).unwrap_or_else(|| self.column(Endpoint { ip, port: None }))
    }

    /// The column of the only part that a host plays, if it plays just one.
    pub(super) fn part_of(&self, ip: IpAddr) -> Option<usize> {
        let mut parts = (0..).zip(&self.lines).filter(|(_, line)| line.endpoint.ip == ip);
        let (column, _) = parts.next()?;
        parts.next().is_none().then_some(column)
    }

    fn column(&mut self, endpoint: Endpoint) -> usize {
        let new = self.lines.len();
        let column = *self.by_endpoint.entry(endpoint).or_insert(new);
        if column == new {
            self.lines.push(Line {
                endpoint,
                users: BTreeSet::new(),
                agent: None,
                is_registrar: false,
                relays: false,
                is_recorder: false,
            });
        }
        column
    }

    fn note_agent(&mut self, src: usize, sip: &Message<'_>) {
        // What a proxy passes on still names the first sender's product: only a request with one
        // Via, its sender's own, tells about the host it came from.
        let is_own = !sip.is_request() || sip.vias().nth(1).is_none();
        let agent = sip.header("Server").or_else(|| sip.header("User-Agent"));
        if let (Some(line), Some(agent), true) = (self.lines.get_mut(src), agent, is_own) {
            line.agent.get_or_insert_with(|| agent.to_owned());
        }
    }

    fn note_registration(&mut self, src: usize, dst: usize, sip: &Message<'_>) {
        if let (Some(line), Some(user)) = (self.lines.get_mut(src), user(sip, "To")) {
            line.users.insert(user);
        }
        if let Some(line) = self.lines.get_mut(dst) {
            line.is_registrar = true;
        }
    }

    fn note_parties(&mut self, src: usize, dst: usize, sip: &Message<'_>) {
        for (column, header) in [(src, "From"), (dst, "To")] {
            if let (Some(line), Some(user)) = (self.lines.get_mut(column), user(sip, header)) {
                line.users.insert(user);
            }
        }
    }

    /// The two ends of a recording.
    pub(super) fn note_recording(
        &mut self,
        phone: SocketAddr,
        recorder: SocketAddr,
        extension: &str,
    ) {
        let (phone, recorder) = (self.line(phone), self.line(recorder));
        if let Some(line) = self.lines.get_mut(phone).filter(|_| !extension.is_empty()) {
            line.users.insert(extension.to_owned());
        }
        if let Some(line) = self.lines.get_mut(recorder) {
            line.is_recorder = true;
        }
    }

    /// The actors. `names` are those that the capture gives to addresses.
    pub(super) fn into_actors(self, names: &BTreeMap<String, String>) -> Vec<Actor> {
        self.lines.into_iter().map(|line| line.into_actor(names)).collect()
    }
}

impl Line {
    fn into_actor(self, names: &BTreeMap<String, String>) -> Actor {
        let Endpoint { ip, port } = self.endpoint;
        let id = match port {
            Some(port) => SocketAddr::new(ip, port).to_string(),
            None => ip.to_string(),
        };
        let kind = self.kind();
        let product = self.agent.as_deref().and_then(product);
        let mut users = self.users.iter();
        let label = match (names.get(&ip.to_string()), users.next(), users.next()) {
            (Some(name), ..) => name.clone(),
            (None, Some(only), None) if !self.relays => only.clone(),
            _ if product.is_some() => product.clone().unwrap_or_default(),
            _ if self.is_recorder => String::from("recorder"),
            _ if self.relays => String::from("proxy"),
            _ if self.is_registrar => String::from("registrar"),
            _ => id.clone(),
        };
        let detail = match product {
            Some(product) if product != label => format!("{id} · {product}"),
            _ if id == label => String::new(),
            _ => id.clone(),
        };
        Actor { id, label, detail, kind }
    }

    fn kind(&self) -> ActorKind {
        /// Words in the User-Agent or Server header of servers, lower case.
        const SERVERS: [&str; 12] = [
            "3cx",
            "asterisk",
            "cisco-sipgateway",
            "fpbx",
            "freepbx",
            "freeswitch",
            "kamailio",
            "mx-one",
            "openser",
            "opensips",
            "sip express",
            "sipxecs",
        ];
        let agent = self.agent.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_server = SERVERS.iter().any(|server| agent.contains(server));
        if self.is_recorder {
            ActorKind::Recorder
        } else if is_server || self.relays || self.is_registrar {
            ActorKind::Pbx
        } else if !self.users.is_empty() {
            ActorKind::Phone
        } else {
            ActorKind::Host
        }
    }
}

/// The user in an address header.
fn user(sip: &Message<'_>, header: &str) -> Option<String> {
    let address = sip.address(header)?;
    let user = address.uri.user_text()?;
    Some(user.into_owned())
}

/// A User-Agent, short enough for the head of a life-line.
fn product(agent: &str) -> Option<String> {
    const MOST: usize = 28;
    let agent = agent.trim();
    let short: String = agent.chars().take(MOST).collect();
    match (short.is_empty(), short.len() < agent.len()) {
        (true, _) => None,
        (false, true) => Some(format!("{}…", short.trim_end())),
        (false, false) => Some(short),
    }
}
