//! A host that vanishes without a word leaves half a connection behind: nothing ever comes of it,
//! and nobody closes it.

use crate::network::{HERE, Network, THERE};
use crate::process::{Process, eventually, files, side_car, value};
use crate::round_trip::{coded_and_decoded, read_wave, write_sound};
use recscope_core::codec::Codec;
use std::fs;

/// What starts a server on either host.
fn server(folder: &str) -> [&str; 7] {
    let listen = ["--listen", "0.0.0.0:10000", "--media-ports", "41000-41019"];
    ["record-server", listen[0], listen[1], listen[2], listen[3], "--dir", folder]
}

#[test]
fn a_phone_whose_host_vanishes_leaves_a_whole_file_and_disturbs_nobody() {
    let Some(network) = Network::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (path, samples) = write_sound(folder.path(), Codec::Pcmu);
    let (out, play) = (folder.path().join("out"), path.to_str().unwrap());
    let arguments = [&server(out.to_str().unwrap())[..], &["--rtp-timeout", "2"]].concat();
    let mut server = Process::of(network.here(&arguments));
    server.wait_for(&["event=listening"]);
    let handles = server.handles();

    let phone = ["phone", "bx", "--codec", "PCMU", "--play", play];
    let (at, vanishes) = (format!("{HERE}:10000"), ["--seconds", "600", "--local-number", "3000"]);
    let arguments = [&phone[..], &["--server", &at], &vanishes].concat();
    let mut vanishing = Process::of(network.there(&arguments));
    let stays = ["--server", "127.0.0.1:10000", "--seconds", "6", "--local-number", "4000"];
    let mut undisturbed = Process::of(network.here(&[&phone[..], &stays].concat()));
    vanishing.wait_for(&["event=recording"]);
    let is_long = |path: &std::path::PathBuf| {
        path.to_str().unwrap().contains("_3000_") && path.metadata().unwrap().len() > 2 * 8000
    };
    eventually("a second is recorded", || files(&out, "wav").iter().any(is_long));
    network.unplug();

    let ended = server.wait_for(&["event=recorded", "cause=\"no RTP\""]);
    assert_eq!(value(&ended, "phone"), THERE);
    let recording = out.join(value(&ended, "file"));
    let found = read_wave(&recording).1;
    assert_eq!(found.len() * 2 + 44, fs::metadata(&recording).unwrap().len() as usize);
    let beside = side_car(&recording);
    assert_eq!(beside["end"]["cause"], "no RTP");
    assert_eq!(found.len(), beside["rtp"]["written"].as_u64().unwrap() as usize * 160);
    assert!(found.len() >= 8000, "{}", found.len());
    assert!(coded_and_decoded(Codec::Pcmu, &samples.repeat(10)).starts_with(&found));

    assert_eq!(undisturbed.finish().0, 0, "{:#?}", undisturbed.lines);
    let ended = server.wait_for(&["event=recorded", "cause=\"stop request\""]);
    assert_eq!((value(&ended, "lost"), value(&ended, "packets")), ("0", "300"));
    let whole = coded_and_decoded(Codec::Pcmu, &samples.repeat(3)[..6 * 8000]);
    assert!(read_wave(&out.join(value(&ended, "file"))).1 == whole);
    eventually("the half connection is let go", || server.handles() == handles);
}

#[test]
fn a_phone_whose_server_vanishes_says_so_and_is_clear() {
    let Some(network) = Network::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let mut server = Process::of(network.there(&server(out)));
    server.wait_for(&["event=listening"]);
    let to = format!("{THERE}:10000");
    let phone = ["phone", "bx", "--server", &to, "--seconds", "600"];
    // One of them is told to stop before it can find out.
    let mut stopped = Process::of(network.here(&phone));
    let mut phone = Process::of(network.here(&[&phone[..], &["--patience", "2"]].concat()));
    for phone in [&mut stopped, &mut phone] {
        phone.wait_for(&["event=recording"]);
    }
    network.fall_silent();

    stopped.signal("INT");
    assert_eq!(phone.finish().0, 2, "{:#?}", phone.lines);
    let says = |phone: &Process, text: &str| phone.lines.iter().any(|line| line.contains(text));
    assert!(says(&phone, "to=idle cause=\"socket error\" rule=BX-S7"), "{:#?}", phone.lines);
    let shown = "recscope: Recording failed: the connection to the record server broke";
    assert_eq!(phone.lines.last().unwrap(), shown);

    assert_eq!(stopped.finish().0, 1, "{:#?}", stopped.lines);
    assert!(says(&stopped, "to=idle cause=\"stop time-out\" rule=BX-S10"), "{:#?}", stopped.lines);
    assert!(says(&stopped, "The server never confirmed the stop"));

    // Who comes now does not even get a connection.
    let mut late = Process::of(network.here(&["phone", "bx", "--server", &to, "--seconds", "1"]));
    assert_eq!(late.finish().0, 2, "{:#?}", late.lines);
    assert!(says(&late, "recscope: Recording failed: "), "{:#?}", late.lines);
}
