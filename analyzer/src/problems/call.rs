//! What is wrong with a call's media as a whole.

use super::stream::SILENT_S;
use super::{Search, Subject, in_order};
use crate::remarks::Weight::{Fault, Hint};
use crate::report::{CallState, ProblemKind as Kind, milliseconds};
use crate::trace::{Party, Stream};
use crate::wording::duration;

/// A stream that is shorter shows nothing about a call.
const LEAST_NS: i64 = 1_000_000_000;

const PARTIES: [Party; 2] = [Party::Caller, Party::Callee];

impl Search<'_> {
    pub(super) fn of_calls(&mut self) {
        let traffic = self.traffic;
        let mut of_calls: Vec<Vec<&Stream>> = vec![Vec::new(); traffic.calls.len()];
        for stream in &traffic.streams {
            let call = stream.call().and_then(|call| of_calls.get_mut(call.0));
            if let Some(streams) = call {
                streams.push(stream);
            }
        }
        for (id, streams) in of_calls.iter().enumerate() {
            self.of_call(id, streams, &of_calls);
        }
    }

    fn of_call(&mut self, id: usize, streams: &[&Stream], of_calls: &[Vec<&Stream>]) {
        let traffic = self.traffic;
        let Some(call) = traffic.calls.get(id) else { return };
        if !matches!(call.state(), CallState::Completed | CallState::Established) {
            return;
        }
        if streams.is_empty() {
            let legs = self.report.calls.get(id).map(|call| call.correlated.as_slice());
            let mut legs = legs.into_iter().flatten();
            if legs.any(|leg| of_calls.get(leg.call).is_some_and(|streams| !streams.is_empty())) {
                // Media that goes past an agent is that of all legs, and counted with one.
                return;
            }
            let text = format!("call {id} was answered, but the capture has none of its media");
            self.say(Kind::NoMedia, Hint, Subject::Call(id), &[], None, text);
            return;
        }
        // Ring-back before the answer is no conversation.
        let answer_ns = call.setup_ns().map_or(i64::MIN, |setup| call.start_ns + setup);
        let talks = |stream: &&&Stream| {
            stream.last_ns.saturating_sub(answer_ns.max(stream.first_ns)) >= LEAST_NS
        };
        let [of_caller, of_callee] = PARTIES.map(|party| -> Vec<&Stream> {
            let sent = streams.iter().filter(|stream| stream.sender() == Some(party));
            sent.filter(talks).copied().collect()
        });
        for (party, theirs, others) in
            [(Party::Caller, &of_caller, &of_callee), (Party::Callee, &of_callee, &of_caller)]
        {
            let Some(other) = others.first() else { continue };
            let sends = streams.iter().any(|stream| stream.sender() == Some(party));
            if !sends && !streams.iter().any(|stream| is_answer_to(stream, other)) {
                self.one_way(id, party, other);
            } else if !theirs.is_empty() {
                self.silent_side(id, party, theirs, others);
            }
        }
    }

    /// `missing` sends nothing: a fault where SDP says that it would.
    fn one_way(&mut self, id: usize, missing: Party, other: &Stream) {
        let Some(said) = self.descriptions.get(id) else { return };
        let audio = |party: Party| {
            let of_party = said.iter().filter(move |(who, what)| *who == party && what.is_audio);
            of_party.map(|(_, declaration)| *declaration)
        };
        let Some(promise) = audio(missing).find(|declared| declared.direction.sends()) else {
            return;
        };
        if !audio(missing.other()).any(|other| other.direction.receives()) {
            return;
        }
        let packets = in_order(promise.packet, other.first_packet);
        let when = Some((other.first_ns, other.last_ns));
        let text = format!(
            "call {id} has media one way only, from {}: {} sends none",
            other.src.ip(),
            missing.name()
        );
        self.say(Kind::OneWayAudio, Fault, Subject::Call(id), &packets, when, text);
    }

    fn silent_side(&mut self, id: usize, party: Party, theirs: &[&Stream], others: &[&Stream]) {
        let is_silent = theirs.iter().all(|stream| stream.watch.sound.is_silent(1));
        let lasted: u32 = theirs.iter().map(|stream| stream.watch.sound.silent).sum();
        let is_heard = others.iter().any(|stream| stream.watch.sound.audible > 0);
        let Some(silence) = theirs.iter().find_map(|stream| stream.watch.sound.longest_silence)
        else {
            return;
        };
        if !is_silent || lasted < SILENT_S || !is_heard {
            return;
        }
        let when = Some((silence.from_ns, silence.to_ns));
        let text = format!(
            "call {id}: {} sends nothing but silence for {}, and the other side can be heard",
            party.name(),
            duration(milliseconds(i64::from(lasted) * 1_000_000_000)),
        );
        let packets = [silence.packet];
        self.say(Kind::OneWaySilence, Fault, Subject::Call(id), &packets, when, text);
        if let Some(said) = self.silent_side_said.get_mut(id) {
            *said = true;
        }
    }
}

/// Whether two streams run to and fro between the same two hosts: through a relay that SDP does not
/// name, both can seem to come from one side.
fn is_answer_to(stream: &Stream, other: &Stream) -> bool {
    let [from, to] = [stream.src.ip(), stream.dst.ip()];
    from != to && (from, to) == (other.dst.ip(), other.src.ip())
}
