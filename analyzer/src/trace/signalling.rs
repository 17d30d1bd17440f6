//! SIP messages on their way into the trace.

use super::calls::Call;
use super::heard::Heard;
use super::media::Declaration;
use super::messages::{Origin, SignallingMessage};
use super::sessions::active::RecordingOrder;
use super::{CallIndex, Trace};
use crate::findings::Findings;
use crate::report::MessageProtocol;
use recscope_core::sdp::Session;
use recscope_core::sip::{Message, Parsed, StartLine};
use std::sync::Arc;

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
        let message = Heard::new(&message);
        let retransmission_of = self.messages.first_of(&origin, bytes);
        let is_retransmission = retransmission_of.is_some();
        let mut transaction = None;
        match call {
            Some(call) => {
                let session = match is_retransmission {
                    true => None,
                    false => description(&message, base, findings).map(Arc::new),
                };
                self.on_call(call, &message, session.as_ref(), &origin, is_retransmission);
            }
            None => {
                transaction =
                    self.transactions.on_message(&message, origin.time_ns, is_retransmission);
            }
        }
        let index = self.messages.add(SignallingMessage {
            origin,
            protocol: MessageProtocol::Sip,
            summary: summary(&message),
            raw: bytes.into(),
            call,
            transaction,
            retransmission_of,
        });
        if let (Some(call), None) = (call, retransmission_of) {
            self.on_info(call, &message, index, &origin);
        }
    }

    /// Takes a call's message, and the media that it announces.
    fn on_call(
        &mut self,
        call: CallIndex,
        message: &Heard<'_>,
        session: Option<&Arc<Session>>,
        origin: &Origin,
        is_retransmission: bool,
    ) {
        let said = self.calls.on_message(call, message, session, origin, is_retransmission);
        if is_retransmission {
            return;
        }
        if let Some(order) = RecordingOrder::of(message, session.map(AsRef::as_ref), origin) {
            self.calls.set_order(call, order);
        }
        self.legs.on_message(call, message, &said, origin);
        let over_ns = self.calls.get(call).and_then(Call::over_ns);
        self.declarations.end(call, over_ns);
        for said in &said {
            self.declarations.add_others(&said.session);
            let declared: Vec<_> = Declaration::of_description(said, call).collect();
            for declaration in declared {
                self.declare_media(&declaration, origin);
            }
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

/// The session description in a message that starts at `base`; one that cannot be read is said.
fn description(message: &Message<'_>, base: u64, findings: &mut Findings) -> Option<Session> {
    let (at, body) = message.sdp()?;
    match Session::parse(body) {
        Ok(parsed) => Some(parsed.session),
        Err(error) => {
            findings.warn(&error.at(base.saturating_add(at as u64)).into());
            None
        }
    }
}

/// What the message is, in few words: `INVITE sip:2000@pbx`, `200 OK (INVITE)`.
fn summary(message: &Heard<'_>) -> String {
    match &message.start_line {
        StartLine::Request { method, uri, .. } => format!("{method} {uri}"),
        StartLine::Response { status, reason, .. } => match message.cseq() {
            Some(cseq) => format!("{status} {reason} ({})", cseq.method),
            None => format!("{status} {reason}"),
        },
    }
}
