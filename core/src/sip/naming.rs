//! What names a recording session.

use super::header::{SessionId, TypedHeader};
use super::message::Message;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Where the session id of a recording session stands; which of these the documents mean is not
/// published (MX-S9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SessionNaming {
    /// In the Call-ID.
    #[default]
    CallId,
    /// In the `o=` line of the description.
    Origin,
    /// In a Session-ID header (RFC 7989).
    Header,
}

impl SessionNaming {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::CallId, Self::Origin, Self::Header];

    /// The name by which settings choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallId => "call-id",
            Self::Origin => "sdp-origin",
            Self::Header => "session-id",
        }
    }

    /// The session id in a message; `None` where the message does not say.
    #[must_use]
    pub fn id_in(self, message: &Message<'_>) -> Option<String> {
        match self {
            Self::CallId => message.call_id().map(ToOwned::to_owned),
            Self::Origin => crate::sdp::session_id(message.body).map(ToOwned::to_owned),
            Self::Header => {
                let value = message.header(SessionId::NAME)?;
                SessionId::parse(value).ok().map(|id| id.local.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_finds_its_own_id() {
        let message = b"INVITE sip:1000@192.0.2.20 SIP/2.0\r\nCall-ID: c1\r\n\
            Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=0\r\n\r\n\
            v=0\r\no=- 77 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n";
        let message = Message::parse(message).expect("a message").message;
        let found = SessionNaming::ALL.map(|naming| naming.id_in(&message));
        let expected = ["c1", "77", "ab30317f1a784dc48ff824d0d3715d86"];
        assert_eq!(found, expected.map(|id| Some(id.to_owned())));
    }

    #[test]
    fn a_message_may_not_say() {
        let message = b"ACK sip:1000@192.0.2.20 SIP/2.0\r\n\r\n";
        let message = Message::parse(message).expect("a message").message;
        assert_eq!(SessionNaming::ALL.map(|naming| naming.id_in(&message)), [None, None, None]);
    }
}
