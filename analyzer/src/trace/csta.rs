//! What a PBX tells a recording system over CSTA (MX-C1 to MX-C3).

use super::Trace;
use super::messages::{Origin, SignallingMessage};
use crate::findings::Findings;
use crate::report::MessageProtocol;
use recscope_core::csta::{Frame, Message};

impl Trace {
    /// Takes a frame.
    pub(super) fn on_csta(&mut self, origin: Origin, frame: &Frame, findings: &mut Findings) {
        let base = origin.offset.unwrap_or_default().saturating_add(Frame::HEADER_LEN as u64);
        let summary = match Message::parse(&frame.xml) {
            Ok(parsed) => {
                for warning in parsed.warnings {
                    findings.warn(&warning.0.at(base).into());
                }
                parsed.message.summary()
            }
            Err(error) => {
                findings.warn(&error.at(base).into());
                String::from("CSTA message that cannot be read")
            }
        };
        if !self.messages.has_room(frame.xml.len()) {
            return;
        }
        // The frame's own bytes; one that was read can be written.
        let raw = frame.to_bytes().unwrap_or_else(|_| frame.xml.clone());
        self.messages.add(SignallingMessage {
            origin,
            protocol: MessageProtocol::Csta,
            summary,
            raw: raw.into(),
            call: None,
            transaction: None,
            retransmission_of: None,
        });
    }
}
