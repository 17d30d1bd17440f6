//! How fast SIP is read: a typical INVITE as a phone sends it, its typed headers, its SDP.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use recscope_core::Limits;
use recscope_core::sdp::Session;
use recscope_core::sip::{Framer, Message, Step, looks_like_sip};
use std::hint::black_box;

const SDP: &str = "v=0\r
o=- 1732269600 1732269600 IN IP4 192.0.2.21\r
s=phone\r
c=IN IP4 192.0.2.21\r
t=0 0\r
m=audio 11780 RTP/AVP 9 8 0 18 101\r
a=rtpmap:9 G722/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:18 G729/8000\r
a=fmtp:18 annexb=no\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-15\r
a=ptime:20\r
a=sendrecv\r
";

fn invite() -> String {
    format!(
        "INVITE sip:1000@pbx.example.com;user=phone SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bK-524287-1---7f8a2c1b9e3d4f60;rport\r
Max-Forwards: 70\r
Contact: <sip:1001@192.0.2.21:5060;transport=udp>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-0004F2ABCDEF>\"\r
To: \"Front Desk\" <sip:1000@pbx.example.com;user=phone>\r
From: \"Extension 1001\" <sip:1001@pbx.example.com>;tag=5a7d3f19\r
Call-ID: 81231ODU3YzQxZjA5N2M4ZGM2YjQ4MzE5ZmQ3NmE5MzY@192.0.2.21\r
CSeq: 102 INVITE\r
Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, PRACK, UPDATE, MESSAGE\r
Supported: replaces, 100rel, timer, norefersub\r
Session-Expires: 1800;refresher=uac\r
Min-SE: 90\r
User-Agent: Desk Phone 6.4.0\r
Allow-Events: talk, hold, conference, dialog\r
P-Asserted-Identity: \"Extension 1001\" <sip:1001@pbx.example.com>\r
Content-Type: application/sdp\r
Content-Length: {}\r
\r
{SDP}",
        SDP.len()
    )
}

fn sip(c: &mut Criterion) {
    let text = invite();
    let bytes = text.as_bytes();
    let parsed = Message::parse(bytes).expect("a message");
    assert!(parsed.warnings.is_empty() && parsed.message.check().is_empty());

    let mut group = c.benchmark_group("sip");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("parse", |b| b.iter(|| Message::parse(black_box(bytes))));
    group.bench_function("parse_and_dialog_fields", |b| {
        b.iter(|| {
            let message = Message::parse(black_box(bytes)).expect("a message").message;
            let tag = message.from().and_then(|from| from.tag()).map(str::len);
            let other = message.to().and_then(|to| to.tag()).map(str::len);
            let branch = message.via().and_then(|via| via.branch()).map(str::len);
            (message.call_id().map(str::len), message.cseq().map(|c| c.number), tag, other, branch)
        });
    });
    group.bench_function("check", |b| b.iter(|| black_box(&parsed.message).check()));
    group.bench_function("print", |b| b.iter(|| black_box(&parsed.message).to_bytes()));
    group.bench_function("looks_like_sip", |b| b.iter(|| looks_like_sip(black_box(bytes))));
    let stream = bytes.repeat(8);
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("frame_tcp_segments", |b| {
        b.iter(|| {
            let mut framer = Framer::new(&Limits::default());
            let mut messages = 0;
            for mut segment in stream.chunks(1460) {
                loop {
                    let (used, step) = framer.push(segment);
                    segment = segment.get(used..).unwrap_or_default();
                    match step {
                        Step::NeedMore => break,
                        Step::Message { .. } => messages += 1,
                        Step::Skipped { .. } | Step::Refused(_) => {}
                    }
                }
            }
            assert_eq!(messages, 8);
        });
    });
    group.finish();

    let mut group = c.benchmark_group("sdp");
    group.throughput(Throughput::Bytes(SDP.len() as u64));
    group.bench_function("parse", |b| b.iter(|| Session::parse(black_box(SDP.as_bytes()))));
    group.finish();
}

criterion_group!(benches, sip);
criterion_main!(benches);
