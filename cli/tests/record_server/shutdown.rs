//! The end of a server: in order, with a summary.

use crate::caller::{Caller, decoded, read};
use crate::process::{Process, Server, eventually, value};
use crate::round_trip::read_wave;
use recscope_core::codec::Codec;
use std::net::TcpStream;

#[test]
fn recordings_may_end_while_the_server_is_on_its_way_down() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(4, &[]);
        let mut caller = Caller::start(server.address, "1", Codec::Pcmu);
        caller.speak_for(5);
        server.process.signal(signal);
        server.process.wait_for(&["from=running to=draining"]);
        caller.speak_for(20);
        let sent = caller.stop();
        let (status, printed) = server.process.finish();
        assert_eq!(status, 0, "{:#?}", server.process.lines);
        assert!(printed.starts_with("1 recording, 0:00:0"), "{printed}");
        assert!(printed.contains("25 RTP packets written, 0 lost"), "{printed}");
        let last = server.process.lines.last().unwrap();
        assert!(last.contains(" event=summary recordings=1 refused=0 packets=25 lost=0 "));
        assert!(read_wave(&server.recording().0).1 == decoded(Codec::Pcmu, &sent));
    }
}

#[test]
fn a_phone_that_is_stopped_ends_its_recording_in_order() {
    for signal in ["INT", "TERM"] {
        let mut server = Server::start(4, &[]);
        let to = server.address.to_string();
        let mut phone = Process::start(&["phone", "bx", "--server", &to, "--codec", "PCMU"]);
        phone.wait_for(&["event=recording"]);
        eventually("it speaks", || server.figure("recscope_rtp_written_total") > Some(5.0));
        phone.signal(signal);
        assert_eq!(phone.finish().0, 0, "{:#?}", phone.lines);
        let ended = server.process.wait_for(&["event=recorded", "cause=\"stop request\""]);
        let sent = phone.lines.iter().find(|line| line.contains("event=summary")).unwrap();
        assert_eq!(value(sent, "packets"), value(&ended, "packets"));
    }
}

#[test]
fn a_second_signal_ends_recordings_at_once_and_in_order() {
    let mut server = Server::start(4, &[]);
    let mut caller = Caller::start(server.address, "1", Codec::Pcmu);
    caller.speak_for(20);
    server.process.signal("INT");
    server.process.wait_for(&["from=running to=draining"]);
    let refused = TcpStream::connect(server.address).map(|mut control| read(&mut control));
    assert!(refused.is_ok_and(|answer| answer.is_empty()), "it takes nobody on");
    caller.speak_for(10);
    server.process.signal("INT");
    server.process.finish();
    let ended = server.process.lines.iter().find(|line| line.contains("event=recorded"));
    assert!(ended.unwrap().contains("cause=\"shut down\""));
    let (recording, beside) = server.recording();
    assert_eq!(beside["state"], "ended");
    let found = read_wave(&recording).1;
    assert!(decoded(Codec::Pcmu, &caller.payload).starts_with(&found));
    assert_eq!(found.len() as u64, beside["rtp"]["written"].as_u64().unwrap() * 160);
    assert_eq!(value(ended.unwrap(), "packets"), (found.len() / 160).to_string());
}
