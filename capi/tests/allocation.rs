//! Once a machine has warmed up, a packet costs no allocation: counted at the border to C.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use cap::Cap;
use recscope_capi::machine::{
    recscope_machine_free, recscope_machine_handle_input, recscope_machine_poll_output,
};
use recscope_capi::{
    Address, Call, Command, Input, InputKind, Machine, Output, OutputKind, Side, Status, active,
    local, playback, server,
};
use recscope_core::control::{self, Outcome, StartResponse};
use recscope_core::recording::Writer;
use recscope_core::rtp;
use std::alloc::System;
use std::ptr;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Frames of 20 ms before and while it is counted: several times the second after which a file's
/// header is written anew.
const WARM_UP: u64 = 200;
const COUNTED: u64 = 500;

struct Host {
    machine: *mut Machine,
    now: u64,
    /// Bytes that were sent or written.
    moved: usize,
}

impl Host {
    /// Tells the machine, and gives the kinds of what it wants done to `see`.
    fn tell(&mut self, input: &Input, mut see: impl FnMut(&Output)) {
        let mut output = Output::none();
        // SAFETY: the machine is live, and what the input points to outlives the call.
        let status = unsafe { recscope_machine_handle_input(self.machine, self.now, input) };
        assert_eq!(status, Status::Ok);
        loop {
            // SAFETY: the machine is live, and the output is ours.
            let status = unsafe { recscope_machine_poll_output(self.machine, &raw mut output) };
            assert_eq!(status, Status::Ok);
            if output.kind == OutputKind::None {
                return;
            }
            self.moved += output.len;
            see(&output);
        }
    }

    fn order(&mut self, command: Command, call: *const Call) {
        let input = Input { command: command as u32, call, ..input(InputKind::Command) };
        self.tell(&input, |_| {});
    }

