//! One-way calls, and silent ones.

use crate::rewrite::Capture;
use crate::treatment::{
    AUDIO, CALLEE, CALLER, call, each_rtp, edit_sip, is_rtp, leave_out, prolonged,
};
use crate::{kinds, only_problem, report};
use recscope_analyzer::report::ProblemKind;
use recscope_analyzer::{Weight, remarks};

#[test]
fn a_call_as_it_was_has_no_problem() {
    for name in ["call-pcmu.pcap", "call-pcma.pcap", "call-g722.pcap"] {
        assert_eq!(report(&Capture::call(name)).problems, [], "{name}");
    }
    let long = report(&prolonged(4));
    assert_eq!(long.problems, []);
    assert_eq!(long.streams[0].packets, 2200);
    assert!(long.streams[0].skew_ppm.unwrap().abs() < 50.0, "{:?}", long.streams[0]);
}

#[test]
fn a_side_that_sends_nothing_makes_the_call_one_way() {
    for (side, name) in [(CALLER, "the caller"), (CALLEE, "the callee")] {
        let mut capture = call();
        leave_out(&mut capture, side, |_| true);
        let report = report(&capture);
        let problem = only_problem(&report, ProblemKind::OneWayAudio);
        assert_eq!((problem.call, problem.severity), (Some(0), Weight::Fault));
        assert!(problem.text.contains(&format!("{name} sends none")), "{}", problem.text);
        // The SDP that promised media, and the first packet that came.
        assert_eq!(problem.packets.len(), 2, "{problem:?}");
        assert!(remarks(&report)[0].text.starts_with(&problem.text));
    }
}

#[test]
fn media_that_sdp_wants_one_way_is_as_it_should_be() {
    let mut capture = call();
    leave_out(&mut capture, CALLEE, |_| true);
    edit_sip(&mut capture, |sdp| sdp.replace("a=sendrecv", "a=sendonly"));
    assert_eq!(report(&capture).problems, []);
}

#[test]
fn a_call_without_media_is_told_from_a_quiet_one() {
    let mut capture = call();
    capture.packets.retain(|packet| !is_rtp(&packet.data));
    only_problem(&report(&capture), ProblemKind::NoMedia);
}

#[test]
fn a_muted_side_is_a_problem_of_the_call() {
    for (name, port, silence) in [
        ("call-pcmu.pcap", CALLEE, 0xff),
        ("call-pcma.pcap", 30030, 0xd5),
        ("call-g722.pcap", 30048, 0xff),
    ] {
        let mut capture = Capture::call(name);
        each_rtp(&mut capture, port, |_, packet| packet.data[AUDIO..].fill(silence));
        let report = report(&capture);
        let problem = only_problem(&report, ProblemKind::OneWaySilence);
        assert_eq!((problem.call, problem.severity), (Some(0), Weight::Fault));
        assert!(problem.text.contains("the callee sends nothing but silence"), "{problem:?}");
        assert!(problem.to.unwrap() - problem.from.unwrap() > 9.0, "{problem:?}");
    }
}

#[test]
fn silence_on_both_sides_is_named_for_each() {
    let mut capture = call();
    for side in [CALLER, CALLEE] {
        each_rtp(&mut capture, side, |_, packet| packet.data[AUDIO..].fill(0x7f));
    }
    let report = report(&capture);
    assert_eq!(kinds(&report), [ProblemKind::Silence; 2]);
    assert!(report.problems.iter().all(|problem| problem.severity == Weight::Fault));
}

#[test]
fn a_long_silence_within_talk_is_worth_knowing() {
    let mut capture = prolonged(5);
    each_rtp(&mut capture, CALLER, |n, packet| {
        if (300..2000).contains(&n) {
            packet.data[AUDIO..].fill(0xff);
        }
    });
    let report = report(&capture);
    let problem = only_problem(&report, ProblemKind::Silence);
    assert_eq!(problem.severity, Weight::Hint);
    let lasted = problem.to.unwrap() - problem.from.unwrap();
    assert!((32.0..35.0).contains(&lasted), "{problem:?}");
}
