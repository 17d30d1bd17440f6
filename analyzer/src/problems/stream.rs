//! What is wrong with a stream by itself.

use super::{Search, Subject};
use crate::remarks::Weight::{Fault, Hint};
use crate::report::{self, ProblemKind as Kind};
use crate::trace::{FastMap, Owner, Places, Stream};
use crate::wording::{count, duration};
use std::net::IpAddr;

/// Share of lost packets, in percent, from which speech suffers.
const LOSS_PERCENT: f64 = 1.0;
/// Jitter, in ms, that common jitter buffers do not take up.
const JITTER_MS: f64 = 30.0;
/// Round trip, in ms, from which speakers begin to interrupt each other (G.114: 150 ms one way).
const ROUND_TRIP_MS: f64 = 300.0;
/// MOS below which many users are dissatisfied (G.107 annex B).
const MOS: f64 = 3.6;
/// Seconds of nothing but silence, from which a stream is called silent.
pub(super) const SILENT_S: u32 = 5;
/// Silence that is longer than a listener's, in an otherwise audible stream.
const LONG_SILENCE_NS: i64 = 30_000_000_000;
/// Clipped seconds in a hundred, from which it is no accident, and how many at least.
const CLIPPED_PERCENT: u64 = 5;
const LEAST_CLIPPED: u64 = 2;
/// Drift that empties or fills a jitter buffer within a call: 12 ms a minute. Ordinary crystals
/// stay below 100.
const SKEW_PPM: f64 = 200.0;
/// Share of the fastest packets' ways that a drift must explain to be called one.
pub(crate) const STEADINESS: f64 = 0.9;
/// Time between the last packet of one SSRC and the first of the next, in which one follows the
/// other.
const FOLLOWS_NS: std::ops::Range<i64> = -200_000_000..10_000_000_000;

