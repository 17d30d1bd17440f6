//! One SIP user agent over UDP, without I/O: transactions, dialogs, and what RFC 3261 answers by
//! itself, so that a machine only deals with what its own rules are about.
//!
//! A machine owns an [`Endpoint`] beside its [`Outbox`]. It passes on datagrams and time, then
//! takes [`Endpoint::poll_event`] until `None`, and answers or sends with messages that the
//! endpoint prepared:
//!
//! | to | prepare | send |
//! | --- | --- | --- |
//! | answer | [`Endpoint::response`] | [`Endpoint::respond`] |
//! | ask outside a dialog | [`Endpoint::request`] | [`Endpoint::send_request`] |
//! | ask within a dialog | [`Endpoint::request_in`] | [`Endpoint::send_in`] |
//! | acknowledge a 2xx | [`Endpoint::ack`] | [`Endpoint::send_ack`] |
//! | end a dialog | | [`Endpoint::bye`], now or as soon as allowed |
//! | give up an INVITE | | [`Endpoint::cancel`] |
//! | drop a dialog without a word | | [`Endpoint::forget`] |
//!
//! Via, tags, Call-ID, CSeq, Contact and Content-Length are the endpoint's to fill in; so is
//! everything that is sent again, in both directions, with the rule of what it repeats.
//!
//! ```
//! use recscope_core::machine::{Outbox, Output};
//! use recscope_core::sip::endpoint::{Endpoint, EndpointConfig, EndpointEvent};
//! use recscope_core::sip::Method;
//! use recscope_core::{Instant, rule};
//!
//! let [recorder, phone] = ["192.0.2.9:5060", "192.0.2.7:7300"].map(|a| a.parse().unwrap());
//! let config = |user: &str, local, seed| EndpointConfig { user: user.into(), seed, ..EndpointConfig::new(local) };
//! let mut ends = [
//!     (recorder, Endpoint::new(config("recorder", recorder, 1)), Outbox::default()),
//!     (phone, Endpoint::new(config("1000", phone, 2)), Outbox::default()),
//! ];
//! let now = Instant::ORIGIN;
//!
//! let (_, endpoint, outbox) = &mut ends[0];
//! let invite = endpoint
//!     .request(Method::Invite, "sip:1000@192.0.2.7:7300", "<sip:recorder@192.0.2.9>", "<sip:1000@192.0.2.7>")
//!     .body("application/sdp", b"v=0\r\n");
//! let invited = endpoint.send_request(now, phone, invite, rule::MX_S1, outbox);
//!
//! let (mut acknowledged, mut hops) = (false, 0);
//! for at in [0, 1, 0, 1] {
//!     // The network: what one end wants sent reaches the other.
//!     let mut datagrams = Vec::new();
//!     while let Some(output) = ends[at].2.poll() {
//!         if let Output::Datagram { local, remote, payload, .. } = output {
//!             datagrams.push((remote, local, payload.to_vec()));
//!         }
//!     }
//!     let (_, endpoint, outbox) = &mut ends[1 - at];
//!     for (local, remote, payload) in datagrams {
//!         hops += 1;
//!         endpoint.handle_datagram(now, local, remote, &payload, outbox);
//!     }
//!     // The machine: takes what happened, and acts.
//!     while let Some(event) = endpoint.poll_event() {
//!         match event {
//!             EndpointEvent::Request { transaction, received, .. } => {
//!                 assert_eq!(received.message().unwrap().method(), Some(Method::Invite));
//!                 let ok = endpoint.response(transaction, 200).body("application/sdp", b"v=0\r\n");
//!                 endpoint.respond(now, transaction, ok, rule::MX_S1, outbox);
//!             }
//!             EndpointEvent::Response { transaction, dialog: Some(dialog), status: 200, .. } => {
//!                 assert_eq!(transaction, invited);
//!                 let ack = endpoint.ack(dialog);
//!                 endpoint.send_ack(now, dialog, ack, rule::MX_S1, outbox);
//!             }
//!             EndpointEvent::Ack { .. } => acknowledged = true,
//!             other => unreachable!("{other:?}"),
//!         }
//!     }
//!     // The host sleeps until the earlier of this and the next datagram, then says so by
//!     // handle_timeout.
//!     let _ = endpoint.next_timeout();
//! }
//! assert!(acknowledged);
//! assert_eq!(hops, 3);
//! ```
//!
//! Several endpoints can share a socket: [`Endpoint::owns`] says whose a message is. A machine
//! that must not answer everybody (MX-S4, MX-S6) looks at a datagram before it passes it on, or
//! leaves an [`EndpointEvent::Request`] unanswered by [`Endpoint::ignore`].
//!
//! Not offered: other transports than UDP, and therefore the change to TCP for requests above
//! 1300 bytes (RFC 3261 18.1.1); name resolution; early dialogs; authentication.

