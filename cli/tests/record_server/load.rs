//! Many at once, and many in turn: `cargo xtask bench` does the same with more of both.

use crate::caller::{Caller, decoded};
use crate::process::{Server, eventually, value};
use crate::round_trip::read_wave;
use recscope_core::codec::Codec;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn forty_phones_at_once_lose_nothing() {
    const PHONES: usize = 40;
    let mut server = Server::start(PHONES as u16 + 8, &[]);
    let mut callers: Vec<Caller> =
        (0..PHONES).map(|n| Caller::start(server.address, &format!("{n}"), Codec::Pcma)).collect();
    let start = Instant::now();
    for round in 0..75 {
        let due = start + Duration::from_millis(20) * round;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        callers.iter_mut().for_each(Caller::speak);
    }
    let all = (PHONES * 75) as f64;
    eventually("all came", || server.figure("recscope_rtp_written_total") == Some(all));
    assert_eq!(server.figure("recscope_recordings"), Some(PHONES as f64));
    for caller in callers {
        let sent = caller.stop();
        let ended = server.process.wait_for(&["event=recorded"]);
        assert_eq!((value(&ended, "packets"), value(&ended, "lost")), ("75", "0"));
        let file = server.folder().join(value(&ended, "file"));
        assert!(read_wave(&file).1 == decoded(Codec::Pcma, &sent), "{ended}");
    }
    assert_eq!(server.figure("recscope_rtp_lost"), Some(0.0));
}

/// Recordings, after which the allocator has what it needs, and again as many.
#[cfg(target_os = "linux")]
const TURNS: u32 = 1500;

/// Bytes by which the heap may differ with what runs at the moment: 22 for each recording, and
/// whatever could stay of one is larger.
#[cfg(target_os = "linux")]
const BREATH: usize = 32 * 1024;

#[test]
#[cfg(target_os = "linux")]
fn starts_and_stops_leave_no_memory_behind() {
    let mut server = Server::start(8, &[]);
    let mut turns = |from: u32| {
        for number in from..from + TURNS {
            let mut caller = Caller::start(server.address, &format!("{number}"), Codec::Pcmu);
            match number % 50 {
                0 => drop(caller.reset()),
                1 => drop(caller),
                2..6 => {
                    caller.speak();
                    caller.stop();
                }
                _ => drop(caller.stop()),
            }
            server.process.wait_for(&["event=recorded"]);
        }
        server.process.lines.clear();
        server.process.heap()
    };
    let before = turns(0);
    let after = turns(TURNS);
    assert!(after <= before + BREATH, "{before} bytes of heap, then {after}");
}

#[test]
fn starts_and_stops_leak_neither_ports_nor_handles() {
    let mut server = Server::start(8, &[]);
    let mut handles = 0;
    for number in 0..300_u32 {
        let mut caller = Caller::start(server.address, &format!("{number}"), Codec::Pcmu);
        match number % 3 {
            0 => drop(caller),
            1 => drop(caller.reset()),
            _ => {
                caller.speak();
                caller.stop();
            }
        }
        server.process.wait_for(&["event=recorded"]);
        if number == 20 {
            handles = server.process.handles();
        }
    }
    let ports = server.media_ports as f64;
    eventually("all ports are free", || server.figure("recscope_free_ports") == Some(ports));
    eventually("no handle is left", || server.process.handles() <= handles);
    let started = "recscope_recordings_started_total";
    eventually("all are counted", || server.figure(started) == Some(300.0));
    eventually("nobody is connected", || server.figure("recscope_connections") == Some(0.0));
}
