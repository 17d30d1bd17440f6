//! A run as data: what `recscope simulate --format json` writes.

use crate::pattern::{MessagePattern, Occurrence, Remark};
use crate::run::Run;
use crate::trace::{self, Message, StateChange, StepKind, Trace};
use recscope_core::time::Instant;
use recscope_flow::{ActorKind, Delivery, Protocol};
use serde::Serialize;
use std::collections::BTreeMap;

/// A run from its start to where it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scenario's id.
    pub scenario: String,
    /// What chance came from.
    pub seed: u64,
    /// The scenario's headline.
    pub title: String,
    /// The settings with their values.
    pub settings: BTreeMap<String, String>,
    /// What went wrong on purpose, besides what the scenario says.
    pub faults: Vec<String>,
    /// Who took part, in the diagram's order.
    pub actors: Vec<Actor>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// By actor and machine, the states it was in.
    pub states: BTreeMap<String, BTreeMap<String, Vec<State>>>,
    /// What was expected of it.
    pub expectations: Vec<Expectation>,
    /// The files that the actors wrote.
    pub files: Vec<File>,
}

/// One who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// What steps and faults call it.
    pub id: String,
    /// What diagrams call it.
    pub label: String,
    /// What sort of device it is.
    pub kind: ActorKind,
    /// Its IPv4 address.
    pub address: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Its number, from 0.
    pub index: usize,
    /// When, in ms from the start.
    pub time_ms: f64,
    /// What sort of thing.
    pub kind: StepSort,
    /// Who sent it, or at whom it happened.
    pub from: Option<String>,
    /// Whom it was for; none for what happened at one actor.
    pub to: Option<String>,
    /// One line.
    pub summary: String,
    /// The rule that asks for it.
    pub rule: Option<String>,
    /// Bytes of the message, or of all packets of the stream.
    pub bytes: Option<u64>,
    /// What a trainer says about it, with the rule that it explains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub say: Vec<Saying>,
    /// More about a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageDetail>,
    /// More about a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaDetail>,
    /// More about a change of state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeDetail>,
}

/// Sorts of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepSort {
    /// A message was sent.
    Message,
    /// A machine changed its state.
    State,
    /// A remark: shown to the user, dropped, done by hand, explained.
    Note,
    /// A stream began.
    Media,
}

/// What is said about a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saying {
    /// To be read aloud.
    pub text: String,
    /// The rule that it explains.
    pub rule: Option<String>,
}

/// More about a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MessageDetail {
    /// What it is a message of.
    pub protocol: Protocol,
    /// What faults call it: `UPDATE@recorder,phone:2`.
    pub selector: String,
    /// The sender's socket.
    pub source: String,
    /// The receiver's socket.
    pub destination: String,
    /// Whether it arrived.
    pub delivery: Delivery,
    /// When it first arrived, in ms from the start.
    pub arrived_ms: Option<f64>,
    /// How many further times it was sent.
    pub repeats: u32,
    /// What it says, where it is text.
    pub text: Option<String>,
}

/// More about a stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MediaDetail {
    /// Its source, in hexadecimal.
    pub ssrc: String,
    /// Its payload type.
    pub payload_type: u8,
    /// When its last packet was sent, in ms from the start.
    pub end_ms: f64,
    /// Packets sent.
    pub packets: u64,
    /// Packets that did not arrive.
    pub lost: u64,
}

/// More about a change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeDetail {
    /// Which machine.
    pub machine: String,
    /// The state left.
    pub from: String,
    /// The state entered.
    pub to: String,
    /// What made it, in the words of the machine's table: `ACK`, `un-registration`.
    pub cause: String,
    /// What sort of thing came to the machine just then.
    pub trigger: Trigger,
    /// The step that shows it: a message, or what was done.
    pub step: Option<usize>,
    /// It in a few words: `INVITE`, `keep-alive`, `connected`.
    pub text: String,
}

/// Sorts of things that come to a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A message.
    Message,
    /// Something that was done to the device: a key, an order, a drive that was pulled out.
    Order,
    /// A deadline.
    Timer,
    /// News of a connection.
    Connection,
    /// News of the drive.
    Drive,
    /// Sound.
    Sound,
    /// Power, when the scenario began.
    Start,
}

