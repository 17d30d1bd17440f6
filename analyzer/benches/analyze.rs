//! From the bytes of a capture to its report, and from there to sound.
//!
//! The capture is generated: calls of two 20 ms G.711 streams that run side by side, every 50th
//! packet lost and every 40th pair swapped, under as many SIP dialogs.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use recscope_analyzer::capture::{LinkType, writer};
use recscope_analyzer::{Analysis, Analyzer, AudioRequest, Options};
use std::hint::black_box;

const CALLS: u16 = 40;
/// Per direction of a call: 10 s.
const PACKETS: u16 = 500;
const START_US: i64 = 1_700_000_000_000_000;

fn udp(out: &mut Vec<u8>, time_us: i64, ports: (u16, u16), payload: &[u8]) {
    let len = |extra: usize| u16::try_from(payload.len() + extra).unwrap_or_default().to_be_bytes();
    let mut packet = vec![0x45, 0];
    packet.extend(len(28));
    packet.extend([0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(ports.0.to_be_bytes());
    packet.extend(ports.1.to_be_bytes());
    packet.extend(len(8));
    packet.extend([0, 0]);
    packet.extend(payload);
    out.extend(writer::record_header(time_us, packet.len()).unwrap_or_default());
    out.extend(packet);
}

fn sip(call: u16, start: &str, method: &str, port: u16) -> Vec<u8> {
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\n"
    );
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{call}\r\n\
         From: <sip:1000@pbx>;tag=a\r\nTo: <sip:2000@pbx>;tag=b\r\nCall-ID: {call}@bench\r\n\
         CSeq: 1 {method}\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn capture() -> Vec<u8> {
    let mut out = writer::file_header(LinkType::RAW).to_vec();
    for call in 0..CALLS {
        let port = 10_000 + 4 * call;
        udp(
            &mut out,
            START_US,
            (5060, 5060),
            &sip(call, "INVITE sip:2000@pbx SIP/2.0", "INVITE", port),
        );
        udp(&mut out, START_US, (5060, 5060), &sip(call, "SIP/2.0 200 OK", "INVITE", port + 2));
    }
    for number in (0..PACKETS).filter(|number| number % 50 != 49) {
        let sequence = match number % 40 {
            10 => number + 1,
            11 => number - 1,
            _ => number,
        };
        for call in 0..CALLS {
            let port = 10_000 + 4 * call;
            for (ssrc, ports) in [(2 * call, (port, port + 2)), (2 * call + 1, (port + 2, port))] {
                let mut packet = vec![0x80, 0];
                packet.extend(sequence.to_be_bytes());
                packet.extend((u32::from(sequence) * 160).to_be_bytes());
                packet.extend(u32::from(ssrc).to_be_bytes());
                packet.extend([0x7F; 160]);
                udp(&mut out, START_US + i64::from(number) * 20_000, ports, &packet);
            }
        }
    }
    out
}

fn analyse(file: &[u8]) -> Analysis {
    let mut analyzer = Analyzer::new("bench", Some(file.len() as u64), Options::default());
    for chunk in file.chunks(1 << 20) {
        analyzer.push(chunk);
    }
    analyzer.finish()
}

fn hear(file: &[u8], analysis: &Analysis) -> usize {
    let Ok(mut extraction) = analysis.audio(AudioRequest::Call(0)) else { return 0 };
    while let Some(range) = extraction.wanted() {
        let bytes = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let bytes = bytes.and_then(|(start, end)| file.get(start..end.min(file.len())));
        extraction.push(bytes.unwrap_or_default());
    }
    extraction.finish().frames()
}

fn benches(criterion: &mut Criterion) {
    let file = capture();
    let analysis = analyse(&file);
    assert_eq!(analysis.report().calls.len(), usize::from(CALLS), "every call is found");
    assert_eq!(analysis.report().streams.len(), 2 * usize::from(CALLS), "and every stream");
    let mut group = criterion.benchmark_group("capture");
    group.throughput(Throughput::Bytes(file.len() as u64));
    group.bench_function("report", |bencher| bencher.iter(|| analyse(black_box(&file))));
    group.bench_function("sound of a call", |bencher| {
        bencher.iter(|| hear(black_box(&file), &analysis));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
