//! Media that is not as SDP has it.

use crate::rewrite::Capture;
use crate::rewrite::file::{Classic, Order, pcap};
use crate::rewrite::link::{ethernet, ip_packet};
use crate::rewrite::network::ipv4;
use crate::treatment::{CALLEE, CALLER, add, call, each_rtp, edit_sip, is_rtp, prolonged};
use crate::{analyse, only_problem, report};
use recscope_analyzer::report::ProblemKind;
use recscope_analyzer::{AudioError, AudioRequest, Weight};
use recscope_core::rtp::statistics::Rule;

#[test]
fn a_payload_type_that_nobody_listed_is_named() {
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |_, packet| packet.data[43] += 8);
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::CodecMismatch);
    assert_eq!(problem.severity, Weight::Fault);
    assert!(
        problem.text.contains("payload type 8 (PCMA), which its receiver’s SDP does not list"),
        "{}",
        problem.text
    );
    assert_eq!(problem.packets.len(), 1);
}

#[test]
fn an_answerer_that_sends_what_its_answer_left_out_is_named() {
    // The offer takes PCMA too, the answer has nothing else, and PCMU is what comes.
    let mut capture = call();
    edit_sip(&mut capture, |sdp| {
        let port = format!("m=audio {CALLEE} RTP/AVP ");
        let sdp = sdp.replace(
            &format!("m=audio {CALLER} RTP/AVP 0"),
            &format!("m=audio {CALLER} RTP/AVP 0 8"),
        );
        if sdp.contains(&port) {
            sdp.replace(&format!("{port}0"), &format!("{port}8"))
                .replace("a=rtpmap:0 PCMU", "a=rtpmap:8 PCMA")
        } else {
            sdp
        }
    });
    each_rtp(&mut capture, CALLER, |_, packet| packet.data[43] += 8);
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::CodecMismatch);
    assert!(problem.text.contains("its sender’s own SDP does not list"), "{}", problem.text);
}

#[test]
fn a_number_with_two_meanings_is_named() {
    let mut capture = call();
    edit_sip(&mut capture, |sdp| {
        let number =
            if sdp.contains(&format!("m=audio {CALLER}")) { ("96", "97") } else { ("97", "96") };
        sdp.replace("RTP/AVP 0 101", "RTP/AVP 96 97")
            .replace("a=rtpmap:0 PCMU", &format!("a=rtpmap:{} PCMU", number.0))
            .replace("a=rtpmap:101 telephone-event", &format!("a=rtpmap:{} PCMA", number.1))
            .replace("a=fmtp:101 0-15\r\n", "")
    });
    for side in [CALLER, CALLEE] {
        each_rtp(&mut capture, side, |_, packet| packet.data[43] += 97);
    }
    let report = report(&capture);
    assert!(!report.problems.is_empty());
    for problem in &report.problems {
        assert_eq!(problem.kind, ProblemKind::CodecMismatch);
        assert!(problem.text.contains("to its receiver, but"), "{}", problem.text);
    }
}

#[test]
fn a_dynamic_payload_type_is_what_sdp_says() {
    let mut capture = call();
    edit_sip(&mut capture, |sdp| {
        sdp.replace("RTP/AVP 0 101", "RTP/AVP 110 101")
            .replace("a=rtpmap:0 PCMU", "a=rtpmap:110 PCMU")
    });
    for side in [CALLER, CALLEE] {
        each_rtp(&mut capture, side, |_, packet| packet.data[43] += 110);
    }
    let report = report(&capture);
    assert_eq!(report.problems, []);
    assert!(report.streams.iter().all(|stream| stream.codec == "PCMU" && stream.mos.is_some()));
}

#[test]
fn packets_of_another_length_than_asked_for_are_named() {
    let mut capture = call();
    edit_sip(&mut capture, |sdp| {
        if sdp.contains(&format!("m=audio {CALLER}")) {
            sdp.replace("a=ptime:20", "a=ptime:30")
        } else {
            sdp.to_owned()
        }
    });
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::PtimeMismatch);
    assert!(
        problem.text.contains("20.0 ms of audio in a packet, the SDP in packet 1 asks for 30.0 ms")
    );
    assert_eq!(report.streams[problem.stream.unwrap()].dst, format!("192.0.2.2:{CALLER}"));
}