mod event;
mod receive;
mod send;
mod table;
mod time;
mod via;

pub use event::{ClientKey, DialogKey, EndpointEvent, Received, ServerKey};
pub use send::Bye;

use super::dialog::Dialog;
use super::message::Message;
use super::method::Method;
use super::transaction::Timing;
use crate::Instant;
use crate::machine::{Diagram, Outbox, State, TimeoutReason};
use crate::random::Random;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use table::{ClientEntry, DialogEntry, ServerEntry, Table, earlier};

/// How an [`Endpoint`] is set up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndpointConfig {
    /// Its socket, which is also its Contact and its Via.
    pub local: SocketAddr,
    /// The user in its Contact; may be empty.
    pub user: String,
    /// What it calls itself in `User-Agent` and `Server`; may be empty.
    pub user_agent: String,
    /// Where its tags, branches and Call-IDs start from. Two endpoints that talk to each other
    /// need different ones.
    pub seed: u64,
    /// Methods that its machine answers, besides ACK and CANCEL; others get 405.
    pub methods: Vec<Method<'static>>,
    /// Extensions that its machine supports, by option tag; a request that requires others gets
    /// 420.
    pub extensions: Vec<&'static str>,
    /// The base values of its timers.
    pub timing: Timing,
    /// Most requests of others that it deals with at once; further ones get 503.
    pub max_transactions: usize,
}

impl EndpointConfig {
    /// An endpoint on this socket, for the methods that calls and recordings need.
    #[must_use]
    pub fn new(local: SocketAddr) -> Self {
        Self {
            local,
            user: String::new(),
            user_agent: String::new(),
            seed: 0,
            methods: alloc::vec![Method::Invite, Method::Bye, Method::Update],
            extensions: Vec::new(),
            timing: Timing::default(),
            max_transactions: 4096,
        }
    }
}

/// A SIP user agent: see the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    config: EndpointConfig,
    random: Random,
    /// The tag of answers that leave no trace here, the same for a request that comes again.
    stateless_tag: u64,
    next_key: u32,
    clients: Table<ClientKey, ClientEntry>,
    servers: Table<ServerKey, ServerEntry>,
    dialogs: Table<DialogKey, DialogEntry>,
    events: VecDeque<EndpointEvent>,
}

