//! Links between hosts: how long packets take, and which of them get lost, doubled, overtaken or
//! damaged.

mod link;

pub use link::{Link, Quality};

use crate::fault::{Effect, Fault};
use crate::pattern::{MessageName, MessagePattern};
use foldhash::fast::FixedState;
use recscope_core::random::Random;
use recscope_core::time::Instant;
use std::collections::HashMap;
use std::time::Duration;

/// All links of a world.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    default: Link,
    links: HashMap<(u32, u32), Link, FixedState>,
    state: HashMap<(u32, u32), LinkState, FixedState>,
    cuts: Vec<Cut>,
    faults: Vec<MessageFault>,
    touches_rtp: bool,
}

#[derive(Clone, Debug)]
struct LinkState {
    random: Random,
    last_arrival: Instant,
}

#[derive(Clone, Debug)]
struct Cut {
    one: u32,
    other: Option<u32>,
    from: Instant,
    until: Option<Instant>,
}

/// A fault with what it has met so far.
#[derive(Clone, Debug)]
struct MessageFault {
    effect: Effect,
    target: MessagePattern,
    from: Option<u32>,
    to: Option<u32>,
    count: u32,
    /// Messages met, with their number and how often they were sent.
    met: Vec<(u64, u32, u32)>,
}

/// A packet about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// From which host.
    pub from: u32,
    /// To which.
    pub to: u32,
    /// What is in it; `None` where faults cannot mean it.
    pub message: Option<MessageName<'a>>,
    /// The same for what is sent again; 0 for packets that are each their own.
    pub identity: u64,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// When it arrives, and when again; lost if it never does.
    pub arrivals: [Option<Instant>; 2],
    /// Where to change a byte, as a random number.
    pub damage: Option<u32>,
    /// What the faults did to it.
    pub effect: Option<Effect>,
}

/// Shares are in millionths.
const WHOLE: u32 = 1_000_000;

impl Network {
    /// A network whose links all are as `default`.
    #[must_use]
    pub fn new(seed: u64, default: Link) -> Self {
        Self {
            seed,
            default,
            links: HashMap::default(),
            state: HashMap::default(),
            cuts: Vec::new(),
            faults: Vec::new(),
            touches_rtp: false,
        }
    }

    /// The link from one host to another.
    #[must_use]
    pub fn link(&self, from: u32, to: u32) -> &Link {
        if self.links.is_empty() {
            return &self.default;
        }
        self.links.get(&(from, to)).unwrap_or(&self.default)
    }

    /// Makes the link between two hosts, in both directions, another one.
    pub fn set_link(&mut self, one: u32, other: u32, link: Link) {
        self.links.insert((one, other), link);
        self.links.insert((other, one), link);
    }

    /// Changes every link.
    pub fn change_all(&mut self, quality: Quality) {
        self.default.apply(quality);
        self.links.values_mut().for_each(|link| link.apply(quality));
    }

    /// Lets nothing pass between `one` and `other`, or anyone, from `from` to `until`.
    pub fn cut(&mut self, one: u32, other: Option<u32>, from: Instant, until: Option<Instant>) {
        self.cuts.push(Cut { one, other, from, until });
    }

    /// Ends the cuts between `one` and `other`, or anyone, that have no end.
    pub fn heal(&mut self, one: u32, other: Option<u32>, at: Instant) {
        let same = |cut: &&mut Cut| {
            cut.until.is_none() && (cut.one, cut.other) == (one, other)
                || other.is_some_and(|other| (cut.one, cut.other) == (other, Some(one)))
        };
        self.cuts.iter_mut().filter(same).for_each(|cut| cut.until = Some(at));
    }

    /// Adds a fault of messages; `host` finds actors by name.
    pub fn add_fault(
        &mut self,
        effect: Effect,
        target: &MessagePattern,
        host: impl Fn(&str) -> Option<u32>,
    ) {
        let find = |name: &Option<String>| name.as_deref().and_then(&host);
        let (from, to) = (find(&target.from), find(&target.to));
        self.touches_rtp |= matches!(target.name.to_ascii_uppercase().as_str(), "RTP" | "*");
        let target = target.clone();
        self.faults.push(MessageFault { effect, target, from, to, count: 0, met: Vec::new() });
    }

    /// Whether a fault can mean RTP, so that its packets need be named.
    #[must_use]
    pub const fn touches_rtp(&self) -> bool {
        self.touches_rtp
    }

