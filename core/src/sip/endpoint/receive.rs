//! What an endpoint does with what arrives.

use super::Endpoint;
use super::event::{ClientKey, DialogKey, EndpointEvent, Received, ServerKey};
use super::send::name_of;
use super::table::{DialogEntry, Identity, Invited, Origin, ServerEntry};
use super::via::stamp;
use crate::Instant;
use crate::machine::Outbox;
use crate::rule::{Rule, rfc};
use crate::sip::build::MessageBuilder;
use crate::sip::dialog::Dialog;
use crate::sip::header::{Require, TypedHeader};
use crate::sip::transaction::{ClientStep, Server, ServerStep, Transport};
use crate::sip::{Message, Method, StartLine};
use crate::spelling::{digits, text};
use alloc::string::{String, ToString};
use core::net::SocketAddr;

/// A refusal that needs nothing of the machine.
struct Refusal {
    status: u16,
    rule: &'static Rule,
    /// A header that the status asks for.
    header: Option<(&'static str, String)>,
}

impl Refusal {
    const fn new(status: u16, rule: &'static Rule) -> Self {
        Self { status, rule, header: None }
    }
}

/// The steps stay functions of their own: made into one, they would take 8 KB of a phone's stack.
impl Endpoint {
    pub(super) fn receive(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        payload: &[u8],
        outbox: &mut Outbox,
    ) {
        if payload.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            // It keeps a way through address translation open (RFC 5626 3.5.1).
            return;
        }
        let Ok(parsed) = Message::parse(payload) else {
            return ignore(outbox, "what arrived is no SIP message", rfc::BAD_REQUEST);
        };
        let mut message = parsed.message;
        if message.is_request() {
            let Some(reply_to) = stamp(&mut message, remote) else {
                return ignore(
                    outbox,
                    "a request without a Via cannot be answered",
                    rfc::BAD_REQUEST,
                );
            };
            let received = Received { local, remote, bytes: message.to_bytes() };
            self.receive_request(now, &message, reply_to, received, outbox);
        } else {
            let received = Received { local, remote, bytes: payload.to_vec() };
            self.receive_response(now, &message, received, outbox);
        }
    }

    /// Refuses a request as if there were nothing here that it could belong to: it finds no dialog
    /// and uses up no CSeq. An ACK is not answered.
    ///
    /// For requests of those whom a machine does not talk to at all (MX-S4): all that a dialog is
    /// known by can be forged, but not so easily the address that it comes from.
    pub fn turn_away(
        &self,
        request: &Message<'_>,
        remote: SocketAddr,
        status: u16,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) {
        let mut request = request.clone();
        if request.method() == Some(Method::Ack) {
            return;
        }
        let Some(reply_to) = stamp(&mut request, remote) else { return };
        let response = self.stateless_response(&request, status);
        outbox.datagram(self.config.local, reply_to, &response.build(), rule);
    }

    #[inline(never)]
    fn receive_request(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        reply_to: SocketAddr,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let method = request.method().unwrap_or(Method::Options);
        match (method, self.find_server(request)) {
            (Method::Ack, found) => self.receive_ack(now, request, found, received, outbox),
            (Method::Cancel, found) => {
                self.receive_cancel(now, request, found, reply_to, received, outbox);
            }
            (_, Some(key)) => self.repeat(now, key, outbox),
            (_, None) => match self.judge(request, method) {
                Ok(dialog) => self.start_server(now, request, reply_to, dialog, received),
                Err(refusal) => self.refuse(request, reply_to, refusal, received, outbox),
            },
        }
    }

    /// What RFC 3261 8.2 and 12.2.2 look at, in their order: the dialog that a request belongs to,
    /// or why it is refused.
    #[inline(never)]
    fn judge(
        &mut self,
        request: &Message<'_>,
        method: Method<'_>,
    ) -> Result<Option<DialogKey>, Refusal> {
        if let StartLine::Request { version, .. } = &request.start_line
            && !version.eq_ignore_ascii_case("SIP/2.0")
        {
            return Err(Refusal::new(505, rfc::VERSION));
        }
        let (Some(_), Some(to), Some(_), Some(cseq)) =
            (request.from(), request.to(), request.call_id(), request.cseq())
        else {
            return Err(Refusal::new(400, rfc::BAD_REQUEST));
        };
        if cseq.method != method {
            return Err(Refusal::new(400, rfc::BAD_REQUEST));
        }
        if !self.config.methods.contains(&method_name(method)) {
            let header = Some(("Allow", self.allow()));
            return Err(Refusal { status: 405, rule: rfc::METHOD, header });
        }
        if let Some(extension) = self.unsupported_extension(request) {
            let header = Some(("Unsupported", extension));
            return Err(Refusal { status: 420, rule: rfc::REQUIRE, header });
        }
        let origin = Origin::of(request);
        if origin.is_some() && self.servers.find(|entry| entry.origin == origin).is_some() {
            return Err(Refusal::new(482, rfc::MERGED));
        }
        if self.servers.len() >= self.config.max_transactions {
            let header = Some(("Retry-After", "32".into()));
            return Err(Refusal { status: 503, rule: rfc::OVERLOAD, header });
        }
        if to.tag().is_none() {
            return Ok(None);
        }
        let Some(key) = self.find_dialog(request) else {
            return Err(Refusal::new(481, rfc::IN_DIALOG));
        };
        self.judge_in_dialog(key, request, method, cseq.number).map(|()| Some(key))
    }

