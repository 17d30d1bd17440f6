//! Deadlines of a machine, one per timer it knows.

use crate::time::Instant;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::time::Duration;

/// A machine's own enumeration of its timers.
pub trait Timer: Copy + 'static {
    /// All of them; [`Timer::index`] is the place in here.
    const ALL: &'static [Self];
    /// Below the `N` of its [`Timers`].
    fn index(self) -> usize;
    /// For diagrams and logs: `keep-alive`, `timer B`.
    fn name(self) -> &'static str;
}

/// Deadlines of up to `N` timers.
///
/// Equality and hash look at the time that is left, not at absolute times: two machines that
/// will behave alike from now on are equal, whenever they came to be. [`Timers::advance`] tells
/// what "now" is; call it first in every `handle_input`.
#[derive(Clone, Debug)]
pub struct Timers<T, const N: usize> {
    now: Instant,
    deadlines: [Option<Instant>; N],
    timer: PhantomData<T>,
}

impl<T: Timer, const N: usize> Default for Timers<T, N> {
    fn default() -> Self {
        Self { now: Instant::ORIGIN, deadlines: [None; N], timer: PhantomData }
    }
}

impl<T: Timer, const N: usize> Timers<T, N> {
    /// Takes note of the time. Time that goes back is held still.
    pub fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// The time last told.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// Lets `timer` fire in `after` from now, instead of any deadline it had.
    pub fn set(&mut self, timer: T, after: Duration) {
        set(&mut self.deadlines, timer.index(), self.now + after);
    }

    /// Lets `timer` not fire.
    pub fn clear(&mut self, timer: T) {
        if let Some(deadline) = self.deadlines.get_mut(timer.index()) {
            *deadline = None;
        }
    }

    /// Lets none fire.
    pub fn clear_all(&mut self) {
        self.deadlines = [None; N];
    }

    /// When `timer` fires, if it runs.
    #[must_use]
    pub fn deadline(&self, timer: T) -> Option<Instant> {
        self.deadlines.get(timer.index()).copied().flatten()
    }

    /// The timer that fires first.
    #[must_use]
    pub fn next(&self) -> Option<(Instant, T)> {
        let (deadline, index) = earliest(&self.deadlines)?;
        Some((deadline, *T::ALL.get(index)?))
    }

    /// Takes one timer that is due, the earliest first; call until `None`.
    pub fn expire(&mut self) -> Option<T> {
        let index = take_due(&mut self.deadlines, self.now)?;
        T::ALL.get(index).copied()
    }

    /// Timers that run, with the time each has left.
    pub fn running(&self) -> impl Iterator<Item = (T, Duration)> + '_ {
        T::ALL.iter().filter_map(|&timer| Some((timer, self.deadline(timer)? - self.now)))
    }

    fn left(&self) -> impl Iterator<Item = Option<Duration>> + '_ {
        self.deadlines.iter().map(|deadline| deadline.map(|at| at - self.now))
    }
}

fn set(deadlines: &mut [Option<Instant>], index: usize, at: Instant) {
    if let Some(deadline) = deadlines.get_mut(index) {
        *deadline = Some(at);
    }
}

/// The earliest deadline and its place. One copy of this serves every [`Timers`].
fn earliest(deadlines: &[Option<Instant>]) -> Option<(Instant, usize)> {
    let running = deadlines.iter().enumerate();
    running.filter_map(|(index, at)| Some(((*at)?, index))).min_by_key(|(at, _)| *at)
}

/// Takes the earliest deadline, if it is due.
fn take_due(deadlines: &mut [Option<Instant>], now: Instant) -> Option<usize> {
    let (_, index) = earliest(deadlines).filter(|(at, _)| *at <= now)?;
    *deadlines.get_mut(index)? = None;
    Some(index)
}

impl<T: Timer, const N: usize> PartialEq for Timers<T, N> {
    fn eq(&self, other: &Self) -> bool {
        self.left().eq(other.left())
    }
}

impl<T: Timer, const N: usize> Eq for Timers<T, N> {}

impl<T: Timer, const N: usize> Hash for Timers<T, N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.left().for_each(|left| left.hash(state));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Egg {
        Soft,
        Hard,
    }

    impl Timer for Egg {
        const ALL: &'static [Self] = &[Self::Soft, Self::Hard];

        fn index(self) -> usize {
            self as usize
        }

        fn name(self) -> &'static str {
            match self {
                Self::Soft => "soft",
                Self::Hard => "hard",
            }
        }
    }

    fn table() -> Timers<Egg, 2> {
        Timers::default()
    }

    #[test]
    fn timers_fire_once_and_in_order() {
        let mut timers = table();
        timers.set(Egg::Hard, Duration::from_secs(8));
        timers.set(Egg::Soft, Duration::from_secs(4));
        assert_eq!(timers.next(), Some((Instant::from_micros(4_000_000), Egg::Soft)));
        assert_eq!(timers.expire(), None);
        timers.advance(Instant::from_micros(9_000_000));
        assert_eq!(timers.expire(), Some(Egg::Soft));
        assert_eq!(timers.expire(), Some(Egg::Hard));
        assert_eq!(timers.expire(), None);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn equality_is_about_the_time_left() {
        let (mut early, mut late) = (table(), table());
        early.set(Egg::Soft, Duration::from_secs(4));
        late.advance(Instant::from_micros(77));
        late.set(Egg::Soft, Duration::from_secs(4));
        assert_eq!(early, late);
        late.advance(Instant::from_micros(78));
        assert_ne!(early, late);
    }

    #[test]
    fn time_does_not_go_back() {
        let mut timers = table();
        timers.advance(Instant::from_micros(5));
        timers.advance(Instant::from_micros(3));
        assert_eq!(timers.now(), Instant::from_micros(5));
    }
}
