//! What the recorder says to a phone, and what it makes of the answers.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::session::{Session, SessionState, SessionTimer};
use super::{Logger, PORTS_PER_EXTENSION, RepeatShape};
use crate::rule::{self, Rule, rfc};
use crate::sdp;
use crate::sdp::forwarding::{End, expected, offer};
use crate::sip::endpoint::{Bye, ClientKey, DialogKey, Received};
use crate::sip::{Message, MessageBuilder, Method, SessionNaming};
use crate::time::Instant;

const SDP: &str = "application/sdp";

impl Logger {
    /// Asks the phone of an extension for its copies, in a session of its own.
    pub(super) fn invite(&mut self, now: Instant, index: usize, cause: &'static str) {
        let call_id = self.call_id();
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let Some(remote) = subscriber.remote() else { return };
        subscriber.generation ^= 1;
        subscriber.incoming.clear();
        let ports = ports(self.config.rtp_port, index, subscriber.generation);
        let local = SocketAddr::new(self.config.address, self.config.sip_port);
        let origin = self.random.next_u32();
        let end = End {
            address: self.config.address,
            ports,
            codecs: self.config.codecs.clone(),
            session_id: origin,
            version: 1,
        };
        let session = Session {
            remote,
            from: format!("<sip:recorder@{local}>;tag={:08x}", self.random.next_u32()),
            call_id,
            cseq: 1,
            session_id: format!("{:016x}{:016x}", self.random.next_u64(), self.random.next_u64()),
            origin,
            version: 1,
            offer: offer(self.config.layout, &end).to_string(),
            attempts: Vec::new(),
            repeats_left: self.config.repeats,
            dialog: None,
            pending: None,
            expected: Vec::new(),
        };
        subscriber.session = Some(session);
        self.clear_timers(index);
        self.enter(index, SessionState::Inviting, cause);
        self.send_invite(now, index, self.rule_of_invite());
    }

