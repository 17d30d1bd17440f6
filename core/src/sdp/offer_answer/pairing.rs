//! What an offer and its answer come to.

use crate::sdp::attribute::{Direction, RtpMap};
use crate::sdp::media::{Meanings, Media, MediaKind};
use crate::sdp::session::Session;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

/// What became of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Both sides take it.
    Accepted,
    /// The offer itself gives it up (port 0).
    Withdrawn,
    /// The answer refuses it (port 0), or leaves it out.
    Refused,
}

/// A codec that both sides know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedCodec {
    /// Its name, as the offer spells it; for media without RTP the format.
    pub encoding: String,
    /// Ticks of the RTP timestamp in a second; 0 without RTP.
    pub clock_rate: u32,
    /// Audio channels.
    pub channels: u8,
    /// The payload type in packets to the offerer: the offer's.
    pub to_offerer: Option<u8>,
    /// The payload type in packets to the answerer: the answer's.
    pub to_answerer: Option<u8>,
}

/// A rule of RFC 3264 that the answer breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The answer has fewer media than the offer.
    LeftOut,
    /// The answer has a medium that was not offered.
    NotOffered,
    /// The answer makes another kind of medium of it.
    KindChanged,
    /// The answer takes another transport protocol.
    ProtocolChanged,
    /// The answer accepts what the offer gives up.
    AcceptsWithdrawn,
    /// The answer's direction does not fit the offer's.
    Direction {
        /// What the offer says.
        offered: Direction,
        /// What the answer says.
        answered: Direction,
    },
    /// The answer accepts, but no codec is in both.
    NoCommonCodec,
    /// The answer has a format that the offer has not.
    FormatNotOffered(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOut => f.write_str("the answer leaves the medium out"),
            Self::NotOffered => f.write_str("the answer has a medium that was not offered"),
            Self::KindChanged => f.write_str("the answer makes another kind of medium of it"),
            Self::ProtocolChanged => f.write_str("the answer takes another transport protocol"),
            Self::AcceptsWithdrawn => f.write_str("the answer accepts what the offer gives up"),
            Self::Direction { offered, answered } => {
                write!(f, "the answer says {answered} to {offered}")
            }
            Self::NoCommonCodec => f.write_str("no codec is in both the offer and the answer"),
            Self::FormatNotOffered(format) => {
                write!(f, "the answer has format {format}, which was not offered")
            }
        }
    }
}

/// One medium after offer and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Its place in both descriptions.
    pub index: usize,
    /// What is sent.
    pub kind: MediaKind,
    /// What became of it.
    pub outcome: Outcome,
    /// Where the offerer receives.
    pub offerer: Option<SocketAddr>,
    /// Where the answerer receives.
    pub answerer: Option<SocketAddr>,
    /// Where the offerer receives RTCP.
    pub offerer_rtcp: Option<SocketAddr>,
    /// Where the answerer receives RTCP.
    pub answerer_rtcp: Option<SocketAddr>,
    /// Which way it flows, seen from the offerer.
    pub direction: Direction,
    /// What may be sent, in the answer's order of preference.
    pub codecs: Vec<AgreedCodec>,
    /// Whether both sides encrypt it.
    pub is_encrypted: bool,
    /// What the answer got wrong.
    pub problems: Vec<Problem>,
}

/// Puts an offer and its answer together, medium by medium; media that only one of them has
/// come too.
#[must_use]
pub fn pair(offer: &Session, answer: &Session) -> Vec<Agreed> {
    let count = offer.media.len().max(answer.media.len());
    let pairs = (0..count).map(|at| (at, offer.media.get(at), answer.media.get(at)));
    pairs
        .filter_map(|(index, offered, answered)| match (offered, answered) {
            (Some(offered), Some(answered)) => {
                Some(both(index, (offer, offered), (answer, answered)))
            }
            (Some(offered), None) => {
                Some(alone(index, offered, Outcome::Refused, Problem::LeftOut))
            }
            (None, Some(answered)) => {
                Some(alone(index, answered, Outcome::Refused, Problem::NotOffered))
            }
            (None, None) => None,
        })
        .collect()
}

fn alone(index: usize, media: &Media, outcome: Outcome, problem: Problem) -> Agreed {
    Agreed {
        index,
        kind: media.kind.clone(),
        outcome,
        offerer: None,
        answerer: None,
        offerer_rtcp: None,
        answerer_rtcp: None,
        direction: Direction::Inactive,
        codecs: Vec::new(),
        is_encrypted: false,
        problems: alloc::vec![problem],
    }
}

