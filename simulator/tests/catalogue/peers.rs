//! tshark on every capture: nothing is malformed, no checksum is wrong, and each protocol says what
//! it says in the run's own trace.

use super::finished;
use recscope_flow::Protocol;
use recscope_simulator::Run;
use recscope_simulator::trace::{Message, Sent, StepKind};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The port of the PBX's CSTA server, which tshark does not know.
const CSTA: &str = "tcp.port==8882,xml";
/// Between the values of a field that a packet has several times.
const BETWEEN: char = '\u{1f}';

/// What is asked of each packet, in this order.
const FIELDS: &[&str] = &[
    "_ws.malformed",
    "ip.checksum.status",
    "udp.checksum.status",
    "tcp.checksum.status",
    "sip.CSeq",
    "sdp.owner",
    "sdp.media",
    "rtp.ssrc",
    "http.request.method",
    "http.request.uri",
    "http.request.version",
    "http.request.line",
    "http.response.version",
    "http.response.code",
    "http.response.phrase",
    "http.response.line",
    "xml.tag",
];

/// A packet: its fields by name.
struct Row(Vec<String>);

impl Row {
    fn field(&self, name: &str) -> &str {
        let place = FIELDS.iter().position(|field| *field == name).expect("a field of the list");
        self.0.get(place).map(String::as_str).expect("tshark prints every field")
    }

    fn has(&self, name: &str) -> bool {
        !self.field(name).is_empty()
    }

    fn values(&self, name: &str) -> Vec<String> {
        let values = self.field(name).split(BETWEEN).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    }
}

/// Every run with what tshark says of its packets; none where the environment says to do without
/// peers.
fn captures() -> &'static [(&'static Run, Vec<Row>)] {
    static CAPTURES: OnceLock<Vec<(&Run, Vec<Row>)>> = OnceLock::new();
    CAPTURES.get_or_init(|| {
        if std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1") {
            eprintln!("skipped: RECSCOPE_NO_PEERS=1, so nothing is compared with tshark");
            return Vec::new();
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        finished().iter().map(|run| (run, tshark(run, folder.path()))).collect()
    })
}

fn tshark(run: &Run, folder: &Path) -> Vec<Row> {
    let path = folder.join(format!("{}.pcap", run.scenario().id));
    let capture = run.world().capture().expect("captures are asked for");
    fs::write(&path, capture.bytes()).expect("a folder of our own");
    let mut command = Command::new("tshark");
    command.args(["-n", "--enable-heuristic", "rtp_udp", "-d", CSTA]);
    for protocol in ["ip", "udp", "tcp"] {
        command.args(["-o", &format!("{protocol}.check_checksum:TRUE")]);
    }
    command.args(["-T", "fields", "-E", "separator=|", "-E", &format!("aggregator={BETWEEN}")]);
    command.arg("-r").arg(&path);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot run tshark ({error}): install it, or set RECSCOPE_NO_PEERS=1")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| Row(line.split('|').map(str::to_owned).collect())).collect()
}

/// Messages of a protocol that arrived, as often as they did.
fn arrived(run: &Run, protocol: Protocol) -> impl Iterator<Item = &Message> {
    let steps = run.trace().steps().iter();
    let messages = steps.filter_map(|step| match &step.kind {
        StepKind::Message(message) if message.arrived.is_some() => Some(message),
        _ => None,
    });
    messages
        .filter(move |message| message.protocol() == protocol)
        .flat_map(|message| std::iter::repeat_n(message, 1 + message.repeats as usize))
}

/// The text of a message.
fn text<'a>(run: &'a Run, message: &Message) -> &'a str {
    std::str::from_utf8(run.trace().payload(message)).expect("messages are text")
}

/// How often each came.
fn count<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}

#[test]
fn tshark_finds_nothing_malformed_and_every_packet() {
    for (run, rows) in captures() {
        let id = &run.scenario().id;
        for (row, number) in rows.iter().zip(1..) {
            assert!(!row.has("_ws.malformed"), "{id}: packet {number} is malformed");
            for protocol in ["ip", "udp", "tcp"] {
                // 1 is good; what a packet does not have is empty.
                let status = row.field(&format!("{protocol}.checksum.status"));
                assert!(matches!(status, "1" | ""), "{id}: packet {number}: {protocol} {status}");
            }
        }
        let capture = run.world().capture().expect("captures are asked for");
        assert_eq!(rows.len() as u64, capture.packets(), "{id}");
        let rtp: u64 = run.trace().sent().iter().map(Sent::arrived).sum();
        let found = rows.iter().filter(|row| row.has("rtp.ssrc")).count();
        assert_eq!(found as u64, rtp, "{id}: RTP");
    }
}

