//! Numbers and addresses as text, and back: the same text as `core::fmt` and `core::net` write and
//! read, in a tenth of their code. What runs in firmware uses these.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A number in decimal digits.
pub(crate) fn digits(number: u32) -> Vec<u8> {
    let mut out = Vec::new();
    push_number(&mut out, number);
    out
}

/// What was put together from text, as text.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// Parts of a text in one.
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// Appends a number in decimal digits.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u32) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    push_digit(out, number % 10);
}

/// Appends a number in at least so many decimal digits.
pub(crate) fn push_padded(out: &mut Vec<u8>, number: u32, width: usize) {
    let digits = digits(number);
    out.extend(core::iter::repeat_n(b'0', width.saturating_sub(digits.len())));
    out.extend_from_slice(&digits);
}

/// Appends the low `digits` hexadecimal digits of a number.
pub(crate) fn push_hex(out: &mut Vec<u8>, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        push_digit(out, u32::try_from(number >> (4 * place) & 15).unwrap_or_default());
    }
}

fn push_digit(out: &mut Vec<u8>, digit: u32) {
    out.push(b"0123456789abcdef".get(digit as usize).copied().unwrap_or_default());
}

/// Appends an address.
pub(crate) fn push_ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => push_ipv4(out, address),
        IpAddr::V6(address) => push_ipv6(out, address),
    }
}

fn push_ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    for (at, octet) in address.octets().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        push_number(out, octet.into());
    }
}

/// The longest row of zeros, the first of several, becomes `::` (RFC 5952).
fn push_ipv6(out: &mut Vec<u8>, address: Ipv6Addr) {
    if let Some(address) = address.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        return push_ipv4(out, address);
    }
    let groups = address.segments();
    let (mut start, mut len, mut run) = (0, 1, 0);
    for (at, &group) in groups.iter().enumerate() {
        run = if group == 0 { run + 1 } else { 0 };
        if run > len {
            (start, len) = (at + 1 - run, run);
        }
    }
    let zeros = if len > 1 { start..start + len } else { 8..8 };
    for (at, &group) in groups.iter().enumerate() {
        if zeros.contains(&at) {
            if at == zeros.start {
                out.extend_from_slice(b"::");
            }
            continue;
        }
        if at > 0 && at != zeros.end {
            out.push(b':');
        }
        let digits = (16 - group.leading_zeros()).div_ceil(4).max(1);
        push_hex(out, group.into(), digits);
    }
}

/// Appends an address as a host stands in a URI: IPv6 in brackets.
pub(crate) fn push_host(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => push_ipv4(out, address),
        IpAddr::V6(address) => {
            out.push(b'[');
            push_ipv6(out, address);
            out.push(b']');
        }
    }
}

/// Appends address and port.
pub(crate) fn push_socket(out: &mut Vec<u8>, address: SocketAddr) {
    push_host(out, address.ip());
    out.push(b':');
    push_number(out, address.port().into());
}

/// The number that decimal digits, and nothing else, spell.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    (!digits.is_empty()).then_some(number)
}

/// The same for a port and other small numbers.
pub(crate) fn short(digits: &[u8]) -> Option<u16> {
    u16::try_from(number(digits)?).ok()
}

/// The address that a text spells; IPv6 without brackets.
pub(crate) fn ip(text: &[u8]) -> Option<IpAddr> {
    ipv4(text).map(IpAddr::V4).or_else(|| ipv6(text).map(IpAddr::V6))
}

/// The IPv4 address that a text spells.
pub(crate) fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split(|&byte| byte == b'.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.len() > 1 && part.starts_with(b"0") {
            return None;
        }
        *octet = u8::try_from(number(part)?).ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

/// The IPv6 address that a text spells.
pub(crate) fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut segments = [0; 8];
    let Some(gap) = text.windows(2).position(|pair| pair == b"::") else {
        return (groups(text, &mut segments, true)? == 8).then(|| segments.into());
    };
    let (head, tail) = (text.get(..gap)?, text.get(gap + 2..)?);
    let before = groups(head, &mut segments, false)?;
    let mut behind = [0; 8];
    let after = groups(tail, &mut behind, true)?;
    // The gap stands for at least one group.
    let start = 8_usize.checked_sub(after).filter(|&start| start > before)?;
    for (place, group) in segments.iter_mut().skip(start).zip(behind) {
        *place = group;
    }
    Some(segments.into())
}

/// Reads groups between colons, an IPv4 address for the last two where that is allowed; gives
/// their number.
fn groups(text: &[u8], segments: &mut [u16; 8], may_end_in_ipv4: bool) -> Option<usize> {
    let mut count = 0;
    if text.is_empty() {
        return Some(count);
    }
    let mut rest = Some(text);
    while let Some(text) = rest {
        let colon = text.iter().position(|&byte| byte == b':');
        rest = colon.and_then(|at| text.get(at + 1..));
        let group = text.get(..colon.unwrap_or(text.len()))?;
        if rest.is_none() && may_end_in_ipv4 && group.contains(&b'.') {
            let [a, b, c, d] = ipv4(group)?.octets();
            *segments.get_mut(count)? = u16::from_be_bytes([a, b]);
            *segments.get_mut(count + 1)? = u16::from_be_bytes([c, d]);
            return Some(count + 2);
        }
        *segments.get_mut(count)? = hex(group)?;
        count += 1;
    }
    Some(count)
}

fn hex(digits: &[u8]) -> Option<u16> {
    if !(1..=4).contains(&digits.len()) {
        return None;
    }
    let mut number = 0;
    for &byte in digits {
        let digit = char::from(byte).to_digit(16)?;
        number = number << 4 | u16::try_from(digit).ok()?;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn addresses() -> impl Strategy<Value = IpAddr> {
        let groups = prop::array::uniform8(prop_oneof![Just(0_u16), any::<u16>()]);
        prop_oneof![
            any::<[u8; 4]>().prop_map(IpAddr::from),
            groups.prop_map(IpAddr::from),
            any::<[u8; 4]>().prop_map(|octets| Ipv4Addr::from(octets).to_ipv6_mapped().into()),
        ]
    }

    #[test]
    fn what_is_no_number_or_out_of_bounds_is_refused() {
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        assert_eq!((short(b"65535"), short(b"65536")), (Some(65535), None));
        for text in ["", "+1", "-1", "1 ", "4294967296", "99999999999"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_by_fmt(number: u32, long: u64) {
            prop_assert_eq!(written(|out| push_number(out, number)), number.to_string());
            prop_assert_eq!(written(|out| push_hex(out, long, 16)), std::format!("{long:016x}"));
            prop_assert_eq!(super::number(number.to_string().as_bytes()), Some(number));
        }

        #[test]
        fn addresses_are_written_and_read_as_by_net(address in addresses(), port: u16) {
            let text = address.to_string();
            prop_assert_eq!(&written(|out| push_ip(out, address)), &text);
            prop_assert_eq!(ip(text.as_bytes()), Some(address));
            let socket = SocketAddr::new(address, port);
            prop_assert_eq!(written(|out| push_socket(out, socket)), socket.to_string());
        }

        #[test]
        fn other_texts_are_addresses_if_net_says_so(
            text in "[0-9a-f:.]{0,24}|([0-9]{1,3}\\.){3}[0-9]{1,4}|([0-9a-f]{0,4}:){2,8}[0-9a-f.]{0,15}",
        ) {
            prop_assert_eq!(ip(text.as_bytes()), text.parse().ok());
        }
    }
}
