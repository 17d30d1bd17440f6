//! What a machine sends through its endpoint.

use super::event::{ClientKey, DialogKey, ServerKey};
use super::table::{Accepted, ClientEntry, DialogEntry, Invited, Sent};
use super::{Endpoint, EndpointConfig};
use crate::Instant;
use crate::machine::Outbox;
use crate::rule::{Rule, rfc};
use crate::sip::build::MessageBuilder;
use crate::sip::dialog::Dialog;
use crate::sip::header::BRANCH_COOKIE;
use crate::sip::transaction::{Client, Transport};
use crate::sip::{Message, Method};
use crate::spelling::{push_hex, push_socket, text};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::net::SocketAddr;

/// What became of the wish to end a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bye {
    /// BYE was sent; its answer or time-out will be told.
    Sent(ClientKey),
    /// BYE follows as soon as the ACK to this side's 2xx is there, or the wait for it over
    /// (RFC 3261 15).
    Deferred,
    /// There is no such dialog, or its BYE was sent before.
    Nothing,
}

impl Endpoint {
    /// A new request outside any dialog, without its Via. `from` and `to` are addresses in angle
    /// brackets; From gets a tag, Call-ID is new and CSeq 1. Use [`MessageBuilder::set`] for what
    /// is to be otherwise, such as the Call-ID of a registration that is renewed.
    #[must_use]
    pub fn request(
        &mut self,
        method: Method<'_>,
        uri: impl Display,
        from: impl Display,
        to: impl Display,
    ) -> MessageBuilder {
        let tag = self.draw_name();
        let call_id = self.draw_name();
        MessageBuilder::request(method, uri)
            .header("From", format_args!("{from};tag={tag}"))
            .header("To", to)
            .header("Call-ID", format_args!("{call_id}@{}", self.config.local.ip()))
            .header("CSeq", format_args!("1 {method}"))
    }

