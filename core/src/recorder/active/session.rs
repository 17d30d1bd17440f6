//! One extension and its recording session.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use super::stereo::Stereo;
use super::tape::Incoming;
use crate::machine::{Timers, Uncompared, states, timers};
use crate::rule::{self, rfc};
use crate::sdp::forwarding::Expected;
use crate::sip::endpoint::{ClientKey, DialogKey};
use crate::time::Instant;

states! {
    /// Where the recorder is with an extension.
    pub enum SessionState: "recording session" {
        /// Nothing is to be recorded.
        Idle = "no session",
        /// The phone is asked for its copies.
        Inviting = "inviting",
        /// Not wanted any more, but the phone may still agree.
        Withdrawing = "withdrawing the INVITE",
        /// The phone copies.
        Recording = "recording",
        /// The phone is asked whether it is still there.
        Checking = "waiting for 200 to UPDATE",
        /// It did not say so; asked again by a re-INVITE.
        Refreshing = "waiting for 200 to re-INVITE",
        /// Ended; waits for the phone's word.
        Ending = "waiting for 200 to BYE",
        /// The phone could not be won; it is asked again later.
        Waiting = "waiting to invite again",
    }
    Idle -> Inviting: "registration", rule::MX_S2;
    Idle -> Inviting: "call", rule::MX_2;
    Idle -> Inviting: "key", rule::MX_D2;
    Idle -> Inviting: "session over", rule::MX_2;
    Waiting -> Inviting: "registration", rule::MX_S12;
    Waiting -> Inviting: "call", rule::MX_2;
    Waiting -> Inviting: "key", rule::MX_D2;
    Waiting -> Inviting: "retry", rule::MX_S10;
    Waiting -> Idle: "call over", rule::MX_2;
    Waiting -> Idle: "registration", rule::MX_S12;
    Waiting -> Idle: "un-registration", rule::MX_S2;
    Waiting -> Idle: "key", rule::MX_D2;
    Inviting -> Recording: "200", rule::MX_S1;
    Inviting -> Waiting: "refused", rule::MX_S1;
    Inviting -> Waiting: "no answer", rule::MX_S6;
    Inviting -> Withdrawing: "call over", rule::MX_2;
    Inviting -> Withdrawing: "registration", rule::MX_S12;
    Inviting -> Withdrawing: "un-registration", rule::MX_S2;
    Inviting -> Withdrawing: "key", rule::MX_D2;
    Inviting -> Idle: "new address", rule::MX_S11;
    Withdrawing -> Inviting: "registration", rule::MX_S2;
    Withdrawing -> Inviting: "call", rule::MX_2;
    Withdrawing -> Inviting: "key", rule::MX_D2;
    Withdrawing -> Ending: "200", rfc::ACK_SUCCESS;
    Withdrawing -> Idle: "refused", rfc::CANCELLED;
    Withdrawing -> Idle: "no answer", rule::MX_S6;
    Withdrawing -> Idle: "new address", rule::MX_S11;
    Recording -> Checking: "keep-alive", rule::MX_S3;
    Checking -> Recording: "200", rule::MX_S3;
    Checking -> Refreshing: "no answer", rule::MX_S10;
    Checking -> Inviting: "session unknown to the phone", rule::MX_S12;
    Refreshing -> Recording: "200", rule::MX_S10;
    Refreshing -> Inviting: "no answer", rule::MX_S10;
    Refreshing -> Inviting: "session unknown to the phone", rule::MX_S12;
    Recording -> Ending: "call over", rule::MX_2;
    Checking -> Ending: "call over", rule::MX_2;
    Refreshing -> Ending: "call over", rule::MX_2;
    Recording -> Ending: "un-registration", rule::MX_S2;
    Checking -> Ending: "un-registration", rule::MX_S2;
    Refreshing -> Ending: "un-registration", rule::MX_S2;
    Recording -> Ending: "key", rule::MX_D2;
    Checking -> Ending: "key", rule::MX_D2;
    Refreshing -> Ending: "key", rule::MX_D2;
    Recording -> Waiting: "BYE", rule::MX_S5;
    Checking -> Waiting: "BYE", rule::MX_S5;
    Refreshing -> Waiting: "BYE", rule::MX_S5;
    Recording -> Idle: "new address", rule::MX_S11;
    Checking -> Idle: "new address", rule::MX_S11;
    Refreshing -> Idle: "new address", rule::MX_S11;
    Recording -> Idle: "registered anew", rule::MX_S12;
    Checking -> Idle: "registered anew", rule::MX_S12;
    Refreshing -> Idle: "registered anew", rule::MX_S12;
    Ending -> Idle: "200", rule::MX_S1;
    Ending -> Idle: "no answer", rule::MX_S1;
    Ending -> Idle: "BYE", rule::MX_S5;
    Ending -> Idle: "new address", rule::MX_S11;
}

