//! SIP messages on their way into the trace.

use super::media::Declaration;
use super::messages::{Origin, SignallingMessage};
use super::sessions::active::RecordingOrder;
use super::{CallIndex, Trace};
use crate::findings::Findings;
use crate::report::MessageProtocol;
use recscope_core::sdp::Session;
use recscope_core::sip::{Message, Parsed, StartLine};

impl Trace {
    /// Takes a whole SIP message.
    pub(super) fn on_sip(&mut self, origin: Origin, bytes: &[u8], findings: &mut Findings) {
        let base = origin.offset.unwrap_or_default();
        let Parsed { message, warnings } = match Message::parse(bytes) {
            Ok(parsed) => parsed,
            Err(error) => {
                findings.warn(&error.at(base).into());
                return;
            }
        };
        for warning in warnings {
            findings.warn(&warning.0.at(base).into());
        }
        if !self.messages.has_room(bytes.len()) {
            return;
        }
        let call = self.calls.of_message(&message, origin.time_ns);
        let retransmission_of = self.messages.first_of(&origin, bytes);
        if let Some(call) = call {
            self.calls.on_message(call, &message, origin.time_ns, retransmission_of.is_some());
            if retransmission_of.is_none() {
                self.on_session_description(call, &message, &origin);
            }
        }
        let index = self.messages.add(SignallingMessage {
            origin,
            protocol: MessageProtocol::Sip,
            summary: summary(&message),
            raw: bytes.into(),
            call,
            retransmission_of,
        });
        if let (Some(call), None) = (call, retransmission_of) {
            self.on_info(call, &message, index, &origin);
        }
    }

    fn on_session_description(&mut self, call: CallIndex, message: &Message<'_>, origin: &Origin) {
        let body = message.sdp().map(|(_, body)| body);
        let session = body.and_then(|body| Session::parse(body).ok()).map(|parsed| parsed.session);
        if let Some(order) = RecordingOrder::of(message, session.as_ref(), origin) {
            self.calls.set_order(call, order);
        }
        let party = self.calls.get(call).map(|call| call.sender(message));
        let (Some(session), Some(party)) = (session, party) else { return };
        let declared: Vec<_> =
            Declaration::of_session(&session, call, party, origin.packet).collect();
        for declaration in declared {
            self.declare_media(&declaration, origin);
        }
    }

    /// Media is announced: remembers it, and goes back to streams that began before.
    pub(super) fn declare_media(&mut self, declaration: &Declaration, origin: &Origin) {
        let (packet, time_ns) = (origin.packet, origin.time_ns);
        if self.declarations.add(declaration.clone()) {
            self.streams.on_declaration(declaration, packet, time_ns, &self.declarations);
        }
    }
}

/// What the message is, in few words: `INVITE sip:2000@pbx`, `200 OK (INVITE)`.
pub(crate) fn summary(message: &Message<'_>) -> String {
    match &message.start_line {
        StartLine::Request { method, uri, .. } => format!("{method} {uri}"),
        StartLine::Response { status, reason, .. } => match message.cseq() {
            Some(cseq) => format!("{status} {reason} ({})", cseq.method),
            None => format!("{status} {reason}"),
        },
    }
}
