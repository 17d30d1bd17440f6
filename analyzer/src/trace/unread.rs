//! Names for what is not read: by content where that tells, else by the port that servers keep.

use crate::net::Datagram;
use std::net::SocketAddr;

/// UDP ports by name.
const UDP: [(u16, &str); 34] = [
    (53, "dns"),
    (67, "dhcp"),
    (68, "dhcp"),
    (69, "tftp"),
    (88, "kerberos"),
    (111, "rpc"),
    (123, "ntp"),
    (137, "netbios-ns"),
    (138, "netbios-dgm"),
    (161, "snmp"),
    (162, "snmp"),
    (319, "ptp"),
    (320, "ptp"),
    (389, "ldap"),
    (427, "slp"),
    (443, "quic"),
    (500, "ike"),
    (514, "syslog"),
    (520, "rip"),
    (546, "dhcpv6"),
    (547, "dhcpv6"),
    (1701, "l2tp"),
    (1719, "h.225 ras"),
    (1812, "radius"),
    (1813, "radius"),
    (1900, "ssdp"),
    (2123, "gtp"),
    (2152, "gtp"),
    (2427, "mgcp"),
    (2727, "mgcp"),
    (3702, "ws-discovery"),
    (4500, "ipsec"),
    (5353, "mdns"),
    (5355, "llmnr"),
];

/// TCP ports by name.
const TCP: [(u16, &str); 24] = [
    (21, "ftp"),
    (22, "ssh"),
    (23, "telnet"),
    (25, "smtp"),
    (53, "dns"),
    (80, "http"),
    (88, "kerberos"),
    (110, "pop3"),
    (111, "rpc"),
    (135, "rpc"),
    (139, "smb"),
    (143, "imap"),
    (179, "bgp"),
    (389, "ldap"),
    (443, "tls"),
    (445, "smb"),
    (554, "rtsp"),
    (636, "tls"),
    (1433, "sql"),
    (1720, "h.225"),
    (2000, "skinny"),
    (3306, "sql"),
    (3389, "rdp"),
    (5432, "sql"),
];

/// What keeps a NAT binding open may be any few bytes.
const MOST_KEEP_ALIVE: usize = 8;

/// What a datagram holds that is neither SIP nor RTP.
pub(super) fn of_datagram(datagram: &Datagram<'_>) -> &'static str {
    match datagram.payload {
        [0..=3, _, _, _, 0x21, 0x12, 0xA4, 0x42, ..] => return "stun",
        [20..=63, 254, 253 | 255, ..] => return "dtls",
        // STUN before RFC 5389 has no cookie, but a length that must fit.
        [0 | 1, 1 | 2 | 17 | 18, high, low, rest @ ..]
            if rest.len() == 16 + usize::from(u16::from_be_bytes([*high, *low])) =>
        {
            return "stun";
        }
        [..] if datagram.payload.len() <= MOST_KEEP_ALIVE && is_at(datagram, 5060) => {
            return "sip keep-alive";
        }
        _ => {}
    }
    by_port(&UDP, datagram.src, datagram.dst).unwrap_or(match datagram.payload {
        [b'N' | b'M', ..] if is_ssdp(datagram.payload) => "ssdp",
        _ => "udp",
    })
}

fn is_ssdp(payload: &[u8]) -> bool {
    payload.starts_with(b"NOTIFY * HTTP/1.1") || payload.starts_with(b"M-SEARCH * HTTP/1.1")
}

/// What a TCP connection holds whose content does not tell.
pub(super) fn of_tcp(src: SocketAddr, dst: SocketAddr) -> &'static str {
    by_port(&TCP, src, dst).unwrap_or("tcp")
}

/// The lower port is the server's.
fn by_port(
    names: &[(u16, &'static str)],
    src: SocketAddr,
    dst: SocketAddr,
) -> Option<&'static str> {
    let (low, high) = (src.port().min(dst.port()), src.port().max(dst.port()));
    let named = |port: u16| {
        let at = names.binary_search_by_key(&port, |(port, _)| *port).ok()?;
        names.get(at).map(|(_, name)| *name)
    };
    named(low).or_else(|| named(high))
}

fn is_at(datagram: &Datagram<'_>, port: u16) -> bool {
    datagram.src.port() == port || datagram.dst.port() == port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(ports: (u16, u16), payload: &[u8]) -> &'static str {
        of_datagram(&Datagram {
            packet: 1,
            time_ns: 0,
            offset: None,
            src: SocketAddr::from(([192, 0, 2, 1], ports.0)),
            dst: SocketAddr::from(([192, 0, 2, 2], ports.1)),
            payload,
            truncated: false,
        })
    }

    #[test]
    fn ports_are_in_order_so_that_they_are_found() {
        assert!(UDP.is_sorted_by_key(|(port, _)| *port));
        assert!(TCP.is_sorted_by_key(|(port, _)| *port));
    }

    #[test]
    fn content_tells_before_the_port_does() {
        let binding = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42];
        let cases = [
            ((5004, 40_000), &binding[..], "stun"),
            ((53, 40_000), &binding, "stun"),
            ((5004, 40_000), &[22, 254, 253, 0], "dtls"),
            ((40_000, 53), b"\x12\x34\x01\x00", "dns"),
            ((5353, 5353), b"\0\0", "mdns"),
            ((137, 137), b"\0\0", "netbios-ns"),
            ((68, 67), b"\x01\x01", "dhcp"),
            ((50_000, 1900), b"M-SEARCH * HTTP/1.1\r\n", "ssdp"),
            ((1900, 50_000), b"HTTP/1.1 200 OK\r\n", "ssdp"),
            ((50_000, 514), b"<13>", "syslog"),
            ((3478, 50_000), b"\0\x01\0\x04tidtidtidtidtid?1234", "stun"),
            ((3478, 50_000), b"\0\x01\0\x08tidtidtidtidtid?1234", "udp"),
            ((5060, 50_000), b"jaK\0", "sip keep-alive"),
            ((40_000, 40_001), b"\0\x01\0\0", "udp"),
        ];
        for (ports, payload, expected) in cases {
            assert_eq!(name(ports, payload), expected, "{ports:?}");
        }
    }
}
