//! Recordings ordered by a key on the phone, over HTTP (MX-D1 to MX-D4).

use super::{Phase, Session, SessionIndex};
use crate::net::ConnectionId;
use crate::report::{MessageProtocol, RecordingMethod, RecordingResult};
use crate::trace::Trace;
use crate::trace::messages::{Origin, SignallingMessage};
use recscope_core::http::{Message, StartLine};
use recscope_core::rule;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Start,
    Stop,
    /// The call is recorded anyway; keep it.
    Save,
}

impl Wish {
    /// Requests for anything else than recording have no such page.
    fn of(message: &Message) -> Option<Self> {
        let page = message.query_value("page")?;
        let names = [("START", Self::Start), ("STOP", Self::Stop), ("SAVE", Self::Save)];
        names.into_iter().find(|(name, _)| page.eq_ignore_ascii_case(name)).map(|(_, wish)| wish)
    }
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    session: SessionIndex,
    wish: Wish,
}

/// Ends what a key began and nobody stopped with the session by which the recorder obeyed: it lasts
/// until the call is cleared (MX-D2).
pub(super) fn end_with(sessions: &mut [Session], active: &[Session]) {
    let begun = sessions.iter_mut().filter(|session| {
        session.method == RecordingMethod::OnDemand && session.phase == Phase::Recording
    });
    for session in begun {
        let obeys = |active: &&Session| {
            active.phone.ip() == session.phone.ip()
                && active.recorder.ip() == session.recorder.ip()
                && active.start_ns >= session.start_ns
        };
        let obeyed = active.iter().filter(obeys).min_by_key(|active| active.start_ns);
        if let Some(ended) = obeyed.filter(|active| active.phase == Phase::Ended) {
            session.phase = Phase::Ended;
            session.end_ns = ended.end_ns;
        }
    }
}

impl Trace {
    /// Takes an HTTP message; those that have nothing to do with recording are counted, not kept.
    pub(in crate::trace) fn on_http(
        &mut self,
        connection: ConnectionId,
        origin: Origin,
        message: &Message,
        raw: &[u8],
    ) {
        let asked = self.sessions.asked.get(&connection).copied();
        let wish = Wish::of(message);
        let is_answer = matches!(message.start, StartLine::Response { .. });
        if wish.is_none() && !(is_answer && asked.is_some()) {
            self.count_unread("http");
            return;
        }
        if !self.messages.has_room(raw.len()) {
            return;
        }
        let index = self.messages.add(SignallingMessage {
            origin,
            protocol: MessageProtocol::Http,
            summary: message.summary(),
            raw: raw.into(),
            call: None,
            transaction: None,
            retransmission_of: None,
        });
        let session = match (wish, asked) {
            (Some(wish), _) => {
                let session = self.session_of_wish(wish, message, &origin);
                if let Some(session) = session {
                    self.sessions.asked.insert(connection, Asked { session, wish });
                }
                session
            }
            (None, Some(asked)) => {
                self.sessions.asked.remove(&connection);
                if let StartLine::Response { status, reason } = &message.start {
                    self.on_on_demand_answer(asked, *status, reason);
                }
                Some(asked.session)
            }
            (None, None) => None,
        };
        if let Some(session) = session.and_then(|session| self.sessions.get_mut(session)) {
            let rule = if wish == Some(Wish::Save) { rule::MX_D3 } else { rule::MX_D2 };
            session.add(index, rule, origin.time_ns);
        }
    }

    /// The session that a request begins, or the one that it ends.
    fn session_of_wish(
        &mut self,
        wish: Wish,
        message: &Message,
        origin: &Origin,
    ) -> Option<SessionIndex> {
        let is_under_way = |session: &Session| {
            session.method == RecordingMethod::OnDemand
                && session.phase == Phase::Recording
                && session.phone.ip() == origin.src.ip()
                && session.recorder.ip() == origin.dst.ip()
        };
        let under_way = self.sessions.all.iter().rposition(is_under_way).map(SessionIndex);
        if let (Wish::Stop, Some(session)) = (wish, under_way) {
            return Some(session);
        }
        // `OPN` is the extension in the requests seen in the field (MX-D4).
        let extension = message.query_value("OPN").unwrap_or_default().into_owned();
        self.sessions.open(Session {
            method: RecordingMethod::OnDemand,
            phase: Phase::Starting,
            start_ns: origin.time_ns,
            end_ns: None,
            extension,
            phone: origin.src,
            recorder: origin.dst,
            codec: String::new(),
            control: Vec::new(),
            result: RecordingResult::Success,
            reason: String::new(),
            call: None,
            streams: Vec::new(),
        })
    }

    /// Any 2xx is success (MX-D4).
    fn on_on_demand_answer(&mut self, asked: Asked, status: u16, reason: &str) {
        let Some(session) = self.sessions.get_mut(asked.session) else { return };
        let is_granted = (200..300).contains(&status);
        match (is_granted, asked.wish) {
            (true, Wish::Start) => session.phase = Phase::Recording,
            (true, Wish::Stop | Wish::Save) => session.phase = Phase::Ended,
            (false, Wish::Stop) => session.reason = format!("stop refused with {status} {reason}"),
            (false, Wish::Start | Wish::Save) => {
                session.phase = Phase::Failed;
                session.result = RecordingResult::Failed;
                session.reason = format!("refused with {status} {reason}");
            }
        }
    }
}
