//! What happened in the course of a call, in words.

use crate::report::CallEventKind as Kind;
use crate::trace::heard::Heard;
use crate::trace::media::Party;
use crate::trace::messages::Origin;
use foldhash::fast::FixedState;
use recscope_core::sip::header::{ReferTo, Replaces};
use recscope_core::sip::{Message, Method, StartLine, status_text};
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct CallEvent {
    pub(crate) time_ns: i64,
    /// The packet that says so.
    pub(crate) packet: u64,
    /// The side that did it.
    pub(crate) by: Option<Party>,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

/// The events of a call, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    pub(crate) events: Vec<CallEvent>,
    /// Whom the other side was asked to call: user and time.
    pub(crate) referred: Option<(Box<str>, i64)>,
}

impl Course {
    /// Most events kept of one call.
    const MOST: usize = 1000;

    /// Adds an event, unless the packet says so already.
    pub(super) fn add(&mut self, origin: &Origin, by: Option<Party>, kind: Kind, text: String) {
        let same = |event: &CallEvent| event.packet == origin.packet && event.text == text;
        if self.events.len() < Self::MOST && !self.events.last().is_some_and(same) {
            let (time_ns, packet) = (origin.time_ns, origin.packet);
            self.events.push(CallEvent { time_ns, packet, by, kind, text });
        }
    }

    /// A call may take the place of another one (RFC 3891).
    pub(super) fn on_invite(&mut self, message: &Message<'_>, party: Party, origin: &Origin) {
        if let Some(Ok(replaces)) = message.typed::<Replaces<'_>>() {
            let text = format!("takes the place of the call {}", replaces.call_id);
            self.add(origin, Some(party), Kind::Replaces, text);
        }
    }

    /// A side asks the other one to call someone else (RFC 3515).
    pub(super) fn on_refer(&mut self, message: &Message<'_>, party: Party, origin: &Origin) {
        let Some(Ok(ReferTo(target))) = message.typed::<ReferTo<'_>>() else { return };
        let uri = target.uri.to_string();
        let (to, headers) = uri.split_once('?').unwrap_or((&uri, ""));
        let attended = headers.to_ascii_lowercase().contains("replaces=");
        let how = if attended { ", in place of a call that is up" } else { "" };
        let text = format!("{} asks {} to call {to}{how}", party.name(), party.other().name());
        self.referred = target.uri.user_text().map(|user| (user.into(), origin.time_ns));
        self.add(origin, Some(party), Kind::Transfer, text);
    }

    /// What came of it.
    pub(super) fn on_notify(&mut self, message: &Message<'_>, party: Party, origin: &Origin) {
        let Some((_, fragment)) = message.body_of_type("message", "sipfrag") else { return };
        let Some(status) = status_of(fragment) else { return };
        let words = match status {
            ..=100 => return,
            101..=199 => "under way",
            200..=299 => "done",
            _ => "failed",
        };
        let text = format!("transfer {words}: {status} {}", status_text(status));
        self.add(origin, Some(party), Kind::Transfer, text);
    }
}

/// The status of a message of which only the first lines are given (RFC 3420).
fn status_of(fragment: &[u8]) -> Option<u16> {
    let message = Message::parse(fragment).ok()?.message;
    match message.start_line {
        StartLine::Response { status, .. } => Some(status),
        StartLine::Request { .. } => None,
    }
}

/// The latest messages, to tell those that are only on another hop.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(VecDeque<u64>);

impl Seen {
    /// Most remembered. Copies follow each other within a few messages.
    const MOST: usize = 32;

    /// Whether no message of this CSeq, sender and meaning was there before.
    pub(super) fn is_new(&mut self, message: &Heard<'_>) -> bool {
        let cseq = message.cseq();
        let cseq = cseq.as_ref().map(|cseq| (cseq.number, cseq.method.as_str()));
        let tags = [message.tag_of_from(), message.tag_of_to()];
        let method = message.method().map(Method::as_str);
        let said =
            (cseq, tags, method, message.status(), message.header("RSeq"), message.body.is_empty());
        let said = FixedState::default().hash_one(said);
        let is_new = !self.0.contains(&said);
        if is_new {
            if self.0.len() >= Self::MOST {
                self.0.pop_front();
            }
            self.0.push_back(said);
        }
        is_new
    }
}
