//! Where SDP says that media will flow, and in which formats.

use super::CallIndex;
use super::calls::Said;
use super::key::FastMap;
use super::sessions::SessionIndex;
use recscope_core::codec::Codec;
use recscope_core::rtp::payload;
use recscope_core::rtp::statistics::Role;
use recscope_core::sdp::{Direction, Media, MediaKind, Session};
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Party {
    /// Who sent the INVITE.
    Caller,
    /// Whom it was for.
    Callee,
}

impl Party {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }

    /// As it is called in sentences.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Caller => "the caller",
            Self::Callee => "the callee",
        }
    }
}

/// Something for each side of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides<T> {
    caller: T,
    callee: T,
}

impl<T> Sides<T> {
    pub(crate) const fn of(&self, party: Party) -> &T {
        match party {
            Party::Caller => &self.caller,
            Party::Callee => &self.callee,
        }
    }

    pub(crate) const fn of_mut(&mut self, party: Party) -> &mut T {
        match party {
            Party::Caller => &mut self.caller,
            Party::Callee => &mut self.callee,
        }
    }
}

/// Who declares media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A side of a call, in SDP.
    Party(CallIndex, Party),
    /// A record server, in its answer to a start request.
    Recorder(SessionIndex),
}

impl Side {
    /// Whether the two are the sides of one call.
    fn faces(self, other: Self) -> bool {
        match (self, other) {
            (Self::Party(call, party), Self::Party(other_call, other_party)) => {
                call == other_call && party != other_party
            }
            _ => false,
        }
    }
}

/// What a payload type means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) payload_type: u8,
    /// Encoding name as in `a=rtpmap`; empty if unknown.
    pub(crate) name: Cow<'static, str>,
    /// RTP clock in Hz; 0 if unknown.
    pub(crate) clock: u32,
    pub(crate) role: Role,
    /// The codec, where it is one that is decoded.
    pub(crate) codec: Option<Codec>,
}

impl Format {
    /// A payload type of that encoding.
    pub(crate) fn new(payload_type: u8, name: Cow<'static, str>, clock: u32) -> Self {
        let role =
            if name.eq_ignore_ascii_case("telephone-event") || name.eq_ignore_ascii_case("tone") {
                Role::Event
            } else if name.eq_ignore_ascii_case("CN") {
                Role::ComfortNoise
            } else {
                Role::Media
            };
        let codec = Codec::from_name(&name);
        Self { payload_type, name, clock, role, codec }
    }

    /// What the payload type means by itself (RFC 3551); a dynamic one means nothing.
    pub(crate) fn of_static(payload_type: u8) -> Self {
        let (name, clock) = payload::payload_type_name(payload_type).unwrap_or(("", 0));
        let mut format = Self::new(payload_type, Cow::Borrowed(name), clock);
        if payload::is_comfort_noise(payload_type) {
            format.role = Role::ComfortNoise;
        }
        format
    }
}

/// One medium of one SDP: where a party wants to receive it, and how.
#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    /// Who receives there.
    pub(crate) side: Side,
    pub(crate) address: SocketAddr,
    pub(crate) formats: Arc<[Format]>,
    pub(crate) encrypted: bool,
    /// Which way its media may flow, as this side sees it.
    pub(crate) direction: Direction,
    /// How much audio a packet to here should hold (`a=ptime`).
    pub(crate) ptime: Option<Duration>,
    pub(crate) is_audio: bool,
    /// The packet that said so.
    pub(crate) packet: u64,
    /// Both sides have said whether it is encrypted.
    pub(crate) is_agreed: bool,
}

impl Declaration {
    /// Most media of one description that are followed.
    const MOST_MEDIA: usize = 16;
    /// Most payload types of one medium that are followed.
    const MOST_FORMATS: usize = 64;

