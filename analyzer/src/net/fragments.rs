//! IP fragments, put together.
//!
//! Fragments may come in any order, twice, or overlap (then the bytes that came first are kept).
//! What is held is bounded in datagrams, bytes and age; a datagram that is given up is said to be.

use super::ip::{Fragment, Route};
use super::{Decoder, Frame, Undecoded};
use recscope_core::{ErrorKind, Layer, Limits};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

/// How long a datagram may take to arrive, in capture time; the receiving host waits no longer.
const MAX_AGE_NS: i64 = 30_000_000_000;
/// How long after a datagram was completed its duplicated fragments are still expected.
const DUPLICATES_NS: i64 = 100_000_000;
/// What a datagram and a piece cost beside their bytes.
const DATAGRAM_COST: usize = 256;
const PIECE_COST: usize = 64;

/// What tells the datagrams of two hosts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    /// IPv4 only: in IPv6 the fragments of one datagram may differ in it (RFC 8200 4.5).
    protocol: Option<u8>,
    identification: u32,
}

/// Bytes of a datagram that lie together. Pieces never overlap.
#[derive(Debug)]
struct Piece {
    start: u32,
    data: Box<[u8]>,
}

impl Piece {
    fn end(&self) -> u32 {
        // A piece never reaches further than 13 bits of units of 8, and an IP packet.
        self.start.saturating_add(u32::try_from(self.data.len()).unwrap_or(u32::MAX))
    }
}

