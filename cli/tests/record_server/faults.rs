//! Whatever goes wrong: nothing is lost that was received, and others are not disturbed.

use crate::caller::{Caller, ask, connect, decoded, read, refusal, start_request, start_response};
use crate::process::{Process, Server, eventually, files, side_car, value};
use crate::round_trip::read_wave;
use recscope_core::codec::Codec;
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

#[test]
fn a_reset_and_a_connection_that_is_only_half_there_end_in_whole_files() {
    let mut server = Server::start(8, &["--rtp-timeout", "1"]);
    let mut undisturbed = Caller::start(server.address, "1", Codec::Pcmu);
    let mut reset = Caller::start(server.address, "2", Codec::Pcmu);
    let mut silent = Caller::start(server.address, "3", Codec::Pcmu);
    for caller in [&mut reset, &mut silent, &mut undisturbed] {
        caller.speak_for(5);
    }
    let reset = reset.reset();
    let ended = server.process.wait_for(&["event=recorded id=2", "cause=\"socket error\""]);
    let file = server.folder().join(value(&ended, "file"));
    assert!(read_wave(&file).1 == decoded(Codec::Pcmu, &reset));

    // From here on nothing comes of the third any more, and nobody closes its connection.
    undisturbed.speak_for(75);
    let ended = server.process.wait_for(&["event=recorded id=3", "cause=\"no RTP\""]);
    let file = server.folder().join(value(&ended, "file"));
    assert!(read_wave(&file).1 == decoded(Codec::Pcmu, &silent.payload));
    assert_eq!(read(&mut silent.control), b"", "the server closes");

    let sent = undisturbed.stop();
    let ended = server.process.wait_for(&["event=recorded id=1", "cause=\"stop request\" "]);
    assert_eq!(value(&ended, "lost"), "0");
    assert!(
        read_wave(&server.folder().join(value(&ended, "file"))).1 == decoded(Codec::Pcmu, &sent)
    );
}

#[test]
fn who_takes_forever_to_ask_is_let_go() {
    let mut server = Server::start(4, &["--request-timeout", "1"]);
    let mut slow = connect(server.address);
    slow.set_nonblocking(true).unwrap();
    // Nothing of this is a command yet, however much time passes in between.
    eventually("the server closes", || {
        // Once it has, what is written meets a reset.
        let is_over = slow.write_all(b"\n").is_err();
        let is_closed = matches!(std::io::Read::read(&mut slow, &mut [0; 64]), Ok(0));
        thread::sleep(Duration::from_millis(10));
        is_over || is_closed
    });
    server.process.wait_for(&["event=left", "cause=\"no request\""]);
    assert_eq!(server.figure("recscope_recordings_started_total"), Some(0.0));
}

#[test]
fn what_is_no_command_ends_its_own_connection_and_no_other() {
    let mut server = Server::start(4, &[]);
    let mut undisturbed = Caller::start(server.address, "1", Codec::G722);
    undisturbed.speak_for(3);
    let long = format!("{}&local_name={}", start_request("2", Codec::Pcmu), "x".repeat(9000));
    let junk: Vec<u8> = (0..20_000_u32).map(|n| (n * n % 251) as u8).collect();
    let mute = b"cmd=RecordStartResponse&id=2&result=success&reason=&server=&port=1\n".as_slice();
    for bytes in [
        long.as_bytes(),
        &junk,
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"cmd=RecordPauseRequest&id=2\n",
        &[mute, &[b'\n'; 100], b"junk"].concat(),
    ] {
        let mut control = connect(server.address);
        // It may close before all is written.
        let _ = control.write_all(bytes);
        assert_eq!(read(&mut control), b"", "{}", String::from_utf8_lossy(bytes));
        server.process.wait_for(&["event=left"]);
        undisturbed.speak();
    }
    // Nor do they harm the recording when its own phone sends them.
    undisturbed.control.write_all(&junk).unwrap();
    undisturbed.control.write_all(b"\n").unwrap();
    undisturbed.speak_for(3);
    let sent = undisturbed.stop();
    let ended = server.process.wait_for(&["event=recorded id=1", "cause=\"stop request\""]);
    let file = server.folder().join(value(&ended, "file"));
    assert!(read_wave(&file).1 == decoded(Codec::G722, &sent));
}