    /// The media that go over RTP and are not refused. An offer of encryption stands until the
    /// answer turns it down.
    pub(crate) fn of_description(said: &Said, call: CallIndex) -> impl Iterator<Item = Self> {
        let Said { party, session, packet, encrypted } = said;
        session.media.iter().take(Self::MOST_MEDIA).enumerate().filter_map(move |(at, media)| {
            let carries = media.protocol.is_rtp()
                && matches!(media.kind, MediaKind::Audio | MediaKind::Video);
            let address = session.address_of(media).filter(|_| carries)?;
            let agreed = encrypted.as_ref().and_then(|media| media.get(at).copied());
            (!address.ip().is_unspecified()).then(|| Self {
                side: Side::Party(call, *party),
                address,
                formats: formats_of(media),
                direction: session.direction_of(media),
                ptime: media.ptime(),
                is_audio: media.kind == MediaKind::Audio,
                packet: *packet,
                encrypted: agreed.unwrap_or_else(|| session.is_encrypted(media)),
                is_agreed: agreed.is_some(),
            })
        })
    }

    /// What a payload type means here.
    pub(crate) fn format(&self, payload_type: u8) -> Option<&Format> {
        self.formats.iter().find(|format| format.payload_type == payload_type)
    }
}

fn formats_of(media: &Media) -> Arc<[Format]> {
    media
        .rtpmaps()
        .take(Declaration::MOST_FORMATS)
        .map(|map| {
            let name = map.encoding.to_owned();
            Format::new(map.payload_type, Cow::Owned(name), map.clock_rate)
        })
        .collect()
}

/// All declarations of a capture by address.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    all: Vec<Declaration>,
    /// Indices into `all`, latest last.
    by_address: FastMap<(IpAddr, u16), Vec<u32>>,
    /// Formats held, those that several declarations share once.
    formats: usize,
    /// Declarations that found no room.
    pub(crate) beyond_limit: u64,
    /// By call: since when it is over.
    over: Vec<Option<i64>>,
    /// Hosts that have RTCP sent to another one (RFC 3605), sorted by where it goes.
    rtcp: Vec<(SocketAddr, IpAddr)>,
    /// Where fax over UDPTL goes, sorted.
    fax: Vec<SocketAddr>,
}

impl Declarations {
    /// Most declarations held, and most formats.
    const MOST: usize = 500_000;
    const MOST_FORMATS: usize = 200_000;
    /// Declarations looked back for the same formats, which most phones of one make have.
    const LOOKED_BACK: usize = 8;
    /// Most declarations of one address that are remembered: its latest.
    const MOST_PER_ADDRESS: usize = 64;
    /// Most addresses remembered of fax, and of RTCP that goes elsewhere.
    const MOST_OTHERS: usize = 16_384;
    /// What is still under way when a call ends.
    const GRACE_NS: i64 = 2_000_000_000;

    /// What a description says of other media than RTP's.
    pub(crate) fn add_others(&mut self, session: &Session) {
        for media in session.media.iter().take(Declaration::MOST_MEDIA) {
            let Some(address) = session.address_of(media) else { continue };
            if self.fax.len() < Self::MOST_OTHERS
                && media.kind == MediaKind::Image
                && !media.protocol.is_rtp()
                && let Err(place) = self.fax.binary_search(&address)
            {
                self.fax.insert(place, address);
            }
            let rtcp = session.rtcp_address_of(media).filter(|rtcp| rtcp.ip() != address.ip());
            if let Some(rtcp) = rtcp.filter(|_| self.rtcp.len() < Self::MOST_OTHERS) {
                match self.rtcp.binary_search_by_key(&rtcp, |(to, _)| *to) {
                    Ok(_) => {}
                    Err(place) => self.rtcp.insert(place, (rtcp, address.ip())),
                }
            }
        }
    }

    /// Whether fax was announced for an address.
    pub(crate) fn is_fax(&self, address: SocketAddr) -> bool {
        self.fax.binary_search(&address).is_ok()
    }

