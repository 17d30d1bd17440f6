//! Packets, SIP messages, calls and streams, as tshark counts them.

use crate::captures::{self, Capture};
use crate::peer::{self, StreamId, StreamRow};
use recscope_analyzer::Report;
use recscope_analyzer::report::{Message, MessageProtocol, Spread};
use std::collections::{BTreeMap, BTreeSet};

/// Where we differ from tshark, and why we are content to.
const EXCEPTIONS: [Exception; 2] = [
    Exception {
        capture: "test017.pcapng",
        difference: "packets: 0, not 4",
        reason: "custom blocks are frames to tshark, and no packets",
    },
    Exception {
        capture: "test018.pcapng",
        difference: "packets: 4, not 8",
        reason: "four of the frames are custom blocks",
    },
];

struct Exception {
    capture: &'static str,
    /// The start of the difference as it is reported.
    difference: &'static str,
    #[allow(dead_code, reason = "for the reader")]
    reason: &'static str,
}

#[test]
fn captures_hold_what_tshark_finds_in_them() {
    if peer::is_left_out() {
        return;
    }
    let mut unexplained = Vec::new();
    let mut met = BTreeSet::new();
    let captures: Vec<Capture> =
        captures::testdata().into_iter().chain(captures::samples()).collect();
    for capture in &captures {
        for difference in differences(capture) {
            let explained = EXCEPTIONS.iter().position(|exception| {
                exception.capture == capture.name && difference.starts_with(exception.difference)
            });
            match explained {
                Some(index) => {
                    met.insert(index);
                }
                None => unexplained.push(format!("{}: {difference}", capture.name)),
            }
        }
    }
    assert!(unexplained.is_empty(), "tshark says otherwise:\n{}", unexplained.join("\n"));
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        let is_there = captures.iter().any(|capture| capture.name == exception.capture);
        assert!(
            met.contains(&index) || !is_there,
            "no longer so, take it off the list: {}: {}",
            exception.capture,
            exception.difference
        );
    }
}

/// Where our report of a capture is not what tshark says.
pub(crate) fn differences(capture: &Capture) -> Vec<String> {
    let analysis = capture.analyse();
    let ours = analysis.report();
    let theirs = peer::tshark(&capture.path);
    let mut found = Vec::new();
    let packets = ours.capture.as_ref().map_or(0, |capture| capture.packets);
    if packets != theirs.packets {
        found.push(format!("packets: {packets}, not {}", theirs.packets));
    }
    let sip = sip_counts(ours);
    let kinds: BTreeSet<&String> = sip.keys().chain(theirs.sip.keys()).collect();
    for kind in kinds {
        let (ours, theirs) = (sip.get(kind), theirs.sip.get(kind));
        if ours != theirs {
            found.push(format!("SIP {kind}: {ours:?}, not {theirs:?}"));
        }
    }
    // Of requests, tshark counts only INVITEs as sent again.
    let is_counted = |m: &&Message| {
        m.retransmission_of.is_some()
            && (m.summary.starts_with("INVITE ")
                || m.summary.starts_with(['2', '3', '4', '5', '6']))
    };
    let resent = ours.messages.iter().filter(is_counted).count() as u64;
    if resent != theirs.resent {
        found.push(format!("resent: {resent}, not {}", theirs.resent));
    }
    let calls: BTreeSet<String> = ours.calls.iter().map(|call| call.call_id.clone()).collect();
    for call in calls.symmetric_difference(&theirs.calls) {
        let whose = if calls.contains(call) { "ours" } else { "theirs" };
        found.push(format!("call {call} is only {whose}"));
    }
    let streams = streams(ours);
    let ids: BTreeSet<&StreamId> = streams.keys().chain(theirs.streams.keys()).collect();
    for id in ids {
        match (streams.get(id), theirs.streams.get(id)) {
            (Some(ours), Some(theirs)) => {
                found.extend(row_differences(ours, theirs).map(|what| format!("{} {what}", id.2)));
            }
            (ours, _) => {
                let whose = if ours.is_some() { "ours" } else { "theirs" };
                found.push(format!("{} is only {whose}: {id:?}", id.2));
            }
        }
    }
    found
}

/// SIP messages by method or status.
fn sip_counts(report: &Report) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for message in report.messages.iter().filter(|m| m.protocol == MessageProtocol::Sip) {
        let kind = message.summary.split(' ').next().expect("a summary has words");
        *counts.entry(kind.to_owned()).or_default() += 1;
    }
    counts
}

fn streams(report: &Report) -> BTreeMap<StreamId, StreamRow> {
    let spread = |s: Spread| [s.min, s.mean, s.max];
    report
        .streams
        .iter()
        .map(|stream| {
            let id = (stream.src.clone(), stream.dst.clone(), stream.ssrc.clone());
            let row = StreamRow {
                packets: stream.packets,
                lost: stream.lost,
                delta: spread(stream.delta_ms),
                jitter: spread(stream.jitter_ms),
            };
            (id, row)
        })
        .collect()
}

fn row_differences(ours: &StreamRow, theirs: &StreamRow) -> impl Iterator<Item = String> {
    let counts = [
        ("packets", ours.packets.cast_signed(), theirs.packets.cast_signed()),
        ("lost", ours.lost, theirs.lost),
    ];
    let counts = counts.into_iter().filter(|(_, ours, theirs)| ours != theirs);
    let counts = counts.map(|(what, ours, theirs)| format!("{what}: {ours}, not {theirs}"));
    // tshark prints −1 for what it could not reckon; we leave it 0.
    let times = [("delta", ours.delta, theirs.delta), ("jitter", ours.jitter, theirs.jitter)];
    let times = times.into_iter().filter(|(_, ours, theirs)| {
        ours.iter().zip(theirs).any(|(ours, theirs)| (ours - theirs.max(0.0)).abs() > 0.01)
    });
    let times = times.map(|(what, ours, theirs)| format!("{what}: {ours:.3?}, not {theirs:.3?}"));
    counts.chain(times)
}
