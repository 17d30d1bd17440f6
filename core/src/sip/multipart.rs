//! Bodies of several parts (RFC 5621, RFC 2046 5.1).

use super::header::{ContentType, Header, TypedHeader};
use super::message::{Message, part_headers};
use alloc::vec::Vec;

/// How deep parts may hold parts.
const DEPTH_MAX: usize = 4;

/// One part of a body.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Its own headers: Content-Type, Content-Disposition, Content-ID, ….
    pub headers: Vec<Header<'a>>,
    /// Its content.
    pub body: &'a [u8],
    /// Where the content starts, from the start of the body that was taken apart.
    pub offset: usize,
}

impl Part<'_> {
    /// What the content is; `text/plain` where nothing is said.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType<'_>> {
        match self.headers.iter().find(|header| header.is(ContentType::NAME)) {
            Some(header) => ContentType::parse(&header.value).ok(),
            None => ContentType::parse("text/plain").ok(),
        }
    }
}

/// The parts of a body between lines of two hyphens and `boundary`. A last part without its
/// closing line is one too.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = Part<'a>> {
    let mut delimiter = Vec::with_capacity(boundary.len() + 2);
    delimiter.extend_from_slice(b"--");
    delimiter.extend_from_slice(boundary.as_bytes());
    let mut next = find_delimiter(body, 0, &delimiter);
    core::iter::from_fn(move || {
        let start = next.take().filter(|found| !found.is_last)?.after;
        let following = find_delimiter(body, start, &delimiter);
        let end = following.as_ref().map_or(body.len(), |found| found.before);
        next = following;
        let content = body.get(start..end.max(start)).unwrap_or_default();
        let (headers, head_len) = part_headers(content);
        let body = content.get(head_len..).unwrap_or_default();
        Some(Part { headers, body, offset: start + head_len })
    })
}

struct Delimiter {
    /// End of the part before it, without the line end that belongs to the delimiter.
    before: usize,
    /// Start of the part after it.
    after: usize,
    is_last: bool,
}

/// The first delimiter line at or after `from`.
fn find_delimiter(body: &[u8], from: usize, delimiter: &[u8]) -> Option<Delimiter> {
    let mut at = from;
    loop {
        let rest = body.get(at..).filter(|rest| !rest.is_empty())?;
        let line_len = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = rest.get(..line_len).unwrap_or_default();
        if let Some(tail) = line.strip_prefix(delimiter) {
            let is_last = tail.starts_with(b"--");
            let tail = if is_last { tail.get(2..).unwrap_or_default() } else { tail };
            // Only blanks may follow on the line; else it starts like the boundary by chance.
            if tail.trim_ascii().is_empty() {
                let before = match body.get(..at) {
                    Some([.., b'\r', b'\n']) => at - 2,
                    Some([.., b'\n']) => at - 1,
                    _ => at,
                };
                return Some(Delimiter { before, after: at + line_len, is_last });
            }
        }
        at += line_len;
    }
}

impl<'a> Message<'a> {
    /// The first body of the type `kind/subtype`, with its offset in the message: the message's
    /// own, or a part of it at any depth.
    #[must_use]
    pub fn body_of_type(&self, kind: &str, subtype: &str) -> Option<(usize, &'a [u8])> {
        let content_type = self.content_type()?;
        let (at, body) = find(&content_type, self.body, (kind, subtype), DEPTH_MAX)?;
        Some((self.body_offset + at, body))
    }

    /// The session description, with its offset in the message.
    #[must_use]
    pub fn sdp(&self) -> Option<(usize, &'a [u8])> {
        self.body_of_type("application", "sdp").filter(|(_, body)| !body.is_empty())
    }
}

fn find<'a>(
    content_type: &ContentType<'_>,
    body: &'a [u8],
    wanted: (&str, &str),
    depth: usize,
) -> Option<(usize, &'a [u8])> {
    if content_type.is(wanted.0, wanted.1) {
        return Some((0, body));
    }
    let boundary = content_type.boundary().filter(|_| depth > 0)?;
    parts(body, boundary).find_map(|part| {
        let (at, found) = find(&part.content_type()?, part.body, wanted, depth - 1)?;
        Some((part.offset + at, found))
    })
}

#[cfg(test)]
mod tests {
    use super::{Message, parts};
    use std::vec::Vec;

    #[test]
    fn parts_lie_between_boundary_lines_and_keep_their_own_line_ends() {
        let body = b"preamble\r\n--b\r\nContent-Type: a/b\r\n\r\none\r\n\r\n--bad\r\n--b \r\n\r\ntwo\r\n--b\n\nthree\n--b--\r\nepilogue";
        let found: Vec<_> = parts(body, "b").map(|part| (part.offset, part.body)).collect();
        let expected: [(usize, &[u8]); 3] =
            [(36, b"one\r\n\r\n--bad"), (58, b"two"), (68, b"three")];
        assert_eq!(found, expected);
        let first = parts(body, "b").next().unwrap();
        assert!(first.content_type().unwrap().is("A", "B"));
        assert_eq!(
            parts(b"--b\r\n\r\ncut", "b").map(|part| part.body).collect::<Vec<_>>(),
            [b"cut"]
        );
        assert_eq!(parts(b"no boundary at all", "b").count(), 0);
    }

    #[test]
    fn sdp_is_found_in_nested_parts_with_its_offset() {
        let bytes = b"INVITE sip:a@b SIP/2.0\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n\
            --o\r\nContent-Type: text/plain\r\n\r\nhi\r\n--o\r\n\
            Content-Type: multipart/alternative;boundary=i\r\n\r\n--i\r\nContent-type:application/SDP\r\n\r\nv=0\r\n--i--\r\n--o--\r\n";
        let message = Message::parse(bytes).unwrap().message;
        let (at, sdp) = message.sdp().unwrap();
        assert_eq!(sdp, b"v=0");
        assert_eq!(bytes.get(at..at + 3), Some(&b"v=0"[..]));
    }
}
