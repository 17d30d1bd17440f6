//! Recordings ordered by a recorder's INVITE to a phone (MX-S1 to MX-S14): its SDP only receives,
//! or it goes to the port that phones keep for recorders.

use super::{Phase, Session};
use crate::report::{CallState, RecordingMethod, RecordingResult};
use crate::trace::heard::Heard;
use crate::trace::messages::{Origin, SignallingMessage};
use crate::trace::{CallIndex, MessageIndex, Trace};
use recscope_core::sdp::{Direction, MediaKind, Session as Description};
use recscope_core::sip::{Message, Method};
use recscope_core::{Rule, rule};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The port of recorders' INVITEs on 7400 and 442x terminals (MX-S7).
const RECORDING_PORT: u16 = 7300;

/// Between whom a call orders a recording.
#[derive(Clone, Copy, Debug)]
pub(in crate::trace) struct RecordingOrder {
    phone: SocketAddr,
    recorder: SocketAddr,
}

impl RecordingOrder {
    /// Whether the INVITE that begins a call orders a recording.
    pub(in crate::trace) fn of(
        message: &Heard<'_>,
        description: Option<&Description>,
        origin: &Origin,
    ) -> Option<Self> {
        let begins = message.method() == Some(Method::Invite) && message.tag_of_to().is_none();
        let only_receives = description.is_some_and(|session| {
            let mut audio =
                session.media.iter().filter(|media| media.kind == MediaKind::Audio).peekable();
            audio.peek().is_some()
                && audio.all(|media| session.direction_of(media) == Direction::RecvOnly)
        });
        let orders = begins && (only_receives || origin.dst.port() == RECORDING_PORT);
        orders.then_some(Self { phone: origin.dst, recorder: origin.src })
    }
}

impl Trace {
    /// The sessions of all calls that order a recording.
    pub(super) fn active_sessions(&self) -> Vec<Session> {
        let orders = self.calls.recording_orders();
        let mut messages: BTreeMap<CallIndex, Vec<(MessageIndex, &SignallingMessage)>> =
            BTreeMap::new();
        messages.extend(orders.iter().map(|(call, _)| (*call, Vec::new())));
        for (index, message) in self.messages.indexed() {
            let of_order = message.call.and_then(|call| messages.get_mut(&call));
            if let Some(of_order) = of_order {
                of_order.push((index, message));
            }
        }
        let mut sessions: Vec<Session> = orders
            .into_iter()
            .filter_map(|(call, order)| {
                let messages = messages.get(&call).map(Vec::as_slice).unwrap_or_default();
                self.active_session(call, order, messages)
            })
            .collect();
        end_replaced(&mut sessions);
        sessions
    }

    fn active_session(
        &self,
        index: CallIndex,
        order: RecordingOrder,
        messages: &[(MessageIndex, &SignallingMessage)],
    ) -> Option<Session> {
        let call = self.calls.get(index)?;
        let mut session = Session {
            method: RecordingMethod::Active,
            phase: Phase::Starting,
            start_ns: call.start_ns,
            end_ns: None,
            extension: String::new(),
            phone: order.phone,
            recorder: order.recorder,
            codec: String::new(),
            control: Vec::new(),
            result: RecordingResult::Success,
            reason: String::new(),
            call: Some(index),
            streams: Vec::new(),
        };
        (session.phase, session.result) = match call.state() {
            CallState::Completed => (Phase::Ended, RecordingResult::Success),
            CallState::Established => (Phase::Recording, RecordingResult::Success),
            CallState::Failed => (Phase::Failed, RecordingResult::Failed),
            CallState::Cancelled => (Phase::Failed, RecordingResult::Aborted),
            CallState::Ringing | CallState::Unanswered => {
                (Phase::Starting, RecordingResult::Failed)
            }
        };
        let mut attempts = Attempts::default();
        for (message, found) in messages {
            let Ok(parsed) = Message::parse(&found.raw) else { continue };
            let sip = parsed.message;
            if session.extension.is_empty()
                && let Some(user) = sip.to().and_then(|to| to.uri.user_text())
            {
                session.extension = user.into_owned();
            }
            if let Some(codec) = codec_of(&sip) {
                // The answer comes after the offer, and is what was agreed.
                session.codec = codec;
            }
            attempts.count(&sip, found.retransmission_of.is_some());
            session.add(*message, rule_of(&sip, found), found.origin.time_ns);
        }
        session.reason = match (call.reason(), attempts.in_words()) {
            (reason, None) => reason,
            (reason, Some(attempts)) if reason.is_empty() => attempts,
            (reason, Some(attempts)) => format!("{reason}; {attempts}"),
        };
        Some(session)
    }
}

