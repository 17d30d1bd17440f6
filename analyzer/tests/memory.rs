//! What is held in memory: nothing per packet of a stream, and never more than a stated bound,
//! whatever a capture is made to do; where something had to be left out, the report says so.
//!
//! The allocator counts for the whole process, so the tests take turns.

use cap::Cap;
use recscope_analyzer::capture::{LinkType, writer};
use recscope_analyzer::{Analysis, Analyzer, Options, Survey, Surveyor};
use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

static TURN: Mutex<()> = Mutex::new(());

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// An analysis under way, and the most memory it took.
struct Run {
    analyzer: Analyzer,
    before: usize,
    record_before: usize,
    most: usize,
    /// Written, not yet pushed.
    pending: Vec<u8>,
    /// What stands before IP in each packet.
    link: &'static [u8],
    ahead: Option<(Surveyor, Survey)>,
    _turn: MutexGuard<'static, ()>,
}

/// How an analysis ended.
struct Outcome {
    analysis: Analysis,
    /// The most that was held at a time, beyond what there was before, in bytes.
    peak: usize,
    /// Given up after the analysis.
    _turn: MutexGuard<'static, ()>,
}

impl Run {
    /// Bytes pushed at a time, as a browser does.
    const CHUNK: usize = 64 * KIB;

    fn new(options: Options) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = Vec::with_capacity(4 * Self::CHUNK);
        let (before, record_before) = (ALLOCATOR.allocated(), ALLOCATOR.max_allocated());
        let analyzer = Analyzer::new("hostile", None, options);
        let (link, ahead) = (&[], None);
        Self { analyzer, before, record_before, most: 0, pending, link, ahead, _turn: turn }
    }

    fn capture() -> Self {
        Self::capture_with(Options::default())
    }

    fn capture_with(options: Options) -> Self {
        let mut run = Self::new(options);
        run.write(&writer::file_header(LinkType::RAW));
        run
    }

    /// A capture of Ethernet, which is surveyed.
    fn surveyed() -> Self {
        let mut run = Self::new(Options::default());
        run.write(&writer::file_header(LinkType::ETHERNET));
        run.link = &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];
        run.ahead = Some((Surveyor::new(&Options::default()), Survey::default()));
        run
    }

    fn write(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= Self::CHUNK {
            self.push();
        }
    }

    /// Writes a packet without making anything on the heap.
    fn packet(&mut self, time_us: i64, parts: &[&[u8]]) {
        let len = parts.iter().map(|part| part.len()).sum::<usize>() + self.link.len();
        self.write(&writer::record_header(time_us, len).expect("in range"));
        self.write(self.link);
        for part in parts {
            self.write(part);
        }
    }

    fn push(&mut self) {
        match &mut self.ahead {
            Some((surveyor, survey)) => {
                surveyor.survey(&self.pending, survey);
                self.analyzer.push_surveyed(&self.pending, survey);
            }
            None => self.analyzer.push(&self.pending),
        }
        self.pending.clear();
        self.most = self.most.max(self.held());
    }

    /// Bytes held now beyond what there was before.
    fn held(&self) -> usize {
        ALLOCATOR.allocated().saturating_sub(self.before)
    }

    /// All bytes that were ever allocated.
    fn allocated_so_far(&mut self) -> usize {
        self.push();
        ALLOCATOR.total_allocated()
    }

    fn finish(mut self) -> Outcome {
        self.push();
        let analysis = self.analyzer.finish();
        let held = ALLOCATOR.allocated().saturating_sub(self.before);
        let mut peak = self.most.max(held);
        // A peak between two looks shows where it was the highest ever.
        if ALLOCATOR.max_allocated() > self.record_before {
            peak = peak.max(ALLOCATOR.max_allocated() - self.before);
        }
        Outcome { analysis, peak, _turn: self._turn }
    }
}

impl Outcome {
    fn assert(&self, name: &str, cap: usize, warning: &str) {
        let report = self.analysis.report();
        eprintln!("{name}: {} KiB at most, of {} KiB allowed", self.peak / KIB, cap / KIB);
        assert!(self.peak <= cap, "{name}: {} KiB", self.peak / KIB);
        let warnings: Vec<&str> = report.warnings.iter().map(|w| w.message.as_str()).collect();
        let shown: Vec<&&str> = warnings.iter().take(5).collect();
        assert!(warnings.iter().any(|text| text.contains(warning)), "{name}: {shown:?}");
    }
}

/// Headers of IPv4 and UDP; lengths and addresses right, check sums left out.
fn udp(src: u32, src_port: u16, dst_port: u16, payload: usize) -> [u8; 28] {
    let mut out = [0; 28];
    out[..20].copy_from_slice(&ipv4(src, 17, 8 + payload, 0));
    out[20..22].copy_from_slice(&src_port.to_be_bytes());
    out[22..24].copy_from_slice(&dst_port.to_be_bytes());
    out[24..26].copy_from_slice(&u16::try_from(8 + payload).expect("fits").to_be_bytes());
    out
}

