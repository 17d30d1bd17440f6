//! The copies of a call's sound on their way to the recorder.

use alloc::vec::Vec;
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
pub(super) struct Copies {
    sent: Stream,
    received: Stream,
    /// In use where the recorder takes a mix, which goes out as what is sent.
    mixer: Mixer,
    to: Vec<Copy>,
    /// When sound last came, of either side; only timestamps depend on it.
    fed: Uncompared<[Option<Instant>; 2]>,
}

impl Copies {
    pub(super) fn new(codec: Codec, packet_time: Duration, random: &mut Random) -> Self {
        Self {
            sent: Stream::new(codec, packet_time, random),
            received: Stream::new(codec, packet_time, random),
            mixer: Mixer::new(codec.sample_rate()),
            to: Vec::new(),
            fed: Uncompared::default(),
        }
    }

    /// The SSRCs of what is sent and what is received.
    pub(super) const fn ssrcs(&self) -> [Ssrc; 2] {
        [self.sent.ssrc(), self.received.ssrc()]
    }

    /// From now on the copies go there.
    pub(super) fn redirect(&mut self, to: Vec<Copy>) {
        self.to = to;
    }

    /// Takes sound and sends what makes whole packets.
    pub(super) fn feed(&mut self, now: Instant, side: Side, samples: &[i16], outbox: &mut Outbox) {
        let is_mix = self.to.iter().any(|copy| copy.side == Side::Mixed);
        self.catch_up(now, side, is_mix);
        let wanted = if is_mix { Side::Mixed } else { side };
        let copy = self.to.iter().find(|copy| copy.side == wanted);
        let stream = match wanted {
            Side::Received => &mut self.received,
            Side::Sent | Side::Mixed => &mut self.sent,
        };
        let Some(copy) = copy else {
            // Nobody wants this side, but its clock goes on.
            stream.skip(samples.len());
            return;
        };
        if is_mix {
            self.mixer.push(side, samples);
            self.mixer.mix_into(stream);
        } else {
            let mut rest = samples;
            while let Some((whole, behind)) = stream.split_whole(rest) {
                outbox.datagram_with(copy.source, copy.destination, rule::MX_1, |bytes| {
                    stream.write_directly(whole, bytes);
                });
                rest = behind;
            }
            stream.push(rest);
        }
        while stream.is_ready() {
            outbox.datagram_with(copy.source, copy.destination, rule::MX_1, |bytes| {
                stream.write_packet(bytes);
            });
        }
    }

    /// After a pause, moves the timestamps on by the time that it took (RFC 3550 5.1).
    fn catch_up(&mut self, now: Instant, side: Side, is_mix: bool) {
        let (stream, at) = match side {
            Side::Received if !is_mix => (&mut self.received, 1),
            Side::Received => (&mut self.sent, 1),
            Side::Sent | Side::Mixed => (&mut self.sent, 0),
        };
        let last = if is_mix {
            self.fed.iter().copied().max().flatten()
        } else {
            self.fed.get(at).copied().flatten()
        };
        let passed = last.map(|last| now - last).unwrap_or_default();
        if passed > PAUSE {
            let samples = passed.as_micros() * u128::from(stream.codec().sample_rate()) / 1_000_000;
            stream.skip(usize::try_from(samples).unwrap_or(usize::MAX));
        }
        if let Some(fed) = self.fed.get_mut(at) {
            *fed = Some(now);
        }
    }
}
