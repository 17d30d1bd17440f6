//! Recordings seen being made.
//!
//! Orders come over several protocols; each has a file of its own that turns what it says into
//! the common [`Session`].

pub(super) mod active;
mod info;
mod on_demand;
mod server;

use super::key::FastMap;
use super::stream::{Owner, Stream};
use super::{CallIndex, MessageIndex, Trace};
use crate::net::ConnectionId;
use crate::order;
use crate::report::{RecordingMethod, RecordingResult};
use recscope_core::Rule;
use std::net::SocketAddr;

/// A recording session's place in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionIndex(pub(crate) usize);

/// A recording as far as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) method: RecordingMethod,
    pub(crate) phase: Phase,
    pub(crate) start_ns: i64,
    pub(crate) end_ns: Option<i64>,
    pub(crate) extension: String,
    pub(crate) phone: SocketAddr,
    pub(crate) recorder: SocketAddr,
    pub(crate) codec: String,
    /// Its messages, each with the rule behind it.
    pub(crate) control: Vec<(MessageIndex, &'static Rule)>,
    pub(crate) result: RecordingResult,
    pub(crate) reason: String,
    /// The call that is recorded, or by which recording was ordered: its streams are the session's.
    pub(crate) call: Option<CallIndex>,
    /// Its streams, as indices into the report's.
    pub(crate) streams: Vec<usize>,
}

/// How far a recording has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Asked for, not answered.
    Starting,
    /// Agreed.
    Recording,
    /// Its end was asked for, not confirmed.
    Stopping,
    /// Over.
    Ended,
    /// Refused, or never answered.
    Failed,
    /// Over without an order.
    BrokenOff,
}

impl Phase {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Recording => "recording",
            Self::Stopping => "stopping",
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::BrokenOff => "broken off",
        }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// One side closed it.
    Closed,
    /// It was reset, or is no longer followed.
    Broken,
}

/// All recording sessions of a capture, by first message.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub(super) all: Vec<Session>,
    /// Server recordings by connection, with their ids.
    by_connection: FastMap<ConnectionId, Vec<(Box<str>, SessionIndex)>>,
    /// The recording that a call has under way by SIP INFO.
    by_call: FastMap<CallIndex, info::Order>,
    /// The request on demand that waits for its answer on a connection.
    asked: FastMap<ConnectionId, on_demand::Asked>,
}

impl Sessions {
    /// Most sessions that are followed.
    const MOST: usize = 65_536;

    fn open(&mut self, session: Session) -> Option<SessionIndex> {
        (self.all.len() < Self::MOST).then(|| {
            self.all.push(session);
            SessionIndex(self.all.len() - 1)
        })
    }

    /// Follows [`Messages::sort`](super::messages::Messages::sort).
    pub(super) fn renumber_messages(&mut self, places: &[MessageIndex]) {
        for (message, _) in self.all.iter_mut().flat_map(|session| &mut session.control) {
            *message = places.get(message.0).copied().unwrap_or(*message);
        }
    }

    fn get_mut(&mut self, index: SessionIndex) -> Option<&mut Session> {
        self.all.get_mut(index.0)
    }
}

impl Session {
    /// Adds a message; a session's messages are few, a hostile one's are not.
    fn add(&mut self, message: MessageIndex, rule: &'static Rule, time_ns: i64) {
        const MOST: usize = 65_536;
        if self.control.len() < MOST {
            self.control.push((message, rule));
        }
        self.end_ns = Some(self.end_ns.map_or(time_ns, |end| end.max(time_ns)));
    }
}

impl Trace {
    /// All sessions, those ordered by calls among them, by first message; `streams` are those of
    /// the report.
    pub(super) fn finish_sessions(&mut self, streams: &[Stream]) -> Vec<Session> {
        let mut all = std::mem::take(&mut self.sessions.all);
        for (number, stream) in streams.iter().enumerate() {
            if let Some(Owner::Session(index)) = stream.owner
                && let Some(session) = all.get_mut(index.0)
            {
                session.streams.push(number);
            }
        }
        let active = self.active_sessions();
        on_demand::end_with(&mut all, &active);
        all.extend(active);
        for session in &mut all {
            if session.phase == Phase::Starting {
                session.result = RecordingResult::Failed;
                if session.reason.is_empty() {
                    session.reason = String::from("no answer");
                }
            }
            if let Some(call) = session.call {
                let of_call = (0..).zip(streams).filter(|(_, stream)| stream.call() == Some(call));
                session.streams = of_call.map(|(number, _)| number).collect();
            }
            let ends = session.streams.iter().filter_map(|&stream| streams.get(stream));
            let last = ends.clone().map(|stream| stream.last_ns).max();
            if session.phase == Phase::Recording {
                session.end_ns = session.end_ns.max(last);
            }
            if session.codec.is_empty()
                && let Some(payload) = ends.clone().find_map(Stream::main_payload)
            {
                session.codec = payload.format.name.to_string();
            }
        }
        order::sort_by_key(&mut all, |session| order::signed(session.start_ns));
        all
    }
}
