//! What must hold for every input of every parser, each as one function of bytes that panics when
//! it does not.
//!
//! Fuzz targets (`targets/`) call these functions with bytes that libFuzzer makes up; this
//! crate's own test calls them with the files of `corpus/`. Most take a file or a stream as it
//! would come; [`net`], [`tcp`] and [`rtp`] take a list of packets in a form of their own, described
//! there.

mod analyzer;
mod capture;
mod control;
mod csta;
mod cutting;
mod gzip;
mod http;
mod net;
mod recording;
mod riff;
mod rtp;
mod sdp;
mod sip;
mod tcp;

pub use analyzer::analyzer;
pub use capture::{pcap, pcapng};
pub use control::control;
pub use csta::csta;
pub use gzip::gzip;
pub use http::http;
pub use net::net;
pub use recording::recording;
pub use riff::riff;
pub use rtp::{rtcp, rtp};
pub use sdp::sdp;
pub use sip::{sip, sip_stream};
pub use tcp::tcp;

/// A property, by the name of its fuzz target and of its folder in the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name.
    pub name: &'static str,
    /// Panics when the property does not hold for these bytes.
    pub check: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 16] = [
    Target { name: "analyzer", check: analyzer },
    Target { name: "control", check: control },
    Target { name: "csta", check: csta },
    Target { name: "gzip", check: gzip },
    Target { name: "http", check: http },
    Target { name: "net", check: net },
    Target { name: "pcap", check: pcap },
    Target { name: "pcapng", check: pcapng },
    Target { name: "recording", check: recording },
    Target { name: "riff", check: riff },
    Target { name: "rtcp", check: rtcp },
    Target { name: "rtp", check: rtp },
    Target { name: "sdp", check: sdp },
    Target { name: "sip", check: sip },
    Target { name: "sip_stream", check: sip_stream },
    Target { name: "tcp", check: tcp },
];
