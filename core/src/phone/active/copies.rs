//! The copies of a call's sound on their way to the recorder.

use core::net::SocketAddr;
use core::time::Duration;

use super::super::media::{Mixer, Stream};
use crate::codec::Codec;
use crate::machine::{Outbox, Side, Uncompared};
use crate::random::Random;
use crate::rtp::Ssrc;
use crate::rule;
use crate::sdp::forwarding::Copy;
use crate::time::Instant;

/// Silence in the feed after which timestamps are moved on by the time that passed: the call was
/// over, or on hold.
const PAUSE: Duration = Duration::from_millis(100);

/// Makes RTP of what the phone sends and receives, and sends it where the recorder wants it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub(super) struct Copies {
    /// Whether the recorder takes a mix, which goes out as what is sent.
    is_mix: bool,
    sent: Leg,
    received: Leg,
    mixer: Mixer,
}

/// One side of the call: all that a frame of its sound needs lies together, as a thousand phones
/// take turns in a simulation, and what lies apart is a line of the processor's cache each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Leg {
    stream: Stream,
    /// From where to where the packets go, if anybody wants them.
    way: Option<(SocketAddr, SocketAddr)>,
    /// When sound of this side last came; only timestamps depend on it.
    fed: Uncompared<Option<Instant>>,
}

impl Copies {
    pub(super) fn new(codec: Codec, packet_time: Duration, random: &mut Random) -> Self {
        let mut leg = || Leg {
            stream: Stream::new(codec, packet_time, random),
            way: None,
            fed: Uncompared::default(),
        };
        Self { sent: leg(), received: leg(), is_mix: false, mixer: Mixer::new(codec.sample_rate()) }
    }

    /// The SSRCs of what is sent and what is received.
    pub(super) const fn ssrcs(&self) -> [Ssrc; 2] {
        [self.sent.stream.ssrc(), self.received.stream.ssrc()]
    }

    /// From now on the copies go there.
    pub(super) fn redirect(&mut self, to: &[Copy]) {
        let way = |side| {
            let copy = to.iter().find(|copy| copy.side == side);
            copy.map(|copy| (copy.source, copy.destination))
        };
        let mix = way(Side::Mixed);
        self.is_mix = mix.is_some();
        self.sent.way = mix.or_else(|| way(Side::Sent));
        self.received.way = way(Side::Received);
    }

    /// Takes sound and sends what makes whole packets.
    pub(super) fn feed(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        let leg = match side {
            _ if self.is_mix => return self.feed_mix(now, side, samples, outbox),
            Side::Sent => &mut self.sent,
            Side::Received => &mut self.received,
            // Nobody wants a mix.
            Side::Mixed => return self.sent.skip(now, samples),
        };
        let Some((source, destination)) = leg.way else { return leg.skip(now, samples) };
        let last = leg.fed.replace(now);
        leg.catch_up(now, last);
        let mut rest = samples;
        while let Some((whole, behind)) = leg.stream.split_whole(rest) {
            outbox.datagram_with(source, destination, rule::MX_1, |bytes| {
                leg.stream.write_directly(whole, bytes);
            });
            rest = behind;
        }
        leg.stream.push(rest);
        leg.send_ready(outbox);
    }

    fn feed_mix(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        let last = (*self.sent.fed).max(*self.received.fed);
        match side {
            Side::Received => *self.received.fed = Some(now),
            Side::Sent | Side::Mixed => *self.sent.fed = Some(now),
        }
        self.sent.catch_up(now, last);
        self.mixer.push(side, samples);
        self.mixer.mix_into(&mut self.sent.stream);
        self.sent.send_ready(outbox);
    }
}

impl Leg {
    /// Lets sound pass that nobody wants: the clock goes on.
    fn skip(&mut self, now: Instant, samples: &[i16]) {
        let last = self.fed.replace(now);
        self.catch_up(now, last);
        self.stream.skip(samples.len());
    }

    /// After a pause, moves the timestamps on by the time that it took (RFC 3550 5.1).
    fn catch_up(&mut self, now: Instant, last: Option<Instant>) {
        let passed = last.map(|last| now - last).unwrap_or_default();
        if passed > PAUSE {
            let per_second = u128::from(self.stream.codec().sample_rate());
            let samples = passed.as_micros() * per_second / 1_000_000;
            self.stream.skip(usize::try_from(samples).unwrap_or(usize::MAX));
        }
    }

    fn send_ready(&mut self, outbox: &mut Outbox) {
        let Some((source, destination)) = self.way else { return };
        while self.stream.is_ready() {
            outbox.datagram_with(source, destination, rule::MX_1, |bytes| {
                self.stream.write_packet(bytes);
            });
        }
    }
}
