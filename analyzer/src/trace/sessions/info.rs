//! Recordings ordered by SIP INFO with a `Record` header (BX-I1 to BX-I3).

use super::{Phase, Session, SessionIndex};
use crate::report::{RecordingMethod, RecordingResult};
use crate::trace::heard::Heard;
use crate::trace::messages::Origin;
use crate::trace::{CallIndex, MessageIndex, Trace};
use recscope_core::rule;
use recscope_core::sip::{Message, Method, status_text};

/// The orders of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    session: SessionIndex,
    /// The request that waits for its answer.
    asked: Option<(u32, Wish)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    On,
    Off,
}

impl Wish {
    fn of(message: &Message<'_>) -> Option<Self> {
        match message.header("Record")?.trim() {
            value if value.eq_ignore_ascii_case("on") => Some(Self::On),
            value if value.eq_ignore_ascii_case("off") => Some(Self::Off),
            _ => None,
        }
    }
}

impl Trace {
    /// Takes a call's message if it has to do with recording by INFO.
    pub(in crate::trace) fn on_info(
        &mut self,
        call: CallIndex,
        message: &Heard<'_>,
        index: MessageIndex,
        origin: &Origin,
    ) {
        let Some(cseq) = message.cseq() else { return };
        match message.method() {
            Some(Method::Info) => {
                if let Some(wish) = Wish::of(message) {
                    self.on_wish(call, message, index, origin, (cseq.number, wish));
                }
            }
            Some(Method::Bye) => self.end_with_call(call, origin.time_ns),
            None if cseq.method == Method::Info => {
                self.on_answer(call, message, index, origin, cseq.number);
            }
            _ => {}
        }
    }

    fn on_wish(
        &mut self,
        call: CallIndex,
        message: &Heard<'_>,
        index: MessageIndex,
        origin: &Origin,
        asked: (u32, Wish),
    ) {
        let under_way = self.sessions.by_call.get(&call).map(|order| order.session);
        let is_open = |phase| matches!(phase, Phase::Recording | Phase::Starting);
        let current = under_way.filter(|&session| {
            self.sessions.get_mut(session).is_some_and(|session| is_open(session.phase))
        });
        let session = match (current, asked.1) {
            (Some(session), Wish::Off) => session,
            _ => {
                let user = message.from().and_then(|from| from.uri.user_text().map(Into::into));
                let session = Session {
                    method: RecordingMethod::SipInfo,
                    phase: Phase::Starting,
                    start_ns: origin.time_ns,
                    end_ns: None,
                    extension: user.unwrap_or_default(),
                    phone: origin.src,
                    recorder: origin.dst,
                    codec: String::new(),
                    control: Vec::new(),
                    result: RecordingResult::Success,
                    reason: String::new(),
                    call: Some(call),
                    streams: Vec::new(),
                };
                let Some(session) = self.sessions.open(session) else { return };
                session
            }
        };
        self.sessions.by_call.insert(call, Order { session, asked: Some(asked) });
        if let Some(session) = self.sessions.get_mut(session) {
            session.add(index, rule::BX_I2, origin.time_ns);
        }
    }

    fn on_answer(
        &mut self,
        call: CallIndex,
        message: &Message<'_>,
        index: MessageIndex,
        origin: &Origin,
        cseq: u32,
    ) {
        let Some(order) = self.sessions.by_call.get_mut(&call) else { return };
        let (Some((asked, wish)), Some(status)) = (order.asked, message.status()) else { return };
        if asked != cseq || status < 200 {
            return;
        }
        order.asked = None;
        let session = order.session;
        let Some(session) = self.sessions.get_mut(session) else { return };
        let is_granted = status < 300;
        let rule = if is_granted { rule::BX_I2 } else { rule::BX_I3 };
        session.add(index, rule, origin.time_ns);
        match (is_granted, wish) {
            (true, Wish::On) => session.phase = Phase::Recording,
            (true, Wish::Off) => session.phase = Phase::Ended,
            (false, Wish::On) => {
                session.phase = Phase::Failed;
                session.result = RecordingResult::Failed;
                session.reason = format!("refused with {status} {}", status_text(status));
            }
            // The recording stays as it was.
            (false, Wish::Off) => {
                session.reason = format!("stop refused with {status} {}", status_text(status));
            }
        }
    }

    /// What is recorded ends, and the recording with it.
    fn end_with_call(&mut self, call: CallIndex, time_ns: i64) {
        let order = self.sessions.by_call.get(&call).copied();
        let session = order.and_then(|order| self.sessions.get_mut(order.session));
        if let Some(session) = session.filter(|session| session.phase == Phase::Recording) {
            session.phase = Phase::Ended;
            session.end_ns = Some(time_ns);
        }
    }
}
