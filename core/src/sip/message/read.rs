//! From bytes to a [`Message`]: lines, start line, headers, body.

use super::{Header, Message, Method, Parsed, StartLine};
use crate::error::WARNS;
use crate::sip::grammar::{cut, is_token};
use crate::sip::header::{fold_len, is_name};
use crate::{ErrorKind, Layer, ParseError, Warning};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Headers that a typical message has; saves growing the list.
const TYPICAL_HEADERS: usize = 24;

/// Reads `bytes` as one message.
pub(super) fn message(bytes: &[u8]) -> Result<Parsed<'_>, ParseError> {
    let mut reader = Reader { bytes, at: 0, warnings: Vec::new() };
    // A sender may keep a connection alive with line ends before the message (RFC 3261 7.5).
    reader.at = bytes.iter().position(|&b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    let start_offset = reader.at;
    let (start_line, target_offset, raw_target) = reader.start_line()?;
    let headers = reader.headers();
    let body_offset = reader.at;
    let body = reader.body(&headers);
    let message =
        Message { start_line, headers, body, body_offset, start_offset, target_offset, raw_target };
    Ok(Parsed { message, warnings: reader.warnings })
}

/// The headers at the start of a part of a body, and their length with the empty line after them.
pub(in crate::sip) fn part_headers(bytes: &[u8]) -> (Vec<Header<'_>>, usize) {
    let mut reader = Reader { bytes, at: 0, warnings: Vec::new() };
    let headers = reader.headers();
    (headers, reader.at)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    warnings: Vec<Warning>,
}

