//! Writing messages as ECMA-323 XML.

use alloc::string::String;
use core::fmt;

use super::message::{CallEvent, Event, Message, PRIVATE_NAMESPACE, ServiceEvent};
use crate::http::variables::escape_xml;

/// The namespace of the edition that is written; any is read.
const NAMESPACE: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";

/// Writes the message as an XML document. One that was not read ([`Message::Other`]) has no content.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut xml = Writer(String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
        xml.0.push_str(&alloc::format!("<{} xmlns=\"{NAMESPACE}\">", self.name()));
        match self {
            Self::MonitorStart { device } => {
                xml.within("monitorObject", |xml| xml.text("deviceObject", device));
            }
            Self::MonitorStartResponse { cross_ref } | Self::MonitorStop { cross_ref } => {
                xml.text("monitorCrossRefID", cross_ref);
            }
            Self::Event { cross_ref, event } => {
                xml.text("monitorCrossRefID", cross_ref);
                match event {
                    Event::Call(event) => xml.call_event(event),
                    Event::BackInService(event) | Event::OutOfService(event) => {
                        xml.service_event(event);
                    }
                }
            }
            Self::Error { kind, value } => xml.text(kind, value),
            Self::MonitorStopResponse | Self::Other { .. } => {}
        }
        write!(f, "{}</{}>", xml.0, self.name())
    }
}

struct Writer(String);

impl Writer {
    fn within(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.0.push_str(&alloc::format!("<{name}>"));
        content(self);
        self.0.push_str(&alloc::format!("</{name}>"));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.within(name, |xml| escape_xml(text, &mut xml.0));
    }

    fn device(&mut self, name: &str, device: &str) {
        self.within(name, |xml| {
            if device.is_empty() {
                xml.0.push_str("<notKnown/>");
            } else {
                xml.text("deviceIdentifier", device);
            }
        });
    }

    fn call_event(&mut self, event: &CallEvent) {
        self.within(event.kind.connection(), |xml| {
            xml.text("callID", &event.call_id);
            xml.text("deviceID", &event.device);
        });
        if let Some(subject) = event.kind.subject() {
            self.device(subject, &event.subject);
        }
        if event.kind.names_parties() {
            self.device("callingDevice", &event.calling);
            self.device("calledDevice", &event.called);
        }
        if event.kind.names_redirection() {
            self.within("lastRedirectionDevice", |xml| xml.0.push_str("<notRequired/>"));
        }
        if !event.local_state.is_empty() {
            self.text("localConnectionInfo", &event.local_state);
        }
        self.text("cause", &event.cause);
    }

    fn service_event(&mut self, event: &ServiceEvent) {
        self.device("device", &event.device);
        self.text("cause", &event.cause);
        if let Some(address) = event.address {
            self.within("extensions", |xml| {
                xml.within("privateData", |xml| {
                    xml.within("private", |xml| {
                        let registration = alloc::format!(
                            "<registration xmlns=\"{PRIVATE_NAMESPACE}\" address=\"{address}\"/>"
                        );
                        xml.0.push_str(&registration);
                    });
                });
            });
        }
    }
}
