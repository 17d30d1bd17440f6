//! What the two commands say to whoever types them.

use crate::process::{Process, Server, value};

fn complaint(arguments: &[&str]) -> String {
    let mut command = assert_cmd::Command::cargo_bin("recscope").unwrap();
    let output = command.args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let server = Server::start(2, &[]);
    let (taken, port) = (server.address.to_string(), server.address.port());
    let serve = |listen: &str, dir: &str, more: &[&str]| {
        let mut arguments = vec!["record-server", "--listen", listen, "--dir", dir];
        arguments.extend(more);
        complaint(&arguments)
    };
    let recording =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/recordings/Record_20261122091500.wav");
    let text = folder.path().join("text.wav");
    std::fs::write(&text, "this is no sound at all, whatever its name says").unwrap();
    let play = |path: &str| complaint(&["phone", "bx", "--server", "127.0.0.1", "--play", path]);
    let record = |dir: &str| complaint(&["recorder", "--phone", "127.0.0.1:7300", "--dir", dir]);
    for (said, expected) in [
        (play(recording), format!("`recscope audio {recording} -o OUT.wav` makes one of it")),
        (play(text.to_str().unwrap()), "it is no WAVE file that can be read (".into()),
        (play(dir), format!("cannot play {dir}: it is a folder")),
        (record(file.to_str().unwrap()), "it is a file, not a folder; name another".into()),
        (
            serve("10000", dir, &[]),
            "write an address before the port, as in 127.0.0.1:10000".into(),
        ),
        (complaint(&["phone", "mx", "--allow", "me"]), "write an IP address, as in".into()),
        (
            complaint(&["phone", "bx", "--usb", file.to_str().unwrap()]),
            format!("Cannot record: no USB drive: there is no folder {}", file.display()),
        ),
        (serve(&taken, dir, &[]), format!("TCP port {port} of 127.0.0.1 is in use")),
        (serve("192.0.2.1:0", dir, &[]), "192.0.2.1 is not an address of this machine".into()),
        (serve("127.0.0.1:0", file.to_str().unwrap(), &[]), "cannot record to ".into()),
        (serve("127.0.0.1:0", dir, &["--media-ports", "9-3"]), "ends before it begins".into()),
        (serve("127.0.0.1:0", dir, &["--min-free", "lots"]), "number of bytes, as in 64M".into()),
        (complaint(&["phone", "bx"]), "a record server with --server, or a drive".into()),
        (complaint(&["phone", "bx", "--usb", dir, "--server", "x"]), "cannot be used with".into()),
        (complaint(&["phone", "bx", "--server", "no.invalid"]), "no way to no.invalid".into()),
        (
            complaint(&["phone", "bx", "--usb", dir, "--play", "no.wav"]),
            "cannot read no.wav: there is no such file".into(),
        ),
    ] {
        assert!(said.contains(&expected), "{expected}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_server_of_both_ip_versions_knows_a_phone_by_one_address() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("SKIPPED: recording over IPv6 was not tried out, as this machine has none");
        return;
    }
    let mut server = Server::start(4, &["--listen", "[::]:0"]);
    let port = server.address.port();
    for host in ["127.0.0.1", "[::1]"] {
        let to = format!("{host}:{port}");
        let mut phone = Process::start(&["phone", "bx", "--server", &to, "--seconds", "0.4"]);
        assert_eq!(phone.finish().0, 0, "{:#?}", phone.lines);
        let ended = server.process.wait_for(&["event=recorded", "cause=\"stop request\""]);
        assert_eq!(value(&ended, "packets"), "20", "{ended}");
        assert_eq!(value(&ended, "phone"), host.trim_matches(['[', ']']));
    }
}

#[test]
fn a_port_that_somebody_has_is_done_without() {
    // Eight ports, one of which is taken before the server starts.
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port() / 2 * 2;
    let even = if taken.local_addr().unwrap().port() == port {
        taken
    } else {
        std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap_or(taken)
    };
    let range = format!("{}-{}", port.saturating_sub(6), port);
    let server = Server::start(2, &["--media-ports", &range]);
    assert!(server.media_ports < 4, "{} ports", server.media_ports);
    drop(even);
}
