//! Entries of an endpoint that serves many.

use super::Due;
use crate::Instant;
use crate::machine::TimeoutReason;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

/// Entries by key, with a schedule: what is due is found without looking at all of them, since
/// an endpoint that serves a thousand phones is asked for its next deadline with each packet.
#[derive(Clone, Debug)]
pub(in super::super) struct Table<K, V> {
    entries: BTreeMap<K, Slot<V>>,
    schedule: BTreeSet<(Instant, K)>,
    /// The entry that was lent out last: the schedule may be wrong about it.
    touched: Option<K>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    value: V,
    scheduled: Option<Instant>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), schedule: BTreeSet::new(), touched: None }
    }
}

/// Equal if they hold the same; the schedule follows from that.
impl<K: Ord, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        let pairs = |table: &Self| table.entries.len();
        pairs(self) == pairs(other)
            && self.entries.iter().zip(&other.entries).all(|((key, slot), (other_key, other))| {
                key == other_key && slot.value == other.value
            })
    }
}

impl<K: Ord, V: Eq> Eq for Table<K, V> {}

impl<K: Hash, V: Hash> Hash for Table<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.entries.len().hash(state);
        self.entries.iter().for_each(|(key, slot)| (key, &slot.value).hash(state));
    }
}

impl<K: Ord + Copy, V: Due> Table<K, V> {
    pub(in super::super) fn entry(&self, key: K) -> Option<&V> {
        self.entries.get(&key).map(|slot| &slot.value)
    }

    pub(in super::super) fn entry_mut(&mut self, key: K) -> Option<&mut V> {
        if self.touched != Some(key) {
            self.settle();
        }
        let slot = self.entries.get_mut(&key)?;
        self.touched = Some(key);
        Some(&mut slot.value)
    }

    pub(in super::super) fn insert(&mut self, key: K, value: V) {
        self.remove(key);
        self.settle();
        self.entries.insert(key, Slot { value, scheduled: None });
        self.touched = Some(key);
    }

    pub(in super::super) fn remove(&mut self, key: K) -> Option<V> {
        let Slot { value, scheduled } = self.entries.remove(&key)?;
        if let Some(at) = scheduled {
            self.schedule.remove(&(at, key));
        }
        if self.touched == Some(key) {
            self.touched = None;
        }
        Some(value)
    }

    pub(in super::super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(in super::super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().map(|(key, slot)| (*key, &slot.value))
    }

    /// All of them, to change anything but their deadlines.
    pub(in super::super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.entries.iter_mut().map(|(key, slot)| (*key, &mut slot.value))
    }

    /// The first key whose entry fits.
    pub(in super::super) fn find(&self, mut fits: impl FnMut(&V) -> bool) -> Option<K> {
        self.iter().find(|(_, value)| fits(value)).map(|(key, _)| key)
    }

    /// The earliest deadline.
    pub(in super::super) fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let deadline = |key: K| self.entries.get(&key)?.value.next_timeout();
        let mut untouched = self.schedule.iter().filter(|(_, key)| Some(*key) != self.touched);
        let scheduled = untouched.next().and_then(|(_, key)| deadline(*key));
        let touched = self.touched.and_then(deadline);
        scheduled.into_iter().chain(touched).min_by_key(|(at, _)| *at)
    }

    /// What is due by `now`, the earliest first.
    pub(in super::super) fn due(&mut self, now: Instant) -> Vec<K> {
        self.settle();
        self.schedule.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| *key).collect()
    }

    /// Corrects the schedule about the entry that was lent out last.
    fn settle(&mut self) {
        let Some(key) = self.touched.take() else { return };
        let Some(slot) = self.entries.get_mut(&key) else { return };
        let due = slot.value.next_timeout().map(|(at, _)| at);
        let before = core::mem::replace(&mut slot.scheduled, due);
        if before != due {
            before.map(|at| self.schedule.remove(&(at, key)));
            due.map(|at| self.schedule.insert((at, key)));
        }
    }
}
