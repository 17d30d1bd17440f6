//! Calls: between two phones, or between a phone and somebody outside, with a leg of its own to
//! each phone; and what CSTA says of them.
//!
//! Here is what becomes of a call, whoever takes part in it. What the parties say is read where
//! their language is: [`sip`], [`h323`], and [`outside`] for those that the PBX plays.

mod h323;
mod outside;
mod sip;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{Due, Pbx};
use crate::csta::{CallEvent, CallEventKind, Event as CstaEvent};
use crate::machine::{State as _, states};
use crate::ras;
use crate::rule::{self, rfc};
use crate::sdp::offer_answer::offer;
use crate::sip::endpoint::{ClientKey, DialogKey, ServerKey};
use crate::sip::{Method, status_text};

/// Calls held at once; more are refused.
const MAX_CALLS: usize = 50_000;

states! {
    /// How far a call has come.
    pub enum CallState: "PBX call" {
        /// The called party is looked for.
        Dialled = "set up",
        /// It rings.
        Ringing = "ringing",
        /// Both parties talk.
        Talking = "connected",
        /// It is over.
        Over = "released",
    }
    Dialled -> Ringing: "ringing", rfc::CALL;
    Dialled -> Talking: "answer", rfc::CALL;
    Ringing -> Talking: "answer", rfc::CALL;
    Dialled -> Over: "release", rfc::CALL;
    Ringing -> Over: "release", rfc::CALL;
    Talking -> Over: "release", rfc::BYE;
}

/// One of a call's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum End {
    Calling,
    Called,
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Calling => Self::Called,
            Self::Called => Self::Calling,
        }
    }
}

/// What connects the PBX with a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Leg {
    /// Somebody outside, reached by the gateway.
    Outside,
    /// A phone whose INVITE has no final answer yet.
    Asking(ServerKey),
    /// A phone that was sent an INVITE and did not answer it yet.
    Asked(ClientKey),
    /// A phone in a dialog.
    In(DialogKey),
    /// A terminal whose SETUP is not answered yet.
    Calling(SocketAddr),
    /// A terminal that was sent a SETUP and did not answer it yet.
    Called(SocketAddr),
    /// A terminal that talks.
    Talking(SocketAddr),
    /// Not there yet.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Party {
    number: String,
    leg: Leg,
    /// The session description that a phone sent last.
    description: Vec<u8>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Call {
    id: u32,
    state: CallState,
    calling: Party,
    called: Party,
    /// The PBX was asked to record it, and does (BX-I2).
    is_recorded: bool,
    /// The end that has left, on the way to the end of the call.
    left: Option<End>,
}

impl Call {
    const fn party(&self, end: End) -> &Party {
        match end {
            End::Calling => &self.calling,
            End::Called => &self.called,
        }
    }

    /// The end that has this leg.
    fn end_of(&self, leg: Leg) -> Option<End> {
        [End::Calling, End::Called].into_iter().find(|&end| self.party(end).leg == leg)
    }

    pub(super) const fn state(&self) -> CallState {
        self.state
    }
}

impl Pbx {
    /// Why a call cannot be, as a status.
    fn objection(&self, caller: &str, number: &str, remote: SocketAddr) -> Option<u16> {
        let registration = self.registrations.get(caller);
        let is_registered = registration.is_some_and(|known| known.target.ip() == remote.ip());
        match () {
            () if !is_registered => Some(403),
            () if number.is_empty() => Some(484),
            () if number == caller || self.is_busy(number) => Some(486),
            () if self.calls.len() >= MAX_CALLS => Some(503),
            () => None,
        }
    }

    /// Looks for the called party of a new call.
    fn connect(&mut self, calling: Party, number: &str) {
        let id = self.next_id();
        let leg = calling.leg;
        let offered = calling.description.clone();
        let called = Party { number: number.to_string(), leg: Leg::None, description: Vec::new() };
        let state = CallState::Dialled;
        self.calls.insert(id, Call { id, state, calling, called, is_recorded: false, left: None });
        self.tell_step(id, CallEventKind::ServiceInitiated, End::Calling, "normal");
        self.tell_step(id, CallEventKind::Originated, End::Calling, "newCall");
        if self.registrations.contains_key(number) {
            if let Leg::Asking(transaction) = leg {
                let trying = self.endpoint.response(transaction, 100);
                self.respond(transaction, trying, rfc::INVITE_SERVER);
            }
            self.ring(id, None);
        } else if self.config.extensions.iter().any(|known| known == number) {
            self.release(id, End::Called, "destNotObtainable", 480);
        } else if self.gateway_answer(id, &offered).is_none() {
            self.release(id, End::Called, "incompatibleDestination", 488);
        } else {
            if let Some(call) = self.calls.get_mut(&id) {
                call.called.leg = Leg::Outside;
            }
            self.ringing(id);
            if let Some(after) = self.config.answer_after {
                self.deadlines.set(Due::Answer(id), after);
            }
        }
    }

