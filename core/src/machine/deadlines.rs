//! Deadlines of a machine that serves many at once, one for each key.

use crate::time::Instant;
use alloc::collections::{BTreeMap, BTreeSet};
use core::hash::{Hash, Hasher};
use core::time::Duration;

/// A deadline for each of any number of keys: a connection, a port, a pair of one and a purpose.
///
/// To postpone a deadline costs one look-up: the schedule is brought up to date only when the
/// old time comes, so that a deadline may be moved with every packet. [`Self::next`] can
/// therefore be earlier than anything expires; it never is later.
///
/// Equality and hash look at the time that is left, like those of [`super::Timers`].
#[derive(Clone, Debug)]
pub struct Deadlines<K> {
    now: Instant,
    due: BTreeMap<K, Slot>,
    schedule: BTreeSet<(Instant, K)>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    due: Instant,
    /// Where in the schedule it stands; not later than `due`.
    scheduled: Instant,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self { now: Instant::ORIGIN, due: BTreeMap::new(), schedule: BTreeSet::new() }
    }
}

impl<K: Ord + Copy> Deadlines<K> {
    /// Takes note of the time. Time that goes back is held still.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// The time last told.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Lets `key` be due in `after` from now, instead of any deadline it had.
    pub fn set(&mut self, key: K, after: Duration) {
        let due = self.now + after;
        match self.due.get_mut(&key) {
            Some(slot) if slot.scheduled <= due => slot.due = due,
            _ => {
                self.clear(key);
                self.due.insert(key, Slot { due, scheduled: due });
                self.schedule.insert((due, key));
            }
        }
    }

    /// Lets `key` not be due.
    pub fn clear(&mut self, key: K) {
        if let Some(slot) = self.due.remove(&key) {
            self.schedule.remove(&(slot.scheduled, key));
        }
    }

    /// When `key` is due, if it is to be.
    #[must_use]
    pub fn deadline(&self, key: K) -> Option<Instant> {
        self.due.get(&key).map(|slot| slot.due)
    }

    /// When to look next, and because of which key.
    #[must_use]
    pub fn next(&self) -> Option<(Instant, K)> {
        self.schedule.first().copied()
    }

    /// Takes one key that is due, the earliest first; call until `None`.
    pub fn expire(&mut self) -> Option<K> {
        loop {
            let (scheduled, key) = self.next().filter(|&(at, _)| at <= self.now)?;
            self.schedule.remove(&(scheduled, key));
            match self.due.get_mut(&key) {
                Some(slot) if slot.due > self.now => {
                    slot.scheduled = slot.due;
                    self.schedule.insert((slot.due, key));
                }
                _ => {
                    self.due.remove(&key);
                    return Some(key);
                }
            }
        }
    }

    /// Keys that will be due, with the time each has left.
    pub fn running(&self) -> impl Iterator<Item = (K, Duration)> + '_ {
        self.due.iter().map(|(&key, slot)| (key, slot.due - self.now))
    }
}

impl<K: Ord + Copy> PartialEq for Deadlines<K> {
    fn eq(&self, other: &Self) -> bool {
        self.running().eq(other.running())
    }
}

impl<K: Ord + Copy> Eq for Deadlines<K> {}

impl<K: Ord + Copy + Hash> Hash for Deadlines<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.due.len().hash(state);
        self.running().for_each(|running| running.hash(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Instant {
        Instant::ORIGIN + SECOND * u32::try_from(seconds).unwrap()
    }

    #[test]
    fn a_postponed_deadline_costs_one_early_look() {
        let mut deadlines = Deadlines::default();
        deadlines.set('a', SECOND * 60);
        deadlines.advance(at(59));
        deadlines.set('a', SECOND * 60);
        assert_eq!(deadlines.next(), Some((at(60), 'a')));
        deadlines.advance(at(60));
        assert_eq!(deadlines.expire(), None);
        assert_eq!(deadlines.next(), Some((at(119), 'a')));
        deadlines.advance(at(119));
        assert_eq!(deadlines.expire(), Some('a'));
        assert_eq!((deadlines.expire(), deadlines.next()), (None, None));
    }

    #[test]
    fn equality_is_about_the_time_left() {
        let (mut one, mut other) = (Deadlines::default(), Deadlines::default());
        one.set(1, SECOND * 10);
        one.advance(at(4));
        other.set(1, SECOND * 6);
        assert_eq!(one, other);
        one.set(1, SECOND * 7);
        assert_ne!(one, other);
    }

    proptest! {
        /// Against a list that is searched from end to end.
        #[test]
        fn expires_as_a_plain_list_does(
            steps in prop::collection::vec((0_u8..4, 0_u8..5, 0_u64..20), 0..100),
        ) {
            let mut deadlines = Deadlines::default();
            let mut list = BTreeMap::new();
            let mut now = 0;
            for (action, key, seconds) in steps {
                match action {
                    0 | 1 => {
                        deadlines.set(key, SECOND * u32::try_from(seconds).unwrap());
                        list.insert(key, now + seconds);
                    }
                    2 => {
                        deadlines.clear(key);
                        list.remove(&key);
                    }
                    _ => {
                        now += seconds;
                        deadlines.advance(at(now));
                        let mut expired: std::vec::Vec<u8> =
                            core::iter::from_fn(|| deadlines.expire()).collect();
                        expired.sort_unstable();
                        let due: std::vec::Vec<u8> =
                            list.iter().filter(|&(_, &due)| due <= now).map(|(&k, _)| k).collect();
                        list.retain(|_, due| *due > now);
                        prop_assert_eq!(expired, due);
                        prop_assert!(deadlines.next().is_none_or(|(next, _)| next > at(now)));
                    }
                }
                let earliest = list.values().min().copied().map(at);
                prop_assert_eq!(deadlines.next().is_some(), earliest.is_some());
                prop_assert!(deadlines.next().map(|(next, _)| next) <= earliest);
            }
        }
    }
}