    fn play(&mut self, frames: u64) {
        let sound: [i16; 160] = std::array::from_fn(|n| i16::try_from(n * 100).unwrap_or(0));
        for _ in 0..frames {
            self.now += 20_000;
            for side in [Side::Sent, Side::Received] {
                let input = Input {
                    side: side as u32,
                    samples: sound.as_ptr(),
                    count: sound.len(),
                    ..input(InputKind::Audio)
                };
                self.tell(&input, |_| {});
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // SAFETY: the machine is live and not used again.
        unsafe { recscope_machine_free(self.machine) };
    }
}

fn input(kind: InputKind) -> Input {
    Input { kind: kind as u32, ..Input::zero() }
}

fn host(new: impl FnOnce(*mut *mut Machine) -> Status) -> Host {
    let mut machine = ptr::null_mut();
    assert_eq!(new(&raw mut machine), Status::Ok);
    Host { machine, now: 0, moved: 0 }
}

fn address(last: u8, port: u16) -> Address {
    let mut address = Address { family: 4, port, ..Address::none() };
    address.ip[..4].copy_from_slice(&[192, 0, 2, last]);
    address
}

fn bytes(output: &Output) -> &[u8] {
    // SAFETY: the output is looked at before the next call with its machine.
    unsafe { std::slice::from_raw_parts(output.bytes, output.len) }
}

fn local_recording() -> Host {
    let config = local::recscope_local_config();
    // SAFETY: the configuration's texts are static.
    let mut host = host(|machine| unsafe { local::recscope_local_new(&raw const config, machine) });
    host.tell(&Input { size: 1 << 30, ..input(InputKind::DriveInserted) }, |_| {});
    host.order(Command::Start, ptr::null());
    host
}

fn server_recording() -> Host {
    let mut config = server::recscope_server_config();
    (config.server, config.local_rtp) = (address(5, 10_000), address(20, 11_800));
    // SAFETY: the configuration's texts are static.
    let mut host =
        host(|machine| unsafe { server::recscope_server_new(&raw const config, machine) });
    let call = Call {
        remote_number: c"2001".as_ptr(),
        remote_name: ptr::null(),
        local_number: c"1000".as_ptr(),
        local_name: ptr::null(),
        direction: 1,
    };
    host.order(Command::Start, &raw const call);
    let mut answer = String::new();
    let connected = Input { local: address(20, 50_000), ..input(InputKind::TcpConnected) };
    host.tell(&connected, |output| {
        if output.kind == OutputKind::TcpSend {
            let request = control::Command::parse(bytes(output)).unwrap().command;
            answer = control::Command::StartResponse(StartResponse {
                id: request.id().to_owned(),
                result: Outcome::Success,
                reason: String::new(),
                server: "192.0.2.5".to_owned(),
                port: Some(41_000),
            })
            .to_string();
        }
    });
    // The CR says that the answer ends here.
    answer.push('\r');
    let data = Input { bytes: answer.as_ptr(), len: answer.len(), ..input(InputKind::TcpData) };
    host.tell(&data, |_| {});
    host
}

fn active_recording() -> Host {
    let mut config = active::recscope_active_config();
    let recorder = [address(9, 0)];
    config.sip = address(20, 7300);
    (config.allowed, config.allowed_count) = (recorder.as_ptr(), recorder.len());
    // SAFETY: the configuration's texts are static, and the address is there.
    let mut host =
        host(|machine| unsafe { active::recscope_active_new(&raw const config, machine) });
    host.order(Command::LogOn, ptr::null());
    host.order(Command::CallStarted, ptr::null());
    let offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
                 m=audio 40000 RTP/AVP 8\r\na=recvonly\r\na=label:1\r\n\
                 m=audio 40002 RTP/AVP 8\r\na=recvonly\r\na=label:2\r\n";
    let request = |method: &str, to_tag: &str, body: &str| {
        format!(
            "{method} sip:1000@192.0.2.20:7300 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{method}\r\nMax-Forwards: 70\r\n\
             From: <sip:recorder@192.0.2.9>;tag=r1\r\nTo: <sip:1000@192.0.2.20>{to_tag}\r\n\
             Call-ID: c1@192.0.2.9\r\nCSeq: 1 {method}\r\nContact: <sip:recorder@192.0.2.9>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut tag = String::new();
    for method in ["INVITE", "ACK"] {
        let body = if method == "INVITE" { offer } else { "" };
        let text = request(method, &tag, body);
        let datagram = Input {
            local: address(20, 7300),
            remote: address(9, 5060),
            bytes: text.as_ptr(),
            len: text.len(),
            ..input(InputKind::Datagram)
        };
        host.tell(&datagram, |output| {
            if output.kind == OutputKind::Datagram {
                let answer = std::str::from_utf8(bytes(output)).unwrap();
                assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
                let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
                tag = to[to.find(";tag=").unwrap()..].to_owned();
            }
        });
    }
    host
}

/// A recording of so many blocks, as a phone writes it.
fn recording(blocks: u64) -> Vec<u8> {
    let mut writer = Writer::new("PCMA", 172, 160).unwrap();
    let mut file = Vec::new();
    for number in 0..u32::try_from(blocks).unwrap() {
        let header = rtp::Header {
            marker: number == 0,
            payload_type: 8,
            sequence: rtp::SequenceNumber(u16::try_from(number).unwrap()),
            timestamp: rtp::RtpTime(number * 160),
            ssrc: rtp::Ssrc(5),
        };
        let mut block = header.write().to_vec();
        block.resize(172, 0x2a);
        writer.append(&block).unwrap();
        file.extend(block);
    }
    [&writer.header()[..], &file].concat()
}

/// Playback of a file, with what the machine asked for and the samples that it let be heard.
struct Playback {
    host: Host,
    file: Vec<u8>,
    asked: Option<(u32, usize, usize)>,
    heard: usize,
}

impl Playback {
    fn start(file: Vec<u8>) -> Self {
        let config = playback::recscope_playback_config();
        // SAFETY: the configuration is ours.
        let mut host =
            host(|machine| unsafe { playback::recscope_playback_new(&raw const config, machine) });
        let play = Command::Play as u32;
        let play = Input { command: play, text: c"a.wav".as_ptr(), ..input(InputKind::Command) };
        let mut opens = None;
        host.tell(&play, |output| {
            if output.kind == OutputKind::FileOpen {
                opens = Some(output.file);
            }
        });
        let mut playback = Self { host, file, asked: None, heard: 0 };
        let size = playback.file.len() as u64;
        playback.tell(&Input { file: opens.unwrap(), size, ..input(InputKind::FileOpened) });
        playback
    }

    fn tell(&mut self, input: &Input) {
        let (asked, heard) = (&mut self.asked, &mut self.heard);
        self.host.tell(input, |output| match output.kind {
            OutputKind::FileRead => {
                *asked = Some((output.file, usize::try_from(output.offset).unwrap(), output.len));
            }
            OutputKind::Audio => *heard += output.count,
            _ => {}
        });
    }

    /// Hands over what is asked for, and otherwise lets 20 ms pass.
    fn play(&mut self, samples: usize) {
        while self.heard < samples {
            if let Some((file, offset, len)) = self.asked.take() {
                let end = self.file.len().min(offset + len);
                let bytes = self.file[offset..end].as_ptr();
                let (position, len) = (offset as u64, end - offset);
                self.tell(&Input { file, position, bytes, len, ..input(InputKind::FileData) });
            } else {
                self.host.now += 20_000;
                self.tell(&input(InputKind::Timeout));
            }
        }
    }
}

fn playing_costs_no_allocation() {
    let mut playback = Playback::start(recording(WARM_UP + 2 * COUNTED));
    let warm = usize::try_from(WARM_UP).unwrap() * 160;
    let counted = usize::try_from(COUNTED).unwrap() * 160;
    playback.play(warm);
    let before = ALLOCATOR.total_allocated();
    playback.play(warm + counted);
    assert_eq!(ALLOCATOR.total_allocated() - before, 0, "playback");
    assert!(playback.heard >= warm + counted);
}

/// The only test of its file: what another one allocates meanwhile would be counted too.
#[test]
fn a_packet_costs_no_allocation() {
    let hosts = [
        ("local", local_recording(), 172),
        ("server", server_recording(), 172),
        ("active", active_recording(), 2 * 172),
    ];
    for (name, mut host, least) in hosts {
        host.play(WARM_UP);
        let (before, moved) = (ALLOCATOR.total_allocated(), host.moved);
        host.play(COUNTED);
        let (allocated, moved) = (ALLOCATOR.total_allocated() - before, host.moved - moved);
        let frames = usize::try_from(COUNTED).unwrap();
        assert!(moved >= frames * least, "{name}: only {moved} bytes were sent or written");
        assert_eq!(allocated, 0, "{name}");
    }
    playing_costs_no_allocation();
}