#[test]
fn a_thousand_connections_that_say_nothing_keep_nobody_out() {
    const SILENT: usize = 1000;
    allow_handles(4096);
    let options = ["--max-sessions", "8", "--request-timeout", "600"];
    let mut server = Server::start(8, &options);
    let mut before = Caller::start(server.address, "1", Codec::Pcmu);
    before.speak_for(5);
    let silent: Vec<TcpStream> = (0..SILENT).map(|_| connect(server.address)).collect();
    before.speak_for(5);
    let mut after = Caller::start(server.address, "2", Codec::Pcmu);
    after.speak_for(5);
    let connections = server.figure("recscope_connections").unwrap();
    assert!(connections <= (8 + 128) as f64, "{connections} of {SILENT} stand");
    assert!(server.process.handles() < 600, "{}", server.process.handles());
    for caller in [before, after] {
        let sent = caller.stop();
        let ended = server.process.wait_for(&["event=recorded", "cause=\"stop request\""]);
        let file = server.folder().join(value(&ended, "file"));
        assert!(read_wave(&file).1 == decoded(Codec::Pcmu, &sent));
    }
    drop(silent);
    eventually("all are forgotten", || server.figure("recscope_connections") == Some(0.0));
}

#[cfg(unix)]
fn allow_handles(count: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(count), ..limit }).unwrap();
    }
}

#[cfg(not(unix))]
fn allow_handles(_: u64) {}

#[test]
fn nobody_else_speaks_into_a_recording() {
    let mut server = Server::start(4, &[]);
    let mut caller = Caller::start(server.address, "1", Codec::Pcma);
    caller.let_a_stranger_speak(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 20);
    let reason = "reason=\"the RTP is not from the phone that is recorded\"";
    let line = server.process.wait_for(&["event=ignored", reason]);
    assert!(value(&line, "from").starts_with("127.0.0.2:"), "{line}");
    assert_eq!(value(&line, "port"), caller.target.port().to_string());
    caller.speak_for(10);
    caller.let_a_stranger_speak(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 20);
    // From the phone's own address, but of another source.
    caller.let_a_stranger_speak(IpAddr::V4(Ipv4Addr::LOCALHOST), 20);
    let reason = "reason=\"the source is not that of the recording\"";
    server.process.wait_for(&["event=ignored", reason]);
    caller.speak_for(10);
    let sent = caller.stop();
    let ended = server.process.wait_for(&["event=recorded id=1"]);
    assert_eq!(value(&ended, "packets"), "20");
    assert!(read_wave(&server.recording().0).1 == decoded(Codec::Pcma, &sent));
    let ignored: Vec<_> =
        server.process.lines.iter().filter(|line| line.contains("event=ignored")).collect();
    assert!(ignored.len() < 20, "60 packets are not 60 lines: {ignored:#?}");
}

#[test]
fn a_range_of_ports_that_runs_out_is_told_to_the_phone() {
    let mut server = Server::start(2, &[]);
    let mut callers: Vec<Caller> = (0..server.media_ports)
        .map(|n| Caller::start(server.address, &format!("{n}"), Codec::Pcmu))
        .collect();
    let to = server.address.to_string();
    let mut phone = Process::start(&["phone", "bx", "--server", &to, "--seconds", "1"]);
    assert_eq!(phone.finish().0, 2);
    assert_eq!(phone.lines.last().unwrap(), "recscope: Recording failed: no_port");
    server.process.wait_for(&["event=refused", "reason=no_port"]);
    callers.pop().unwrap().stop();
    Caller::start(server.address, "9", Codec::Pcmu).stop();
    assert_eq!(refusal(server.address, "cmd=RecordStartRequest&id=&codec=PCMU\n"), "bad_request");
}

