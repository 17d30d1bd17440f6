//! SIP calls: the messages of one Call-ID that holds an INVITE.

use super::CallIndex;
use super::key::FastMap;
use super::media::Party;
use super::sessions::active::RecordingOrder;
use crate::report::CallState;
use recscope_core::sip::header::{self, Reason};
use recscope_core::sip::{Message, Method, StartLine, status_text};

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
    /// CSeq of the INVITE whose answer counts: the first, or the one that met a challenge.
    invite: u32,
    /// The capture began within the call.
    joined_late: bool,
    final_answer: Option<FinalAnswer>,
    provisional: bool,
    cancelled: bool,
    /// It orders a recording (MX-S1).
    order: Option<RecordingOrder>,
    /// Why it ended, as a Reason header says.
    cause: Option<String>,
    pub(crate) messages: u64,
    pub(crate) retransmissions: u64,
}

#[derive(Clone, Debug)]
struct FinalAnswer {
    status: u16,
    phrase: String,
    /// Text of a Warning header.
    warning: Option<String>,
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
            invite: message.cseq().map_or(0, |cseq| cseq.number),
            joined_late: message.to().is_some_and(|to| to.tag().is_some()),
            final_answer: None,
            provisional: false,
            cancelled: false,
            order: None,
            cause: None,
            messages: 0,
            retransmissions: 0,
        }
    }

    /// The side that wrote `message`.
    pub(crate) fn sender(&self, message: &Message<'_>) -> Party {
        let from_caller = message.from().and_then(|from| from.tag()) == self.caller_tag.as_deref();
        if from_caller == message.is_request() { Party::Caller } else { Party::Callee }
    }

    fn on_message(&mut self, message: &Message<'_>, time_ns: i64) {
        self.last_ns = self.last_ns.max(time_ns);
        match message.method() {
            Some(method) => self.on_request(method, message, time_ns),
            None => self.on_response(message, time_ns),
        }
    }

    fn on_request(&mut self, method: Method<'_>, message: &Message<'_>, time_ns: i64) {
        let cseq = message.cseq().map_or(0, |cseq| cseq.number);
        match method {
            Method::Invite => {
                let in_dialog = message.to().is_some_and(|to| to.tag().is_some());
                if cseq > self.invite && !in_dialog && self.answered_ns.is_none() {
                    // Sent once more, with credentials or to another contact.
                    self.invite = cseq;
                    self.final_answer = None;
                    self.provisional = false;
                    self.cancelled = false;
                }
            }
            Method::Cancel if cseq == self.invite && self.answered_ns.is_none() => {
                self.cancelled = true;
                self.note_cause(message);
            }
            Method::Bye => {
                self.ended_ns.get_or_insert(time_ns);
                self.note_cause(message);
            }
            _ => {}
        }
    }

    fn on_response(&mut self, message: &Message<'_>, time_ns: i64) {
        let (Some(cseq), Some(status)) = (message.cseq(), message.status()) else { return };
        if cseq.method != Method::Invite
            || cseq.number != self.invite
            || self.answered_ns.is_some()
            || self.joined_late
        {
            return;
        }
        match status {
            ..=199 => self.provisional = true,
            200..=299 => {
                self.answered_ns = Some(time_ns);
                self.final_answer = Some(FinalAnswer::of(message, status));
            }
            _ => {
                self.final_answer = Some(FinalAnswer::of(message, status));
                self.note_cause(message);
            }
        }
    }

    fn note_cause(&mut self, message: &Message<'_>) {
        if let Some(Ok(reason)) = message.typed::<Reason<'_>>() {
            self.cause = Some(super::cause::in_words(&reason));
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
        let mut reason = String::new();
        if self.state() == CallState::Failed
            && let Some(answer) = &self.final_answer
        {
            reason = answer.in_words();
        }
        if let Some(cause) = &self.cause {
            if !reason.is_empty() {
                reason.push_str(": ");
            }
            reason.push_str(cause);
        }
        reason
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
}

impl FinalAnswer {
    fn of(message: &Message<'_>, status: u16) -> Self {
        let phrase = match &message.start_line {
            StartLine::Response { reason, .. } => reason.to_string(),
            StartLine::Request { .. } => String::new(),
        };
        let warning = message.typed::<header::Warning<'_>>().and_then(Result::ok);
        let warning = warning.map(|warning| warning.text().into_owned());
        Self { status, phrase, warning }
    }

    /// `486 Busy Here`, with the text of a Warning header.
    fn in_words(&self) -> String {
        let phrase = match self.phrase.trim() {
            "" => status_text(self.status),
            phrase => phrase,
        };
        let mut words = format!("{} {phrase}", self.status);
        if let Some(text) = self.warning.as_ref().filter(|text| !text.is_empty()) {
            words.push_str(" (");
            words.push_str(text);
            words.push(')');
        }
        words
    }
}

/// All calls of a capture, in the order of their first message.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    all: Vec<Call>,
    by_call_id: FastMap<Box<str>, CallIndex>,
}

impl Calls {
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

    /// Counts a message of a call; one that repeats an earlier one changes nothing else.
    pub(crate) fn on_message(
        &mut self,
        index: CallIndex,
        message: &Message<'_>,
        time_ns: i64,
        is_retransmission: bool,
    ) {
        let Some(call) = self.all.get_mut(index.0) else { return };
        call.messages += 1;
        if is_retransmission {
            call.retransmissions += 1;
            call.last_ns = call.last_ns.max(time_ns);
        } else {
            call.on_message(message, time_ns);
        }
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
