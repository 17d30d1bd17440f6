//! What the recorder knows of the extensions, from CSTA, from its host or by their keys; and whether
//! that is reason for a session, or for its end (MX-2, MX-S11, MX-S12, MX-D2, MX-D3).

use core::net::IpAddr;

use super::session::SessionState;
use super::{Demands, Logger, Mapping};
use crate::csta::{CallEvent, CallEventKind};
use crate::recorder::csta::{CstaClient, Notice};
use crate::recorder::on_demand::{Demand, Page};
use crate::rule::{self, rfc};
use crate::time::Instant;

impl Logger {
    pub(super) fn take_notices(&mut self, now: Instant) {
        while let Some(notice) = self.csta.as_mut().and_then(CstaClient::poll_notice) {
            match notice {
                Notice::InService { extension, address: Some(address) } => {
                    self.on_registered(now, &extension, address);
                }
                Notice::InService { .. } => {
                    self.outbox.ignored("the PBX does not say where the extension is", rule::MX_C3);
                }
                Notice::OutOfService { extension, address } => {
                    self.on_unregistered(now, &extension, address);
                }
                Notice::Call { extension, event } => self.on_call_event(now, &extension, &event),
                Notice::Refused { extension, error } => {
                    let text = alloc::format!("{extension} cannot be monitored: {error}");
                    self.outbox.note(text, rule::MX_C1);
                }
                Notice::Lost => {
                    self.subscribers.iter_mut().for_each(|subscriber| subscriber.is_unheard = true);
                }
            }
        }
    }

    fn on_call_event(&mut self, now: Instant, extension: &str, event: &CallEvent) {
        match event.kind {
            CallEventKind::Established => self.on_call(now, extension, true),
            CallEventKind::ConnectionCleared => {
                // One party of several may have left: the extension's own end counts.
                let is_over = event.local_state == "null"
                    || event.subject == extension
                    || event.device == extension
                    || event.local_state.is_empty();
                if is_over {
                    self.on_call(now, extension, false);
                }
            }
            CallEventKind::ServiceInitiated
            | CallEventKind::Originated
            | CallEventKind::Delivered => {}
        }
    }

