//! One message: start line, headers, body.

use super::header::{CSeq, Contact, ContentType, Header, NameAddr, TypedHeader, Via, same_name};
use super::method::Method;
use super::uri::Uri;
use crate::spelling::{digits, text};
use crate::{ParseError, Warning};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

mod check;
mod list;
mod read;

pub(super) use read::part_headers;

/// What a message begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine<'a> {
    /// A request.
    Request {
        /// What it asks for.
        method: Method<'a>,
        /// Whom it is for, as written; see [`Message::request_uri`].
        uri: Cow<'a, str>,
        /// `SIP/2.0`.
        version: &'a str,
    },
    /// An answer.
    Response {
        /// `SIP/2.0`.
        version: &'a str,
        /// 100 to 699.
        status: u16,
        /// The sender's words for the status; may be empty.
        reason: Cow<'a, str>,
    },
}

impl fmt::Display for StartLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, uri, version } => write!(f, "{method} {uri} {version}"),
            Self::Response { version, status, reason } => write!(f, "{version} {status} {reason}"),
        }
    }
}

/// A message and what was irregular about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed<'a> {
    /// The message, as far as it could be read.
    pub message: Message<'a>,
    /// What its sender got wrong, in message order; at most [`Message::MAX_WARNINGS`].
    pub warnings: Vec<Warning>,
}

impl<'a> Parsed<'a> {
    /// The message, unless anything at all was irregular about its form.
    ///
    /// # Errors
    /// The first warning.
    pub fn strict(self) -> Result<Message<'a>, ParseError> {
        match self.warnings.into_iter().next() {
            None => Ok(self.message),
            Some(Warning(error)) => Err(error),
        }
    }
}

/// A request or response, borrowed from the bytes it was read from.
///
/// All headers are kept, in order, unknown ones too. Two messages are equal if they say the same:
/// spelling counts, folding and line ends do not.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Request or status line.
    pub start_line: StartLine<'a>,
    /// In the order in which they were sent.
    pub headers: Vec<Header<'a>>,
    /// As many bytes as Content-Length says, or all that follow the headers.
    pub body: &'a [u8],
    /// Where the body starts, after the empty line.
    pub body_offset: usize,
    /// Where the start line starts, after any line ends before it.
    start_offset: usize,
    /// Where the Request-URI starts; in a response, the status.
    target_offset: usize,
    /// The Request-URI as it was sent; in a response, nothing.
    raw_target: &'a [u8],
}

impl PartialEq for Message<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.start_line == other.start_line
            && self.headers == other.headers
            && self.body == other.body
    }
}

impl Eq for Message<'_> {}

impl<'a> Message<'a> {
    /// Most warnings that one message gives.
    pub const MAX_WARNINGS: usize = 64;

    /// Reads one whole message, such as a UDP payload or a message out of a stream.
    ///
    /// # Errors
    /// If there is no request or status line to go by. Everything else is a warning.
    pub fn parse(bytes: &'a [u8]) -> Result<Parsed<'a>, ParseError> {
        read::message(bytes)
    }

    /// The method of a request.
    #[must_use]
    pub const fn method(&self) -> Option<Method<'a>> {
        match self.start_line {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The status of a response.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self.start_line {
            StartLine::Request { .. } => None,
            StartLine::Response { status, .. } => Some(status),
        }
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        matches!(self.start_line, StartLine::Request { .. })
    }

    /// Whom a request is for, if that can be read.
    #[must_use]
    pub fn request_uri(&self) -> Option<Uri<'_>> {
        match &self.start_line {
            StartLine::Request { uri, .. } => Uri::parse(uri).ok(),
            StartLine::Response { .. } => None,
        }
    }

