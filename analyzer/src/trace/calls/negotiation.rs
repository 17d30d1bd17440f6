//! Offer and answer in the course of a call (RFC 3264): in INVITE and its answers, in ACK, in
//! reliable provisional answers and PRACK (RFC 3262), in UPDATE (RFC 3311), again and again.

use crate::report::CallEventKind as Kind;
use crate::trace::heard::Heard;
use crate::trace::media::{Party, Sides};
use foldhash::fast::FixedState;
use recscope_core::sdp::offer_answer::{Agreed, Outcome, Problem, pair};
use recscope_core::sdp::{MediaKind, Session};
use recscope_core::sip::header::Via;
use recscope_core::sip::{Message, Method};
use std::hash::BuildHasher;
use std::net::SocketAddr;
use std::sync::Arc;

/// What has been offered and what holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Negotiation {
    /// Offers, the latest last.
    exchanges: Vec<Exchange>,
    in_force: Option<Agreement>,
    /// Bytes that the descriptions so far took, roughly.
    weight: usize,
}

/// A description whose media is to be expected on the wire.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) party: Party,
    pub(crate) session: Arc<Session>,
    /// The packet that says so.
    pub(crate) packet: u64,
    /// Medium by medium, whether it is encrypted, once both sides have said so.
    pub(crate) encrypted: Option<Vec<bool>>,
}

/// A description in its message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description<'a> {
    pub(super) message: &'a Heard<'a>,
    pub(super) session: &'a Arc<Session>,
    pub(super) packet: u64,
    /// Who wrote it.
    pub(super) party: Party,
    /// The tag of the callee, which tells forks apart.
    pub(super) tag: Option<&'a str>,
    /// The same message was seen on another hop.
    pub(super) is_copy: bool,
}

/// An offer and whether it has met its answer.
#[derive(Clone, Debug)]
struct Exchange {
    method: Carrier,
    cseq: u32,
    offerer: Party,
    /// It opens the call.
    begins: bool,
    /// The offer as it was on each hop, by branch: media relays rewrite it.
    offers: Vec<(u64, Said)>,
    is_answered: bool,
}

/// The requests that an offer or its answer comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Invite,
    Update,
    Prack,
}

impl Carrier {
    fn of(method: Method<'_>) -> Option<Self> {
        match method {
            Method::Invite => Some(Self::Invite),
            Method::Update => Some(Self::Update),
            Method::Prack => Some(Self::Prack),
            _ => None,
        }
    }
}

/// What both sides have agreed on.
#[derive(Clone, Debug)]
struct Agreement {
    tag: Option<Box<str>>,
    offer: Said,
    answer: Said,
    media: Vec<Medium>,
}

/// A medium after offer and answer.
#[derive(Clone, Debug, Default)]
struct Medium {
    name: Box<str>,
    is_accepted: bool,
    /// Whether each side asks the other one not to send.
    holds: Sides<bool>,
    codec: Option<Box<str>>,
    is_encrypted: bool,
    /// Where each side receives.
    addresses: Sides<Option<SocketAddr>>,
}

impl Negotiation {
    /// Most offers remembered at once.
    const MOST_EXCHANGES: usize = 8;
    /// Most hops on which an offer is remembered.
    const MOST_HOPS: usize = 8;

    /// Takes a description; tells what it changes, and which media to expect.
    pub(super) fn on_description(
        &mut self,
        description: &Description<'_>,
        mut tell: impl FnMut(Party, Kind, String),
    ) -> Vec<Said> {
        let Description { message, session, packet, party, .. } = *description;
        let said = Said { party, session: session.clone(), packet, encrypted: None };
        let (Some(cseq), Some(carrier)) = (message.cseq(), carrier(message)) else {
            return vec![said];
        };
        self.weight += weight(session);
        let branch = branch(message);
        match self.answered_by(message, party, carrier, cseq.number) {
            Some(at) => self.on_answer(at, branch, description, &mut tell),
            None if may_offer(message) => {
                let begins = carrier == Carrier::Invite
                    && (!message.is_request() || message.tag_of_to().is_none())
                    && self.in_force.is_none();
                if begins && !message.is_request() && !description.is_copy {
                    tell(
                        party,
                        Kind::Media,
                        format!("{} makes the offer, in its answer", party.name()),
                    );
                }
                self.on_offer(carrier, cseq.number, begins, branch, said.clone());
                vec![said]
            }
            None => vec![said],
        }
    }

    /// Bytes that it takes, roughly and at most.
    pub(super) const fn weight(&self) -> usize {
        self.weight
    }

