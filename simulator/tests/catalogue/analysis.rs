//! The analyzer on every capture: two programs of ours that share no code but core's parsers.

use super::finished;
use recscope_analyzer::report::{MessageProtocol, RecordingMethod, Report};
use recscope_analyzer::{Analyzer, Options};
use recscope_flow::Protocol;
use recscope_simulator::Run;
use recscope_simulator::trace::{Message, StepKind};
use std::collections::{BTreeMap, BTreeSet};

fn analyse(run: &Run) -> Report {
    let bytes = run.world().capture().expect("captures are asked for").bytes();
    let size = Some(bytes.len() as u64);
    let mut analyzer = Analyzer::new(&run.scenario().id, size, Options::default());
    analyzer.push(bytes);
    analyzer.finish().report().clone()
}

/// Messages that arrived, each once however often it was sent.
fn arrived(run: &Run) -> Vec<&Message> {
    let mut arrived: Vec<&Message> = Vec::new();
    for step in run.trace().steps() {
        if let StepKind::Message(message) = &step.kind
            && message.arrived.is_some()
            && !arrived.iter().any(|other| other.is_same(message))
        {
            arrived.push(message);
        }
    }
    arrived
}

const fn protocol(protocol: Protocol) -> Option<MessageProtocol> {
    match protocol {
        Protocol::Sip => Some(MessageProtocol::Sip),
        Protocol::Control => Some(MessageProtocol::Control),
        Protocol::Csta => Some(MessageProtocol::Csta),
        Protocol::Http => Some(MessageProtocol::Http),
        _ => None,
    }
}

#[test]
fn the_analyzer_reports_the_same_messages_and_streams() {
    for run in finished() {
        let (id, report) = (&run.scenario().id, analyse(run));
        assert!(report.warnings.is_empty(), "{id}: {:?}", report.warnings);
        type Counts = BTreeMap<(String, String, String), u64>;
        let (mut ours, mut theirs) = (Counts::new(), Counts::new());
        for message in arrived(run) {
            let Some(protocol) = protocol(message.protocol()) else { continue };
            let ends = (message.source.to_string(), message.destination.to_string());
            *ours.entry((format!("{protocol:?}"), ends.0, ends.1)).or_default() += 1;
        }
        for message in report.messages.iter().filter(|m| m.retransmission_of.is_none()) {
            let key = (format!("{:?}", message.protocol), message.src.clone(), message.dst.clone());
            *theirs.entry(key).or_default() += 1;
        }
        assert_eq!(ours, theirs, "{id}: messages");

        let (mut ours, mut theirs) = (Counts::new(), Counts::new());
        for stream in run.trace().streams() {
            let ssrc = format!("0x{:08x}", stream.ssrc);
            let key = (ssrc, stream.source.to_string(), stream.destination.to_string());
            *ours.entry(key).or_default() += stream.packets - stream.lost + stream.duplicated;
        }
        for stream in &report.streams {
            let key = (stream.ssrc.clone(), stream.src.clone(), stream.dst.clone());
            *theirs.entry(key).or_default() += stream.packets;
        }
        assert_eq!(ours, theirs, "{id}: streams");
    }
}

#[test]
fn the_analyzer_finds_the_same_calls_and_the_recording() {
    for run in finished() {
        let (id, report) = (&run.scenario().id, analyse(run));
        let names: Vec<_> = arrived(run);
        let call_ids: BTreeSet<_> = names
            .iter()
            .filter(|message| message.described.name == "INVITE")
            .filter_map(|message| {
                let text = std::str::from_utf8(run.trace().payload(message)).ok()?;
                text.lines().find_map(|line| line.strip_prefix("Call-ID: ")).map(str::to_owned)
            })
            .collect();
        let found: BTreeSet<_> = report.calls.iter().map(|call| call.call_id.clone()).collect();
        assert_eq!(found, call_ids, "{id}: calls");

        let has = |name: &str| names.iter().any(|message| message.described.name == name);
        let finds = |method| report.recording_sessions.iter().any(|s| s.method == method);
        assert_eq!(finds(RecordingMethod::Server), has("RecordStartRequest"), "{id}: server");
        assert_eq!(finds(RecordingMethod::SipInfo), has("INFO"), "{id}: INFO");
        let recorder = run.scenario().actor("recorder");
        let copies = run.trace().streams().iter().any(|stream| Some(stream.to) == recorder);
        assert!(!copies || finds(RecordingMethod::Active), "{id}: active");
    }
}
