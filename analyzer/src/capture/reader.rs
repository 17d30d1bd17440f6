//! The push parser over both formats: chunks in, packets and notes out.

use super::carry::Carry;
use super::classic::{Classic, expected_magic};
use super::pcapng::{self, Section};
use super::{Comment, Dropped, Interface, Kind, LinkType, Name, RawPacket, Secrets, Step};
use recscope_core::{ErrorKind, Layer, Limits, ParseError, Warning};
use std::collections::VecDeque;
use std::ops::Range;

/// Reads a pcap or pcapng that is pushed in chunks of any size.
///
/// Packets are borrowed from the chunk; only a record that is split over two chunks is copied.
/// Chunk boundaries never change what is read. A damaged length does not end the reading: the
/// reader warns, looks for the next place where records seem to go on, and says how much was
/// skipped.
///
/// ```
/// use recscope_analyzer::capture::{LinkType, Reader, Step, writer};
/// use recscope_core::Limits;
///
/// let mut file = writer::file_header(LinkType::ETHERNET).to_vec();
/// file.extend(writer::record_header(1_000_000_500, 3).unwrap());
/// file.extend([1, 2, 3]);
///
/// let mut reader = Reader::new(&Limits::default());
/// let mut packets = 0;
/// for mut chunk in file.chunks(7) {
///     loop {
///         let (consumed, step) = reader.push(chunk);
///         match step {
///             Step::NeedMore | Step::End => break,
///             Step::Packet(packet) => packets += u32::from(packet.data == [1, 2, 3]),
///             _ => {} // notes: names, comments, warnings, …
///         }
///         chunk = &chunk[consumed..];
///     }
/// }
/// assert_eq!(packets, 1);
/// assert_eq!(reader.finish().cut, None);
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    limits: Limits,
    state: State,
    carry: Carry,
    /// File offset of the next byte that has not been parsed.
    offset: u64,
    /// Bytes still to be passed over before the next item.
    skip: u64,
    /// Bytes that the item which the carry begins needs in all.
    wanted: usize,
    /// Where a search for the next record began.
    lost_at: Option<u64>,
    notes: VecDeque<Note>,
    numbers: Numbers,
    skipped: u64,
    stopped: Option<ParseError>,
}

/// What runs on from packet to packet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    /// Packets given out.
    packets: u64,
    /// The number of the last frame, which Wireshark also gives to some blocks without a packet.
    pub(crate) frame: u64,
    last_time_ns: i64,
}

impl Numbers {
    /// The packet that was found in `record`, its data from `offset` of the file on.
    #[inline]
    fn packet<'a>(&mut self, found: Found, offset: u64, record: &'a [u8]) -> RawPacket<'a> {
        let time_ns = found.time_ns.unwrap_or(self.last_time_ns);
        self.last_time_ns = time_ns;
        self.packets += 1;
        self.frame += 1;
        RawPacket {
            number: self.frame,
            time_ns,
            timed: found.time_ns.is_some(),
            offset,
            link_type: found.link_type,
            interface: found.interface,
            data: record.get(found.data).unwrap_or_default(),
            original_len: found.original_len,
        }
    }
}

#[derive(Clone, Debug)]
enum State {
    Start,
    Classic(Classic),
    PcapNg(Section),
    Ended,
}

/// A place between two records from which reading can go on; see [`Reader::checkpoint`].
#[derive(Clone, Debug)]
pub struct Checkpoint {
    state: State,
    offset: u64,
    lost_at: Option<u64>,
    numbers: Numbers,
}

impl Checkpoint {
    /// The file offset of the first byte to push into the resumed reader.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}

/// How the file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Packets given out.
    pub packets: u64,
    /// Bytes passed over in search of a readable record.
    pub skipped: u64,
    /// The record that the end of the file cuts, if one was cut.
    pub cut: Option<Warning>,
    /// Why reading stopped before the end of the file, if it did.
    pub stopped: Option<ParseError>,
}

/// A step that borrows nothing and can wait in a queue.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    Interface(Interface),
    Name(Name),
    Comment(Comment),
    Secrets(Secrets),
    Dropped(Dropped),
    Warning(Warning),
}