    /// The host whose RTCP goes to an address.
    pub(crate) fn rtcp_owner(&self, address: SocketAddr) -> SocketAddr {
        let place = self.rtcp.binary_search_by_key(&address, |(to, _)| *to).ok();
        let owner = place.and_then(|place| self.rtcp.get(place));
        SocketAddr::new(owner.map_or(address.ip(), |(_, owner)| *owner), address.port())
    }

    /// A call is over since `over_ns`, or is on again: what it declared holds no longer, or again.
    pub(crate) fn end(&mut self, call: CallIndex, over_ns: Option<i64>) {
        if self.over.len() <= call.0 {
            self.over.resize(call.0 + 1, None);
        }
        if let Some(over) = self.over.get_mut(call.0) {
            *over = over_ns;
        }
    }

    /// Adds a declaration, unless the same party said the same of the address just before.
    /// Returns whether it was added.
    pub(crate) fn add(&mut self, mut declaration: Declaration) -> bool {
        let key = (declaration.address.ip(), declaration.address.port());
        let here = self.by_address.entry(key).or_default();
        let latest = here.last().and_then(|&index| self.all.get(index as usize));
        let said = latest.is_some_and(|latest| {
            latest.side == declaration.side
                && latest.formats == declaration.formats
                && latest.encrypted == declaration.encrypted
                && latest.direction == declaration.direction
                && latest.ptime == declaration.ptime
                && latest.is_agreed == declaration.is_agreed
        });
        let Ok(index) = u32::try_from(self.all.len()) else { return false };
        if said {
            return false;
        }
        let mut latest = self.all.iter().rev().take(Self::LOOKED_BACK);
        match latest.find(|latest| latest.formats == declaration.formats) {
            Some(latest) => declaration.formats = Arc::clone(&latest.formats),
            None => self.formats += declaration.formats.len(),
        }
        if self.all.len() >= Self::MOST || self.formats > Self::MOST_FORMATS {
            self.beyond_limit += 1;
            return false;
        }
        if here.len() >= Self::MOST_PER_ADDRESS {
            here.remove(0);
        }
        here.push(index);
        self.all.push(declaration);
        true
    }

    /// All of them, in the order said.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Declaration> {
        self.all.iter()
    }

    /// What was said of an address and holds at `time_ns`, the latest first.
    pub(crate) fn at(
        &self,
        address: SocketAddr,
        time_ns: i64,
    ) -> impl Iterator<Item = &Declaration> + Clone {
        let here = self.by_address.get(&(address.ip(), address.port()));
        let here = here.into_iter().flatten().rev();
        here.filter_map(|&index| self.all.get(index as usize)).filter(move |declaration| {
            let Side::Party(call, _) = declaration.side else { return true };
            let over_ns = self.over.get(call.0).copied().flatten();
            over_ns.is_none_or(|over_ns| time_ns.saturating_sub(over_ns) <= Self::GRACE_NS)
        })
    }

    /// The declarations that a stream from `src` to `dst` fits at `time_ns`: the receiver's and the sender's,
    /// preferably of one call (of `partner` if it is among them), else the latest of each.
    pub(crate) fn of_stream(
        &self,
        src: SocketAddr,
        dst: SocketAddr,
        time_ns: i64,
        partner: Option<CallIndex>,
    ) -> (Option<&Declaration>, Option<&Declaration>) {
        let (receivers, senders) = (self.at(dst, time_ns), self.at(src, time_ns));
        let mut pairs = receivers.clone().filter_map(|receiver| {
            let sender = senders.clone().find(|sender| sender.side.faces(receiver.side))?;
            Some((Some(receiver), Some(sender)))
        });
        let preferred = partner.and_then(|call| {
            let is_of_call = |side| matches!(side, Side::Party(of, _) if of == call);
            pairs.clone().find(|(receiver, _)| receiver.is_some_and(|r| is_of_call(r.side)))
        });
        let pair = preferred.or_else(|| pairs.next());
        pair.unwrap_or_else(|| (receivers.clone().next(), senders.clone().next()))
    }
}