impl SessionState {
    /// Whether there is a session that both sides agreed to.
    #[must_use]
    pub const fn is_established(self) -> bool {
        matches!(self, Self::Recording | Self::Checking | Self::Refreshing)
    }
}

timers! {
    /// Deadlines of a session.
    pub enum SessionTimer {
        /// The next UPDATE is due.
        KeepAlive = "keep-alive",
        /// No answer yet: another INVITE, or the next way to ask.
        Patience = "answer",
        /// Another session is tried.
        Retry = "retry",
    }
}

/// An extension that is to be recorded: first what every packet of its phone needs, so that of
/// thousands of extensions no more than that has to be in the processor's cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(64))]
pub(super) struct Subscriber {
    pub(super) state: SessionState,
    pub(super) in_call: bool,
    /// Whether calls are told at all.
    pub(super) hears_calls: bool,
    /// The user asked for this call to be recorded (MX-D2).
    pub(super) asked: bool,
    /// The user asked for this call's recording to be kept (MX-D3).
    pub(super) keep: bool,
    /// CSTA was lost: what it tells next may be old news.
    pub(super) is_unheard: bool,
    /// Which of its two sets of ports is in use.
    pub(super) generation: u16,
    pub(super) incoming: Vec<Incoming>,
    pub(super) session: Option<Session>,
    pub(super) sip_port: u16,
    pub(super) number: String,
    /// Where it is registered.
    pub(super) address: Option<IpAddr>,
    pub(super) timers: Timers<SessionTimer, 3>,
    /// The deadline that stands in the schedule.
    pub(super) planned: Uncompared<Option<Instant>>,
    /// A session that is over here, whose phone may not know yet.
    pub(super) former: Option<DialogKey>,
    /// The file of both sides, where there is one.
    pub(super) stereo: Option<Stereo>,
    /// Recordings begun so far.
    pub(super) takes: u32,
}

impl Subscriber {
    pub(super) fn new(number: &str, sip_port: u16) -> Self {
        Self {
            number: number.into(),
            sip_port,
            address: None,
            in_call: false,
            hears_calls: false,
            asked: false,
            keep: false,
            state: SessionState::Idle,
            timers: Timers::default(),
            planned: Uncompared::default(),
            is_unheard: false,
            session: None,
            former: None,
            generation: 0,
            incoming: Vec::new(),
            stereo: None,
            takes: 0,
        }
    }

    /// It is registered nowhere.
    pub(super) fn forget(&mut self) {
        self.address = None;
        self.in_call = false;
        self.asked = false;
    }

    /// From now on these streams are awaited, whatever came before.
    pub(super) fn expect(&mut self, expected: Vec<Expected>) {
        for incoming in &mut self.incoming {
            *incoming.came_as = None;
        }
        if let Some(session) = &mut self.session {
            session.expected = expected;
        }
    }

    /// Where its phone listens for recorders.
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(self.address?, self.sip_port))
    }

    /// Whether a request of this side is under way in its session.
    pub(super) fn owns(&self, transaction: ClientKey) -> bool {
        self.session.as_ref().is_some_and(|session| {
            session.pending == Some(transaction) || session.attempts.contains(&transaction)
        })
    }

    /// Whether the dialog is that of its session.
    pub(super) fn has(&self, dialog: DialogKey) -> bool {
        self.session.as_ref().is_some_and(|session| session.dialog == Some(dialog))
    }
}

/// A session that is asked for or agreed; like [`Subscriber`], first what every packet needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub(super) struct Session {
    pub(super) expected: Vec<Expected>,
    pub(super) remote: SocketAddr,
    /// The From of its INVITEs, with the tag.
    pub(super) from: String,
    pub(super) call_id: String,
    /// The CSeq of the last INVITE outside a dialog.
    pub(super) cseq: u32,
    /// The Session-ID header, and `o=` of the descriptions.
    pub(super) session_id: String,
    pub(super) origin: u32,
    pub(super) version: u32,
    pub(super) offer: String,
    /// INVITEs without a final answer.
    pub(super) attempts: Vec<ClientKey>,
    /// How many more INVITEs may follow.
    pub(super) repeats_left: u8,
    pub(super) dialog: Option<DialogKey>,
    /// UPDATE, re-INVITE or BYE without a final answer.
    pub(super) pending: Option<ClientKey>,
}