    /// Sends a request outside any dialog, or one that was built by hand.
    pub fn send_request(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        request: MessageBuilder,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> ClientKey {
        let branch = self.draw_branch();
        self.start_client(now, remote, request, branch, None, rule, outbox)
    }

    /// The next request in a dialog, without its Via; an empty one if there is no such dialog.
    #[must_use]
    pub fn request_in(&mut self, dialog: DialogKey, method: Method<'_>) -> MessageBuilder {
        match self.dialogs.entry_mut(dialog) {
            Some(entry) => entry.dialog.request(method),
            None => MessageBuilder::request_to(method, "sip:invalid"),
        }
    }

    /// Sends a request in a dialog, to where the dialog leads. `None` if there is no such dialog
    /// any more. End dialogs by [`Endpoint::bye`].
    pub fn send_in(
        &mut self,
        now: Instant,
        dialog: DialogKey,
        request: MessageBuilder,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> Option<ClientKey> {
        let remote = self.dialogs.entry(dialog)?.dialog.next_hop();
        let branch = self.draw_branch();
        Some(self.start_client(now, remote, request, branch, Some(dialog), rule, outbox))
    }

    /// The ACK to the 2xx that a dialog's last INVITE of this side got, without its Via.
    #[must_use]
    pub fn ack(&self, dialog: DialogKey) -> MessageBuilder {
        let entry = self.dialogs.entry(dialog);
        match entry.and_then(|entry| Some((entry, entry.invited.as_ref()?))) {
            Some((entry, invited)) => entry.dialog.ack(invited.cseq),
            None => MessageBuilder::request_to(Method::Ack, "sip:invalid"),
        }
    }

    /// Acknowledges the 2xx. When it comes again, the same ACK is sent again.
    pub fn send_ack(
        &mut self,
        _now: Instant,
        dialog: DialogKey,
        ack: MessageBuilder,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) {
        let branch = self.draw_branch();
        let local = self.config.local;
        let bytes = self.dress(ack, &branch).build();
        let Some(entry) = self.dialogs.entry_mut(dialog) else { return };
        let remote = entry.dialog.next_hop();
        if let Some(invited) = &mut entry.invited {
            outbox.datagram(local, remote, &bytes, rule);
            invited.ack = Some(Sent { remote, bytes, rule });
        }
    }

    /// An answer to a request, with this side's tag; empty if the request is not there any more.
    #[must_use]
    pub fn response(&self, transaction: ServerKey, status: u16) -> MessageBuilder {
        let entry = self.servers.entry(transaction);
        let request =
            entry.and_then(|entry| Some((entry, Message::parse(&entry.request).ok()?.message)));
        match request {
            Some((entry, request)) => {
                let mut response = MessageBuilder::response_to(&request, status);
                if status > 100 {
                    response.add_to_tag(&entry.tag);
                }
                response
            }
            None => MessageBuilder::response(status),
        }
    }

    /// Sends an answer. Returns the dialog that a 2xx to an INVITE makes or belongs to; that 2xx
    /// is sent again until its ACK comes. The dialog of a BYE ends with its answer. A second final
    /// answer is not sent.
    pub fn respond(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        mut response: MessageBuilder,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> Option<DialogKey> {
        let contact = self.contact();
        let allow = self.allow();
        let entry = self.servers.entry_mut(transaction)?;
        let status = response.status()?;
        let is_target = entry.is(Method::Invite) || entry.is(Method::Update);
        if is_target && (101..=299).contains(&status) {
            response.ensure("Contact", &contact);
            response.ensure("Allow", &allow);
        }
        if !self.config.user_agent.is_empty() {
            response.ensure("Server", &self.config.user_agent);
        }
        let bytes = response.build();
        if !entry.machine.on_respond(now, status) {
            return None;
        }
        outbox.datagram(self.config.local, entry.remote, &bytes, rule);
        let sent = Sent { remote: entry.remote, bytes, rule };
        entry.last = Some(sent.clone());
        if status < 200 {
            return entry.dialog;
        }
        let dialog = entry.dialog;
        let (is_invite, is_bye) = (entry.is(Method::Invite), entry.is(Method::Bye));
        if is_bye && let Some(dialog) = dialog {
            self.forget(dialog);
        }
        if is_target && status < 300 {
            return self.accept(now, transaction, is_invite.then_some(sent));
        }
        dialog
    }

    /// Makes or renews the dialog of an accepted INVITE or UPDATE.
    fn accept(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        response: Option<Sent>,
    ) -> Option<DialogKey> {
        let key = DialogKey(self.draw_key());
        let entry = self.servers.entry_mut(transaction)?;
        let request = Message::parse(&entry.request).ok()?.message;
        let key = match entry.dialog {
            Some(existing) => {
                let remote = entry.remote;
                self.dialogs.entry_mut(existing)?.dialog.refresh(&request, remote);
                existing
            }
            None => {
                response.as_ref()?;
                let dialog = Dialog::accepted(&request, &entry.tag, entry.remote)?;
                self.dialogs.insert(key, DialogEntry::new(dialog));
                entry.dialog = Some(key);
                key
            }
        };
        if let Some(response) = response {
            let cseq = request.cseq()?.number;
            let timing = self.config.timing;
            self.dialogs.entry_mut(key)?.accepted =
                Some(Accepted::start(now, cseq, response, timing));
        }
        Some(key)
    }

    /// Leaves a request unanswered for good, and forgets it: its sender will find nobody there.
    pub fn ignore(&mut self, transaction: ServerKey) {
        self.servers.remove(transaction);
    }

    /// Ends a dialog by BYE, now or as soon as that is allowed. A 2xx that was not acknowledged
    /// yet is, first.
    pub fn bye(
        &mut self,
        now: Instant,
        dialog: DialogKey,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> Bye {
        let Some(entry) = self.dialogs.entry_mut(dialog) else { return Bye::Nothing };
        if entry.is_ending {
            return Bye::Nothing;
        }
        if entry.accepted.is_some() {
            entry.bye = Some(rule);
            return Bye::Deferred;
        }
        self.send_bye(now, dialog, rule, outbox)
    }

    pub(super) fn send_bye(
        &mut self,
        now: Instant,
        dialog: DialogKey,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> Bye {
        let Some(entry) = self.dialogs.entry_mut(dialog) else { return Bye::Nothing };
        entry.is_ending = true;
        entry.accepted = None;
        entry.bye = None;
        if matches!(entry.invited, Some(Invited { ack: None, .. })) {
            let ack = self.ack(dialog);
            self.send_ack(now, dialog, ack, rfc::ACK_SUCCESS, outbox);
        }
        let bye = self.request_in(dialog, Method::Bye);
        self.send_in(now, dialog, bye, rule, outbox).map_or(Bye::Nothing, Bye::Sent)
    }

    /// Gives up an INVITE that has no final answer: by CANCEL, once a provisional answer came. A
    /// 2xx may still cross it, and is then told as any other.
    pub fn cancel(
        &mut self,
        now: Instant,
        transaction: ClientKey,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) {
        let Some(entry) = self.clients.entry_mut(transaction) else { return };
        if !entry.is(Method::Invite) || !entry.machine.is_waiting() {
            return;
        }
        if !entry.machine.is_proceeding() {
            entry.cancel = Some(rule);
            return;
        }
        entry.cancel = None;
        entry.machine.on_cancel(now);
        let (remote, branch) = (entry.request.remote, entry.branch.clone());
        let invite = entry.request.bytes.clone();
        let cancel = Message::parse(&invite).ok();
        if let Some(cancel) = cancel.and_then(|invite| MessageBuilder::cancel(&invite.message)) {
            self.start_built(now, remote, cancel, branch, None, rule, outbox);
        }
    }

    /// The dialog's BYE is answered: what still waits for an answer in it waits in vain. Its INVITE
    /// stays, to know a 2xx that comes late.
    pub(super) fn close(&mut self, dialog: DialogKey) {
        self.dialogs.remove(dialog);
        let is_vain = |entry: &ClientEntry| {
            entry.dialog == Some(dialog) && entry.machine.is_waiting() && !entry.is(Method::Invite)
        };
        while let Some(key) = self.clients.find(is_vain) {
            self.clients.remove(key);
        }
    }

    /// Gives up a request other than INVITE: it is not sent again, and its answer is not told.
    pub fn abandon(&mut self, transaction: ClientKey) {
        if self.clients.entry(transaction).is_some_and(|entry| !entry.is(Method::Invite)) {
            self.clients.remove(transaction);
        }
    }

    /// Drops a dialog without a word to the other side: a session that was replaced (MX-S10).
    pub fn forget(&mut self, dialog: DialogKey) {
        if self.dialogs.remove(dialog).is_some() {
            while let Some(key) = self.clients.find(|entry| entry.dialog == Some(dialog)) {
                self.clients.remove(key);
            }
        }
    }

    /// Starts a transaction for a request that lacks its Via.
    #[allow(clippy::too_many_arguments, reason = "one place where all of a request comes together")]
    fn start_client(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        request: MessageBuilder,
        branch: String,
        dialog: Option<DialogKey>,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> ClientKey {
        let request = self.dress(request, &branch);
        self.start_built(now, remote, request, branch, dialog, rule, outbox)
    }

    #[allow(clippy::too_many_arguments, reason = "one place where all of a request comes together")]
    fn start_built(
        &mut self,
        now: Instant,
        remote: SocketAddr,
        request: MessageBuilder,
        branch: String,
        dialog: Option<DialogKey>,
        rule: &'static Rule,
        outbox: &mut Outbox,
    ) -> ClientKey {
        let bytes = request.build();
        let message = Message::parse(&bytes).ok().map(|parsed| parsed.message);
        let method = message.as_ref().and_then(Message::method).unwrap_or(Method::Options);
        let cseq = message.as_ref().and_then(Message::cseq).map_or(0, |cseq| cseq.number);
        let (kind, method) = (Self::kind_of(method), method.as_str().to_string());
        outbox.datagram(self.config.local, remote, &bytes, rule);
        let machine = Client::start(now, kind, Transport::Unreliable, self.config.timing);
        let key = ClientKey(self.draw_key());
        let request = Sent { remote, bytes, rule };
        let entry = ClientEntry {
            machine,
            branch,
            method,
            cseq,
            request,
            dialog,
            accepted_by: None,
            ack: None,
            cancel: None,
        };
        self.clients.insert(key, entry);
        key
    }

    /// Adds what every request of this side carries.
    fn dress(&self, mut request: MessageBuilder, branch: &str) -> MessageBuilder {
        let mut local = Vec::new();
        push_socket(&mut local, self.config.local);
        request.add_on_top("Via", &["SIP/2.0/UDP ", &text(local), ";rport;branch=", branch]);
        if request.makes_target() {
            request.ensure("Contact", &self.contact());
            request.ensure("Allow", &self.allow());
        }
        if !self.config.user_agent.is_empty() {
            request.ensure("User-Agent", &self.config.user_agent);
        }
        request
    }

    fn contact(&self) -> String {
        let EndpointConfig { local, user, .. } = &self.config;
        let mut contact = b"<sip:".to_vec();
        if !user.is_empty() {
            contact.extend_from_slice(user.as_bytes());
            contact.push(b'@');
        }
        push_socket(&mut contact, *local);
        contact.push(b'>');
        text(contact)
    }

    /// The methods that are allowed, for an Allow header.
    pub(super) fn allow(&self) -> String {
        let always = ["ACK", "CANCEL"].into_iter();
        let names =
            || always.clone().chain(self.config.methods.iter().map(|method| method.as_str()));
        let (mut list, mut last) = (String::new(), "");
        // In the order of the alphabet, each once; so few need no sorting.
        while let Some(next) = names().filter(|name| *name > last).min() {
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(next);
            last = next;
        }
        list
    }

    /// A name that does not come twice.
    pub(super) fn draw_name(&mut self) -> String {
        name_of(self.random.next_u64())
    }

    fn draw_branch(&mut self) -> String {
        let mut branch = BRANCH_COOKIE.to_string();
        branch.push_str(&self.draw_name());
        branch
    }
}

/// A tag, or a part of a branch or Call-ID: a number in 16 hexadecimal digits.
pub(super) fn name_of(number: u64) -> String {
    let mut name = Vec::new();
    push_hex(&mut name, number, 16);
    text(name)
}
