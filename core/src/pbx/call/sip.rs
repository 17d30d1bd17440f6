//! What phones say of their calls by SIP, and recording by INFO (BX-I2, BX-I3).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::{End, Leg, Party};
use crate::pbx::registrar::user_of;
use crate::pbx::{InfoPolicy, Pbx};
use crate::rule::{self, rfc};
use crate::sip::endpoint::{ClientKey, DialogKey, Received, ServerKey};
use crate::sip::{Message, Method};

impl Pbx {
    /// A phone's INVITE, UPDATE, BYE or INFO, which the endpoint found fit to be answered.
    pub(in crate::pbx) fn call_request(
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
            return self.respond(transaction, response, rfc::CALL);
        }
        let description = invite.body.to_vec();
        let calling = Party { number: caller, leg: Leg::Asking(transaction), description };
        self.connect(calling, &number);
    }

    /// A final or provisional answer of a phone.
    pub(in crate::pbx) fn call_response(
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
    pub(in crate::pbx) fn call_timed_out(&mut self, transaction: ClientKey) {
        if let Some((id, end)) = self.place_of(Leg::Asked(transaction)) {
            self.release(id, end, "callNotAnswered", 408);
        }
    }

    /// A phone gave its call up before it was answered.
    pub(in crate::pbx) fn call_cancelled(&mut self, transaction: ServerKey) {
        if let Some((id, end)) = self.place_of(Leg::Asking(transaction)) {
            self.release(id, end, "callCancelled", 487);
        }
    }

    /// A dialog ended otherwise than by a phone's BYE.
    pub(in crate::pbx) fn call_lost(&mut self, dialog: DialogKey) {
        if let Some((id, end)) = self.place_of(Leg::In(dialog)) {
            self.release(id, end, "normalClearing", 487);
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

    fn acknowledge(&mut self, dialog: DialogKey) {
        let ack = self.endpoint.ack(dialog);
        let now = self.deadlines.now();
        self.endpoint.send_ack(now, dialog, ack, rfc::ACK_SUCCESS, &mut self.outbox);
    }
}
