//! The UDP ports that recordings get.

use alloc::collections::VecDeque;
use core::ops::RangeInclusive;

/// Free ports, the longest unused first: so that a straggler for a recording that has just ended
/// does not fall into the next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ports {
    free: VecDeque<u16>,
}

impl Ports {
    /// The even ports of a range.
    pub(super) fn new(range: RangeInclusive<u16>) -> Self {
        Self { free: range.filter(|port| port % 2 == 0 && *port != 0).collect() }
    }

    pub(super) fn take(&mut self) -> Option<u16> {
        self.free.pop_front()
    }

    pub(super) fn release(&mut self, port: u16) {
        self.free.push_back(port);
    }

    /// Takes a free port out of use for good; `false` where it is none of them.
    pub(super) fn withdraw(&mut self, port: u16) -> bool {
        let place = self.free.iter().position(|&free| free == port);
        place.is_some_and(|place| self.free.remove(place).is_some())
    }

    pub(super) fn free(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_rests_as_long_as_others_are_free() {
        let mut ports = Ports::new(29_999..=30_004);
        assert_eq!((ports.take(), ports.take()), (Some(30_000), Some(30_002)));
        ports.release(30_000);
        assert_eq!((ports.take(), ports.take()), (Some(30_004), Some(30_000)));
        assert_eq!((ports.take(), ports.free()), (None, 0));
        ports.release(30_002);
        assert!(ports.withdraw(30_002) && !ports.withdraw(30_002));
        assert_eq!(ports.take(), None);
    }
}
