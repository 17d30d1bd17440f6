//! Session descriptions (RFC 8866, and the older forms that are still sent).
//!
//! [`Session::parse`] reads on over what a real sender got wrong, with a [`Warning`] for each;
//! only what leaves the media unknown is refused. Attributes are kept as they were sent, in
//! order; what the field needs of them (codecs, directions, RTCP, keys) is read on demand.
//!
//! ```
//! use recscope_core::sdp::{Direction, Session};
//!
//! let parsed = Session::parse(
//!     b"v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
//!       m=audio 16384 RTP/AVP 9 101\r\na=rtpmap:101 telephone-event/8000\r\na=recvonly\r\n",
//! )?;
//! let session = parsed.session;
//! let media = &session.media[0];
//! assert_eq!(session.address_of(media), Some("192.0.2.7:16384".parse().unwrap()));
//! assert_eq!(media.rtpmap(9).map(|map| map.encoding), Some("G722"));
//! assert_eq!(session.direction_of(media), Direction::RecvOnly);
//! # Ok::<(), recscope_core::ParseError>(())
//! ```
//!
//! [`Warning`]: crate::Warning

mod attribute;
mod connection;
pub mod forwarding;
mod media;
pub mod offer_answer;
mod outline;
mod read;
mod session;
mod write;

pub use attribute::{Attribute, Crypto, Direction, Fingerprint, Rtcp, RtpMap};
pub use connection::{AddressType, Connection};
pub use media::{Media, MediaKind, Protocol};
pub use session::{Bandwidth, Origin, Parsed, Session, Time};

/// The session id in the `o=` line of a description, as [`Origin::session_id`], without reading the
/// rest of it.
pub(crate) fn session_id(description: &[u8]) -> Option<&str> {
    core::str::from_utf8(outline::Outline::of(description)?.session_id()?).ok()
}
