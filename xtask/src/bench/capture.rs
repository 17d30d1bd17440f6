//! Captures to measure with: many telephone calls at once, as a mirror port of a PBX sees them.
//!
//! Written here from the formats' definitions and not by the crates under measurement, and the
//! same bytes for the same number of calls every time. Each call is an INVITE answered by 100, 180
//! and 200, the ACK, two PCMU streams of one packet each 20 ms, the BYE and its 200. Some packets
//! are lost and some overtaken; what was written is counted, so that a reader can be held to it.

mod packet;
mod sip;
pub(super) mod sparse;

use packet::{Endpoint, Frame};
use std::io::{self, Write};
use std::ops::{AddAssign, Range};

/// RTP packets of each direction of a call: 54 s.
const CALL_PACKETS: u32 = 2_700;
/// Calls begin so many ticks of 20 ms after one another: about 34 at a time.
const CALL_SPACING: u32 = 80;
/// Of a thousand packets, so many never reach the capture.
const LOST_PER_MILLE: u64 = 5;
/// Of a thousand packets, so many are overtaken by the next one of their stream.
const LATE_PER_MILLE: u64 = 3;
/// One packet each 20 ms.
const TICK_US: i64 = 20_000;
/// When the capture begins, in µs since the epoch.
const EPOCH_US: i64 = 1_700_000_000_000_000;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Packets of every kind.
    pub(crate) packets: u64,
    /// SIP messages.
    pub(crate) messages: u64,
    /// Calls.
    pub(crate) calls: u64,
    /// RTP streams.
    pub(crate) streams: u64,
    /// RTP packets.
    pub(crate) rtp_packets: u64,
    /// RTP packets left out between others of their stream.
    pub(crate) lost: u64,
}

impl AddAssign for Content {
    fn add_assign(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.packets += more.packets;
        self.messages += more.messages;
        self.calls += more.calls;
        self.streams += more.streams;
        self.rtp_packets += more.rtp_packets;
        self.lost += more.lost;
    }
}

/// Writes a classic pcap file of `calls` calls, and says what is in it.
///
/// # Errors
/// Those of `output`.
pub(crate) fn write(calls: u32, output: &mut impl Write) -> io::Result<Content> {
    let mut writer = Writer { output, bytes: 0 };
    writer.file_header()?;
    let content = self::calls(0..calls, &mut |time, frame| writer.packet(time, frame))?;
    Ok(Content { bytes: writer.bytes, ..content })
}

/// Gives the packets of calls of these numbers to `write`, in order of time, and says what they
/// are; bytes are the caller's to count.
fn calls(
    numbers: Range<u32>,
    write: &mut impl FnMut(i64, &Frame) -> io::Result<()>,
) -> io::Result<Content> {
    let mut content = Content::default();
    let mut running: Vec<Call> = Vec::new();
    let mut frames: Vec<(i64, Frame)> = Vec::new();
    let mut next = numbers.start;
    let mut tick = numbers.start * CALL_SPACING;
    while next < numbers.end || !running.is_empty() {
        if next < numbers.end && tick.is_multiple_of(CALL_SPACING) {
            running.push(Call::new(next, tick));
            next += 1;
        }
        let now = EPOCH_US + i64::from(tick) * TICK_US;
        for call in &mut running {
            call.tick(tick, now, &mut frames, &mut content);
        }
        running.retain(|call| !call.is_over(tick));
        frames.sort_by_key(|(time, _)| *time);
        content.packets += frames.len() as u64;
        for (time, frame) in frames.drain(..) {
            write(time, &frame)?;
        }
        tick += 1;
    }
    content.calls = numbers.len() as u64;
    content.streams = 2 * numbers.len() as u64;
    Ok(content)
}

/// A call in progress.
struct Call {
    script: sip::Script,
    first_tick: u32,
    streams: [Stream; 2],
}

impl Call {
    fn new(number: u32, first_tick: u32) -> Self {
        let caller = Endpoint::phone(1, number);
        let callee = Endpoint::phone(2, number);
        let script = sip::Script::new(number, caller, callee);
        let streams = [
            Stream::new(number, 0x1000_0000, script.media(caller), script.media(callee)),
            Stream::new(number, 0x2000_0000, script.media(callee), script.media(caller)),
        ];
        Self { script, first_tick, streams }
    }

    /// Adds what this call sends in one tick.
    fn tick(&mut self, tick: u32, now: i64, frames: &mut Vec<(i64, Frame)>, content: &mut Content) {
        let age = tick - self.first_tick;
        for message in self.script.at(age) {
            frames.push((now, message));
            content.messages += 1;
        }
        let media = age.checked_sub(sip::ANSWERED_TICK + 1).filter(|n| *n < CALL_PACKETS);
        if let Some(index) = media {
            for stream in &mut self.streams {
                stream.tick(index, now, frames, content);
            }
        }
    }

    fn is_over(&self, tick: u32) -> bool {
        tick - self.first_tick > sip::ANSWERED_TICK + CALL_PACKETS + 2
    }
}

