//! What a piece of a capture holds, found ahead of its analysis: so that two threads can share the
//! work.
//!
//! Nearly all packets of a capture are RTP of streams that are known. What is done for them one by
//! one, before their stream is counted, needs nothing of what came before: a [`Surveyor`] walks
//! from record to record, reads the headers, and lays the packets of each stream together. Whoever
//! reads the file has it do that while the bytes are at hand; the [`Analyzer`](crate::Analyzer) is
//! left with what depends on the order of the capture.
//!
//! A survey decides nothing. Where a stretch of it does not fit what is known by then, because a
//! stream begins there, its packets are read as if there were none.

use crate::Options;
use crate::capture::{RawPacket, Reader, Step};
use crate::trace::{Batch, FastSet, PlainKey, Waiting, plain_rtp};
use std::ops::Range;

/// Goes through a file ahead of its analysis. It finds something in classic pcap alone.
///
/// ```
/// use recscope_analyzer::{Analyzer, Options, Survey, Surveyor};
///
/// let file = include_bytes!("../../testdata/captures/call-pcmu.pcap");
/// let options = Options::default();
/// let mut surveyor = Surveyor::new(&options);
/// let mut analyzer = Analyzer::new("call.pcap", None, options);
/// let mut survey = Survey::default();
/// for piece in file.chunks(64 * 1024) {
///     surveyor.survey(piece, &mut survey); // in one thread
///     analyzer.push_surveyed(piece, &survey); // in another
/// }
/// assert_eq!(analyzer.finish().report().streams.len(), 2);
/// ```
#[derive(Debug)]
pub struct Surveyor {
    reader: Reader,
    sorter: Sorter,
    /// Bytes gone through.
    bytes: u64,
}

/// What a [`Surveyor`] found in a piece of a file.
#[derive(Debug, Default)]
pub struct Survey {
    /// Where the piece begins in the file.
    start: u64,
    /// In the order of the file.
    stretches: Vec<Extent>,
    /// Whose packets each row holds, and where these are.
    rows: Vec<(PlainKey, Range<usize>)>,
    packets: Vec<Waiting>,
}

/// Packets one after the other in the file, all of them RTP in the plainest wrapping.
#[derive(Clone, Debug)]
struct Extent {
    /// Where their records lie in the file, and where the last one begins.
    records: Range<u64>,
    last_record: u64,
    /// The earliest and the latest.
    first_ns: i64,
    last_ns: i64,
    /// Its rows' places in [`Survey`], and how many packets they hold.
    rows: Range<usize>,
    packets: usize,
}

/// A stretch of a survey.
#[derive(Debug)]
pub(crate) struct Stretch<'a> {
    extent: &'a Extent,
    rows: &'a [(PlainKey, Range<usize>)],
    packets: &'a [Waiting],
}

/// Lays the packets of each stream together.
#[derive(Debug)]
struct Sorter {
    /// The packets of the stretch under way, and the row of each.
    batch: Batch,
    /// Whose packets each row holds.
    keys: Vec<PlainKey>,
    /// By the digest of a key: the row in which it was met last.
    places: Box<[u16]>,
    /// The keys that were met.
    met: FastSet<PlainKey>,
    /// The stretch under way; its rows and packets are not known yet.
    extent: Option<Extent>,
}

impl Surveyor {
    /// A surveyor at the start of a file that is analysed with these options.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self { reader: Reader::new(&options.limits), sorter: Sorter::new(), bytes: 0 }
    }

    /// Goes through the next piece of the file, and puts what it finds in the place of what
    /// `survey` held.
    pub fn survey(&mut self, piece: &[u8], survey: &mut Survey) {
        survey.begin(self.bytes);
        self.bytes += piece.len() as u64;
        let (reader, sorter) = (&mut self.reader, &mut self.sorter);
        let mut rest = piece;
        while reader.may_run() {
            let mut record = reader.offset();
            let run = reader.push_run(rest, u64::MAX, |packet| {
                let next = packet.offset + packet.data.len() as u64;
                sorter.on_packet(&packet, record..next, survey);
                record = next;
            });
            sorter.end_stretch(survey);
            rest = rest.get(run..).unwrap_or_default();
            let (consumed, step) = reader.push(rest);
            if matches!(step, Step::NeedMore | Step::End) {
                break;
            }
            rest = rest.get(consumed..).unwrap_or_default();
        }
    }
}

impl Survey {
    fn begin(&mut self, start: u64) {
        self.start = start;
        self.stretches.clear();
        self.rows.clear();
        self.packets.clear();
    }

    /// Its stretches, if it is of the piece that begins at `start`.
    pub(crate) fn stretches_from(&self, start: u64) -> impl Iterator<Item = Stretch<'_>> {
        let stretches = if self.start == start { self.stretches.as_slice() } else { &[] };
        stretches.iter().map(|extent| Stretch {
            extent,
            rows: self.rows.get(extent.rows.clone()).unwrap_or_default(),
            packets: &self.packets,
        })
    }
}