    /// Sends the INVITE to the called phone.
    fn ring(&mut self, id: u32, name: Option<&str>) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(phone) = self.registrations.get(&call.called.number) else { return };
        if let Some(terminal) = phone.terminal() {
            let setup = ras::Message::Setup {
                calling: call.calling.number.clone(),
                name: name.unwrap_or_default().to_string(),
                called: call.called.number.clone(),
            };
            self.outbox.ras(terminal, setup, rule::MX_1);
            if let Some(call) = self.calls.get_mut(&id) {
                call.called.leg = Leg::Called(terminal);
            }
            return;
        }
        let (target, contact) = (phone.target, phone.contact.clone());
        let here = self.config.sip;
        let number = uri_user(&call.calling.number);
        let from = match name.filter(|name| !name.is_empty()) {
            Some(name) => format!("\"{}\" <sip:{number}@{here}>", name.replace(['"', '\\'], "'")),
            None => format!("<sip:{number}@{here}>"),
        };
        let to = format!("<sip:{}@{here}>", call.called.number);
        // Phones send their sound to each other directly: each gets the other's description.
        let description = match call.calling.leg {
            Leg::Asking(_) => call.calling.description.clone(),
            _ => offer(&self.gateway(id)).to_string().into_bytes(),
        };
        let invite = self.endpoint.request(Method::Invite, contact, from, to);
        let invite = invite.body("application/sdp", &description);
        let key = self.send_request(target, invite, rfc::CALL);
        if let Some(call) = self.calls.get_mut(&id) {
            call.called.leg = Leg::Asked(key);
        }
    }

    /// The called party rings.
    fn ringing(&mut self, id: u32) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.state != CallState::Dialled {
            return;
        }
        self.outbox.event(call.state.enter(CallState::Ringing, "ringing"));
        match call.calling.leg {
            Leg::Asking(caller) => {
                let ringing = self.endpoint.response(caller, 180);
                self.respond(caller, ringing, rfc::CALL);
            }
            Leg::Calling(caller) => self.outbox.ras(caller, ras::Message::Alerting, rule::MX_1),
            _ => {}
        }
        self.tell_step(id, CallEventKind::Delivered, End::Called, "newCall");
    }

    /// The called party answered.
    fn answered(&mut self, id: u32) {
        self.deadlines.clear(Due::Answer(id));
        let Some(call) = self.calls.get_mut(&id) else { return };
        self.outbox.event(call.state.enter(CallState::Talking, "answer"));
        if let Leg::Asking(caller) = call.calling.leg {
            let offer = core::mem::take(&mut call.calling.description);
            let description = match call.called.leg {
                Leg::In(_) => call.called.description.clone(),
                _ => self.gateway_answer(id, &offer).unwrap_or_default(),
            };
            let ok = self.endpoint.response(caller, 200).body("application/sdp", &description);
            let dialog = self.endpoint.respond(
                self.deadlines.now(),
                caller,
                ok,
                rfc::OFFER,
                &mut self.outbox,
            );
            if let Some(call) = self.calls.get_mut(&id) {
                call.calling.leg = dialog.map_or(Leg::None, Leg::In);
                call.calling.description = offer;
            }
        }
        if let Some(Call { calling: Party { leg: leg @ Leg::Calling(_), .. }, .. }) =
            self.calls.get_mut(&id)
            && let Leg::Calling(caller) = *leg
        {
            *leg = Leg::Talking(caller);
            self.outbox.ras(caller, ras::Message::Connect, rule::MX_1);
        }
        self.tell_step(id, CallEventKind::Established, End::Called, "normal");
    }

    /// One end leaves, and so the other has to: it is told `status` if it still waits for an
    /// answer.
    fn release(&mut self, id: u32, by: End, cause: &str, status: u16) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        self.outbox.event(call.state.enter(CallState::Over, "release"));
        let other = call.party(by.other()).leg;
        self.tell_step(id, CallEventKind::ConnectionCleared, by, cause);
        if let Some(call) = self.calls.get_mut(&id) {
            call.left = Some(by);
        }
        self.tell_step(id, CallEventKind::ConnectionCleared, by.other(), cause);
        self.calls.remove(&id);
        self.deadlines.clear(Due::Answer(id));
        self.end_leg(other, status);
    }

    /// Ends all calls, on both legs of each.
    pub(super) fn release_all(&mut self) {
        let calls: Vec<_> = self.calls.values().map(|call| (call.id, call.calling.leg)).collect();
        for (id, caller) in calls {
            self.release(id, End::Calling, "normalClearing", 480);
            self.end_leg(caller, 480);
        }
    }

    fn end_leg(&mut self, leg: Leg, status: u16) {
        let now = self.deadlines.now();
        match leg {
            Leg::Asking(caller) => {
                let refusal = self.endpoint.response(caller, status);
                self.respond(caller, refusal, rfc::CALL);
            }
            Leg::Asked(called) => {
                self.endpoint.cancel(now, called, rfc::CANCELLING, &mut self.outbox);
            }
            Leg::In(dialog) => {
                self.endpoint.bye(now, dialog, rfc::BYE, &mut self.outbox);
            }
            Leg::Talking(terminal) | Leg::Called(terminal) => {
                let release = ras::Message::ReleaseComplete { reason: "normal call clearing" };
                self.outbox.ras(terminal, release, rule::MX_1);
            }
            Leg::Calling(terminal) => {
                let release = ras::Message::ReleaseComplete { reason: status_text(status) };
                self.outbox.ras(terminal, release, rule::MX_1);
            }
            Leg::Outside | Leg::None => {}
        }
    }

    /// An extension's phone started afresh: the calls that it had are gone on its side.
    pub(super) fn drop_calls(&mut self, extension: &str) {
        loop {
            let place = self.calls.values().find_map(|call| {
                let end = [End::Calling, End::Called]
                    .into_iter()
                    .find(|&end| call.party(end).number == extension)?;
                (call.party(end).leg != Leg::Outside).then_some((call.id, end, call.party(end).leg))
            });
            let Some((id, end, leg)) = place else { return };
            if let Leg::In(dialog) = leg {
                self.endpoint.forget(dialog);
            }
            self.release(id, end, "normalClearing", 480);
        }
    }

    /// Tells all monitors of a call's parties of a step, each with its own connection's state.
    fn tell_step(&mut self, id: u32, kind: CallEventKind, about: End, cause: &str) {
        let Some(call) = self.calls.get(&id) else { return };
        for viewer in [End::Calling, End::Called] {
            let local_state = match (kind, viewer) {
                (CallEventKind::ServiceInitiated, End::Calling) => "initiated",
                (CallEventKind::ServiceInitiated | CallEventKind::Originated, End::Called) => {
                    continue;
                }
                (CallEventKind::Delivered, End::Called) => "alerting",
                (CallEventKind::ConnectionCleared, viewer)
                    if viewer == about || call.left == Some(viewer) =>
                {
                    "null"
                }
                _ => "connected",
            };
            let device = call.party(about).number.clone();
            let event = CallEvent {
                call_id: call.id.to_string(),
                subject: device.clone(),
                device,
                calling: call.calling.number.clone(),
                called: call.called.number.clone(),
                local_state: local_state.to_string(),
                cause: cause.to_string(),
                ..CallEvent::new(kind)
            };
            let event = CstaEvent::Call(event);
            let number = &call.party(viewer).number;
            self.monitors.tell(number, &event, rule::MX_C1, &mut self.outbox);
        }
    }

    fn place_of(&self, leg: Leg) -> Option<(u32, End)> {
        self.calls.values().find_map(|call| Some((call.id, call.end_of(leg)?)))
    }

    fn is_busy(&self, number: &str) -> bool {
        let has = |call: &Call| call.calling.number == number || call.called.number == number;
        self.registrations.contains_key(number) && self.calls.values().any(has)
    }
}

/// A number as the user of a URI: what may not stand there is left out, and a caller without a
/// number is anonymous.
fn uri_user(number: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.!~*'()+#".contains(*c);
    let user: String = number.chars().filter(is_allowed).collect();
    if user.is_empty() { String::from("anonymous") } else { user.replace('#', "%23") }
}