impl Endpoint {
    /// The states and transitions of the transactions underneath.
    pub const DIAGRAMS: &'static [&'static Diagram] = &[
        super::transaction::InviteClientState::DIAGRAM,
        super::transaction::OtherClientState::DIAGRAM,
        super::transaction::InviteServerState::DIAGRAM,
        super::transaction::OtherServerState::DIAGRAM,
    ];

    /// An endpoint that nothing happened to yet.
    #[must_use]
    pub fn new(config: EndpointConfig) -> Self {
        let mut random = Random::new(config.seed);
        Self {
            stateless_tag: random.next_u64(),
            config,
            random,
            next_key: 0,
            clients: Table::default(),
            servers: Table::default(),
            dialogs: Table::default(),
            events: VecDeque::new(),
        }
    }

    /// Forgets everything but its configuration, without a word to anybody: the power is off.
    /// What it draws from its seed goes on, so that no branch or Call-ID comes twice.
    pub fn reset(&mut self) {
        self.clients.clear();
        self.servers.clear();
        self.dialogs.clear();
        self.events.clear();
    }

    /// How it is set up.
    #[must_use]
    pub const fn config(&self) -> &EndpointConfig {
        &self.config
    }

    /// Moves it to another socket; what runs keeps the addresses it has.
    pub const fn set_local(&mut self, local: SocketAddr) {
        self.config.local = local;
    }

    /// The next thing that happened, until `None`.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<EndpointEvent> {
        self.events.pop_front()
    }

    /// A dialog that exists.
    #[must_use]
    pub fn dialog(&self, key: DialogKey) -> Option<&Dialog> {
        self.dialogs.entry(key).map(|entry| &entry.dialog)
    }

    /// Whether this side accepted an INVITE in the dialog and still waits for the ACK.
    #[must_use]
    pub fn awaits_ack(&self, key: DialogKey) -> bool {
        self.dialogs.entry(key).is_some_and(|entry| entry.accepted.is_some())
    }

    /// Whether a BYE waits for the ACK before which it must not go (RFC 3261 15).
    #[must_use]
    pub fn owes_bye(&self) -> bool {
        self.dialogs.iter().any(|(_, entry)| entry.bye.is_some())
    }

    /// Whether a message is about something that this endpoint has: an answer to a request of
    /// its own, or a request within one of its transactions or dialogs.
    #[must_use]
    pub fn owns(&self, message: &Message<'_>) -> bool {
        if message.is_request() {
            self.find_server(message).is_some() || self.find_dialog(message).is_some()
        } else {
            self.owns_response(message)
        }
    }

    /// Whether a message answers a request of this endpoint.
    #[must_use]
    pub fn owns_response(&self, message: &Message<'_>) -> bool {
        self.find_client(message).is_some()
    }

    /// When [`Endpoint::handle_timeout`] is due, and for which timer.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let earliest = earlier(self.clients.next_timeout(), self.servers.next_timeout());
        earlier(earliest, self.dialogs.next_timeout())
    }

    /// The timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        let clients = self.clients.iter().flat_map(|(_, entry)| entry.machine.timers());
        let servers = self.servers.iter().flat_map(|(_, entry)| entry.machine.timers());
        let dialogs = self.dialogs.iter().flat_map(|(_, entry)| entry.timers());
        clients.chain(servers).chain(dialogs)
    }

    /// Takes note of the time, so that endpoints which will behave alike compare equal. Only a
    /// model checker needs that; every other function takes note by itself where it matters.
    pub fn advance(&mut self, now: Instant) {
        self.clients.iter_mut().for_each(|(_, entry)| entry.machine.advance(now));
        self.servers.iter_mut().for_each(|(_, entry)| entry.machine.advance(now));
        self.dialogs.iter_mut().for_each(|(_, entry)| entry.advance(now));
    }

    /// Takes a datagram that arrived on this endpoint's socket.
    ///
    /// What is no SIP, or belongs to nothing and cannot be answered, is told as
    /// [`Event::Ignored`](crate::machine::Event::Ignored).
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        payload: &[u8],
        outbox: &mut Outbox,
    ) {
        self.receive(now, local, remote, payload, outbox);
    }

    const fn draw_key(&mut self) -> u32 {
        self.next_key = self.next_key.wrapping_add(1);
        self.next_key
    }

    fn kind_of(method: Method<'_>) -> super::transaction::Kind {
        match method {
            Method::Invite => super::transaction::Kind::Invite,
            _ => super::transaction::Kind::Other,
        }
    }
}
