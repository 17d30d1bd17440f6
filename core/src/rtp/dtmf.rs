//! Digits sent as named events in RTP (RFC 4733).
//!
//! An event is a train of packets with one timestamp and a growing duration; its last packet comes
//! three times. Any of them may be lost.

use alloc::string::String;

use super::{Header, RtpTime};
use crate::{ErrorKind, Layer, ParseError};

/// One event block of an RFC 4733 payload (section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Event code: 0 to 15 are the DTMF digits, 16 is a hook flash.
    pub code: u8,
    /// The event is over.
    pub end: bool,
    /// Power below 1 mW in dB, 0 to 63.
    pub volume: u8,
    /// Duration so far in ticks of the RTP clock.
    pub duration: u16,
}

impl TelephoneEvent {
    /// Bytes of one block.
    pub const LEN: usize = 4;

    /// The blocks of a payload: usually one, several where short events follow one another.
    ///
    /// # Errors
    /// `Truncated` where the payload holds no whole block. Bytes after the last are ignored.
    pub fn parse_all(payload: &[u8]) -> Result<impl Iterator<Item = Self>, ParseError> {
        let (blocks, _) = payload.as_chunks::<{ Self::LEN }>();
        if blocks.is_empty() {
            let kind = ErrorKind::Truncated {
                what: "telephone event",
                needed: Self::LEN as u64,
                found: payload.len() as u64,
            };
            return Err(ParseError::new(Layer::Rtp, 0, kind));
        }
        Ok(blocks.iter().map(|&[code, flags, d0, d1]| Self {
            code,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([d0, d1]),
        }))
    }

    /// The block's four bytes.
    #[must_use]
    pub const fn write(&self) -> [u8; Self::LEN] {
        let [d0, d1] = self.duration.to_be_bytes();
        let end = if self.end { 0x80 } else { 0 };
        [self.code, end | self.volume & 0x3F, d0, d1]
    }

    /// The digit: 0–9, `*`, `#`, A–D; `None` for other events.
    #[must_use]
    pub fn digit(&self) -> Option<char> {
        digit(self.code)
    }
}

/// The code of a digit, letters in either case.
#[must_use]
pub fn code_of(digit: char) -> Option<u8> {
    let digit = digit.to_ascii_uppercase();
    let place = DIGITS.iter().position(|&known| char::from(known) == digit)?;
    u8::try_from(place).ok()
}

const DIGITS: &[u8; 16] = b"0123456789*#ABCD";

fn digit(code: u8) -> Option<char> {
    DIGITS.get(usize::from(code)).copied().map(char::from)
}

/// An event put together from its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Event code.
    pub code: u8,
    /// When it began, in the stream's clock.
    pub start: RtpTime,
    /// Longest duration seen, in ticks.
    pub duration: u32,
    /// Whether a packet with the end bit arrived.
    pub ended: bool,
}

impl Event {
    /// The digit, if it is one.
    #[must_use]
    pub fn digit(&self) -> Option<char> {
        digit(self.code)
    }
}

/// What a packet changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A key went down.
    Started(Event),
    /// An event is complete: its end came, or another event began although its end was lost.
    Finished(Event),
}

/// Collects the events of one stream.
///
/// ```
/// use recscope_core::rtp::dtmf::{Collector, TelephoneEvent};
/// use recscope_core::rtp::Header;
///
/// let mut collector = Collector::default();
/// for duration in [160, 320, 480] {
///     let block = TelephoneEvent { code: 5, end: duration == 480, volume: 10, duration };
///     collector.on_packet(&Header::default(), &block.write(), |_| {})?;
/// }
/// assert_eq!(collector.digits(), "5");
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collector {
    train: Option<Train>,
    digits: String,
    left_out: u64,
}

/// The packets of the event that began last.
#[derive(Clone, Copy, Debug)]
struct Train {
    event: Event,
    /// Of the packet that was furthest on.
    timestamp: RtpTime,
    duration: u16,
    /// Ticks of the parts before this one, where a long event is sent in parts.
    before: u32,
}

impl Collector {
    /// Digits kept word for word; more are counted.
    pub const MAX_DIGITS: usize = 1024;

    /// Takes in a packet of the events' payload type and tells `changes` what it means. Repeated
    /// and late packets change nothing.
    ///
    /// # Errors
    /// As [`TelephoneEvent::parse_all`]; the packet is then passed over.
    pub fn on_packet(
        &mut self,
        header: &Header,
        payload: &[u8],
        mut changes: impl FnMut(Change),
    ) -> Result<(), ParseError> {
        let mut start = header.timestamp;
        let mut marker = header.marker;
        for block in TelephoneEvent::parse_all(payload)? {
            self.on_block(start, marker, block, &mut changes);
            // A further block is the next event, beginning where this one ends (2.5.1.5).
            start = start.after(u32::from(block.duration));
            marker = true;
        }
        Ok(())
    }

