//! Recordings seen being made, in captures built for the purpose.

use crate::files::analyse;
use crate::wire::Capture;
use recscope_analyzer::FlowScope;
use recscope_analyzer::report::{MessageProtocol, RecordingMethod, RecordingResult, Report};
use recscope_flow::Item;
use std::net::Ipv4Addr;

const PHONE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);

/// A TCP connection from the phone to the server's port 10000.
struct Connection {
    sent: [u32; 2],
}

impl Connection {
    const SYN: u8 = 2;
    const FIN: u8 = 1;
    const RST: u8 = 4;
    const ACK: u8 = 16;

    fn open(capture: &mut Capture) -> Self {
        let mut connection = Self { sent: [100, 200] };
        connection.segment(capture, 0, Self::SYN, b"");
        connection.segment(capture, 1, Self::SYN | Self::ACK, b"");
        connection
    }

    /// A segment of the phone (0) or the server (1).
    fn segment(&mut self, capture: &mut Capture, side: usize, flags: u8, payload: &[u8]) {
        let ends = [(PHONE, 40_000_u16), (SERVER, 10_000)];
        let (src, dst) = (ends[side], ends[1 - side]);
        let mut segment = Vec::new();
        segment.extend(src.1.to_be_bytes());
        segment.extend(dst.1.to_be_bytes());
        segment.extend(self.sent[side].to_be_bytes());
        segment.extend(self.sent[1 - side].to_be_bytes());
        segment.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        segment.extend(payload);
        self.sent[side] += u32::try_from(payload.len()).expect("a small packet");
        self.sent[side] += u32::from(flags & (Self::SYN | Self::FIN) != 0);
        capture.packet(6, src.0, dst.0, &segment);
    }

    fn say(&mut self, capture: &mut Capture, side: usize, text: &str) {
        self.segment(capture, side, Self::ACK, text.as_bytes());
    }
}

const START: &str = "cmd=RecordStartRequest&id=15082&device=00087b10a2f4&remote_number=2001\
    &remote_name=&local_number=1000&local_name=Desk&dir=in&codec=PCMU";
const GRANTED: &str =
    "cmd=RecordStartResponse&id=15082&result=success&reason=&server=192.0.2.20&port=50000";
const STOP: &str = "cmd=RecordStopRequest&id=15082&remote_number=2001&remote_name=\
    &local_number=1000&local_name=Desk&reason=user";
const STOPPED: &str = "cmd=RecordStopResponse&id=15082&result=success";

fn summaries(report: &Report) -> Vec<&str> {
    report.messages.iter().map(|message| message.summary.as_str()).collect()
}

#[test]
fn a_server_recording_is_a_session_with_its_stream() {
    let mut capture = Capture::new();
    let mut tcp = Connection::open(&mut capture);
    let (first, rest) = START.split_at(40);
    tcp.say(&mut capture, 0, first);
    tcp.say(&mut capture, 0, rest);
    tcp.say(&mut capture, 1, GRANTED);
    capture.rtp((PHONE, 5004), (SERVER, 50_000), 20);
    tcp.say(&mut capture, 0, STOP);
    tcp.say(&mut capture, 1, STOPPED);
    tcp.segment(&mut capture, 1, Connection::FIN | Connection::ACK, b"");
    tcp.segment(&mut capture, 0, Connection::FIN | Connection::ACK, b"");

    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    let names: Vec<_> =
        summaries(report).iter().map(|summary| summary.split(' ').next().unwrap()).collect();
    assert_eq!(
        names,
        ["RecordStartRequest", "RecordStartResponse", "RecordStopRequest", "RecordStopResponse"]
    );
    assert!(report.messages.iter().all(|m| m.protocol == MessageProtocol::Control));
    let [session] = &report.recording_sessions[..] else { panic!("one session") };
    assert_eq!(session.method, RecordingMethod::Server);
    assert_eq!((session.state.as_str(), session.result), ("ended", RecordingResult::Success));
    assert_eq!((session.extension.as_str(), session.codec.as_str()), ("1000", "PCMU"));
    assert_eq!((&session.control[..], &session.streams[..]), (&[0, 1, 2, 3][..], &[0][..]));
    assert_eq!(report.streams[0].packets, 20);

    let flow = analysis.flow(FlowScope::Session(0));
    let rules: Vec<_> = flow
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Message(arrow) => arrow.rule.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(rules, ["BX-S2", "BX-S2", "BX-S3", "BX-S3"]);
    assert!(flow.items.iter().any(|item| matches!(item, Item::Media(_))));
}

