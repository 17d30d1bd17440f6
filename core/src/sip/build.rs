//! Messages to send.

use super::header::{BRANCH_COOKIE, Contact, NameAddr, RecordRoute, Via, same_name};
use super::message::{Message, StartLine};
use super::method::Method;
use super::status::answer_text;
use crate::spelling::{digits, short, text};
use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Display;
use core::net::SocketAddr;
use core::ops::Range;

/// How many proxies a new request may pass (RFC 3261 8.1.1.6).
const MAX_FORWARDS: &str = "70";

const LINE_END: &[u8] = b"\r\n";

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
    /// The start line and the headers, each with its line end.
    head: Vec<u8>,
    body: Vec<u8>,
}

impl MessageBuilder {
    /// A request with a Max-Forwards and no other header.
    #[must_use]
    pub fn request(method: Method<'_>, uri: impl Display) -> Self {
        Self::request_to(method, &uri.to_string())
    }

    /// The same, with the URI as text.
    pub(super) fn request_to(method: Method<'_>, uri: &str) -> Self {
        let mut builder = Self::start(&[method.as_str(), " ", uri, " SIP/2.0"]);
        builder.add("Max-Forwards", &[MAX_FORWARDS]);
        builder
    }

    /// A response with the usual reason phrase and no headers.
    #[must_use]
    pub fn response(status: u16) -> Self {
        Self::start(&["SIP/2.0 ", &text(digits(status.into())), " ", answer_text(status)])
    }

    fn start(line: &[&str]) -> Self {
        let mut builder = Self { head: Vec::new(), body: Vec::new() };
        builder.push(line);
        builder.head.extend_from_slice(LINE_END);
        builder
    }

    /// A response to a request, with its Via, From, To, Call-ID and CSeq, and where it makes a
    /// dialog its Record-Route (RFC 3261 8.2.6.2, 12.1.1). See [`MessageBuilder::to_tag`].
    #[must_use]
    pub fn response_to(request: &Message<'_>, status: u16) -> Self {
        let mut response = Self::response(status);
        response.copy(request, &["Via", "From", "To", "Call-ID", "CSeq"]);
        if (101..=299).contains(&status) {
            response.copy(request, &["Record-Route"]);
        }
        if status == 100 {
            response.copy(request, &["Timestamp"]);
        }
        response
    }

    /// The ACK to a response other than 2xx. It belongs to the INVITE's transaction, and so has
    /// its branch (RFC 3261 17.1.1.3). `None` if the INVITE lacks what that takes.
    #[must_use]
    pub fn ack_to_failure(invite: &Message<'_>, response: &Message<'_>) -> Option<Self> {
        Self::in_transaction_of(invite, Method::Ack, response)
    }

    /// The CANCEL of an INVITE, in a transaction beside it (RFC 3261 9.1). `None` if the INVITE
    /// lacks what that takes.
    #[must_use]
    pub fn cancel(invite: &Message<'_>) -> Option<Self> {
        Self::in_transaction_of(invite, Method::Cancel, invite)
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
        let mut ack = Self::request_to(Method::Ack, &contact);
        let routes: Vec<_> =
            response.typed_all::<RecordRoute<'_>>().filter_map(Result::ok).collect();
        for route in routes.iter().rev() {
            ack.add("Route", &[&route.to_string()]);
        }
        ack.copy(response, &["From", "To", "Call-ID"]);
        ack.add_cseq(number, Method::Ack);
        Some(ack)
    }

    /// A request of another method to where the INVITE went, with its topmost Via, and the To of
    /// another message.
    fn in_transaction_of(
        invite: &Message<'_>,
        method: Method<'_>,
        to: &Message<'_>,
    ) -> Option<Self> {
        let number = invite.cseq()?.number;
        let StartLine::Request { uri, .. } = &invite.start_line else { return None };
        let mut request = Self::request_to(method, uri);
        request.add("Via", &[invite.first_text("Via", true)?]);
        request.copy(invite, &["From", "Call-ID", "Route"]);
        request.copy(to, &["To"]);
        request.add_cseq(number, method);
        Some(request)
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
        self.add(name, &[&value.to_string()]);
        self
    }

    /// Adds a header whose value consists of these parts.
    pub(super) fn add(&mut self, name: &str, value: &[&str]) {
        self.push(&[name]);
        self.head.extend_from_slice(b": ");
        self.push(value);
        self.head.extend_from_slice(LINE_END);
    }

