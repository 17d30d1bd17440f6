//! Headers: one as it was sent, and the grammar of each that is understood.

use super::grammar::{Rigour, is_token};
use crate::ParseError;
use alloc::borrow::Cow;
use core::fmt;

mod authorization;
mod call_id;
mod contact;
mod content_type;
mod cseq;
mod date;
mod name_addr;
mod number;
mod rack;
mod reason;
mod replaces;
mod session_expires;
mod session_id;
mod subscription;
mod tokens;
mod via;
mod warning;

pub use authorization::{
    Authentication, Authorization, ProxyAuthenticate, ProxyAuthorization, WwwAuthenticate,
};
pub use call_id::CallId;
pub use contact::Contact;
pub use content_type::ContentType;
pub use cseq::CSeq;
pub use date::Date;
pub use name_addr::{
    Diversion, From, NameAddr, PAssertedIdentity, PPreferredIdentity, Path, RecordRoute, ReferTo,
    ReferredBy, RemotePartyId, ReplyTo, Route, To,
};
pub use number::{ContentLength, Expires, MaxForwards, MinExpires, MinSe, RSeq, RetryAfter};
pub use rack::RAck;
pub use reason::{Reason, q850_text};
pub use replaces::Replaces;
pub use session_expires::{Refresher, SessionExpires};
pub use session_id::SessionId;
pub use subscription::{ContentDisposition, Event, SubscriptionState};
pub use tokens::{
    Allow, AllowEvents, ContentEncoding, ProxyRequire, Require, Supported, Unsupported,
};
pub use via::{BRANCH_COOKIE, Via};
pub use warning::Warning;

/// One header as it was sent.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// The name as spelled, perhaps in its compact form; empty for a line that is no header.
    pub name: &'a str,
    /// The value without the blanks around it, folded lines joined by one space.
    pub value: Cow<'a, str>,
    /// Where the header starts in the message.
    pub offset: usize,
    /// Where the value starts in the message.
    pub value_offset: usize,
    /// The value with its folds, to find offsets in.
    raw: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) const fn new(
        name: &'a str,
        value: Cow<'a, str>,
        offset: usize,
        value_offset: usize,
        raw: &'a [u8],
    ) -> Self {
        Self { name, value, offset, value_offset, raw }
    }

    /// Whether this is the header `name` (full name), by its full or compact form.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        same_name(self.name, name)
    }

    /// The full name where the sender used the compact form, else the name as spelled.
    #[must_use]
    pub fn full_name(&self) -> &'a str {
        full_name(self.name)
    }

    /// The value as sent, with its folds and without the blanks around it.
    #[must_use]
    pub const fn raw_value(&self) -> &'a [u8] {
        self.raw
    }

    /// Moves an error about this header's value into the message's frame.
    #[must_use]
    pub fn locate(&self, error: ParseError) -> ParseError {
        let in_value = usize::try_from(error.offset).unwrap_or(usize::MAX);
        let raw = offset_in_raw(self.raw, in_value);
        ParseError { offset: (self.value_offset.saturating_add(raw)) as u64, ..error }
    }
}

/// Two headers are equal if they say the same; where they stood does not count.
impl PartialEq for Header<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.value == other.value
    }
}

impl Eq for Header<'_> {}

impl fmt::Display for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return f.write_str(&self.value);
        }
        write!(f, "{}: {}", self.name, self.value)
    }
}

/// A header that is understood: what it is called and how its value reads.
pub trait TypedHeader<'a>: Sized {
    /// The full name.
    const NAME: &'static str;
    /// Whether one header line may hold several values, separated by commas.
    const IS_LIST: bool = false;

    /// Reads one value (one element, where the header is a list).
    ///
    /// # Errors
    /// What was expected, at its offset in `value`.
    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError>;

    /// Reads one value, and makes the best of what is not quite one.
    ///
    /// # Errors
    /// What was expected, at its offset in `value`.
    fn parse(value: &'a str) -> Result<Self, ParseError> {
        Self::read(value, Rigour::Lax)
    }
}

