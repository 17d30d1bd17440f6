//! What streams sound like: tshark cuts the payloads out, ffmpeg decodes them.

use crate::captures::{self, Capture};
use crate::peer;
use recscope_analyzer::report::Stream;
use recscope_analyzer::{Analysis, AudioRequest};

#[test]
fn streams_sound_as_ffmpeg_decodes_them() {
    if peer::is_left_out() {
        return;
    }
    let mut heard = 0;
    for capture in captures::testdata().into_iter().chain(captures::samples()) {
        let analysis = capture.analyse();
        for stream in &analysis.report().streams {
            heard += usize::from(compare(&capture, &analysis, stream));
        }
    }
    // Two directions in each of the three captures of testdata, at the least.
    assert!(heard >= 6, "{heard} streams were compared");
}

/// Compares a stream that can be compared: one codec that both decode, in order and without a
/// restart, so that timestamps alone say where each payload sounds.
fn compare(capture: &Capture, analysis: &Analysis, stream: &Stream) -> bool {
    let (format, rate, payload_type) = match stream.codec.as_str() {
        "PCMU" => ("mulaw", 8000, 0),
        "PCMA" => ("alaw", 8000, 8),
        "G722" => ("g722", 16_000, 9),
        _ => return false,
    };
    if stream.duplicates > 0 || stream.out_of_order > 0 || stream.segments != 1 {
        return false;
    }
    let port = stream.src.rsplit(':').next().expect("an address has a port");
    let port = port.parse().expect("a port is a number");
    let payloads = peer::payloads(&capture.path, &stream.ssrc, port);
    assert_eq!(payloads.len() as u64, stream.packets, "{} {}", capture.name, stream.ssrc);
    let start = payloads.first().expect("a stream has packets").timestamp;
    let sounding: Vec<_> =
        payloads.into_iter().filter(|payload| payload.payload_type == payload_type).collect();
    let bytes: Vec<u8> = sounding.iter().flat_map(|payload| payload.bytes.clone()).collect();
    let mut decoded = peer::ffmpeg(format, &bytes).into_iter();
    let per_tick = usize::try_from(rate / 8000).expect("1 or 2");
    let mut theirs = Vec::new();
    for payload in &sounding {
        let tick = usize::try_from(payload.timestamp.wrapping_sub(start)).expect("32 bits");
        assert!(tick * per_tick >= theirs.len(), "payloads do not overlap");
        theirs.resize(tick * per_tick, 0);
        theirs.extend(decoded.by_ref().take(payload.bytes.len() * per_tick));
    }
    let extraction = analysis.audio(AudioRequest::Stream(stream.id)).expect("it can be heard");
    let ours = capture.hear(extraction);
    let [channel] = &ours.channels[..] else { panic!("a stream has one channel") };
    assert_eq!(ours.sample_rate, rate);
    let first = channel.samples.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
    assert_eq!(first, None, "{} {} differs first at this sample", capture.name, stream.ssrc);
    assert_eq!(channel.samples.len(), theirs.len(), "{} {}", capture.name, stream.ssrc);
    true
}
