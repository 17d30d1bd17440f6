//! Variants of a real capture: the same call on other links, in tunnels, as IPv6, in fragments,
//! over TCP, and in every file format; and tshark, to say what each of them holds.
//!
//! (`mod.rs`, because cargo takes a file beside the folder for a test of its own.)
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

pub mod file;
pub mod link;
pub mod network;
pub mod reading;
pub mod tcp;
pub mod tshark;

use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError, traits::PcapReaderIterator};
use std::path::PathBuf;

/// A capture in memory.
#[derive(Clone, Debug)]
pub struct Capture {
    pub link_type: u16,
    pub packets: Vec<Packet>,
}

/// A packet and when it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub time_ns: i64,
    pub data: Vec<u8>,
    /// Bytes on the wire; more than `data` has if the capture cuts it.
    pub original_len: usize,
}

impl Packet {
    pub fn new(time_ns: i64, data: Vec<u8>) -> Self {
        Self { time_ns, original_len: data.len(), data }
    }
}

impl Capture {
    /// One of the calls in `testdata/captures`.
    pub fn call(name: &str) -> Self {
        let path = testdata().join("captures").join(name);
        Self::parse(&std::fs::read(&path).expect("our own captures are in testdata"))
    }

    /// The first packets of the PCMU call: signalling, RTCP and RTP.
    pub fn short_call() -> Self {
        let mut call = Self::call("call-pcmu.pcap");
        call.packets.truncate(24);
        call
    }

    /// All signalling of the PCMU call, and nothing else.
    pub fn signalling() -> Self {
        let mut call = Self::call("call-pcmu.pcap");
        call.packets.retain(|packet| {
            packet.data.get(34..36) == Some(&5070_u16.to_be_bytes())
                || packet.data.get(36..38) == Some(&5070_u16.to_be_bytes())
        });
        call
    }

    /// Reads a pcap by a parser that is not ours.
    pub fn parse(file: &[u8]) -> Self {
        let mut reader = LegacyPcapReader::new(65536, file).expect("a pcap");
        let mut capture = Self { link_type: 0, packets: Vec::new() };
        loop {
            match reader.next() {
                Ok((len, block)) => {
                    match block {
                        PcapBlockOwned::LegacyHeader(header) => {
                            capture.link_type = u16::try_from(header.network.0).expect("16 bits");
                        }
                        PcapBlockOwned::Legacy(block) => capture.packets.push(Packet {
                            time_ns: i64::from(block.ts_sec) * 1_000_000_000
                                + i64::from(block.ts_usec) * 1000,
                            data: block.data.to_vec(),
                            original_len: block.origlen as usize,
                        }),
                        PcapBlockOwned::NG(_) => unreachable!("a classic pcap"),
                    }
                    reader.consume(len);
                }
                Err(PcapError::Eof) => return capture,
                Err(PcapError::Incomplete(_)) => {
                    reader.refill().expect("reading from memory");
                }
                Err(error) => panic!("pcap-parser: {error:?}"),
            }
        }
    }

    /// The same packets, each changed.
    pub fn map(&self, link_type: u16, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let packets = self
            .packets
            .iter()
            .map(|packet| Packet::new(packet.time_ns, change(&packet.data)))
            .collect();
        Self { link_type, packets }
    }

    /// Each packet replaced by several, a microsecond apart.
    pub fn flat_map(&self, change: impl Fn(&[u8]) -> Vec<Vec<u8>>) -> Self {
        let mut packets = Vec::new();
        for packet in &self.packets {
            for (i, data) in (0..).zip(change(&packet.data)) {
                packets.push(Packet::new(packet.time_ns + i * 1000, data));
            }
        }
        Self { link_type: self.link_type, packets }
    }

    /// The same, with packets cut as a snap length does.
    pub fn cut(&self, snap_len: usize) -> Self {
        let mut capture = self.clone();
        for packet in &mut capture.packets {
            packet.data.truncate(snap_len);
        }
        capture
    }
}

/// The workspace's `testdata`.
pub fn testdata() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

/// The third-party samples; says so where they are not there.
pub fn public_samples() -> Option<PathBuf> {
    let samples = std::env::var_os("RECSCOPE_SAMPLES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples"),
        PathBuf::from,
    );
    let public = samples.join("public");
    if public.is_dir() {
        return Some(public);
    }
    eprintln!("skipped: no samples at {}, set RECSCOPE_SAMPLES", public.display());
    None
}