fn ipv4(src: u32, protocol: u8, payload: usize, fragmentation: u16) -> [u8; 20] {
    let mut out = [0; 20];
    out[0] = 0x45;
    out[2..4].copy_from_slice(&u16::try_from(20 + payload).expect("fits").to_be_bytes());
    out[4..6].copy_from_slice(&src.to_be_bytes()[2..]);
    out[6..8].copy_from_slice(&fragmentation.to_be_bytes());
    out[8..10].copy_from_slice(&[64, protocol]);
    out[12..16].copy_from_slice(&src.to_be_bytes());
    out[16..20].copy_from_slice(&[192, 0, 2, 1]);
    out
}

fn rtp(ssrc: u32, n: u32) -> [u8; 12] {
    let mut out = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out[2..4].copy_from_slice(&n.to_be_bytes()[2..]);
    out[4..8].copy_from_slice(&(n.wrapping_mul(160)).to_be_bytes());
    out[8..12].copy_from_slice(&ssrc.to_be_bytes());
    out
}

/// Two streams of `packets` packets each, every 50th one missing.
fn talk(run: &mut Run, from: u32, packets: u32) {
    for n in (from..from + packets).filter(|n| n % 50 != 49) {
        for stream in [1, 2] {
            let header = rtp(stream, n);
            // Words, so that it is neither silent nor clipped.
            let audio: [u8; 160] =
                std::array::from_fn(|i| i.wrapping_mul(7).to_le_bytes()[0] | 0x90);
            let lower = udp(0x0a00_0000 + stream, 4000, 4002, 172);
            run.packet(i64::from(n) * 20_000, &[&lower, &header, &audio]);
        }
    }
}

#[test]
fn streams_allocate_nothing_for_a_packet() {
    for start in [Run::capture, Run::surveyed] {
        let mut run = start();
        talk(&mut run, 0, 5_000);
        let warm = run.allocated_so_far();
        talk(&mut run, 5_000, 50_000);
        let allocated = run.allocated_so_far() - warm;
        // 1000 s in buckets of 12 bytes, twice, and what growing by halves leaves behind; and a
        // checkpoint for each MiB.
        assert!(allocated <= 96 * KIB, "{allocated} bytes for 98,000 packets");
        let outcome = run.finish();
        assert_eq!(outcome.analysis.report().streams.len(), 2);
        assert_eq!(outcome.analysis.report().streams[0].packets, 53_900);
    }
}

#[test]
fn a_capture_ten_times_as_long_takes_no_more() {
    let peak = |packets| {
        let mut run = Run::capture();
        talk(&mut run, 0, packets);
        run.finish().peak
    };
    let (short, long) = (peak(6_000), peak(60_000));
    eprintln!("2 min: {} KiB, 20 min: {} KiB", short / KIB, long / KIB);
    assert!(long - short.min(long) <= 96 * KIB, "{short} and {long} bytes");
}

#[test]
fn half_open_connections_are_forgotten() {
    let mut run = Run::capture();
    for n in 0..1_000_000_u32 {
        let mut syn = [0; 20];
        syn[..2].copy_from_slice(&5060_u16.to_be_bytes());
        syn[2..4].copy_from_slice(&5060_u16.to_be_bytes());
        syn[4..8].copy_from_slice(&n.to_be_bytes());
        syn[12..14].copy_from_slice(&[0x50, 0x02]);
        run.packet(i64::from(n), &[&ipv4(0x0a00_0000 + n, 6, 20, 0), &syn]);
    }
    run.finish().assert("half-open connections", 16 * MIB, "connections");
}

#[test]
fn a_million_sources_are_no_streams() {
    let mut run = Run::capture();
    for n in 0..1_000_000_u32 {
        run.packet(i64::from(n), &[&udp(0x0a00_0001, 4000, 4002, 172), &rtp(n, n), &[0xd5; 160]]);
    }
    let outcome = run.finish();
    eprintln!("sources: {} KiB at most", outcome.peak / KIB);
    assert!(outcome.peak <= 4 * MIB, "{} KiB", outcome.peak / KIB);
    let capture = outcome.analysis.report().capture.as_ref().unwrap();
    assert_eq!(capture.undecoded.get("udp"), Some(&1_000_000));
}

#[test]
fn more_streams_than_can_be_are_left_out() {
    let mut run = Run::capture();
    for ssrc in 0..40_000_u32 {
        for n in 0..6_u32 {
            // The last one much later, so that there are as many buckets as there may be.
            let time_us =
                i64::from(ssrc) * 100 + i64::from(n / 5) * 2_000_000_000 + i64::from(n) * 20_000;
            let lower = udp(0x0a00_0000 + ssrc / 100, 4000, 4002, 172);
            run.packet(time_us, &[&lower, &rtp(ssrc, n), &[0xd5; 160]]);
        }
    }
    run.finish().assert("streams", 256 * MIB, "RTP streams");
}

#[test]
fn fragments_that_never_become_whole_are_given_up() {
    let mut run = Run::capture();
    let data = [0x41; 1400];
    for n in 0..300_000_u32 {
        run.packet(i64::from(n), &[&ipv4(0x0a00_0000 + n, 17, 1400, 0x2000), &data]);
    }
    run.finish().assert("fragments", 16 * MIB, "fragment");
}