/// One line: where it starts and ends, without its line end.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    fn warn(&mut self, offset: usize, kind: ErrorKind) {
        if WARNS && self.warnings.len() < Message::MAX_WARNINGS {
            self.warnings.push(ParseError::new(Layer::Sip, offset as u64, kind).into());
        }
    }

    fn irregular(&mut self, offset: usize, problem: &'static str) {
        self.warn(offset, ErrorKind::Irregular { problem });
    }

    /// The next line and moves past its end; `None` at the end of the bytes.
    fn line(&mut self) -> Option<Line> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let Some(len) = memchr::memchr(b'\n', rest) else {
            self.at = self.bytes.len();
            return Some(Line { start, end: self.at });
        };
        self.at = start + len + 1;
        let end = start + len;
        let has_return = len > 0 && self.bytes.get(end - 1) == Some(&b'\r');
        Some(Line { start, end: if has_return { end - 1 } else { end } })
    }

    fn slice(&self, line: Line) -> &'a [u8] {
        self.bytes.get(line.start..line.end).unwrap_or_default()
    }

    /// The start line, where its Request-URI or status stands, and the Request-URI as sent.
    fn start_line(&mut self) -> Result<(StartLine<'a>, usize, &'a [u8]), ParseError> {
        let error = |at: usize, expected| {
            Err(ParseError::new(Layer::Sip, at as u64, ErrorKind::Expected { expected }))
        };
        let Some(whole) = self.line() else {
            return error(self.at, "a request or status line");
        };
        let bytes = self.slice(whole);
        if bytes.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
            let (line, at) = self.status_line(whole, bytes)?;
            return Ok((line, at, &[]));
        }
        let Some(blank) = bytes.iter().position(|&b| b == b' ') else {
            return error(whole.start, "a request or status line");
        };
        let (method, rest) = bytes.split_at_checked(blank).unwrap_or_default();
        let Some(method) = token_text(method) else {
            return error(whole.start, "a method or SIP/2.0");
        };
        let trimmed = rest.trim_ascii_end();
        let Some(last) = trimmed.iter().rposition(|&b| b == b' ').filter(|&at| at > 0) else {
            return error(whole.start + blank + 1, "a Request-URI and SIP/2.0");
        };
        let (uri, version) = trimmed.split_at_checked(last).unwrap_or_default();
        let version_at = whole.start + blank + last + 1;
        let Some(version) = version_text(version.trim_ascii()) else {
            return error(version_at, "SIP/2.0 at the end of the request line");
        };
        if trimmed.len() < rest.len() {
            self.irregular(
                whole.start + blank + trimmed.len(),
                "the request line has blanks at its end",
            );
        }
        let uri_text = uri.trim_ascii();
        if uri_text.is_empty() {
            return error(whole.start + blank + 1, "a Request-URI");
        }
        if uri.len() != uri_text.len() + 1 {
            self.irregular(
                whole.start + blank,
                "the parts of the request line are more than one space apart",
            );
        }
        let lead = uri.len() - uri.trim_ascii_start().len();
        let uri = String::from_utf8_lossy(uri_text);
        let method = Method::from_token(method);
        Ok((StartLine::Request { method, uri, version }, whole.start + blank + lead, uri_text))
    }

    fn status_line(
        &mut self,
        line: Line,
        bytes: &'a [u8],
    ) -> Result<(StartLine<'a>, usize), ParseError> {
        let blank = bytes.iter().position(|&b| b == b' ').unwrap_or(bytes.len());
        let (version, rest) = bytes.split_at_checked(blank).unwrap_or_default();
        let Some(version) = version_text(version) else {
            return Err(ParseError::new(
                Layer::Sip,
                line.start as u64,
                ErrorKind::Expected { expected: "SIP/2.0 and a status" },
            ));
        };
        let rest = rest.trim_ascii_start();
        let at = line.end - rest.len();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (code, after) = rest.split_at_checked(digits).unwrap_or_default();
        let code = core::str::from_utf8(code).unwrap_or_default();
        let number = code.parse::<i64>().unwrap_or(if digits == 0 { 0 } else { i64::MAX });
        let status = u16::try_from(number).ok().filter(|s| (100..=999).contains(s));
        let Some(status) = status.filter(|_| digits == 3) else {
            let kind = if digits == 0 {
                ErrorKind::Expected { expected: "a status of three digits" }
            } else {
                ErrorKind::OutOfRange { what: "the status", min: 100, max: 699, found: number }
            };
            return Err(ParseError::new(Layer::Sip, at as u64, kind));
        };
        if status > 699 {
            let kind =
                ErrorKind::OutOfRange { what: "the status", min: 100, max: 699, found: number };
            self.warn(at, kind);
        }
        let reason = match after.split_first() {
            Some((b' ', reason)) => reason,
            None => {
                self.irregular(line.end, "the status line ends without a space after the status");
                after
            }
            Some(_) => {
                self.irregular(at + digits, "the status is not followed by a space");
                after
            }
        };
        let reason = String::from_utf8_lossy(reason.trim_ascii());
        Ok((StartLine::Response { version, status, reason }, at))
    }

    fn headers(&mut self) -> Vec<Header<'a>> {
        let mut headers = Vec::with_capacity(TYPICAL_HEADERS);
        let mut bare_line_feed = self.starts_bare();
        loop {
            let Some(line) = self.line() else {
                self.irregular(
                    self.bytes.len(),
                    "the message ends before the empty line after its headers",
                );
                break;
            };
            if bare_line_feed.is_none() && self.is_bare(line) {
                bare_line_feed = Some(line.end);
            }
            if line.start == line.end {
                break;
            }
            // What is folded onto the next lines belongs here.
            let mut end = line.end;
            while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
                let Some(next) = self.line() else { break };
                end = next.end;
            }
            if let Some(header) = self.header(Line { start: line.start, end }) {
                headers.push(header);
            }
        }
        if let Some(at) = bare_line_feed {
            self.irregular(at, "lines end in a line feed alone instead of CR LF");
        }
        headers
    }

    /// Where the start line ended in a line feed alone, if it did.
    fn starts_bare(&self) -> Option<usize> {
        let end = self.at.checked_sub(1)?;
        let before = end.checked_sub(1).and_then(|at| self.bytes.get(at));
        (self.bytes.get(end) == Some(&b'\n') && before != Some(&b'\r')).then_some(end)
    }

    fn is_bare(&self, line: Line) -> bool {
        self.bytes.get(line.end) == Some(&b'\n')
    }

    fn header(&mut self, line: Line) -> Option<Header<'a>> {
        let bytes = self.slice(line);
        let starts_blank = matches!(bytes.first(), Some(b' ' | b'\t'));
        if starts_blank {
            self.irregular(line.start, "the first header starts with a blank");
        }
        let indent = bytes.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let bytes = bytes.get(indent..).unwrap_or_default();
        let offset = line.start + indent;
        if trim(bytes).is_empty() {
            return None;
        }
        let colon = memchr::memchr(b':', bytes);
        let name = colon.and_then(|at| bytes.get(..at)).map(trim).filter(|name| is_name(name));
        let (name, value_from) =
            match (name.and_then(|name| core::str::from_utf8(name).ok()), colon) {
                (Some(name), Some(colon)) => (name, colon + 1),
                _ => {
                    self.warn(
                        offset,
                        ErrorKind::Expected { expected: "a header name and a colon" },
                    );
                    ("", 0)
                }
            };
        let after = bytes.get(value_from..).unwrap_or_default();
        let lead = leading_blanks(after);
        let raw = trim_end(after.get(lead..).unwrap_or_default());
        let value_offset = offset + value_from + lead;
        let value = self.value(raw, value_offset);
        Some(Header::new(name, value, offset, value_offset, raw))
    }

    /// The value in one line: each fold becomes one space.
    fn value(&mut self, raw: &'a [u8], offset: usize) -> Cow<'a, str> {
        let utf8 = core::str::from_utf8(raw);
        if let Err(error) = utf8 {
            self.irregular(offset + error.valid_up_to(), "the header is not UTF-8");
        }
        if memchr::memchr(b'\n', raw).is_none() {
            return utf8.map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
        }
        let mut unfolded = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((&byte, after)) = rest.split_first() {
            let fold =
                if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') { fold_len(rest) } else { 0 };
            if fold > 0 {
                unfolded.push(b' ');
                rest = rest.get(fold..).unwrap_or_default();
            } else {
                unfolded.push(byte);
                rest = after;
            }
        }
        Cow::Owned(match String::from_utf8(unfolded) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// The body: as many bytes as Content-Length says, if there are as many.
    fn body(&mut self, headers: &[Header<'a>]) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut lengths = headers.iter().filter(|header| header.is("Content-Length"));
        let Some(header) = lengths.next() else { return rest };
        let at = header.value_offset;
        let Some(length) = content_length(&header.value) else {
            self.warn(at, ErrorKind::Expected { expected: "a Content-Length in digits" });
            return rest;
        };
        if lengths.any(|other| content_length(&other.value) != Some(length)) {
            self.irregular(at, "there are several Content-Length headers that differ");
        }
        match usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)) {
            Some((body, [])) => body,
            Some((body, _)) => {
                self.irregular(
                    self.at + body.len(),
                    "bytes follow the body that Content-Length announces",
                );
                body
            }
            None => {
                let found = rest.len() as u64;
                self.warn(at, ErrorKind::Truncated { what: "the body", needed: length, found });
                rest
            }
        }
    }
}

fn content_length(value: &str) -> Option<u64> {
    value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok())?
}

fn token_text(bytes: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && text.bytes().all(is_token)).then_some(text)
}

/// `SIP/x.y`.
fn version_text(bytes: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(bytes).ok()?;
    let (name, number) = cut(text, b'/')?;
    let (major, minor) = cut(number, b'.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (name.eq_ignore_ascii_case("SIP") && digits(major) && digits(minor)).then_some(text)
}

fn is_lws(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Blanks and folds at the start.
fn leading_blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&b| is_lws(b)).count()
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let kept = bytes.iter().rposition(|&b| !is_lws(b)).map_or(0, |last| last + 1);
    bytes.get(..kept).unwrap_or_default()
}

fn trim(bytes: &[u8]) -> &[u8] {
    let bytes = trim_end(bytes);
    bytes.get(leading_blanks(bytes)..).unwrap_or_default()
}
