//! Programs that we compare ourselves with.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Whether the environment says to do without peers; says so on stderr. Missing programs fail the
/// test: a comparison is never left out silently.
pub(crate) fn is_left_out() -> bool {
    let off = std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1");
    if off {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1, so nothing is compared with tshark and ffmpeg");
    }
    off
}

/// A stream as tshark tells it apart: `address:port` of both ends and the SSRC.
pub(crate) type StreamId = (String, String, String);

/// A row of `-z rtp,streams`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamRow {
    pub(crate) packets: u64,
    pub(crate) lost: i64,
    /// Smallest, mean and largest, in ms.
    pub(crate) delta: [f64; 3],
    pub(crate) jitter: [f64; 3],
}

/// What tshark finds in a capture.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) packets: u64,
    /// SIP messages by method or status, from `-z sip,stat`.
    pub(crate) sip: BTreeMap<String, u64>,
    pub(crate) resent: u64,
    /// Call-IDs of INVITEs.
    pub(crate) calls: BTreeSet<String>,
    pub(crate) streams: BTreeMap<StreamId, StreamRow>,
}

/// Has tshark read a capture; UDP that no SDP announces counts as RTP where it looks so.
pub(crate) fn tshark(capture: &Path) -> Account {
    let output = Command::new("tshark")
        .args(["-n", "--enable-heuristic", "rtp_udp", "-z", "rtp,streams", "-z", "sip,stat"])
        .args(["-T", "fields", "-E", "separator=|", "-E", "aggregator=\u{1f}"])
        .args(["-e", "frame.number", "-e", "sip.Method", "-e", "sip.Call-ID", "-r"])
        .arg(capture)
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot run tshark ({error}): install it, or set RECSCOPE_NO_PEERS=1")
        });
    // A capture cut short makes tshark fail after it has printed what it read.
    let text = String::from_utf8_lossy(&output.stdout);
    let mut account = Account::default();
    for line in text.lines() {
        account.take(line);
    }
    account
}

impl Account {
    fn take(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, methods, call_ids] = line.split('|').collect::<Vec<_>>()[..] {
            self.packets += 1;
            // Each message has a Call-ID, only requests have a method: in a packet with several
            // messages an INVITE's cannot be told, and all of its calls count.
            if methods.split('\u{1f}').any(|method| method == "INVITE") {
                self.calls.extend(call_ids.split('\u{1f}').map(str::to_owned));
            }
        } else if line.contains("%)") {
            let (id, row) = stream(&words);
            self.streams.insert(id, row);
        } else if let ["SIP", status, .., count, "Packets"] = words[..] {
            self.sip.insert(status.to_owned(), count.parse().expect("a count"));
        } else if let [method, ":", count, "Packets"] = words[..] {
            self.sip.insert(method.to_owned(), count.parse().expect("a count"));
        } else if let ["Number", "of", "resent", .., count] = words[..] {
            self.resent = count.parse().expect("a count");
        }
    }
}

/// `start end src port dst port ssrc payload… packets lost (percent) delta×3 jitter×3 [X]`: the
/// payload's name may have blanks, so the rest is counted from the percentage.
fn stream(words: &[&str]) -> (StreamId, StreamRow) {
    let percent = words.iter().position(|word| word.ends_with("%)")).expect("a percentage");
    let number = |at: usize| words[at].parse().expect("a number");
    let spread = |at: usize| [number(at), number(at + 1), number(at + 2)];
    let end = |at: usize| match words[at].contains(':') {
        true => format!("[{}]:{}", words[at], words[at + 1]),
        false => format!("{}:{}", words[at], words[at + 1]),
    };
    let id = (end(2), end(4), words[6].to_ascii_lowercase());
    let row = StreamRow {
        packets: words[percent - 2].parse().expect("a count"),
        lost: words[percent - 1].parse().expect("a count"),
        delta: spread(percent + 1),
        jitter: spread(percent + 4),
    };
    (id, row)
}

/// A packet of a stream as tshark cuts it out.
pub(crate) struct RtpPayload {
    pub(crate) payload_type: u8,
    pub(crate) timestamp: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The packets of a stream in capture order.
pub(crate) fn payloads(capture: &Path, ssrc: &str, src_port: u16) -> Vec<RtpPayload> {
    let output = Command::new("tshark")
        .args(["-n", "--enable-heuristic", "rtp_udp", "-T", "fields"])
        .args(["-e", "rtp.p_type", "-e", "rtp.timestamp", "-e", "rtp.payload"])
        .args(["-Y", &format!("rtp.ssrc == {ssrc} && udp.srcport == {src_port}"), "-r"])
        .arg(capture)
        .output()
        .expect("tshark runs; install it, or set RECSCOPE_NO_PEERS=1");
    let text = String::from_utf8_lossy(&output.stdout);
    let packet = |line: &str| {
        // Events have their own dissection, and no payload here.
        let mut fields = line.split('\t');
        let mut number = || fields.next().expect("a field").parse().expect("a number");
        let (payload_type, timestamp) = (number(), number());
        let bytes = hex(fields.next().unwrap_or_default());
        RtpPayload {
            payload_type: u8::try_from(payload_type).expect("seven bits"),
            timestamp,
            bytes,
        }
    };
    text.lines().map(packet).collect()
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    digits
        .map(|pair| {
            let pair = str::from_utf8(pair).expect("hex digits");
            u8::from_str_radix(pair, 16).expect("hex digits")
        })
        .collect()
}

/// Has ffmpeg decode raw bytes of a format: `mulaw`, `alaw`, `g722`.
pub(crate) fn ffmpeg(format: &str, bytes: &[u8]) -> Vec<i16> {
    // Its G.722 reader knows but one rate and takes no option for it.
    let input: &[&str] = if format == "g722" { &[] } else { &["-ar", "8000", "-ac", "1"] };
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-f", format])
        .args(input)
        .args(["-i", "pipe:0"])
        .args(["-f", "s16le", "-c:a", "pcm_s16le", "pipe:1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("cannot run ffmpeg ({error}): install it, or set RECSCOPE_NO_PEERS=1")
        });
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let output = thread::scope(|scope| {
        scope.spawn(move || match stdin.write_all(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            result => result.expect("the input is written"),
        });
        child.wait_with_output().expect("the output is read")
    });
    assert!(output.status.success(), "ffmpeg decodes {format}");
    let (samples, _) = output.stdout.as_chunks::<2>();
    samples.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
}
