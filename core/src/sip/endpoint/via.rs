//! The topmost Via of a request that arrived.

use crate::sip::header::TypedHeader;
use crate::sip::{Message, Param, Via};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::net::SocketAddr;

/// Notes in the topmost Via where a request came from, and says where its answers go (RFC 3261
/// 18.2.1, 18.2.2; RFC 3581 4). `None` if there is no Via that can be read.
pub(super) fn stamp(request: &mut Message<'_>, remote: SocketAddr) -> Option<SocketAddr> {
    let (stamped, reply_to) = {
        let via = request.via()?;
        let symmetric = via.params.has("rport");
        let address = remote.ip();
        let mut stamped =
            format!("{}/{}/{} {}", via.protocol, via.version, via.transport, via.host);
        if let Some(port) = via.port {
            stamped.push_str(&format!(":{port}"));
        }
        let noted = |name: &str| {
            name.eq_ignore_ascii_case("received") || name.eq_ignore_ascii_case("rport")
        };
        for param in via.params.iter().filter(|param| !noted(param.name)) {
            stamped.push_str(&spelled(param));
        }
        if symmetric || via.host.address() != Some(address) {
            stamped.push_str(&format!(";received={address}"));
        }
        if symmetric {
            stamped.push_str(&format!(";rport={}", remote.port()));
            (stamped, remote)
        } else {
            // Nobody listens on port 0.
            let port = via.port.filter(|port| *port != 0).unwrap_or(5060);
            (stamped, SocketAddr::new(address, port))
        }
    };
    let header = request.headers.iter_mut().find(|header| header.is(Via::NAME))?;
    let rest = after_first(&header.value);
    header.value = Cow::Owned(format!("{stamped}{rest}"));
    Some(reply_to)
}

/// A parameter as it stood: in quotes where it needs them.
fn spelled(param: Param<'_>) -> String {
    let Param { name, value } = param;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte);
    match value {
        None => format!(";{name}"),
        Some(value) if value.bytes().all(is_plain) => format!(";{name}={value}"),
        Some(value) => format!(";{name}=\"{value}\""),
    }
}

/// What follows the first element of a list: its comma and the others.
fn after_first(value: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return value.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}
