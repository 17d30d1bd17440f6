//! A disk that fills up, which takes a small file system to try out.

use crate::caller::{Caller, refusal, start_request};
use crate::process::{Server, eventually, side_car, value};
use crate::round_trip::read_wave;
use recscope_core::codec::Codec;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A file system in memory, unmounted when dropped.
struct Small {
    folder: TempDir,
}

impl Small {
    /// One of so many KiB; none where mounting is not permitted, which is said.
    fn mount(size: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}k"), "recscope-test"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self { folder }),
            _ => {
                eprintln!("SKIPPED: a full disk was not tried out, as mounting is not permitted");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// Every file is as long as its header says, and begins with what was sent.
fn assert_whole(server: &Server, sent: &[Vec<i16>]) {
    let recordings = server.recordings();
    assert_eq!(recordings.len(), sent.len());
    for recording in recordings {
        let (_, found) = read_wave(&recording);
        assert!(found.len() > 8000, "{} samples", found.len());
        assert_eq!(fs::metadata(&recording).unwrap().len(), 44 + 2 * found.len() as u64);
        assert!(sent.iter().any(|sent| sent.starts_with(&found)));
    }
}

fn fill(min_free: &str) -> Option<(Server, Small, Vec<Vec<i16>>)> {
    let disk = Small::mount(400)?;
    let mut server = Server::start_at(disk.path(), 8, &["--min-free", min_free]);
    let mut callers: Vec<Caller> =
        (0..3).map(|n| Caller::start(server.address, &format!("{n}"), Codec::Pcmu)).collect();
    let mut sent = 0;
    eventually("the disk is full", || {
        callers.iter_mut().for_each(Caller::speak);
        sent += 3;
        server.figure("recscope_recordings") == Some(0.0) && sent > 600
    });
    for _ in 0..3 {
        let line = server.process.wait_for(&["event=recorded"]);
        assert!(line.contains("cause=\"disk full\"") || line.contains("cause=\"write failure\""));
        assert!(value(&line, "packets").parse::<u32>().unwrap() > 50);
    }
    let samples = |caller: &Caller| crate::caller::decoded(Codec::Pcmu, &caller.payload);
    let sent = callers.iter().map(samples).collect();
    Some((server, disk, sent))
}

#[test]
fn recordings_end_in_whole_files_before_the_disk_is_full() {
    let Some((mut server, disk, sent)) = fill("100K") else { return };
    assert_whole(&server, &sent);
    for recording in server.recordings() {
        assert_eq!(side_car(&recording)["end"]["cause"], "disk full", "there was room to say so");
    }
    assert_eq!(refusal(server.address, &start_request("9", Codec::Pcmu)), "disk_full");
    server.process.wait_for(&["event=refused id=9", "reason=disk_full"]);
    // With room again, it goes on.
    let largest = &server.recordings()[0];
    fs::remove_file(largest).unwrap();
    eventually("it sees the room", || server.figure("recscope_free_bytes") > Some(102_400.0));
    Caller::start(server.address, "10", Codec::Pcmu).stop();
    server.process.signal("TERM");
    assert_eq!(server.process.finish().0, 1, "not all that came was kept");
    drop(disk);
}

#[test]
fn recordings_end_in_whole_files_on_a_disk_that_takes_no_more() {
    let Some((server, disk, sent)) = fill("0") else { return };
    assert_whole(&server, &sent);
    drop((server, disk));
}
