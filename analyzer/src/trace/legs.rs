//! Which calls are legs of one conversation: back-to-back agents give each leg a Call-ID of its
//! own, but pass other names on, or the addresses of the media, or the numbers.

use super::CallIndex;
use super::calls::{Call, Said};
use super::heard::Heard;
use super::key::FastMap;
use super::messages::Origin;
use crate::wording::duration;
use foldhash::fast::FixedState;
use recscope_core::sip::header::{Replaces, SessionId};
use recscope_core::sip::{Message, Method};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, SocketAddr};

/// Two calls that belong together, the earlier one first, and what tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) calls: (CallIndex, CallIndex),
    pub(crate) reason: String,
}

/// Headers by which products name a call across its legs. Each value is compared with those of
/// the others and with the Call-IDs, since some of them hold the Call-ID of the other leg.
const NAMES: [&str; 29] = [
    "Session-ID",
    "Global-Session-ID",
    "X-Call-ID",
    "X-CallID",
    "X-CID",
    "X-Original-Call-ID",
    "X-Orig-Call-ID",
    "X-Origin-Call-ID",
    "X-Inbound-Call-ID",
    "X-Parent-Call-ID",
    "X-Global-Call-ID",
    "X-Leg-Call-ID",
    "X-A-Leg-Call-ID",
    "X-Correlation-ID",
    "X-Session-ID",
    "X-UUID",
    "X-Call-UUID",
    "X-FS-Call-UUID",
    "X-Asterisk-UniqueID",
    "X-Asterisk-LinkedID",
    "X-BroadWorks-Correlation-Info",
    "X-Genesys-CallUUID",
    "X-SIPGate-Call-ID",
    "X-Twilio-CallSid",
    "X-Nortel-Call-ID",
    "X-Avaya-UCID",
    "Cisco-Guid",
    "Cisco-GUCID",
    "P-Charging-Vector",
];

/// What the calls say that others may say too.
#[derive(Debug, Default)]
pub(super) struct Legs {
    /// By a value: the calls that have it, and in which header.
    names: Groups<(CallIndex, &'static str)>,
    /// By where media is received.
    media: Groups<Place>,
    /// By caller's and callee's user: the first INVITEs.
    parties: Groups<First>,
    /// Calls that say whose request they follow, with the user that they are for.
    referred: Vec<(CallIndex, Box<str>)>,
}

/// What has the same key, hashed, together.
#[derive(Debug)]
struct Groups<T> {
    all: Vec<Vec<T>>,
    places: FastMap<u64, usize>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: FastMap::default() }
    }
}

impl<T> Groups<T> {
    /// The group of a key, if there is one or room for one.
    fn of(&mut self, key: u64, most: usize) -> Option<&mut Vec<T>> {
        let at = match self.places.get(&key) {
            Some(&at) => at,
            None if self.all.len() >= most => return None,
            None => {
                // Most groups stay as small as they begin.
                self.all.push(Vec::with_capacity(1));
                self.places.insert(key, self.all.len() - 1);
                self.all.len() - 1
            }
        };
        self.all.get_mut(at)
    }
}

/// A description that names an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    call: CallIndex,
    address: SocketAddr,
    src: SocketAddr,
    dst: SocketAddr,
    /// The session's origin line, hashed.
    origin: u64,
}

/// The INVITE that begins a call.
#[derive(Clone, Copy, Debug)]
struct First {
    call: CallIndex,
    src: SocketAddr,
    dst: SocketAddr,
    time_ns: i64,
}

impl Legs {
    /// Most calls that a value can link: what more of them have is no name of a conversation.
    const MOST: usize = 16;
    /// Most addresses of media that are remembered.
    const MOST_PLACES: usize = 100_000;
    /// Longest that an agent takes to pass a call on.
    const PASSED_ON_NS: i64 = 5_000_000_000;
    /// Longest that it takes to follow a transfer.
    const REFERRED_NS: i64 = 10_000_000_000;

    /// Notes what a call's message says.
    pub(super) fn on_message(
        &mut self,
        call: CallIndex,
        message: &Heard<'_>,
        said: &[Said],
        origin: &Origin,
    ) {
        if message.cseq().is_some_and(|cseq| cseq.method == Method::Invite) {
            self.on_names(call, message);
        }
        for said in said {
            self.on_media(call, said, origin);
        }
        let begins = message.method() == Some(Method::Invite) && message.tag_of_to().is_none();
        if begins {
            self.on_first(call, message, origin);
        }
    }