#[test]
fn media_to_a_port_that_nobody_named_is_named() {
    // To another port than the SDP has; then from another one too.
    let mut capture = call();
    each_rtp(&mut capture, CALLER, |_, packet| packet.data[37] ^= 2);
    let report_of_one = report(&capture);
    let problem = only_problem(&report_of_one, ProblemKind::UnannouncedMedia);
    assert!(problem.text.contains(&format!("asks for 192.0.2.2:{CALLEE}")), "{}", problem.text);
    assert_eq!(problem.call, Some(0));
    let mut extra = prolonged(1);
    each_rtp(&mut capture, CALLER, |_, packet| add(packet, 8, 4, 1));
    let strangers: Vec<_> = capture
        .packets
        .iter()
        .filter(|packet| crate::treatment::source(&packet.data) == CALLER)
        .map(|packet| {
            let mut packet = packet.clone();
            packet.data[35] ^= 2;
            packet
        })
        .collect();
    extra.packets.extend(strangers);
    let report = report(&crate::treatment::in_order(extra));
    let problem = only_problem(&report, ProblemKind::UnannouncedMedia);
    assert!(problem.text.ends_with("which no SDP names"), "{}", problem.text);
    assert_eq!(problem.call, None);
}

#[test]
fn srtp_is_said_and_its_noise_is_not_judged() {
    let mut capture = call();
    edit_sip(&mut capture, |sdp| {
        let key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=sendrecv";
        sdp.replace("RTP/AVP", "RTP/SAVP").replace("a=sendrecv", key)
    });
    encrypt(&mut capture);
    let report = report(&capture);
    assert!(report.streams.iter().all(|stream| stream.encrypted));
    let kinds: Vec<_> = report.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Encrypted; 2]);
    assert!(cannot_be_heard(&capture));
}

#[test]
fn srtp_that_no_sdp_speaks_of_is_known_by_its_length() {
    let mut capture = call();
    capture.packets.retain(|packet| is_rtp(&packet.data));
    encrypt(&mut capture);
    let report = report(&capture);
    let kinds: Vec<_> = report.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Encrypted; 2]);
    assert!(report.problems[0].text.contains("likely"), "{}", report.problems[0].text);
    assert!(report.streams.iter().all(|stream| stream.encrypted));
    let analysis = analyse(&file(&capture), Rule::default());
    let heard = analysis.audio(AudioRequest::Stream(0));
    assert!(matches!(heard, Err(AudioError::Encrypted { index: 0 })));
}

fn file(capture: &Capture) -> Vec<u8> {
    pcap(capture, Classic::Microseconds, Order::Little)
}

fn cannot_be_heard(capture: &Capture) -> bool {
    let analysis = analyse(&file(capture), Rule::default());
    matches!(analysis.audio(AudioRequest::Call(0)), Err(AudioError::Encrypted { .. }))
}

/// Makes noise of all payloads, with an authentication tag behind them.
fn encrypt(capture: &mut Capture) {
    for packet in capture.packets.iter_mut().filter(|packet| is_rtp(&packet.data)) {
        let ip = ip_packet(&packet.data);
        let noise: Vec<u8> = (0..170_u32).map(|n| ((n * n * 37) >> 3).to_le_bytes()[0]).collect();
        let len = (8 + 12 + 170_u16).to_be_bytes();
        let udp = [&ip[20..24], &len, &[0, 0], &ip[28..40], &noise].concat();
        let ends = [&ip[12..16], &ip[16..20]].map(|end| <[u8; 4]>::try_from(end).expect("4"));
        packet.data = ethernet(&ipv4(ends[0], ends[1], 17, &udp));
        packet.original_len = packet.data.len();
    }
}