    /// The digits so far, in the order in which they began.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.digits
    }

    /// Digits past [`Collector::MAX_DIGITS`].
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The event whose end has not been seen, when no more packets come.
    #[must_use]
    pub fn unfinished(&self) -> Option<Event> {
        self.train.map(|train| train.event).filter(|event| !event.ended)
    }

    fn on_block(
        &mut self,
        timestamp: RtpTime,
        marker: bool,
        block: TelephoneEvent,
        changes: &mut impl FnMut(Change),
    ) {
        if let Some(train) = &mut self.train {
            match train.place(timestamp, marker, block) {
                Place::Earlier => return,
                Place::Same => {
                    if train.extend(timestamp, block) {
                        changes(Change::Finished(train.event));
                    }
                    return;
                }
                Place::New if !train.event.ended => changes(Change::Finished(train.event)),
                Place::New => {}
            }
        }
        let TelephoneEvent { code, duration, .. } = block;
        let event =
            Event { code, start: timestamp, duration: u32::from(duration), ended: block.end };
        self.train = Some(Train { event, timestamp, duration, before: 0 });
        if let Some(digit) = event.digit() {
            if self.digits.len() < Self::MAX_DIGITS {
                self.digits.push(digit);
            } else {
                self.left_out += 1;
            }
        }
        changes(Change::Started(event));
        if event.ended {
            changes(Change::Finished(event));
        }
    }
}

enum Place {
    /// A late packet of this event or of one before.
    Earlier,
    Same,
    New,
}

impl Train {
    /// A packet this many ticks back is late; further back, the timestamps began anew.
    const LATE: i32 = 1 << 17;

    /// By RFC 4733 an event's timestamp stands still, or in a long event moves on by the whole part
    /// of 2¹⁶ − 1 ticks (2.5.1.3). Some senders move it with every packet. Either way it stays
    /// within the duration so far, while a new press begins after it, or with a marker.
    fn place(&self, timestamp: RtpTime, marker: bool, block: TelephoneEvent) -> Place {
        let ahead = timestamp.distance_from(self.timestamp);
        let reach = i32::from(self.duration) - i32::from(self.event.ended);
        match ahead {
            0 if block.code == self.event.code => Place::Same,
            ..0 if ahead > -Self::LATE => Place::Earlier,
            1.. if ahead <= reach && !marker && block.code == self.event.code => Place::Same,
            _ => Place::New,
        }
    }