    /// The exchange that a message of `party` answers, if it answers one.
    fn answered_by(
        &self,
        message: &Message<'_>,
        party: Party,
        carrier: Carrier,
        cseq: u32,
    ) -> Option<usize> {
        self.exchanges.iter().rposition(|exchange| {
            exchange.offerer != party
                && match message.method() {
                    // The offer came in the answer to the INVITE.
                    Some(Method::Ack) => exchange.cseq == cseq,
                    Some(Method::Prack) => {
                        exchange.method == Carrier::Invite && !exchange.is_answered
                    }
                    Some(_) => false,
                    None => exchange.method == carrier && exchange.cseq == cseq,
                }
        })
    }

    fn on_offer(&mut self, method: Carrier, cseq: u32, begins: bool, branch: u64, offer: Said) {
        let offerer = offer.party;
        let known = self.exchanges.iter_mut().find(|exchange| {
            (exchange.method, exchange.cseq, exchange.offerer) == (method, cseq, offerer)
        });
        if let Some(exchange) = known {
            exchange.offers.retain(|(hop, _)| *hop != branch);
            if exchange.offers.len() < Self::MOST_HOPS {
                exchange.offers.push((branch, offer));
            }
            return;
        }
        if self.exchanges.len() >= Self::MOST_EXCHANGES {
            self.exchanges.remove(0);
        }
        let offers = vec![(branch, offer)];
        self.exchanges.push(Exchange { method, cseq, offerer, begins, offers, is_answered: false });
    }

    fn on_answer(
        &mut self,
        at: usize,
        branch: u64,
        description: &Description<'_>,
        tell: &mut impl FnMut(Party, Kind, String),
    ) -> Vec<Said> {
        let Description { session, packet, party, tag, .. } = *description;
        let Some(exchange) = self.exchanges.get_mut(at) else { return Vec::new() };
        let own_hop = exchange.offers.iter().find(|(hop, _)| *hop == branch);
        let Some((_, offer)) = own_hop.or(exchange.offers.last()) else { return Vec::new() };
        let agreed = pair(&offer.session, session);
        let encrypted = Some(agreed.iter().map(|medium| medium.is_encrypted).collect::<Vec<_>>());
        let offer = Said { encrypted: encrypted.clone(), ..offer.clone() };
        let answer = Said { party, session: session.clone(), packet, encrypted };
        let is_first = !exchange.is_answered && !description.is_copy;
        // The same answer comes provisionally and finally; other forks give their own.
        let is_other = || {
            self.in_force.as_ref().is_none_or(|old| {
                old.tag.as_deref() != tag || exchange.begins && old.answer.session != *session
            })
        };
        if is_first || exchange.begins && !description.is_copy && is_other() {
            exchange.is_answered = true;
            let old = self.in_force.take();
            let media = media(&agreed, &offer, &answer, old.as_ref());
            let new = Agreement { tag: tag.map(Into::into), offer, answer, media };
            let same_dialog = old.filter(|old| old.tag == new.tag && !exchange.begins);
            if is_first {
                compare(same_dialog.as_ref(), &new, exchange.offerer, tell);
                for (medium, problem) in agreed
                    .iter()
                    .flat_map(|medium| medium.problems.iter().map(move |problem| (medium, problem)))
                {
                    if !matches!(problem, Problem::FormatNotOffered(_)) {
                        tell(party, Kind::Problem, format!("{}: {problem}", medium.kind));
                    }
                }
            }
            let all = vec![new.offer.clone(), new.answer.clone()];
            self.in_force = Some(new);
            return all;
        }
        vec![offer, answer]
    }

    /// A request was refused: what it offered is off, and what held before holds on. Returns who
    /// offered, and what to expect again.
    pub(super) fn on_refusal(
        &mut self,
        method: Method<'_>,
        cseq: u32,
        party: Party,
    ) -> Option<(Party, [Said; 2])> {
        let carrier = Carrier::of(method)?;
        let at = self.exchanges.iter().position(|exchange| {
            (exchange.method, exchange.cseq, exchange.offerer) == (carrier, cseq, party.other())
        })?;
        let exchange = self.exchanges.remove(at);
        let holds = self.in_force.as_ref().filter(|_| !exchange.begins)?;
        Some((exchange.offerer, [holds.offer.clone(), holds.answer.clone()]))
    }
}

/// The request that a message is, or answers, as far as it can carry descriptions.
fn carrier(message: &Heard<'_>) -> Option<Carrier> {
    match message.cseq()?.method {
        Method::Ack => Some(Carrier::Invite),
        method => Carrier::of(method),
    }
}

/// Whether a message that answers no offer makes one: in an answer only if it is sure to arrive
/// (RFC 3261 13.2.1).
fn may_offer(message: &Message<'_>) -> bool {
    match (message.method(), message.status()) {
        (Some(Method::Ack), _) => false,
        (Some(_), _) => true,
        (None, Some(status)) => {
            let is_reliable = message.header("RSeq").is_some();
            (is_reliable || status >= 200) && status < 300
        }
        (None, None) => false,
    }
}

