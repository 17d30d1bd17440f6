//! Which characters each part of a URI may hold, and `%` escapes for the others.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

/// `user-unreserved` and `unreserved`.
pub(super) fn is_user(byte: u8) -> bool {
    is_password(byte) || matches!(byte, b';' | b'?' | b'/')
}

/// What a password may hold.
pub(super) fn is_password(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'&' | b'=' | b'+' | b'$' | b',')
}

/// What a parameter's name and value may hold, and what stands between them.
pub(super) fn is_param(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'[' | b']' | b'/' | b':' | b'&' | b'+' | b'$' | b';' | b'=')
}

/// What a header's name and value may hold, and what stands between them.
pub(super) fn is_header(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'[' | b']' | b'/' | b'?' | b':' | b'+' | b'$' | b'&' | b'=')
}

/// What a URI of any scheme may hold.
pub(super) fn is_uric(byte: u8) -> bool {
    is_user(byte) || is_param(byte) || matches!(byte, b'@' | b'#')
}

/// `phonedigit-hex` (RFC 3966), which covers global numbers too.
pub(super) fn is_phone_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#' | b'-' | b'.' | b'(' | b')')
}

/// Offset of the first byte that is neither allowed nor part of an escape.
pub(super) fn first_bad(text: &str, allowed: fn(u8) -> bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' && escape_at(bytes, at).is_some() {
            at += 3;
        } else if allowed(byte) {
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}

/// The byte that the escape at `at` stands for.
fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = bytes.get(at..at.checked_add(3)?)? else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(*high)? * 16 + digit(*low)?)
}

/// Undoes escapes; a `%` that begins none stays. What is not UTF-8 then is replaced.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = escape_at(bytes, at);
        decoded.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    Cow::Owned(match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, first_bad, is_user};

    #[test]
    fn escapes_are_undone_once_and_lone_percents_stay() {
        for (text, expected) in [
            ("sips%3Auser%40example.com", "sips:user@example.com"),
            ("v%61lue%25%34%31", "value%41"),
            ("%Z%45%", "%ZE%"),
            ("%00", "\0"),
            ("%C3%A9%ff", "é\u{fffd}"),
            ("", ""),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn the_first_character_that_should_be_escaped_is_found() {
        assert_eq!(first_bad("a%20b", is_user), None);
        assert_eq!(first_bad("a%2", is_user), Some(1));
        assert_eq!(first_bad("a:b", is_user), Some(1));
        assert_eq!(first_bad("é", is_user), Some(0));
    }
}