    /// Adds a CSeq.
    pub(super) fn add_cseq(&mut self, number: u32, method: Method<'_>) {
        self.add("CSeq", &[&text(digits(number)), " ", method.as_str()]);
    }

    /// Adds text that stays in its line, without blanks around it: a space for each line end in it.
    fn push(&mut self, parts: &[&str]) {
        let start = self.head.len();
        for part in parts {
            self.head.extend_from_slice(part.as_bytes());
        }
        let text = self.head.split_off(start);
        let pieces = text.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii);
        for (at, piece) in pieces.filter(|piece| !piece.is_empty()).enumerate() {
            if at > 0 {
                self.head.push(b' ');
            }
            self.head.extend_from_slice(piece);
        }
    }

    /// Puts a header in the place of all others of its name, or adds it.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Display) -> Self {
        self.put(name, &value.to_string());
        self
    }

    fn put(&mut self, name: &str, value: &str) {
        while let Some(line) = self.find(name) {
            self.head.drain(line);
        }
        self.add(name, &[value]);
    }

    /// Where the first header of that name stands, with its line end.
    fn find(&self, name: &str) -> Option<Range<usize>> {
        let mut start = 0;
        for line in self.head.split_inclusive(|&byte| byte == b'\n') {
            let end = start + line.len();
            let colon = line.iter().position(|&byte| byte == b':').filter(|_| start > 0);
            let found = colon.and_then(|at| core::str::from_utf8(line.get(..at)?).ok());
            if found.is_some_and(|found| same_name(found, name)) {
                return Some(start..end);
            }
            start = end;
        }
        None
    }

    /// Adds a tag to the To header, unless it has one.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Self {
        self.add_to_tag(tag);
        self
    }

    pub(super) fn add_to_tag(&mut self, tag: &str) {
        let Some(line) = self.find("To") else { return };
        let Some(value) = self.head.get(line.clone()).and_then(value_of) else { return };
        if NameAddr::parse(value).is_ok_and(|to| to.tag().is_some()) {
            return;
        }
        let behind = self.head.split_off(line.end.saturating_sub(LINE_END.len()));
        self.push(&[";tag=", tag]);
        self.head.extend_from_slice(&behind);
    }

    /// Puts other words in the place of the usual reason phrase.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        if let Some(status) = self.status() {
            let headers = self.head.split_off(self.start_line_end());
            self.head.clear();
            self.push(&["SIP/2.0 ", &text(digits(status.into())), " ", reason]);
            self.head.extend_from_slice(LINE_END);
            self.head.extend_from_slice(&headers);
        }
        self
    }

    /// The body and what it is.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.put("Content-Type", content_type);
        self
    }

    /// Adds a header before the others, where a topmost Via belongs.
    pub(super) fn add_on_top(&mut self, name: &str, value: &[&str]) {
        let headers = self.head.split_off(self.start_line_end());
        self.add(name, value);
        self.head.extend_from_slice(&headers);
    }

    fn start_line_end(&self) -> usize {
        self.head.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1)
    }

    /// Adds a header unless there is one of its name.
    #[must_use]
    pub fn or_header(mut self, name: &str, value: impl Display) -> Self {
        self.ensure(name, &value.to_string());
        self
    }

    pub(super) fn ensure(&mut self, name: &str, value: &str) {
        if self.find(name).is_none() {
            self.add(name, &[value]);
        }
    }

    /// The status of a response.
    pub(super) fn status(&self) -> Option<u16> {
        short(self.head.strip_prefix(b"SIP/2.0 ")?.get(..3)?)
    }

    /// Whether it is a request whose Contact says where further requests go.
    pub(super) fn makes_target(&self) -> bool {
        self.head.starts_with(b"INVITE ") || self.head.starts_with(b"UPDATE ")
    }

    /// The bytes.
    #[must_use]
    pub fn build(mut self) -> Vec<u8> {
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX);
        self.put("Content-Length", &text(digits(length)));
        self.head.extend_from_slice(LINE_END);
        self.head.extend_from_slice(&self.body);
        self.head
    }

    /// Adds the headers of these names of another message, in its order for each.
    fn copy(&mut self, from: &Message<'_>, names: &[&str]) {
        for name in names {
            for header in from.headers_named(name) {
                self.add(name, &[&header.value]);
            }
        }
    }
}

/// The value in a header's line.
fn value_of(line: &[u8]) -> Option<&str> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    core::str::from_utf8(line.get(colon + 1..)?.trim_ascii()).ok()
}

#[cfg(test)]
mod tests;
