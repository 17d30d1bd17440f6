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

/// Bytes of `raw` before its `in_value`th character once unfolded.
fn offset_in_raw(raw: &[u8], in_value: usize) -> usize {
    let mut unfolded = 0;
    let mut at = 0;
    while unfolded < in_value && at < raw.len() {
        let fold = fold_len(raw.get(at..).unwrap_or_default());
        at += fold.max(1);
        unfolded += 1;
    }
    at
}

/// Length of the fold at the start of `raw`: blanks, a line end and blanks; 0 where there is none.
pub(super) fn fold_len(raw: &[u8]) -> usize {
    let blanks = raw.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let Some(rest) = raw.get(blanks..) else { return 0 };
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => return 0,
    };
    let after = rest.get(end..).unwrap_or_default();
    // Several folds in a row are one: a line of blanks folds too.
    let mut len = blanks + end + after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    len += fold_len(raw.get(len..).unwrap_or_default());
    len
}