/// One direction of a call's media.
struct Stream {
    from: Endpoint,
    to: Endpoint,
    ssrc: u32,
    random: Random,
    /// A packet that the next one overtakes.
    held: Option<Frame>,
}

impl Stream {
    fn new(number: u32, base: u32, from: Endpoint, to: Endpoint) -> Self {
        let ssrc = base + number;
        Self { from, to, ssrc, random: Random(u64::from(ssrc)), held: None }
    }

    fn tick(
        &mut self,
        index: u32,
        now: i64,
        frames: &mut Vec<(i64, Frame)>,
        content: &mut Content,
    ) {
        // Loss at the very ends could not be told from a shorter stream.
        let inside = index > 0 && index + 2 < CALL_PACKETS;
        if inside && self.held.is_none() && self.random.per_mille() < LOST_PER_MILLE {
            content.lost += 1;
            return;
        }
        let frame = packet::rtp(self.from, self.to, self.ssrc, index, &mut self.random);
        content.rtp_packets += 1;
        let orderly = !inside || packet::is_near_wrap(index) || self.held.is_some();
        if !orderly && self.random.per_mille() < LATE_PER_MILLE {
            self.held = Some(frame);
            return;
        }
        let time = now + self.random.jitter_us();
        frames.push((time, frame));
        if let Some(late) = self.held.take() {
            frames.push((time + 150, late));
        }
    }
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn per_mille(&mut self) -> u64 {
        self.next() % 1_000
    }

    /// Up to 4 ms, so that a stream's own packets stay in order.
    fn jitter_us(&mut self) -> i64 {
        (self.next() % 4_000).cast_signed()
    }
}

struct Writer<'a, W> {
    output: &'a mut W,
    bytes: u64,
}

impl<W: Write> Writer<'_, W> {
    fn file_header(&mut self) -> io::Result<()> {
        self.output.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        self.output.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        self.output.write_all(&65_535_u32.to_le_bytes())?;
        self.output.write_all(&1_u32.to_le_bytes())?;
        self.bytes += 24;
        Ok(())
    }

    fn packet(&mut self, time_us: i64, frame: &Frame) -> io::Result<()> {
        let frame = frame.bytes();
        let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
        let seconds = u32::try_from(time_us / 1_000_000).map_err(io::Error::other)?;
        let micros = u32::try_from(time_us % 1_000_000).map_err(io::Error::other)?;
        for field in [seconds, micros, length, length] {
            self.output.write_all(&field.to_le_bytes())?;
        }
        self.output.write_all(frame)?;
        self.bytes += 16 + u64::from(length);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_of_calls_gives_the_same_bytes() {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        let content = write(3, &mut one).unwrap();
        assert_eq!(write(3, &mut two).unwrap(), content);
        assert_eq!(one, two);
        assert_eq!(content.bytes, one.len() as u64);
    }

    #[test]
    fn every_packet_is_either_written_or_counted_as_lost() {
        let content = write(4, &mut io::sink()).unwrap();
        assert_eq!(content.messages, 4 * 8);
        assert_eq!(content.packets, content.messages + content.rtp_packets);
        let sent = u64::from(CALL_PACKETS) * content.streams;
        assert_eq!(content.rtp_packets + content.lost, sent);
        assert!(content.lost > 0);
    }

    #[test]
    fn eighty_calls_are_about_100_megabytes() {
        let one = write(1, &mut io::sink()).unwrap();
        let megabytes = 80 * one.bytes / 1_000_000;
        assert!((95..=105).contains(&megabytes), "{megabytes} MB");
    }
    /// A peer's eyes on the file. In a row of `rtp,streams`, the lost packets stand before their
    /// percentage in brackets, and the packets before them.
    #[test]
    fn tshark_counts_what_was_written() {
        if std::env::var_os("RECSCOPE_NO_PEERS").is_some() {
            eprintln!("not compared with tshark: RECSCOPE_NO_PEERS is set");
            return;
        }
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("calls.pcap");
        let content = write(5, &mut std::fs::File::create(&path).unwrap()).unwrap();

        let output = std::process::Command::new("tshark")
            .args(["-q", "-z", "rtp,streams", "-z", "sip,stat", "-r"])
            .arg(&path)
            .output()
            .expect("tshark is installed, or RECSCOPE_NO_PEERS=1 is set");
        let output = String::from_utf8(output.stdout).unwrap();

        let mut found =
            Content { bytes: content.bytes, calls: content.calls, ..Content::default() };
        for line in output.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let percent = words.iter().position(|word| word.starts_with('('));
            if let Some(percent) = percent.filter(|at| *at > 2 && words[*at].ends_with("%)")) {
                found.streams += 1;
                found.rtp_packets += words[percent - 2].parse::<u64>().unwrap();
                found.lost += words[percent - 1].parse::<u64>().unwrap();
            }
            if let Some(number) = line.strip_prefix("Number of SIP messages: ") {
                found.messages = number.trim().parse().unwrap();
            }
        }
        found.packets = found.messages + found.rtp_packets;
        assert_eq!(found, content, "{output}");
    }
}