    fn on_names(&mut self, call: CallIndex, message: &Message<'_>) {
        if let Some(call_id) = message.call_id() {
            self.add_name(call, call_id, "Call-ID");
        }
        for header in &message.headers {
            let name = NAMES.iter().find(|name| header.name.eq_ignore_ascii_case(name));
            match name.copied() {
                None => {}
                Some(name @ "Session-ID") => {
                    let Some(Ok(id)) = message.typed::<SessionId<'_>>() else { continue };
                    for id in [Some(id.local), id.remote()].into_iter().flatten() {
                        self.add_name(call, &id.to_ascii_lowercase(), name);
                    }
                }
                Some(name @ "P-Charging-Vector") => {
                    let mut parts = header.value.split(';');
                    let icid = parts.find_map(|part| part.trim().strip_prefix("icid-value="));
                    self.add_name(call, icid.unwrap_or_default().trim_matches('"'), name);
                }
                Some(name) => self.add_name(call, header.value.trim().trim_matches('"'), name),
            }
        }
        if let Some(Ok(replaces)) = message.typed::<Replaces<'_>>() {
            self.add_name(call, replaces.call_id, "Replaces");
        }
    }

    fn add_name(&mut self, call: CallIndex, value: &str, name: &'static str) {
        // Shorter values, and the id that RFC 7989 gives an unknown end, name nothing.
        const SHORTEST: usize = 4;
        let is_call_id = matches!(name, "Call-ID" | "Replaces");
        if value.len() < SHORTEST && !is_call_id || value.bytes().all(|byte| byte == b'0') {
            return;
        }
        let Some(named) = self.names.of(hash(value), usize::MAX) else { return };
        if named.len() <= Self::MOST && !named.iter().any(|(known, _)| *known == call) {
            named.push((call, name));
        }
    }

    fn on_media(&mut self, call: CallIndex, said: &Said, found: &Origin) {
        const MOST_MEDIA: usize = 16;
        let session = &said.session;
        let origin = session.origin.as_ref().map(ToString::to_string);
        let origin = hash(origin);
        for media in session.media.iter().take(MOST_MEDIA) {
            let address = session.address_of(media).filter(|a| !a.ip().is_unspecified());
            let Some(address) = address else { continue };
            let Some(places) = self.media.of(hash(address), Self::MOST_PLACES) else { continue };
            let place = Place { call, address, src: found.src, dst: found.dst, origin };
            if !places.contains(&place) {
                if places.len() >= Self::MOST {
                    places.remove(0);
                }
                places.push(place);
            }
        }
    }

    fn on_first(&mut self, call: CallIndex, message: &Heard<'_>, origin: &Origin) {
        let (from, to) = (message.from(), message.to());
        let users = [from, to].map(|side| side.and_then(|side| side.uri.user_text()));
        let [_, to] = &users;
        if let Some(to) = to.as_deref().filter(|_| message.header("Referred-By").is_some()) {
            self.referred.push((call, to.into()));
        }
        if users.iter().any(Option::is_none) {
            return;
        }
        let (src, dst, time_ns) = (origin.src, origin.dst, origin.time_ns);
        let Some(firsts) = self.parties.of(hash(users), usize::MAX) else { return };
        firsts.push(First { call, src, dst, time_ns });
    }

    /// The calls that belong together. What names them comes before what hints at it.
    pub(super) fn links(&self, calls: &[Call]) -> Vec<Link> {
        let mut links = Links::default();
        let named = |call: &&Vec<(CallIndex, &str)>| (2..=Self::MOST).contains(&call.len());
        for named in self.names.all.iter().filter(named) {
            for (at, (b, second)) in named.iter().enumerate() {
                for (a, first) in named.iter().take(at) {
                    let name = if *second == "Call-ID" { first } else { second };
                    let reason = match *name {
                        "Replaces" => String::from("Replaces"),
                        name => format!("the same {name}"),
                    };
                    links.add(*a, *b, 0, reason);
                }
            }
        }
        for places in &self.media.all {
            for (at, later) in places.iter().enumerate() {
                for earlier in places.iter().take(at) {
                    if earlier.shares_with(later, calls) {
                        let (a, b) = (earlier.call, later.call);
                        links.add(a, b, 2, format!("media at {} in both", later.address));
                    }
                }
            }
        }
        self.follow_transfers(calls, &mut links);
        for firsts in &self.parties.all {
            follow_hops(firsts, &mut links);
        }
        links.into_all()
    }

    fn follow_transfers(&self, calls: &[Call], links: &mut Links) {
        let asked: Vec<_> = (0..)
            .zip(calls)
            .filter_map(|(call, found)| Some((CallIndex(call), found.course.referred.as_ref()?)))
            .collect();
        for (call, user) in &self.referred {
            let Some(start_ns) = calls.get(call.0).map(|call| call.start_ns) else { continue };
            let earlier = asked.partition_point(|(earlier, _)| earlier < call);
            let earlier = asked.iter().take(earlier).rev().take(Self::MOST);
            for (earlier, (whom, time_ns)) in earlier {
                if whom == user && (0..Self::REFERRED_NS).contains(&(start_ns - time_ns)) {
                    links.add(*earlier, *call, 1, String::from("REFER"));
                    break;
                }
            }
        }
    }
}

