//! RTP that no signalling announced, recognised by how it looks and then by how it goes on.
//!
//! [`looks_like_rtp`] costs a few comparisons and passes one random datagram in some twenty;
//! [`Validator`] then asks several packets of one address pair to agree, as RFC 3550 A.1 does.

use super::{Header, Packet, Ssrc, payload, rtcp};

/// Whether a UDP payload could be an RTP packet: version 2, a payload type that RTP uses, room for
/// what the header announces, and something to carry. RTCP (RFC 5761), STUN, DTLS (RFC 7983) and
/// text do not pass.
#[must_use]
pub fn looks_like_rtp(bytes: &[u8]) -> bool {
    if rtcp::looks_like_rtcp(bytes) {
        return false;
    }
    Packet::parse(bytes).is_ok_and(|packet| {
        !packet.payload.is_empty() && is_plausible_payload_type(packet.payload_type)
    })
}

fn is_plausible_payload_type(payload_type: u8) -> bool {
    payload_type >= payload::FIRST_DYNAMIC || payload::static_payload(payload_type).is_some()
}

/// What a [`Validator`] holds of its packets so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// More packets are needed.
    Undecided,
    /// They are a stream.
    Rtp,
    /// They are something else; for good.
    NotRtp,
}

/// Decides whether the datagrams of one address pair are RTP, from a handful of them.
///
/// Datagrams that do not pass [`looks_like_rtp`] are not shown to it, except perhaps to count: a
/// port may carry STUN and RTCP besides.
#[derive(Clone, Debug)]
pub struct Validator {
    last: Option<Header>,
    run: u8,
    misses: u8,
    verdict: Verdict,
}

impl Default for Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Validator {
    /// Packets in a row, the first included, that make a stream. RFC 3550 asks for two where a port
    /// is known to be RTP's; without signalling a chance hit has to be made unlikely.
    pub const RUN: u8 = 4;
    /// Packets out of the row after which the verdict is against RTP.
    pub const MISSES: u8 = 16;
    /// Numbers that a packet may be ahead and still continue the row.
    const STEP: i16 = 8;

    /// A validator that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None, run: 0, misses: 0, verdict: Verdict::Undecided }
    }

    /// The verdict so far; once it is given it stays.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The sender that the row belongs to.
    #[must_use]
    pub fn ssrc(&self) -> Option<Ssrc> {
        self.last.map(|header| header.ssrc)
    }

    /// Takes in the next packet.
    pub fn on_packet(&mut self, packet: &Header) -> Verdict {
        if self.verdict != Verdict::Undecided {
            return self.verdict;
        }
        match self.last.map(|last| relation(&last, packet)) {
            Some(Relation::Continues) => self.run += 1,
            // Neither for nor against: end packets of RFC 4733 events come thrice.
            Some(Relation::Repeats) => return self.verdict,
            Some(Relation::Stranger) => {
                self.misses += 1;
                self.run = 1;
            }
            None => self.run = 1,
        }
        self.last = Some(*packet);
        if self.run >= Self::RUN {
            self.verdict = Verdict::Rtp;
        } else if self.misses >= Self::MISSES {
            self.verdict = Verdict::NotRtp;
        }
        self.verdict
    }
}

enum Relation {
    Continues,
    Repeats,
    Stranger,
}

fn relation(last: &Header, next: &Header) -> Relation {
    if last.ssrc != next.ssrc {
        return Relation::Stranger;
    }
    match next.sequence.distance_from(last.sequence) {
        0 if next.timestamp == last.timestamp => Relation::Repeats,
        1..=Validator::STEP if next.timestamp.distance_from(last.timestamp) >= 0 => {
            Relation::Continues
        }
        _ => Relation::Stranger,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::{RtpTime, SequenceNumber};
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn header(n: u16) -> Header {
        Header {
            sequence: SequenceNumber(n),
            timestamp: RtpTime(u32::from(n) * 160),
            ssrc: Ssrc(7),
            ..Header::default()
        }
    }

    fn with_payload(header: Header) -> Vec<u8> {
        [&header.write()[..], &[0xFF; 160]].concat()
    }

    #[test]
    fn audio_passes_and_other_traffic_does_not() {
        let rtcp = [&[0x80, 200, 0, 6][..], &[0; 24]].concat();
        let stun = [&[0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42][..], &[0; 20]].concat();
        let dtls = [&[22, 0xFE, 0xFD][..], &[0; 40]].concat();
        let reserved = with_payload(Header { payload_type: 72, ..header(1) });
        let cases: [(&str, &[u8], bool); 8] = [
            ("PCMU", &with_payload(header(1)), true),
            ("dynamic", &with_payload(Header { payload_type: 111, ..header(1) }), true),
            ("RTCP", &rtcp, false),
            ("STUN", &stun, false),
            ("DTLS", &dtls, false),
            ("SIP", b"INVITE sip:a@example.com SIP/2.0\r\n", false),
            ("reserved payload type", &reserved, false),
            ("no payload", &header(1).write(), false),
        ];
        for (what, bytes, expected) in cases {
            assert_eq!(looks_like_rtp(bytes), expected, "{what}");
        }
    }

    #[test]
    fn four_packets_in_a_row_make_a_stream() {
        let mut validator = Validator::new();
        let verdicts: Vec<_> = (0..5).map(|n| validator.on_packet(&header(n))).collect();
        assert_eq!(verdicts[..3], [Verdict::Undecided; 3]);
        assert_eq!(verdicts[3..], [Verdict::Rtp; 2]);
        assert_eq!(validator.ssrc(), Some(Ssrc(7)));
    }

    #[test]
    fn losses_and_repeats_do_not_break_the_row() {
        let mut validator = Validator::new();
        for n in [65_534u16, 65_535, 65_535, 2] {
            let at = n.wrapping_add(10);
            let header = Header { timestamp: RtpTime(u32::from(at)), ..header(n) };
            assert_eq!(validator.on_packet(&header), Verdict::Undecided);
        }
        let header = Header { timestamp: RtpTime(99), ..header(3) };
        assert_eq!(validator.on_packet(&header), Verdict::Rtp);
    }

    #[test]
    fn unrelated_packets_are_given_up() {
        let mut validator = Validator::new();
        for n in 0..=u16::from(Validator::MISSES) {
            validator.on_packet(&header(n * 100));
        }
        assert_eq!(validator.verdict(), Verdict::NotRtp);
        assert_eq!(validator.on_packet(&header(1)), Verdict::NotRtp);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = looks_like_rtp(&bytes);
        }
    }
}
