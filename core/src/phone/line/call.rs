//! The phone's one call with its PBX.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{CallState, Line, LineNotice, LineTimer, Party, RegistrationState};
use crate::codec::Codec;
use crate::control::Direction;
use crate::machine::State as _;
use crate::phone::model::Registration;
use crate::ras;
use crate::rule::{self, rfc};
use crate::sdp::Session;
use crate::sdp::offer_answer::{Capabilities, CodecCapability, MediaCapability, answer, offer};
use crate::sip::endpoint::{ClientKey, DialogKey, Received, ServerKey};
use crate::sip::{Message, Method, status_text};

/// The call, from dialling or ringing on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Call {
    party: Party,
    leg: Leg,
    /// The offer that rings.
    offer: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Leg {
    /// Its own INVITE has no final answer yet.
    Asked(ClientKey),
    /// The PBX's INVITE has none.
    Asking(ServerKey),
    In(DialogKey),
    /// By H.323, whatever its state.
    H323,
}

impl Call {
    pub(super) const fn party(&self) -> &Party {
        &self.party
    }

    pub(super) const fn dialog(&self) -> Option<DialogKey> {
        match self.leg {
            Leg::In(dialog) => Some(dialog),
            Leg::Asked(_) | Leg::Asking(_) | Leg::H323 => None,
        }
    }
}

impl Line {
    fn enter_call(&mut self, to: CallState, cause: &'static str) {
        self.outbox.event(self.call_state.enter(to, cause));
    }

    fn is_leg(&self, leg: Leg) -> bool {
        self.call.as_ref().is_some_and(|call| call.leg == leg)
    }

    pub(super) fn dial(&mut self, number: &str) {
        if self.registration != RegistrationState::Registered {
            return self.outbox.prompt("Cannot call: the phone is not logged on", rfc::CONTACTS);
        }
        if self.call.is_some() {
            return self.outbox.ignored("the phone is in a call", rfc::CALL);
        }
        let is_digit = |c: char| c.is_ascii_alphanumeric() || "+*-._".contains(c);
        if number.is_empty() || !number.chars().all(is_digit) {
            return self.outbox.prompt("Cannot call: this is no number", rfc::CALL);
        }
        if self.config.registration == Registration::H323 {
            return self.dial_by_h323(number);
        }
        let (pbx, extension) = (self.config.pbx, &self.config.extension);
        let to = format!("sip:{number}@{pbx}");
        let from = format!("<sip:{extension}@{pbx}>");
        let offer = offer(&self.capabilities()).to_string();
        let invite = self.endpoint.request(Method::Invite, &to, from, format!("<{to}>"));
        let invite = invite.body("application/sdp", offer.as_bytes());
        let now = self.timers.now();
        let key = self.endpoint.send_request(now, pbx, invite, rfc::CALL, &mut self.outbox);
        let (number, name) = (number.to_string(), String::new());
        let party = Party { number, name, direction: Direction::Out };
        self.call = Some(Call { party, leg: Leg::Asked(key), offer: Vec::new() });
        self.enter_call(CallState::Calling, "dial");
    }

    /// The PBX sends a call.
    pub(super) fn invited(&mut self, transaction: ServerKey, invite: &Message<'_>) {
        let (status, rule) = match () {
            () if self.registration != RegistrationState::Registered => (480, rfc::CALL),
            () if self.call.is_some() => (486, rfc::CALL),
            () if self.answer_to(invite.body).is_none() => (488, rfc::OFFER),
            () => (180, rfc::CALL),
        };
        let response = self.endpoint.response(transaction, status);
        self.respond(transaction, response, rule);
        if status != 180 {
            return;
        }
        let from = invite.from();
        let number = from.as_ref().and_then(|from| from.uri.user_text());
        let name = from.as_ref().and_then(|from| from.display_name.as_deref());
        let party = Party {
            number: number.map(|number| number.to_string()).unwrap_or_default(),
            name: name.unwrap_or_default().to_string(),
            direction: Direction::In,
        };
        let offer = invite.body.to_vec();
        self.call = Some(Call { party, leg: Leg::Asking(transaction), offer });
        self.enter_call(CallState::Ringing, "INVITE");
    }

