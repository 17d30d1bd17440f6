//! Active recording, the phone's side: copies of a call's RTP for a recorder that asks by SIP
//! (MX-S1 to MX-S14).
//!
//! The recorder invites, the phone agrees and waits for the ACK, then copies until BYE. One
//! session at a time: another INVITE with the same session id is the recorder's repetition and
//! is refused (MX-S9), one with a new id replaces the session without a BYE (MX-S10).

mod copies;
mod respond;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use crate::codec::Codec;
use crate::machine::{Diagram, Input, Machine, Outbox, Output, Side, State, TimeoutReason, states};
use crate::random::Random;
use crate::rule::{self, Rule, rfc};
use crate::sdp::forwarding::{Copy, End, Layout};
use crate::sip::endpoint::{DialogKey, Endpoint, EndpointConfig, EndpointEvent, ServerKey};
use crate::sip::{Message, Method, SessionNaming, looks_like_sip};
use crate::time::Instant;
use copies::Copies;

/// What a phone does with a request from an address that is not allowed; the documents only say
/// that it compares (MX-S4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SourcePolicy {
    /// Nothing: whoever asks does not learn that there is a phone.
    #[default]
    Drop,
    /// Answers 403 Forbidden.
    Forbid,
    /// Answers 603 Decline.
    Decline,
}

impl SourcePolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Drop, Self::Forbid, Self::Decline];

    /// The name by which settings choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Forbid => "403",
            Self::Decline => "603",
        }
    }

    const fn status(self) -> Option<u16> {
        match self {
            Self::Drop => None,
            Self::Forbid => Some(403),
            Self::Decline => Some(603),
        }
    }
}

/// Settings of the phone's side, as its configuration file has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActiveConfig {
    /// Where tags, branches and SSRCs start from.
    pub seed: u64,
    /// The phone's address.
    pub address: IpAddr,
    /// Where it listens for the recorder: 7300 on 7400 and 442x terminals (MX-S7).
    pub sip_port: u16,
    /// Where copies come from: what the phone sends; what it receives comes from two above.
    pub rtp_port: u16,
    /// The extension, for its Contact.
    pub extension: String,
    /// Recorders that may ask (MX-S4).
    pub allowed: Vec<IpAddr>,
    /// What others get (MX-S4).
    pub policy: SourcePolicy,
    /// Where the session id stands (MX-S9).
    pub naming: SessionNaming,
    /// What to make of an offer of one medium (MX-3).
    pub layout: Layout,
    /// The codec of the calls, and so of their copies.
    pub codec: Codec,
    /// Sound in a packet.
    pub packet_time: Duration,
}

impl Default for ActiveConfig {
    /// A 7400 terminal at 192.0.2.20 that allows a recorder at 192.0.2.9.
    fn default() -> Self {
        Self {
            seed: 1,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 20)),
            sip_port: 7300,
            rtp_port: 11780,
            extension: "1000".into(),
            allowed: alloc::vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9))],
            policy: SourcePolicy::Drop,
            naming: SessionNaming::CallId,
            layout: Layout::TwoMedia,
            codec: Codec::Pcma,
            packet_time: Duration::from_millis(20),
        }
    }
}

/// What the rest of the phone tells the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActiveCommand {
    /// The phone is registered at its PBX.
    LogOn,
    /// The phone unregisters: by its user, by force, to read its configuration, or because the
    /// PBX is gone (MX-S5, MX-S11, MX-S13, MX-S14).
    LogOff,
    /// Sound from here on belongs to a call.
    CallStarted,
    /// The call is over.
    CallEnded,
    /// The power is gone (MX-S12).
    PowerOff,
}