/// Compact forms (RFC 3261 7.3.3 and the IANA registry) by letter.
const COMPACT: [(u8, &str); 22] = [
    (b'a', "Accept-Contact"),
    (b'b', "Referred-By"),
    (b'c', "Content-Type"),
    (b'd', "Request-Disposition"),
    (b'e', "Content-Encoding"),
    (b'f', "From"),
    (b'i', "Call-ID"),
    (b'j', "Reject-Contact"),
    (b'k', "Supported"),
    (b'l', "Content-Length"),
    (b'm', "Contact"),
    (b'n', "Identity-Info"),
    (b'o', "Event"),
    (b'r', "Refer-To"),
    (b's', "Subject"),
    (b't', "To"),
    (b'u', "Allow-Events"),
    (b'v', "Via"),
    (b'x', "Session-Expires"),
    (b'y', "Identity"),
    (b'g', "Geolocation"),
    (b'h', "Geolocation-Error"),
];

/// The full name of a compact form; any other name as it is.
#[must_use]
pub fn full_name(name: &str) -> &str {
    if let [letter] = name.as_bytes() {
        let letter = letter.to_ascii_lowercase();
        if let Some((_, full)) = COMPACT.iter().find(|(compact, _)| *compact == letter) {
            return full;
        }
    }
    name
}

/// Whether two header names mean the same header.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || ((a.len() == 1) != (b.len() == 1)) && full_name(a).eq_ignore_ascii_case(full_name(b))
}

/// Whether `name` can name a header at all.
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&b| is_token(b))
}

/// Bytes of `raw` before its `in_value`th byte once unfolded.
fn offset_in_raw(raw: &[u8], in_value: usize) -> usize {
    // What the folds so far are longer than the space that stands for each.
    let mut excess = 0;
    let mut at = 0;
    while let Some(line_end) = memchr::memchr(b'\n', raw.get(at..).unwrap_or_default()) {
        let before = raw.get(at..at + line_end).unwrap_or_default();
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        let blanks = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let fold_at = at + before.len() - blanks;
        if in_value + excess <= fold_at {
            break;
        }
        let len = fold_len(raw.get(fold_at..).unwrap_or_default());
        excess += len.saturating_sub(1);
        at = (fold_at + len).max(at + line_end + 1);
    }
    (in_value + excess).min(raw.len())
}

/// Length of the fold at the start of `raw`: blanks, a line end and blanks, as often as they
/// follow each other, since a line of blanks folds too; 0 where there is none.
pub(super) fn fold_len(raw: &[u8]) -> usize {
    let blanks_at = |at: usize| {
        let rest = raw.get(at..).unwrap_or_default();
        rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
    };
    let mut folded = 0;
    let mut at = blanks_at(0);
    loop {
        let line_end = match raw.get(at..).unwrap_or_default() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => return folded,
        };
        at += line_end;
        at += blanks_at(at);
        folded = at;
    }
}

#[cfg(test)]
mod tests {
    use super::{fold_len, offset_in_raw};

    #[test]
    fn offsets_in_an_unfolded_value_lead_back_to_the_bytes_sent() {
        let raw = b"ab \r\n  cd\n\t\r\n ef\r\r\n g\rh";
        let unfolded = b"ab cd ef\r g\rh";
        assert_eq!((fold_len(b" \r\n  c"), fold_len(b"\n\t\r\n e"), fold_len(b" \ra")), (5, 5, 0));
        for (in_value, byte) in unfolded.iter().enumerate().filter(|(_, byte)| **byte != b' ') {
            assert_eq!(raw.get(offset_in_raw(raw, in_value)), Some(byte), "{in_value}");
        }
        assert_eq!(offset_in_raw(raw, 2), 2);
        assert_eq!(offset_in_raw(raw, 100), raw.len());
        assert_eq!(offset_in_raw(b"plain", 3), 3);
    }
}
