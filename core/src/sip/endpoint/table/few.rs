//! Entries of an endpoint that serves one phone: all of them are looked at, which takes less code
//! than to find one among many.

use super::{Due, earlier};
use crate::Instant;
use crate::machine::TimeoutReason;
use alloc::vec::Vec;

/// Entries by key, in the order in which they came, which is that of their keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Table<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Ord + Copy, V: Due> Table<K, V> {
    pub(in super::super) fn entry(&self, key: K) -> Option<&V> {
        self.entries.iter().find(|(other, _)| *other == key).map(|(_, value)| value)
    }

    pub(in super::super) fn entry_mut(&mut self, key: K) -> Option<&mut V> {
        self.entries.iter_mut().find(|(other, _)| *other == key).map(|(_, value)| value)
    }

    pub(in super::super) fn insert(&mut self, key: K, value: V) {
        self.remove(key);
        self.entries.push((key, value));
    }

    pub(in super::super) fn remove(&mut self, key: K) -> Option<V> {
        let place = self.entries.iter().position(|(other, _)| *other == key)?;
        Some(self.entries.remove(place).1)
    }

    pub(in super::super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(in super::super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    /// All of them, to change anything.
    pub(in super::super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (*key, value))
    }

    /// The first key whose entry fits.
    pub(in super::super) fn find(&self, mut fits: impl FnMut(&V) -> bool) -> Option<K> {
        self.iter().find(|(_, value)| fits(value)).map(|(key, _)| key)
    }

    /// The earliest deadline.
    pub(in super::super) fn next_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        let deadlines = self.entries.iter().map(|(_, value)| value.next_timeout());
        deadlines.fold(None, earlier)
    }

    /// What is due by `now`, the earliest first.
    pub(in super::super) fn due(&mut self, now: Instant) -> Vec<K> {
        let mut due: Vec<(Instant, K)> = Vec::new();
        for (key, value) in &self.entries {
            if let Some((at, _)) = value.next_timeout()
                && at <= now
            {
                let place = due.partition_point(|earlier| *earlier < (at, *key));
                due.insert(place, (at, *key));
            }
        }
        due.into_iter().map(|(_, key)| key).collect()
    }
}
