//! Parts of a machine that do not steer it.

use core::hash::{Hash, Hasher};
use core::ops::{Deref, DerefMut};

/// What a machine keeps for others to read, or as an index into the rest of its state:
/// statistics, codec state, lookup tables. It decides nothing about what the machine does next,
/// so two machines that differ only here are equal.
#[derive(Clone, Debug, Default)]
pub struct Uncompared<T>(pub T);

impl<T> PartialEq for Uncompared<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Uncompared<T> {}

impl<T> Hash for Uncompared<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<T> Deref for Uncompared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Uncompared<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
