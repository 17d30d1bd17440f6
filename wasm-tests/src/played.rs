//! What comes of every scenario, in a form that can be compared to the last byte.

use recscope_simulator::lesson::{Setup, Source};
use recscope_simulator::scenario::catalogue;
use recscope_simulator::{Run, export};

/// A line for each scenario of the catalogue: lengths and digests of what is saved of its run.
pub fn scenarios() -> Vec<String> {
    let line = |id: &str| {
        let setup = Setup::of(Source::Catalogue(id.to_owned()));
        match setup.played() {
            Ok(run) => format!("{id} {}", digests(&run)),
            Err(problem) => format!("{id} cannot be played: {problem}"),
        }
    };
    catalogue().iter().map(|entry| line(entry.id)).collect()
}

fn digests(run: &Run) -> String {
    let (json, svg) = (export::json(run), export::svg(run));
    let saved = [("json", json.as_bytes()), ("svg", svg.as_bytes()), ("pcap", export::pcap(run))];
    let digests =
        saved.map(|(name, bytes)| format!("{name}: {} bytes, {:016x}", bytes.len(), digest(bytes)));
    digests.join("; ")
}

/// FNV-1a, which tells apart what is not made to be alike.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
