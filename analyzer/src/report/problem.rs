//! What is wrong with media, by name and with the packets that show it.

use crate::remarks::Weight;
use serde::{Deserialize, Serialize};

/// Something wrong with a call's media, or worth knowing about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// Whether something went wrong, or is only worth knowing.
    pub severity: Weight,
    /// One sentence, without a full stop.
    pub text: String,
    /// The call that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<usize>,
    /// The stream that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<usize>,
    /// The recording session that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<usize>,
    /// Packets that show it, the first so many, from 1 as in Wireshark.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packets: Vec<u64>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// When it was last there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
}

/// The kinds of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// An answered call of which the capture has no media.
    NoMedia,
    /// Both sides were to send, only one does.
    OneWayAudio,
    /// One side sends nothing but silence, the other can be heard.
    OneWaySilence,
    /// Nothing to hear: throughout, or for long.
    Silence,
    /// The tops of the wave are cut off.
    Clipping,
    /// The sender's clock runs fast or slow.
    ClockSkew,
    /// A payload type or codec that the SDP does not have, or has otherwise.
    CodecMismatch,
    /// Another length of packets than the SDP asks for.
    PtimeMismatch,
    /// RTP to an address that no SDP names.
    UnannouncedMedia,
    /// The sender goes on under another SSRC.
    SsrcChange,
    /// Sequence numbers or timestamps went elsewhere.
    Restart,
    /// Nothing came for seconds, then the stream went on.
    Pause,
    /// Packets did not reach the capture.
    Loss,
    /// Packets came irregularly.
    Jitter,
    /// Packets came more than once.
    Duplicates,
    /// A low MOS, estimated or reported.
    PoorQuality,
    /// The receiver reports losses.
    RemoteLoss,
    /// The receiver is far away.
    Delay,
    /// SRTP.
    Encrypted,
}