    pub(super) fn answer(&mut self) {
        if self.is_leg(Leg::H323) && self.call_state == CallState::Ringing {
            self.tell_gatekeeper(ras::Message::Connect);
            return self.talk(Leg::H323);
        }
        let Some(Call { leg: Leg::Asking(invite), offer, .. }) = &self.call else {
            return self.outbox.ignored("no call rings", rfc::CALL);
        };
        let (invite, description) = (*invite, self.answer_to(offer).unwrap_or_default());
        let ok = self.endpoint.response(invite, 200).body("application/sdp", &description);
        let now = self.timers.now();
        let dialog = self.endpoint.respond(now, invite, ok, rfc::OFFER, &mut self.outbox);
        match dialog {
            Some(dialog) => self.talk(Leg::In(dialog)),
            None => self.end_call("cancelled"),
        }
    }

    pub(super) fn hang_up(&mut self) {
        let Some(leg) = self.call.as_ref().map(|call| call.leg) else { return };
        let now = self.timers.now();
        match leg {
            Leg::Asked(invite) => {
                self.endpoint.cancel(now, invite, rfc::CANCELLING, &mut self.outbox);
            }
            Leg::Asking(invite) => {
                let busy = self.endpoint.response(invite, 486);
                self.respond(invite, busy, rfc::CALL);
            }
            Leg::In(dialog) => {
                self.endpoint.bye(now, dialog, rfc::BYE, &mut self.outbox);
            }
            Leg::H323 => {
                self.tell_gatekeeper(ras::Message::ReleaseComplete { reason: "hang up" });
            }
        }
        self.end_call("hang up");
    }

    /// An answer to the phone's INVITE, or to anything else that nobody waits for.
    pub(super) fn call_answered(
        &mut self,
        transaction: ClientKey,
        dialog: Option<DialogKey>,
        status: u16,
        received: &Received,
    ) {
        let is_invite = received
            .message()
            .and_then(|response| response.cseq().map(|cseq| cseq.method == Method::Invite));
        if is_invite != Some(true) {
            return;
        }
        let is_ours = self.is_leg(Leg::Asked(transaction));
        match (status, dialog) {
            (200..=299, Some(dialog)) => {
                let now = self.timers.now();
                let ack = self.endpoint.ack(dialog);
                self.endpoint.send_ack(now, dialog, ack, rfc::ACK_SUCCESS, &mut self.outbox);
                if is_ours {
                    self.talk(Leg::In(dialog));
                } else {
                    // The other party answered a call that was given up meanwhile.
                    self.endpoint.bye(now, dialog, rfc::BYE, &mut self.outbox);
                }
            }
            (300.., _) if is_ours => {
                self.end_call("refused");
                self.outbox
                    .prompt(format!("Call failed: {status} {}", status_text(status)), rfc::CALL);
            }
            _ => {}
        }
    }

    pub(super) fn call_unanswered(&mut self, transaction: ClientKey) {
        if self.is_leg(Leg::Asked(transaction)) {
            self.end_call("no answer");
            self.outbox.prompt("Call failed: no answer", rfc::INVITE_CLIENT);
        }
    }

    pub(super) fn call_cancelled(&mut self, transaction: ServerKey) {
        if self.is_leg(Leg::Asking(transaction)) {
            self.end_call("cancelled");
        }
    }

    /// The PBX never acknowledged the phone's answer.
    pub(super) fn call_lost(&mut self, dialog: DialogKey) {
        if self.is_leg(Leg::In(dialog)) {
            self.end_call("no ACK");
        }
    }

    /// The PBX describes the session anew, or asks whether the call still stands.
    pub(super) fn reinvited(&mut self, transaction: ServerKey, request: &Message<'_>) {
        let is_invite = request.method() == Some(Method::Invite);
        let description = if request.body.is_empty() && !is_invite {
            Some(Vec::new())
        } else {
            self.answer_to(request.body)
        };
        let response = match description {
            Some(body) if body.is_empty() => self.endpoint.response(transaction, 200),
            Some(body) => self.endpoint.response(transaction, 200).body("application/sdp", &body),
            None => self.endpoint.response(transaction, 488),
        };
        self.respond(transaction, response, rfc::OFFER);
    }

    fn talk(&mut self, leg: Leg) {
        self.timers.clear(LineTimer::Setup);
        let Some(call) = &mut self.call else { return };
        call.leg = leg;
        let party = call.party.clone();
        self.enter_call(CallState::Talking, "answer");
        self.notices.push_back(LineNotice::CallStarted(party));
    }

