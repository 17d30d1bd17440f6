//! Names what is wrong with media, from what was watched in its streams and said in SDP.

mod call;
mod sdp;
mod stream;

pub(crate) use stream::STEADINESS;

use crate::remarks::Weight;
use crate::report::{Problem, ProblemKind, Report, seconds};
use crate::trace::{Declaration, Party, Side, Traffic};

/// Most problems listed in a report.
const MOST: usize = 10_000;

/// Finds the problems of a capture whose streams and calls `report` has already; those beyond a
/// bound are counted.
pub(crate) fn find(traffic: &Traffic, report: &Report) -> (Vec<Problem>, u64) {
    let mut search = Search {
        traffic,
        report,
        descriptions: descriptions(traffic),
        silent_side_said: vec![false; traffic.calls.len()],
        sessions: sessions(report),
        found: Vec::new(),
        omitted: 0,
    };
    search.of_calls();
    for id in 0..report.streams.len() {
        search.of_stream(id);
    }
    search.changes_of_ssrc();
    (search.found, search.omitted)
}

struct Search<'a> {
    traffic: &'a Traffic,
    report: &'a Report,
    /// What was declared in each call, by index.
    descriptions: Vec<Vec<(Party, &'a Declaration)>>,
    /// Calls of which it was said that one side is silent.
    silent_side_said: Vec<bool>,
    /// The recording session of each stream.
    sessions: Vec<Option<usize>>,
    found: Vec<Problem>,
    omitted: u64,
}

/// What a problem is about.
#[derive(Clone, Copy)]
enum Subject {
    Call(usize),
    Stream(usize),
}

impl Search<'_> {
    fn say(
        &mut self,
        kind: ProblemKind,
        severity: Weight,
        subject: Subject,
        packets: &[u64],
        ns: Option<(i64, i64)>,
        text: String,
    ) {
        if self.found.len() >= MOST {
            self.omitted += 1;
            return;
        }
        let (call, stream) = match subject {
            Subject::Call(call) => (Some(call), None),
            Subject::Stream(id) => (self.report.streams.get(id).and_then(|s| s.call), Some(id)),
        };
        self.found.push(Problem {
            kind,
            severity,
            text,
            call,
            stream,
            session: stream.and_then(|stream| self.sessions.get(stream).copied().flatten()),
            packets: packets.iter().copied().filter(|&packet| packet > 0).collect(),
            from: ns.map(|(from, _)| seconds(from)),
            to: ns.map(|(_, to)| seconds(to)),
        });
    }
}

/// Two packets, the earlier first.
fn in_order(a: u64, b: u64) -> [u64; 2] {
    [a.min(b), a.max(b)]
}

fn descriptions(traffic: &Traffic) -> Vec<Vec<(Party, &Declaration)>> {
    let mut of_calls = vec![Vec::new(); traffic.calls.len()];
    for declaration in traffic.declarations.iter() {
        if let Side::Party(call, party) = declaration.side
            && let Some(of_call) = of_calls.get_mut(call.0)
        {
            of_call.push((party, declaration));
        }
    }
    of_calls
}

fn sessions(report: &Report) -> Vec<Option<usize>> {
    let mut sessions = vec![None; report.streams.len()];
    for (index, session) in report.recording_sessions.iter().enumerate() {
        for &stream in &session.streams {
            if let Some(of_stream) = sessions.get_mut(stream) {
                *of_stream = Some(index);
            }
        }
    }
    sessions
}
