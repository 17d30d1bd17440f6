//! What signalling came to, beyond its messages: transactions, and the course of calls.

use serde::{Deserialize, Serialize};

/// A SIP request outside calls with its answers: a registration, a keep-alive, a subscription, a
/// message. The repetition with credentials that a challenge asks for is part of it, and so are
/// the hops over proxies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transaction {
    /// The request's method.
    pub method: String,
    /// URI of the From header.
    pub from: String,
    /// URI of the To header.
    pub to: String,
    /// The final status, once there is one; not that of a challenge which was met.
    pub status: Option<u16>,
    /// What came of it, in words.
    pub result: String,
    /// Whether it was challenged (401, 407) and sent again with credentials.
    pub challenged: bool,
    /// Time of the request.
    pub start: f64,
    /// Its packets, from 1 as in Wireshark.
    pub packets: Vec<u64>,
    /// Its messages, retransmissions included.
    pub messages: u64,
    /// Of these, retransmissions.
    pub retransmissions: u64,
}

/// A TLS connection: named, not decrypted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TlsConnection {
    /// `address:port` of who opened it, or was seen first.
    pub src: String,
    /// `address:port` of the other side.
    pub dst: String,
    /// Time of its first packet with data.
    pub start: f64,
    /// Time of its last packet with data.
    pub end: f64,
    /// Packets with data.
    pub packets: u64,
    /// Whether it is likely to carry SIP: by its port (5061), or because one of its hosts speaks
    /// SIP elsewhere in the capture.
    pub likely_sip: bool,
}

/// One of the early dialogs of an INVITE that was forked (RFC 3261 12.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// The To tag that names it.
    pub tag: String,
    /// URI of the Contact that answered; empty if it never gave one.
    pub target: String,
    /// Its last status.
    pub status: u16,
    /// Whether it is the one that the call went on with.
    pub winner: bool,
}

/// Something that happened in the course of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// When.
    pub time: f64,
    /// The packet that says so.
    pub packet: u64,
    /// What sort of thing.
    pub kind: CallEventKind,
    /// What happened, in words.
    pub text: String,
}

/// The sorts of [`CallEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallEventKind {
    /// A side was put on hold.
    Hold,
    /// A side was taken off hold.
    Resume,
    /// Another codec was agreed on.
    Codec,
    /// Media was refused, added, ended, moved, or began or ceased to be encrypted.
    Media,
    /// Media was announced before the call was answered.
    EarlyMedia,
    /// A change of the session was refused.
    Refused,
    /// A side was asked to call someone else, or what came of it (RFC 3515).
    Transfer,
    /// It takes the place of another call (RFC 3891).
    Replaces,
    /// The INVITE was answered from several places.
    Fork,
    /// Who ended it, and why.
    End,
    /// An answer does not follow from its offer (RFC 3264).
    Problem,
}

/// Another call that is a leg of the same conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correlation {
    /// Its index among the calls.
    pub call: usize,
    /// What tells, such as `the same Session-ID`.
    pub reason: String,
}