fn hash(value: impl Hash) -> u64 {
    FixedState::default().hash_one(value)
}

/// Calls between the same users, of which one leaves the host that the other has reached just
/// before.
fn follow_hops(firsts: &[First], links: &mut Links) {
    for (at, later) in firsts.iter().enumerate() {
        let reach = later.time_ns - Legs::PASSED_ON_NS;
        let before = firsts.iter().take(at).rev().take(Legs::MOST);
        let mut before = before.take_while(|earlier| earlier.time_ns >= reach);
        if let Some(earlier) = before.find(|earlier| {
            earlier.call != later.call && is_same_host(earlier.dst, later.src, earlier.src.ip())
        }) {
            #[allow(clippy::cast_precision_loss, reason = "2⁵³ ns are 104 days")]
            let ms = (later.time_ns - earlier.time_ns) as f64 / 1e6;
            let reason = format!("the same parties, passed on after {}", duration(ms));
            links.add(earlier.call, later.call, 3, reason);
        }
    }
}

/// Whether a message to `reached` and one from `left` met the same host. Where several play on
/// one machine, as `other` shows, ports tell them apart.
fn is_same_host(reached: SocketAddr, left: SocketAddr, other: IpAddr) -> bool {
    reached.ip() == left.ip() && (reached.port() == left.port() || reached.ip() != other)
}

impl Place {
    /// Whether the same media is meant, and not that of another phone behind another NAT, or of
    /// an earlier call of the same phone.
    fn shares_with(&self, later: &Self, calls: &[Call]) -> bool {
        let (Some(a), Some(b)) = (calls.get(self.call.0), calls.get(later.call.0)) else {
            return false;
        };
        let overlap = self.call != later.call
            && b.over_ns().is_none_or(|over_ns| a.start_ns <= over_ns)
            && a.over_ns().is_none_or(|over_ns| b.start_ns <= over_ns);
        overlap
            && self.address == later.address
            && (self.origin == later.origin
                || is_same_host(self.dst, later.src, self.src.ip())
                || is_same_host(later.dst, self.src, later.src.ip()))
    }
}

/// Links so far, with the rank of what tells.
#[derive(Debug, Default)]
struct Links {
    all: Vec<(u8, Link)>,
}

impl Links {
    fn add(&mut self, a: CallIndex, b: CallIndex, rank: u8, reason: String) {
        if a != b {
            self.all.push((rank, Link { calls: (a.min(b), a.max(b)), reason }));
        }
    }

    /// One per pair: the one with the lowest rank.
    fn into_all(self) -> Vec<Link> {
        let mut best: BTreeMap<(CallIndex, CallIndex), (u8, String)> = BTreeMap::new();
        for (rank, Link { calls, reason }) in self.all {
            let kept = best.entry(calls).or_insert((u8::MAX, String::new()));
            if (rank, &reason) < (kept.0, &kept.1) {
                *kept = (rank, reason);
            }
        }
        best.into_iter().map(|(calls, (_, reason))| Link { calls, reason }).collect()
    }
}
