//! Addresses of sockets.

use crate::guard::guard;
use crate::memory;
use crate::status::Status;
use crate::text;
use core::ffi::c_char;
use core::net::{IpAddr, SocketAddr};

/// An IP address and a port.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// 4 or 6; 0 where there is none.
    pub family: u8,
    /// The IP address in the order of the network: its first 4 bytes, or all 16.
    pub ip: [u8; 16],
    /// The port, as a number of this processor.
    pub port: u16,
}

impl Address {
    /// No address.
    #[must_use]
    pub const fn none() -> Self {
        Self { family: 0, ip: [0; 16], port: 0 }
    }

    /// The address, if it is one.
    pub(crate) fn read(&self) -> Result<SocketAddr, Status> {
        let ip = match (self.family, self.ip.first_chunk::<4>()) {
            (4, Some(&ip)) => IpAddr::from(ip),
            (6, _) => IpAddr::from(self.ip),
            _ => return Err(Status::BadAddress),
        };
        Ok(SocketAddr::new(ip, self.port))
    }

    /// The address, or none.
    pub(crate) fn read_optional(&self) -> Result<Option<SocketAddr>, Status> {
        if self.family == 0 { Ok(None) } else { self.read().map(Some) }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        let port = address.port();
        match address.ip() {
            IpAddr::V4(v4) => {
                let mut ip = [0; 16];
                for (byte, octet) in ip.iter_mut().zip(v4.octets()) {
                    *byte = octet;
                }
                Self { family: 4, ip, port }
            }
            IpAddr::V6(v6) => Self { family: 6, ip: v6.octets(), port },
        }
    }
}

/// Reads an address such as `192.0.2.1:5060` or `[2001:db8::1]:5060`.
///
/// # Safety
/// `text` ends with NUL; `address` has room for one. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_address_parse(
    text: *const c_char,
    address: *mut Address,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let text = unsafe { text::read(text) }?;
        let parsed: SocketAddr = text.trim().parse().map_err(|_| Status::BadAddress)?;
        // SAFETY: as promised by the caller.
        *unsafe { memory::exclusive(address) }? = parsed.into();
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_both_ways() {
        for (text, family) in [(c"192.0.2.1:5060", 4), (c"[2001:db8::1]:65535", 6)] {
            let mut address = Address::none();
            // SAFETY: the text ends with NUL and the address is ours.
            let status = unsafe { recscope_address_parse(text.as_ptr(), &raw mut address) };
            assert_eq!((status, address.family), (Status::Ok, family));
            let expected: SocketAddr = text.to_str().unwrap().parse().unwrap();
            assert_eq!(address.read(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [c"", c"192.0.2.1", c"server:10000", c"192.0.2.1:65536"] {
            let mut address = Address::none();
            // SAFETY: the text ends with NUL and the address is ours.
            let status = unsafe { recscope_address_parse(text.as_ptr(), &raw mut address) };
            assert_eq!((status, address), (Status::BadAddress, Address::none()));
        }
        assert_eq!(Address { family: 5, ..Address::none() }.read(), Err(Status::BadAddress));
        assert_eq!(Address::none().read_optional(), Ok(None));
    }
}
