//! SIP calls: the messages of one Call-ID that holds an INVITE.

mod answer;
mod course;
mod early;
mod negotiation;

pub(crate) use answer::FinalAnswer;
pub(crate) use course::CallEvent;
pub(crate) use early::EarlyDialog;
pub(crate) use negotiation::Said;

use super::CallIndex;
use super::heard::Heard;
use super::key::FastMap;
use super::media::Party;
use super::messages::Origin;
use super::sessions::active::RecordingOrder;
use crate::report::{CallEventKind, CallState};
use crate::wording::duration;
use course::{Course, Seen};
use early::EarlyDialogs;
use negotiation::{Description, Negotiation};
use recscope_core::sdp::Session;
use recscope_core::sip::header::Reason;
use recscope_core::sip::{Message, Method};
use std::collections::VecDeque;
use std::sync::Arc;

/// A call as far as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) call_id: String,
    /// URI of the From header.
    pub(crate) from: String,
    /// URI of the To header.
    pub(crate) to: String,
    caller_tag: Option<String>,
    pub(crate) start_ns: i64,
    pub(crate) last_ns: i64,
    last_media_ns: Option<i64>,
    answered_ns: Option<i64>,
    ended_ns: Option<i64>,
    /// When it was refused.
    refused_ns: Option<i64>,
    /// CSeq of the INVITE whose answer counts: the first, or the one that met a challenge.
    invite: u32,
    /// Fewest Vias of an INVITE: where nearest to its sender the call was seen.
    hops: usize,
    /// Times that it was sent again, and when last.
    invites: u32,
    last_invite_ns: i64,
    /// The capture began within the call.
    joined_late: bool,
    final_answer: Option<FinalAnswer>,
    provisional: bool,
    cancelled: bool,
    /// It orders a recording (MX-S1).
    order: Option<RecordingOrder>,
    /// Why it ended, as a Reason header says.
    cause: Option<String>,
    early: EarlyDialogs,
    pub(crate) course: Course,
    /// Gone once the call is over.
    negotiation: Option<Box<Negotiation>>,
    seen: Seen,
    pub(crate) messages: u64,
    pub(crate) retransmissions: u64,
}

impl Call {
    fn new(call_id: &str, message: &Message<'_>, time_ns: i64) -> Self {
        let uri = |name| message.address(name).map(|a| a.uri.to_string()).unwrap_or_default();
        Self {
            call_id: call_id.to_owned(),
            from: uri("From"),
            to: uri("To"),
            caller_tag: message.from().and_then(|from| from.tag()).map(str::to_owned),
            start_ns: time_ns,
            last_ns: time_ns,
            last_media_ns: None,
            answered_ns: None,
            ended_ns: None,
            refused_ns: None,
            invite: message.cseq().map_or(0, |cseq| cseq.number),
            hops: message.vias().count(),
            invites: 0,
            last_invite_ns: time_ns,
            joined_late: message.to().is_some_and(|to| to.tag().is_some()),
            final_answer: None,
            provisional: false,
            cancelled: false,
            order: None,
            cause: None,
            early: EarlyDialogs::default(),
            course: Course::default(),
            negotiation: None,
            seen: Seen::default(),
            messages: 0,
            retransmissions: 0,
        }
    }

    /// The side that wrote `message`.
    pub(crate) fn sender(&self, message: &Heard<'_>) -> Party {
        let from_caller = message.tag_of_from() == self.caller_tag.as_deref();
        if from_caller == message.is_request() { Party::Caller } else { Party::Callee }
    }