#[test]
fn refused_and_broken_server_recordings_say_why() {
    let mut refused = Capture::new();
    let mut tcp = Connection::open(&mut refused);
    tcp.say(&mut refused, 0, START);
    tcp.say(&mut refused, 1, "cmd=RecordStartResponse&id=15082&result=failed&reason=no_port");
    let analysis = analyse(&refused.bytes);
    let session = &analysis.report().recording_sessions[0];
    assert_eq!((session.result, session.reason.as_str()), (RecordingResult::Failed, "no_port"));

    let mut broken = Capture::new();
    let mut tcp = Connection::open(&mut broken);
    tcp.say(&mut broken, 0, START);
    tcp.say(&mut broken, 1, GRANTED);
    tcp.segment(&mut broken, 1, Connection::RST, b"");
    let analysis = analyse(&broken.bytes);
    let session = &analysis.report().recording_sessions[0];
    assert_eq!((session.result, session.state.as_str()), (RecordingResult::Aborted, "broken off"));
}

/// A SIP message of a dialog between the phone and the server.
fn sip(start: &str, cseq: &str, to_tag: &str, extra: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{start}\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK{}\r\nFrom: <sip:1000@pbx>;tag=a\r\n\
         To: <sip:2000@pbx>{to_tag}\r\nCall-ID: c1\r\nCSeq: {cseq}\r\n{extra}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        cseq.replace(' ', ""),
        body.len()
    )
    .into_bytes()
}

fn sdp(address: Ipv4Addr, port: u16, direction: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na={direction}\r\n"
    )
}

#[test]
fn an_info_with_a_record_header_is_a_session_of_its_call() {
    let (phone, pbx) = ((PHONE, 5060), (SERVER, 5060));
    let tag = ";tag=b";
    let mut capture = Capture::new();
    let offer = sdp(PHONE, 4000, "sendrecv");
    let answer = sdp(SERVER, 6000, "sendrecv");
    capture.udp(phone, pbx, &sip("INVITE sip:2000@pbx SIP/2.0", "1 INVITE", "", "", &offer));
    capture.udp(pbx, phone, &sip("SIP/2.0 200 OK", "1 INVITE", tag, "", &answer));
    capture.udp(phone, pbx, &sip("ACK sip:2000@pbx SIP/2.0", "1 ACK", tag, "", ""));
    let info = |cseq, value: &str| {
        sip("INFO sip:2000@pbx SIP/2.0", cseq, tag, &format!("Record: {value}\r\n"), "")
    };
    capture.udp(phone, pbx, &info("2 INFO", "on"));
    capture.udp(pbx, phone, &sip("SIP/2.0 200 OK", "2 INFO", tag, "", ""));
    capture.rtp((PHONE, 4000), (SERVER, 6000), 10);
    capture.udp(phone, pbx, &info("3 INFO", "off"));
    capture.udp(pbx, phone, &sip("SIP/2.0 200 OK", "3 INFO", tag, "", ""));
    capture.udp(phone, pbx, &info("4 INFO", "on"));
    capture.udp(pbx, phone, &sip("SIP/2.0 403 Forbidden", "4 INFO", tag, "", ""));

    let analysis = analyse(&capture.bytes);
    let [granted, refused] = &analysis.report().recording_sessions[..] else {
        panic!("two sessions")
    };
    assert_eq!(granted.method, RecordingMethod::SipInfo);
    assert_eq!((granted.state.as_str(), granted.result), ("ended", RecordingResult::Success));
    assert_eq!((granted.codec.as_str(), &granted.streams[..]), ("PCMU", &[0][..]));
    assert_eq!(granted.control.len(), 4);
    assert_eq!(refused.result, RecordingResult::Failed);
    assert_eq!(refused.reason, "refused with 403 Forbidden");
}

