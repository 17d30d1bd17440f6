//! A phone whose host vanishes without a word, and the recorder that recorded it.

use crate::network::{HERE, Network, THERE};
use crate::process::{Process, shown, value};
use crate::sound::{channels, chirp, through, trimmed, write_wav};
use recscope_core::codec::Codec;

#[test]
fn a_phone_that_is_unplugged_leaves_a_whole_file_and_disturbs_no_other() {
    one_of_two_vanishes(Network::unplug);
}

#[test]
fn so_does_one_that_vanishes_behind_a_switch() {
    one_of_two_vanishes(Network::fall_silent);
}

fn one_of_two_vanishes(vanish: fn(&Network)) {
    let Some(network) = Network::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let voice = chirp(8000, 300.0, 20.0);
    let sent = folder.path().join("sent.wav");
    write_wav(&sent, 8000, &voice);
    let at = [HERE, THERE].map(|host| format!("{host}:7300"));
    let [here, there] = at.each_ref().map(|address| {
        ["phone", "mx", "--listen", address, "--allow", HERE, "--sent", shown(&sent)]
    });
    let mut phones = [network.here(&here), network.there(&there)].map(|command| {
        let mut phone = Process::start(command, "phone");
        phone.wait_for("event=listening");
        phone
    });

    let out = folder.path().join("out");
    let [stays, vanishes] = [format!("2001@{}", at[0]), format!("2002@{}", at[1])];
    let listen = format!("{HERE}:0");
    let command = network.here(&[
        "recorder",
        "--listen",
        &listen,
        "--phone",
        &stays,
        "--phone",
        &vanishes,
        "--dir",
        shown(&out),
        "--keepalive",
        "1",
        "--patience",
        "0.5",
        "--retry",
        "0.5",
    ]);
    let mut recorder = Process::start(command, "recorder");
    for phone in &mut phones {
        phone.wait_for("message=UPDATE");
    }
    vanish(&network);

    let lost = recorder.wait_for("cause=\"no answer\"");
    assert_eq!(value(&lost, "rule"), "MX-S10");
    let recorded = recorder.wait_for("event=recorded");
    let file = value(&recorded, "file").to_owned();
    assert!(file.contains("2002_"), "{file}");
    // The other goes on as before.
    for _ in 0..2 {
        phones[0].wait_for("message=UPDATE");
    }
    recorder.signal("INT");
    let (status, summary) = recorder.finish();
    assert_eq!(status.code(), Some(1), "a phone did not answer to the end: {summary}");
    let figures = summary.lines().find_map(|line| line.strip_prefix("2001 sent: ")).unwrap();
    assert!(figures.contains(" 0 lost"), "{figures}");
    phones[0].stop();

    let played = through(Codec::Pcma, &voice);
    let recorded = recorder.log.iter().filter(|line| line.contains("event=recorded"));
    let files: Vec<_> = recorded.map(|line| value(line, "file").to_owned()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let (rate, sides) = channels(file.as_ref());
        let heard = trimmed(&sides[0], 160);
        assert!(rate == 8000 && heard.len() >= 8000, "{file}: {} samples", heard.len());
        assert!(played.starts_with(heard), "{file}");
    }
}
