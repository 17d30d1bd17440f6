//! What bytes on the wire say, in few words.

use recscope_core::control::{self, Command, Outcome};
use recscope_core::csta;
use recscope_core::http;
use recscope_core::ras;
use recscope_core::sip::{self, StartLine, looks_like_sip};
use recscope_flow::{Class, Protocol};

/// A message as patterns and diagrams name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it is a message of.
    pub protocol: Protocol,
    /// What patterns call it: `INVITE`, `200/INVITE`, `RecordStartRequest`.
    pub name: String,
    /// Few words on the arrow: `INVITE (SDP)`, `200 OK`.
    pub label: String,
    /// The start line or its like.
    pub detail: String,
    /// What it does.
    pub class: Class,
}

/// Whether a datagram is RTP: version 2, and not a packet type of RTCP (RFC 5761, 4).
pub(crate) fn is_rtp(payload: &[u8]) -> bool {
    payload.len() >= 12
        && payload.first().is_some_and(|first| first >> 6 == 2)
        && payload.get(1).is_some_and(|second| !(192..=223).contains(second))
}

/// Describes a datagram.
pub(crate) fn datagram(payload: &[u8]) -> Described {
    if payload.first().is_some_and(|first| first >> 6 == 2) {
        return unnamed(Protocol::Rtp, "RTCP", payload.len());
    }
    sip(payload).unwrap_or_else(|| unnamed(Protocol::Sip, "unreadable", payload.len()))
}

/// Describes what was sent over TCP at once.
pub(crate) fn tcp(payload: &[u8]) -> Described {
    let described = if control::looks_like_control(payload) {
        command(payload)
    } else if http::looks_like_http(payload) {
        http(payload)
    } else if looks_like_sip(payload) {
        sip(payload)
    } else {
        csta(payload)
    };
    described.unwrap_or_else(|| unnamed(Protocol::Tcp, "data", payload.len()))
}

/// Describes a message of terminal and gatekeeper: of registration (RAS), or of a call (H.225).
pub(crate) fn ras(message: &ras::Message) -> Described {
    use ras::Message as Ras;
    let name = match message {
        Ras::KeepAlive => "RRQ-keep-alive",
        Ras::KeepAliveConfirm => "RCF-keep-alive",
        other => other.name(),
    };
    let class = match message {
        Ras::RegistrationConfirm | Ras::KeepAliveConfirm | Ras::UnregistrationConfirm => {
            Class::Success
        }
        Ras::RegistrationReject { .. } => Class::Failure,
        _ => Class::Request,
    };
    let protocol = match message {
        Ras::Setup { .. } | Ras::Alerting | Ras::Connect | Ras::ReleaseComplete { .. } => {
            Protocol::H225
        }
        _ => Protocol::Ras,
    };
    let label = message.to_string();
    Described { protocol, name: name.to_owned(), label, detail: String::new(), class }
}

fn unnamed(protocol: Protocol, name: &str, len: usize) -> Described {
    let label = format!("{name}, {len} bytes");
    Described {
        protocol,
        name: name.to_owned(),
        label,
        detail: String::new(),
        class: Class::Request,
    }
}

fn class_of(status: u16) -> Class {
    match status {
        ..=199 => Class::Provisional,
        200..=299 => Class::Success,
        300..=399 | 401 | 407 => Class::Challenge,
        _ => Class::Failure,
    }
}

fn sip(payload: &[u8]) -> Option<Described> {
    let message = sip::Message::parse(payload).ok()?.message;
    let (name, mut label, class) = match &message.start_line {
        StartLine::Request { method, .. } => {
            let inside = message.to().is_some_and(|to| to.tag().is_some());
            let again = if inside && *method == sip::Method::Invite { "RE-" } else { "" };
            let label = format!("{again}{method}");
            (label.clone(), label, Class::Request)
        }
        StartLine::Response { status, reason, .. } => {
            let method = message.cseq().map_or("", |cseq| cseq.method.as_str());
            let label = format!("{status} {reason}");
            (format!("{status}/{method}"), label.trim_end().to_owned(), class_of(*status))
        }
    };
    if message.sdp().is_some() {
        label.push_str(" (SDP)");
    }
    let detail = message.start_line.to_string();
    Some(Described { protocol: Protocol::Sip, name, label, detail, class })
}

