//! What an endpoint keeps: transactions and dialogs, by key.

#[cfg(feature = "small")]
mod few;
#[cfg(not(feature = "small"))]
mod many;

#[cfg(feature = "small")]
pub(super) use few::Table;
#[cfg(not(feature = "small"))]
pub(super) use many::Table;

use super::event::DialogKey;
use crate::Instant;
use crate::machine::{TimeoutReason, Timer, Timers, timers};
use crate::rule::Rule;
use crate::sip::dialog::Dialog;
use crate::sip::header::BRANCH_COOKIE;
use crate::sip::transaction::{Client, Server, Timing};
use crate::sip::{Message, Method, NameAddr, Via};
use crate::spelling::push_number;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// What has a deadline.
pub(super) trait Due {
    /// When something is to be done about it, and what for.
    fn next_timeout(&self) -> Option<(Instant, TimeoutReason)>;
}

/// The earlier of two deadlines, the first where they are the same.
pub(super) fn earlier(
    first: Option<(Instant, TimeoutReason)>,
    second: Option<(Instant, TimeoutReason)>,
) -> Option<(Instant, TimeoutReason)> {
    match (first, second) {
        (Some(first), Some(second)) if second.0 < first.0 => Some(second),
        (None, second) => second,
        (first, _) => first,
    }
}

/// Bytes as they were sent, to send them again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sent {
    pub(super) remote: SocketAddr,
    pub(super) bytes: Vec<u8>,
    pub(super) rule: &'static Rule,
}

/// A request of this side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientEntry {
    pub(super) machine: Client,
    pub(super) branch: String,
    pub(super) method: String,
    pub(super) cseq: u32,
    pub(super) request: Sent,
    /// The dialog it was sent in, or that its answer made.
    pub(super) dialog: Option<DialogKey>,
    /// The tag of whoever accepted it first.
    pub(super) accepted_by: Option<String>,
    /// The ACK to its refusal.
    pub(super) ack: Option<Vec<u8>>,
    /// Cancel it when the first provisional answer comes.
    pub(super) cancel: Option<&'static Rule>,
}

impl ClientEntry {
    pub(super) fn is(&self, method: Method<'_>) -> bool {
        self.method == method.as_str()
    }
}

/// A request of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ServerEntry {
    pub(super) machine: Server,
    pub(super) identity: Identity,
    pub(super) method: String,
    /// The request; its topmost Via says where answers go.
    pub(super) request: Vec<u8>,
    pub(super) remote: SocketAddr,
    /// This side's tag in its answers.
    pub(super) tag: String,
    pub(super) dialog: Option<DialogKey>,
    /// What a merged request has in common with it; `None` if it had a To tag.
    pub(super) origin: Option<Origin>,
    pub(super) last: Option<Sent>,
}

impl ServerEntry {
    pub(super) fn is(&self, method: Method<'_>) -> bool {
        self.method == method.as_str()
    }
}

/// What names a server transaction (RFC 3261 17.2.3), its method aside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity(Vec<u8>);

impl Identity {
    /// Of a request with this topmost Via. ACK and CANCEL have the identity of their INVITE.
    pub(super) fn of(request: &Message<'_>, via: &Via<'_>) -> Self {
        let mut name = Vec::new();
        via.host.push(&mut name);
        name.make_ascii_lowercase();
        name.push(b':');
        push_number(&mut name, via.port.unwrap_or(5060).into());
        let branch = via.branch().unwrap_or_default();
        push_part(&mut name, branch);
        if !branch.starts_with(BRANCH_COOKIE) {
            // A sender of RFC 2543's time: the headers that its ACK repeats have to do.
            push_call(&mut name, request);
        }
        Self(name)
    }
}

/// What makes two requests with different branches one merged request (RFC 3261 8.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin(Vec<u8>);