#[test]
fn numbers_and_names_lead_nowhere() {
    let mut server = Server::start(8, &[]);
    let outside = server.folder().parent().unwrap().join("recscope-escaped.wav");
    let long = "9".repeat(7000);
    let tricks = [
        "../../recscope-escaped",
        "..%2f..%2frecscope-escaped",
        "%2Fetc%2Fcron.d%2Fx",
        "a%00b",
        "x%0Atime%3D1+event%3Dforged",
        "%1B%5B31m%E2%80%AE",
        &long,
    ];
    for (number, trick) in tricks.iter().enumerate() {
        let request = format!(
            "cmd=RecordStartRequest&id={number}&device={trick}&remote_number={trick}&remote_name=\
             &local_number={}&local_name={trick}&dir=in&codec=PCMU",
            &trick[..trick.len().min(500)]
        );
        let request = if number == 6 {
            request
                .replace(&format!("device={long}"), "device=1")
                .replace(&format!("local_name={long}"), "local_name=1")
        } else {
            request
        };
        let mut caller = Caller::with(server.address, &number.to_string(), Codec::Pcmu, &request);
        caller.speak_for(2);
        caller.stop();
        let line = server.process.wait_for(&[&format!("event=recorded id={number} ")]);
        let recording = server.folder().join(value(&line, "file"));
        assert_eq!(recording.parent(), Some(server.folder()));
        assert!(read_wave(&recording).1.len() == 320);
        assert!(side_car(&recording)["request"]["remote_number"].is_string());
    }
    assert_eq!(server.recordings().len(), tricks.len());
    assert_eq!(fs::read_dir(server.folder()).unwrap().count(), 2 * tricks.len());
    assert!(!outside.exists());
    assert!(server.process.lines.iter().all(|line| line.starts_with("time=20")));
    let forged = &side_car(&files(server.folder(), "wav")[4]);
    assert!(forged["request"]["remote_number"].as_str().is_some());

    let too_long =
        format!("{}&remote_name={}", start_request("9", Codec::Pcmu), "x".repeat(10_240));
    let mut control = connect(server.address);
    let _ = control.write_all(too_long.as_bytes());
    assert_eq!(read(&mut control), b"", "10 KB are no command");
}

#[test]
fn a_phone_without_a_server_or_a_codec_says_why_it_does_not_record() {
    let server = Server::start(2, &[]);
    let to = server.address.to_string();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let unreachable = format!(
        "Recording failed: the record server cannot be reached: does one listen at {closed}?"
    );
    for (arguments, complaint) in [
        (["--server", &to, "--codec", "G729"], "Recording failed: unsupported_codec"),
        (["--server", &closed, "--codec", "PCMA"], &*unreachable),
        (
            ["--usb", "/no/such/drive", "--codec", "PCMA"],
            "Cannot record: no USB drive: there is no folder /no/such/drive",
        ),
    ] {
        let mut all = vec!["phone", "bx", "--seconds", "1"];
        all.extend(arguments);
        let mut phone = Process::start(&all);
        assert_eq!(phone.finish().0, 2);
        let last = phone.lines.last().unwrap();
        assert!(last.starts_with(&format!("recscope: {complaint}")), "{last}");
    }
}

#[test]
fn a_server_that_is_full_says_busy() {
    let server = Server::start(4, &["--max-sessions", "1"]);
    let caller = Caller::start(server.address, "1", Codec::Pcmu);
    assert_eq!(refusal(server.address, &start_request("2", Codec::Pcmu)), "busy");
    caller.stop();
    let (_, answer) = ask(server.address, start_request("2", Codec::Pcmu).as_bytes());
    assert!(start_response(&answer).port.is_some());
}