    /// Takes in a packet of the event; tells whether it brought the end.
    fn extend(&mut self, timestamp: RtpTime, block: TelephoneEvent) -> bool {
        let is_next_part = timestamp != self.timestamp && block.duration < self.duration;
        if is_next_part {
            self.before = timestamp.0.wrapping_sub(self.event.start.0);
            self.duration = block.duration;
        }
        self.timestamp = timestamp;
        self.duration = self.duration.max(block.duration);
        let total = self.before.saturating_add(u32::from(self.duration));
        self.event.duration = self.event.duration.max(total);
        let brings_end = block.end && !self.event.ended;
        self.event.ended |= block.end;
        brings_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// Timestamp, marker, code, end, duration.
    type Sent = (u32, bool, u8, bool, u16);

    fn collect(packets: &[Sent]) -> (Collector, Vec<Change>) {
        let mut collector = Collector::default();
        let mut changes = Vec::new();
        for &(timestamp, marker, code, end, duration) in packets {
            let header = Header { timestamp: RtpTime(timestamp), marker, ..Header::default() };
            let block = TelephoneEvent { code, end, volume: 10, duration };
            collector.on_packet(&header, &block.write(), |change| changes.push(change)).unwrap();
        }
        (collector, changes)
    }

    fn finished(changes: &[Change]) -> Vec<(u8, u32, bool)> {
        let ends = changes.iter().filter_map(|change| match change {
            Change::Finished(event) => Some((event.code, event.duration, event.ended)),
            Change::Started(_) => None,
        });
        ends.collect()
    }

    const PRESS: [Sent; 5] = [
        (100, true, 1, false, 160),
        (100, false, 1, false, 320),
        (100, false, 1, true, 480),
        (100, false, 1, true, 480),
        (100, false, 1, true, 480),
    ];

    #[test]
    fn an_end_sent_thrice_is_one_digit() {
        let (collector, changes) = collect(&PRESS);
        assert_eq!(collector.digits(), "1");
        assert_eq!(finished(&changes), [(1, 480, true)]);
        assert_eq!(changes.len(), 2);
        assert_eq!(collector.unfinished(), None);
    }

    #[test]
    fn the_same_digit_twice_is_two() {
        let again = PRESS.map(|(timestamp, marker, code, end, duration)| {
            (timestamp + 800, marker, code, end, duration)
        });
        assert_eq!(collect(&[PRESS, again].concat()).0.digits(), "11");
        // Even where the packet with the marker was lost.
        assert_eq!(collect(&[&PRESS[..], &again[1..]].concat()).0.digits(), "11");
        // Or the three ends.
        let (collector, changes) = collect(&[&PRESS[..2], &again[..]].concat());
        assert_eq!(collector.digits(), "11");
        assert_eq!(finished(&changes), [(1, 320, false), (1, 480, true)]);
    }

    #[test]
    fn an_event_of_which_only_the_end_arrived_counts() {
        let (collector, changes) = collect(&PRESS[4..]);
        assert_eq!(collector.digits(), "1");
        assert_eq!(finished(&changes), [(1, 480, true)]);
    }

    #[test]
    fn an_event_without_any_end_stays_unfinished() {
        let (collector, changes) = collect(&PRESS[..2]);
        assert_eq!(collector.unfinished().map(|event| event.duration), Some(320));
        assert!(finished(&changes).is_empty());
    }

    #[test]
    fn late_packets_of_an_earlier_event_change_nothing() {
        let late =
            [(900, true, 2, false, 160), (100, false, 1, true, 480), (900, false, 2, true, 320)];
        let (collector, changes) = collect(&[&PRESS[..], &late[..]].concat());
        assert_eq!(collector.digits(), "12");
        assert_eq!(finished(&changes), [(1, 480, true), (2, 320, true)]);
    }

    #[test]
    fn a_long_event_in_parts_is_one() {
        let (collector, changes) = collect(&[
            (0, true, 11, false, 65_000),
            (0, false, 11, false, 65_535),
            (65_535, false, 11, false, 160),
            (65_535, false, 11, true, 1600),
            (0, false, 11, false, 65_535),
        ]);
        assert_eq!(collector.digits(), "#");
        assert_eq!(finished(&changes), [(11, 67_135, true)]);
    }

    #[test]
    fn a_sender_that_moves_the_timestamp_sends_one_digit_all_the_same() {
        let (collector, changes) = collect(&[
            (0, true, 9, false, 160),
            (160, false, 9, false, 320),
            (320, false, 9, true, 480),
            (480, false, 9, true, 480),
        ]);
        assert_eq!(collector.digits(), "9");
        assert_eq!(finished(&changes), [(9, 480, true)]);
    }

    #[test]
    fn several_events_in_one_packet_follow_one_another() {
        let blocks = [(1, true, 400), (2, true, 400), (2, true, 400)]
            .map(|(code, end, duration)| TelephoneEvent { code, end, volume: 0, duration }.write());
        let mut collector = Collector::default();
        collector.on_packet(&Header::default(), blocks.as_flattened(), |_| {}).unwrap();
        assert_eq!(collector.digits(), "122");
    }

    #[test]
    fn a_hook_flash_is_an_event_but_no_digit() {
        let (collector, changes) = collect(&[(0, true, 16, true, 800)]);
        assert_eq!(collector.digits(), "");
        assert_eq!(finished(&changes), [(16, 800, true)]);
    }

    #[test]
    fn a_short_payload_is_refused_and_passed_over() {
        let mut collector = Collector::default();
        let error = collector.on_packet(&Header::default(), &[1, 2, 3], |_| {}).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Truncated { needed: 4, found: 3, .. }));
        assert_eq!(collector.digits(), "");
    }

    #[test]
    fn codes_and_digits_are_inverse() {
        for (code, &known) in (0..).zip(DIGITS) {
            assert_eq!(digit(code), Some(char::from(known)));
            assert_eq!(code_of(char::from(known)), Some(code));
        }
        assert_eq!((code_of('d'), code_of('E'), digit(16)), (Some(15), None, None));
    }

    proptest! {
        #[test]
        fn digits_never_outgrow_their_limit(
            packets in prop::collection::vec(
                (any::<u32>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..20)),
                0..600,
            ),
        ) {
            let mut collector = Collector::default();
            for (timestamp, marker, payload) in &packets {
                let header =
                    Header { timestamp: RtpTime(*timestamp), marker: *marker, ..Header::default() };
                // Too short a payload is refused.
                let _ = collector.on_packet(&header, payload, |_| {});
            }
            prop_assert!(collector.digits().len() <= Collector::MAX_DIGITS);
        }

        #[test]
        fn a_block_reads_back(code: u8, end: bool, volume in 0u8..64, duration: u16) {
            let block = TelephoneEvent { code, end, volume, duration };
            let read: Vec<_> = TelephoneEvent::parse_all(&block.write()).unwrap().collect();
            prop_assert_eq!(read, [block]);
        }
    }
}