/// INVITEs by which the same session was asked for (MX-S9).
#[derive(Debug, Default)]
struct Attempts {
    first: Option<(u32, String)>,
    retransmitted: u32,
    merged: u32,
    renewed: u32,
}

impl Attempts {
    fn count(&mut self, sip: &Message<'_>, is_retransmission: bool) {
        let begins =
            sip.method() == Some(Method::Invite) && sip.to().is_none_or(|to| to.tag().is_none());
        let (true, Some(cseq)) = (begins, sip.cseq()) else { return };
        let branch = sip.via().and_then(|via| via.branch()).unwrap_or_default().to_owned();
        match &self.first {
            None => self.first = Some((cseq.number, branch)),
            Some(_) if is_retransmission => self.retransmitted += 1,
            Some((number, first)) if *number == cseq.number && *first != branch => self.merged += 1,
            Some((number, _)) if *number == cseq.number => self.retransmitted += 1,
            Some(_) => self.renewed += 1,
        }
    }

    /// Which kinds of repetition were seen.
    fn in_words(&self) -> Option<String> {
        let kinds = [
            (self.retransmitted, "sent again with the same branch (retransmission)"),
            (self.merged, "sent again with another branch (merged request)"),
            (self.renewed, "sent again with a new CSeq"),
        ];
        let words: Vec<String> = kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("INVITE {what}, {count} times"))
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// A session without a BYE is over when the recorder opens another one at the same phone
/// (MX-S10, MX-S12).
fn end_replaced(sessions: &mut [Session]) {
    let starts: Vec<_> = sessions
        .iter()
        .map(|session| (session.start_ns, session.phone, session.recorder))
        .collect();
    for session in sessions.iter_mut().filter(|session| session.phase == Phase::Recording) {
        let later = starts.iter().find(|(start_ns, phone, recorder)| {
            *start_ns > session.start_ns
                && phone.ip() == session.phone.ip()
                && recorder.ip() == session.recorder.ip()
        });
        if let Some((start_ns, ..)) = later {
            session.phase = Phase::BrokenOff;
            session.result = RecordingResult::Aborted;
            session.end_ns = Some(*start_ns);
            session.reason = String::from("no BYE; the recorder opened a new session (MX-S10)");
        }
    }
}

/// The first codec of a message's SDP that carries sound.
fn codec_of(sip: &Message<'_>) -> Option<String> {
    let (_, body) = sip.sdp()?;
    let session = Description::parse(body).ok()?.session;
    let media = session.media.iter().find(|media| media.kind == MediaKind::Audio)?;
    let mut maps = media.rtpmaps();
    maps.find(|map| !map.encoding.eq_ignore_ascii_case("telephone-event"))
        .map(|map| map.encoding.to_owned())
}

/// The rule that a message of a recording session follows.
fn rule_of(sip: &Message<'_>, found: &SignallingMessage) -> &'static Rule {
    let method = sip.cseq().map(|cseq| cseq.method);
    let in_dialog = sip.to().is_some_and(|to| to.tag().is_some());
    match method {
        Some(Method::Update) => rule::MX_S3,
        Some(Method::Invite) if sip.is_request() && in_dialog => rule::MX_S10,
        Some(Method::Invite) if sip.is_request() && found.retransmission_of.is_some() => {
            rule::MX_S9
        }
        _ => rule::MX_S1,
    }
}