#[test]
fn an_invite_that_only_receives_is_an_active_recording() {
    let (phone, recorder) = ((PHONE, 7300), (SERVER, 5060));
    let tag = ";tag=b";
    let mut capture = Capture::new();
    let offer = sdp(SERVER, 6000, "recvonly");
    let answer = sdp(PHONE, 4000, "sendonly");
    let invite = sip("INVITE sip:2000@phone SIP/2.0", "1 INVITE", "", "", &offer);
    capture.udp(recorder, phone, &invite);
    capture.udp(recorder, phone, &invite);
    capture.udp(phone, recorder, &sip("SIP/2.0 200 OK", "1 INVITE", tag, "", &answer));
    capture.udp(recorder, phone, &sip("ACK sip:2000@phone SIP/2.0", "1 ACK", tag, "", ""));
    capture.rtp((PHONE, 4000), (SERVER, 6000), 10);
    capture.udp(recorder, phone, &sip("BYE sip:2000@phone SIP/2.0", "2 BYE", tag, "", ""));

    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    let [session] = &report.recording_sessions[..] else { panic!("one session") };
    assert_eq!(session.method, RecordingMethod::Active);
    assert_eq!((session.state.as_str(), session.result), ("ended", RecordingResult::Success));
    assert_eq!(
        (session.phone.as_str(), session.recorder.as_str()),
        ("192.0.2.10:7300", "192.0.2.20:5060")
    );
    assert_eq!((session.extension.as_str(), &session.streams[..]), ("2000", &[0][..]));
    assert!(session.reason.contains("retransmission"), "{}", session.reason);
    assert_eq!(report.calls[0].retransmissions, 1);
}

#[test]
fn a_key_that_asks_over_http_is_a_recording_on_demand() {
    let mut capture = Capture::new();
    let mut tcp = Connection::open(&mut capture);
    let ask =
        |page: &str| format!("GET /XVOIPService?page={page}&OPN=1000 HTTP/1.1\r\nHost: r\r\n\r\n");
    tcp.say(&mut capture, 0, "GET /logo.png HTTP/1.1\r\nHost: r\r\n\r\n");
    tcp.say(&mut capture, 1, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    tcp.say(&mut capture, 0, &ask("START"));
    tcp.say(&mut capture, 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    tcp.say(&mut capture, 0, &ask("STOP"));
    tcp.say(&mut capture, 1, "HTTP/1.1 204 No Content\r\n\r\n");
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    let [session] = &report.recording_sessions[..] else { panic!("one session") };
    assert_eq!(session.method, RecordingMethod::OnDemand);
    assert_eq!((session.state.as_str(), session.extension.as_str()), ("ended", "1000"));
    assert_eq!(session.control, [0, 1, 2, 3]);
    assert_eq!(report.messages.len(), 4, "the picture is not kept");
    let detail = analysis.message(0).unwrap();
    assert_eq!(detail.raw, ask("START").as_bytes());
    assert_eq!(detail.fields[1].name, "Host");
}

#[test]
fn csta_events_are_messages() {
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><MonitorStart \
        xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed4\"><monitorObject>\
        <deviceObject>1000</deviceObject></monitorObject></MonitorStart>";
    let len = u32::try_from(xml.len() + 8).unwrap();
    let mut frame = len.to_be_bytes().to_vec();
    frame.extend(b"0001");
    frame.extend(xml.as_bytes());
    let mut capture = Capture::new();
    let mut tcp = Connection::open(&mut capture);
    tcp.segment(&mut capture, 0, Connection::ACK, &frame);
    let analysis = analyse(&capture.bytes);
    let [message] = &analysis.report().messages[..] else { panic!("one message") };
    assert_eq!(message.protocol, MessageProtocol::Csta);
    assert_eq!(message.summary, "MonitorStart 1000");
    assert_eq!(analysis.message(0).unwrap().fields.len(), 3);
}
