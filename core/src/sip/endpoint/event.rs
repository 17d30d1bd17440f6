//! What an endpoint tells its machine.

use crate::rule::Rule;
use crate::sip::Message;
use alloc::vec::Vec;
use core::net::SocketAddr;

/// A request that this side sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientKey(pub(super) u32);

/// A request that this side is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerKey(pub(super) u32);

/// A dialog: what an accepted INVITE makes, until a BYE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogKey(pub(super) u32);

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Received {
    /// The socket it arrived on.
    pub local: SocketAddr,
    /// Who sent it.
    pub remote: SocketAddr,
    /// The message; of a request, with `received` and `rport` in its topmost Via.
    pub bytes: Vec<u8>,
}

impl Received {
    /// The message. It was read before, so that `None` does not happen to one that came out of an
    /// endpoint.
    #[must_use]
    pub fn message(&self) -> Option<Message<'_>> {
        Message::parse(&self.bytes).ok().map(|parsed| parsed.message)
    }
}

/// Something that a machine has to know, or to answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EndpointEvent {
    /// A new request, to be answered by [`Endpoint::respond`](super::Endpoint::respond) or dropped
    /// by [`Endpoint::ignore`](super::Endpoint::ignore), sooner or later: of an allowed method, with all that is needed to answer it, and if it has a To tag of a dialog
    /// that exists and with a CSeq that grew.
    Request {
        /// What to answer.
        transaction: ServerKey,
        /// The dialog it belongs to, if any.
        dialog: Option<DialogKey>,
        /// The request.
        received: Received,
    },
    /// A request came again by the same branch. It got the last answer again, if there was one.
    Repeated {
        /// The transaction it belongs to.
        transaction: ServerKey,
    },
    /// A request was answered without asking the machine: unknown dialog (481), merged (482),
    /// CSeq that does not grow or a second INVITE at once (500), glare (491), malformed (400), …
    Refused {
        /// The answer.
        status: u16,
        /// The rule that asks for it.
        rule: &'static Rule,
        /// The request.
        received: Received,
    },
    /// The ACK to the 2xx that this side sent; repetitions are not told.
    Ack {
        /// The dialog it confirms.
        dialog: DialogKey,
        /// The ACK.
        received: Received,
    },
    /// An INVITE was cancelled by the other side, and answered 487.
    Cancelled {
        /// The INVITE.
        transaction: ServerKey,
    },
    /// An answer: provisional, or the one final answer. A 2xx to an INVITE is to be acknowledged
    /// by [`Endpoint::send_ack`](super::Endpoint::send_ack); refusals were.
    Response {
        /// The request.
        transaction: ClientKey,
        /// The dialog that the request was sent in, or that this 2xx made. After any final answer
        /// to a BYE it is gone.
        dialog: Option<DialogKey>,
        /// The status code.
        status: u16,
        /// The response.
        received: Received,
    },
    /// No final answer came in time; as good as a 408. A dialog whose BYE this was is gone.
    TimedOut {
        /// The request.
        transaction: ClientKey,
        /// The dialog that it was sent in.
        dialog: Option<DialogKey>,
    },
    /// No ACK to this side's 2xx came in time. The endpoint sends BYE, as it must.
    NotAcknowledged {
        /// The dialog.
        dialog: DialogKey,
    },
}
