//! The message flow of a call, or of all there is.

use super::FlowScope;
use super::cast::Cast;
use crate::order;
use crate::report::{self, CallState, MessageProtocol, RecordingMethod, Report};
use crate::trace::{
    Call, CallIndex, Party, Phase, Session, SignallingMessage, Stream, TlsConnection, Traffic,
};
use crate::wording::count;
use recscope_core::control::{Command, Outcome, StartResponse, StopResponse};
use recscope_core::rule;
use recscope_core::sip::{Message, Method, StartLine};
use recscope_flow::{Arrow, Band, Class, Delivery, Flow, Item, Note, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// Builds the flow of `scope`; an empty one if there is no such thing.
pub(super) fn build(scope: FlowScope, report: &Report, traffic: &Traffic) -> Flow {
    let Some(selection) = Selection::of(scope, report, traffic) else {
        return Flow { title: report.file.name.clone(), ..Flow::default() };
    };
    let mut cast = Cast::of(selection.messages.iter().map(|(_, message)| *message));
    for &(_, session) in &selection.sessions {
        cast.note_recording(session.phone, session.recorder, &session.extension);
    }
    let mut items = arrows(&selection, &mut cast);
    let parties = Parties::of(&selection, &mut cast);
    for &(id, stream) in &selection.streams {
        items.push(Item::Media(band(id, stream, &parties, &selection, &mut cast)));
    }
    for &(_, session) in &selection.sessions {
        items.extend(recording_end(session, &mut cast).map(Item::Note));
    }
    for &index in &selection.calls {
        items.extend(
            traffic.calls.get(index).into_iter().flat_map(|call| course(index, call, &parties)),
        );
        items.extend(report.calls.get(index).and_then(|call| ending(call, traffic, &parties)));
    }
    if scope == FlowScope::All {
        items.extend(traffic.tls.iter().map(|connection| Item::Media(tls(connection, &mut cast))));
    }
    order::sort_by_key(&mut items, |item| order::signed(item.time_us()));
    let names = report.capture.as_ref().map(|capture| &capture.names);
    let nameless = BTreeMap::new();
    let actors = cast.into_actors(names.unwrap_or(&nameless));
    Flow { title: selection.title, actors, items }
}

/// What a flow shows.
struct Selection<'a> {
    title: String,
    messages: Vec<(usize, &'a SignallingMessage)>,
    streams: Vec<(usize, &'a Stream)>,
    calls: BTreeSet<usize>,
    sessions: Vec<(usize, &'a Session)>,
    /// The rules behind the messages of recording sessions.
    rules: BTreeMap<usize, &'static str>,
}

impl<'a> Selection<'a> {
    fn of(scope: FlowScope, report: &Report, traffic: &'a Traffic) -> Option<Self> {
        let (title, calls, control, streams) = match scope {
            FlowScope::All => {
                let calls = order::set(0..report.calls.len());
                (report.file.name.clone(), calls, None, None)
            }
            FlowScope::Call(index) => {
                let call = report.calls.get(index)?;
                let title = format!("{} → {}", call.from, call.to);
                let calls = order::set([index]);
                (title, calls, Some(BTreeSet::new()), Some(BTreeSet::new()))
            }
            FlowScope::Legs(index) => {
                let calls = legs(report, index)?;
                let call = report.calls.get(index)?;
                let title = format!("{} → {}, in {} legs", call.from, call.to, calls.len());
                (title, calls, Some(BTreeSet::new()), Some(BTreeSet::new()))
            }
            FlowScope::Transaction(index) => {
                let found = report.transactions.get(index)?;
                let title = format!("{} {} → {}", found.method, found.from, found.to);
                let of = |message: &&SignallingMessage| {
                    message.transaction.is_some_and(|transaction| transaction.0 == index)
                };
                let messages = (0..).zip(&traffic.messages).filter(|(_, message)| of(message));
                let messages = order::set(messages.map(|(index, _)| index));
                (title, BTreeSet::new(), Some(messages), Some(BTreeSet::new()))
            }
            FlowScope::Session(index) => {
                let session = report.recording_sessions.get(index)?;
                let title = format!("recording of {} at {}", session.phone, session.recorder);
                let control = order::set(session.control.iter().copied());
                let streams = order::set(session.streams.iter().copied());
                (title, BTreeSet::new(), Some(control), Some(streams))
            }
        };
        let is_of_call = |call: Option<CallIndex>| call.is_some_and(|call| calls.contains(&call.0));
        let messages = traffic.messages.iter().enumerate().filter(|(index, message)| {
            control.as_ref().is_none_or(|control| control.contains(index))
                || is_of_call(message.call)
        });
        let streams = traffic.streams.iter().enumerate().filter(|(index, stream)| {
            streams.as_ref().is_none_or(|streams: &BTreeSet<usize>| streams.contains(index))
                || is_of_call(stream.call())
        });
        let sessions = traffic.sessions.iter().enumerate().filter(|(index, session)| {
            scope == FlowScope::All
                || scope == FlowScope::Session(*index)
                || is_of_call(session.call)
        });
        let sessions: Vec<_> = sessions.collect();
        let ruled = sessions.iter().flat_map(|(_, session)| &session.control);
        let rules = ruled.map(|(message, rule)| (message.0, rule.id)).collect();
        Some(Self {
            title,
            messages: messages.collect(),
            streams: streams.collect(),
            sessions,
            rules,
            calls,
        })
    }
}

/// A call and all that are linked to it, directly or over others.
fn legs(report: &Report, index: usize) -> Option<BTreeSet<usize>> {
    let mut found = order::set([index]);
    let mut open = vec![report.calls.get(index)?];
    while let Some(call) = open.pop() {
        for other in &call.correlated {
            if found.insert(other.call) {
                open.extend(report.calls.get(other.call));
            }
        }
    }
    Some(found)
}

/// One arrow per message; what was sent again counts on the first one's.
fn arrows(selection: &Selection<'_>, cast: &mut Cast) -> Vec<Item> {
    let mut repeats: BTreeMap<usize, u32> = BTreeMap::new();
    for (_, message) in &selection.messages {
        if let Some(first) = message.retransmission_of {
            *repeats.entry(first.0).or_default() += 1;
        }
    }
    let firsts = selection.messages.iter().filter(|(_, m)| m.retransmission_of.is_none());
    firsts
        .map(|&(index, message)| {
            let wording = Wording::of(message);
            Item::Message(Arrow {
                time_us: micros(message.origin.time_ns),
                from: cast.line(message.origin.src),
                to: cast.line(message.origin.dst),
                label: wording.label,
                detail: wording.detail,
                protocol: wording.protocol,
                class: wording.class,
                delivery: Delivery::Delivered,
                repeats: repeats.get(&index).copied().unwrap_or_default(),
                source: Some(index),
                rule: selection.rules.get(&index).map(|rule| (*rule).to_owned()),
                arrived_us: None,
            })
        })
        .collect()
}

/// What is written on an arrow.
struct Wording {
    label: String,
    detail: String,
    class: Class,
    protocol: Protocol,
}

impl Wording {
    fn of(message: &SignallingMessage) -> Self {
        match message.protocol {
            MessageProtocol::Sip => Self::of_sip(message),
            MessageProtocol::Control => Self::of_command(message),
            MessageProtocol::Csta | MessageProtocol::Http => Self {
                label: message.summary.clone(),
                detail: String::new(),
                class: Class::Request,
                protocol: match message.protocol {
                    MessageProtocol::Csta => Protocol::Csta,
                    _ => Protocol::Http,
                },
            },
        }
    }

    fn of_command(message: &SignallingMessage) -> Self {
        let class = match Command::parse(&message.raw).map(|parsed| parsed.command) {
            Ok(
                Command::StartResponse(StartResponse { result: Outcome::Failed, .. })
                | Command::StopResponse(StopResponse { result: Outcome::Failed, .. }),
            ) => Class::Failure,
            Ok(Command::StartResponse(_) | Command::StopResponse(_)) => Class::Success,
            _ => Class::Request,
        };
        Self {
            label: message.summary.split(" id=").next().unwrap_or_default().to_owned(),
            detail: message.summary.clone(),
            class,
            protocol: Protocol::Control,
        }
    }

    fn of_sip(message: &SignallingMessage) -> Self {
        let protocol = Protocol::Sip;
        let Ok(parsed) = Message::parse(&message.raw) else {
            let label = message.summary.clone();
            return Self { label, detail: String::new(), class: Class::Request, protocol };
        };
        let sip = parsed.message;
        let (mut label, class) = match &sip.start_line {
            StartLine::Request { method, .. } => (method.to_string(), Class::Request),
            StartLine::Response { status, reason, .. } => {
                let class = match status {
                    ..=199 => Class::Provisional,
                    200..=299 => Class::Success,
                    300..=399 | 401 | 407 => Class::Challenge,
                    _ => Class::Failure,
                };
                (format!("{status} {reason}").trim_end().to_owned(), class)
            }
        };
        if sip.sdp().is_some() {
            label.push_str(" (SDP)");
        }
        Self { label, detail: sip.start_line.to_string(), class, protocol }
    }
}

/// The columns of each call's two ends.
struct Parties(BTreeMap<CallIndex, (usize, usize)>);

impl Parties {
    /// The caller is who sent the first INVITE, the callee whom its last hop leads to.
    fn of(selection: &Selection<'_>, cast: &mut Cast) -> Self {
        let mut ends: BTreeMap<CallIndex, (usize, usize)> = BTreeMap::new();
        for (_, message) in &selection.messages {
            let Some(call) = message.call else { continue };
            let Ok(parsed) = Message::parse(&message.raw) else { continue };
            let sip = parsed.message;
            let is_first = sip.to().is_none_or(|to| to.tag().is_none());
            if sip.method() != Some(Method::Invite) || !is_first && ends.contains_key(&call) {
                continue;
            }
            let (src, dst) = (cast.line(message.origin.src), cast.line(message.origin.dst));
            let (_, callee) = ends.entry(call).or_insert((src, dst));
            if *callee == src {
                *callee = dst;
            }
        }
        Self(ends)
    }

    fn column(&self, call: CallIndex, party: Party) -> Option<usize> {
        let &(caller, callee) = self.0.get(&call)?;
        Some(if party == Party::Caller { caller } else { callee })
    }
}

/// A stream between the life-lines of its hosts. Where a host has none or several, as behind a
/// gateway or when both phones run on one host, SDP says whose stream it is.
fn band(
    id: usize,
    stream: &Stream,
    parties: &Parties,
    selection: &Selection<'_>,
    cast: &mut Cast,
) -> Band {
    let recording = selection.sessions.iter().find(|(_, session)| {
        session.method == RecordingMethod::Server && session.streams.contains(&id)
    });
    let recording =
        recording.map(|(_, session)| (cast.line(session.phone), cast.line(session.recorder)));
    let of_party = |party: Party| stream.call().and_then(|call| parties.column(call, party));
    let sender = stream.sender();
    let from = cast
        .part_of(stream.src.ip())
        .or_else(|| of_party(sender?))
        .or(recording.map(|(phone, _)| phone));
    let to = cast.part_of(stream.dst.ip()).or_else(|| of_party(sender?.other()));
    let to = to.or(recording.map(|(_, recorder)| recorder));
    let from = from.unwrap_or_else(|| cast.host(stream.src.ip()));
    let to = to.unwrap_or_else(|| cast.host(stream.dst.ip()));
    let numbers = stream.statistics.summary();
    let packets = numbers.packets;
    let plural = if packets == 1 { "" } else { "s" };
    let lost = u64::try_from(numbers.lost).unwrap_or_default();
    let codec = stream.main_payload().map(|payload| payload.format.name.as_ref());
    let profile = if stream.encrypted { "SRTP" } else { "RTP" };
    let codec = codec.filter(|name| !name.is_empty()).unwrap_or("of unknown codec");
    Band {
        start_us: micros(stream.first_ns),
        end_us: micros(stream.last_ns),
        from,
        to,
        label: format!("{profile} {codec}, {packets} packet{plural}, {lost} lost"),
        lost,
        source: Some(id),
    }
}

/// A remark on a recording that failed or broke off: why.
fn recording_end(session: &Session, cast: &mut Cast) -> Option<Note> {
    let (what, rule) = match session.phase {
        Phase::Failed => ("recording failed", rule::BX_S6),
        Phase::BrokenOff => ("recording broken off", rule::BX_S7),
        _ => return None,
    };
    let rule = match session.method {
        RecordingMethod::Server => rule.id,
        RecordingMethod::SipInfo => rule::BX_I3.id,
        RecordingMethod::Active => rule::MX_S10.id,
        RecordingMethod::OnDemand => rule::MX_D1.id,
    };
    Some(Note {
        time_us: micros(session.end_ns.unwrap_or(session.start_ns)),
        actor: Some(cast.line(session.phone)),
        text: format!("{what}: {}", session.reason),
        rule: Some(rule.to_owned()),
    })
}

/// Remarks on what happened in a call, each at the side that did it.
fn course<'a>(
    index: usize,
    call: &'a Call,
    parties: &'a Parties,
) -> impl Iterator<Item = Item> + 'a {
    call.course.events.iter().map(move |event| {
        Item::Note(Note {
            time_us: micros(event.time_ns),
            actor: event.by.and_then(|party| parties.column(CallIndex(index), party)),
            text: event.text.clone(),
            rule: None,
        })
    })
}

/// A connection of which only is known that it is encrypted.
fn tls(connection: &TlsConnection, cast: &mut Cast) -> Band {
    let packets = connection.packets;
    let likely = if connection.is_likely_sip { ", likely SIP" } else { "" };
    Band {
        start_us: micros(connection.start_ns),
        end_us: micros(connection.end_ns),
        from: cast.line(connection.src),
        to: cast.line(connection.dst),
        label: format!("TLS{likely}, {}", count(packets, "packet")),
        lost: 0,
        source: None,
    }
}

/// A remark on a call that failed: why.
fn ending(call: &report::Call, traffic: &Traffic, parties: &Parties) -> Option<Item> {
    let found = traffic.calls.get(call.id)?;
    let said = match call.state {
        CallState::Failed => "failed",
        CallState::Unanswered => "no answer of any kind",
        _ => return None,
    };
    let text = match call.reason.as_str() {
        "" => said.to_owned(),
        reason => format!("{said}: {reason}"),
    };
    Some(Item::Note(Note {
        time_us: micros(found.last_ns),
        actor: parties.column(CallIndex(call.id), Party::Caller),
        text,
        rule: None,
    }))
}

const fn micros(ns: i64) -> i64 {
    ns.div_euclid(1000)
}
