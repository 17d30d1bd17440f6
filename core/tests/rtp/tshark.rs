//! What tshark says about a capture: the RTP packets in it, and its table of streams.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use recscope_core::rtp::Ssrc;
use recscope_core::rtp::statistics::Spread;

/// What tshark tells streams apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamId {
    /// `address port`.
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) ssrc: Ssrc,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) packets: u64,
    pub(crate) lost: i64,
    pub(crate) lost_percent: f64,
    pub(crate) delta: Spread,
    pub(crate) jitter: Spread,
}

/// A UDP payload that tshark takes for RTP.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) arrival_us: i64,
    pub(crate) src: String,
    pub(crate) dst: String,
    pub(crate) payload: Vec<u8>,
}

/// Both, from one run.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) packets: Vec<Datagram>,
    pub(crate) streams: BTreeMap<StreamId, Row>,
}

const FIELDS: [&str; 8] = [
    "frame.time_epoch",
    "ip.src",
    "ipv6.src",
    "udp.srcport",
    "ip.dst",
    "ipv6.dst",
    "udp.dstport",
    "udp.payload",
];

/// Has tshark read `capture`; `options` tell it what is RTP.
pub(crate) fn account(capture: &Path, options: &[&str]) -> Account {
    let options = [options, &["-z", "rtp,streams"]].concat();
    let text = print_fields(capture, &options, "rtp.version == 2", &FIELDS);
    Account {
        packets: text.lines().filter(|line| line.contains('\t')).map(datagram).collect(),
        streams: text.lines().filter(|line| line.contains("%)")).map(row).collect(),
    }
}

/// The RTP packets of `capture`, in order.
pub(crate) fn packets(capture: &Path) -> Vec<Datagram> {
    account(capture, &["-o", "rtp.heuristic_rtp:TRUE"]).packets
}

/// One line per packet that `filter` lets through, its fields parted by tabs, the occurrences of a
/// field by commas.
pub(crate) fn print_fields(
    capture: &Path,
    options: &[&str],
    filter: &str,
    fields: &[&str],
) -> String {
    let output = Command::new("tshark")
        .args(["-n", "-Y", filter, "-T", "fields", "-r"])
        .arg(capture)
        .args(options)
        .args(fields.iter().flat_map(|field| ["-e", field]))
        .output()
        .expect("tshark runs; install it, or set RECSCOPE_NO_PEERS=1");
    // A capture cut short makes tshark fail after it has printed what it read.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether the environment says to do without peers; says so on stderr.
pub(crate) fn is_left_out() -> bool {
    let off = std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1");
    if off {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1, so nothing is compared with tshark");
    }
    off
}

/// The captures of the project, and the samples' where they are at hand.
pub(crate) fn sample_captures() -> Option<Vec<PathBuf>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let samples = std::env::var_os("RECSCOPE_SAMPLES")
        .map_or_else(|| workspace.join("../shared/samples"), PathBuf::from);
    let folders = [
        workspace.join("testdata/captures"),
        samples.join("own/captures"),
        samples.join("public/captures"),
    ];
    let captures: BTreeSet<_> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    if captures.is_empty() {
        eprintln!(
            "skipped: no captures at {}; name their folder in RECSCOPE_SAMPLES",
            samples.display()
        );
        return None;
    }
    Some(captures.into_iter().collect())
}

fn datagram(line: &str) -> Datagram {
    let columns: Vec<_> = line.split('\t').collect();
    let [time, src, src6, src_port, dst, dst6, dst_port, payload] = columns[..] else {
        panic!("tshark printed {line:?}");
    };
    Datagram {
        arrival_us: micros(time),
        src: format!("{src}{src6} {src_port}"),
        dst: format!("{dst}{dst6} {dst_port}"),
        payload: from_hex(payload),
    }
}

/// A row has no separators: the payload's name in the middle may hold spaces, so that columns are
/// counted from both ends.
fn row(line: &str) -> (StreamId, Row) {
    let columns: Vec<_> = line.split_whitespace().collect();
    let columns = columns.strip_suffix(&["X"]).unwrap_or(&columns);
    let [
        _,
        _,
        src,
        src_port,
        dst,
        dst_port,
        ssrc,
        ..,
        packets,
        lost,
        percent,
        d0,
        d1,
        d2,
        j0,
        j1,
        j2,
    ] = columns[..]
    else {
        panic!("tshark printed {line:?}");
    };
    let ssrc = u32::from_str_radix(ssrc.trim_start_matches("0x"), 16).expect("an SSRC");
    let id = StreamId {
        src: format!("{src} {src_port}"),
        dst: format!("{dst} {dst_port}"),
        ssrc: Ssrc(ssrc),
    };
    let row = Row {
        packets: packets.parse().expect("a count"),
        lost: lost.parse().expect("a count"),
        lost_percent: number(percent.trim_matches(['(', ')', '%'])),
        delta: Spread { min: number(d0), mean: number(d1), max: number(d2) },
        jitter: Spread { min: number(j0), mean: number(j1), max: number(j2) },
    };
    (id, row)
}

fn number(text: &str) -> f64 {
    text.parse().expect("tshark prints numbers")
}

pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] << 4 | pair[1]).expect("two digits fit"))
        .collect()
}

/// `1700000000.123456789` in µs.
pub(crate) fn micros(time: &str) -> i64 {
    let (seconds, fraction) = time.split_once('.').expect("tshark prints a fraction");
    let seconds: i64 = seconds.parse().expect("seconds");
    let nanos: i64 = fraction.parse().expect("nine digits");
    seconds * 1_000_000 + nanos / 1000
}
