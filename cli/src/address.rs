//! Addresses as they are typed.

use std::net::{IpAddr, SocketAddr};

/// An address and a port: `192.0.2.9:10000`, `[2001:db8::9]:10000`.
///
/// # Errors
/// When the text is none; the message says what it lacks.
pub(crate) fn with_port(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let address = text.trim_matches(['[', ']']).parse::<IpAddr>();
        match (address, text.parse::<u16>()) {
            (Ok(IpAddr::V6(address)), _) => format!("write a port, too, as in [{address}]:10000"),
            (Ok(address), _) => format!("write a port, too, as in {address}:10000"),
            (_, Ok(port)) => format!("write an address before the port, as in 127.0.0.1:{port}"),
            _ => "write an IP address and a port, as in 192.0.2.9:10000".to_owned(),
        }
    })
}

/// An address: `192.0.2.9`.
///
/// # Errors
/// When the text is none.
pub(crate) fn ip(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "write an IP address, as in 192.0.2.9".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_lacks_is_said() {
        assert_eq!(
            with_port("[::1]:7300").unwrap(),
            SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 7300))
        );
        for (text, advice) in [
            ("7300", "write an address before the port, as in 127.0.0.1:7300"),
            ("192.0.2.9", "write a port, too, as in 192.0.2.9:10000"),
            ("2001:db8::9", "write a port, too, as in [2001:db8::9]:10000"),
            ("[2001:db8::9]", "write a port, too, as in [2001:db8::9]:10000"),
            ("phone:7300", "write an IP address and a port, as in 192.0.2.9:10000"),
            ("192.0.2.9:70000", "write an IP address and a port, as in 192.0.2.9:10000"),
        ] {
            assert_eq!(with_port(text).unwrap_err(), advice, "{text}");
        }
        assert!(ip("192.0.2.9").is_ok() && ip("192.0.2.9:1").is_err() && ip("localhost").is_err());
    }
}
