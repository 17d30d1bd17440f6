//! What streams do that their SDP does not say.

use super::{Search, Subject, in_order};
use crate::remarks::Weight::{Fault, Hint};
use crate::report::{ProblemKind as Kind, milliseconds_of};
use crate::trace::{Declaration, Format, Owner, Stream};
use crate::wording::duration;
use recscope_core::rtp::payload;
use recscope_core::rtp::statistics::Role;
use std::time::Duration;

/// Fewer packets of a payload type are left over from a change, or damaged.
const LEAST_PACKETS: u64 = 3;

/// What the two ends of a stream said about it, in order.
struct Terms<'a> {
    /// Of the address that the stream goes to.
    receiver: Vec<&'a Declaration>,
    /// Of all that its sender said in the call.
    sender: Vec<&'a Declaration>,
}

impl Search<'_> {
    pub(super) fn against_sdp(&mut self, id: usize, found: &Stream) {
        let Some(owner) = found.owner else {
            self.unowned(id, found);
            return;
        };
        let Owner::Call(call, party) = owner else { return };
        let Some(said) = self.descriptions.get(call.0) else { return };
        let of = |who| said.iter().filter(move |(party, _)| *party == who).map(|(_, what)| *what);
        let receiver_said: Vec<&Declaration> = of(party.other()).collect();
        let terms = Terms {
            receiver: receiver_said
                .iter()
                .filter(|declared| declared.address == found.dst)
                .copied()
                .collect(),
            sender: of(party).collect(),
        };
        if terms.receiver.is_empty() {
            self.misdirected(id, found, receiver_said.last().copied());
            return;
        }
        for used in &found.payloads {
            if used.packets >= LEAST_PACKETS
                && let Some(text) = mismatch(id, &used.format, &terms)
            {
                let packets = [used.since_packet];
                self.say(Kind::CodecMismatch, Fault, Subject::Stream(id), &packets, None, text);
            }
        }
        self.packet_length(id, found, &terms);
    }

    /// A stream of no call, though there is one at the time whose SDP was captured.
    fn unowned(&mut self, id: usize, found: &Stream) {
        let first_said = self.traffic.declarations.iter().map(|declared| declared.packet).min();
        let is_meanwhile = self
            .traffic
            .calls
            .iter()
            .any(|call| call.start_ns <= found.first_ns && found.first_ns <= call.last_ns);
        if is_meanwhile && first_said.is_some_and(|said| said < found.first_packet) {
            let text = format!("stream {id} goes to {}, which no SDP names", found.dst);
            let packets = [found.first_packet];
            self.say(Kind::UnannouncedMedia, Hint, Subject::Stream(id), &packets, None, text);
        }
    }

    /// A stream from where its call says, to where it does not.
    fn misdirected(&mut self, id: usize, found: &Stream, asked: Option<&Declaration>) {
        let Some(asked) = asked else { return };
        let text = format!(
            "stream {id} goes to {}, where the SDP in packet {} asks for {}",
            found.dst, asked.packet, asked.address
        );
        let packets = in_order(asked.packet, found.first_packet);
        self.say(Kind::UnannouncedMedia, Hint, Subject::Stream(id), &packets, None, text);
    }

    fn packet_length(&mut self, id: usize, found: &Stream, terms: &Terms<'_>) {
        let Some(ptime) = found.packet_time() else { return };
        let mut asked = terms.receiver.iter().filter_map(|d| Some((d.ptime?, d.packet)));
        let Some((wanted, packet)) = asked.next() else { return };
        // Sampled clocks do not always divide evenly into milliseconds.
        let same = |wanted: Duration| wanted.abs_diff(ptime) < Duration::from_millis(1);
        if same(wanted) || asked.any(|(wanted, _)| same(wanted)) {
            return;
        }
        let [ptime, wanted] = [ptime, wanted].map(|time| duration(milliseconds_of(time)));
        let text = format!(
            "stream {id} has {ptime} of audio in a packet, the SDP in packet {packet} asks for {wanted}"
        );
        let packets = [packet];
        self.say(Kind::PtimeMismatch, Hint, Subject::Stream(id), &packets, None, text);
    }
}

/// What is wrong about a payload type in use, if anything is.
fn mismatch(id: usize, used: &Format, terms: &Terms<'_>) -> Option<String> {
    if used.role == Role::ComfortNoise {
        // Sent and received without a word in SDP by many.
        return None;
    }
    let payload_type = used.payload_type;
    let to_receiver = meanings(&terms.receiver, payload_type);
    let Some(latest) = to_receiver.last() else {
        let name = if used.name.is_empty() { String::new() } else { format!(" ({})", used.name) };
        return Some(format!(
            "stream {id} carries payload type {payload_type}{name}, which its receiver’s SDP does \
             not list"
        ));
    };
    if terms.sender.is_empty() {
        return None;
    }
    let lists_codec = |declared: &&Declaration| {
        declared.formats.iter().any(|format| {
            to_receiver.iter().any(|meant| {
                meant.name.eq_ignore_ascii_case(&format.name) && meant.clock == format.clock
            })
        })
    };
    if !terms.sender.iter().any(lists_codec) {
        if used.role == Role::Media {
            return Some(format!(
                "stream {id} carries {}, which its sender’s own SDP does not list",
                latest.name
            ));
        }
        return None;
    }
    // A dynamic number may mean one thing to the sender and another to the receiver, who is right.
    let to_sender = meanings(&terms.sender, payload_type);
    let other = to_sender.last().filter(|_| payload_type >= payload::FIRST_DYNAMIC)?;
    let agree = |meant: &&Format| {
        to_sender.iter().any(|other| other.name.eq_ignore_ascii_case(&meant.name))
    };
    (!to_receiver.iter().any(agree)).then(|| {
        format!(
            "payload type {payload_type} of stream {id} is {} to its receiver, but {} to its sender",
            latest.name, other.name
        )
    })
}

/// What `said` has for a payload type, in order.
fn meanings<'a>(said: &[&'a Declaration], payload_type: u8) -> Vec<&'a Format> {
    said.iter().filter_map(|declared| declared.format(payload_type)).collect()
}
