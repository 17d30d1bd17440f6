//! What the phone answers the recorder.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::copies::Copies;
use super::{Active, ActiveState, Session};
use crate::rule::{self, Rule, rfc};
use crate::sdp::forwarding::{Copy, Source, answer};
use crate::sip::endpoint::{DialogKey, Received, ServerKey};
use crate::sip::{Message, Method, SessionNaming};
use crate::time::Instant;

const SDP: &str = "application/sdp";

impl Active {
    pub(super) fn on_request(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        dialog: Option<DialogKey>,
        received: &Received,
    ) {
        let Some(request) = received.message() else { return };
        match (request.method(), dialog) {
            (Some(Method::Invite), None) => self.on_invite(now, transaction, &request),
            (Some(Method::Invite), Some(dialog)) => {
                self.on_refresh(now, transaction, dialog, &request, rule::MX_S10);
            }
            (Some(Method::Update), Some(dialog)) => {
                self.on_refresh(now, transaction, dialog, &request, rule::MX_S3);
            }
            (Some(Method::Bye), Some(dialog)) => {
                let ok = self.endpoint.response(transaction, 200);
                self.endpoint.respond(now, transaction, ok, rule::MX_S1, &mut self.outbox);
                self.end(dialog, "BYE");
            }
            _ => self.refuse(now, transaction, 481, rfc::IN_DIALOG),
        }
    }

    fn refuse(&mut self, now: Instant, transaction: ServerKey, status: u16, rule: &'static Rule) {
        let response = self.endpoint.response(transaction, status);
        self.endpoint.respond(now, transaction, response, rule, &mut self.outbox);
    }

    /// A session is asked for.
    fn on_invite(&mut self, now: Instant, transaction: ServerKey, invite: &Message<'_>) {
        let id = self.config.naming.id_in(invite);
        let Some(call_id) = invite.call_id() else { return };
        let open = [&self.invited, &self.forwarding].into_iter().flatten();
        let first = open.into_iter().find(|first| id.is_some() && first.id == id);
        if let Some(same_call) = first.map(|first| first.call_id == call_id) {
            let text = if same_call {
                "An INVITE with the same session id came with a new CSeq: answered 482; the \
                 first one counts."
            } else {
                "An INVITE with the same session id came with a new Call-ID: answered 482; the \
                 first one counts."
            };
            self.outbox.note(text, rule::MX_S9);
            return self.refuse(now, transaction, 482, rule::MX_S9);
        }
        let copies = Copies::new(self.config.codec, self.config.packet_time, &mut self.random);
        let session_id = self.random.next_u32();
        let Some((text, to)) = self.describe(invite, &copies, session_id, 1) else {
            return self.refuse(now, transaction, 488, rfc::OFFER);
        };
        let Some(dialog) = self.accept(now, transaction, &text, invite, rule::MX_S1) else {
            return;
        };
        let session = Box::new(Session {
            id,
            call_id: call_id.to_owned(),
            invite: transaction,
            dialog,
            copies,
            next: Some(to),
            answer: text,
            version: 1,
            session_id,
        });
        if let Some(replaced) = self.invited.replace(session) {
            self.endpoint.forget(replaced.dialog);
            self.outbox.note(
                "A new session takes the place of one that was never acknowledged; no BYE is \
                 sent for that.",
                rule::MX_S10,
            );
        }
        self.give_up_refresh();
        match self.state {
            ActiveState::Ready => self.enter(ActiveState::Invited, "INVITE"),
            ActiveState::Forwarding if self.forwarding.is_none() => {
                self.enter(ActiveState::Invited, "INVITE");
            }
            ActiveState::Forwarding => self.enter(ActiveState::Replacing, "INVITE"),
            _ => {}
        }
    }

    /// The session that is being replaced waits for no ACK of a re-INVITE any more: the end of
    /// that wait would be a BYE (MX-S10).
    fn give_up_refresh(&mut self) {
        let waits = |session: &Session| self.endpoint.awaits_ack(session.dialog);
        if self.forwarding.as_deref().is_some_and(waits)
            && let Some(replaced) = self.forwarding.take()
        {
            self.endpoint.forget(replaced.dialog);
        }
    }

    /// A re-INVITE or UPDATE: the recorder asks whether the phone is there, and may change where
    /// the copies go.
    fn on_refresh(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        dialog: DialogKey,
        request: &Message<'_>,
        rule: &'static Rule,
    ) {
        let is_invite = request.method() == Some(Method::Invite);
        let is_replaced = self.state == ActiveState::Replacing
            && self.forwarding.as_ref().is_some_and(|session| session.dialog == dialog);
        if is_invite && is_replaced {
            // It was under way when the recorder gave the session up.
            return self.refuse(now, transaction, 481, rule::MX_S10);
        }
        let mut sessions = [self.forwarding.take(), self.invited.take()];
        let found = sessions.iter_mut().flatten().find(|session| session.dialog == dialog);
        match found {
            Some(session) if request.body.is_empty() => {
                // A refresh without an offer: the answer to an INVITE then is an offer.
                let text = if is_invite { session.answer.clone() } else { Vec::new() };
                self.accept(now, transaction, &text, request, rule);
            }
            Some(session) => {
                let version = session.version.saturating_add(1);
                match self.describe(request, &session.copies, session.session_id, version) {
                    Some((text, to)) => {
                        self.accept(now, transaction, &text, request, rule);
                        session.version = version;
                        session.answer = text;
                        if is_invite {
                            session.next = Some(to);
                        } else {
                            session.copies.redirect(&to);
                        }
                    }
                    None => self.refuse(now, transaction, 488, rfc::OFFER),
                }
            }
            None => self.refuse(now, transaction, 481, rfc::IN_DIALOG),
        }
        [self.forwarding, self.invited] = sessions;
    }

    /// The phone's answer to a description, and what it will send.
    fn describe(
        &self,
        request: &Message<'_>,
        copies: &Copies,
        session_id: u32,
        version: u32,
    ) -> Option<(Vec<u8>, Vec<Copy>)> {
        let source = Source { layout: self.config.layout, ssrcs: copies.ssrcs() };
        answer(request.body, &self.end_of(session_id, version), &source)
    }

    fn accept(
        &mut self,
        now: Instant,
        transaction: ServerKey,
        text: &[u8],
        request: &Message<'_>,
        rule: &'static Rule,
    ) -> Option<DialogKey> {
        let mut ok = self.endpoint.response(transaction, 200);
        if self.config.naming == SessionNaming::Header
            && let Some(value) = request.header("Session-ID")
        {
            ok = ok.header("Session-ID", value);
        }
        if !text.is_empty() {
            ok = ok.body(SDP, text);
        }
        self.endpoint.respond(now, transaction, ok, rule, &mut self.outbox)
    }
}