    #[inline(never)]
    fn judge_in_dialog(
        &mut self,
        key: DialogKey,
        request: &Message<'_>,
        method: Method<'_>,
        cseq: u32,
    ) -> Result<(), Refusal> {
        let Some(entry) = self.dialogs.entry_mut(key) else {
            return Err(Refusal::new(481, rfc::IN_DIALOG));
        };
        if entry.is_ending {
            // Two BYEs that cross are both right; anything else comes too late.
            let status = if method == Method::Bye { 200 } else { 481 };
            return Err(Refusal::new(status, rfc::IN_DIALOG));
        }
        if !entry.dialog.count(cseq) {
            return Err(Refusal::new(500, rfc::IN_DIALOG));
        }
        let (makes_offer, rule) = match method {
            Method::Invite => (true, rfc::GLARE),
            _ => (method == Method::Update && !request.body.is_empty(), rfc::OFFER_PENDING),
        };
        let is_open = |is_invite: bool, is_waiting: bool, dialog| {
            is_invite && is_waiting && dialog == Some(key)
        };
        if makes_offer
            && self
                .clients
                .find(|entry| {
                    is_open(entry.is(Method::Invite), entry.machine.is_waiting(), entry.dialog)
                })
                .is_some()
        {
            return Err(Refusal::new(491, rule));
        }
        if makes_offer
            && self
                .servers
                .find(|entry| {
                    is_open(entry.is(Method::Invite), entry.machine.is_waiting(), entry.dialog)
                })
                .is_some()
        {
            let seconds = u32::from(self.random.next_u16() % 11);
            let header = Some(("Retry-After", text(digits(seconds))));
            return Err(Refusal { status: 500, rule, header });
        }
        Ok(())
    }