impl From<Note> for Step<'_> {
    fn from(note: Note) -> Self {
        match note {
            Note::Interface(interface) => Self::Interface(interface),
            Note::Name(name) => Self::Name(name),
            Note::Comment(comment) => Self::Comment(comment),
            Note::Secrets(secrets) => Self::Secrets(secrets),
            Note::Dropped(dropped) => Self::Dropped(dropped),
            Note::Warning(warning) => Self::Warning(warning),
        }
    }
}

/// What a format says about the bytes at hand; offsets count from the item's start.
pub(crate) enum Verdict {
    /// The item needs this many bytes, more than there are.
    Need(usize),
    /// A packet.
    Packet(Found),
    /// Pass over this many bytes; notes may have been queued.
    Skip(u64),
    /// No item can be read here.
    Broken(ParseError),
}

/// A packet inside the bytes at hand.
pub(crate) struct Found {
    pub(crate) time_ns: Option<i64>,
    pub(crate) data: Range<usize>,
    /// Bytes of the whole record.
    pub(crate) len: usize,
    pub(crate) link_type: LinkType,
    pub(crate) interface: u32,
    pub(crate) original_len: u32,
}

/// What a search for the next record says about the bytes at hand.
pub(crate) enum Scan {
    /// This many bytes from the start must be seen to tell.
    Need(usize),
    /// No record starts in this many bytes.
    Skip(usize),
    /// A record starts here.
    Found,
}

/// How many bytes a search can pass over at once because the next `header` bytes, and more, are
/// zeros: in files that a crash has left full of holes they are most of the file.
pub(crate) fn zeros_before(bytes: &[u8], header: usize) -> usize {
    let zeros = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    zeros.saturating_sub(header)
}