    /// Takes a message that repeats none; returns the descriptions whose media is to be expected
    /// from now on.
    fn on_message(
        &mut self,
        message: &Heard<'_>,
        session: Option<&Arc<Session>>,
        origin: &Origin,
    ) -> Vec<Said> {
        self.last_ns = self.last_ns.max(origin.time_ns);
        let party = self.sender(message);
        // On its next hop it says nothing new, except where its media goes.
        let is_copy = !self.seen.is_new(message);
        let tag = if message.is_request() == (party == Party::Caller) {
            message.tag_of_to()
        } else {
            message.tag_of_from()
        };
        let mut said = Vec::new();
        if let Some(session) = session {
            let negotiation = self.negotiation.get_or_insert_default();
            let packet = origin.packet;
            let description = Description { message, session, packet, party, tag, is_copy };
            let course = &mut self.course;
            said = negotiation.on_description(&description, |by, kind, text| {
                course.add(origin, Some(by), kind, text);
            });
        }
        match message.method() {
            Some(_) if is_copy => {}
            Some(method) => self.on_request(method, message, party, tag, origin),
            None => {
                if !is_copy {
                    self.on_transfer_answer(message, party, origin);
                }
                self.on_response(message, session.is_some(), party, tag, origin);
                said.extend(self.on_refusal(message, party, origin));
            }
        }
        said
    }

    fn on_request(
        &mut self,
        method: Method<'_>,
        message: &Heard<'_>,
        party: Party,
        tag: Option<&str>,
        origin: &Origin,
    ) {
        let cseq = message.cseq().map_or(0, |cseq| cseq.number);
        match method {
            Method::Invite => {
                let in_dialog = message.tag_of_to().is_some();
                if cseq > self.invite && !in_dialog && self.answered_ns.is_none() {
                    // Sent once more, with credentials or to another contact.
                    self.invite = cseq;
                    self.invites = 0;
                    self.final_answer = None;
                    self.refused_ns = None;
                    self.provisional = false;
                    self.cancelled = false;
                }
                self.course.on_invite(message, party, origin);
            }
            Method::Cancel if cseq == self.invite && self.answered_ns.is_none() => {
                self.cancelled = true;
                self.note_cause(message);
                let words = self.with_cause(format!("cancelled by {}", party.name()));
                self.course.add(origin, Some(party), CallEventKind::End, words);
            }
            Method::Bye if self.early.is_loser(tag) => {
                let text = String::from("a further answer was hung up on");
                self.course.add(origin, Some(party), CallEventKind::Fork, text);
            }
            Method::Bye => {
                self.note_cause(message);
                if self.ended_ns.is_none() {
                    self.ended_ns = Some(origin.time_ns);
                    let words = self.with_cause(format!("hung up by {}", party.name()));
                    self.course.add(origin, Some(party), CallEventKind::End, words);
                }
                self.negotiation = None;
            }
            Method::Refer => self.course.on_refer(message, party, origin),
            Method::Notify => self.course.on_notify(message, party, origin),
            _ => {}
        }
    }

    fn with_cause(&self, mut words: String) -> String {
        if let Some(cause) = &self.cause {
            words.push_str(": ");
            words.push_str(cause);
        }
        words
    }

    fn on_transfer_answer(&mut self, message: &Heard<'_>, party: Party, origin: &Origin) {
        if let (Some(cseq), Some(status @ 300..)) = (message.cseq(), message.status())
            && cseq.method == Method::Refer
        {
            let words =
                format!("transfer refused: {}", FinalAnswer::of(message, status).in_words());
            self.course.add(origin, Some(party), CallEventKind::Transfer, words);
        }
    }

    /// Whether an answer has come back as far as the INVITE was seen: a proxy that has forked it
    /// keeps the refusals of single branches to itself.
    fn is_back(&self, message: &Message<'_>) -> bool {
        message.vias().count() <= self.hops
    }

    fn on_response(
        &mut self,
        message: &Heard<'_>,
        has_session: bool,
        party: Party,
        tag: Option<&str>,
        origin: &Origin,
    ) {
        let (Some(cseq), Some(status)) = (message.cseq(), message.status()) else { return };
        if cseq.method != Method::Invite || cseq.number != self.invite || self.joined_late {
            return;
        }
        let announces = has_session && (101..=199).contains(&status);
        if self.early.on_response(message, tag, status) && announces {
            let words = FinalAnswer::of(message, status).in_words();
            let words = format!("early media, announced by {words}");
            self.course.add(origin, Some(party), CallEventKind::EarlyMedia, words);
        }
        if self.answered_ns.is_some() {
            return;
        }
        match status {
            ..=199 => self.provisional = true,
            200..=299 => {
                self.answered_ns = Some(origin.time_ns);
                self.final_answer = Some(FinalAnswer::of(message, status));
                if let Some(words) = self.early.winner_in_words() {
                    self.course.add(origin, Some(party), CallEventKind::Fork, words);
                }
            }
            _ if !self.is_back(message) => {}
            _ => {
                self.final_answer = Some(FinalAnswer::of(message, status));
                self.refused_ns = Some(origin.time_ns);
                self.note_cause(message);
            }
        }
    }