impl Origin {
    pub(super) fn of(request: &Message<'_>) -> Option<Self> {
        if request.to().is_some_and(|to| to.tag().is_some()) {
            return None;
        }
        let mut name = request.cseq()?.method.as_str().as_bytes().to_vec();
        push_call(&mut name, request).then_some(Self(name))
    }
}

/// Appends Call-ID, From tag and CSeq number; `false` where a header of them is missing.
fn push_call(out: &mut Vec<u8>, request: &Message<'_>) -> bool {
    let (call_id, from, cseq) = (request.call_id(), request.from(), request.cseq());
    push_part(out, call_id.unwrap_or_default());
    push_part(out, from.as_ref().and_then(NameAddr::tag).unwrap_or_default());
    out.push(b' ');
    push_number(out, cseq.map_or(0, |cseq| cseq.number));
    call_id.is_some() && from.is_some() && cseq.is_some()
}

/// Appends a blank, which none of the parts can hold, and a part.
fn push_part(out: &mut Vec<u8>, part: &str) {
    out.push(b' ');
    out.extend_from_slice(part.as_bytes());
}

timers! {
    enum AcceptTimer {
        Repeat = "2xx again",
        GiveUp = "no ACK",
    }
}

/// A 2xx to an INVITE, until its ACK (RFC 3261 13.3.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Accepted {
    pub(super) cseq: u32,
    pub(super) response: Sent,
    timers: Timers<AcceptTimer, 2>,
    interval: Duration,
    timing: Timing,
}

impl Accepted {
    pub(super) fn start(now: Instant, cseq: u32, response: Sent, timing: Timing) -> Self {
        let mut timers = Timers::default();
        timers.advance(now);
        timers.set(AcceptTimer::Repeat, timing.t1);
        timers.set(AcceptTimer::GiveUp, timing.patience());
        Self { cseq, response, timers, interval: timing.t1, timing }
    }

    /// Takes one timer that is due: whether to send again, or to give up.
    pub(super) fn on_timeout(&mut self, now: Instant) -> Option<AcceptExpiry> {
        self.timers.advance(now);
        Some(match self.timers.expire()? {
            AcceptTimer::Repeat => {
                self.interval = self.timing.backed_off(self.interval);
                self.timers.set(AcceptTimer::Repeat, self.interval);
                AcceptExpiry::Retransmit
            }
            AcceptTimer::GiveUp => AcceptExpiry::GiveUp,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AcceptExpiry {
    Retransmit,
    GiveUp,
}

/// A dialog, with what hangs on it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DialogEntry {
    pub(super) dialog: Dialog,
    /// This side's 2xx that is not acknowledged yet.
    pub(super) accepted: Option<Accepted>,
    /// This side's INVITE that was last accepted.
    pub(super) invited: Option<Invited>,
    /// End it as soon as the ACK is there.
    pub(super) bye: Option<&'static Rule>,
    /// A BYE was sent.
    pub(super) is_ending: bool,
}

/// An INVITE of this side that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Invited {
    pub(super) cseq: u32,
    /// Sent again whenever the 2xx comes again.
    pub(super) ack: Option<Sent>,
}

impl DialogEntry {
    pub(super) const fn new(dialog: Dialog) -> Self {
        Self { dialog, accepted: None, invited: None, bye: None, is_ending: false }
    }

    pub(super) fn advance(&mut self, now: Instant) {
        if let Some(accepted) = &mut self.accepted {
            accepted.timers.advance(now);
        }
    }

    pub(super) fn timers(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        let running = self.accepted.iter().flat_map(|accepted| accepted.timers.running());
        running.map(|(timer, left)| (timer.name(), left))
    }
}

impl Due for ClientEntry {
    fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.machine.next_timeout()
    }
}

impl Due for ServerEntry {
    fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.machine.next_timeout()
    }
}

impl Due for DialogEntry {
    fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let (at, timer) = self.accepted.as_ref()?.timers.next()?;
        Some((at, timer.name()))
    }
}