impl Reader {
    /// A reader at the start of a file.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::at(State::Start, 0, None, Numbers::default(), limits)
    }

    /// A reader that goes on where `checkpoint` was taken: push the file from
    /// [`Checkpoint::offset`] on.
    #[must_use]
    pub fn resume(checkpoint: Checkpoint, limits: &Limits) -> Self {
        let Checkpoint { state, offset, lost_at, numbers } = checkpoint;
        Self::at(state, offset, lost_at, numbers, limits)
    }

    fn at(
        state: State,
        offset: u64,
        lost_at: Option<u64>,
        numbers: Numbers,
        limits: &Limits,
    ) -> Self {
        Self {
            limits: limits.clone(),
            state,
            carry: Carry::default(),
            offset,
            skip: 0,
            wanted: 0,
            lost_at,
            notes: VecDeque::new(),
            numbers,
            skipped: 0,
            stopped: None,
        }
    }

    /// The place after the last packet that was given out. Small: what it holds of the file is
    /// shared with the reader.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            state: self.state.clone(),
            offset: self.offset + self.skip,
            lost_at: self.lost_at,
            numbers: self.numbers,
        }
    }

    /// Takes the next bytes of the file. Gives how many were consumed, and what was found; push
    /// the rest again (it may be empty) until the step is [`Step::NeedMore`] or [`Step::End`].
    pub fn push<'a>(&'a mut self, input: &'a [u8]) -> (usize, Step<'a>) {
        let mut consumed = 0;
        loop {
            if let Some(note) = self.notes.pop_front() {
                return (consumed, note.into());
            }
            if !self.carry.is_empty() && self.carry.len() <= consumed {
                // All that is still held came from this input, so reading goes on there. What is
                // held grows by what is missing: a search would go through all input byte by byte.
                consumed -= self.carry.len();
                self.carry.consume(self.carry.len());
            }
            let rest = input.get(consumed..).unwrap_or_default();
            if self.skip > 0 {
                consumed += self.pass(rest.len());
                // What was carried over may not have been enough, and the input may be.
                if self.skip > 0 && consumed == input.len() {
                    return (consumed, Step::NeedMore);
                }
                continue;
            }
            let carried = !self.carry.is_empty();
            let bytes = if carried { self.carry.bytes() } else { rest };
            let verdict = match (&mut self.state, self.lost_at) {
                (State::Ended, _) => return (input.len(), Step::End),
                (State::Classic(classic), None) => classic.next(bytes, &self.limits),
                (State::PcapNg(section), None) => section.next(
                    bytes,
                    &self.limits,
                    pcapng::Context {
                        offset: self.offset,
                        numbers: &mut self.numbers,
                        notes: &mut self.notes,
                    },
                ),
                (State::Start, _) => match start(bytes, &mut self.notes) {
                    Ok(Some((state, len))) => {
                        self.state = state;
                        Verdict::Skip(len)
                    }
                    Ok(None) => Verdict::Need(bytes.len() + 1),
                    Err(error) => {
                        self.stopped = Some(error);
                        self.state = State::Ended;
                        continue;
                    }
                },
                (State::Classic(classic), Some(_)) => classic.scan(bytes, &self.limits).into(),
                (State::PcapNg(section), Some(_)) => section.scan(bytes, &self.limits).into(),
            };
            match verdict {
                Verdict::Packet(found) => {
                    consumed += self.take(found.len, carried);
                    let record = if carried { self.carry.consumed(found.len) } else { rest };
                    let start = self.offset - found.len as u64 + found.data.start as u64;
                    let packet = self.numbers.packet(found, start, record);
                    return (consumed, Step::Packet(packet));
                }
                Verdict::Need(wanted) => {
                    self.wanted = wanted;
                    let missing = wanted.saturating_sub(self.carry.len()).max(1);
                    let more = rest.get(..missing).unwrap_or(rest);
                    consumed += more.len();
                    self.carry.extend(more);
                    if more.len() < missing {
                        return (consumed, Step::NeedMore);
                    }
                }
                Verdict::Skip(0) => self.found_again(),
                Verdict::Skip(n) => self.skip = n,
                Verdict::Broken(error) => {
                    self.notes.push_back(Note::Warning(error.at(self.offset).into()));
                    self.lost_at = Some(self.offset);
                    self.skip = 1;
                }
            }
        }
    }

    /// Gives `each` the packets at the start of `input` for as long as there is nothing else and
    /// they are whole, and their records begin before `until` in the file. Returns how many bytes
    /// they took; [`Self::push`] says what comes next.
    ///
    /// What `push` would give one by one, at a part of the cost: of classic pcap only.
    #[inline]
    pub(crate) fn push_run(
        &mut self,
        input: &[u8],
        until: u64,
        mut each: impl FnMut(RawPacket<'_>),
    ) -> usize {
        if !self.is_amid_packets() {
            return 0;
        }
        let State::Classic(classic) = &mut self.state else { return 0 };
        let mut rest = input;
        while self.offset < until
            && let Verdict::Packet(found) = classic.next(rest, &self.limits)
            && let Some((record, later)) = rest.split_at_checked(found.len)
        {
            let start = self.offset + found.data.start as u64;
            self.offset += found.len as u64;
            each(self.numbers.packet(found, start, record));
            rest = later;
        }
        input.len() - rest.len()
    }

    /// Passes over `records`, which another reader of the same file found at this place to be so
    /// many whole packets and nothing else, the last one `last` bytes from their start. Where that
    /// cannot be, it gives `false` and stays where it is.
    pub(crate) fn pass_run(&mut self, records: &[u8], packets: u64, last: usize) -> bool {
        if !self.is_amid_packets() {
            return false;
        }
        let State::Classic(classic) = &mut self.state else { return false };
        let Some(Verdict::Packet(found)) =
            records.get(last..).map(|record| classic.next(record, &self.limits))
        else {
            return false;
        };
        self.offset += records.len() as u64;
        self.numbers.packets += packets;
        self.numbers.frame += packets;
        self.numbers.last_time_ns = found.time_ns.unwrap_or(self.numbers.last_time_ns);
        true
    }

    /// Whether nothing stands between the reader and a packet, should one come next.
    fn is_amid_packets(&self) -> bool {
        self.lost_at.is_none() && self.skip == 0 && self.notes.is_empty() && self.carry.is_empty()
    }

    /// Whether [`Self::push_run`] may give packets of this file, as far as is known.
    pub(crate) const fn may_run(&self) -> bool {
        matches!(self.state, State::Start | State::Classic(_))
    }

    /// Where in the file the next byte lies that has not been parsed.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Ends the file: how it ended, and what the end cut.
    #[must_use]
    pub fn finish(self) -> Summary {
        let mut summary = Summary {
            packets: self.numbers.packets,
            skipped: self.skipped,
            cut: None,
            stopped: self.stopped.clone(),
        };
        let layer = match self.state {
            State::Classic(_) => Layer::Pcap,
            State::PcapNg(_) => Layer::PcapNg,
            State::Start => {
                summary.stopped = Some(self.not_started());
                return summary;
            }
            State::Ended => return summary,
        };
        let found = self.carry.len() as u64;
        if let Some(lost_at) = self.lost_at {
            summary.skipped += self.offset + found - lost_at;
        } else if self.skip > 0 {
            let kind = ErrorKind::Truncated { what: "the last block", needed: self.skip, found };
            summary.cut = Some(ParseError::new(layer, self.offset, kind).into());
        } else if found > 0 {
            let needed = self.wanted as u64;
            let kind = ErrorKind::Truncated { what: "the last packet", needed, found };
            summary.cut = Some(ParseError::new(layer, self.offset, kind).into());
        }
        summary
    }

    /// Why not even the first header could be read.
    fn not_started(&self) -> ParseError {
        let start = self.carry.bytes();
        if start.is_empty() {
            let kind = ErrorKind::Irregular { problem: "the file is empty" };
            return ParseError::new(Layer::File, 0, kind);
        }
        match super::sniff(start) {
            None | Some(Kind::Gzip) => expected_magic(),
            Some(_) => {
                let (needed, found) = (24, start.len() as u64);
                let kind = ErrorKind::Truncated { what: "the file header", needed, found };
                ParseError::new(Layer::Pcap, 0, kind)
            }
        }
    }

    /// Consumes `len` bytes from where they are; gives how many of the input that takes.
    fn take(&mut self, len: usize, carried: bool) -> usize {
        self.offset += len as u64;
        if carried {
            self.carry.consume(len);
            0
        } else {
            len
        }
    }

    /// Passes over bytes that are to be skipped; gives how many of the `at_hand` input that takes.
    fn pass(&mut self, at_hand: usize) -> usize {
        let carried = !self.carry.is_empty();
        let at_hand = if carried { self.carry.len() } else { at_hand };
        let n = usize::try_from(self.skip).unwrap_or(usize::MAX).min(at_hand);
        self.skip -= n as u64;
        self.take(n, carried)
    }

    /// A search has ended at a record.
    fn found_again(&mut self) {
        if let Some(lost_at) = self.lost_at.take() {
            let bytes = self.offset - lost_at;
            self.skipped += bytes;
            let layer = match self.state {
                State::Classic(_) => Layer::Pcap,
                _ => Layer::PcapNg,
            };
            let kind = ErrorKind::Skipped { bytes, what: "packet" };
            self.notes.push_back(Note::Warning(ParseError::new(layer, lost_at, kind).into()));
        }
    }
}

impl From<Scan> for Verdict {
    fn from(scan: Scan) -> Self {
        match scan {
            Scan::Need(n) => Self::Need(n),
            Scan::Skip(n) => Self::Skip(n as u64),
            Scan::Found => Self::Skip(0),
        }
    }
}

/// Tells the format by the first bytes and reads what comes before the first record.
fn start(bytes: &[u8], notes: &mut VecDeque<Note>) -> Result<Option<(State, u64)>, ParseError> {
    if bytes.len() < 4 {
        return Ok(None);
    }
    if pcapng::starts_section(bytes) {
        return Ok(Some((State::PcapNg(Section::default()), 0)));
    }
    let header = Classic::parse_header(bytes, notes)?;
    Ok(header.map(|(classic, len)| (State::Classic(classic), len as u64)))
}
