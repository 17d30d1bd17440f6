//! The codecs that phones record with: G.711 (PCMU, PCMA) and G.722, decoded and encoded.
//!
//! Other codecs (G729, opus, …) are carried by [`recording`](crate::recording) and RTP as bytes
//! and by name; nothing here turns them into samples.

use alloc::boxed::Box;
use alloc::vec::Vec;

pub mod g711;
pub mod g722;
pub mod loudness;

/// Turns payload bytes into 16-bit samples.
///
/// State runs from one call to the next, so a stream is given in order; how it is cut into calls
/// changes nothing.
pub trait Decode {
    /// Appends the samples of `payload` to `out`. Every byte is a valid code, so nothing can fail.
    fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>);
}

/// Turns 16-bit samples into payload bytes; the counterpart of [`Decode`].
pub trait Encode {
    /// Appends the code of `samples` to `out`. A codec that codes two samples in one byte keeps
    /// an odd last sample for the next call.
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>);
}

/// A codec that this crate decodes and encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law, 64 kbit/s.
    Pcmu,
    /// G.711 A-law, 64 kbit/s.
    Pcma,
    /// G.722, 64 kbit/s, 16 kHz audio on an 8 kHz RTP clock.
    G722,
}

impl Codec {
    /// Every codec there is, in the order of their payload types.
    pub const ALL: [Self; 3] = [Self::Pcmu, Self::Pcma, Self::G722];

    /// The codec that SDP, a recording header or a RecordServer command calls `name`, without
    /// regard to case and to spaces around it (BX-L3).
    ///
    /// ```
    /// use recscope_core::codec::Codec;
    /// assert_eq!(Codec::from_name(" pcmu "), Some(Codec::Pcmu));
    /// assert_eq!(Codec::from_name("G729"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The codec of a static RTP payload type: 0, 8 or 9 (RFC 3551 table 4).
    #[must_use]
    pub fn from_payload_type(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.payload_type() == payload_type)
    }

    /// The encoding name registered for RTP and SDP: `PCMU`, `PCMA` or `G722`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
        }
    }

    /// Samples per second of the audio.
    #[must_use]
    pub const fn sample_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => 8000,
            Self::G722 => 16_000,
        }
    }

    /// Ticks per second of the RTP timestamp: 8000 for G.722 too, by an old mistake that became
    /// the rule (RFC 3551 4.5.2).
    #[must_use]
    pub const fn rtp_clock(self) -> u32 {
        8000
    }

    /// The static RTP payload type (RFC 3551 table 4).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
            Self::G722 => 9,
        }
    }

    /// Samples that one payload byte holds.
    #[must_use]
    pub const fn samples_per_byte(self) -> usize {
        match self {
            Self::Pcmu | Self::Pcma => 1,
            Self::G722 => 2,
        }
    }

    /// Payload bytes per RTP timestamp tick: 1 for all three, which all run at 64 kbit/s.
    #[must_use]
    pub const fn bytes_per_tick(self) -> usize {
        1
    }

    /// A byte that sounds silent when repeated: the smallest positive code of G.711, and for
    /// G.722 the code that lets both bands decay.
    #[must_use]
    pub const fn silence_byte(self) -> u8 {
        match self {
            Self::Pcmu => 0xff,
            Self::Pcma => 0xd5,
            Self::G722 => 0xff,
        }
    }
}

impl core::fmt::Display for Codec {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// The decoder of any [`Codec`].
///
/// ```
/// use recscope_core::codec::{Codec, Decoder};
/// let mut samples = Vec::new();
/// Decoder::new(Codec::Pcma).decode(&[0xd5, 0x55], &mut samples);
/// assert_eq!(samples, [8, -8]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decoder {
    codec: Codec,
    state: DecoderState,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one per stream, and a box would be an allocation to save 200 bytes"
)]
enum DecoderState {
    G711(g711::Law),
    G722(g722::Decoder),
}

impl Decoder {
    /// A decoder of `codec` in its initial state.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        let state = match codec {
            Codec::Pcmu => DecoderState::G711(g711::Law::Mu),
            Codec::Pcma => DecoderState::G711(g711::Law::A),
            Codec::G722 => DecoderState::G722(g722::Decoder::new(g722::Rate::Kbps64)),
        };
        Self { codec, state }
    }

    /// What this decodes.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Appends the samples of `payload`, at [`Codec::sample_rate`], to `out`; see [`Decode`].
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        match &mut self.state {
            DecoderState::G711(law) => law.decode(payload, out),
            DecoderState::G722(decoder) => decoder.decode(payload, out),
        }
    }
}

impl Decode for Decoder {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        Self::decode(self, payload, out);
    }
}

/// The encoder of any [`Codec`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Encoder {
    state: EncoderState,
}

/// G.722's state lies apart, so that streams in G.711 stay small: with a thousand of them that is
/// what fits into a processor's cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum EncoderState {
    G711(g711::Law),
    G722(Box<g722::Encoder>),
}

impl Encoder {
    /// An encoder of `codec` in its initial state.
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        let state = match codec {
            Codec::Pcmu => EncoderState::G711(g711::Law::Mu),
            Codec::Pcma => EncoderState::G711(g711::Law::A),
            Codec::G722 => EncoderState::G722(Box::new(g722::Encoder::new(g722::Rate::Kbps64))),
        };
        Self { state }
    }

    /// What this encodes to.
    #[must_use]
    pub const fn codec(&self) -> Codec {
        match self.state {
            EncoderState::G711(g711::Law::Mu) => Codec::Pcmu,
            EncoderState::G711(g711::Law::A) => Codec::Pcma,
            EncoderState::G722(_) => Codec::G722,
        }
    }

    /// Appends the code of `samples`, taken at [`Codec::sample_rate`], to `out`; see [`Encode`].
    pub fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        match &mut self.state {
            EncoderState::G711(law) => law.encode(samples, out),
            EncoderState::G722(encoder) => encoder.encode(samples, out),
        }
    }
}

impl Encode for Encoder {
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        Self::encode(self, samples, out);
    }
}

#[cfg(test)]
mod tests;