impl Search<'_> {
    /// Streams to an address among which the one before is looked for.
    const LOOKED_BACK: usize = 64;

    pub(super) fn of_stream(&mut self, id: usize) {
        let (traffic, report) = (self.traffic, self.report);
        let (Some(found), Some(shown)) = (traffic.streams.get(id), report.streams.get(id)) else {
            return;
        };
        self.in_numbers(id, found, shown);
        self.in_reports(id, found, shown);
        if !found.encrypted {
            self.in_sound(id, found);
        }
        self.in_course(id, found);
        self.against_sdp(id, found);
    }

    fn in_numbers(&mut self, id: usize, found: &Stream, shown: &report::Stream) {
        let about = Subject::Stream(id);
        if shown.lost_percent >= LOSS_PERCENT {
            let gaps = found.watch.incidents().map(|incidents| &incidents.gaps);
            let packets = gaps.map(Places::packets).unwrap_or_default();
            let when = gaps.map(|gaps| (gaps.first_ns, gaps.last_ns));
            let report::Stream { lost, expected, lost_percent, .. } = shown;
            let text =
                format!("stream {id} lost {lost} of {expected} packets ({lost_percent:.1} %)");
            self.say(Kind::Loss, Fault, about, packets, when, text);
        }
        if shown.jitter_ms.max >= JITTER_MS {
            let text = format!("stream {id} had a jitter of up to {:.1} ms", shown.jitter_ms.max);
            self.say(Kind::Jitter, Hint, about, &[found.watch.jitter_packet], None, text);
        }
        if let Some(mos) = shown.mos.filter(|mos| *mos < MOS) {
            let text = format!("stream {id} sounds poor: estimated MOS {mos:.2}");
            self.say(Kind::PoorQuality, Fault, about, &[], None, text);
        }
        if shown.encrypted {
            let text = if found.watch.looks_encrypted() {
                format!("stream {id} is likely encrypted (SRTP): its packets end in a tag")
            } else {
                format!("stream {id} is encrypted (SRTP) and cannot be heard")
            };
            self.say(Kind::Encrypted, Hint, about, &[found.first_packet], None, text);
        }
        if let Some(estimate) = found.watch.skew()
            && estimate.ppm.abs() >= SKEW_PPM
            && estimate.steadiness >= STEADINESS
        {
            let ppm = estimate.ppm.abs();
            let way = if estimate.ppm > 0.0 { "fast" } else { "slow" };
            let text = format!(
                "stream {id}: its sender’s clock is {ppm:.0} ppm {way}, {:.0} ms a minute",
                ppm * 0.06
            );
            self.say(Kind::ClockSkew, Hint, about, &[], None, text);
        }
    }

    fn in_reports(&mut self, id: usize, found: &Stream, shown: &report::Stream) {
        let (Some(rtcp), Some(feedback)) = (&shown.rtcp, &found.feedback) else { return };
        let about = Subject::Stream(id);
        let loss = rtcp.worst_loss_percent;
        if loss >= LOSS_PERCENT {
            let text = format!("stream {id}: its receiver reports losing up to {loss:.1} %");
            let packet = feedback.worst_loss_packet;
            self.say(Kind::RemoteLoss, Fault, about, &[packet], None, text);
        }
        if let Some(mos) = rtcp.mos.filter(|mos| *mos < MOS) {
            let text = format!("stream {id}: its receiver reports a MOS of {mos:.1}");
            self.say(Kind::PoorQuality, Fault, about, &[], None, text);
        }
        if let Some(trip) = rtcp.round_trip_ms.filter(|trip| trip.max >= ROUND_TRIP_MS) {
            let trip = duration(trip.max);
            let text = format!("stream {id}: its receiver is up to {trip} away and back");
            self.say(Kind::Delay, Hint, about, &[], None, text);
        }
    }

    fn in_sound(&mut self, id: usize, found: &Stream) {
        let about = Subject::Stream(id);
        let sound = &found.watch.sound;
        let is_silent = sound.is_silent(SILENT_S);
        if let Some(silence) = sound.longest_silence {
            let when = Some((silence.from_ns, silence.to_ns));
            let lasted = duration(report::milliseconds(silence.ns()));
            if is_silent && !self.is_said_of_call(found) {
                let text = format!("stream {id} holds nothing but silence ({lasted})");
                self.say(Kind::Silence, Fault, about, &[silence.packet], when, text);
            } else if !is_silent && silence.ns() >= LONG_SILENCE_NS {
                let text = format!("stream {id} is silent for {lasted} on end");
                self.say(Kind::Silence, Hint, about, &[silence.packet], when, text);
            }
        }
        let clipped = &sound.clipped;
        let heard = u64::from(sound.silent) + u64::from(sound.audible);
        if clipped.count >= LEAST_CLIPPED && clipped.count * 100 >= heard * CLIPPED_PERCENT {
            let when = Some((clipped.first_ns, clipped.last_ns));
            let text = format!(
                "stream {id} is overdriven: it is clipped in {} of {heard} seconds",
                clipped.count
            );
            self.say(Kind::Clipping, Hint, about, clipped.packets(), when, text);
        }
    }

    /// Whether the silence of the stream is a problem of its call, named there.
    fn is_said_of_call(&self, found: &Stream) -> bool {
        found.call().is_some_and(|call| self.silent_side_said.get(call.0) == Some(&true))
    }

    fn in_course(&mut self, id: usize, found: &Stream) {
        let about = Subject::Stream(id);
        let Some(incidents) = found.watch.incidents() else { return };
        let (restarts, pauses) = (&incidents.restarts, &incidents.pauses);
        let duplicates = &incidents.duplicates;
        for (kind, places) in
            [(Kind::Restart, restarts), (Kind::Pause, pauses), (Kind::Duplicates, duplicates)]
        {
            if places.count == 0 {
                continue;
            }
            let text = match kind {
                Kind::Restart => format!(
                    "stream {id} began anew {}: its sequence or timestamps jumped",
                    count(places.count, "time")
                ),
                Kind::Pause => format!(
                    "stream {id} fell silent on the wire {} for 5 s or more",
                    count(places.count, "time")
                ),
                _ => {
                    format!("stream {id}: {} came more than once", count(places.count, "packet"))
                }
            };
            let when = Some((places.first_ns, places.last_ns));
            self.say(kind, Hint, about, places.packets(), when, text);
        }
    }

    /// Streams that take over from another one between the same ends.
    pub(super) fn changes_of_ssrc(&mut self) {
        let traffic = self.traffic;
        // Streams come by their first packet, so the last one to an address is the one before.
        let mut by_receiver: FastMap<(IpAddr, u16), Vec<u32>> = FastMap::default();
        for (number, stream) in (0..).zip(&traffic.streams) {
            let here = by_receiver.entry((stream.dst.ip(), stream.dst.port())).or_default();
            let earlier = here.iter().rev().take(Self::LOOKED_BACK);
            let before = earlier
                .filter_map(|&before| Some((before, traffic.streams.get(before as usize)?)))
                .find(|(_, before)| before.src == stream.src);
            here.push(number);
            let Some((before_id, before)) = before else { continue };
            let pause = stream.first_ns.saturating_sub(before.last_ns);
            if !FOLLOWS_NS.contains(&pause) || !same_owner(before, stream) {
                continue;
            }
            let text =
                format!("stream {number} goes on from stream {before_id} under another SSRC");
            let when = Some((before.last_ns, stream.first_ns));
            let about = Subject::Stream(number as usize);
            self.say(Kind::SsrcChange, Hint, about, &[stream.first_packet], when, text);
        }
    }
}

fn same_owner(a: &Stream, b: &Stream) -> bool {
    match (a.owner, b.owner) {
        (Some(Owner::Call(a, _)), Some(Owner::Call(b, _))) => a == b,
        (a, b) => a == b,
    }
}