impl<'a> Stretch<'a> {
    /// Divides `bytes`, which begin at `start` of the file: what comes before the stretch, its
    /// records, what comes after them.
    pub(crate) fn split_from<'b>(
        &self,
        start: u64,
        bytes: &'b [u8],
    ) -> Option<(&'b [u8], &'b [u8], &'b [u8])> {
        let Range { start: first, end } = self.extent.records;
        let before = usize::try_from(first.checked_sub(start)?).ok()?;
        let len = usize::try_from(end.checked_sub(first)?).ok()?;
        let (before, rest) = bytes.split_at_checked(before)?;
        let (records, after) = rest.split_at_checked(len)?;
        Some((before, records, after))
    }

    /// How far the last record begins from the first.
    pub(crate) fn last_record(&self) -> usize {
        let Extent { records, last_record, .. } = self.extent;
        usize::try_from(last_record - records.start).unwrap_or(usize::MAX)
    }

    pub(crate) const fn packets(&self) -> u64 {
        self.extent.packets as u64
    }

    /// The earliest and the latest time of a packet.
    pub(crate) const fn times(&self) -> (i64, i64) {
        (self.extent.first_ns, self.extent.last_ns)
    }

    /// The packets of each stream, in order. A stream may have several rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (PlainKey, &'a [Waiting])> {
        let packets = self.packets;
        self.rows.iter().map(move |(key, row)| (*key, packets.get(row.clone()).unwrap_or_default()))
    }
}

impl Sorter {
    /// So many that a few hundred streams at a time seldom meet. Those that do get a row for each
    /// turn.
    const BITS: u32 = 12;
    /// A shorter stretch costs more than it saves.
    const LEAST: usize = 8;
    /// Most keys that are remembered: 1 MiB of them.
    const MOST_MET: usize = 1 << 16;

    fn new() -> Self {
        let mut batch = Batch::default();
        for _ in 0..Batch::MOST {
            batch.add_stream();
        }
        let places = vec![0; 1 << Self::BITS].into_boxed_slice();
        let (keys, met) = (Vec::with_capacity(Batch::MOST), FastSet::default());
        Self { batch, keys, places, met, extent: None }
    }

    /// Takes the next packet, whose record lies there in the file.
    #[inline(always)]
    fn on_packet(&mut self, packet: &RawPacket<'_>, record: Range<u64>, survey: &mut Survey) {
        if self.batch.is_full() {
            self.end_stretch(survey);
        }
        let Some((key, waiting)) = plain_rtp(packet, survey.start) else {
            return self.end_stretch(survey);
        };
        if !self.row_of(key).is_some_and(|row| self.batch.add(row, waiting)) {
            return self.end_stretch(survey);
        }
        let time_ns = packet.time_ns;
        match &mut self.extent {
            Some(extent) => {
                extent.records.end = record.end;
                extent.last_record = record.start;
                extent.first_ns = extent.first_ns.min(time_ns);
                extent.last_ns = extent.last_ns.max(time_ns);
            }
            extent @ None => {
                *extent = Some(Extent {
                    last_record: record.start,
                    records: record,
                    first_ns: time_ns,
                    last_ns: time_ns,
                    rows: 0..0,
                    packets: 0,
                });
            }
        }
    }

    /// The row of a key: the one that it has, or a new one. None at the first meeting: of a stream
    /// that begins there is more to be done.
    #[inline(always)]
    fn row_of(&mut self, key: PlainKey) -> Option<u32> {
        let place = *self.places.get(key.digest(Self::BITS))?;
        match self.keys.get(usize::from(place)) {
            Some(known) if *known == key => Some(u32::from(place)),
            _ => self.open_row(key),
        }
    }

    #[inline(never)]
    fn open_row(&mut self, key: PlainKey) -> Option<u32> {
        if self.met.len() >= Self::MOST_MET {
            self.met.clear();
        }
        if self.met.insert(key) {
            return None;
        }
        let row = u16::try_from(self.keys.len()).ok()?;
        *self.places.get_mut(key.digest(Self::BITS))? = row;
        self.keys.push(key);
        Some(u32::from(row))
    }

    /// Writes the stretch under way down, its packets row by row.
    fn end_stretch(&mut self, survey: &mut Survey) {
        let Some(extent) = self.extent.take() else { return };
        let (first_row, first_packet) = (survey.rows.len(), survey.packets.len());
        self.batch.sort_into(&mut survey.packets);
        let packets = survey.packets.len() - first_packet;
        survey.rows.extend(self.batch.take_rows().map(|(row, Range { start, end })| {
            let key = self.keys.get(row as usize).copied().unwrap_or_default();
            (key, first_packet + start..first_packet + end)
        }));
        self.keys.clear();
        if packets < Self::LEAST {
            survey.rows.truncate(first_row);
            survey.packets.truncate(first_packet);
            return;
        }
        survey.stretches.push(Extent { rows: first_row..survey.rows.len(), packets, ..extent });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_all_packets_of_a_call_are_in_stretches() {
        let file = include_bytes!("../../testdata/captures/call-pcmu.pcap");
        let mut surveyor = Surveyor::new(&Options::default());
        let (mut survey, mut start, mut surveyed) = (Survey::default(), 0, 0);
        for piece in file.chunks(10_000) {
            surveyor.survey(piece, &mut survey);
            assert_eq!(survey.stretches_from(start + 1).count(), 0);
            for stretch in survey.stretches_from(start) {
                surveyed += stretch.packets();
                let in_rows: usize = stretch.rows().map(|(_, row)| row.len()).sum();
                assert_eq!(in_rows as u64, stretch.packets());
            }
            start += piece.len() as u64;
        }
        let packets = surveyor.reader.finish().packets;
        assert!(surveyed * 10 > packets * 9, "{surveyed} of {packets}");
    }
}