states! {
    /// Where the phone is with its recorder.
    pub enum ActiveState: "active recording" {
        /// Not registered: INVITE is ignored.
        LoggedOff = "logged off",
        /// Registered, without a session.
        Ready = "ready",
        /// Agreed to a session; waits for the order to start.
        Invited = "waiting for ACK",
        /// Copies.
        Forwarding = "forwarding",
        /// Copies, and agreed to another session that will take over.
        Replacing = "forwarding, waiting for ACK of a new session",
        /// Not registered any more; ends the session as soon as it may.
        Leaving = "logged off, waiting for ACK",
    }
    LoggedOff -> Ready: "registration", rule::MX_S12;
    Ready -> Invited: "INVITE", rule::MX_S1;
    Ready -> LoggedOff: "un-registration", rule::MX_S6;
    Ready -> Leaving: "un-registration", rule::MX_S5;
    Ready -> LoggedOff: "power off", rule::MX_S12;
    Invited -> Forwarding: "ACK", rule::MX_S1;
    Invited -> Ready: "BYE", rule::MX_S1;
    Invited -> Ready: "no ACK", rfc::ACCEPT;
    Invited -> Leaving: "un-registration", rule::MX_S5;
    Invited -> LoggedOff: "power off", rule::MX_S12;
    Forwarding -> Ready: "BYE", rule::MX_S1;
    Forwarding -> Ready: "no ACK", rfc::ACCEPT;
    Forwarding -> Replacing: "INVITE", rule::MX_S10;
    Forwarding -> Invited: "INVITE", rule::MX_S10;
    Forwarding -> LoggedOff: "un-registration", rule::MX_S5;
    Forwarding -> Leaving: "un-registration", rule::MX_S5;
    Forwarding -> LoggedOff: "power off", rule::MX_S12;
    Replacing -> Forwarding: "ACK", rule::MX_S10;
    Replacing -> Invited: "BYE", rule::MX_S1;
    Replacing -> Ready: "BYE", rule::MX_S1;
    Replacing -> Ready: "no ACK", rfc::ACCEPT;
    Replacing -> Leaving: "un-registration", rule::MX_S5;
    Replacing -> LoggedOff: "power off", rule::MX_S12;
    Leaving -> LoggedOff: "ACK", rfc::BYE;
    Leaving -> LoggedOff: "no ACK", rfc::ACCEPT;
    Leaving -> LoggedOff: "BYE", rule::MX_S1;
    Leaving -> LoggedOff: "power off", rule::MX_S12;
    Leaving -> Ready: "registration", rule::MX_S12;
}

/// A session that the phone agreed to, beginning with what each frame of sound needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
struct Session {
    copies: Copies,
    /// Its id, as [`ActiveConfig::naming`] finds it.
    id: Option<String>,
    /// The Call-ID of the INVITE that opened it, to tell repetitions by.
    call_id: String,
    /// The transaction of that INVITE.
    invite: ServerKey,
    dialog: DialogKey,
    /// Where the copies go once the ACK is there.
    next: Option<Vec<Copy>>,
    /// The phone's description of the session.
    answer: Vec<u8>,
    /// Its version.
    version: u32,
    session_id: u32,
}

/// The phone's side of active recording.
///
/// ```
/// use recscope_core::machine::{Input, Machine};
/// use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig};
/// use recscope_core::Instant;
///
/// let mut phone = Active::new(ActiveConfig::default());
/// phone.handle_input(Instant::ORIGIN, Input::Command(ActiveCommand::LogOn)).unwrap();
/// assert!(phone.states().any(|state| state == ("active recording", "ready")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Active {
    // As in the phone around it, first what each frame of sound needs.
    in_call: bool,
    state: ActiveState,
    /// The session whose copies are sent.
    forwarding: Option<Box<Session>>,
    /// Whether there is an `Active` at all is told by a word of this.
    outbox: Outbox,
    /// The session that waits for its first ACK.
    invited: Option<Box<Session>>,
    config: ActiveConfig,
    endpoint: Endpoint,
    random: Random,
}