    pub(super) fn on_registered(&mut self, now: Instant, extension: &str, address: IpAddr) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let before = subscriber.address.replace(address);
        if core::mem::take(&mut subscriber.is_unheard) && before == Some(address) {
            // Told once more after CSTA was lost. A session that stands goes on; one that the phone
            // ended meanwhile, as it does when the PBX restarts (MX-S14), begins anew.
            if !subscriber.state.is_established() {
                self.reconcile(now, index, "registration");
            }
            return;
        }
        // A phone that registers is in no call.
        subscriber.in_call = false;
        subscriber.asked = false;
        let state = subscriber.state;
        let session = subscriber.session.as_ref();
        if session.is_some_and(|session| session.remote.ip() != address) {
            self.leave_address(now, index);
        } else if state.is_established() {
            // The phone was away in between, and has forgotten the session.
            self.drop_session(index);
            self.enter(index, SessionState::Idle, "registered anew");
        }
        self.reconcile(now, index, "registration");
    }

    /// The extension is somewhere else now. The phone that had it says BYE itself (MX-S11).
    fn leave_address(&mut self, now: Instant, index: usize) {
        self.end_take(index);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        let Some(session) = subscriber.session.take() else { return };
        let forgotten = match session.dialog {
            Some(dialog) => subscriber.former.replace(dialog),
            None => None,
        };
        for attempt in session.attempts {
            self.endpoint.cancel(now, attempt, rfc::CANCELLING, &mut self.outbox);
        }
        if let Some(dialog) = forgotten {
            self.endpoint.forget(dialog);
        }
        self.clear_timers(index);
        self.enter(index, SessionState::Idle, "new address");
    }

    pub(super) fn on_unregistered(
        &mut self,
        now: Instant,
        extension: &str,
        address: Option<IpAddr>,
    ) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        subscriber.is_unheard = false;
        if address.is_some() && subscriber.address.is_some() && address != subscriber.address {
            // It is the phone that had the extension before.
            return;
        }
        subscriber.forget();
        self.reconcile(now, index, "un-registration");
    }

    pub(super) fn on_call(&mut self, now: Instant, extension: &str, begins: bool) {
        let Some(index) = self.index_of(extension) else { return };
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        // A call that goes on may be told of again; what its user asked for still holds.
        subscriber.asked &= begins && subscriber.in_call;
        subscriber.in_call = begins;
        subscriber.hears_calls = true;
        if begins {
            self.reconcile(now, index, "call");
        } else {
            self.end_take(index);
            self.reconcile(now, index, "call over");
        }
    }

    pub(super) fn on_demand(&mut self, now: Instant, demand: &Demand) {
        let status = self.obey(now, demand);
        self.demands.answer(demand, status, &mut self.outbox);
        if status == 200
            && let Some(index) = self.subscribers.iter().position(|s| s.number == demand.extension)
        {
            self.reconcile(now, index, "key");
        }
    }

    /// Takes an order by key; the status of the answer.
    fn obey(&mut self, _now: Instant, demand: &Demand) -> u16 {
        let demands = self.config.demands;
        let found = self.subscribers.iter_mut().find(|s| s.number == demand.extension);
        let Some(subscriber) = found else { return 404 };
        match (demands, demand.page) {
            (Demands::Start, Page::Start) if subscriber.in_call => subscriber.asked = true,
            (Demands::Start, Page::Stop) => subscriber.asked = false,
            (Demands::Save, Page::Save) if subscriber.in_call => subscriber.keep = true,
            _ => return 409,
        }
        200
    }

    /// Whether recordings that nobody asked to keep are taken away (MX-D3).
    pub(super) const fn discards(&self) -> bool {
        matches!(self.config.demands, Demands::Save)
    }

    pub(super) fn note_discarded(&mut self, index: usize) {
        if let Some(subscriber) = self.subscribers.get(index) {
            let text = alloc::format!(
                "Nobody asked to keep the call of {}: its recording is discarded.",
                subscriber.number
            );
            self.outbox.note(text, rule::MX_D3);
        }
    }

    pub(super) fn wants_session(&self, index: usize) -> bool {
        self.subscribers.get(index).is_some_and(|subscriber| {
            let by_mapping = match self.config.mapping {
                Mapping::Dynamic => subscriber.in_call,
                Mapping::Static => true,
            };
            let by_demand = self.config.demands != Demands::Start || subscriber.asked;
            subscriber.address.is_some() && by_mapping && by_demand
        })
    }

    /// Does what brings an extension from where it is to where it should be.
    pub(super) fn reconcile(&mut self, now: Instant, index: usize, cause: &'static str) {
        let wanted = self.wants_session(index);
        let Some(subscriber) = self.subscribers.get_mut(index) else { return };
        match (subscriber.state, wanted) {
            // The end of a call is no reason to invite: the phone that said BYE is leaving.
            (SessionState::Idle | SessionState::Waiting, true) if cause == "call over" => {}
            (SessionState::Idle | SessionState::Waiting, true) => self.invite(now, index, cause),
            (SessionState::Waiting, false) => {
                self.clear_timers(index);
                self.enter(index, SessionState::Idle, cause);
            }
            (SessionState::Inviting, false) => self.withdraw(now, index, cause),
            (SessionState::Withdrawing, true) => self.enter(index, SessionState::Inviting, cause),
            (
                SessionState::Recording | SessionState::Checking | SessionState::Refreshing,
                false,
            ) => {
                let rule = match self.config.mapping {
                    Mapping::Dynamic => rule::MX_S1,
                    Mapping::Static => rule::MX_S2,
                };
                self.end_session(now, index, cause, rule);
            }
            _ => {}
        }
    }

    fn index_of(&mut self, extension: &str) -> Option<usize> {
        let index = self.subscribers.iter().position(|s| s.number == extension);
        if index.is_none() {
            self.outbox.ignored("the extension is not one to be recorded", rule::MX_1);
        }
        index
    }
}
