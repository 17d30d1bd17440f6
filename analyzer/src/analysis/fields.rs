//! A signalling message taken apart for the inspector.

use super::Field;
use crate::report::MessageProtocol;
use crate::trace::{SignallingMessage, cause_in_words};
use recscope_core::csta;
use recscope_core::http::query;
use recscope_core::sdp::Session;
use recscope_core::sip::header::Reason;
use recscope_core::sip::{Header, Message, StartLine, status_text};
use std::borrow::Cow;

/// The parts of a message, in order.
pub(super) fn of_message(message: &SignallingMessage) -> Vec<Field> {
    dissect(message.protocol, &message.raw)
}

/// The parts of a message of a protocol, in order; none if the bytes are no such message.
#[must_use]
pub fn dissect(protocol: MessageProtocol, raw: &[u8]) -> Vec<Field> {
    match protocol {
        MessageProtocol::Sip => of_sip(raw),
        MessageProtocol::Control => of_command(raw),
        MessageProtocol::Http => of_http(raw),
        MessageProtocol::Csta => of_csta(raw),
    }
}

fn of_sip(raw: &[u8]) -> Vec<Field> {
    let Ok(parsed) = Message::parse(raw) else { return Vec::new() };
    let message = parsed.message;
    let mut fields = vec![start_line(raw, &message.start_line)];
    fields.extend(message.headers.iter().map(|header| {
        let len = header.value_offset.saturating_sub(header.offset) + header.raw_value().len();
        Field {
            offset: header.offset as u64,
            len: len as u64,
            name: header.full_name().to_owned(),
            value: header.value.to_string(),
            meaning: meaning(header, &message),
        }
    }));
    if let Some((offset, body)) = message.sdp() {
        fields.extend(of_sdp(body, offset));
    }
    fields
}

/// The parameters of a RecordServer command (BX-S2, BX-S3).
fn of_command(raw: &[u8]) -> Vec<Field> {
    let mut at = 0;
    let mut fields = Vec::new();
    for pair in raw.split(|&byte| byte == b'&') {
        let cut = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(cut).unwrap_or((pair, &[]));
        let name = query::decode(name).into_owned();
        let value = query::decode(value.strip_prefix(b"=").unwrap_or(value)).into_owned();
        let meaning = match name.as_str() {
            "cmd" => "what is asked or answered",
            "id" => "names the recording until it ends (BX-S4)",
            "device" => "the phone's MAC address",
            "remote_number" => "number of the other party",
            "remote_name" => "name of the other party",
            "local_number" => "number of the phone's account",
            "local_name" => "name of the phone's account",
            "dir" => "who called whom: in or out",
            "codec" => "codec of the RTP to come (BX-S9)",
            "result" => "whether it was granted",
            "reason" => "why",
            "server" => "host to send RTP to",
            "port" => "UDP port to send RTP to",
            _ => "unknown, and ignored",
        };
        let meaning = meaning.to_owned();
        fields.push(Field { offset: at as u64, len: pair.len() as u64, name, value, meaning });
        at += pair.len() + 1;
    }
    fields
}

/// Start line and header fields of an HTTP message.
fn of_http(raw: &[u8]) -> Vec<Field> {
    let mut at = 0;
    let mut fields: Vec<Field> = Vec::new();
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if text.is_empty() {
            break;
        }
        let (name, value) = match text.split_once(':') {
            Some((name, value)) if !fields.is_empty() => (name.to_owned(), value.trim().to_owned()),
            _ => (String::from("start line"), text),
        };
        let (offset, len) = (at as u64, line.trim_ascii_end().len() as u64);
        fields.push(Field { offset, len, name, value, meaning: String::new() });
        at += line.len();
    }
    fields
}

/// The parts of a CSTA frame (MX-C2).
fn of_csta(raw: &[u8]) -> Vec<Field> {
    let Some((header, xml)) = raw.split_at_checked(csta::Frame::HEADER_LEN) else {
        return Vec::new();
    };
    let Some((&len, id)) = header.split_first_chunk::<4>() else { return Vec::new() };
    let field = |offset: u64, len: usize, name: &str, value: String, meaning: &str| Field {
        offset,
        len: len as u64,
        name: name.to_owned(),
        value,
        meaning: meaning.to_owned(),
    };
    let summary = csta::Message::parse(xml).map(|parsed| parsed.message.summary());
    let id = String::from_utf8_lossy(id).into_owned();
    vec![
        field(0, 4, "length", u32::from_be_bytes(len).to_string(), "bytes of the whole frame"),
        field(4, 4, "invoke id", id, "pairs requests with answers; 9999 for events"),
        field(8, xml.len(), "document", summary.unwrap_or_default(), "CSTA XML (ECMA-323)"),
    ]
}

fn start_line(raw: &[u8], line: &StartLine<'_>) -> Field {
    let at = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
    let rest = raw.get(at..).unwrap_or_default();
    let len = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
    let (name, meaning) = match line {
        StartLine::Request { method, .. } => ("request line", request_meaning(method.as_str())),
        StartLine::Response { status, .. } => ("status line", status_text(*status)),
    };
    Field {
        offset: at as u64,
        len: len as u64,
        name: name.to_owned(),
        value: line.to_string(),
        meaning: meaning.to_owned(),
    }
}

