//! What is still to happen, the earliest first.

use recscope_core::time::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that will happen; numbers are places in the world's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A packet reaches the host it is for.
    Arrival(u32),
    /// A machine's deadline may have come.
    Wake(u32),
    /// A phone's next 20 ms of sound are there.
    Audio(u32),
    /// A connection may have to send again.
    TcpTimer(u32),
    /// A drive has an answer.
    Storage(u32),
}

/// Events by time; those of one time in the order in which they were put in.
///
/// A heap of small entries: whatever an event carries lies in tables that are used again, so
/// putting one in allocates nothing after a warm-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    count: u64,
}

impl Queue {
    /// Lets `event` happen at `at`.
    pub(crate) fn push(&mut self, at: Instant, event: Event) {
        self.count += 1;
        self.heap.push(Reverse((at, self.count, event)));
    }

    /// When the next one happens.
    pub(crate) fn next_time(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes the next one.
    pub(crate) fn pop(&mut self) -> Option<(Instant, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_of_their_making() {
        let mut queue = Queue::default();
        let at = Instant::from_micros;
        queue.push(at(5), Event::Wake(1));
        queue.push(at(3), Event::Wake(2));
        queue.push(at(5), Event::Arrival(3));
        queue.push(at(5), Event::Wake(0));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
        assert_eq!(order, [Event::Wake(2), Event::Wake(1), Event::Arrival(3), Event::Wake(0)]);
    }
}