/// A state that a machine was in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// Since when, in ms from the start.
    pub time_ms: f64,
    /// Which.
    pub state: String,
    /// What made it; empty at the start.
    pub cause: String,
    /// The rule that asks for it.
    pub rule: Option<String>,
}

/// What was expected, and whether it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// In plain words.
    pub text: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub found: String,
}

/// A file that an actor wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct File {
    /// Who.
    pub actor: String,
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: usize,
}

impl Report {
    pub(crate) fn new(run: &Run) -> Self {
        let scenario = run.scenario();
        let settings = scenario.settings.iter();
        let drives =
            run.world().hosts().iter().filter_map(|host| Some((host, host.drive.as_ref()?)));
        Self {
            scenario: scenario.id.clone(),
            seed: scenario.seed,
            title: scenario.title.clone(),
            settings: settings.map(|s| (s.key.clone(), s.value.clone())).collect(),
            faults: run.faults().iter().map(ToString::to_string).collect(),
            actors: actors(run),
            steps: steps(run),
            states: states(run),
            expectations: run
                .check()
                .into_iter()
                .map(|checked| Expectation {
                    text: checked.expectation.text.clone(),
                    ok: checked.holds,
                    found: checked.found,
                })
                .collect(),
            files: drives
                .flat_map(|(host, drive)| drive.files().iter().map(move |file| (host, file)))
                .map(|(host, (name, content))| File {
                    actor: host.name.clone(),
                    name: name.clone(),
                    bytes: content.len(),
                })
                .collect(),
        }
    }
}

fn actors(run: &Run) -> Vec<Actor> {
    let hosts = run.world().hosts().iter();
    hosts
        .map(|host| Actor {
            id: host.name.clone(),
            label: host.label.clone(),
            kind: host.kind,
            address: host.address.to_string(),
        })
        .collect()
}

fn ms(time: Instant) -> f64 {
    std::time::Duration::from_micros(time.as_micros()).as_secs_f64() * 1_000.0
}

fn steps(run: &Run) -> Vec<Step> {
    let trace = run.trace();
    let explanations = run.explanations();
    let selectors = selectors(run);
    let name = |host: u32| run.world().hosts().get(host as usize).map(|host| host.name.clone());
    let numbered = trace.steps().iter().enumerate();
    numbered
        .map(|(index, step)| {
            let said = explanations.get(&index).into_iter().flatten().map(|said| Saying {
                text: said.say.to_owned(),
                rule: said.rule.map(|rule| rule.id.to_owned()),
            });
            let base = Step {
                index,
                time_ms: ms(step.time),
                kind: StepSort::Note,
                from: None,
                to: None,
                summary: String::new(),
                rule: step.rule.map(|rule| rule.id.to_owned()),
                bytes: None,
                say: said.collect(),
                message: None,
                media: None,
                change: None,
            };
            match &step.kind {
                StepKind::Message(message) => {
                    let selector = selectors.get(&index).cloned().unwrap_or_default();
                    Step {
                        kind: StepSort::Message,
                        from: name(message.from),
                        to: name(message.to),
                        summary: message.described.label.clone(),
                        bytes: Some(trace.payload(message).len() as u64),
                        message: Some(detail(trace, message, selector)),
                        ..base
                    }
                }
                StepKind::State(change) => Step {
                    kind: StepSort::State,
                    from: name(change.actor),
                    summary: format!("{}: {} → {}", change.machine, change.from, change.to),
                    change: Some(change_detail(trace, change)),
                    ..base
                },
                StepKind::Remark { actor, kind, text } => Step {
                    from: name(*actor),
                    summary: match kind {
                        Remark::Prompt => format!("shows: {text}"),
                        Remark::Ignored => format!("ignored: {text}"),
                        Remark::Note | Remark::Done => text.clone(),
                    },
                    ..base
                },
                StepKind::Media(number) => {
                    let Some((stream, sent)) = trace.stream(*number) else { return base };
                    Step {
                        kind: StepSort::Media,
                        from: name(stream.from),
                        to: name(stream.to),
                        summary: stream.label(sent),
                        bytes: Some(sent.bytes),
                        media: Some(MediaDetail {
                            ssrc: format!("0x{:08x}", stream.ssrc),
                            payload_type: stream.payload_type,
                            end_ms: ms(sent.end),
                            packets: sent.packets,
                            lost: u64::from(sent.lost),
                        }),
                        ..base
                    }
                }
            }
        })
        .collect()
}

