//! Settings of the recording system.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use crate::codec::Codec;
use crate::recorder::csta::CstaConfig;
use crate::sdp::forwarding::Layout;
use crate::sip::SessionNaming;

/// When there is a session (MX-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// One for each call.
    #[default]
    Dynamic,
    /// One from registration until log-off.
    Static,
}

/// What recording on demand does here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Demands {
    /// Nothing: all calls are recorded.
    #[default]
    None,
    /// Calls are recorded once their user asks for it (MX-D2).
    Start,
    /// All calls are recorded, and kept if their user asks for it (MX-D3).
    Save,
}

/// What files a recording makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Takes {
    /// One for each stream.
    #[default]
    Apart,
    /// One for both sides: what the phone sends on the left, what it receives on the right. A
    /// stream of both, or at another rate than the first, gets a file of its own.
    Stereo,
}

/// How an INVITE that stays unanswered is repeated; the documents do not say (MX-S9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RepeatShape {
    /// As the transaction does it: the same bytes again.
    #[default]
    SameBranch,
    /// A transaction of its own for the same Call-ID and CSeq: what looks like a merged request.
    NewBranch,
    /// The same Call-ID with the next CSeq.
    NewCSeq,
    /// A new Call-ID; the session id then has to stand elsewhere.
    NewCallId,
}

impl RepeatShape {
    /// Every shape.
    pub const ALL: [Self; 4] = [Self::SameBranch, Self::NewBranch, Self::NewCSeq, Self::NewCallId];

    /// The name by which settings choose it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameBranch => "retransmission",
            Self::NewBranch => "merged",
            Self::NewCSeq => "new-cseq",
            Self::NewCallId => "new-call-id",
        }
    }
}

/// An extension that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Extension {
    /// Its number.
    pub number: String,
    /// Where its phone listens for recorders (MX-S7).
    pub sip_port: u16,
}

/// Settings of the recording system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoggerConfig {
    /// Where tags, branches and ids start from.
    pub seed: u64,
    /// Unix time at [`Instant::ORIGIN`](crate::Instant::ORIGIN), for file names.
    pub epoch_seconds: u64,
    /// Its address, for SIP, RTP and HTTP.
    pub address: IpAddr,
    /// Its port for SIP.
    pub sip_port: u16,
    /// The first of its ports for RTP; each extension takes eight.
    pub rtp_port: u16,
    /// Its port for requests on demand.
    pub http_port: u16,
    /// Whom to record; as many as there are ports for.
    pub extensions: Vec<Extension>,
    /// The PBX to listen to; without one its host tells what happens.
    pub csta: Option<CstaConfig>,
    /// When there is a session (MX-2).
    pub mapping: Mapping,
    /// What recording on demand does.
    pub demands: Demands,
    /// How the streams are to come (MX-3).
    pub layout: Layout,
    /// The codecs to offer, preferred first.
    pub codecs: Vec<Codec>,
    /// Where the session id stands (MX-S9).
    pub naming: SessionNaming,
    /// How an INVITE is repeated (MX-S9).
    pub repeat_shape: RepeatShape,
    /// How often, beside what the transaction does.
    pub repeats: u8,
    /// How long an INVITE may stay unanswered before it is repeated.
    pub invite_patience: Duration,
    /// Time from one sign of life to the next UPDATE (MX-S3).
    pub keep_alive: Duration,
    /// How long UPDATE and re-INVITE may stay unanswered (MX-S10).
    pub answer_patience: Duration,
    /// How long to wait after a failure.
    pub retry: Duration,
    /// Whether what arrives is written to files.
    pub writes_files: bool,
    /// To which.
    pub takes: Takes,
}

impl Default for LoggerConfig {
    /// A recorder at 192.0.2.9 that records each call of extension 1000, a 7400 terminal.
    fn default() -> Self {
        Self {
            seed: 9,
            epoch_seconds: 1_767_225_600,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)),
            sip_port: 5060,
            rtp_port: 20_000,
            http_port: 8080,
            extensions: alloc::vec![Extension { number: "1000".into(), sip_port: 7300 }],
            csta: None,
            mapping: Mapping::Dynamic,
            demands: Demands::None,
            layout: Layout::TwoMedia,
            codecs: Codec::ALL.to_vec(),
            naming: SessionNaming::CallId,
            repeat_shape: RepeatShape::SameBranch,
            repeats: 0,
            invite_patience: Duration::from_secs(2),
            keep_alive: Duration::from_secs(30),
            answer_patience: Duration::from_secs(10),
            retry: Duration::from_secs(5),
            writes_files: true,
            takes: Takes::Apart,
        }
    }
}