    /// Decides what becomes of a packet that is sent at `now`.
    pub fn pass(&mut self, now: Instant, passage: &Passage<'_>) -> Fate {
        let link = *self.link(passage.from, passage.to);
        let mut fate =
            Fate { arrivals: [Some(now + link.latency), None], damage: None, effect: None };
        let mut extra = Duration::ZERO;
        let mut lost = false;
        if let Some(message) = passage.message.filter(|_| !self.faults.is_empty()) {
            let seed = self.seed;
            for fault in &mut self.faults {
                let Some((number, again)) = fault.meet(passage, message) else { continue };
                match fault.effect {
                    Effect::Lose => lost = true,
                    Effect::LoseOnce if again == 0 => lost = true,
                    Effect::Duplicate if again == 0 => {
                        fate.arrivals[1] = Some(now + link.latency + DUPLICATE_AFTER);
                    }
                    Effect::Delay(delay) => extra += delay,
                    Effect::Corrupt => {
                        let mut random = Random::new(seed ^ u64::from(number));
                        fate.damage = Some(random.next_u32());
                    }
                    _ => continue,
                }
                fate.effect = Some(fault.effect);
            }
        }
        lost |= !self.cuts.is_empty()
            && self.cuts.iter().any(|cut| cut.holds(now, passage.from, passage.to));
        if !link.is_plain() {
            lost |= self.chance(&link, now, passage, &mut fate);
        }
        if lost {
            fate.arrivals = [None; 2];
        } else if !extra.is_zero() {
            fate.arrivals = fate.arrivals.map(|at| at.map(|at| at + extra));
        }
        fate
    }

    /// What chance does to a packet; whether it loses it.
    fn chance(
        &mut self,
        link: &Link,
        now: Instant,
        passage: &Passage<'_>,
        fate: &mut Fate,
    ) -> bool {
        let key = (passage.from, passage.to);
        let seed = self.seed ^ (u64::from(key.0) << 32 | u64::from(key.1) | 1 << 63);
        let state = self.state.entry(key).or_insert_with(|| LinkState {
            random: Random::new(seed),
            last_arrival: Instant::ORIGIN,
        });
        // Always the same number of draws, so that one packet's luck is not another's.
        let [loss, twice, overtaken] = [(); 3].map(|()| state.random.next_u32() % WHOLE);
        let jitter = state.random.next_u32();
        let lost = loss < link.loss;
        let micros = u64::try_from(link.jitter.as_micros()).unwrap_or(u64::MAX);
        let late = u64::from(jitter).wrapping_mul(micros) >> 32;
        let mut at = now + link.latency + Duration::from_micros(late);
        if overtaken < link.reordering {
            at += REORDER_BY.max(link.jitter * 2);
        } else {
            // Chance alone lets nothing overtake.
            at = at.max(state.last_arrival);
            if !lost {
                state.last_arrival = at;
            }
        }
        let again = (twice < link.duplication).then(|| at + DUPLICATE_AFTER);
        fate.arrivals = [Some(at), again.or(fate.arrivals[1])];
        lost
    }
}

/// How long after the first a double arrives.
const DUPLICATE_AFTER: Duration = Duration::from_micros(500);
/// How long a packet that is overtaken is held back: more than the 20 ms between RTP packets.
const REORDER_BY: Duration = Duration::from_millis(25);

impl Cut {
    fn holds(&self, now: Instant, from: u32, to: u32) -> bool {
        let between = match self.other {
            Some(other) => (self.one, other) == (from, to) || (other, self.one) == (from, to),
            None => self.one == from || self.one == to,
        };
        between && now >= self.from && self.until.is_none_or(|until| now < until)
    }
}

impl MessageFault {
    /// The number of the message among those that the fault means, and how often it was sent
    /// before; `None` if it is not meant.
    fn meet(&mut self, passage: &Passage<'_>, message: MessageName<'_>) -> Option<(u32, u32)> {
        let ends = self.target.from.is_none() || self.from == Some(passage.from);
        let ends = ends && (self.target.to.is_none() || self.to == Some(passage.to));
        if !ends || !message.matches(&self.target.name) {
            return None;
        }
        let known = (passage.identity != 0)
            .then(|| self.met.iter_mut().find(|(identity, ..)| *identity == passage.identity))
            .flatten();
        let (number, again) = if let Some((_, number, sent)) = known {
            *sent += 1;
            (*number, *sent - 1)
        } else {
            self.count += 1;
            if passage.identity != 0 {
                self.met.push((passage.identity, self.count, 1));
            }
            (self.count, 0)
        };
        let occurrence = self.target.occurrence.unwrap_or(crate::pattern::Occurrence::FIRST);
        occurrence.holds(number).then_some((number, again))
    }
}

impl Fault {
    /// The actors it names.
    pub fn actors(&self) -> impl Iterator<Item = &str> {
        let (one, other) = match self {
            Self::Message { target, .. } => (target.from.as_deref(), target.to.as_deref()),
            Self::Cut { one, other, .. } => (Some(one.as_str()), other.as_deref()),
            Self::Link { between: Some((one, other)), .. } => {
                (Some(one.as_str()), Some(other.as_str()))
            }
            Self::Link { between: None, .. } => (None, None),
            Self::Order { actor, .. } => (Some(actor.as_str()), None),
        };
        one.into_iter().chain(other)
    }
}

#[cfg(test)]
mod tests;
