//! Captures of calls.

use crate::files::{analyse, analyse_in, hear, names, testdata};
use flate2::Compression;
use flate2::write::GzEncoder;
use recscope_analyzer::report::{CallState, FileKind, Status};
use recscope_analyzer::{AudioError, AudioRequest, FlowScope};
use recscope_flow::Item;
use std::io::Write;

#[test]
fn reports_are_as_they_were() {
    for name in names("captures") {
        let analysis = analyse(&testdata(&format!("captures/{name}")));
        insta::assert_json_snapshot!(format!("{name}-report"), analysis.report());
        insta::assert_json_snapshot!(format!("{name}-flow"), analysis.flow(FlowScope::Call(0)));
    }
}

#[test]
fn chunks_never_change_the_report() {
    let capture = testdata("captures/call-g722.pcap");
    // 100 packets, byte by byte.
    let start = &capture[..20_000];
    assert_eq!(analyse(start).report(), analyse_in(start, 1).report());
    for chunk in [7, 1500, 65_536] {
        assert_eq!(analyse(&capture).report(), analyse_in(&capture, chunk).report(), "{chunk}");
    }
}

#[test]
fn a_compressed_capture_is_the_same_capture() {
    let plain = testdata("captures/call-pcma.pcap");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&plain).unwrap();
    let compressed = encoder.finish().unwrap();
    let (ours, theirs) = (analyse_in(&compressed, 1000), analyse(&plain));
    assert_eq!(ours.report().file.compression.as_deref(), Some("gzip"));
    assert_eq!(ours.report().streams, theirs.report().streams);
    assert_eq!(ours.report().calls, theirs.report().calls);
    let heard = hear(&compressed, ours.audio(AudioRequest::Call(0)).unwrap());
    assert_eq!(heard, hear(&plain, theirs.audio(AudioRequest::Call(0)).unwrap()));

    let cut = analyse(&compressed[..compressed.len() / 2]);
    assert_eq!(cut.report().status, Status::Damaged);
    assert!(!cut.report().streams.is_empty());
}

#[test]
fn the_caller_is_left_and_the_callee_right() {
    let capture = testdata("captures/call-pcmu.pcap");
    let analysis = analyse(&capture);
    let report = analysis.report();
    let call = hear(&capture, analysis.audio(AudioRequest::Call(0)).unwrap());
    assert_eq!(call.channels.len(), 2);
    assert!(call.channels[0].label.starts_with("caller"));
    // The INVITE's SDP names the port that the caller receives at, and sends from.
    let invite = analysis.message(0).unwrap();
    let sdp = String::from_utf8(invite.raw).unwrap();
    let port = sdp.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap();
    let sent_by_caller = |src: &str| src.ends_with(&format!(":{port}"));
    let of_caller = report.streams.iter().find(|stream| sent_by_caller(&stream.src)).unwrap();
    let alone = hear(&capture, analysis.audio(AudioRequest::Stream(of_caller.id)).unwrap());
    // Each direction begins where its first packet was captured.
    let first = report.streams.iter().map(|stream| stream.first).fold(f64::MAX, f64::min);
    #[allow(clippy::cast_possible_truncation, reason = "a small count")]
    #[allow(clippy::cast_sign_loss, reason = "first is the smallest")]
    let lead = ((of_caller.first - first) * 8000.0).floor() as usize;
    let left = &call.channels[0].samples;
    assert!(left[..lead].iter().all(|&sample| sample == 0));
    assert_eq!(left[lead..lead + alone.frames()], alone.channels[0].samples);
    assert_eq!(call.channels[1].samples.len(), left.len());
}

#[test]
fn a_wave_file_of_a_call_reads_back() {
    let capture = testdata("captures/call-g722.pcap");
    let analysis = analyse(&capture);
    let call = hear(&capture, analysis.audio(AudioRequest::Call(0)).unwrap());
    let wav = call.to_wav();
    let again = analyse(&wav);
    let recording = again.report().recording.as_ref().unwrap();
    assert_eq!((recording.channels, recording.sample_rate), (2, 16_000));
    assert_eq!(again.report().status, Status::Whole);
    let heard = hear(&wav, again.audio(AudioRequest::Recording).unwrap());
    assert_eq!(heard.channels[0].samples, call.channels[0].samples);
    assert_eq!(heard.channels[1].samples, call.channels[1].samples);
}

#[test]
fn a_flow_has_every_message_in_order_and_a_band_per_stream() {
    let analysis = analyse(&testdata("captures/call-pcmu.pcap"));
    let flow = analysis.flow(FlowScope::Call(0));
    let sources: Vec<_> = flow
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Message(arrow) => arrow.source,
            _ => None,
        })
        .collect();
    assert_eq!(sources, (0..8).collect::<Vec<_>>());
    let bands = flow.items.iter().filter(|item| matches!(item, Item::Media(_)));
    assert_eq!(bands.count(), 2);
    // Both phones run on one host: they are told apart by port.
    assert_eq!(flow.actors.len(), 2);
    assert_eq!(analysis.flow(FlowScope::Call(9)).items, []);
}

#[test]
fn buckets_add_up_to_the_stream() {
    let analysis = analyse(&testdata("captures/call-pcma.pcap"));
    let buckets = analysis.buckets(0);
    let packets: u64 = buckets.iter().map(|bucket| u64::from(bucket.packets)).sum();
    assert_eq!(packets, analysis.report().streams[0].packets);
    assert!(buckets.len() >= 11);
    assert!(analysis.buckets(99).is_empty());
}

#[test]
fn a_cut_capture_keeps_what_came_before() {
    let capture = testdata("captures/call-pcmu.pcap");
    let analysis = analyse(&capture[..capture.len() / 2]);
    let report = analysis.report();
    assert_eq!((report.status, report.file.kind), (Status::Damaged, FileKind::Pcap));
    assert_eq!(report.calls[0].state, CallState::Established);
    assert!(report.streams.iter().all(|stream| stream.packets > 200 && stream.lost == 0));
    assert!(
        report.warnings.iter().any(|warning| warning.offset > 100_000),
        "{:?}",
        report.warnings
    );
}

#[test]
fn what_is_not_there_is_named() {
    let analysis = analyse(&testdata("captures/call-pcmu.pcap"));
    let error = |request| analysis.audio(request).err();
    assert_eq!(error(AudioRequest::Stream(7)), Some(AudioError::NoSuchStream { index: 7 }));
    assert_eq!(error(AudioRequest::Call(7)), Some(AudioError::NoSuchCall { index: 7 }));
    assert_eq!(error(AudioRequest::Recording), Some(AudioError::NotARecording));
    assert_eq!(analysis.message(99), None);
}