/// A datagram of which something is there.
#[derive(Debug)]
struct Datagram {
    /// Tells it from later ones with the same key.
    serial: u64,
    first: Frame,
    /// Sorted by `start`.
    pieces: Vec<Piece>,
    covered: u32,
    cost: usize,
    /// Known once the last fragment is there.
    len: Option<u32>,
    /// Of the first fragment.
    protocol: Option<u8>,
    /// Bounds of the fragments as they came, sorted, and whether they came again.
    arrivals: Vec<Arrival>,
    overlapped: bool,
    /// When it was completed; then it only waits for duplicates.
    completed_ns: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Arrival {
    start: u32,
    end: u32,
    again: bool,
}

/// A datagram that has become whole.
pub(super) struct Whole {
    pub(super) route: Route,
    pub(super) data: Vec<u8>,
}

/// The datagrams under reassembly.
#[derive(Debug)]
pub(super) struct Fragments {
    max_datagrams: usize,
    max_bytes: usize,
    datagrams: HashMap<Key, Datagram>,
    /// Oldest first; may name datagrams that are gone.
    order: VecDeque<(Key, u64)>,
    cost: usize,
    serial: u64,
}

/// Datagrams that were given up, and why.
#[derive(Debug, Default)]
pub(super) struct GivenUp {
    pub(super) incomplete: Vec<Frame>,
    pub(super) over_limit: Option<(ErrorKind, Frame)>,
    pub(super) overlap: bool,
}

impl Fragments {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_datagrams: limits.ip_fragments as usize,
            max_bytes: limits.ip_fragment_bytes as usize,
            datagrams: HashMap::new(),
            order: VecDeque::new(),
            cost: 0,
            serial: 0,
        }
    }

    /// Adds a fragment; gives the datagram that it completes.
    pub(super) fn add(
        &mut self,
        frame: Frame,
        fragment: &Fragment<'_>,
        given_up: &mut GivenUp,
    ) -> Option<Whole> {
        self.expire(frame.time_ns, given_up);
        let Route { src, dst, protocol } = fragment.route;
        let key = Key {
            src,
            dst,
            protocol: src.is_ipv4().then_some(protocol),
            identification: fragment.identification,
        };
        let end = fragment.start.saturating_add(u32::try_from(fragment.data.data.len()).ok()?);
        let arrival = Arrival { start: fragment.start, end, again: false };
        if let Some(datagram) = self.datagrams.get_mut(&key)
            && let Some(completed_ns) = datagram.completed_ns
        {
            let late = frame.time_ns.saturating_sub(completed_ns) > DUPLICATES_NS;
            if !late && let Some(at) = datagram.arrivals.iter().position(|other| *other == arrival)
            {
                datagram.arrivals.remove(at);
                return None;
            }
            self.remove(&key);
        }
        let datagram = self.datagrams.entry(key).or_insert_with(|| {
            self.serial += 1;
            self.order.push_back((key, self.serial));
            self.cost += DATAGRAM_COST;
            Datagram::new(self.serial, frame)
        });
        let cost = datagram.cost;
        datagram.add(fragment, arrival);
        self.cost = self.cost - cost + datagram.cost;
        given_up.overlap |= std::mem::take(&mut datagram.overlapped);
        let whole = datagram.whole().map(|data| Whole {
            route: Route { src, dst, protocol: datagram.protocol.unwrap_or(protocol) },
            data,
        });
        if whole.is_some() {
            if datagram.arrivals.iter().any(|arrival| arrival.again) {
                // A capture that holds every packet twice: the others come again as well.
                datagram.arrivals.retain(|arrival| !arrival.again);
                datagram.pieces = Vec::new();
                datagram.completed_ns = Some(frame.time_ns);
                self.cost -= std::mem::replace(&mut datagram.cost, DATAGRAM_COST) - DATAGRAM_COST;
            } else {
                self.remove(&key);
            }
        }
        self.shrink(frame, given_up);
        whole
    }

    /// Gives up all that is left.
    pub(super) fn finish(&mut self, given_up: &mut GivenUp) {
        while self.give_up_oldest(given_up) {}
    }

    /// Gives up what is too old to be completed.
    fn expire(&mut self, now_ns: i64, given_up: &mut GivenUp) {
        while let Some((key, serial)) = self.order.front() {
            let current = self.datagrams.get(key).filter(|datagram| datagram.serial == *serial);
            let old = current
                .is_none_or(|datagram| now_ns.saturating_sub(datagram.first.time_ns) > MAX_AGE_NS);
            if !old {
                break;
            }
            self.give_up_oldest(given_up);
        }
        // Completed datagrams leave their places in the order behind.
        if self.order.len() > 2 * self.datagrams.len() + 64 {
            let datagrams = &self.datagrams;
            self.order.retain(|(key, serial)| {
                datagrams.get(key).is_some_and(|datagram| datagram.serial == *serial)
            });
        }
    }

    fn shrink(&mut self, frame: Frame, given_up: &mut GivenUp) {
        while self.datagrams.len() > self.max_datagrams || self.cost > self.max_bytes {
            let kind = if self.cost > self.max_bytes {
                ErrorKind::OverLimit {
                    what: "bytes of ip fragments waiting for others",
                    limit: self.max_bytes as u64,
                    found: self.cost as u64,
                }
            } else {
                ErrorKind::OverLimit {
                    what: "number of datagrams waiting for ip fragments",
                    limit: self.max_datagrams as u64,
                    found: self.datagrams.len() as u64,
                }
            };
            given_up.over_limit.get_or_insert((kind, frame));
            if !self.give_up_oldest(given_up) {
                break;
            }
        }
    }

    /// Gives up the oldest datagram; `false` if there is none.
    fn give_up_oldest(&mut self, given_up: &mut GivenUp) -> bool {
        let Some((key, serial)) = self.order.pop_front() else {
            return false;
        };
        if self.datagrams.get(&key).is_some_and(|datagram| datagram.serial == serial)
            && let Some(datagram) = self.remove(&key)
            && datagram.completed_ns.is_none()
        {
            given_up.incomplete.push(datagram.first);
        }
        true
    }

    fn remove(&mut self, key: &Key) -> Option<Datagram> {
        let datagram = self.datagrams.remove(key)?;
        self.cost -= datagram.cost;
        Some(datagram)
    }
}

