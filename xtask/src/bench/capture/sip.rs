//! The signalling of one call.

use super::CALL_PACKETS;
use super::packet::{self, Endpoint, Frame};

/// The tick in which the 200 to the INVITE and the ACK are sent.
pub(super) const ANSWERED_TICK: u32 = 40;

/// What two phones say to set up and end a call.
pub(super) struct Script {
    number: u32,
    caller: Endpoint,
    callee: Endpoint,
}

impl Script {
    pub(super) fn new(number: u32, caller: Endpoint, callee: Endpoint) -> Self {
        Self { number, caller, callee }
    }

    /// Where a phone of this call sends and receives media.
    pub(super) fn media(&self, phone: Endpoint) -> Endpoint {
        phone.with_port(media_port(self.number))
    }

    /// The messages sent in the given tick of the call, in order.
    pub(super) fn at(&self, age: u32) -> Vec<Frame> {
        let ended = ANSWERED_TICK + CALL_PACKETS + 1;
        if age == 0 {
            vec![self.request("INVITE", 1, true)]
        } else if age == 1 {
            vec![self.answer("100 Trying", "INVITE", 1, false)]
        } else if age == 3 {
            vec![self.answer("180 Ringing", "INVITE", 1, false)]
        } else if age == ANSWERED_TICK {
            let ok = self.answer("200 OK", "INVITE", 1, true);
            vec![ok, self.request("ACK", 1, false)]
        } else if age == ended {
            vec![self.request("BYE", 2, false)]
        } else if age == ended + 1 {
            // Twice, as a phone does that got the BYE twice.
            let ok = || self.answer("200 OK", "BYE", 2, false);
            vec![ok(), ok()]
        } else {
            Vec::new()
        }
    }

    fn request(&self, method: &str, cseq: u32, with_sdp: bool) -> Frame {
        let user = self.number;
        let line = format!("{method} sip:2{user:05}@{} SIP/2.0\r\n", self.callee.address);
        let message = self.message(&line, method, cseq, with_sdp.then_some(self.caller));
        packet::udp(self.caller, self.callee, message.as_bytes())
    }

    fn answer(&self, status: &str, method: &str, cseq: u32, with_sdp: bool) -> Frame {
        let line = format!("SIP/2.0 {status}\r\n");
        let message = self.message(&line, method, cseq, with_sdp.then_some(self.callee));
        packet::udp(self.callee, self.caller, message.as_bytes())
    }

    fn message(&self, line: &str, method: &str, cseq: u32, sdp_of: Option<Endpoint>) -> String {
        let (caller, callee, n) = (self.caller.address, self.callee.address, self.number);
        let to_tag = if line.starts_with("INVITE") { "" } else { ";tag=b1" };
        let body = sdp_of.map(|phone| self.sdp(phone)).unwrap_or_default();
        let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{line}\
             Via: SIP/2.0/UDP {caller}:5060;branch=z9hG4bK{method}{n};rport\r\n\
             Max-Forwards: 70\r\n\
             From: \"Phone 1{n:05}\" <sip:1{n:05}@{caller}>;tag=a{n}\r\n\
             To: <sip:2{n:05}@{callee}>{to_tag}\r\n\
             Call-ID: call-{n}@{caller}\r\n\
             CSeq: {cseq} {method}\r\n\
             Contact: <sip:1{n:05}@{caller}:5060>\r\n\
             User-Agent: recscope bench\r\n\
             {content_type}\
             Content-Length: {}\r\n\
             \r\n\
             {body}",
            body.len()
        )
    }

    fn sdp(&self, phone: Endpoint) -> String {
        let address = phone.address;
        let port = media_port(self.number);
        format!(
            "v=0\r\n\
             o=- {port} 1 IN IP4 {address}\r\n\
             s=-\r\n\
             c=IN IP4 {address}\r\n\
             t=0 0\r\n\
             m=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\n\
             a=ptime:20\r\n\
             a=sendrecv\r\n"
        )
    }
}

/// An even port; phones differ in their address, so calls may share it.
fn media_port(number: u32) -> u16 {
    u16::try_from(20_000 + number % 10_000 * 2).unwrap_or(20_000)
}
