//! The one way in which parsers say what is wrong, and where.

use core::fmt;

/// The format or protocol that a finding is about; its [`Display`](fmt::Display) is the report's
/// `layer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Layer {
    /// The file as a whole: sniffing, reading.
    File,
    /// gzip around a capture.
    Gzip,
    /// Classic pcap.
    Pcap,
    /// pcapng.
    PcapNg,
    /// Link layer: Ethernet, VLAN, cooked, PPP, …
    Link,
    /// IPv4, IPv6, their fragments and tunnels.
    Ip,
    /// UDP.
    Udp,
    /// TCP and its reassembly.
    Tcp,
    /// SIP (RFC 3261).
    Sip,
    /// SDP (RFC 8866).
    Sdp,
    /// RTP (RFC 3550).
    Rtp,
    /// RTCP (RFC 3550 section 6).
    Rtcp,
    /// The phones' recording file (BX-L3).
    Recording,
    /// RIFF/WAVE.
    Riff,
    /// RecordServer commands (BX-S2).
    Control,
    /// HTTP, for record on demand (MX-D1).
    Http,
    /// CSTA XML (MX-C2).
    Csta,
    /// A codec's payload.
    Codec,
}

impl Layer {
    /// The name used in reports, lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Gzip => "gzip",
            Self::Pcap => "pcap",
            Self::PcapNg => "pcapng",
            Self::Link => "link",
            Self::Ip => "ip",
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Sip => "sip",
            Self::Sdp => "sdp",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Recording => "recording",
            Self::Riff => "riff",
            Self::Control => "control",
            Self::Http => "http",
            Self::Csta => "csta",
            Self::Codec => "codec",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong. `what` names the field or item in the format's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends inside an item.
    #[error("{what} needs {needed} bytes but only {found} are left")]
    Truncated {
        /// The item that is cut.
        what: &'static str,
        /// Bytes the item needs.
        needed: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A number lies outside what the format allows.
    #[error("{what} is {found}, outside {min} to {max}")]
    OutOfRange {
        /// The field.
        what: &'static str,
        /// Smallest allowed value.
        min: i64,
        /// Largest allowed value.
        max: i64,
        /// The value found.
        found: i64,
    },
    /// A length or count is above a [`Limits`](crate::Limits) value; nothing was allocated for it.
    #[error("{what} is {found}, above the limit of {limit}")]
    OverLimit {
        /// The field.
        what: &'static str,
        /// The limit in force.
        limit: u64,
        /// The value found.
        found: u64,
    },
    /// The grammar asks for something else at this offset.
    #[error("expected {expected}")]
    Expected {
        /// What the grammar allows here.
        expected: &'static str,
    },
    /// A legal value that this reader does not handle.
    #[error("{what} {found} is not supported")]
    Unsupported {
        /// The field.
        what: &'static str,
        /// The value found.
        found: u64,
    },
    /// Reading went on at a later place; what lies between is lost.
    #[error("skipped {bytes} bytes to the next readable {what}")]
    Skipped {
        /// What reading went on with.
        what: &'static str,
        /// Bytes passed over.
        bytes: u64,
    },
    /// The item is read, but breaks a rule of its format.
    #[error("{problem}")]
    Irregular {
        /// The rule that is broken, as a clause.
        problem: &'static str,
    },
}

/// Whether readers say what was irregular about what they could read. Firmware, which shows none
/// of it, is spared that.
pub(crate) const WARNS: bool = !cfg!(feature = "small");

/// Bad input: what is wrong, in which layer, and at which byte.
///
/// `offset` counts from the start of what the parser was given (the message, the packet or, for
/// push parsers, the file); [`ParseError::at`] moves it into the surrounding item's frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer}: {kind} at offset {offset}")]
pub struct ParseError {
    /// Byte offset of the offending field.
    pub offset: u64,
    /// The format that was being read.
    pub layer: Layer,
    /// What is wrong.
    pub kind: ErrorKind,
}

impl ParseError {
    /// An error of `kind` at `offset`.
    #[must_use]
    pub const fn new(layer: Layer, offset: u64, kind: ErrorKind) -> Self {
        Self { offset, layer, kind }
    }

    /// The same error seen from an outer item that starts `base` bytes earlier.
    #[must_use]
    pub fn at(mut self, base: u64) -> Self {
        self.offset = self.offset.saturating_add(base);
        self
    }
}

/// Something irregular that did not stop the parser: the item was read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub ParseError);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<ParseError> for Warning {
    fn from(error: ParseError) -> Self {
        Self(error)
    }
}
