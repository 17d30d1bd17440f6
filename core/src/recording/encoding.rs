//! What the codecs that a header can name look like in RTP: enough to read a recording block by
//! block, also where its sound cannot be decoded.

/// RTP facts of a codec (RFC 3551 and the codecs' own payload formats).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Name in SDP and in the recording's header.
    pub name: &'static str,
    /// Static RTP payload type; `None` where signalling chooses one.
    pub payload_type: Option<u8>,
    /// RTP timestamp units per second.
    pub clock: u32,
    /// Payload bytes per timestamp units, for codecs of fixed rates.
    frames: &'static [(u32, u32)],
}

const fn encoding(
    name: &'static str,
    payload_type: Option<u8>,
    clock: u32,
    frames: &'static [(u32, u32)],
) -> Encoding {
    Encoding { name, payload_type, clock, frames }
}

/// The codecs that are met in headers (BX-L3), and a few that phones offer.
const ENCODINGS: [Encoding; 16] = [
    encoding("PCMU", Some(0), 8000, &[(1, 1)]),
    encoding("PCMA", Some(8), 8000, &[(1, 1)]),
    encoding("G722", Some(9), 8000, &[(1, 1)]),
    encoding("G729", Some(18), 8000, &[(10, 80)]),
    encoding("G723", Some(4), 8000, &[(24, 240), (20, 240)]),
    encoding("G726-16", None, 8000, &[(1, 4)]),
    encoding("G726-24", None, 8000, &[(3, 8)]),
    encoding("G726-32", None, 8000, &[(1, 2)]),
    encoding("G726-40", None, 8000, &[(5, 8)]),
    encoding("G728", Some(15), 8000, &[(5, 20)]),
    encoding("GSM", Some(3), 8000, &[(33, 160)]),
    encoding("iLBC", None, 8000, &[(38, 160), (50, 240)]),
    encoding("opus", None, 48_000, &[]),
    encoding("speex", None, 8000, &[]),
    encoding("AMR", None, 8000, &[]),
    encoding("AMR-WB", None, 16_000, &[]),
];

impl Encoding {
    /// The codec called `name`, without regard to case and to spaces around it.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        ENCODINGS.into_iter().find(|encoding| encoding.name.eq_ignore_ascii_case(name))
    }

    /// The codec that owns a static payload type.
    #[must_use]
    pub fn of_payload_type(payload_type: u8) -> Option<Self> {
        ENCODINGS.into_iter().find(|encoding| encoding.payload_type == Some(payload_type))
    }

    /// Whether a payload of this many bytes can last this many timestamp units; `None` where the
    /// codec's rate varies.
    pub(super) fn payload_fits(self, bytes: u32, ticks: u32) -> Option<bool> {
        let fits = |&(frame_bytes, frame_ticks): &(u32, u32)| {
            u64::from(bytes) * u64::from(frame_ticks) == u64::from(ticks) * u64::from(frame_bytes)
        };
        (!self.frames.is_empty()).then(|| self.frames.iter().any(fits))
    }

    /// The timestamp units that a payload of this many bytes lasts, where there is no doubt.
    pub(super) fn ticks_of(self, bytes: u32) -> Option<u32> {
        let [(frame_bytes, frame_ticks)] = self.frames else { return None };
        let ticks = bytes.checked_mul(*frame_ticks)?;
        ticks.is_multiple_of(*frame_bytes).then(|| ticks / frame_bytes)
    }
}
