//! The analyzer on every capture: two programs of ours that share no code but core's parsers.

use super::{finished, play_id};
use recscope_analyzer::report::{MessageProtocol, RecordingMethod, RecordingResult, Report};
use recscope_analyzer::{Analyzer, Options};
use recscope_core::http::{self, StartLine};
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
        for (stream, sent) in run.trace().streams().iter().zip(run.trace().sent()) {
            let ssrc = format!("0x{:08x}", stream.ssrc);
            let key = (ssrc, stream.source.to_string(), stream.destination.to_string());
            *ours.entry(key).or_default() += sent.arrived();
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

/// A recording on demand, as the run's own trace tells it: by whom, from whom, what came of it, and
/// how many messages it took.
#[derive(Debug, PartialEq, Eq)]
struct OnDemand {
    extension: String,
    phone: String,
    recorder: String,
    state: &'static str,
    result: RecordingResult,
    messages: usize,
}

/// What the keys asked for, in order (MX-D2, MX-D3).
fn asked_by_key(run: &Run) -> Vec<OnDemand> {
    let mut asked: Vec<(&Message, OnDemand)> = Vec::new();
    for message in arrived(run) {
        let payload = run.trace().payload(message);
        if message.protocol() == Protocol::Sip && message.described.name == "BYE" {
            let phone = message.destination.ip().to_string();
            let of_phone = |(_, on_demand): &&mut (&Message, OnDemand)| {
                on_demand.phone == phone && on_demand.state == "recording"
            };
            let recorder = message.source.ip().to_string();
            let found = asked.iter_mut().rev().find(of_phone);
            if let Some((_, on_demand)) = found.filter(|(_, it)| it.recorder == recorder) {
                on_demand.state = "ended";
            }
        }
        if message.protocol() != Protocol::Http {
            continue;
        }
        let (_, http::Step::Message(received)) = http::Reader::default().push(payload) else {
            panic!("what arrived is a whole message: {}", message.described.label);
        };
        match &received.message.start {
            StartLine::Request { .. } => {
                let value = |key| received.message.query_value(key).unwrap_or_default();
                let (phone, recorder) = (message.source.ip(), message.destination.ip());
                let under_way = asked.iter_mut().rev().find(|(_, it)| it.state == "recording");
                match (&*value("page"), under_way) {
                    ("STOP", Some((request, on_demand))) => {
                        (*request, on_demand.messages) = (message, on_demand.messages + 1);
                        on_demand.state = "stopping";
                    }
                    _ => asked.push((
                        message,
                        OnDemand {
                            extension: value("OPN").into_owned(),
                            phone: phone.to_string(),
                            recorder: recorder.to_string(),
                            state: if value("page") == "START" { "starting" } else { "saving" },
                            result: RecordingResult::Success,
                            messages: 1,
                        },
                    )),
                }
            }
            StartLine::Response { status, .. } => {
                let is_answered = |(request, _): &&mut (&Message, OnDemand)| {
                    (request.source, request.destination) == (message.destination, message.source)
                };
                let (_, on_demand) = asked.iter_mut().find(is_answered).expect("it was asked for");
                on_demand.messages += 1;
                let is_granted = (200..300).contains(status);
                on_demand.state = match (on_demand.state, is_granted) {
                    ("starting", true) => "recording",
                    (_, true) => "ended",
                    (_, false) => "failed",
                };
                if !is_granted {
                    on_demand.result = RecordingResult::Failed;
                }
            }
        }
    }
    asked.into_iter().map(|(_, on_demand)| on_demand).collect()
}

#[test]
fn the_analyzer_finds_the_same_recordings_on_demand() {
    let others = [
        // The recorder does not hear of the call, and refuses.
        play_id("mx-on-demand-start", &["lose:Established@pbx"]),
        play_id("mx-on-demand-save", &["lose:Established@pbx"]),
        // Pressed once more, the key stops the recording.
        play_id("mx-on-demand-start", &["do:phone on-demand@30s"]),
        play_id("mx-on-demand-start", &["do:phone on-demand@20s", "do:phone on-demand@30s"]),
    ];
    let mut found = BTreeMap::<String, u32>::new();
    for run in finished().iter().chain(&others) {
        let host = |socket: &str| socket.rsplit_once(':').map_or("", |(host, _)| host).to_owned();
        let report = analyse(run);
        let sessions = report.recording_sessions.iter();
        let reported: Vec<_> = sessions
            .filter(|session| session.method == RecordingMethod::OnDemand)
            .map(|session| (session, host(&session.phone), host(&session.recorder)))
            .collect();
        let asked = asked_by_key(run);
        let (id, faults) = (&run.scenario().id, run.faults());
        assert_eq!(reported.len(), asked.len(), "{id} {faults:?}");
        for ((session, phone, recorder), asked) in reported.iter().zip(&asked) {
            let reported = OnDemand {
                extension: session.extension.clone(),
                phone: phone.clone(),
                recorder: recorder.clone(),
                state: asked.state,
                result: session.result,
                messages: session.control.len(),
            };
            assert_eq!(
                (&reported, session.state.as_str()),
                (asked, asked.state),
                "{id} {faults:?}"
            );
            *found.entry(session.state.clone()).or_default() += 1;
        }
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("ended".into(), 5), ("failed".into(), 2)]);
}
