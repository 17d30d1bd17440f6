//! HTTP/1, as far as record on demand needs it: a key makes the phone ask a server, plainly or with
//! XML or SOAP inside, to start, stop or keep a recording (MX-D1 to MX-D4).
//!
//! [`Reader`] cuts one direction of a connection into messages, [`Message::to_bytes`] writes one,
//! [`variables`] fills in the configured request, [`query`] reads its parameters.
//!
//! ```
//! use recscope_core::http::{Message, Reader, Step};
//!
//! let mut reader = Reader::default();
//! let request = b"GET /XVOIPService?page=START&OPN=1000 HTTP/1.1\r\nHost: rec\r\n\r\n";
//! let (_, Step::Message(received)) = reader.push(request) else { panic!("a message") };
//! let page = received.message.query_value("page");
//! assert_eq!(page.as_deref(), Some("START"));
//! ```

mod message;
pub mod query;
mod reader;
pub mod variables;

pub use message::{Header, Message, StartLine};
pub use reader::{BodyEnd, Reader, Received, Step};

/// Methods that a stream is recognised by; those that SIP shares stand aside.
const METHODS: [&[u8]; 6] = [b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH"];

/// Whether a TCP stream that starts with `bytes` is HTTP/1, on whatever port.
#[must_use]
pub fn looks_like_http(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"HTTP/1.") {
        return true;
    }
    let Some(method) = METHODS.iter().find(|method| bytes.starts_with(method)) else {
        return false;
    };
    let target = bytes.get(method.len()..).unwrap_or_default();
    target.starts_with(b" /") || target.starts_with(b" http://") || target.starts_with(b" https://")
}

#[cfg(test)]
mod tests;
