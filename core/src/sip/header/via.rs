//! Via: the way that a request took (RFC 3261 20.42).

use super::TypedHeader;
use crate::ParseError;
use crate::sip::grammar::{
    Fault, Found, Rigour, expect, expected_at, offset_in, separator, skip_blanks, sws, token, whole,
};
use crate::sip::param::{Params, params};
use crate::sip::uri::{Host, host, port_number};
use core::fmt;
use core::net::IpAddr;

/// One hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// The protocol's name, `SIP`.
    pub protocol: &'a str,
    /// The protocol's version, `2.0`.
    pub version: &'a str,
    /// `UDP`, `TCP`, `TLS`, `WS`, …, as spelled.
    pub transport: &'a str,
    /// Where responses go.
    pub host: Host<'a>,
    /// The port, if one was written.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport`, ….
    pub params: Params<'a>,
}

/// The start of every branch made by RFC 3261: such a branch names the transaction by itself.
pub const BRANCH_COOKIE: &str = "z9hG4bK";

impl<'a> Via<'a> {
    /// The transaction's id; an empty one is none.
    #[must_use]
    pub fn branch(&self) -> Option<&'a str> {
        self.params.value("branch").filter(|branch| !branch.is_empty())
    }

    /// The address that the next hop saw, with or without brackets (RFC 5118 4.5).
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let value = self.params.value("received")?;
        crate::spelling::ip(value.trim_start_matches('[').trim_end_matches(']').as_bytes())
    }

    /// The port that the next hop saw; `None` also where the sender only asks for it (RFC 3581).
    #[must_use]
    pub fn rport(&self) -> Option<u16> {
        crate::spelling::short(self.params.value("rport")?.as_bytes())
    }
}

impl<'a> TypedHeader<'a> for Via<'a> {
    const NAME: &'static str = "Via";
    const IS_LIST: bool = true;

    fn read(value: &'a str, rigour: Rigour) -> Result<Self, ParseError> {
        let via = whole(value, rigour, |input| via(input, rigour))?;
        if rigour == Rigour::Strict && via.branch() == Some(BRANCH_COOKIE) {
            let at = offset_in(value, via.params.as_str());
            let expected = "something after the z9hG4bK of the branch";
            return Err(expected_at(at, expected));
        }
        Ok(via)
    }
}

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{} {}", self.protocol, self.version, self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)
    }
}

fn via(input: &str, rigour: Rigour) -> Found<'_, Via<'_>> {
    let (rest, protocol) = expect("SIP/2.0 and a transport", token)(input)?;
    let (rest, _) = expect("a slash", separator(b'/'))(rest)?;
    let (rest, version) = expect("a version", token)(rest)?;
    let (rest, _) = expect("a slash", separator(b'/'))(rest)?;
    let (rest, transport) = expect("a transport", token)(rest)?;
    let (rest, _) = sws(rest)?;
    let (rest, host) = match host(rest, rigour) {
        Ok(found) => found,
        Err(at) => return Fault::fail(at, "a host name or address, IPv6 in brackets"),
    };
    // COLON allows blanks on both sides.
    let (rest, port) = match separator(b':')(rest) {
        Ok((digits, _)) => match port_number(digits) {
            Ok((rest, port)) => (rest, Some(port)),
            Err(at) => return Fault::fail(at, "a port from 0 to 65535"),
        },
        Err(_) => (skip_blanks(rest), None),
    };
    let (rest, params) = params(rest, rigour)?;
    Ok((rest, Via { protocol, version, transport, host, port, params }))
}
