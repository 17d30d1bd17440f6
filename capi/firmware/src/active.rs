//! A call that is copied for a recording system.

use crate::host::{Host, address, expect, of};
use crate::message::{Text, line};
use recscope_capi::active::{recscope_active_config, recscope_active_new};
use recscope_capi::{Command, Input, InputKind};

const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 8\r\na=recvonly\r\na=label:1\r\n\
    m=audio 40002 RTP/AVP 8\r\na=recvonly\r\na=label:2\r\n";

/// A To with its tag.
type Line = Text<96>;

/// Does it, three seconds long.
pub fn record() {
    let recorder = [address(9, 0)];
    let mut config = recscope_active_config();
    config.sip = address(20, 7300);
    (config.allowed, config.allowed_count) = (recorder.as_ptr(), recorder.len());
    // SAFETY: the configuration is ours, and its texts are static.
    let mut host = Host::new(|machine| unsafe { recscope_active_new(&raw const config, machine) });
    host.order(Command::LogOn, None);
    host.order(Command::CallStarted, None);
    let mut to: Line = Text::new();
    to.add(b"To: <sip:1000@192.0.2.20>\r\n");
    let to = request(&mut host, b"INVITE", b"1", &to, OFFER);
    request(&mut host, b"ACK", b"1", &to, b"");
    host.talk();
    request(&mut host, b"UPDATE", b"2", &to, b"");
    request(&mut host, b"BYE", b"3", &to, b"");
}

/// Sends a request, and gives the answer's To.
fn request(host: &mut Host, method: &[u8], cseq: &[u8], to: &Line, body: &[u8]) -> Line {
    let mut text: Text<1024> = Text::new();
    text.add(method).add(b" sip:1000@192.0.2.20:7300 SIP/2.0\r\n");
    text.add(b"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK").add(method).add(b"\r\n");
    text.add(b"Max-Forwards: 70\r\nFrom: <sip:recorder@192.0.2.9>;tag=r1\r\n").add(to.bytes());
    text.add(b"Call-ID: c1@192.0.2.9\r\nCSeq: ").add(cseq).add(b" ").add(method);
    text.add(b"\r\nContact: <sip:recorder@192.0.2.9>\r\n");
    if !body.is_empty() {
        text.add(b"Content-Type: application/sdp\r\n");
    }
    text.add(b"\r\n").add(body);
    let bytes = text.bytes();
    let datagram = Input {
        local: address(20, 7300),
        remote: address(9, 5060),
        bytes: bytes.as_ptr(),
        len: bytes.len(),
        ..of(InputKind::Datagram)
    };
    let (mut answer_to, mut is_well) = (Text::new(), method == b"ACK");
    host.tell(&datagram, &mut |answer| {
        is_well |= answer.starts_with(b"SIP/2.0 200 ");
        answer_to.add(line(answer, b"To:"));
    });
    expect(is_well);
    answer_to
}
