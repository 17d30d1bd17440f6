//! The encoding of URL queries: `key=value&key=value`, percent signs, plus signs for spaces.
//!
//! Record-on-demand requests carry it behind the `?` (MX-D4), RecordServer commands are nothing
//! but it (BX-S4).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A key with its value, both decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The key.
    pub key: Cow<'a, str>,
    /// The value, empty where the key has none.
    pub value: Cow<'a, str>,
    /// Where the key starts in the text given.
    pub offset: usize,
    /// Where the value starts; the key's end where there is no `=`.
    pub value_offset: usize,
}

/// The pairs of a query, in order, blank values kept. Empty stretches between `&`s are not pairs.
///
/// ```
/// use recscope_core::http::query;
/// let pairs: Vec<_> = query::pairs(b"id=7&name=M%C3%BCller+%26+Co&x=").collect();
/// assert_eq!(pairs[1].value, "Müller & Co");
/// assert_eq!((pairs[2].key.as_ref(), pairs[2].value.as_ref()), ("x", ""));
/// ```
pub fn pairs(query: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    let mut offset = 0;
    let parts = query.split(|&byte| byte == b'&').map(move |part| {
        let start = offset;
        offset += part.len() + 1;
        (start, part)
    });
    parts.filter(|(_, part)| !part.is_empty()).map(|(offset, part)| {
        let equals = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
        let (key, value) = part.split_at_checked(equals).unwrap_or((part, &[]));
        let value_offset = offset + part.len().min(equals + 1);
        let value = value.get(1..).unwrap_or_default();
        Pair { key: decode(key), value: decode(value), offset, value_offset }
    })
}

/// Decodes one key or value. A percent sign that two hex digits do not follow stands for itself;
/// bytes that are no UTF-8 become replacement characters.
#[must_use]
pub fn decode(text: &[u8]) -> Cow<'_, str> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return String::from_utf8_lossy(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match escaped(after) {
                Some(value) => {
                    rest = after.get(2..).unwrap_or_default();
                    value
                }
                None => b'%',
            },
            _ => byte,
        });
    }
    Cow::Owned(match String::from_utf8_lossy(&bytes) {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text,
    })
}

/// Appends `text` to `out` as a key or value: letters, digits and `-._*` as they are, spaces as
/// plus signs, all else as percent signs and two hex digits.
pub fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.extend([byte >> 4, byte & 0x0F].map(hex_digit));
            }
        }
    }
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or_default().to_ascii_uppercase()
}

fn escaped(after: &[u8]) -> Option<u8> {
    let [high, low] = *after.first_chunk::<2>()?;
    let value = char::from(high).to_digit(16)? << 4 | char::from(low).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_decoded_and_stray_percent_signs_kept() {
        let cases: [(&[u8], &str); 7] = [
            (b"plain", "plain"),
            (b"a+b%20c", "a b c"),
            (b"%c3%BC", "\u{fc}"),
            (b"100%", "100%"),
            (b"%4", "%4"),
            (b"%zz%41", "%zzA"),
            (b"%FF", "\u{fffd}"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text), expected);
        }
    }

    #[test]
    fn pairs_know_where_they_stand() {
        let found: Vec<_> = pairs(b"&a=1&&bare&c=x=y")
            .map(|pair| {
                (pair.key.into_owned(), pair.value.into_owned(), pair.offset, pair.value_offset)
            })
            .collect();
        let expected = [("a", "1", 1, 3), ("bare", "", 6, 10), ("c", "x=y", 11, 13)]
            .map(|(key, value, offset, at)| (key.into(), value.into(), offset, at));
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(text in any::<String>()) {
            let mut encoded = String::new();
            encode(&text, &mut encoded);
            prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!encoded.contains(['&', '=']));
            prop_assert_eq!(decode(encoded.as_bytes()), text);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for pair in pairs(&bytes) {
                prop_assert!(pair.offset <= pair.value_offset && pair.value_offset <= bytes.len());
            }
        }
    }
}
