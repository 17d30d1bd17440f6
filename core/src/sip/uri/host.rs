//! Hosts and ports.

use crate::sip::grammar::{Rigour, cut, split_while, strip};
use crate::spelling::{self, push_host, short};
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};

/// A host: a literal address or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A literal IPv4 or IPv6 address, the latter without its brackets.
    Address(IpAddr),
    /// A domain name, as spelled.
    Name(&'a str),
}

impl Host<'_> {
    /// The address, if the host is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Name(_) => None,
        }
    }

    /// Whether both mean the same host; names are compared without case.
    #[must_use]
    pub fn is_same(&self, other: &Host<'_>) -> bool {
        match (self, other) {
            (Self::Address(a), Host::Address(b)) => a == b,
            (Self::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }
}

impl Host<'_> {
    /// Appends the host as it stands in a URI.
    pub(in crate::sip) fn push(&self, out: &mut Vec<u8>) {
        match self {
            Self::Address(address) => push_host(out, *address),
            Self::Name(name) => out.extend_from_slice(name.as_bytes()),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A host at the start of `text`, and the text after it; or where it went wrong.
pub(in crate::sip) fn host(text: &str, rigour: Rigour) -> Result<(&str, Host<'_>), &str> {
    if let Some(inner) = strip(text, b'[') {
        let (address, rest) = cut(inner, b']').ok_or(text)?;
        let address = ipv6(address, rigour).ok_or(inner)?;
        return Ok((rest, Host::Address(IpAddr::V6(address))));
    }
    let (name, rest) = split_while(text, is_host_byte);
    if name.is_empty() {
        return Err(text);
    }
    // Only what starts with a digit can be an address, and few names do.
    if name.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Some(address) = spelling::ipv4(name.as_bytes())
    {
        return Ok((rest, Host::Address(IpAddr::V4(address))));
    }
    if rigour == Rigour::Strict && !is_host_name(name) {
        return Err(text);
    }
    Ok((rest, Host::Name(name)))
}

/// An IPv6 address. Laxly with three colons before an IPv4 address at its end, which the grammar
/// of RFC 3261 allowed by mistake (RFC 5118 4.10).
fn ipv6(text: &str, rigour: Rigour) -> Option<Ipv6Addr> {
    if let Some(address) = spelling::ipv6(text.as_bytes()) {
        return Some(address);
    }
    let gap = text.as_bytes().windows(3).position(|bytes| bytes == b":::");
    let gap = gap.filter(|_| rigour == Rigour::Lax)?;
    let mut text = text.as_bytes().to_vec();
    text.remove(gap);
    spelling::ipv6(&text)
}

const fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// `hostname`: labels of letters, digits and inner hyphens, the last one starting with a letter.
fn is_host_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(is_label)
        && name
            .rsplit('.')
            .next()
            .is_some_and(|top| top.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// `:port` or nothing at the start of `text`, and the text after it; or where it went wrong.
pub(in crate::sip) fn port(text: &str) -> Result<(&str, Option<u16>), &str> {
    match strip(text, b':') {
        Some(digits) => port_number(digits).map(|(rest, port)| (rest, Some(port))),
        None => Ok((text, None)),
    }
}

/// A port's digits at the start of `text`, and the text after them; or where it went wrong.
pub(in crate::sip) fn port_number(text: &str) -> Result<(&str, u16), &str> {
    let (number, rest) = split_while(text, |byte| byte.is_ascii_digit());
    Ok((rest, short(number.as_bytes()).ok_or(text)?))
}

#[cfg(test)]
mod tests {
    use super::{Host, Rigour, host};

    #[test]
    fn hosts_are_addresses_or_names() {
        let address = |text: &str| Host::Address(text.parse().unwrap());
        for (text, expected, rest) in [
            ("192.0.2.1:5060", address("192.0.2.1"), ":5060"),
            ("[2001:db8::9:1]", address("2001:db8::9:1"), ""),
            ("[::ffff:192.0.2.2];lr", address("::ffff:192.0.2.2"), ";lr"),
            ("pbx.example.com?a=b", Host::Name("pbx.example.com"), "?a=b"),
            ("1192.168.156.222.x", Host::Name("1192.168.156.222.x"), ""),
        ] {
            assert_eq!(host(text, Rigour::Strict), Ok((rest, expected)), "{text}");
        }
    }

    #[test]
    fn what_only_a_lax_reader_takes_is_refused_strictly() {
        for (text, at) in [
            ("my_phone", "my_phone"),
            ("300.1.2.3", "300.1.2.3"),
            ("[2001:db8:::192.0.2.1]", "2001:db8:::192.0.2.1]"),
        ] {
            assert!(host(text, Rigour::Lax).is_ok(), "{text}");
            assert_eq!(host(text, Rigour::Strict), Err(at));
        }
        for text in ["", "[::1", "[x]", "@", "ü"] {
            assert!(host(text, Rigour::Lax).is_err(), "{text}");
        }
    }
}