#[test]
fn tshark_reads_the_same_sip_and_the_same_descriptions() {
    let mut seen = 0;
    for (run, rows) in captures() {
        let id = &run.scenario().id;
        let found = count(rows.iter().filter(|row| row.has("sip.CSeq")).map(|row| {
            (row.values("sip.CSeq").concat(), row.values("sdp.owner"), row.values("sdp.media"))
        }));
        let said = count(arrived(run, Protocol::Sip).map(|message| {
            let lines = |start: &'static str| {
                text(run, message).lines().filter_map(move |line| line.strip_prefix(start))
            };
            let owned = |start| lines(start).map(str::to_owned).collect::<Vec<_>>();
            (lines("CSeq: ").collect::<String>(), owned("o="), owned("m="))
        }));
        assert_eq!(found, said, "{id}");
        seen += said.keys().filter(|(.., media)| !media.is_empty()).count();
    }
    assert!(seen > 60 || captures().is_empty(), "{seen} descriptions");
}

#[test]
fn tshark_reads_the_same_http_line_by_line() {
    let mut seen = 0;
    for (run, rows) in captures() {
        let is_http = |row: &&Row| row.has("http.request.method") || row.has("http.response.code");
        let found = count(rows.iter().filter(is_http).map(|row| {
            let part = |names: [&str; 3]| names.map(|name| row.field(name)).join(" ");
            let start = if row.has("http.request.method") {
                part(["http.request.method", "http.request.uri", "http.request.version"])
            } else {
                part(["http.response.version", "http.response.code", "http.response.phrase"])
            };
            let mut lines = vec![start];
            lines.extend(row.values("http.request.line"));
            lines.extend(row.values("http.response.line"));
            lines.iter().map(|line| line.trim_end_matches("\\r\\n").to_owned()).collect::<Vec<_>>()
        }));
        let said = count(arrived(run, Protocol::Http).map(|message| {
            let head = text(run, message).split("\r\n\r\n").next().unwrap_or_default();
            head.lines().map(str::to_owned).collect::<Vec<_>>()
        }));
        assert_eq!(found, said, "{}", run.scenario().id);
        seen += said.len();
    }
    assert!(seen >= 4 || captures().is_empty(), "{seen} messages");
}

#[test]
fn tshark_reads_the_same_csta_elements() {
    let mut seen = 0;
    for (run, rows) in captures() {
        let id = &run.scenario().id;
        // Names of all elements, in order: `<device>` of `<device a="b">` and `<device/>`.
        let name = |tag: &str| {
            let tag = tag.trim_start_matches('<');
            let end = tag.find([' ', '/', '>']).unwrap_or(tag.len());
            tag.get(..end).unwrap_or_default().to_owned()
        };
        let found = count(rows.iter().filter(|row| row.has("xml.tag")).map(|row| {
            let tags = row.values("xml.tag");
            tags.iter().map(|tag| name(tag)).collect::<Vec<_>>()
        }));
        let said = count(arrived(run, Protocol::Csta).map(|message| {
            let tags = run.trace().payload(message).split(|byte| *byte == b'<').skip(1);
            let tags = tags.map(|tag| String::from_utf8_lossy(tag).into_owned());
            tags.filter(|tag| !tag.starts_with(['?', '/'])).map(|tag| name(&tag)).collect()
        }));
        assert_eq!(found, said, "{id}");
        let roots = count(found.iter().flat_map(|(elements, times)| {
            let root = elements.first().map_or("", |root| root.trim_end_matches("Event"));
            std::iter::repeat_n(root, *times)
        }));
        let names = arrived(run, Protocol::Csta).map(|message| message.described.name.as_str());
        assert_eq!(roots, count(names), "{id}");
        seen += said.values().sum::<usize>();
    }
    assert!(seen > 100 || captures().is_empty(), "{seen} messages");
}
