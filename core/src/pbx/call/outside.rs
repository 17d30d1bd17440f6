//! The world outside, which the PBX plays: who calls from there, answers and hangs up, and the
//! gateway that sound passes on the way.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::{Call, CallState, End, Leg, MAX_CALLS, Party};
use crate::codec::Codec;
use crate::pbx::Pbx;
use crate::rule;
use crate::sdp::Session;
use crate::sdp::offer_answer::{Capabilities, CodecCapability, MediaCapability, answer, offer};

impl Pbx {
    /// Somebody outside calls an extension.
    pub(in crate::pbx) fn call_in(&mut self, from: &str, name: &str, to: &str) {
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

    /// The far end of an extension's call answers.
    pub(in crate::pbx) fn far_end_answers(&mut self, extension: &str) {
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
    pub(in crate::pbx) fn far_end_hangs_up(&mut self, extension: &str) {
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
    pub(in crate::pbx) fn answer_due(&mut self, id: u32) {
        if self.calls.get(&id).is_some_and(|call| call.state == CallState::Ringing) {
            self.answered(id);
        }
    }

    /// What the gateway can do for a call.
    pub(super) fn gateway(&self, id: u32) -> Capabilities {
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
    pub(super) fn gateway_answer(&self, id: u32, offered: &[u8]) -> Option<Vec<u8>> {
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
