//! What an endpoint keeps: transactions and dialogs, by key.

use super::event::DialogKey;
use crate::Instant;
use crate::machine::{TimeoutReason, Timer, Timers, timers};
use crate::rule::Rule;
use crate::sip::dialog::Dialog;
use crate::sip::header::BRANCH_COOKIE;
use crate::sip::transaction::{Client, Server, Timing};
use crate::sip::{Message, Method, Via};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::net::SocketAddr;
use core::time::Duration;

/// What has a deadline.
pub(super) trait Due {
    /// When something is to be done about it, and what for.
    fn next_timeout(&self) -> Option<(Instant, TimeoutReason)>;
}

/// Entries by key, with a schedule: what is due is found without looking at all of them, since
/// an endpoint that serves a thousand phones is asked for its next deadline with each packet.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    entries: BTreeMap<K, Slot<V>>,
    schedule: BTreeSet<(Instant, K)>,
    /// The entry that was lent out last: the schedule may be wrong about it.
    touched: Option<K>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    value: V,
    scheduled: Option<Instant>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), schedule: BTreeSet::new(), touched: None }
    }
}

/// Equal if they hold the same; the schedule follows from that.
impl<K: Ord, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let pairs = |table: &Self| table.entries.len();
        pairs(self) == pairs(other)
            && self.entries.iter().zip(&other.entries).all(|((key, slot), (other_key, other))| {
                key == other_key && slot.value == other.value
            })
    }
}

impl<K: Ord, V: Eq> Eq for Table<K, V> {}

impl<K: Hash, V: Hash> Hash for Table<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries.len().hash(state);
        self.entries.iter().for_each(|(key, slot)| (key, &slot.value).hash(state));
    }
}

impl<K: Ord + Copy, V: Due> Table<K, V> {
    pub(super) fn entry(&self, key: K) -> Option<&V> {
        self.entries.get(&key).map(|slot| &slot.value)
    }

    pub(super) fn entry_mut(&mut self, key: K) -> Option<&mut V> {
        if self.touched != Some(key) {
            self.settle();
        }
        let slot = self.entries.get_mut(&key)?;
        self.touched = Some(key);
        Some(&mut slot.value)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        self.remove(key);
        self.settle();
        self.entries.insert(key, Slot { value, scheduled: None });
        self.touched = Some(key);
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let Slot { value, scheduled } = self.entries.remove(&key)?;
        if let Some(at) = scheduled {
            self.schedule.remove(&(at, key));
        }
        if self.touched == Some(key) {
            self.touched = None;
        }
        Some(value)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().map(|(key, slot)| (*key, &slot.value))
    }

    /// All of them, to change anything but their deadlines.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.entries.iter_mut().map(|(key, slot)| (*key, &mut slot.value))
    }

    /// The first key whose entry fits.
    pub(super) fn find(&self, mut fits: impl FnMut(&V) -> bool) -> Option<K> {
        self.iter().find(|(_, value)| fits(value)).map(|(key, _)| key)
    }

    /// The earliest deadline.
    pub(super) fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let deadline = |key: K| self.entries.get(&key)?.value.next_timeout();
        let mut untouched = self.schedule.iter().filter(|(_, key)| Some(*key) != self.touched);
        let scheduled = untouched.next().and_then(|(_, key)| deadline(*key));
        let touched = self.touched.and_then(deadline);
        scheduled.into_iter().chain(touched).min_by_key(|(at, _)| *at)
    }

    /// What is due by `now`, the earliest first.
    pub(super) fn due(&mut self, now: Instant) -> Vec<K> {
        self.settle();
        self.schedule.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| *key).collect()
    }

    /// Corrects the schedule about the entry that was lent out last.
    fn settle(&mut self) {
        let Some(key) = self.touched.take() else { return };
        let Some(slot) = self.entries.get_mut(&key) else { return };
        let due = slot.value.next_timeout().map(|(at, _)| at);
        let before = core::mem::replace(&mut slot.scheduled, due);
        if before != due {
            before.map(|at| self.schedule.remove(&(at, key)));
            due.map(|at| self.schedule.insert((at, key)));
        }
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
pub(super) struct Identity(String);

impl Identity {
    /// Of a request with this topmost Via. ACK and CANCEL have the identity of their INVITE.
    pub(super) fn of(request: &Message<'_>, via: &Via<'_>) -> Self {
        let sent_by = format!("{}:{}", via.host, via.port.unwrap_or(5060)).to_ascii_lowercase();
        match via.branch().filter(|branch| branch.starts_with(BRANCH_COOKIE)) {
            Some(branch) => Self(format!("{branch} {sent_by}")),
            // A sender of RFC 2543's time: the headers that its ACK repeats have to do.
            None => Self(format!(
                "{} {} {} {sent_by} {}",
                request.call_id().unwrap_or_default(),
                request.from().and_then(|from| from.tag()).unwrap_or_default(),
                request.cseq().map(|cseq| cseq.number).unwrap_or_default(),
                via.branch().unwrap_or_default(),
            )),
        }
    }
}

/// What makes two requests with different branches one merged request (RFC 3261 8.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    call_id: String,
    from_tag: String,
    cseq: String,
}

impl Origin {
    pub(super) fn of(request: &Message<'_>) -> Option<Self> {
        if request.to().is_some_and(|to| to.tag().is_some()) {
            return None;
        }
        Some(Self {
            call_id: request.call_id()?.to_string(),
            from_tag: request.from()?.tag().unwrap_or_default().to_string(),
            cseq: request.cseq()?.to_string(),
        })
    }
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