fn change_detail(trace: &Trace, change: &StateChange) -> ChangeDetail {
    let (trigger, step, text) = match change.trigger {
        trace::Trigger::Start => (Trigger::Start, None, "power on"),
        trace::Trigger::Step(step) => {
            let (trigger, text) = match trace.steps().get(step).map(|step| &step.kind) {
                Some(StepKind::Message(message)) => {
                    (Trigger::Message, message.described.label.as_str())
                }
                Some(StepKind::Remark { text, .. }) => (Trigger::Order, text.as_str()),
                _ => (Trigger::Order, ""),
            };
            (trigger, Some(step), text)
        }
        trace::Trigger::Timer(reason) => (Trigger::Timer, None, reason),
        trace::Trigger::Connection(news) => (Trigger::Connection, None, news),
        trace::Trigger::Drive(news) => (Trigger::Drive, None, news),
        trace::Trigger::Sound => (Trigger::Sound, None, "sound"),
    };
    ChangeDetail {
        machine: change.machine.to_owned(),
        from: change.from.to_owned(),
        to: change.to.to_owned(),
        cause: change.cause.to_owned(),
        trigger,
        step,
        text: text.to_owned(),
    }
}

fn detail(trace: &Trace, message: &Message, selector: String) -> MessageDetail {
    let payload = trace.payload(message);
    MessageDetail {
        protocol: message.protocol(),
        selector,
        source: message.source.to_string(),
        destination: message.destination.to_string(),
        delivery: message.delivery,
        arrived_ms: message.arrived.map(ms),
        repeats: message.repeats,
        text: std::str::from_utf8(payload).ok().filter(|t| !t.is_empty()).map(str::to_owned),
    }
}

/// What faults call each message, by its step: with sender, receiver and the number among its like.
#[must_use]
pub fn selectors(run: &Run) -> BTreeMap<usize, String> {
    let mut counts: BTreeMap<(&str, u32, u32), u32> = BTreeMap::new();
    let mut selectors = BTreeMap::new();
    let name = |host: u32| run.world().hosts().get(host as usize).map(|host| host.name.clone());
    let mut firsts: Vec<(usize, &Message)> = Vec::new();
    for (index, step) in run.trace().steps().iter().enumerate() {
        let StepKind::Message(message) = &step.kind else { continue };
        if message.again {
            let first = firsts.iter().find(|(_, first)| first.is_same(message));
            let selector = first.and_then(|(first, _)| selectors.get(first).cloned());
            selectors.extend(selector.map(|selector: String| (index, selector)));
            continue;
        }
        let key = (message.described.name.as_str(), message.from, message.to);
        let count = counts.entry(key).or_default();
        *count += 1;
        let pattern = MessagePattern {
            name: message.described.name.clone(),
            from: name(message.from),
            to: name(message.to),
            occurrence: Some(Occurrence { first: *count, last: Some(*count) }),
        };
        selectors.insert(index, pattern.to_string());
        firsts.push((index, message));
    }
    selectors
}

fn states(run: &Run) -> BTreeMap<String, BTreeMap<String, Vec<State>>> {
    let mut states: BTreeMap<String, BTreeMap<String, Vec<State>>> = BTreeMap::new();
    for step in run.trace().steps() {
        let StepKind::State(change) = &step.kind else { continue };
        let Some(host) = run.world().hosts().get(change.actor as usize) else { continue };
        let machines = states.entry(host.name.clone()).or_default();
        let over_time = machines.entry(change.machine.to_owned()).or_insert_with(|| {
            let state = change.from.to_owned();
            vec![State { time_ms: 0.0, state, cause: String::new(), rule: None }]
        });
        over_time.push(State {
            time_ms: ms(step.time),
            state: change.to.to_owned(),
            cause: change.cause.to_owned(),
            rule: step.rule.map(|rule| rule.id.to_owned()),
        });
    }
    states
}
