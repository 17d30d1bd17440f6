//! What is still to happen, the earliest first.

use recscope_core::time::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

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
/// Small entries: whatever an event carries lies in tables that are used again, so putting one in
/// allocates nothing after a warm-up. Sound comes every 20 ms, and what is sent arrives after the
/// same time on most links: such events mostly are the last of their kind when they are put in,
/// and wait in a lane. Only what has to stand before others goes into the heap, so that an event
/// costs the same for ten phones as for a thousand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    lanes: [VecDeque<Entry>; 2],
    heap: BinaryHeap<Reverse<Entry>>,
    count: u64,
}

/// When, the how manieth, and what.
type Entry = (Instant, u64, Event);

/// Where an event stands that is the next one.
enum Place {
    Lane(usize),
    Heap,
}

impl Queue {
    /// Lets `event` happen at `at`.
    pub(crate) fn push(&mut self, at: Instant, event: Event) {
        self.count += 1;
        let entry = (at, self.count, event);
        let lane = match event {
            Event::Audio(_) => self.lanes.first_mut(),
            Event::Arrival(_) => self.lanes.last_mut(),
            Event::Wake(_) | Event::TcpTimer(_) | Event::Storage(_) => None,
        };
        match lane.filter(|lane| lane.back().is_none_or(|(last, ..)| *last <= at)) {
            Some(lane) => lane.push_back(entry),
            None => self.heap.push(Reverse(entry)),
        }
    }

    /// When the next one happens.
    pub(crate) fn next_time(&self) -> Option<Instant> {
        self.next().map(|((at, ..), _)| at)
    }

    /// Takes the next one.
    pub(crate) fn pop(&mut self) -> Option<(Instant, Event)> {
        let ((at, _, event), place) = self.next()?;
        match place {
            Place::Lane(lane) => drop(self.lanes.get_mut(lane).map(VecDeque::pop_front)),
            Place::Heap => drop(self.heap.pop()),
        }
        Some((at, event))
    }

    fn next(&self) -> Option<(Entry, Place)> {
        let lanes = self.lanes.iter().enumerate();
        let lanes = lanes.filter_map(|(n, lane)| Some((*lane.front()?, Place::Lane(n))));
        let heap = self.heap.peek().map(|Reverse(entry)| (*entry, Place::Heap));
        lanes.chain(heap).min_by_key(|(entry, _)| *entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Whatever goes into a lane or into the heap.
        #[test]
        fn events_come_as_from_a_sorted_list(
            pushes in proptest::collection::vec((0_u64..40, 0_u32..3, 0_usize..3), 0..200),
        ) {
            let (mut queue, mut list) = (Queue::default(), Vec::new());
            for (number, (at, kind, pops)) in (0..).zip(pushes) {
                let event = match kind {
                    0 => Event::Audio(number),
                    1 => Event::Arrival(number),
                    _ => Event::Wake(number),
                };
                let at = Instant::from_micros(at);
                queue.push(at, event);
                list.push((at, event));
                for _ in 0..pops.min(list.len()) {
                    // The first of the earliest.
                    let first = (0..list.len()).min_by_key(|&place| list[place].0).unwrap();
                    proptest::prop_assert_eq!(queue.next_time(), Some(list[first].0));
                    proptest::prop_assert_eq!(queue.pop(), Some(list.remove(first)));
                }
            }
            list.sort_by_key(|(at, _)| *at);
            let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
            proptest::prop_assert_eq!(rest, list);
        }
    }

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
