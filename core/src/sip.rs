//! SIP (RFC 3261): messages read, diagnosed and written; transactions, dialogs, and the
//! [`Endpoint`] that machines speak it through.
//!
//! [`Message::parse`] splits one message into its start line, its headers and its body without
//! copying any of them, and reads on over what a real sender got wrong, with a [`Warning`] for
//! each. The typed accessors ([`Message::via`], [`Message::from`], …) read a header's own grammar
//! when asked; [`Message::check`] reads all of them and says everything that is wrong.
//!
//! ```
//! use recscope_core::sip::{Message, Method};
//!
//! let parsed = Message::parse(
//!     b"OPTIONS sip:1000@pbx.example SIP/2.0\r\n\
//!       Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK74bf9\r\n\
//!       From: \"Desk\" <sip:1001@pbx.example>;tag=9fxced76sl\r\n\
//!       To: <sip:1000@pbx.example>\r\n\
//!       Call-ID: 3848276298220188511@192.0.2.7\r\n\
//!       CSeq: 7 OPTIONS\r\n\
//!       Content-Length: 0\r\n\r\n",
//! )?;
//! let message = &parsed.message;
//! assert_eq!(message.method(), Some(Method::Options));
//! assert_eq!(message.from().and_then(|from| from.tag()), Some("9fxced76sl"));
//! assert_eq!(message.cseq().map(|cseq| cseq.number), Some(7));
//! assert!(parsed.warnings.is_empty());
//! # Ok::<(), recscope_core::ParseError>(())
//! ```
//!
//! [`Warning`]: crate::Warning

mod build;
mod dialog;
pub mod endpoint;
mod framer;
mod grammar;
pub mod header;
mod message;
mod method;
mod multipart;
mod naming;
mod param;
mod sniff;
mod status;
pub mod transaction;
mod uri;

#[cfg(test)]
mod tests;

pub use build::MessageBuilder;
pub use dialog::Dialog;
pub use endpoint::{Endpoint, EndpointConfig, EndpointEvent};
pub use framer::{Cut, End, Framer, Step};
pub use grammar::Rigour;
pub use header::{CSeq, Contact, ContentType, Header, NameAddr, TypedHeader, Via};
pub use message::{Message, Parsed, StartLine};
pub use method::Method;
pub use multipart::{Part, parts};
pub use naming::SessionNaming;
pub use param::{Param, Params};
pub use sniff::looks_like_sip;
pub use status::status_text;
pub use uri::{Host, Scheme, Uri};
