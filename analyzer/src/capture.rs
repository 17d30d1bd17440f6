//! Capture files: pcap and pcapng, gzip around them, and a writer of pcap.
//!
//! [`Reader`] is a push parser: bytes of the file go in, packets and notes come out, and nothing
//! is held but a record that is split over two chunks. [`sniff`] tells by content what a file is.

mod bytes;
mod carry;
mod classic;
pub mod gzip;
mod link_type;
mod pcapng;
mod reader;
pub mod writer;

pub use link_type::LinkType;
pub use reader::{Checkpoint, Reader, Summary};

use recscope_core::Warning;
use std::net::IpAddr;

/// Bytes that [`sniff`] wants to see; with fewer it can only answer for what is there.
pub const SNIFF_LEN: usize = 12;

/// The kinds of file that hold packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Classic pcap in any of its variants.
    Pcap,
    /// pcapng.
    PcapNg,
    /// gzip, which may hold one of the others: see [`gzip::Inflater`].
    Gzip,
}

/// Tells a capture by its first bytes ([`SNIFF_LEN`] of them), never by its name.
#[must_use]
pub fn sniff(start: &[u8]) -> Option<Kind> {
    if gzip::looks_like_gzip(start) {
        Some(Kind::Gzip)
    } else if classic::Variant::of(start).is_some() {
        Some(Kind::Pcap)
    } else if pcapng::looks_like_section(start) {
        Some(Kind::PcapNg)
    } else {
        None
    }
}

/// What [`Reader::push`] found next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step<'a> {
    /// All input is consumed; the reader waits for more of the file.
    NeedMore,
    /// A packet, in most cases borrowed from the input.
    Packet(RawPacket<'a>),
    /// An interface (pcapng), or the whole file (pcap), whose packets have this link type.
    Interface(Interface),
    /// A name for an address (pcapng name resolution block).
    Name(Name),
    /// A comment of the capturing person or program.
    Comment(Comment),
    /// The file carries secrets (TLS keys and the like); they are noted, never kept.
    Secrets(Secrets),
    /// The capturing side says that it lost packets; losses found later may be its own.
    Dropped(Dropped),
    /// Something irregular; reading goes on.
    Warning(Warning),
    /// Nothing more is read from this file: [`Reader::finish`] says why.
    End,
}

/// One captured packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawPacket<'a> {
    /// From 1, counted as Wireshark counts frames.
    pub number: u64,
    /// Nanoseconds since the epoch. A packet without a time stamp has its predecessor's.
    pub time_ns: i64,
    /// `false` for pcapng simple packets, which carry no time stamp.
    pub timed: bool,
    /// Where `data` starts in the file (in the inflated file, if it was compressed).
    pub offset: u64,
    /// What `data` starts with.
    pub link_type: LinkType,
    /// Index of the interface in its section; 0 in a pcap.
    pub interface: u32,
    /// The captured bytes, link layer first.
    pub data: &'a [u8],
    /// Bytes there were on the wire; more than `data.len()` if the capture cut them.
    pub original_len: u32,
}

/// A source of packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Index in its section; 0 in a pcap.
    pub id: u32,
    /// What its packets start with.
    pub link_type: LinkType,
    /// Bytes kept of a packet; 0 means all.
    pub snap_len: u32,
    /// Its name on the capturing host, where the file has one.
    pub name: Option<String>,
}

/// A name for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The address.
    pub address: IpAddr,
    /// One of its names.
    pub name: String,
}

/// A comment and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The packet's number; `None` for a section or interface.
    pub packet: Option<u64>,
    /// The text, UTF-8 (other bytes replaced).
    pub text: String,
}

/// Secrets that the file carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// `secrets_type` of the pcapng block.
    pub kind: u32,
    /// Where the block starts in the file.
    pub offset: u64,
}

impl Secrets {
    /// What the secrets are for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.kind {
            0x544c_534b => "TLS key log",
            0x5353_484b => "SSH key log",
            0x5747_4b4c => "WireGuard key log",
            0x5a4e_574b => "Zigbee network key",
            0x5a41_504b => "Zigbee APS key",
            _ => "secrets",
        }
    }
}

/// Packets that the capturing side says it lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The interface.
    pub interface: u32,
    /// How many packets it has counted as lost so far.
    pub packets: u64,
}

#[cfg(test)]
mod tests;
