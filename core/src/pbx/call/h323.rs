//! What terminals say of their calls by H.323.

use alloc::vec::Vec;
use core::net::SocketAddr;

use super::{Leg, Party};
use crate::pbx::Pbx;
use crate::ras;
use crate::rule;
use crate::sip::status_text;

impl Pbx {
    /// A terminal's message about a call.
    pub(in crate::pbx) fn h323_call(&mut self, remote: SocketAddr, message: &ras::Message) {
        let legs = [Leg::Calling(remote), Leg::Called(remote), Leg::Talking(remote)];
        let place = legs.into_iter().find_map(|leg| Some((leg, self.place_of(leg)?)));
        match (message, place) {
            (ras::Message::Setup { calling, called, .. }, None) => {
                if let Some(status) = self.objection(calling, called, remote) {
                    let reason = status_text(status);
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
}
