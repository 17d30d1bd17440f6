//! tshark, as a judge that is not ours.

use super::link::PSEUDOWIRE_LABEL;
use std::io::Write;
use std::process::Command;

/// Whether tshark is to be asked. Tests are skipped only by `RECSCOPE_NO_PEERS=1`; where the
/// program is merely missing they fail.
pub fn wanted() -> bool {
    let skipped = std::env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1");
    if skipped {
        eprintln!("skipped: RECSCOPE_NO_PEERS=1, tshark is not asked");
    }
    !skipped
}

/// Runs tshark on a file with these arguments; gives its output.
pub fn run(file: &[u8], arguments: &[&str]) -> String {
    let mut on_disk = tempfile::NamedTempFile::new().expect("a temporary file");
    on_disk.write_all(file).expect("writing a temporary file");
    let output = Command::new("tshark")
        .env("TZ", "UTC")
        .args(["-n", "-d", &format!("mpls.label=={PSEUDOWIRE_LABEL},pwethcw"), "-r"])
        .arg(on_disk.path())
        .args(arguments)
        .output()
        .expect("tshark is needed; set RECSCOPE_NO_PEERS=1 to go without");
    // A cut file ends with an error after all that could be read.
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The values of these fields for each packet that passes `filter`; the last of each, which in
/// a tunnel is the innermost.
pub fn fields(file: &[u8], filter: &str, names: &[&str]) -> Vec<Vec<String>> {
    let mut arguments = vec!["-T", "fields", "-E", "occurrence=l", "-E", "separator=|"];
    if !filter.is_empty() {
        arguments.extend(["-Y", filter]);
    }
    for name in names {
        arguments.extend(["-e", name]);
    }
    run(file, &arguments).lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// The bytes of both directions of a TCP connection, the opener's first.
pub fn follow_tcp(file: &[u8], connection: u32) -> [Vec<u8>; 2] {
    let mut streams = [Vec::new(), Vec::new()];
    let output = run(file, &["-q", "-z", &format!("follow,tcp,raw,{connection}")]);
    for line in output.lines() {
        let (from, hex) = match line.strip_prefix('\t') {
            Some(hex) => (1, hex),
            None => (0, line),
        };
        if hex.len() % 2 == 0 && !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            let bytes =
                (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
            streams[from].extend(bytes.map(|byte| byte.expect("hexadecimal")));
        }
    }
    streams
}
