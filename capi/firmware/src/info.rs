//! A phone that registers and calls.

use crate::host::{Host, address, call, expect, of};
use crate::message::{Text, line};
use recscope_capi::info::{recscope_info_config, recscope_info_new};
use recscope_capi::{Command, Input, InputKind};

/// Does it: registers, calls, has the call recorded, hangs up.
pub fn record() {
    let mut config = recscope_info_config();
    (config.sip, config.pbx) = (address(20, 5060), address(1, 5060));
    // SAFETY: the configuration is ours, and its texts are static.
    let mut host = Host::new(|machine| unsafe { recscope_info_new(&raw const config, machine) });
    exchange(&mut host, Command::LogOn, b"");
    exchange(
        &mut host,
        Command::Dial,
        b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n\
        c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
    );
    exchange(&mut host, Command::RecordKey, b"");
    exchange(&mut host, Command::HangUp, b"");
}

/// Gives an order, and answers the request that comes of it with 200.
fn exchange(host: &mut Host, command: Command, body: &[u8]) {
    let mut answer: Text<1024> = Text::new();
    let call = call();
    let order = Input { command: command as u32, call: &raw const call, ..of(InputKind::Command) };
    host.tell(&order, &mut |request| {
        answer.add(b"SIP/2.0 200 OK\r\n");
        for header in [&b"Via:"[..], b"From:", b"Call-ID:", b"CSeq:", b"Contact:"] {
            answer.add(line(request, header));
        }
        let to = line(request, b"To:");
        answer.add(to.trim_ascii_end());
        if !to.windows(5).any(|part| part == b";tag=") {
            answer.add(b";tag=p1");
        }
        answer.add(b"\r\nContent-Type: application/sdp\r\n\r\n").add(body);
    });
    let bytes = answer.bytes();
    expect(!bytes.is_empty());
    let datagram = Input {
        local: address(20, 5060),
        remote: address(1, 5060),
        bytes: bytes.as_ptr(),
        len: bytes.len(),
        ..of(InputKind::Datagram)
    };
    host.tell(&datagram, &mut |_| {});
}