/// Bytes that a description takes, roughly.
fn weight(session: &Session) -> usize {
    let of_attributes = |count: usize| 100 * count;
    let media = session.media.iter();
    let media = media.map(|m| 400 + 48 * m.formats.len() + of_attributes(m.attributes.len()));
    400 + of_attributes(session.attributes.len()) + media.sum::<usize>()
}

fn branch(message: &Message<'_>) -> u64 {
    FixedState::default().hash_one(message.via().as_ref().and_then(Via::branch))
}

fn media(agreed: &[Agreed], offer: &Said, answer: &Said, old: Option<&Agreement>) -> Vec<Medium> {
    agreed
        .iter()
        .map(|agreed| {
            let sides = [(offer, agreed.offerer), (answer, agreed.answerer)];
            let mut medium = Medium {
                name: match &agreed.kind {
                    MediaKind::Image => "fax".into(),
                    kind => kind.name().into(),
                },
                is_accepted: agreed.outcome == Outcome::Accepted,
                is_encrypted: agreed.is_encrypted,
                codec: agreed
                    .codecs
                    .iter()
                    .map(|codec| codec.encoding.as_str())
                    .find(|name| !is_accessory(name))
                    .map(Into::into),
                ..Medium::default()
            };
            let is_held = |said: &Said| {
                let found = said.session.media.get(agreed.index);
                found.is_some_and(|found| said.session.is_hold(found))
            };
            let offer_sends = offer
                .session
                .media
                .get(agreed.index)
                .is_some_and(|offered| offer.session.direction_of(offered).sends());
            for (said, address) in sides {
                let address = address.filter(|address| !address.ip().is_unspecified());
                let before = old.and_then(|old| old.media.get(agreed.index));
                // To an offer that does not send, any answer says that it does not receive.
                let holds = if said.party == offer.party || offer_sends {
                    is_held(said)
                } else {
                    before.is_some_and(|before| *before.holds.of(said.party))
                };
                *medium.holds.of_mut(said.party) = holds;
                *medium.addresses.of_mut(said.party) = address;
            }
            medium
        })
        .collect()
}

/// Digits and comfort noise, which go along with a codec.
fn is_accessory(name: &str) -> bool {
    name.eq_ignore_ascii_case("telephone-event") || name.eq_ignore_ascii_case("CN")
}

/// Tells what is new about an agreement.
fn compare(
    old: Option<&Agreement>,
    new: &Agreement,
    offerer: Party,
    tell: &mut impl FnMut(Party, Kind, String),
) {
    for (index, medium) in new.media.iter().enumerate() {
        let name = &medium.name;
        let before = old.and_then(|old| old.media.get(index)).filter(|old| old.is_accepted);
        let before = match (before, medium.is_accepted) {
            (Some(before), true) => before,
            (Some(_), false) => {
                tell(offerer, Kind::Media, format!("{name} is taken out"));
                continue;
            }
            (None, true) if old.is_some() => {
                tell(offerer, Kind::Media, format!("{name} is added by {}", offerer.name()));
                continue;
            }
            (None, false) => {
                let known = old.is_some_and(|old| old.media.get(index).is_some());
                if !known {
                    let refuser = offerer.other();
                    tell(refuser, Kind::Media, format!("{name} is refused by {}", refuser.name()));
                }
                continue;
            }
            (None, true) => continue,
        };
        if before.name != *name {
            tell(offerer, Kind::Media, format!("{name} instead of {}", before.name));
            continue;
        }
        for party in [Party::Caller, Party::Callee] {
            match (before.holds.of(party), medium.holds.of(party)) {
                (false, true) => {
                    tell(party, Kind::Hold, format!("put on hold by {}", party.name()));
                }
                (true, false) => tell(party, Kind::Resume, format!("resumed by {}", party.name())),
                _ => {}
            }
            if let (Some(from), Some(to)) = (before.addresses.of(party), medium.addresses.of(party))
                && from != to
            {
                let text = format!("{name} to {} goes to {to} now", party.name());
                tell(party, Kind::Media, text);
            }
        }
        if let (Some(from), Some(to)) = (&before.codec, &medium.codec)
            && !from.eq_ignore_ascii_case(to)
        {
            tell(offerer, Kind::Codec, format!("codec changed from {from} to {to}"));
        }
        match (before.is_encrypted, medium.is_encrypted) {
            (false, true) => {
                tell(offerer, Kind::Media, format!("{name} is encrypted from here on"));
            }
            (true, false) => tell(offerer, Kind::Media, format!("{name} is no longer encrypted")),
            _ => {}
        }
    }
}