fn request_meaning(method: &str) -> &'static str {
    match method {
        "INVITE" => "asks for a call, or changes one",
        "ACK" => "confirms the final answer to an INVITE",
        "BYE" => "ends the call",
        "CANCEL" => "takes back a request that has no final answer yet",
        "REGISTER" => "tells the registrar where a user can be reached",
        "OPTIONS" => "asks what the other side can do; often a keep-alive",
        "INFO" => "carries application data within a call",
        "UPDATE" => "changes a session, or keeps it alive",
        "PRACK" => "confirms a provisional answer",
        "REFER" => "asks the other side to call someone",
        "SUBSCRIBE" => "asks for notifications of an event",
        "NOTIFY" => "notifies of an event",
        "PUBLISH" => "publishes the state of an event",
        "MESSAGE" => "a short text message",
        _ => "",
    }
}

/// What a header says, beyond its letters.
fn meaning(header: &Header<'_>, message: &Message<'_>) -> String {
    let name = header.full_name().to_ascii_lowercase();
    let fixed = match name.as_str() {
        "call-id" => "names the call; the same in all its messages",
        "max-forwards" => "hops that the request may still take",
        "content-type" => "what the body is",
        "content-length" => "bytes of the body",
        "contact" => "where the sender can be reached directly",
        "user-agent" => "the sender's product",
        "server" => "the answering side's product",
        "allow" => "methods that the sender understands",
        "supported" => "extensions that the sender understands",
        "require" => "extensions that the receiver must understand",
        "route" => "proxies that the request must pass",
        "record-route" => "a proxy that stays in the path of the call",
        "www-authenticate" | "proxy-authenticate" => {
            "a challenge: send the request again with credentials"
        }
        "authorization" | "proxy-authorization" => "the credentials that a challenge asked for",
        "expires" => "seconds for which this holds",
        "session-expires" => "seconds after which the call ends unless it is refreshed (RFC 4028)",
        "session-id" => "names the call across back-to-back agents (RFC 7989)",
        "record" => "asks the PBX to start or stop recording (BX-I2)",
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    match name.as_str() {
        "via" => header_via(&header.value),
        "cseq" => message
            .cseq()
            .map(|cseq| format!("request {} of the dialog, {}", cseq.number, cseq.method)),
        "from" => party(message, "From", "who began the dialog"),
        "to" => party(message, "To", "whom the dialog is with"),
        "reason" => {
            message.typed::<Reason<'_>>().and_then(Result::ok).map(|reason| cause_in_words(&reason))
        }
        _ => None,
    }
    .unwrap_or_default()
}

fn header_via(value: &str) -> Option<String> {
    let branch = value.split(';').find_map(|part| part.trim().strip_prefix("branch="))?;
    Some(format!("a hop on the way back; transaction {branch}"))
}

fn party(message: &Message<'_>, header: &str, role: &str) -> Option<String> {
    let address = message.address(header)?;
    Some(match address.tag() {
        Some(tag) => format!("{role}; tag {tag}"),
        None => format!("{role}; no tag yet"),
    })
}

/// An SDP body line by line.
fn of_sdp(body: &[u8], base: usize) -> Vec<Field> {
    let session = Session::parse(body).ok().map(|parsed| parsed.session);
    let mut fields = Vec::new();
    let (mut at, mut media) = (0, 0);
    for line in body.split_inclusive(|&byte| byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        if let Some((kind, value)) = text.split_once('=') {
            let meaning = match (kind, &session) {
                ("m", Some(session)) => {
                    media += 1;
                    media_meaning(session, media - 1).into()
                }
                _ => sdp_meaning(kind, value),
            };
            fields.push(Field {
                offset: (base + at) as u64,
                len: line.trim_ascii_end().len() as u64,
                name: format!("{kind}="),
                value: value.to_owned(),
                meaning: meaning.into_owned(),
            });
        }
        at += line.len();
    }
    fields
}

fn media_meaning(session: &Session, index: usize) -> String {
    let Some(media) = session.media.get(index) else { return String::new() };
    if media.is_refused() {
        return String::from("refused: port 0");
    }
    let codecs: Vec<&str> = media.rtpmaps().map(|map| map.encoding).collect();
    let direction = session.direction_of(media);
    let secret = if session.is_encrypted(media) { ", encrypted" } else { "" };
    match session.address_of(media) {
        Some(address) => format!("wants {} at {address}, {direction}{secret}", codecs.join(", ")),
        None => format!("{}, {direction}{secret}", codecs.join(", ")),
    }
}

fn sdp_meaning(kind: &str, value: &str) -> Cow<'static, str> {
    let attribute = value.split_once(':').map_or(value, |(name, _)| name);
    Cow::Borrowed(match (kind, attribute) {
        ("v", _) => "version of SDP",
        ("o", _) => "who described the session, its id and version",
        ("s", _) => "name of the session",
        ("c", _) => "where media is to be sent",
        ("t", _) => "when the session takes place; 0 0 is any time",
        ("b", _) => "bandwidth",
        ("a", "rtpmap") => "what a payload type means",
        ("a", "fmtp") => "parameters of a payload type",
        ("a", "ptime") => "milliseconds of sound in one packet",
        ("a", "sendrecv") => "media flows both ways",
        ("a", "sendonly") => "the sender of this only sends",
        ("a", "recvonly") => "the sender of this only receives",
        ("a", "inactive") => "no media flows",
        ("a", "crypto") => "SRTP keys (RFC 4568)",
        ("a", "fingerprint") => "certificate of DTLS-SRTP",
        ("a", "rtcp") => "where RTCP is to be sent",
        ("a", "rtcp-mux") => "RTCP may share the port of RTP",
        ("a", "label") => "names this medium for others (RFC 4574)",
        _ => "",
    })
}
