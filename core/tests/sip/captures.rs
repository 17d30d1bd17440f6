//! Real captures: what tshark says of each message must be what we say.

use crate::samples::samples;
use crate::wire::assert_round_trip;
use recscope_core::Limits;
use recscope_core::sdp::Session;
use recscope_core::sip::{Framer, Message, Method, NameAddr, Step, Uri, looks_like_sip};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The fields compared, in tshark's words.
const FIELDS: [&str; 17] = [
    "sip.Method",
    "sip.r-uri",
    "sip.Status-Code",
    "sip.Call-ID",
    "sip.CSeq.seq",
    "sip.CSeq.method",
    "sip.from.tag",
    "sip.to.tag",
    "sip.Via.branch",
    "sip.Via.transport",
    "sip.Via.sent-by.address",
    "sip.Via.sent-by.port",
    "sip.from.addr",
    "sip.to.addr",
    "sip.contact.uri",
    "sip.Expires",
    "sip.Status-Line",
];

/// Rows of tshark's `fields`, the first occurrence of each unless `all`; `None` where tests with
/// other programs are switched off.
fn tshark(capture: &Path, filter: &str, fields: &[&str], all: bool) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields"]);
    command.args(["-E", "separator=\x01", "-E", "aggregator=\x02"]);
    command.args(["-E", if all { "occurrence=a" } else { "occurrence=f" }]);
    for field in fields {
        command.args(["-e", field]);
    }
    let text = run(command)?;
    Some(text.lines().map(|line| line.split('\x01').map(str::to_owned).collect()).collect())
}

/// What a program prints; it must be there unless `RECSCOPE_NO_PEERS` is set.
fn run(mut command: Command) -> Option<String> {
    if std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1") {
        eprintln!("skipped: RECSCOPE_NO_PEERS is set");
        return None;
    }
    let output = command.output().expect("tshark runs (or set RECSCOPE_NO_PEERS=1)");
    // tshark complains of a cut last packet and prints the others all the same.
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The captures of the workspace and, where they are, those of the samples.
fn captures() -> Vec<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    let public = samples().map(|folder| folder.join("public/captures"));
    let mut found: Vec<PathBuf> = std::iter::once(own)
        .chain(public)
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        // Starting tshark takes longer than reading all captures.
        .filter(|path| memchr::memmem::find(&std::fs::read(path).unwrap(), b"SIP/2.0").is_some())
        .collect();
    found.sort();
    found
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).map(|two| u8::try_from(two[0] * 16 + two[1]).unwrap()).collect()
}

/// Our values for [`FIELDS`].
fn ours(message: &Message<'_>) -> [String; FIELDS.len()] {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let from = message.from();
    let to = message.to();
    let cseq = message.cseq();
    [
        text(message.method().map(Method::as_str)),
        text(message.request_uri().as_ref().map(Uri::as_str)),
        message.status().map(|status| status.to_string()).unwrap_or_default(),
        text(message.call_id()),
        cseq.map(|cseq| cseq.number.to_string()).unwrap_or_default(),
        text(cseq.map(|cseq| cseq.method.as_str())),
        text(from.as_ref().and_then(NameAddr::tag)),
        text(to.as_ref().and_then(NameAddr::tag)),
        text(message.via().and_then(|via| via.branch())),
        text(message.via().map(|via| via.transport)),
        message.via().map(|via| via.host.to_string()).unwrap_or_default(),
        // The first port that any Via gives.
        message.vias().find_map(|via| via.port).map(|port| port.to_string()).unwrap_or_default(),
        text(from.as_ref().map(|from| from.uri.as_str())),
        text(to.as_ref().map(|to| to.uri.as_str())),
        text(message.contacts().next().as_ref().and_then(|c| c.address()).map(|a| a.uri.as_str())),
        text(message.header("Expires")),
        message.status().map(|_| message.start_line.to_string()).unwrap_or_default(),
    ]
}

/// tshark's values, without the fields of a message carried in a message (`message/sipfrag`).
fn theirs(row: &[String]) -> Vec<String> {
    let mut row = row.to_vec();
    if !row[0].is_empty() {
        row[2].clear();
        row[16].clear();
    }
    row
}

#[test]
fn messages_over_udp_have_the_fields_that_tshark_sees() {
    let mut seen = 0;
    for capture in captures() {
        let fields: Vec<&str> = ["frame.number", "udp.payload"].into_iter().chain(FIELDS).collect();
        let Some(rows) = tshark(&capture, "sip && udp && !icmp", &fields, false) else { return };
        for row in rows {
            let bytes = hex(&row[1]);
            let place = format!("{} frame {}", capture.display(), row[0]);
            // What tshark takes for SIP by its port alone: keep-alives and continuation data.
            if row[2].is_empty() && row[4].is_empty() {
                assert!(!looks_like_sip(&bytes), "{place}");
                continue;
            }
            assert!(looks_like_sip(&bytes), "{place}");
            let parsed = Message::parse(&bytes).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(ours(&parsed.message).as_slice(), theirs(&row[2..]), "{place}");
            assert_round_trip(&parsed.message);
            assert_eq!(parsed.warnings, [], "{place}");
            assert_eq!(parsed.message.check(), [], "{place}");
            seen += 1;
        }
    }
    assert!(seen >= 15, "{seen} messages compared");
    eprintln!("{seen} messages compared");
}

