//! Calls: between two phones, or between a phone and somebody outside, with a leg of its own to
//! each phone; and what CSTA says of them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::net::SocketAddr;

use super::registrar::user_of;
use super::{Due, InfoPolicy, Pbx};
use crate::codec::Codec;
use crate::csta::{CallEvent, CallEventKind, Event as CstaEvent};
use crate::machine::{State as _, states};
use crate::ras;
use crate::rule::{self, rfc};
use crate::sdp::Session;
use crate::sdp::offer_answer::{Capabilities, CodecCapability, MediaCapability, answer, offer};
use crate::sip::endpoint::{ClientKey, DialogKey, Received, ServerKey};
use crate::sip::{self, Message, Method};

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
    Dialled -> Ringing: "ringing", rule::MX_C1;
    Dialled -> Talking: "answer", rule::MX_C1;
    Ringing -> Talking: "answer", rule::MX_C1;
    Dialled -> Over: "release", rule::MX_C1;
    Ringing -> Over: "release", rule::MX_C1;
    Talking -> Over: "release", rule::MX_C1;
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
    /// A phone's INVITE, UPDATE, BYE or INFO, which the endpoint found fit to be answered.
    pub(super) fn call_request(
        &mut self,
        transaction: ServerKey,
        dialog: Option<DialogKey>,
        received: &Received,
    ) {
        let Some(request) = received.message() else { return self.endpoint.ignore(transaction) };
        let place = dialog.and_then(|dialog| self.place_of(Leg::In(dialog)));
        match (request.method(), place) {
            (Some(Method::Invite), None) => self.dial(transaction, &request, received),
            (Some(Method::Invite | Method::Update), Some((id, end))) => {
                self.describe_again(transaction, &request, id, end);
            }
            (Some(Method::Bye), place) => {
                let ok = self.endpoint.response(transaction, 200);
                self.respond(transaction, ok, rfc::BYE);
                if let Some((id, end)) = place {
                    self.release(id, end, "normalClearing", 487);
                }
            }
            (Some(Method::Info), Some((id, _))) => self.inform(transaction, &request, id),
            (Some(Method::Options), _) => {
                let ok = self.endpoint.response(transaction, 200);
                self.respond(transaction, ok, rfc::METHOD);
            }
            _ => {
                let unknown = self.endpoint.response(transaction, 481);
                self.respond(transaction, unknown, rfc::IN_DIALOG);
            }
        }
    }

    /// A phone calls somebody.
    fn dial(&mut self, transaction: ServerKey, invite: &Message<'_>, received: &Received) {
        let caller = user_of(invite.from()).unwrap_or_default();
        let number =
            invite.request_uri().and_then(|uri| uri.user_text().map(|user| user.to_string()));
        let number = number.unwrap_or_default();
        if let Some(status) = self.objection(&caller, &number, received.remote) {
            let response = self.endpoint.response(transaction, status);
            return self.respond(transaction, response, rfc::OFFER);
        }
        let description = invite.body.to_vec();
        let calling = Party { number: caller, leg: Leg::Asking(transaction), description };
        self.connect(calling, &number);
    }

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

    /// Somebody outside calls an extension.
    pub(super) fn call_in(&mut self, from: &str, name: &str, to: &str) {
        if !self.registrations.contains_key(to) || self.is_busy(to) || self.calls.len() >= MAX_CALLS
        {
            let reason = "the extension called from outside cannot take the call";
            return self.outbox.ignored(reason, rule::MX_C1);
        }
        let id = self.next_id();
        let party =
            |number: &str, leg| Party { number: number.to_string(), leg, description: Vec::new() };
        let (calling, called) = (party(from, Leg::Outside), party(to, Leg::None));
        let state = CallState::Dialled;
        self.calls.insert(id, Call { id, state, calling, called, is_recorded: false, left: None });
        self.ring(id, Some(name));
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
        let key = self.send_request(target, invite, rfc::OFFER);
        if let Some(call) = self.calls.get_mut(&id) {
            call.called.leg = Leg::Asked(key);
        }
    }

    /// A final or provisional answer of a phone.
    pub(super) fn call_response(
        &mut self,
        transaction: ClientKey,
        dialog: Option<DialogKey>,
        status: u16,
        received: &Received,
    ) {
        let place = self.place_of(Leg::Asked(transaction));
        let body = received.message().map(|response| response.body.to_vec()).unwrap_or_default();
        let is_invite = received
            .message()
            .and_then(|response| response.cseq().map(|cseq| cseq.method == Method::Invite));
        match (status, place, dialog) {
            (101..=199, Some((id, _)), _) => self.ringing(id),
            (200..=299, Some((id, _)), Some(dialog)) => {
                self.acknowledge(dialog);
                if let Some(call) = self.calls.get_mut(&id) {
                    call.called.leg = Leg::In(dialog);
                    call.called.description = body;
                }
                self.answered(id);
            }
            (200..=299, None, Some(dialog)) if is_invite == Some(true) => {
                // It answered a call that was given up meanwhile.
                self.acknowledge(dialog);
                self.endpoint.bye(self.deadlines.now(), dialog, rfc::BYE, &mut self.outbox);
            }
            (300.., Some((id, end)), _) => {
                let cause = if status == 486 { "busy" } else { "destNotObtainable" };
                self.release(id, end, cause, status);
            }
            _ => {}
        }
    }

    /// A phone did not answer at all.
    pub(super) fn call_timed_out(&mut self, transaction: ClientKey) {
        if let Some((id, end)) = self.place_of(Leg::Asked(transaction)) {
            self.release(id, end, "callNotAnswered", 408);
        }
    }

    /// A phone gave its call up before it was answered.
    pub(super) fn call_cancelled(&mut self, transaction: ServerKey) {
        if let Some((id, end)) = self.place_of(Leg::Asking(transaction)) {
            self.release(id, end, "callCancelled", 487);
        }
    }

    /// A dialog ended otherwise than by a phone's BYE.
    pub(super) fn call_lost(&mut self, dialog: DialogKey) {
        if let Some((id, end)) = self.place_of(Leg::In(dialog)) {
            self.release(id, end, "normalClearing", 487);
        }
    }

    /// The far end of an extension's call answers.
    pub(super) fn far_end_answers(&mut self, extension: &str) {
        let ringing = |call: &&Call| {
            call.state == CallState::Ringing
                && call.calling.number == extension
                && call.called.leg == Leg::Outside
        };
        match self.calls.values().find(ringing).map(|call| call.id) {
            Some(id) => self.answered(id),
            None => self.ignore_far_end(),
        }
    }

    /// The far end of an extension's call hangs up.
    pub(super) fn far_end_hangs_up(&mut self, extension: &str) {
        let far_end = |call: &Call| {
            let far = [End::Calling, End::Called]
                .into_iter()
                .find(|&end| call.party(end).number == extension)?
                .other();
            (call.party(far).leg == Leg::Outside).then_some((call.id, far))
        };
        match self.calls.values().find_map(far_end) {
            Some((id, end)) => self.release(id, end, "normalClearing", 480),
            None => self.ignore_far_end(),
        }
    }

    fn ignore_far_end(&mut self) {
        let reason = "the extension has no such call with the outside";
        self.outbox.ignored(reason, rule::MX_C1);
    }

    /// The far end that answers by itself does so now.
    pub(super) fn answer_due(&mut self, id: u32) {
        if self.calls.get(&id).is_some_and(|call| call.state == CallState::Ringing) {
            self.answered(id);
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
                self.respond(caller, ringing, rfc::OFFER);
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
                self.respond(caller, refusal, rfc::OFFER);
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
                let release = ras::Message::ReleaseComplete { reason: sip::status_text(status) };
                self.outbox.ras(terminal, release, rule::MX_1);
            }
            Leg::Outside | Leg::None => {}
        }
    }

    /// A terminal's message about a call.
    pub(super) fn h323_call(&mut self, remote: SocketAddr, message: &ras::Message) {
        let legs = [Leg::Calling(remote), Leg::Called(remote), Leg::Talking(remote)];
        let place = legs.into_iter().find_map(|leg| Some((leg, self.place_of(leg)?)));
        match (message, place) {
            (ras::Message::Setup { calling, called, .. }, None) => {
                if let Some(status) = self.objection(calling, called, remote) {
                    let reason = sip::status_text(status);
                    let release = ras::Message::ReleaseComplete { reason };
                    return self.outbox.ras(remote, release, rule::MX_1);
                }
                let number = calling.clone();
                let leg = Leg::Calling(remote);
                self.connect(Party { number, leg, description: Vec::new() }, called);
            }
            (ras::Message::Alerting, Some((Leg::Called(_), (id, _)))) => self.ringing(id),
            (ras::Message::Connect, Some((Leg::Called(_), (id, _)))) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.called.leg = Leg::Talking(remote);
                }
                self.answered(id);
            }
            (ras::Message::ReleaseComplete { .. }, Some((Leg::Called(_), (id, end)))) => {
                self.release(id, end, "busy", 486);
            }
            (ras::Message::ReleaseComplete { .. }, Some((_, (id, end)))) => {
                self.release(id, end, "normalClearing", 480);
            }
            _ => {
                let reason = "the terminal has no such call";
                self.outbox.ignored(reason, rule::MX_1);
            }
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

    /// A phone describes its session anew; the answer is what the other end last said.
    fn describe_again(&mut self, transaction: ServerKey, request: &Message<'_>, id: u32, end: End) {
        let is_invite = request.method() == Some(Method::Invite);
        let far = self.calls.get(&id).map(|call| call.party(end.other()));
        let description = match far {
            _ if request.body.is_empty() && !is_invite => Some(Vec::new()),
            Some(far) if matches!(far.leg, Leg::In(_)) => Some(far.description.clone()),
            _ => self.gateway_answer(id, request.body),
        };
        let response = match description {
            Some(body) if body.is_empty() => self.endpoint.response(transaction, 200),
            Some(body) => self.endpoint.response(transaction, 200).body("application/sdp", &body),
            None => self.endpoint.response(transaction, 488),
        };
        self.respond(transaction, response, rfc::OFFER);
    }

    /// A phone asks the PBX to record, or to stop it (BX-I2, BX-I3).
    fn inform(&mut self, transaction: ServerKey, info: &Message<'_>, id: u32) {
        if info.header("Info-Package").is_some() {
            let refusal = self.endpoint.response(transaction, 469).header("Recv-Info", "");
            return self.respond(transaction, refusal, rfc::INFO);
        }
        let wants = info.header("Record").map(|value| value.trim().eq_ignore_ascii_case("on"));
        let Some(call) = self.calls.get_mut(&id) else { return self.endpoint.ignore(transaction) };
        let status = match (self.config.info, wants) {
            (_, None) => 200,
            (InfoPolicy::Refuse(status), _) => status,
            (InfoPolicy::Accept, Some(false)) if !call.is_recorded => 488,
            (InfoPolicy::Accept, Some(wants)) => {
                call.is_recorded = wants;
                200
            }
        };
        let response = self.endpoint.response(transaction, status);
        let rule = if status == 200 { rule::BX_I2 } else { rule::BX_I3 };
        self.respond(transaction, response, rule);
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

    fn acknowledge(&mut self, dialog: DialogKey) {
        let ack = self.endpoint.ack(dialog);
        let now = self.deadlines.now();
        self.endpoint.send_ack(now, dialog, ack, rfc::ACK_SUCCESS, &mut self.outbox);
    }

    fn place_of(&self, leg: Leg) -> Option<(u32, End)> {
        self.calls.values().find_map(|call| Some((call.id, call.end_of(leg)?)))
    }

    fn is_busy(&self, number: &str) -> bool {
        let has = |call: &Call| call.calling.number == number || call.called.number == number;
        self.registrations.contains_key(number) && self.calls.values().any(has)
    }

    /// What the gateway can do for a call.
    fn gateway(&self, id: u32) -> Capabilities {
        let port = u16::try_from(30_000 + id % 10_000 * 2).unwrap_or(30_000);
        let codec = |codec: Codec| {
            CodecCapability::new(codec.name(), codec.rtp_clock(), codec.payload_type())
        };
        let codecs = vec![codec(Codec::Pcma), codec(Codec::Pcmu), codec(Codec::G722)];
        Capabilities {
            address: self.config.gateway,
            session_id: u64::from(id),
            version: 1,
            media: vec![MediaCapability::audio(port, codecs)],
        }
    }

    /// The gateway's answer to a phone's offer, or its offer if the phone made none; `None` if
    /// they have nothing in common.
    fn gateway_answer(&self, id: u32, offered: &[u8]) -> Option<Vec<u8>> {
        let gateway = self.gateway(id);
        if offered.is_empty() {
            return Some(offer(&gateway).to_string().into_bytes());
        }
        let offered = Session::parse(offered).ok()?.session;
        let answer = answer(&offered, &gateway);
        let is_accepted = answer.media.iter().any(|media| !media.is_refused());
        is_accepted.then(|| answer.to_string().into_bytes())
    }
}

/// A number as the user of a URI: what may not stand there is left out, and a caller without a
/// number is anonymous.
fn uri_user(number: &str) -> String {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "-_.!~*'()+#".contains(*c);
    let user: String = number.chars().filter(is_allowed).collect();
    if user.is_empty() { String::from("anonymous") } else { user.replace('#', "%23") }
}
