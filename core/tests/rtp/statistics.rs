//! Our stream statistics beside `tshark -z rtp,streams`, over every sample capture and over made-up
//! streams with all that can befall one. Counts must be equal, times within 0.01 ms.

use std::collections::BTreeMap;
use std::path::Path;

use recscope_core::rtp::statistics::{PacketFacts, Role, Rule, Spread, Statistics};
use recscope_core::rtp::{Header, RtpTime, SequenceNumber, Ssrc, payload};

use crate::tshark::{self, Account, Datagram, Row, StreamId};

/// What dynamic payload types mean in the captures that have them: `None` for events.
const DYNAMIC: [(&str, u8, Option<u32>); 4] = [
    ("SIP_DTMF2.cap", 96, None),
    ("register-invite-reinvite-bye.pcap", 96, Some(48_000)),
    ("ulaw-2013785496.pcap", 101, None),
    ("dtmf_2833_", 101, None),
];

#[test]
fn sample_captures_have_tsharks_numbers() {
    if tshark::is_left_out() {
        return;
    }
    let Some(captures) = tshark::sample_captures() else { return };
    let mut compared = 0;
    let mut faults = Vec::new();
    for capture in &captures {
        compared += compare(capture, &["-o", "rtp.heuristic_rtp:TRUE"], &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    eprintln!("compared {compared} streams of {} captures", captures.len());
    assert!(compared > 0, "no sample capture has an RTP stream");
}

#[test]
fn made_up_streams_have_tsharks_numbers() {
    if tshark::is_left_out() {
        return;
    }
    let mut random = Random(0x5EED);
    let mut packets = Vec::new();
    for ssrc in 0..400 {
        packets.extend(made_up_stream(Ssrc(ssrc), &mut random));
    }
    packets.sort_by_key(|&(arrival_us, ..)| arrival_us);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("made_up_streams.pcap");
    std::fs::write(&path, pcap(&packets)).expect("the target directory is writable");
    let mut faults = Vec::new();
    let compared = compare(&path, &["-d", "udp.port==20000,rtp"], &mut faults);
    assert!(faults.is_empty(), "{} of {compared}:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(compared, 400);
}

/// Compares every stream of one capture; returns how many there were.
fn compare(capture: &Path, options: &[&str], faults: &mut Vec<String>) -> usize {
    let name = capture.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Account { packets, streams: theirs } = tshark::account(capture, options);
    let ours = our_streams(&name, &packets);
    for (id, row) in &theirs {
        match ours.get(id) {
            Some(statistics) => {
                for fault in differences(statistics, row) {
                    faults.push(format!("{name} {id:?}: {fault}"));
                }
            }
            None => faults.push(format!("{name} {id:?}: not found")),
        }
    }
    let strangers = ours.keys().filter(|id| !theirs.contains_key(id));
    faults.extend(strangers.map(|id| format!("{name} {id:?}: not known to tshark")));
    theirs.len()
}

fn differences(statistics: &Statistics, row: &Row) -> Vec<String> {
    let ours = statistics.summary();
    let mut faults = Vec::new();
    if (ours.packets, ours.lost) != (row.packets, row.lost) {
        faults.push(format!(
            "packets and lost {:?}, tshark {:?}",
            (ours.packets, ours.lost),
            (row.packets, row.lost)
        ));
    }
    // tshark prints −1 as the smallest where there is none.
    let none = Spread { min: -1.0, mean: 0.0, max: 0.0 };
    let delta = ours.delta_ms.unwrap_or(none);
    let jitter = ours.jitter_ms.unwrap_or(none);
    let numbers = [
        ("lost percent", ours.lost_percent, row.lost_percent, 0.051),
        ("min delta", delta.min, row.delta.min, 0.01),
        ("mean delta", delta.mean, row.delta.mean, 0.01),
        ("max delta", delta.max, row.delta.max, 0.01),
        ("min jitter", jitter.min, row.jitter.min, 0.01),
        ("mean jitter", jitter.mean, row.jitter.mean, 0.01),
        ("max jitter", jitter.max, row.jitter.max, 0.01),
    ];
    for (what, ours, theirs, tolerance) in numbers {
        if (ours - theirs).abs() > tolerance {
            faults.push(format!("{what} {ours:.3}, tshark {theirs:.3}"));
        }
    }
    faults
}

fn our_streams(name: &str, packets: &[Datagram]) -> BTreeMap<StreamId, Statistics> {
    let mut streams = BTreeMap::new();
    for Datagram { arrival_us, src, dst, payload } in packets {
        let header = Header::parse(payload).expect("tshark took it for RTP");
        let id = StreamId { src: src.clone(), dst: dst.clone(), ssrc: header.ssrc };
        let (role, clock) = meaning(name, header.payload_type);
        let facts = PacketFacts {
            sequence: header.sequence,
            timestamp: header.timestamp,
            marker: header.marker,
            role,
        };
        let statistics =
            streams.entry(id).or_insert_with(|| Statistics::with_rule(clock, Rule::Tshark));
        statistics.set_clock(clock);
        statistics.on_packet(*arrival_us, &facts);
    }
    streams
}

fn meaning(name: &str, payload_type: u8) -> (Role, u32) {
    if payload::is_comfort_noise(payload_type) {
        return (Role::ComfortNoise, 8000);
    }
    let dynamic = DYNAMIC.iter().find(|entry| name.starts_with(entry.0) && entry.1 == payload_type);
    match (dynamic, payload::static_payload(payload_type)) {
        (Some((_, _, None)), _) => (Role::Event, 8000),
        (Some((_, _, Some(clock))), _) => (Role::Media, *clock),
        (None, Some(known)) => (Role::Media, known.clock),
        (None, None) => (Role::Media, 0),
    }
}

type MadeUp = (i64, Ssrc, u8, PacketFacts);

/// 200 packets with jitter, and by turns loss, reordering, duplicates, markers, comfort noise,
/// wraps of both counters, restarts and a silence.
fn made_up_stream(ssrc: Ssrc, random: &mut Random) -> Vec<MadeUp> {
    let first_sequence = random.pick(&[0, 100, 65_450, 65_535, 32_768]);
    let first_timestamp = random.pick(&[0, 1000, u32::MAX - 16_000, (1 << 31) - 100, 0x9000_0000]);
    let payload_type = random.pick(&[0, 8, 9, 10, 16, 18, 26, 77]);
    let clock = payload::static_payload(payload_type).map_or(8000, |known| known.clock);
    let loss = random.pick(&[0, 0, 2, 10]);
    let swaps = random.pick(&[0, 0, 2, 10]);
    let duplicates = random.pick(&[0, 0, 3]);
    let markers = random.pick(&[0, 2]);
    let noise = random.pick(&[0, 0, 0, 5]);
    let restart = random.pick(&[None, None, None, Some(100)]);
    let silence = random.pick(&[0, 0, 0, 30_000_000]);
    let spread = random.pick(&[0, 500, 8_000, 25_000]);

    let mut packets = Vec::new();
    let (mut sequence, mut timestamp) = (SequenceNumber(first_sequence), RtpTime(first_timestamp));
    for n in 0..200 {
        if restart == Some(n) {
            (sequence, timestamp) = (SequenceNumber(random.next()), RtpTime(random.next()));
        }
        if !random.percent(loss) {
            let silence = if n > 120 { silence } else { 0 };
            let arrival = i64::from(n) * 20_000 + i64::from(random.below(spread + 1)) + silence;
            let is_noise = random.percent(noise);
            let facts = PacketFacts {
                sequence,
                timestamp,
                marker: random.percent(markers),
                role: if is_noise { Role::ComfortNoise } else { Role::Media },
            };
            let payload_type = if is_noise { 13 } else { payload_type };
            packets.push((arrival, ssrc, payload_type, facts));
            if random.percent(duplicates) {
                packets.push((arrival + 150, ssrc, payload_type, facts));
            }
        }
        sequence = sequence.next();
        timestamp = timestamp.after(clock / 50);
    }
    for n in 0..packets.len().saturating_sub(4) {
        if random.percent(swaps) {
            let other = n + 1 + random.below(3) as usize;
            let facts = packets[n].3;
            packets[n].3 = packets[other].3;
            packets[other].3 = facts;
        }
    }
    packets
}

/// A classic pcap of raw IPv4 packets.
fn pcap(packets: &[MadeUp]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4u32, 2 | 4 << 16, 0, 0, 65_535, 101] {
        file.extend(word.to_le_bytes());
    }
    for (arrival_us, ssrc, payload_type, facts) in packets {
        let header = Header {
            marker: facts.marker,
            payload_type: *payload_type,
            sequence: facts.sequence,
            timestamp: facts.timestamp,
            ssrc: *ssrc,
        };
        let ip = [
            0x45, 0, 0, 48, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x4E, 0x20, 0x75,
            0x30, 0, 28, 0, 0,
        ];
        let seconds = u32::try_from(arrival_us / 1_000_000).expect("a short stream");
        let micros = u32::try_from(arrival_us % 1_000_000).expect("below a million");
        for word in [seconds, micros, 48, 48] {
            file.extend(word.to_le_bytes());
        }
        file.extend(ip);
        file.extend(header.write());
        file.extend([0xFF; 8]);
    }
    file
}

/// A small repeatable generator (xorshift64*).
struct Random(u64);

impl Random {
    fn step(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let [.., a, b, c, d] = (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    fn next<T: TryFrom<u32>>(&mut self) -> T {
        loop {
            // Masked to the width of T, the first try fits.
            let step = self.step() & u32::MAX >> (32 - 8 * size_of::<T>());
            if let Ok(value) = T::try_from(step) {
                return value;
            }
        }
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.step() % bound
    }

    fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.step() as usize % choices.len()]
    }
}