/// The parts of a description compared, in tshark's words; several values stand side by side.
const SDP_FIELDS: [&str; 6] = [
    "sdp.owner",
    "sdp.session_name",
    "sdp.connection_info",
    "sdp.media",
    "sdp.media_attr",
    "sdp.session_attr",
];

/// Our values for [`SDP_FIELDS`].
fn described(session: &Session) -> [String; SDP_FIELDS.len()] {
    let join = |parts: Vec<String>| parts.join("\x02");
    let media = session.media.iter();
    let connections = session.connection.iter().chain(media.clone().flat_map(|m| &m.connections));
    let lines = media.clone().map(|m| {
        let text = m.to_string();
        text.lines().next().unwrap().trim_start_matches("m=").to_owned()
    });
    [
        session.origin.as_ref().map(ToString::to_string).unwrap_or_default(),
        session.name.clone(),
        join(connections.map(ToString::to_string).collect()),
        join(lines.collect()),
        join(media.flat_map(|m| &m.attributes).map(ToString::to_string).collect()),
        join(session.attributes.iter().map(ToString::to_string).collect()),
    ]
}

#[test]
fn descriptions_have_the_lines_that_tshark_sees() {
    let mut seen = 0;
    for capture in captures() {
        let fields: Vec<&str> =
            ["frame.number", "udp.payload"].into_iter().chain(SDP_FIELDS).collect();
        let Some(rows) = tshark(&capture, "sip && sdp && udp && !icmp", &fields, true) else {
            return;
        };
        for row in rows {
            let place = format!("{} frame {}", capture.display(), row[0]);
            let bytes = hex(&row[1]);
            let message = Message::parse(&bytes).unwrap().message;
            let (_, sdp) = message.sdp().unwrap_or_else(|| panic!("{place}: no description"));
            let parsed = Session::parse(sdp).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(parsed.warnings, [], "{place}");
            let theirs: Vec<_> = row[2..].iter().map(|text| text.trim_end().to_owned()).collect();
            assert_eq!(described(&parsed.session).as_slice(), theirs, "{place}");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} descriptions compared");
    eprintln!("{seen} descriptions compared");
}

/// Both directions of a TCP connection, as tshark puts them together.
fn follow(capture: &Path, stream: &str) -> Option<[Vec<u8>; 2]> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-q", "-z", &format!("follow,tcp,raw,{stream}")]);
    let text = run(command)?;
    let mut sides = [Vec::new(), Vec::new()];
    for line in text.lines() {
        let digits = line.strip_prefix('\t').unwrap_or(line);
        if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit()) {
            sides[usize::from(line.starts_with('\t'))].extend(hex(digits));
        }
    }
    Some(sides)
}

#[test]
fn messages_over_tcp_are_framed_as_tshark_frames_them() {
    for capture in captures() {
        let fields: Vec<&str> = std::iter::once("tcp.stream").chain(FIELDS).collect();
        let Some(rows) = tshark(&capture, "sip && tcp && !icmp", &fields, true) else { return };
        let mut streams: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
        streams.sort();
        streams.dedup();
        for stream in streams {
            let rows = rows.iter().filter(|row| row[0] == stream);
            // One frame may hold several messages: their Call-IDs and numbers stand side by side.
            let mut theirs: Vec<(String, String)> = rows
                .flat_map(|row| {
                    let ids: Vec<_> = row[4].split('\x02').map(str::to_owned).collect();
                    let numbers: Vec<_> = row[5].split('\x02').map(str::to_owned).collect();
                    ids.into_iter().zip(numbers).collect::<Vec<_>>()
                })
                .collect();
            let Some(sides) = follow(&capture, &stream) else { return };
            let mut ours = Vec::new();
            for side in &sides {
                let mut framer = Framer::new(&Limits::default());
                let mut rest = side.as_slice();
                loop {
                    let (used, step) = framer.push(rest);
                    rest = &rest[used..];
                    match step {
                        Step::NeedMore => break,
                        Step::Message { bytes, .. } => {
                            let parsed = Message::parse(bytes).unwrap();
                            assert_eq!(parsed.warnings, [], "{}", capture.display());
                            let number = parsed.message.cseq().unwrap().number.to_string();
                            ours.push((parsed.message.call_id().unwrap().to_owned(), number));
                        }
                        other => panic!("{} stream {stream}: {other:?}", capture.display()),
                    }
                }
            }
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "{} stream {stream}", capture.display());
            eprintln!("{} stream {stream}: {} messages", capture.display(), ours.len());
        }
    }
}