    /// The first value of the header `name`, which may be a full or a compact name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_named(name).next().map(|header| &*header.value)
    }

    /// Every header of that name, in order.
    pub fn headers_named(&self, name: &str) -> impl Iterator<Item = &Header<'a>> {
        self.headers.iter().filter(move |header| same_name(header.name, name))
    }

    /// The first value of a header that is understood; an error carries its offset in the message.
    pub fn typed<'m, T: TypedHeader<'m>>(&'m self) -> Option<Result<T, ParseError>> {
        let (header, at, element) = self.first_value(T::NAME, T::IS_LIST)?;
        Some(T::parse(element).map_err(|error| header.locate(error.at(at as u64))))
    }

    /// The first value of a header that is understood, if it can be read.
    fn first<'m, T: TypedHeader<'m>>(&'m self) -> Option<T> {
        T::parse(self.first_text(T::NAME, T::IS_LIST)?).ok()
    }

    /// The first value of the header `name`.
    pub(super) fn first_text(&self, name: &str, is_list: bool) -> Option<&str> {
        self.first_value(name, is_list).map(|(_, _, value)| value)
    }

    /// The first value of the header `name`, and where it stands in that header's line. One copy
    /// of this serves every [`TypedHeader`].
    fn first_value(&self, name: &str, is_list: bool) -> Option<(&Header<'a>, usize, &str)> {
        self.headers.iter().filter(|header| same_name(header.name, name)).find_map(|header| {
            let (at, element) = list::values(&header.value, is_list).next()?;
            Some((header, at, element))
        })
    }

    /// Every value of a header that is understood, comma lists taken apart.
    pub fn typed_all<'m, T: TypedHeader<'m>>(
        &'m self,
    ) -> impl Iterator<Item = Result<T, ParseError>> {
        self.headers_named(T::NAME).flat_map(|header| {
            list::values(&header.value, T::IS_LIST).map(move |(at, element)| {
                T::parse(element).map_err(|error| header.locate(error.at(at as u64)))
            })
        })
    }

    /// Every element of the header `name`, which is a comma list.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().filter(move |header| same_name(header.name, name));
        headers.flat_map(|header| list::elements(&header.value)).map(|(_, element)| element)
    }

    /// Every value of a list header that can be read, without a word about the others.
    fn readable<'m, T: TypedHeader<'m>>(&'m self) -> impl Iterator<Item = T> {
        self.texts(T::NAME).filter_map(|value| T::parse(value).ok())
    }

    /// The topmost Via: who sent this, and the transaction. `None` if missing or malformed, as for
    /// all of these; [`Message::typed`] says why.
    #[must_use]
    pub fn via(&self) -> Option<Via<'_>> {
        self.first()
    }

    /// All Vias that can be read, topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Via<'_>> {
        self.readable()
    }

    /// Who started the dialog.
    #[must_use]
    pub fn from(&self) -> Option<NameAddr<'_>> {
        NameAddr::parse(self.first_text("From", false)?).ok()
    }

    /// Whom the dialog is with.
    #[must_use]
    pub fn to(&self) -> Option<NameAddr<'_>> {
        NameAddr::parse(self.first_text("To", false)?).ok()
    }

    /// The name of the call.
    #[must_use]
    pub fn call_id(&self) -> Option<&str> {
        self.header("Call-ID").filter(|id| !id.is_empty())
    }

    /// The request's number and method, in a response those of the request it answers.
    #[must_use]
    pub fn cseq(&self) -> Option<CSeq<'_>> {
        self.first()
    }

    /// All contacts that can be read.
    pub fn contacts(&self) -> impl Iterator<Item = Contact<'_>> {
        self.readable()
    }

    /// What the body is.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType<'_>> {
        self.first()
    }

    /// How long the sender says that the body is.
    #[must_use]
    pub fn content_length(&self) -> Option<u32> {
        self.header("Content-Length")?.parse().ok()
    }

    /// The address in the header `name`, the first if there are several.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<NameAddr<'_>> {
        let (_, first) = list::values(self.header(name)?, true).next()?;
        NameAddr::parse(first).ok()
    }

    /// Everything that is wrong with the message beyond its form: headers that do not follow
    /// their grammar, required ones that are missing, single ones that are repeated, and what
    /// contradicts each other. In message order by kind; at most [`Message::MAX_WARNINGS`].
    #[must_use]
    pub fn check(&self) -> Vec<ParseError> {
        check::check(self)
    }

    /// The message as bytes: one header a line, lines ended by CR LF, the body as it is.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut push = |parts: &[&str]| {
            parts.iter().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        };
        match &self.start_line {
            StartLine::Request { method, uri, version } => {
                push(&[method.as_str(), " ", uri, " ", version]);
            }
            StartLine::Response { version, status, reason } => {
                push(&[version, " ", &text(digits((*status).into())), " ", reason]);
            }
        }
        for header in &self.headers {
            // What has no name is a line that is no header, as it was sent.
            let colon = if header.name.is_empty() { "" } else { ": " };
            push(&["\r\n", header.name, colon, &header.value]);
        }
        push(&["\r\n\r\n"]);
        bytes.extend_from_slice(self.body);
        bytes
    }
}

/// The start line and the headers with the empty line after them, without the body.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\r\n", self.start_line)?;
        for header in &self.headers {
            write!(f, "{header}\r\n")?;
        }
        f.write_str("\r\n")
    }
}
