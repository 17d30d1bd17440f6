//! Payload types with a fixed meaning (RFC 3551 section 6).

/// A payload type that needs no SDP to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticPayload {
    /// The 7-bit number in the RTP header.
    pub payload_type: u8,
    /// Encoding name as in `a=rtpmap`.
    pub name: &'static str,
    /// RTP clock in Hz.
    pub clock: u32,
    /// Audio channels; 0 for video.
    pub channels: u8,
}

/// Comfort noise (RFC 3389); 19 is the number that drafts of RFC 3551 gave it.
pub const COMFORT_NOISE: [u8; 2] = [13, 19];

/// First payload type whose meaning only signalling gives (RFC 3551 section 3).
pub const FIRST_DYNAMIC: u8 = 96;

const fn audio(payload_type: u8, name: &'static str, clock: u32, channels: u8) -> StaticPayload {
    StaticPayload { payload_type, name, clock, channels }
}

const fn video(payload_type: u8, name: &'static str) -> StaticPayload {
    StaticPayload { payload_type, name, clock: 90_000, channels: 0 }
}

/// Every static assignment, by ascending number (RFC 3551 tables 4 and 5, with the reserved 1, 2
/// and 19 under the names that equipment still uses).
///
/// G722's clock is 8000 though it samples at 16 kHz (RFC 3551 4.5.2).
pub const STATIC: [StaticPayload; 27] = [
    audio(0, "PCMU", 8000, 1),
    audio(1, "1016", 8000, 1),
    audio(2, "G721", 8000, 1),
    audio(3, "GSM", 8000, 1),
    audio(4, "G723", 8000, 1),
    audio(5, "DVI4", 8000, 1),
    audio(6, "DVI4", 16_000, 1),
    audio(7, "LPC", 8000, 1),
    audio(8, "PCMA", 8000, 1),
    audio(9, "G722", 8000, 1),
    audio(10, "L16", 44_100, 2),
    audio(11, "L16", 44_100, 1),
    audio(12, "QCELP", 8000, 1),
    audio(13, "CN", 8000, 1),
    audio(14, "MPA", 90_000, 1),
    audio(15, "G728", 8000, 1),
    audio(16, "DVI4", 11_025, 1),
    audio(17, "DVI4", 22_050, 1),
    audio(18, "G729", 8000, 1),
    audio(19, "CN", 8000, 1),
    video(25, "CelB"),
    video(26, "JPEG"),
    video(28, "nv"),
    video(31, "H261"),
    video(32, "MPV"),
    video(33, "MP2T"),
    video(34, "H263"),
];

/// The static assignment of `payload_type`.
#[must_use]
pub fn static_payload(payload_type: u8) -> Option<&'static StaticPayload> {
    STATIC.iter().find(|entry| entry.payload_type == payload_type)
}

/// Encoding name and RTP clock of a static payload type.
#[must_use]
pub fn payload_type_name(payload_type: u8) -> Option<(&'static str, u32)> {
    static_payload(payload_type).map(|entry| (entry.name, entry.clock))
}

/// Whether this payload type is comfort noise without any signalling.
#[must_use]
pub fn is_comfort_noise(payload_type: u8) -> bool {
    COMFORT_NOISE.contains(&payload_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_clocks_are_those_of_the_profile() {
        let cases = [
            (0, Some(("PCMU", 8000))),
            (8, Some(("PCMA", 8000))),
            (9, Some(("G722", 8000))),
            (18, Some(("G729", 8000))),
            (34, Some(("H263", 90_000))),
            (20, None),
            (72, None),
            (96, None),
            (255, None),
        ];
        for (payload_type, expected) in cases {
            assert_eq!(payload_type_name(payload_type), expected, "{payload_type}");
        }
    }

    #[test]
    fn the_table_ascends_without_repeats() {
        assert!(STATIC.is_sorted_by(|a, b| a.payload_type < b.payload_type));
    }
}