fn both(
    index: usize,
    (offer, offered): (&Session, &Media),
    (answer, answered): (&Session, &Media),
) -> Agreed {
    let mut problems = Vec::new();
    if offered.kind != answered.kind {
        problems.push(Problem::KindChanged);
    }
    let outcome = match (offered.is_refused(), answered.is_refused()) {
        (true, true) => Outcome::Withdrawn,
        (true, false) => {
            problems.push(Problem::AcceptsWithdrawn);
            Outcome::Withdrawn
        }
        (false, true) => Outcome::Refused,
        (false, false) => Outcome::Accepted,
    };
    let mut agreed = Agreed {
        index,
        kind: offered.kind.clone(),
        outcome,
        offerer: offer.address_of(offered),
        answerer: answer.address_of(answered),
        offerer_rtcp: None,
        answerer_rtcp: None,
        direction: Direction::Inactive,
        codecs: Vec::new(),
        is_encrypted: false,
        problems,
    };
    if outcome != Outcome::Accepted {
        return agreed;
    }
    if offered.protocol != answered.protocol {
        agreed.problems.push(Problem::ProtocolChanged);
    }
    let mux = offered.rtcp_mux() && answered.rtcp_mux();
    agreed.offerer_rtcp = rtcp(offer, offered, mux);
    agreed.answerer_rtcp = rtcp(answer, answered, mux);
    agreed.is_encrypted = offer.is_encrypted(offered) && answer.is_encrypted(answered);
    direction((offer, offered), (answer, answered), &mut agreed);
    codecs(offered, answered, &mut agreed);
    agreed
}

/// Where RTCP goes: sharing the port takes both sides.
fn rtcp(session: &Session, media: &Media, mux: bool) -> Option<SocketAddr> {
    if mux { session.address_of(media) } else { session.separate_rtcp_address_of(media) }
}

fn direction(
    (offer, offered): (&Session, &Media),
    (answer, answered): (&Session, &Media),
    agreed: &mut Agreed,
) {
    let said = offer.direction_of(offered);
    let replied = answer.direction_of(answered);
    if replied.and(said.reversed()) != replied {
        agreed.problems.push(Problem::Direction { offered: said, answered: replied });
    }
    let wanted = offer.wanted_direction_of(offered);
    agreed.direction = wanted.and(answer.wanted_direction_of(answered).reversed());
}

fn codecs(offered: &Media, answered: &Media, agreed: &mut Agreed) {
    let known = Codecs {
        offered: offered.rtpmaps().collect(),
        offered_meanings: Meanings::of(offered),
        answered_meanings: Meanings::of(answered),
    };
    for format in &answered.formats {
        let found = if answered.protocol.is_rtp() {
            format.parse().ok().and_then(|payload_type| known.agreed(payload_type))
        } else {
            offered.formats.contains(format).then(|| AgreedCodec {
                encoding: format.clone(),
                clock_rate: 0,
                channels: 1,
                to_offerer: None,
                to_answerer: None,
            })
        };
        match found {
            Some(codec) => agreed.codecs.push(codec),
            None => agreed.problems.push(Problem::FormatNotOffered(format.clone())),
        }
    }
    if agreed.codecs.is_empty() {
        agreed.problems.push(Problem::NoCommonCodec);
    }
}

/// What the payload types of both sides stand for.
struct Codecs<'a> {
    offered: Vec<RtpMap<'a>>,
    offered_meanings: Meanings<'a>,
    answered_meanings: Meanings<'a>,
}

impl Codecs<'_> {
    /// The codec that the answer's payload type stands for, if the offer has it.
    fn agreed(&self, payload_type: u8) -> Option<AgreedCodec> {
        // An answer that does not say what a number stands for means what the offer does.
        let meaning = self.answered_meanings.get(payload_type);
        let map = meaning.or_else(|| self.offered_meanings.get(payload_type))?;
        let same = |other: &&RtpMap<'_>| {
            other.encoding.eq_ignore_ascii_case(map.encoding)
                && (other.clock_rate, other.channels) == (map.clock_rate, map.channels)
        };
        // The same number is the likeliest match where a codec is offered twice.
        let candidates = || self.offered.iter().filter(same);
        let by_number = candidates().find(|other| other.payload_type == payload_type);
        let offered = by_number.or_else(|| candidates().next())?;
        Some(AgreedCodec {
            encoding: offered.encoding.to_string(),
            clock_rate: offered.clock_rate,
            channels: offered.channels,
            to_offerer: Some(offered.payload_type),
            to_answerer: Some(payload_type),
        })
    }
}
