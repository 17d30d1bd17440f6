//! Pipes: standard input, and readers who go away.

use super::{call, recording, recscope, run};
use assert_cmd::cargo::CommandCargoExt;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

fn piped(arguments: &[&str], input: Vec<u8>) -> super::Run {
    let mut command = assert_cmd::Command::cargo_bin("recscope").unwrap();
    run(command.args(arguments).write_stdin(input))
}

#[test]
fn a_dash_is_standard_input() {
    let by_name = recscope(["analyze".as_ref(), "--json".as_ref(), call().as_os_str()]);
    let by_pipe = piped(&["analyze", "--json", "-"], fs::read(call()).unwrap());
    assert_eq!((by_pipe.status, by_pipe.stderr.as_str()), (0, ""));
    let (mut named, mut unnamed) = (by_name.reports(), by_pipe.reports());
    assert_eq!(unnamed[0].file.name, "standard input");
    named[0].file.name.clear();
    unnamed[0].file.name.clear();
    assert_eq!(named, unnamed);
}

#[test]
fn audio_and_repair_read_standard_input_twice() {
    for (command, file) in [("audio", call()), ("repair", recording())] {
        let by_name = recscope([command.as_ref(), file.as_os_str(), "-o".as_ref(), "-".as_ref()]);
        let by_pipe = piped(&[command, "-", "-o", "-"], fs::read(&file).unwrap());
        assert_eq!((by_pipe.status, by_pipe.stderr.as_str()), (0, ""), "{command}");
        assert!(by_pipe.stdout == by_name.stdout, "{command}");

        // Redirected, it is a file that can be read twice where it is.
        let mut redirected = Command::cargo_bin("recscope").unwrap();
        redirected.args([command, "-", "-o", "-"]).stdin(fs::File::open(&file).unwrap());
        assert!(redirected.output().unwrap().stdout == by_name.stdout, "{command}");
    }
}

#[test]
fn a_reader_who_goes_away_is_not_complained_about() {
    // More output than a pipe holds, of which ten bytes are read.
    let mut command = Command::cargo_bin("recscope").unwrap();
    command.args(["analyze", "--json"]).args(std::iter::repeat_n(call(), 20));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut [0; 10]).unwrap();
    drop(output);
    let mut complaints = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaints.as_str()), (Some(0), ""));
}

#[test]
fn every_command_explains_itself_with_examples() {
    let all = recscope(["--help"]);
    assert_eq!(all.status, 0);
    for command in ["analyze", "flow", "audio", "repair", "serve"] {
        assert!(all.text().contains(&format!("\n  {command} ")), "{command}");
        let help = recscope([command, "--help"]);
        assert_eq!(help.status, 0);
        assert!(help.text().contains(&format!("Examples:\n  recscope {command} ")), "{command}");
    }
    assert_eq!(recscope(["analyze"]).status, 2, "a usage error");
}