    /// Extensions that a request requires and this side lacks.
    fn unsupported_extension(&self, request: &Message<'_>) -> Option<String> {
        let mut missing = String::new();
        for name in request.texts(Require::NAME) {
            if !self.config.extensions.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                if !missing.is_empty() {
                    missing.push_str(", ");
                }
                missing.push_str(name);
            }
        }
        (!missing.is_empty()).then_some(missing)
    }

    #[inline(never)]
    fn start_server(
        &mut self,
        now: Instant,
        request: &Message<'_>,
        reply_to: SocketAddr,
        dialog: Option<DialogKey>,
        received: Received,
    ) {
        let Some(via) = request.via() else { return };
        let method = request.method().unwrap_or(Method::Options);
        let tag = self.draw_name();
        let key = ServerKey(self.draw_key());
        let timing = self.config.timing;
        let machine = Server::start(now, Self::kind_of(method), Transport::Unreliable, timing);
        let entry = ServerEntry {
            machine,
            identity: Identity::of(request, &via),
            method: method.as_str().to_string(),
            request: received.bytes.clone(),
            remote: reply_to,
            tag,
            dialog,
            origin: Origin::of(request),
            last: None,
        };
        self.servers.insert(key, entry);
        self.events.push_back(EndpointEvent::Request { transaction: key, dialog, received });
    }

    /// A request that came again.
    fn repeat(&mut self, now: Instant, key: ServerKey, outbox: &mut Outbox) {
        let Some(entry) = self.servers.entry_mut(key) else { return };
        if entry.machine.on_request(now) == ServerStep::Repeat
            && let Some(last) = &entry.last
        {
            outbox.datagram(self.config.local, last.remote, &last.bytes, last.rule);
        }
        self.events.push_back(EndpointEvent::Repeated { transaction: key });
    }

    #[inline(never)]
    fn receive_ack(
        &mut self,
        now: Instant,
        ack: &Message<'_>,
        transaction: Option<ServerKey>,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let of_refusal = transaction.and_then(|key| self.servers.entry_mut(key));
        if let Some(entry) = of_refusal
            && entry.machine.on_ack(now) == ServerStep::Absorb
        {
            return;
        }
        let Some(key) = self.find_dialog(ack) else {
            if ack.to().and_then(|to| to.tag()) == Some(&self.stateless_tag()) {
                return;
            }
            return ignore(outbox, "an ACK that belongs to no dialog", rfc::ACCEPT);
        };
        let Some(entry) = self.dialogs.entry_mut(key) else { return };
        let number = ack.cseq().map(|cseq| cseq.number);
        let is_awaited =
            entry.accepted.as_ref().is_some_and(|accepted| Some(accepted.cseq) == number);
        if !is_awaited {
            return ignore(outbox, "an ACK that nothing waits for", rfc::ACCEPT);
        }
        entry.accepted = None;
        let bye = entry.bye;
        self.events.push_back(EndpointEvent::Ack { dialog: key, received });
        if let Some(rule) = bye {
            self.send_bye(now, key, rule, outbox);
        }
    }

    #[inline(never)]
    fn receive_cancel(
        &mut self,
        now: Instant,
        cancel: &Message<'_>,
        transaction: Option<ServerKey>,
        reply_to: SocketAddr,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let Some(key) = transaction else {
            let refusal = Refusal::new(481, rfc::CANCELLED);
            return self.refuse(cancel, reply_to, refusal, received, outbox);
        };
        let Some(entry) = self.servers.entry(key) else { return };
        let is_waiting = entry.machine.is_waiting();
        let mut ok = MessageBuilder::response_to(cancel, 200);
        ok.add_to_tag(&entry.tag);
        outbox.datagram(self.config.local, reply_to, &ok.build(), rfc::CANCELLED);
        if is_waiting {
            let terminated = self.response(key, 487);
            self.respond(now, key, terminated, rfc::CANCELLED, outbox);
            self.events.push_back(EndpointEvent::Cancelled { transaction: key });
        }
    }

    /// Answers without keeping anything: if the request comes again, so does the answer.
    fn refuse(
        &mut self,
        request: &Message<'_>,
        reply_to: SocketAddr,
        refusal: Refusal,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let Refusal { status, rule, header } = refusal;
        let mut response = self.stateless_response(request, status);
        if let Some((name, value)) = header {
            response.add(name, &[&value]);
        }
        outbox.datagram(self.config.local, reply_to, &response.build(), rule);
        self.events.push_back(EndpointEvent::Refused { status, rule, received });
    }

    fn stateless_tag(&self) -> String {
        name_of(self.stateless_tag)
    }

    fn stateless_response(&self, request: &Message<'_>, status: u16) -> MessageBuilder {
        let mut response = MessageBuilder::response_to(request, status);
        response.add_to_tag(&self.stateless_tag());
        response
    }

    #[inline(never)]
    fn receive_response(
        &mut self,
        now: Instant,
        response: &Message<'_>,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let status = response.status().unwrap_or_default();
        let local = self.config.local;
        if !(100..=699).contains(&status) {
            return ignore(outbox, "an answer without a status of SIP", rfc::RESPONSES);
        }
        let Some((key, entry)) =
            self.find_client(response).and_then(|key| Some((key, self.clients.entry_mut(key)?)))
        else {
            return ignore(outbox, "an answer that belongs to no request", rfc::RESPONSES);
        };
        let step = entry.machine.on_response(now, status);
        if matches!(step, ClientStep::AcknowledgeAndDeliver) {
            entry.ack = Message::parse(&entry.request.bytes)
                .ok()
                .and_then(|invite| MessageBuilder::ack_to_failure(&invite.message, response))
                .map(MessageBuilder::build);
        }
        if matches!(step, ClientStep::AcknowledgeAndDeliver | ClientStep::Acknowledge)
            && let Some(ack) = &entry.ack
        {
            outbox.datagram(local, entry.request.remote, ack, rfc::ACK_FAILURE);
        }
        if matches!(step, ClientStep::Acknowledge | ClientStep::Absorb) || entry.is(Method::Cancel)
        {
            return;
        }
        let (is_invite, is_bye) = (entry.is(Method::Invite), entry.is(Method::Bye));
        let is_update = entry.is(Method::Update);
        let (dialog, cancel) = (entry.dialog, entry.cancel);
        if let (100..=199, Some(rule)) = (status, cancel) {
            self.cancel(now, key, rule, outbox);
        }
        if is_invite && (200..=299).contains(&status) {
            return self.receive_acceptance(now, key, response, received, outbox);
        }
        if is_update
            && (200..=299).contains(&status)
            && let Some(entry) = dialog.and_then(|dialog| self.dialogs.entry_mut(dialog))
        {
            entry.dialog.refresh(response, received.remote);
        }
        self.events.push_back(EndpointEvent::Response {
            transaction: key,
            dialog,
            status,
            received,
        });
        if is_bye
            && status >= 200
            && let Some(dialog) = dialog
        {
            self.close(dialog);
        }
    }

    /// A 2xx to an INVITE: new, repeated, or of another branch of a fork.
    #[inline(never)]
    fn receive_acceptance(
        &mut self,
        now: Instant,
        key: ClientKey,
        response: &Message<'_>,
        received: Received,
        outbox: &mut Outbox,
    ) {
        let new_key = DialogKey(self.draw_key());
        let Some(client) = self.clients.entry_mut(key) else { return };
        let cseq = client.cseq;
        let known = self.dialogs.find(|entry| entry.dialog.is_with(response));
        if let Some(entry) = known.and_then(|known| self.dialogs.entry_mut(known)) {
            if let Some(invited) = &entry.invited
                && invited.cseq == cseq
            {
                if let Some(ack) = &invited.ack {
                    outbox.datagram(self.config.local, ack.remote, &ack.bytes, ack.rule);
                }
                return;
            }
            entry.dialog.refresh(response, received.remote);
            entry.invited = Some(Invited { cseq, ack: None });
            self.events.push_back(EndpointEvent::Response {
                transaction: key,
                dialog: known,
                status: response.status().unwrap_or_default(),
                received,
            });
            return;
        }
        let invite = Message::parse(&client.request.bytes).ok().map(|parsed| parsed.message);
        let is_in_dialog = |invite: &Message<'_>| invite.to().is_some_and(|to| to.tag().is_some());
        let tag = response.to().and_then(|to| to.tag()).unwrap_or_default();
        if client.accepted_by.as_deref() == Some(tag) || invite.as_ref().is_some_and(is_in_dialog) {
            // It comes late: the dialog ended meanwhile.
            return;
        }
        let Some(dialog) =
            invite.and_then(|invite| Dialog::established(&invite, response, received.remote))
        else {
            return ignore(outbox, "a 2xx that makes no dialog", rfc::ACK_SUCCESS);
        };
        if client.dialog.is_some() && self.dialogs.len() >= self.config.max_transactions {
            return ignore(outbox, "a 2xx of yet another end of a forked call", rfc::OVERLOAD);
        }
        let mut entry = DialogEntry::new(dialog);
        entry.invited = Some(Invited { cseq, ack: None });
        self.dialogs.insert(new_key, entry);
        if client.dialog.is_some() {
            // The call is with somebody else already: thank this one, and end it (13.2.2.4).
            self.send_bye(now, new_key, rfc::ACK_SUCCESS, outbox);
            return;
        }
        client.dialog = Some(new_key);
        client.accepted_by = Some(tag.to_string());
        self.events.push_back(EndpointEvent::Response {
            transaction: key,
            dialog: Some(new_key),
            status: response.status().unwrap_or_default(),
            received,
        });
    }

    /// The request of this side that a response answers (RFC 3261 17.1.3, 18.1.2).
    pub(super) fn find_client(&self, response: &Message<'_>) -> Option<ClientKey> {
        let via = response.via()?;
        let (branch, method) = (via.branch()?, response.cseq()?.method);
        let local = self.config.local;
        if via.host.address() != Some(local.ip()) || via.port.unwrap_or(5060) != local.port() {
            return None;
        }
        self.clients.find(|entry| entry.branch == branch && entry.is(method))
    }

    /// The transaction that a request repeats; for ACK and CANCEL that of their INVITE.
    pub(super) fn find_server(&self, request: &Message<'_>) -> Option<ServerKey> {
        let identity = Identity::of(request, &request.via()?);
        let method = match request.method()? {
            Method::Ack | Method::Cancel => Method::Invite,
            other => other,
        };
        self.servers.find(|entry| entry.identity == identity && entry.is(method))
    }

    /// The dialog that a request of the other side belongs to.
    pub(super) fn find_dialog(&self, request: &Message<'_>) -> Option<DialogKey> {
        request.to()?.tag()?;
        self.dialogs.find(|entry| entry.dialog.matches(request))
    }
}

fn ignore(outbox: &mut Outbox, reason: &'static str, rule: &'static Rule) {
    outbox.ignored(reason, rule);
}

/// The method for as long as the program runs, where it has a name of ours.
const fn method_name(method: Method<'_>) -> Method<'static> {
    match method {
        Method::Invite => Method::Invite,
        Method::Ack => Method::Ack,
        Method::Options => Method::Options,
        Method::Bye => Method::Bye,
        Method::Cancel => Method::Cancel,
        Method::Register => Method::Register,
        Method::Prack => Method::Prack,
        Method::Subscribe => Method::Subscribe,
        Method::Notify => Method::Notify,
        Method::Publish => Method::Publish,
        Method::Info => Method::Info,
        Method::Refer => Method::Refer,
        Method::Message => Method::Message,
        Method::Update => Method::Update,
        Method::Other(_) => Method::Other(""),
    }
}
