//! Telling SIP from anything else by its first bytes.

use super::grammar::is_token;

/// Longest method that the sniff goes on reading; the longest registered one has nine letters.
const METHOD_MAX: usize = 32;
/// How far to look for the version at the end of a request line.
const REQUEST_LINE_MAX: usize = 4096;

/// Whether `bytes` start like a SIP message: `SIP/2.0 nnn` or `METHOD uri SIP/2.0`, after any
/// line ends that keep a connection alive.
///
/// Cheap enough to be asked of every UDP payload: all but SIP fails within a few bytes.
#[must_use]
pub fn looks_like_sip(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|&b| b != b'\r' && b != b'\n').unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    if let Some((version, rest)) = bytes.split_at_checked(8)
        && version.eq_ignore_ascii_case(b"SIP/2.0 ")
    {
        return rest.first().is_some_and(u8::is_ascii_digit);
    }
    // A request: a token of letters, a blank, something with a scheme, and the version.
    let head = bytes.get(..METHOD_MAX.min(bytes.len())).unwrap_or_default();
    let Some(blank) = head.iter().position(|&b| b == b' ') else { return false };
    let method = head.get(..blank).unwrap_or_default();
    if !method.first().is_some_and(u8::is_ascii_alphabetic) || !method.iter().all(|&b| is_token(b))
    {
        return false;
    }
    let line = bytes.get(..REQUEST_LINE_MAX.min(bytes.len())).unwrap_or_default();
    let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
    let line = line.get(..end).unwrap_or_default().trim_ascii_end();
    let Some(version) = line.len().checked_sub(8).and_then(|at| line.get(at..)) else {
        return false;
    };
    version.get(..7).is_some_and(|v| v.eq_ignore_ascii_case(b" SIP/2."))
}

/// Where in a line (without its end) a start line begins that goes on to the end of it.
pub(super) fn message_start(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let version_at = memchr::memmem::rfind(line, b"SIP/2.0")?;
    let after = line.get(version_at + 7..)?;
    if let [b' ', a, b, c, rest @ ..] = after {
        let is_status = [a, b, c].iter().all(|digit| digit.is_ascii_digit());
        return (is_status && matches!(rest, [] | [b' ', ..])).then_some(version_at);
    }
    // `METHOD uri SIP/2.0`: what stands before the method, such as a body that does not end in a
    // line end, cannot belong to it unless it looks like a method itself.
    let before = line.get(..version_at).filter(|_| after.trim_ascii().is_empty())?;
    let before = before.strip_suffix(b" ")?;
    let uri_at = before.iter().rposition(|&b| b == b' ')? + 1;
    let uri = before.get(uri_at..)?;
    let method_end = uri_at - 1;
    let method_at = before
        .get(..method_end)?
        .iter()
        .rposition(|&b| !is_token(b))
        .map_or(0, |before_method| before_method + 1);
    let starts_well = before.get(method_at).is_some_and(u8::is_ascii_alphabetic);
    (method_at < method_end && starts_well && uri.contains(&b':')).then_some(method_at)
}

#[cfg(test)]
mod tests {
    use super::{looks_like_sip, message_start};

    #[test]
    fn start_lines_are_found_after_what_a_body_left_on_the_line() {
        for (line, expected) in [
            (&b"INVITE sip:a@b SIP/2.0\r"[..], Some(0)),
            (b"</presence>NOTIFY sip:a@b SIP/2.0", Some(11)),
            (b"x=1 SIP/2.0 200 OK", Some(4)),
            (b"SIP/2.0 100", Some(0)),
            (b"Via: SIP/2.0/UDP a", None),
            (b"SIP/2.0 1000 x", None),
            (b"a b SIP/2.0", None),
            (b" sip:a SIP/2.0", None),
            (b"", None),
        ] {
            assert_eq!(message_start(line), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn requests_and_responses_are_recognised_and_lookalikes_are_not() {
        let cases: &[(&[u8], bool)] = &[
            (b"SIP/2.0 200 OK\r\n", true),
            (b"sip/2.0 100 \r\n", true),
            (b"\r\n\r\nINVITE sip:a@b SIP/2.0\r\n", true),
            (b"NEWMETHOD tel:+123 SIP/2.0\r\nVia: x", true),
            (b"INVITE sip:a@b SIP/2.0", true),
            (b"INVITE sip:a@b SIP/2.0\nVia: x", true),
            (b"SIP/2.0 ", false),
            (b"GET / HTTP/1.1\r\n", false),
            (b"OPTIONS rtsp://a RTSP/1.0\r\n", false),
            (b"cmd=RecordStartRequest&id=1", false),
            (b"\x80\x00\x12\x34", false),
            (b"\r\n\r\n", false),
            (b"", false),
        ];
        for (bytes, expected) in cases {
            assert_eq!(looks_like_sip(bytes), *expected, "{}", bytes.escape_ascii());
        }
    }
}