    /// An offer that is refused leaves what held before.
    fn on_refusal(&mut self, message: &Heard<'_>, party: Party, origin: &Origin) -> Vec<Said> {
        let (Some(cseq), Some(status @ 300..)) = (message.cseq(), message.status()) else {
            return Vec::new();
        };
        if cseq.number == self.invite && !self.is_back(message) {
            return Vec::new();
        }
        let negotiation = self.negotiation.as_mut();
        let refused = negotiation.and_then(|n| n.on_refusal(cseq.method, cseq.number, party));
        let Some((offerer, holds)) = refused else { return Vec::new() };
        if !matches!(status, 401 | 407) {
            let why = FinalAnswer::of(message, status).in_words();
            let words = format!("a change of the session by {} was refused: {why}", offerer.name());
            self.course.add(origin, Some(party), CallEventKind::Refused, words);
        }
        holds.into()
    }

    /// Counts one more sending of an INVITE.
    fn on_retransmission(&mut self, message: &Heard<'_>, time_ns: i64) {
        self.last_ns = self.last_ns.max(time_ns);
        if message.method() == Some(Method::Invite)
            && message.cseq().is_some_and(|cseq| cseq.number == self.invite)
        {
            self.invites += 1;
            self.last_invite_ns = time_ns;
        }
    }

    fn note_cause(&mut self, message: &Message<'_>) {
        if let Some(Ok(reason)) = message.typed::<Reason<'_>>() {
            self.cause = Some(super::cause::in_words(&reason));
        } else if let Some(cause) = super::cause::of_asterisk(message) {
            self.cause = Some(cause);
        }
    }

    pub(crate) fn state(&self) -> CallState {
        let status = self.status();
        let answered = self.answered_ns.is_some() || self.joined_late;
        match status {
            _ if answered && self.ended_ns.is_some() => CallState::Completed,
            _ if answered => CallState::Established,
            Some(487) => CallState::Cancelled,
            Some(_) if !self.cancelled => CallState::Failed,
            _ if self.cancelled || self.ended_ns.is_some() => CallState::Cancelled,
            _ if self.provisional => CallState::Ringing,
            _ => CallState::Unanswered,
        }
    }

    /// The final status of the INVITE.
    pub(crate) fn status(&self) -> Option<u16> {
        self.final_answer.as_ref().map(|answer| answer.status)
    }

    /// Why it failed or ended early, in words.
    pub(crate) fn reason(&self) -> String {
        let mut reason = match (self.state(), &self.final_answer) {
            (CallState::Failed, Some(answer)) => answer.in_words(),
            (CallState::Unanswered, _) if self.invites > 0 => {
                #[allow(clippy::cast_precision_loss, reason = "2⁵³ ns are 104 days")]
                let ms = (self.last_invite_ns - self.start_ns) as f64 / 1e6;
                let (times, span) = (self.invites + 1, duration(ms));
                format!("the INVITE was sent {times} times in {span}, and nothing came back")
            }
            _ => String::new(),
        };
        if let Some(cause) = &self.cause {
            if !reason.is_empty() {
                reason.push_str(": ");
            }
            reason.push_str(cause);
        }
        reason
    }

    /// Since when its media is not to be expected any more.
    pub(crate) fn over_ns(&self) -> Option<i64> {
        let refused = self.refused_ns.filter(|_| self.answered_ns.is_none());
        self.ended_ns.or(refused)
    }

    /// From the first INVITE to its 2xx.
    pub(crate) fn setup_ns(&self) -> Option<i64> {
        Some(self.answered_ns?.saturating_sub(self.start_ns).max(0))
    }

    /// From the 2xx to the BYE or, where none was seen, to the last message or media packet.
    pub(crate) fn duration_ns(&self) -> Option<i64> {
        let from = self.answered_ns.or_else(|| self.joined_late.then_some(self.start_ns))?;
        let last = self.last_media_ns.map_or(self.last_ns, |media| media.max(self.last_ns));
        Some(self.ended_ns.unwrap_or(last).saturating_sub(from).max(0))
    }

    /// Its early dialogs, if it was forked.
    pub(crate) fn forks(&self) -> &[EarlyDialog] {
        self.early.forks()
    }
}

