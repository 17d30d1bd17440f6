//! What the rules allow the phone, judged from the messages alone.

use recscope_core::Instant;
use recscope_core::sip::{Message, Method};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long an accepted INVITE waits for its ACK: 64 T1.
const ACK_WAIT: Duration = Duration::from_secs(32);

/// A rule that was seen broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Broken {
    /// (a) Copies before the ACK of an accepted INVITE from an allowed address.
    CopiesBeforeAck,
    /// (b) Copies after BYE, un-registration or power-off.
    CopiesAfterEnd,
    /// (c) Un-registration with a session open sent no BYE, more than one, or one too early.
    Bye,
    /// (d) A BYE for a session that another has replaced.
    ByeForReplaced,
}

/// A session that the phone agreed to, named by its Call-ID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Session {
    accepted: Instant,
    is_acknowledged: bool,
    is_over: bool,
    is_replaced: bool,
    /// The recorder's own BYE reached the phone.
    was_ended_by_recorder: bool,
    /// The phone unregistered while it was open.
    owes_bye: bool,
    /// Branches of the phone's BYEs; repetitions have the same.
    byes: BTreeSet<String>,
}

/// An eye on the phone's wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Monitor {
    sessions: BTreeMap<String, Session>,
    is_registered: bool,
    broken: BTreeSet<Broken>,
}

impl Monitor {
    pub(crate) fn is_kept(&self, rule: Broken) -> bool {
        !self.broken.contains(&rule)
    }

    pub(crate) fn on_log_on(&mut self) {
        self.is_registered = true;
    }

    pub(crate) fn on_log_off(&mut self) {
        self.is_registered = false;
        for session in self.sessions.values_mut() {
            session.owes_bye |= !session.is_over && !session.is_replaced;
        }
    }

    pub(crate) fn on_power_cut(&mut self) {
        self.is_registered = false;
        self.sessions.clear();
    }

    /// The phone sends this.
    pub(crate) fn on_sent(&mut self, now: Instant, message: &Message<'_>) {
        let Some(call_id) = message.call_id() else { return };
        let answered = message.cseq().map(|cseq| cseq.method);
        if message.status() == Some(200) && answered == Some(Method::Invite) {
            if !self.sessions.contains_key(call_id) {
                self.accept(now, call_id);
            }
        } else if message.method() == Some(Method::Bye) {
            let branch = message.via().and_then(|via| via.branch()).unwrap_or_default();
            self.end_by_phone(now, call_id, branch);
        }
    }

    fn accept(&mut self, now: Instant, call_id: &str) {
        self.sessions.retain(|_, session| !session.is_over);
        self.sessions.values_mut().for_each(|session| session.is_replaced = true);
        let session = Session {
            accepted: now,
            is_acknowledged: false,
            is_over: false,
            is_replaced: false,
            was_ended_by_recorder: false,
            owes_bye: false,
            byes: BTreeSet::new(),
        };
        self.sessions.insert(call_id.into(), session);
    }

    fn end_by_phone(&mut self, now: Instant, call_id: &str, branch: &str) {
        let Some(session) = self.sessions.get_mut(call_id) else { return };
        session.byes.insert(branch.into());
        session.is_over = true;
        if session.is_replaced {
            self.broken.insert(Broken::ByeForReplaced);
        }
        let is_early = !session.is_acknowledged && now < session.accepted + ACK_WAIT;
        if is_early || session.byes.len() > 1 {
            self.broken.insert(Broken::Bye);
        }
    }

    /// This reached the phone from a recorder that is allowed.
    pub(crate) fn on_delivered(&mut self, message: &Message<'_>) {
        let Some(call_id) = message.call_id() else { return };
        let Some(session) = self.sessions.get_mut(call_id) else { return };
        match message.method() {
            Some(Method::Ack) => {
                session.is_acknowledged = true;
                if !session.is_over && !session.is_replaced {
                    let replaced = self.sessions.values_mut().filter(|other| other.is_replaced);
                    replaced.for_each(|other| other.is_over = true);
                }
            }
            Some(Method::Bye) => {
                session.is_over = true;
                session.was_ended_by_recorder = true;
            }
            _ => {}
        }
    }

    /// The phone would send copies of sound that came now.
    pub(crate) fn on_copies(&mut self) {
        let mut sessions = self.sessions.values();
        let may = |session: &Session| session.is_acknowledged && !session.is_over;
        if self.is_registered && sessions.clone().any(may) {
            return;
        }
        let waits = |session: &Session| !session.is_acknowledged && !session.is_over;
        let is_early = self.is_registered && sessions.any(waits);
        self.broken.insert(if is_early { Broken::CopiesBeforeAck } else { Broken::CopiesAfterEnd });
    }

    /// The phone says that it is logged off and has nothing more to say.
    pub(crate) fn on_silence(&mut self) {
        let owes = |session: &Session| {
            session.owes_bye && !session.was_ended_by_recorder && session.byes.is_empty()
        };
        if self.sessions.values().any(owes) {
            self.broken.insert(Broken::Bye);
        }
    }
}