    pub(super) fn end_call(&mut self, cause: &'static str) {
        self.end_info();
        self.timers.clear(LineTimer::Setup);
        if self.call.take().is_none() {
            return;
        }
        let was_talking = self.call_state == CallState::Talking;
        self.enter_call(CallState::Idle, cause);
        if was_talking {
            self.notices.push_back(LineNotice::CallEnded);
        }
    }

    fn dial_by_h323(&mut self, number: &str) {
        let (number, name) = (number.to_string(), String::new());
        self.tell_gatekeeper(ras::Message::Setup {
            calling: self.config.extension.clone(),
            name: self.config.display_name.clone(),
            called: number.clone(),
        });
        self.timers.set(LineTimer::Setup, self.config.setup);
        let party = Party { number, name, direction: Direction::Out };
        self.call = Some(Call { party, leg: Leg::H323, offer: Vec::new() });
        self.enter_call(CallState::Calling, "dial");
    }

    /// A message of a call over H.323.
    pub(super) fn h323_call(&mut self, message: &ras::Message) {
        let is_ours = self.is_leg(Leg::H323);
        match (message, self.call_state) {
            (ras::Message::Setup { calling, name, .. }, CallState::Idle)
                if self.registration == RegistrationState::Registered =>
            {
                self.tell_gatekeeper(ras::Message::Alerting);
                let (number, name) = (calling.clone(), name.clone());
                let party = Party { number, name, direction: Direction::In };
                self.call = Some(Call { party, leg: Leg::H323, offer: Vec::new() });
                self.enter_call(CallState::Ringing, "SETUP");
            }
            (ras::Message::Setup { .. }, _) => {
                self.tell_gatekeeper(ras::Message::ReleaseComplete { reason: "busy" });
            }
            (ras::Message::Alerting, CallState::Calling) if is_ours => {
                self.timers.clear(LineTimer::Setup);
            }
            (ras::Message::Connect, CallState::Calling) if is_ours => self.talk(Leg::H323),
            (ras::Message::ReleaseComplete { reason }, state) if is_ours => {
                let cause = match state {
                    CallState::Calling => "refused",
                    CallState::Ringing => "cancelled",
                    CallState::Idle | CallState::Talking => "release",
                };
                self.end_call(cause);
                if state == CallState::Calling {
                    self.outbox.prompt(format!("Call failed: {reason}"), rule::MX_1);
                }
            }
            _ => self.outbox.ignored("the call has no use for this message", rule::MX_1),
        }
    }

    /// Nothing came back to a SETUP.
    pub(super) fn setup_unanswered(&mut self) {
        if self.is_leg(Leg::H323) && self.call_state == CallState::Calling {
            self.tell_gatekeeper(ras::Message::ReleaseComplete { reason: "no answer" });
            self.end_call("no answer");
            self.outbox.prompt("Call failed: no answer", rule::MX_1);
        }
    }

    fn tell_gatekeeper(&mut self, message: ras::Message) {
        self.outbox.ras(self.config.gatekeeper, message, rule::MX_1);
    }

    fn capabilities(&self) -> Capabilities {
        let codec = |codec: &Codec| {
            CodecCapability::new(codec.name(), codec.rtp_clock(), codec.payload_type())
        };
        let codecs = self.config.codecs.iter().map(codec).collect();
        Capabilities {
            address: self.config.sip.ip(),
            session_id: self.timers.now().as_micros() / 1000 + 1,
            version: 1,
            media: alloc::vec![MediaCapability::audio(self.config.rtp_port, codecs)],
        }
    }

    /// The phone's answer to an offer, or its offer if there is none; `None` if they have nothing
    /// in common.
    fn answer_to(&self, offered: &[u8]) -> Option<Vec<u8>> {
        let capabilities = self.capabilities();
        if offered.is_empty() {
            return Some(offer(&capabilities).to_string().into_bytes());
        }
        let offered = Session::parse(offered).ok()?.session;
        let answer = answer(&offered, &capabilities);
        let is_accepted = answer.media.iter().any(|media| !media.is_refused());
        is_accepted.then(|| answer.to_string().into_bytes())
    }
}