    const fn rule_of_invite(&self) -> &'static Rule {
        match self.config.mapping {
            super::Mapping::Static => rule::MX_S2,
            super::Mapping::Dynamic => rule::MX_S1,
        }
    }

    fn call_id(&mut self) -> String {
        format!("{:016x}@{}", self.random.next_u64(), self.config.address)
    }

    fn send_invite(&mut self, now: Instant, index: usize, rule: &'static Rule) {
        let naming = self.config.naming;
        let patience = self.config.invite_patience;
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let Some(session) = &mut subscriber.session else { return };
        let uri = format!("sip:{}@{}", subscriber.number, session.remote);
        let mut invite = MessageBuilder::request(Method::Invite, &uri)
            .header("From", &session.from)
            .header("To", format_args!("<{uri}>"))
            .header("Call-ID", &session.call_id)
            .header("CSeq", format_args!("{} INVITE", session.cseq));
        if naming == SessionNaming::Header {
            invite =
                invite.header("Session-ID", format_args!("{};remote={NIL}", session.session_id));
        }
        let invite = invite.body(SDP, session.offer.as_bytes());
        let remote = session.remote;
        let key = self.endpoint.send_request(now, remote, invite, rule, &mut self.outbox);
        session.attempts.push(key);
        if session.repeats_left > 0 {
            self.set_timer(now, index, SessionTimer::Patience, patience);
        }
    }

    /// No answer in time: another INVITE with the same session id (MX-S9).
    pub(super) fn repeat_invite(&mut self, now: Instant, index: usize) {
        let call_id = self.call_id();
        let shape = self.config.repeat_shape;
        let Some(session) = self.session_mut(index) else { return };
        session.repeats_left = session.repeats_left.saturating_sub(1);
        match shape {
            RepeatShape::SameBranch => return,
            RepeatShape::NewBranch => {}
            RepeatShape::NewCSeq => session.cseq = session.cseq.saturating_add(1),
            RepeatShape::NewCallId => session.call_id = call_id,
        }
        self.send_invite(now, index, rule::MX_S9);
    }

    /// An answer to one of the session's requests.
    pub(super) fn on_response(
        &mut self,
        now: Instant,
        transaction: ClientKey,
        dialog: Option<DialogKey>,
        status: u16,
        received: &Received,
    ) {
        let is_invite = received
            .message()
            .and_then(|message| message.cseq().map(|cseq| cseq.method == Method::Invite))
            .unwrap_or_default();
        let accepted = (200..=299).contains(&status);
        let index = self.subscribers.iter().position(|subscriber| subscriber.owns(transaction));
        let Some(index) = index else {
            if let (true, true, Some(dialog)) = (is_invite, accepted, dialog) {
                // The phone agreed to what nobody wants any more: thank it, and end it.
                self.endpoint.bye(now, dialog, rfc::ACK_SUCCESS, &mut self.outbox);
            }
            return;
        };
        if status < 200 {
            return;
        }
        let Some(session) = self.session_mut(index) else { return };
        if session.pending == Some(transaction) {
            session.pending = None;
            return self.on_answer_in_dialog(now, index, dialog, status, is_invite, received);
        }
        session.attempts.retain(|attempt| *attempt != transaction);
        match dialog {
            Some(dialog) if accepted => self.on_acceptance(now, index, dialog, received),
            _ => self.on_refusal(now, index, "refused"),
        }
    }

    /// The phone agreed.
    fn on_acceptance(
        &mut self,
        now: Instant,
        index: usize,
        dialog: DialogKey,
        received: &Received,
    ) {
        let Some(state) = self.subscribers.get(index).map(|subscriber| subscriber.state) else {
            return;
        };
        let Some(session) = self.session_mut(index) else { return };
        if session.dialog.is_some() {
            // The phone took a repetition for another session.
            self.endpoint.bye(now, dialog, rfc::ACK_SUCCESS, &mut self.outbox);
            return;
        }
        session.dialog = Some(dialog);
        let offered = session.offer.clone();
        let answered = received.message().and_then(|message| described(&message));
        if state == SessionState::Withdrawing {
            return self.end_session(now, index, "200", rfc::ACK_SUCCESS);
        }
        if let (Some(offer), Some(answer)) = (parse(offered.as_bytes()), answered)
            && let Some(subscriber) = self.subscribers.get_mut(index)
        {
            subscriber.expect(expected(&offer, &answer));
        }
        self.acknowledge(now, index, dialog, rule::MX_S1);
        self.record(now, index, "200");
    }

    fn acknowledge(&mut self, now: Instant, index: usize, dialog: DialogKey, rule: &'static Rule) {
        let mut ack = self.endpoint.ack(dialog);
        if self.config.naming == SessionNaming::Header
            && let Some(session) = self.session_mut(index)
        {
            ack = ack.header("Session-ID", format_args!("{};remote={NIL}", session.session_id));
        }
        self.endpoint.send_ack(now, dialog, ack, rule, &mut self.outbox);
    }

    /// The session runs: the next keep-alive is planned.
    fn record(&mut self, now: Instant, index: usize, cause: &'static str) {
        self.clear_timers(index);
        self.set_timer(now, index, SessionTimer::KeepAlive, self.config.keep_alive);
        self.enter(index, SessionState::Recording, cause);
    }

    /// An INVITE came to nothing. Others of the same session may still be open.
    pub(super) fn on_refusal(&mut self, now: Instant, index: usize, cause: &'static str) {
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let is_open = subscriber
            .session
            .as_ref()
            .is_some_and(|session| session.dialog.is_some() || !session.attempts.is_empty());
        if is_open {
            return;
        }
        subscriber.session = None;
        match subscriber.state {
            SessionState::Withdrawing => {
                self.clear_timers(index);
                self.enter(index, SessionState::Idle, cause);
                self.reconcile(now, index, "session over");
            }
            SessionState::Inviting => self.wait(now, index, cause),
            _ => {}
        }
    }

    /// Another session is tried after a while.
    pub(super) fn wait(&mut self, now: Instant, index: usize, cause: &'static str) {
        self.clear_timers(index);
        self.set_timer(now, index, SessionTimer::Retry, self.config.retry);
        self.enter(index, SessionState::Waiting, cause);
    }

    /// Asks the phone whether it is still there (MX-S3).
    pub(super) fn check(&mut self, now: Instant, index: usize) {
        let Some(dialog) = self.session_mut(index).and_then(|session| session.dialog) else {
            return;
        };
        let update = self.endpoint.request_in(dialog, Method::Update);
        let sent = self.endpoint.send_in(now, dialog, update, rule::MX_S3, &mut self.outbox);
        if let Some(session) = self.session_mut(index) {
            session.pending = sent;
        }
        self.set_timer(now, index, SessionTimer::Patience, self.config.answer_patience);
        self.enter(index, SessionState::Checking, "keep-alive");
    }

    /// UPDATE stayed unanswered: a re-INVITE refreshes the session (MX-S10).
    pub(super) fn refresh(&mut self, now: Instant, index: usize) {
        let Some(session) = self.session_mut(index) else { return };
        let Some(dialog) = session.dialog else { return };
        let (offer, update) = (session.offer.clone(), session.pending.take());
        if let Some(update) = update {
            self.endpoint.abandon(update);
        }
        let invite = self.endpoint.request_in(dialog, Method::Invite).body(SDP, offer.as_bytes());
        let sent = self.endpoint.send_in(now, dialog, invite, rule::MX_S10, &mut self.outbox);
        if let Some(session) = self.session_mut(index) {
            session.pending = sent;
        }
        self.set_timer(now, index, SessionTimer::Patience, self.config.answer_patience);
        self.enter(index, SessionState::Refreshing, "no answer");
    }

    /// The session is lost: a new INVITE opens another, and the old one gets no BYE (MX-S10).
    pub(super) fn recover(&mut self, now: Instant, index: usize, cause: &'static str) {
        self.drop_session(index);
        self.invite(now, index, cause);
    }

    /// Forgets a session without a word to the phone.
    pub(super) fn drop_session(&mut self, index: usize) {
        self.end_take(index);
        self.clear_timers(index);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        if let Some(dialog) = subscriber.session.take().and_then(|session| session.dialog) {
            self.endpoint.forget(dialog);
        }
    }

    fn on_answer_in_dialog(
        &mut self,
        now: Instant,
        index: usize,
        dialog: Option<DialogKey>,
        status: u16,
        is_invite: bool,
        received: &Received,
    ) {
        let Some(state) = self.subscribers.get(index).map(|subscriber| subscriber.state) else {
            return;
        };
        if is_invite
            && (200..=299).contains(&status)
            && let Some(dialog) = dialog
        {
            self.acknowledge(now, index, dialog, rule::MX_S10);
            self.renew(index, received);
        }
        match (state, status) {
            (SessionState::Ending, _) => {
                self.drop_session(index);
                self.enter(index, SessionState::Idle, "200");
                self.reconcile(now, index, "session over");
            }
            // The phone is there but knows nothing of the session (RFC 3261 12.2.1.2).
            (SessionState::Checking | SessionState::Refreshing, 408 | 481) => {
                self.recover(now, index, "session unknown to the phone");
            }
            // Any other answer comes from a phone that is there and has the session.
            (SessionState::Checking | SessionState::Refreshing, _) => {
                self.record(now, index, "200");
            }
            _ => {}
        }
    }

    /// Takes what the phone answered to a re-INVITE's description.
    fn renew(&mut self, index: usize, received: &Received) {
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let offer = subscriber.session.as_ref().map(|session| session.offer.as_bytes());
        let offer = offer.and_then(parse);
        let answer = received.message().and_then(|message| described(&message));
        if let (Some(offer), Some(answer)) = (offer, answer) {
            subscriber.expect(expected(&offer, &answer));
        }
    }

    /// No answer to a request of the session.
    pub(super) fn on_timed_out(&mut self, now: Instant, transaction: ClientKey) {
        let index = self.subscribers.iter().position(|subscriber| subscriber.owns(transaction));
        let Some(index) = index else { return };
        let Some(session) = self.session_mut(index) else { return };
        if session.pending == Some(transaction) {
            session.pending = None;
            return self.on_silence(now, index);
        }
        session.attempts.retain(|attempt| *attempt != transaction);
        self.on_refusal(now, index, "no answer");
    }

    /// The phone does not answer within the dialog.
    pub(super) fn on_silence(&mut self, now: Instant, index: usize) {
        match self.subscribers.get(index).map(|subscriber| subscriber.state) {
            Some(SessionState::Checking) => self.refresh(now, index),
            Some(SessionState::Refreshing) => self.recover(now, index, "no answer"),
            Some(SessionState::Ending) => {
                self.drop_session(index);
                self.enter(index, SessionState::Idle, "no answer");
                self.reconcile(now, index, "session over");
            }
            _ => {}
        }
    }

    /// Ends an agreed session by BYE.
    pub(super) fn end_session(
        &mut self,
        now: Instant,
        index: usize,
        cause: &'static str,
        rule: &'static Rule,
    ) {
        self.end_take(index);
        let Some(dialog) = self.session_mut(index).and_then(|session| session.dialog) else {
            return;
        };
        let bye = self.endpoint.bye(now, dialog, rule, &mut self.outbox);
        self.clear_timers(index);
        if let (Bye::Sent(key), Some(session)) = (bye, self.session_mut(index)) {
            session.pending = Some(key);
        }
        self.enter(index, SessionState::Ending, cause);
    }

    /// Gives up INVITEs that may still be answered.
    pub(super) fn withdraw(&mut self, now: Instant, index: usize, cause: &'static str) {
        let attempts =
            self.session_mut(index).map(|session| session.attempts.clone()).unwrap_or_default();
        for attempt in attempts {
            self.endpoint.cancel(now, attempt, rfc::CANCELLING, &mut self.outbox);
        }
        self.clear_timers(index);
        self.enter(index, SessionState::Withdrawing, cause);
    }

    pub(super) fn session_mut(&mut self, index: usize) -> Option<&mut Session> {
        self.subscribers.get_mut(index)?.session.as_mut()
    }
}

/// The id of an end that is not known yet (RFC 7989).
const NIL: &str = "00000000000000000000000000000000";

/// Where an extension's streams come to.
fn ports(base: u16, index: usize, generation: u16) -> [u16; 2] {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    let first = base
        .saturating_add(index.saturating_mul(PORTS_PER_EXTENSION))
        .saturating_add(generation * 4);
    [first, first.saturating_add(2)]
}

fn parse(body: &[u8]) -> Option<sdp::Session> {
    Some(sdp::Session::parse(body).ok()?.session)
}

fn described(message: &Message<'_>) -> Option<sdp::Session> {
    parse(message.body)
}