#[test]
fn calls_are_bounded_by_their_messages() {
    const MESSAGES: u32 = 50_000;
    let mut options = Options::default();
    options.limits.messages = MESSAGES;
    let mut run = Run::capture_with(options);
    for n in 0..MESSAGES * 5 / 4 {
        let invite = format!(
            "INVITE sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{n}\r\n\
             From: <sip:a@h>;tag={n}\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID: {n}@h\r\n\
             CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        let lower = udp(0x0a00_0000 + n, 5060, 5060, invite.len());
        run.packet(i64::from(n), &[&lower, invite.as_bytes()]);
    }
    run.finish().assert("calls", MESSAGES as usize * 2 * KIB, "more messages");
}

#[test]
fn descriptions_of_many_media_are_bounded() {
    let mut run = Run::capture();
    for n in 0..2_000_u32 {
        let mut sdp = String::from("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n");
        for medium in 0..16 {
            let line = format!("m=audio {} RTP/AVP", 1000 + n % 1000 * 16 + medium);
            sdp += &line;
            for format in 0..60 {
                sdp += &format!(" {}", (format + n + 7 * medium) % 128);
            }
            sdp += &format!("\r\nc=IN IP4 10.0.{}.{medium}\r\n", n % 256);
        }
        let invite = format!(
            "INVITE sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{n}\r\n\
             From: <sip:a@h>;tag={n}\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID: {n}@h\r\n\
             CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        let lower = udp(0x0a00_0000 + n, 5060, 5060, invite.len());
        run.packet(i64::from(n), &[&lower, invite.as_bytes()]);
    }
    run.finish().assert("media descriptions", 64 * MIB, "media descriptions");
}

#[test]
fn a_header_without_end_is_cut() {
    let mut run = Run::capture();
    let mut sequence = 1_u32;
    let segment = |run: &mut Run, sequence: u32, time_us: i64, bytes: &[u8]| {
        let mut tcp = [0; 20];
        tcp[..4].copy_from_slice(&[0x13, 0xc4, 0x13, 0xc4]);
        tcp[4..8].copy_from_slice(&sequence.to_be_bytes());
        tcp[12..14].copy_from_slice(&[0x50, 0x10]);
        run.packet(time_us, &[&ipv4(0x0a00_0001, 6, 20 + bytes.len(), 0), &tcp, bytes]);
    };
    let start = b"INVITE sip:b@192.0.2.1 SIP/2.0\r\n";
    segment(&mut run, sequence, 0, start);
    sequence += u32::try_from(start.len()).unwrap();
    let line = [&b"X-Endless: "[..], &[b'a'; 1300], b"\r\n"].concat();
    for n in 0..40_000 {
        segment(&mut run, sequence, n, &line);
        sequence = sequence.wrapping_add(u32::try_from(line.len()).unwrap());
    }
    run.finish().assert("header lines", 4 * MIB, "above the limit");
}

/// A pcapng block around `body`, whose length is a multiple of four.
fn block(run: &mut Run, kind: u32, body: &[u8]) {
    let len = u32::try_from(body.len() + 12).expect("fits").to_le_bytes();
    run.write(&kind.to_le_bytes());
    run.write(&len);
    run.write(body);
    run.write(&len);
}

fn pcapng() -> Run {
    let mut run = Run::new(Options::default());
    let section = [
        &0x1a2b_3c4d_u32.to_le_bytes()[..],
        &1_u16.to_le_bytes(),
        &0_u16.to_le_bytes(),
        &u64::MAX.to_le_bytes(),
    ];
    block(&mut run, 0x0a0d_0d0a, &section.concat());
    run
}

#[test]
fn a_million_interfaces_are_bounded() {
    let mut run = pcapng();
    for _ in 0..1_000_000 {
        // With a name of 40 bytes.
        let mut body = vec![1, 0, 0, 0, 0, 0, 4, 0, 2, 0, 40, 0];
        body.extend([b'i'; 40]);
        body.extend([0; 4]);
        block(&mut run, 1, &body);
    }
    run.finish().assert("interfaces", 4 * MIB, "interface");
}

#[test]
fn a_million_names_and_long_comments_are_bounded() {
    let mut run = pcapng();
    for n in 0..1_000_000_u32 {
        let mut record = vec![1, 0, 64, 0];
        record.extend((0x0a00_0000 + n).to_be_bytes());
        record.extend([b'n'; 59]);
        record.extend([0; 5]);
        block(&mut run, 4, &record);
    }
    for _ in 0..2_000 {
        // A section of which every other byte is comment.
        let mut body = [
            &0x1a2b_3c4d_u32.to_le_bytes()[..],
            &1_u16.to_le_bytes(),
            &0_u16.to_le_bytes(),
            &u64::MAX.to_le_bytes(),
            &[1, 0, 0, 0xf0],
        ]
        .concat();
        body.extend(vec![b'c'; 0xf000]);
        body.extend([0; 4]);
        block(&mut run, 0x0a0d_0d0a, &body);
    }
    run.finish().assert("names and comments", 16 * MIB, "names");
}
