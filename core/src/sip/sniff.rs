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

#[cfg(test)]
mod tests {
    use super::looks_like_sip;

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
