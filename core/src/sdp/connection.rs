//! Connection data, `c=` (RFC 8866 5.7).

use alloc::string::String;
use core::fmt;
use core::net::IpAddr;

/// Which kind of address follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressType {
    /// `IP4`.
    Ip4,
    /// `IP6`.
    Ip6,
    /// Any other, as spelled.
    Other(String),
}

impl AddressType {
    /// The type that `name` spells.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name.eq_ignore_ascii_case("IP4") {
            Self::Ip4
        } else if name.eq_ignore_ascii_case("IP6") {
            Self::Ip6
        } else {
            Self::Other(name.into())
        }
    }
}

impl fmt::Display for AddressType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ip4 => "IP4",
            Self::Ip6 => "IP6",
            Self::Other(name) => name,
        })
    }
}

/// Where media is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The network, `IN`.
    pub net_type: String,
    /// What the address is.
    pub address_type: AddressType,
    /// An address literal or a host name, without the multicast parts.
    pub address: String,
    /// Time to live of IPv4 multicast.
    pub ttl: Option<u8>,
    /// How many addresses in a row.
    pub count: Option<u32>,
}

impl Connection {
    /// One unicast address.
    #[must_use]
    pub fn unicast(address: IpAddr) -> Self {
        Self {
            net_type: "IN".into(),
            address_type: if address.is_ipv4() { AddressType::Ip4 } else { AddressType::Ip6 },
            address: alloc::format!("{address}"),
            ttl: None,
            count: None,
        }
    }

    /// The address, if it is a literal.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }

    /// Whether it is `0.0.0.0` or `::`: how RFC 2543 put a call on hold.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }

    /// Whether it is a multicast group.
    #[must_use]
    pub fn is_multicast(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_multicast())
    }

    /// Reads `IN IP4 address[/ttl[/count]]`.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (net_type, address_type, address) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() {
            return None;
        }
        let address_type = AddressType::from_name(address_type);
        let mut parts = address.split('/');
        let address = parts.next().filter(|address| !address.is_empty())?;
        let (first, second) = (parts.next(), parts.next());
        let (ttl, count) = match (&address_type, first, second) {
            (_, None, _) => (None, None),
            // IPv6 multicast has no time to live.
            (AddressType::Ip6, Some(count), None) => (None, Some(count.parse().ok()?)),
            (AddressType::Ip6, Some(_), Some(_)) => return None,
            (_, Some(ttl), count) => {
                (Some(ttl.parse().ok()?), count.map(str::parse).transpose().ok()?)
            }
        };
        let address = address.into();
        parts.next().is_none().then_some(Self {
            net_type: net_type.into(),
            address_type,
            address,
            ttl,
            count,
        })
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.net_type, self.address_type, self.address)?;
        if let Some(ttl) = self.ttl {
            write!(f, "/{ttl}")?;
        }
        self.count.map_or(Ok(()), |count| write!(f, "/{count}"))
    }
}
