//! The topmost Via of a request that arrived.

use crate::sip::header::TypedHeader;
use crate::sip::{Message, Param, Via};
use crate::spelling::{push_ip, push_number, text};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// Notes in the topmost Via where a request came from, and says where its answers go (RFC 3261
/// 18.2.1, 18.2.2; RFC 3581 4). `None` if there is no Via that can be read.
pub(super) fn stamp(request: &mut Message<'_>, remote: SocketAddr) -> Option<SocketAddr> {
    let via = request.via()?;
    let symmetric = via.params.has("rport");
    let mut out = Vec::new();
    for part in [via.protocol, "/", via.version, "/", via.transport, " "] {
        out.extend_from_slice(part.as_bytes());
    }
    via.host.push(&mut out);
    if let Some(port) = via.port {
        out.push(b':');
        push_number(&mut out, port.into());
    }
    let noted =
        |name: &str| name.eq_ignore_ascii_case("received") || name.eq_ignore_ascii_case("rport");
    for param in via.params.iter().filter(|param| !noted(param.name)) {
        push_param(&mut out, param);
    }
    if symmetric || via.host.address() != Some(remote.ip()) {
        out.extend_from_slice(b";received=");
        push_ip(&mut out, remote.ip());
    }
    let reply_to = if symmetric {
        out.extend_from_slice(b";rport=");
        push_number(&mut out, remote.port().into());
        remote
    } else {
        // Nobody listens on port 0.
        SocketAddr::new(remote.ip(), via.port.filter(|port| *port != 0).unwrap_or(5060))
    };
    let header = request.headers.iter_mut().find(|header| header.is(Via::NAME))?;
    out.extend_from_slice(after_first(&header.value).as_bytes());
    header.value = Cow::Owned(text(out));
    Some(reply_to)
}

/// A parameter as it stood: in quotes where it needs them.
fn push_param(out: &mut Vec<u8>, param: Param<'_>) {
    out.push(b';');
    out.extend_from_slice(param.name.as_bytes());
    let Some(value) = param.value else { return };
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte);
    let quote: &[u8] = if value.bytes().all(is_plain) { b"" } else { b"\"" };
    out.push(b'=');
    out.extend_from_slice(quote);
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(quote);
}

/// What follows the first element of a list: its comma and the others.
fn after_first(value: &str) -> &str {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return value.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}
