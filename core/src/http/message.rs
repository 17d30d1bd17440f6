//! One HTTP message: its parts, and writing it.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::query;
use crate::{ErrorKind, Layer, ParseError, Warning};

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What is asked, or how it went.
    pub start: StartLine,
    /// All header fields, in order.
    pub headers: Vec<Header>,
    /// The content, chunks put together.
    pub body: Vec<u8>,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// `GET /path?query HTTP/1.1`
    Request {
        /// The method, as sent.
        method: String,
        /// Path and query, or a whole URL.
        target: String,
    },
    /// `HTTP/1.1 200 OK`
    Response {
        /// Three digits; 2xx is success.
        status: u16,
        /// The words behind it.
        reason: String,
    },
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name as sent; compared without case.
    pub name: String,
    /// Value without the space around it, continuation lines joined by one space.
    pub value: String,
}

impl Message {
    /// A request without headers or body.
    #[must_use]
    pub fn request(method: &str, target: &str) -> Self {
        let start = StartLine::Request { method: method.into(), target: target.into() };
        Self { start, headers: Vec::new(), body: Vec::new() }
    }

    /// A response without headers or body.
    #[must_use]
    pub fn response(status: u16, reason: &str) -> Self {
        let start = StartLine::Response { status, reason: reason.into() };
        Self { start, headers: Vec::new(), body: Vec::new() }
    }

    /// With a header field more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Header { name: name.into(), value: value.into() });
        self
    }

    /// With this content.
    #[must_use]
    pub fn with_body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut message = self.with_header("Content-Type", content_type);
        message.body = body.into();
        message
    }

    /// Value of the first header field of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(&header.value)
    }

    /// Decoded value of a parameter in the request's query, or in its body where that is a form.
    #[must_use]
    pub fn query_value(&self, key: &str) -> Option<Cow<'_, str>> {
        let StartLine::Request { target, .. } = &self.start else { return None };
        let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let query = query.split('#').next().unwrap_or_default();
        let is_form = self
            .header("Content-Type")
            .is_some_and(|kind| kind.trim_start().starts_with("application/x-www-form-urlencoded"));
        let form = if is_form { &self.body[..] } else { &[] };
        query::pairs(query.as_bytes())
            .chain(query::pairs(form))
            .find(|pair| pair.key == key)
            .map(|pair| pair.value)
    }

    /// One line for a list: method and target, or status and reason.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.start {
            StartLine::Request { method, target } => format!("{method} {target}"),
            StartLine::Response { status, reason } => format!("{status} {reason}"),
        }
    }

    /// The message as HTTP/1.1. Fields that frame a message are written to fit the body: those
    /// among `headers` are left out.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = match &self.start {
            StartLine::Request { method, target } => {
                format!("{} {} HTTP/1.1\r\n", one_word(method), one_word(target))
            }
            StartLine::Response { status, reason } => {
                format!("HTTP/1.1 {status:03} {}\r\n", one_line(reason))
            }
        };
        let framing = ["Content-Length", "Transfer-Encoding"];
        for Header { name, value } in &self.headers {
            if !framing.iter().any(|framing| framing.eq_ignore_ascii_case(name)) {
                let line = format!("{}: {}\r\n", one_word(name), one_line(value));
                text.push_str(&line);
            }
        }
        if self.needs_length() {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// A GET without body has no length; a response always tells it, or would end with the
    /// connection.
    fn needs_length(&self) -> bool {
        match &self.start {
            StartLine::Request { method, .. } => !self.body.is_empty() || method != "GET",
            StartLine::Response { status, .. } => !has_no_body(*status) || !self.body.is_empty(),
        }
    }

    /// Reads start line and headers, `head` being all lines up to the empty one.
    ///
    /// # Errors
    /// `Expected` where the first line is none of HTTP/1.
    pub(super) fn read_head(head: &[u8]) -> Result<(Self, Vec<Warning>), ParseError> {
        let mut offset = 0;
        let mut lines = head.split_inclusive(|&byte| byte == b'\n').map(|line| {
            let start = offset;
            offset += line.len();
            (start, line.strip_suffix(b"\n").unwrap_or(line))
        });
        let (_, first) = lines.next().unwrap_or_default();
        let start = StartLine::read(first)?;
        let mut message = Self { start, headers: Vec::new(), body: Vec::new() };
        let mut warnings = Vec::new();
        for (offset, line) in lines {
            let is_continuation = line.starts_with(b" ") || line.starts_with(b"\t");
            let text = String::from_utf8_lossy(line.trim_ascii());
            if text.is_empty() {
                continue;
            }
            match (message.headers.last_mut(), text.split_once(':')) {
                (Some(header), _) if is_continuation => {
                    header.value.push(' ');
                    header.value.push_str(&text);
                }
                (_, Some((name, value))) => message.headers.push(Header {
                    name: name.trim_end().to_string(),
                    value: value.trim().to_string(),
                }),
                _ => warnings.push(irregular(offset, "the header line has no colon")),
            }
        }
        Ok((message, warnings))
    }
}

impl StartLine {
    fn read(line: &[u8]) -> Result<Self, ParseError> {
        let text = String::from_utf8_lossy(line.trim_ascii());
        let read = if text.starts_with("HTTP/1.") {
            Self::read_status(&text)
        } else {
            Self::read_request(&text)
        };
        read.ok_or_else(|| {
            let expected = "an HTTP/1 request or status line";
            ParseError::new(Layer::Http, 0, ErrorKind::Expected { expected })
        })
    }

    fn read_status(line: &str) -> Option<Self> {
        let (_, rest) = line.split_once(' ')?;
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().ok().filter(|status| (100..1000).contains(status))?;
        Some(Self::Response { status, reason: reason.trim().to_string() })
    }

    fn read_request(line: &str) -> Option<Self> {
        let (method, rest) = line.split_once(' ')?;
        let (target, version) = rest.rsplit_once(' ')?;
        let is_request = version.starts_with("HTTP/1.")
            && !method.is_empty()
            && method.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
        let target = target.trim();
        is_request.then(|| Self::Request { method: method.into(), target: target.into() })
    }
}

/// Whether a response of this status ends with its head (RFC 9112 6.3).
pub(super) const fn has_no_body(status: u16) -> bool {
    matches!(status, 100..200 | 204 | 304)
}

pub(super) fn irregular(offset: usize, problem: &'static str) -> Warning {
    Warning(ParseError::new(Layer::Http, offset as u64, ErrorKind::Irregular { problem }))
}

/// Without what would end the line.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Without what would end the word.
fn one_word(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() && *character != ' ').collect()
}
