//! Captures built for the purpose.

use recscope_analyzer::capture::{LinkType, writer};
use std::net::Ipv4Addr;

/// A capture of raw IPv4 packets, 10 ms apart.
pub(crate) struct Capture {
    pub(crate) bytes: Vec<u8>,
    /// When the next packet comes.
    pub(crate) time_us: i64,
}

impl Capture {
    pub(crate) fn new() -> Self {
        Self { bytes: writer::file_header(LinkType::RAW).to_vec(), time_us: 1_000_000_000_000 }
    }

    pub(crate) fn packet(&mut self, protocol: u8, src: Ipv4Addr, dst: Ipv4Addr, payload: &[u8]) {
        let len = u16::try_from(20 + payload.len()).expect("a small packet");
        let mut packet = vec![0x45, 0];
        packet.extend(len.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
        packet.extend(src.octets());
        packet.extend(dst.octets());
        packet.extend(payload);
        self.bytes
            .extend(writer::record_header(self.time_us, packet.len()).expect("a small packet"));
        self.bytes.extend(packet);
        self.time_us += 10_000;
    }

    pub(crate) fn udp(&mut self, src: (Ipv4Addr, u16), dst: (Ipv4Addr, u16), payload: &[u8]) {
        let len = u16::try_from(8 + payload.len()).expect("a small packet");
        let mut datagram = Vec::new();
        datagram.extend(src.1.to_be_bytes());
        datagram.extend(dst.1.to_be_bytes());
        datagram.extend(len.to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(payload);
        self.packet(17, src.0, dst.0, &datagram);
    }

    /// Packets of PCMU.
    pub(crate) fn rtp(&mut self, src: (Ipv4Addr, u16), dst: (Ipv4Addr, u16), count: u16) {
        self.rtp_of(7, src, dst, count);
    }

    /// The same under an SSRC.
    pub(crate) fn rtp_of(
        &mut self,
        ssrc: u32,
        src: (Ipv4Addr, u16),
        dst: (Ipv4Addr, u16),
        count: u16,
    ) {
        for sequence in 0..count {
            self.rtp_packet((ssrc, 0), src, dst, sequence);
        }
    }

    /// The same with a payload type.
    pub(crate) fn rtp_as(
        &mut self,
        payload_type: u8,
        src: (Ipv4Addr, u16),
        dst: (Ipv4Addr, u16),
        count: u16,
    ) {
        for sequence in 0..count {
            self.rtp_packet((7, payload_type), src, dst, sequence);
        }
    }

    fn rtp_packet(
        &mut self,
        (ssrc, payload_type): (u32, u8),
        src: (Ipv4Addr, u16),
        dst: (Ipv4Addr, u16),
        sequence: u16,
    ) {
        let mut packet = vec![0x80, payload_type];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend(ssrc.to_be_bytes());
        packet.extend([0xFF; 160]);
        self.udp(src, dst, &packet);
    }
}

/// One leg of a call over UDP, seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    pub(crate) call_id: &'static str,
    pub(crate) caller: (Ipv4Addr, u16),
    pub(crate) callee: (Ipv4Addr, u16),
    /// Users of From and To.
    pub(crate) users: (&'static str, &'static str),
    /// The callee's tag, once it has one.
    pub(crate) tag: &'static str,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    Caller,
    Callee,
}

pub(crate) use Speaker::{Callee, Caller};

impl Leg {
    /// A message: its start line, its CSeq, further headers each with its line end, and SDP.
    /// The headers From and To are turned round in requests of the callee.
    pub(crate) fn say(
        &self,
        capture: &mut Capture,
        speaker: Speaker,
        (start, cseq): (&str, &str),
        headers: &str,
        sdp: &str,
    ) {
        let is_request = !start.starts_with("SIP/2.0");
        let ends = match speaker {
            Caller => (self.caller, self.callee),
            Callee => (self.callee, self.caller),
        };
        let begun = match (start, cseq) {
            ("INVITE" | "CANCEL", "1 INVITE" | "2 INVITE" | "1 CANCEL") => "",
            _ if start.contains(" 100 ") => "",
            _ => self.tag,
        };
        let tag = if begun.is_empty() { String::new() } else { format!(";tag={begun}") };
        let caller = format!("<sip:{}@pbx>;tag=a", self.users.0);
        let callee = format!("<sip:{}@pbx>{tag}", self.users.1);
        let (from, to) = match (is_request, speaker) {
            (true, Callee) => (callee, caller),
            (false, Caller) => (callee, caller),
            _ => (caller, callee),
        };
        let start = match is_request {
            true => format!("{start} sip:{}@pbx SIP/2.0", self.users.1),
            false => start.to_owned(),
        };
        let branch = cseq.replace(' ', "");
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let message = format!(
            "{start}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK{branch}\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {}\r\nCSeq: {cseq}\r\n{headers}{kind}Content-Length: {}\r\n\r\n{sdp}",
            self.call_id,
            sdp.len(),
        );
        capture.udp(ends.0, ends.1, message.as_bytes());
    }
}

/// A description of one medium of sound at an address, with further lines.
pub(crate) fn sdp(address: &str, port: u16, formats: &str, lines: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {formats}\r\n{lines}"
    )
}