impl Active {
    /// Its states, as diagrams show them.
    pub const DIAGRAMS: &'static [&'static Diagram] = &[ActiveState::DIAGRAM];

    /// A phone that is logged off.
    #[must_use]
    pub fn new(config: ActiveConfig) -> Self {
        let mut random = Random::new(config.seed);
        let local = SocketAddr::new(config.address, config.sip_port);
        let endpoint = Endpoint::new(EndpointConfig {
            user: config.extension.clone(),
            user_agent: "Recscope phone".into(),
            seed: random.next_u64(),
            ..EndpointConfig::new(local)
        });
        Self {
            config,
            state: ActiveState::LoggedOff,
            endpoint,
            outbox: Outbox::default(),
            random,
            forwarding: None,
            invited: None,
            in_call: false,
        }
    }

    /// How it is set up.
    #[must_use]
    pub const fn config(&self) -> &ActiveConfig {
        &self.config
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> ActiveState {
        self.state
    }

    /// Whether it copies the sound that it is given.
    #[must_use]
    pub const fn is_copying(&self) -> bool {
        self.in_call && self.forwarding.is_some()
    }

    /// Whether a message on a shared socket is about one of its sessions.
    #[must_use]
    pub fn owns(&self, message: &Message<'_>) -> bool {
        self.endpoint.owns(message)
    }

    /// Name and state of its machines.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        core::iter::once((ActiveState::DIAGRAM.machine, self.state.name()))
    }

    /// Timers that run, with the time each has left.
    pub fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.endpoint.timers()
    }

    /// Takes note of the time, so that phones which will behave alike compare equal; see
    /// [`Endpoint::advance`].
    pub fn advance(&mut self, now: Instant) {
        self.endpoint.advance(now);
    }

    /// Takes sound as [`Input::Audio`] does, and leaves the copies in an outbox of the caller's.
    pub fn hear(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        if let Some(session) = self.forwarding.as_mut().filter(|_| self.in_call) {
            session.copies.feed(now, side, samples, outbox);
        }
    }

    fn on_command(&mut self, now: Instant, command: ActiveCommand) {
        match command {
            ActiveCommand::LogOn => match self.state {
                ActiveState::LoggedOff | ActiveState::Leaving => {
                    self.enter(ActiveState::Ready, "registration");
                }
                _ => {}
            },
            ActiveCommand::LogOff => self.leave(now),
            ActiveCommand::CallStarted => self.in_call = true,
            ActiveCommand::CallEnded => self.in_call = false,
            ActiveCommand::PowerOff => {
                self.endpoint.reset();
                self.forwarding = None;
                self.invited = None;
                self.in_call = false;
                self.enter(ActiveState::LoggedOff, "power off");
            }
        }
    }

    /// Un-registration: BYE for the session, but not before its ACK or the end of the wait for it
    /// (MX-S5, RFC 3261 15). A session that is being replaced gets none (MX-S10).
    fn leave(&mut self, now: Instant) {
        if matches!(self.state, ActiveState::LoggedOff | ActiveState::Leaving) {
            return;
        }
        let replaced = if self.invited.is_some() { self.forwarding.take() } else { None };
        if let Some(session) = replaced {
            self.endpoint.forget(session.dialog);
        }
        if let Some(session) = self.invited.take().or_else(|| self.forwarding.take()) {
            self.endpoint.bye(now, session.dialog, rule::MX_S5, &mut self.outbox);
        }
        // A session of an earlier registration may wait for its ACK as well.
        let owes_bye = self.endpoint.owes_bye();
        let to = if owes_bye { ActiveState::Leaving } else { ActiveState::LoggedOff };
        self.enter(to, "un-registration");
    }

    fn on_datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, payload: &[u8]) {
        if !looks_like_sip(payload) {
            // What comes back to the ports of the copies: RTCP, or nothing of ours.
            return;
        }
        let parsed = Message::parse(payload).ok();
        let message = parsed.as_ref().map(|parsed| &parsed.message);
        if let Some(request) = message.filter(|message| message.is_request()) {
            if let Some((reason, rule)) = self.reason_to_ignore(request, remote) {
                return self.outbox.ignored(reason, rule);
            }
            if !self.is_allowed(remote.ip())
                && let Some(status) = self.config.policy.status()
            {
                let (endpoint, outbox) = (&self.endpoint, &mut self.outbox);
                return endpoint.turn_away(request, remote, status, rule::MX_S4, outbox);
            }
        }
        self.endpoint.handle_datagram(now, local, remote, payload, &mut self.outbox);
        self.take_events(now);
    }

    /// Why a request is not even looked at by the transactions.
    fn reason_to_ignore(
        &self,
        request: &Message<'_>,
        remote: SocketAddr,
    ) -> Option<(&'static str, &'static Rule)> {
        let method = request.method();
        if !self.is_allowed(remote.ip())
            && (self.config.policy == SourcePolicy::Drop || method == Some(Method::Ack))
        {
            return Some(("the source address is not allowed", rule::MX_S4));
        }
        let is_off = matches!(self.state, ActiveState::LoggedOff | ActiveState::Leaving);
        if is_off && method == Some(Method::Invite) && !self.endpoint.owns(request) {
            return Some(("the phone is logged off", rule::MX_S6));
        }
        if method == Some(Method::Ack) && self.is_ack_of_other_session(request) {
            return Some(("the session id of the ACK is not that of the INVITE", rule::MX_S9));
        }
        None
    }

    fn is_allowed(&self, source: IpAddr) -> bool {
        self.config.allowed.contains(&source)
    }

    /// Whether an ACK for the session that waits for one names another session.
    fn is_ack_of_other_session(&self, ack: &Message<'_>) -> bool {
        let Some(session) = &self.invited else { return false };
        let is_awaited =
            self.endpoint.dialog(session.dialog).is_some_and(|dialog| dialog.matches(ack));
        let named = self.config.naming.id_in(ack);
        is_awaited && named.is_some() && named != session.id
    }

    fn take_events(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                EndpointEvent::Request { transaction, dialog, received } => {
                    self.on_request(now, transaction, dialog, &received);
                }
                EndpointEvent::Repeated { transaction } => self.on_repeated(transaction),
                EndpointEvent::Refused { status: 482, received, .. } => {
                    let method =
                        received.message().and_then(|m| m.method().map(|m| m == Method::Invite));
                    if method == Some(true) {
                        self.outbox.note(
                            "The same INVITE came by another branch: a merged request, answered \
                             482; the first one counts.",
                            rule::MX_S9,
                        );
                    }
                }
                EndpointEvent::Ack { dialog, .. } => self.on_ack(dialog),
                EndpointEvent::NotAcknowledged { dialog } => self.end(dialog, "no ACK"),
                EndpointEvent::Refused { .. }
                | EndpointEvent::Cancelled { .. }
                | EndpointEvent::Response { .. }
                | EndpointEvent::TimedOut { .. } => {}
            }
        }
    }

    fn on_repeated(&mut self, transaction: ServerKey) {
        let sessions = [&self.invited, &self.forwarding];
        if sessions.into_iter().flatten().any(|session| session.invite == transaction) {
            self.outbox.note(
                "The same INVITE came by the same branch: a retransmission, absorbed by the \
                 transaction.",
                rule::MX_S9,
            );
        }
    }

    fn on_ack(&mut self, dialog: DialogKey) {
        if self.invited.as_ref().is_some_and(|session| session.dialog == dialog) {
            if let Some(replaced) = self.forwarding.take() {
                self.endpoint.forget(replaced.dialog);
                self.outbox.note(
                    "The new session takes over; no BYE is sent for the one before.",
                    rule::MX_S10,
                );
            }
            self.forwarding = self.invited.take();
            self.enter(ActiveState::Forwarding, "ACK");
        }
        match &mut self.forwarding {
            Some(session) if session.dialog == dialog => {
                if let Some(next) = session.next.take() {
                    session.copies.redirect(&next);
                }
            }
            _ => self.have_left("ACK"),
        }
    }

    /// A dialog is over, by the recorder's BYE or for want of an ACK.
    fn end(&mut self, dialog: DialogKey, cause: &'static str) {
        let is = |session: &Option<Box<Session>>| {
            session.as_ref().is_some_and(|session| session.dialog == dialog)
        };
        if is(&self.invited) {
            self.invited = None;
            // What it was to replace is given up as well: the recorder left it.
            if let Some(replaced) = self.forwarding.take() {
                self.endpoint.forget(replaced.dialog);
            }
            self.enter(ActiveState::Ready, cause);
        } else if is(&self.forwarding) {
            self.forwarding = None;
            let to = if self.invited.is_some() { ActiveState::Invited } else { ActiveState::Ready };
            self.enter(to, cause);
        } else {
            self.have_left(cause);
        }
    }

    /// Where the phone is leaving, it is gone once no BYE is owed any more.
    fn have_left(&mut self, cause: &'static str) {
        if self.state == ActiveState::Leaving && !self.endpoint.owes_bye() {
            self.enter(ActiveState::LoggedOff, cause);
        }
    }

    fn end_of(&self, session_id: u32, version: u32) -> End {
        End {
            address: self.config.address,
            ports: [self.config.rtp_port, self.config.rtp_port.saturating_add(2)],
            codecs: alloc::vec![self.config.codec],
            session_id,
            version,
        }
    }

    fn enter(&mut self, to: ActiveState, cause: &'static str) {
        let event = self.state.enter(to, cause);
        self.outbox.event(event);
    }
}

impl Machine for Active {
    type Command = ActiveCommand;
    type Misuse = core::convert::Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: Input<'_, ActiveCommand>,
    ) -> Result<(), Self::Misuse> {
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::Datagram { local, remote, payload } => {
                self.on_datagram(now, local, remote, payload);
            }
            Input::Audio { side, samples } => {
                if self.in_call
                    && let Some(session) = &mut self.forwarding
                {
                    session.copies.feed(now, side, samples, &mut self.outbox);
                }
            }
            Input::Timeout => {
                self.endpoint.handle_timeout(now, &mut self.outbox);
                self.take_events(now);
            }
            Input::Tcp { .. } | Input::Ras { .. } | Input::Storage(_) => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.endpoint.next_timeout()
    }
}