/// All calls of a capture, in the order of their first message.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    all: Vec<Call>,
    by_call_id: FastMap<Box<str>, CallIndex>,
    /// Calls that hold descriptions, the oldest first.
    negotiating: VecDeque<CallIndex>,
    /// Bytes that these take.
    weight: usize,
}

impl Calls {
    /// Most bytes of descriptions held; the calls that have held them longest give way.
    const MOST_WEIGHT: usize = 16 * 1024 * 1024;

    /// The call that `message` belongs to; an INVITE begins one.
    pub(crate) fn of_message(&mut self, message: &Message<'_>, time_ns: i64) -> Option<CallIndex> {
        let call_id = message.call_id()?;
        if let Some(&index) = self.by_call_id.get(call_id) {
            return Some(index);
        }
        if message.method() != Some(Method::Invite) {
            return None;
        }
        let index = CallIndex(self.all.len());
        self.by_call_id.insert(call_id.into(), index);
        self.all.push(Call::new(call_id, message, time_ns));
        Some(index)
    }

    /// Counts a message of a call; one that repeats an earlier one changes nothing else. Returns
    /// the descriptions whose media is to be expected from now on.
    pub(crate) fn on_message(
        &mut self,
        index: CallIndex,
        message: &Heard<'_>,
        session: Option<&Arc<Session>>,
        origin: &Origin,
        is_retransmission: bool,
    ) -> Vec<Said> {
        let Some(call) = self.all.get_mut(index.0) else { return Vec::new() };
        call.messages += 1;
        if is_retransmission {
            call.retransmissions += 1;
            call.on_retransmission(message, origin.time_ns);
            return Vec::new();
        }
        let weight = |call: &Call| call.negotiation.as_ref().map_or(0, |held| held.weight());
        let before = weight(call);
        let said = call.on_message(message, session, origin);
        let after = weight(call);
        if before == 0 && after > 0 {
            self.negotiating.push_back(index);
        }
        self.weight = (self.weight + after).saturating_sub(before);
        while self.weight > Self::MOST_WEIGHT
            && let Some(oldest) = self.negotiating.pop_front()
        {
            let held = self.all.get_mut(oldest.0).and_then(|call| call.negotiation.take());
            self.weight = self.weight.saturating_sub(held.map_or(0, |held| held.weight()));
        }
        said
    }

    /// Media of a call was seen up to `time_ns`.
    pub(crate) fn on_media(&mut self, index: CallIndex, time_ns: i64) {
        if let Some(call) = self.all.get_mut(index.0) {
            call.last_media_ns = Some(call.last_media_ns.map_or(time_ns, |last| last.max(time_ns)));
        }
    }

    pub(crate) fn get(&self, index: CallIndex) -> Option<&Call> {
        self.all.get(index.0)
    }

    /// Makes a call one that orders a recording.
    pub(crate) fn set_order(&mut self, index: CallIndex, order: RecordingOrder) {
        if let Some(call) = self.all.get_mut(index.0) {
            call.order.get_or_insert(order);
        }
    }

    /// The calls that order recordings.
    pub(crate) fn recording_orders(&self) -> Vec<(CallIndex, RecordingOrder)> {
        let orders = self.all.iter().enumerate();
        orders.filter_map(|(index, call)| Some((CallIndex(index), call.order?))).collect()
    }

    pub(crate) fn into_all(self) -> Vec<Call> {
        self.all
    }
}

#[cfg(test)]
mod tests;