fn command(payload: &[u8]) -> Option<Described> {
    let command = Command::parse(payload).ok()?.command;
    let outcome = match &command {
        Command::StartResponse(response) => Some(&response.result),
        Command::StopResponse(response) => Some(&response.result),
        Command::StartRequest(_) | Command::StopRequest(_) => None,
    };
    let class = match outcome {
        None => Class::Request,
        Some(Outcome::Failed) => Class::Failure,
        Some(_) => Class::Success,
    };
    let name = command.name().to_owned();
    let label = match outcome {
        Some(outcome) => format!("{name} {}", outcome.name()),
        None => name.clone(),
    };
    let detail = String::from_utf8_lossy(payload).into_owned();
    Some(Described { protocol: Protocol::Control, name, label, detail, class })
}

fn http(payload: &[u8]) -> Option<Described> {
    let mut reader = http::Reader::default();
    let (_, http::Step::Message(received)) = reader.push(payload) else { return None };
    let message = received.message;
    let (name, class) = match &message.start {
        http::StartLine::Request { method, .. } => (method.clone(), Class::Request),
        http::StartLine::Response { status, .. } => (format!("{status}/HTTP"), class_of(*status)),
    };
    let label = message.summary();
    Some(Described { protocol: Protocol::Http, name, detail: label.clone(), label, class })
}

fn csta(payload: &[u8]) -> Option<Described> {
    let (_, csta::Step::Frame(_, frame)) = csta::Splitter::default().push(payload) else {
        return None;
    };
    let message = csta::Message::parse(&frame.xml).ok()?.message;
    let class = match message {
        csta::Message::MonitorStartResponse { .. } | csta::Message::MonitorStopResponse => {
            Class::Success
        }
        csta::Message::Error { .. } => Class::Failure,
        _ => Class::Request,
    };
    let element = message.name();
    let name = element.strip_suffix("Event").unwrap_or(element).to_owned();
    let (label, detail) = (message.summary(), format!("invoke id {:04}", frame.invoke_id.number()));
    Some(Described { protocol: Protocol::Csta, name, label, detail, class })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_answers_get_their_names() {
        let invite =
            b"INVITE sip:1000@192.0.2.20 SIP/2.0\r\nTo: <sip:1000@x>\r\nCSeq: 1 INVITE\r\n\r\n";
        assert_eq!(datagram(invite).name, "INVITE");
        let again = b"INVITE sip:1000@192.0.2.20 SIP/2.0\r\nTo: <sip:1000@x>;tag=a\r\nCSeq: 2 INVITE\r\n\r\n";
        assert_eq!(datagram(again).label, "RE-INVITE");
        let answer = b"SIP/2.0 200 OK\r\nTo: <sip:1000@x>;tag=a\r\nCSeq: 2 UPDATE\r\n\r\n";
        let answer = datagram(answer);
        assert_eq!((answer.name.as_str(), answer.class), ("200/UPDATE", Class::Success));
        let start = tcp(b"cmd=RecordStartResponse&id=7&result=failed&reason=busy&server=&port=");
        assert_eq!((start.name.as_str(), start.class), ("RecordStartResponse", Class::Failure));
        let get = tcp(b"GET /XVOIPService?page=START HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!((get.name.as_str(), get.protocol), ("GET", Protocol::Http));
    }

    #[test]
    fn calls_of_terminals_are_h225_and_their_registration_is_ras() {
        let setup = ras::Message::Setup {
            calling: "1000".into(),
            name: String::new(),
            called: "2000".into(),
        };
        for (message, protocol) in [
            (setup, Protocol::H225),
            (ras::Message::ReleaseComplete { reason: "hang up" }, Protocol::H225),
            (ras::Message::KeepAlive, Protocol::Ras),
            (ras::Message::UnregistrationConfirm, Protocol::Ras),
        ] {
            assert_eq!(ras(&message).protocol, protocol, "{message}");
        }
    }

    #[test]
    fn anything_else_is_named_by_its_length() {
        assert_eq!(datagram(b"\x00\x01").label, "unreadable, 2 bytes");
        assert_eq!(tcp(b"hello").label, "data, 5 bytes");
    }
}