impl Datagram {
    fn new(serial: u64, first: Frame) -> Self {
        Self {
            serial,
            first,
            pieces: Vec::new(),
            covered: 0,
            cost: DATAGRAM_COST,
            len: None,
            protocol: None,
            arrivals: Vec::new(),
            overlapped: false,
            completed_ns: None,
        }
    }

    fn add(&mut self, fragment: &Fragment<'_>, arrival: Arrival) {
        let bounds = (arrival.start, arrival.end);
        match self.arrivals.binary_search_by_key(&bounds, |seen| (seen.start, seen.end)) {
            Ok(at) => {
                if let Some(seen) = self.arrivals.get_mut(at) {
                    seen.again = true;
                }
                return;
            }
            Err(at) => self.arrivals.insert(at, arrival),
        }
        self.cost += size_of::<Arrival>();
        if fragment.start == 0 {
            self.protocol = Some(fragment.route.protocol);
        }
        if !fragment.more {
            match self.len {
                Some(len) if len != arrival.end => self.overlapped = true,
                _ => self.len = Some(arrival.end),
            }
        }
        // Goes through the pieces that are there and adds what lies between them.
        let mut start = arrival.start;
        let mut at = self.pieces.partition_point(|piece| piece.end() <= start);
        while start < arrival.end {
            let (gap_end, after) = match self.pieces.get(at) {
                Some(piece) => (piece.start.clamp(start, arrival.end), piece.end()),
                None => (arrival.end, arrival.end),
            };
            self.overlapped |= gap_end < arrival.end;
            let from = (start - arrival.start) as usize;
            let to = (gap_end - arrival.start) as usize;
            if let Some(data) = fragment.data.data.get(from..to).filter(|data| !data.is_empty()) {
                self.covered += gap_end - start;
                self.cost += data.len() + PIECE_COST;
                self.pieces.insert(at, Piece { start, data: data.into() });
                at += 1;
            }
            start = after;
            at += 1;
        }
    }

    /// The bytes, if all are there.
    fn whole(&self) -> Option<Vec<u8>> {
        let len = self.len?;
        if self.covered < len {
            return None;
        }
        let mut data = Vec::with_capacity(len as usize);
        for piece in &self.pieces {
            if piece.start as usize != data.len() {
                return None;
            }
            data.extend_from_slice(&piece.data);
        }
        data.truncate(len as usize);
        (data.len() == len as usize).then_some(data)
    }
}

impl Decoder {
    /// Adds a fragment, and warns about what had to be given up for it.
    pub(super) fn fragment(&mut self, frame: Frame, fragment: &Fragment<'_>) -> Option<Whole> {
        if fragment.data.missing > 0 {
            self.count(Undecoded::Named("cut by the capture"));
            return None;
        }
        let mut given_up = GivenUp::default();
        let whole = self.fragments.add(frame, fragment, &mut given_up);
        if given_up.overlap {
            let problem = "ip fragments overlap, the bytes that came first are kept";
            self.warn(frame, Layer::Ip, ErrorKind::Irregular { problem });
        }
        self.given_up(given_up);
        self.fragments_reassembled += u64::from(whole.is_some());
        whole
    }

    /// Warns about datagrams that never became whole; about a limit only once.
    pub(super) fn given_up(&mut self, given_up: GivenUp) {
        self.fragments_lost += given_up.incomplete.len() as u64;
        if let Some((kind, frame)) = given_up.over_limit {
            if !self.fragments_limited {
                self.fragments_limited = true;
                self.warn(frame, Layer::Ip, kind);
            }
        } else {
            for first in given_up.incomplete {
                let problem = "ip fragments are missing, the datagram that starts here is lost";
                self.warn(first, Layer::Ip, ErrorKind::Irregular { problem });
            }
        }
    }
}

#[cfg(test)]
mod tests;
