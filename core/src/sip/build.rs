//! Messages to send.

use super::header::{BRANCH_COOKIE, Contact, RecordRoute, Via, same_name};
use super::message::{Message, StartLine};
use super::method::Method;
use super::status::status_text;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{Display, Write};
use core::net::SocketAddr;

/// How many proxies a new request may pass (RFC 3261 8.1.1.6).
const MAX_FORWARDS: u8 = 70;

/// Puts a message together; [`MessageBuilder::build`] gives its bytes with the right
/// Content-Length.
///
/// Line ends in what is given become spaces, so that no value can smuggle in a header.
///
/// ```
/// use recscope_core::sip::{Message, MessageBuilder, Method};
///
/// let invite = MessageBuilder::request(Method::Invite, "sip:1000@192.0.2.20:7300")
///     .via("UDP", "192.0.2.10:5060".parse().unwrap(), "1")
///     .header("From", "<sip:recorder@192.0.2.10>;tag=r1")
///     .header("To", "<sip:1000@192.0.2.20>")
///     .header("Call-ID", "rec-1@192.0.2.10")
///     .header("CSeq", "1 INVITE")
///     .body("application/sdp", b"v=0\r\n")
///     .build();
/// let invite = Message::parse(&invite)?.strict()?;
/// let ringing = MessageBuilder::response_to(&invite, 180).to_tag("p1").build();
/// let ringing = Message::parse(&ringing)?.strict()?;
/// assert_eq!(ringing.status(), Some(180));
/// assert_eq!(ringing.to().and_then(|to| to.tag()), Some("p1"));
/// assert_eq!(ringing.via(), invite.via());
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MessageBuilder {
    start_line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl MessageBuilder {
    /// A request with a Max-Forwards and no other header.
    #[must_use]
    pub fn request(method: Method<'_>, uri: impl Display) -> Self {
        let start_line = one_line(&format_args!("{method} {uri} SIP/2.0"));
        Self { start_line, headers: Vec::new(), body: Vec::new() }
            .header("Max-Forwards", MAX_FORWARDS)
    }

    /// A response with the usual reason phrase and no headers.
    #[must_use]
    pub fn response(status: u16) -> Self {
        let start_line = format!("SIP/2.0 {status} {}", status_text(status));
        Self { start_line, headers: Vec::new(), body: Vec::new() }
    }

    /// A response to a request, with its Via, From, To, Call-ID and CSeq, and where it makes a
    /// dialog its Record-Route (RFC 3261 8.2.6.2, 12.1.1). See [`MessageBuilder::to_tag`].
    #[must_use]
    pub fn response_to(request: &Message<'_>, status: u16) -> Self {
        let mut names = alloc::vec!["Via", "From", "To", "Call-ID", "CSeq"];
        if (101..=299).contains(&status) {
            names.push("Record-Route");
        }
        if status == 100 {
            names.push("Timestamp");
        }
        Self::response(status).copy(request, &names)
    }

    /// The ACK to a response other than 2xx. It belongs to the INVITE's transaction, and so has
    /// its branch (RFC 3261 17.1.1.3). `None` if the INVITE lacks what that takes.
    #[must_use]
    pub fn ack_to_failure(invite: &Message<'_>, response: &Message<'_>) -> Option<Self> {
        let number = invite.cseq()?.number;
        let ack = Self::in_transaction_of(invite, Method::Ack)?.copy(response, &["To"]);
        Some(ack.header("CSeq", format_args!("{number} ACK")))
    }

    /// The CANCEL of an INVITE, in a transaction beside it (RFC 3261 9.1). `None` if the INVITE
    /// lacks what that takes.
    #[must_use]
    pub fn cancel(invite: &Message<'_>) -> Option<Self> {
        let number = invite.cseq()?.number;
        let cancel = Self::in_transaction_of(invite, Method::Cancel)?.copy(invite, &["To"]);
        Some(cancel.header("CSeq", format_args!("{number} CANCEL")))
    }

    /// The ACK to a 2xx response: a transaction of its own, sent to the Contact along the
    /// Record-Route (RFC 3261 13.2.2.4, 12.2.1.1). Its Via is for the caller to add. `None` if
    /// the messages lack what that takes.
    #[must_use]
    pub fn ack_to_success(invite: &Message<'_>, response: &Message<'_>) -> Option<Self> {
        let number = invite.cseq()?.number;
        let contact = response.contacts().find_map(|contact| match contact {
            Contact::Address(address) => Some(address.uri.as_str().to_owned()),
            Contact::Any => None,
        })?;
        let mut ack = Self::request(Method::Ack, contact);
        let routes: Vec<_> =
            response.typed_all::<RecordRoute<'_>>().filter_map(Result::ok).collect();
        for route in routes.iter().rev() {
            ack = ack.header("Route", route);
        }
        let ack = ack.copy(response, &["From", "To", "Call-ID"]);
        Some(ack.header("CSeq", format_args!("{number} ACK")))
    }

    /// A request of another method to where the INVITE went, with its topmost Via.
    fn in_transaction_of(invite: &Message<'_>, method: Method<'_>) -> Option<Self> {
        let StartLine::Request { uri, .. } = &invite.start_line else { return None };
        let via = invite.via()?;
        let request = Self::request(method, uri).header("Via", via);
        Some(request.copy(invite, &["From", "Call-ID", "Route"]))
    }

    /// Adds a Via of this side: transport, address and the part of the branch after its cookie;
    /// asks for `rport` (RFC 3581).
    #[must_use]
    pub fn via(self, transport: &str, address: SocketAddr, branch: impl Display) -> Self {
        let via =
            format_args!("SIP/2.0/{transport} {address};rport;branch={BRANCH_COOKIE}{branch}");
        self.header(<Via<'_> as super::TypedHeader<'_>>::NAME, via)
    }

    /// Adds a header after the others.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        self.insert(self.headers.len(), name, &value);
        self
    }

    /// Adds a header at a place: one copy of it for values of all types, of which there are many.
    fn insert(&mut self, at: usize, name: &str, value: &dyn Display) {
        self.headers.insert(at, (one_line(&name), one_line(value)));
    }

    /// Puts a header in the place of all others of its name, or adds it.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Display) -> Self {
        self.headers.retain(|(other, _)| !same_name(other, name));
        self.header(name, value)
    }

    /// Adds a tag to the To header, unless it has one.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Self {
        let to = self.headers.iter_mut().find(|(name, _)| same_name(name, "To"));
        if let Some((_, value)) = to {
            let has_tag = super::NameAddr::parse(value).is_ok_and(|to| to.tag().is_some());
            if !has_tag {
                value.push_str(&one_line(&format_args!(";tag={tag}")));
            }
        }
        self
    }

    /// Puts other words in the place of the usual reason phrase.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        if let Some(status) = self.start_line.strip_prefix("SIP/2.0 ").and_then(|s| s.get(..3)) {
            self.start_line = one_line(&format_args!("SIP/2.0 {status} {reason}"));
        }
        self
    }

    /// The body and what it is.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.set("Content-Type", content_type)
    }

    /// Adds a header before the others, where a topmost Via belongs.
    #[must_use]
    pub(super) fn top(mut self, name: &str, value: impl Display) -> Self {
        self.insert(0, name, &value);
        self
    }

    /// Adds a header unless there is one of its name.
    #[must_use]
    pub fn or_header(self, name: &str, value: impl Display) -> Self {
        let has = self.headers.iter().any(|(other, _)| same_name(other, name));
        if has { self } else { self.header(name, value) }
    }

    /// The status of a response.
    pub(super) fn status(&self) -> Option<u16> {
        self.start_line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// Whether it is a request whose Contact says where further requests go.
    pub(super) fn makes_target(&self) -> bool {
        self.start_line.starts_with("INVITE ") || self.start_line.starts_with("UPDATE ")
    }

    /// The bytes.
    #[must_use]
    pub fn build(self) -> Vec<u8> {
        let length = self.body.len();
        let Self { start_line, headers, body } = self.set("Content-Length", length);
        let mut text = start_line;
        text.push_str("\r\n");
        for (name, value) in &headers {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Adds the headers of these names of another message, in its order for each.
    #[must_use]
    fn copy(mut self, from: &Message<'_>, names: &[&str]) -> Self {
        for name in names {
            for header in from.headers_named(name) {
                self = self.header(name, &header.value);
            }
        }
        self
    }
}

/// The text on one line.
fn one_line(text: &dyn Display) -> String {
    let mut line = String::new();
    // Writing to a String does not fail.
    let _ = write!(line, "{text}");
    if line.contains(['\r', '\n']) {
        line = line.lines().map(str::trim).collect::<Vec<_>>().join(" ").replace('\r', " ");
    }
    line.trim().to_string()
}

#[cfg(test)]
mod tests;
