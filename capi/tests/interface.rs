//! What C sees of codecs, recordings, messages and settings: results, refusals and their reasons.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use recscope_capi::active::{recscope_active_config, recscope_active_new};
use recscope_capi::codec::{
    recscope_decoder_decode, recscope_decoder_free, recscope_decoder_new, recscope_encoder_encode,
    recscope_encoder_free, recscope_encoder_new,
};
use recscope_capi::control::{
    Message, recscope_message_reader_flush, recscope_message_reader_free,
    recscope_message_reader_new, recscope_message_reader_push, recscope_message_write,
};
use recscope_capi::info::{recscope_info_config, recscope_info_new};
use recscope_capi::local::{recscope_local_config, recscope_local_new};
use recscope_capi::machine::{
    recscope_machine_free, recscope_machine_handle_input, recscope_machine_poll_output,
    recscope_machine_poll_timeout, recscope_machine_state,
};
use recscope_capi::playback::{recscope_playback_config, recscope_playback_new};
use recscope_capi::recording::{
    HEADER_BYTES, Patch, RecordingStep, RecordingSummary, StepKind,
    recscope_recording_reader_finish, recscope_recording_reader_new,
    recscope_recording_reader_push, recscope_recording_writer_append,
    recscope_recording_writer_free, recscope_recording_writer_header,
    recscope_recording_writer_new, recscope_recording_writer_patch,
};
use recscope_capi::server::{recscope_server_config, recscope_server_new};
use recscope_capi::{
    Address, Command, Input, InputKind, Machine, Output, OutputKind, Problem, Status, Text,
};
use recscope_core::codec::{Codec, Decoder, Encoder};
use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};

fn text(text: Text) -> String {
    if text.len == 0 {
        return String::new();
    }
    // SAFETY: the library lends as many bytes as it says, and no call came between.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.len) };
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn lend(text: &str) -> Text {
    Text { data: text.as_ptr().cast(), len: text.len() }
}

const fn no_problem() -> Problem {
    Problem { offset: 0, message: [0; 160] }
}

fn said(problem: &Problem) -> (u64, String) {
    // SAFETY: the message ends with NUL.
    let message = unsafe { CStr::from_ptr(problem.message.as_ptr()) };
    (problem.offset, message.to_str().unwrap().to_owned())
}

#[test]
fn codecs_give_what_core_gives_into_buffers_of_the_caller() {
    let samples: Vec<i16> = (0..1001_i16).map(|n| n.wrapping_mul(313)).collect();
    for codec in Codec::ALL {
        let name = CString::new(codec.name()).unwrap();
        let (mut expected, mut expected_samples) = (Vec::new(), Vec::new());
        Encoder::new(codec).encode(&samples, &mut expected);
        Decoder::new(codec).decode(&expected, &mut expected_samples);
        let (mut encoder, mut decoder) = (null_mut(), null_mut());
        let (mut bytes, mut decoded, mut len) = (vec![0; 1001], vec![0; 1001], 0);
        // SAFETY: the handles are live until they are freed, and the buffers are as long as is
        // said.
        unsafe {
            assert_eq!(recscope_encoder_new(name.as_ptr(), &raw mut encoder), Status::Ok);
            assert_eq!(recscope_decoder_new(name.as_ptr(), &raw mut decoder), Status::Ok);
            // A refusal changes nothing.
            let (from, count, to) = (samples.as_ptr(), samples.len(), bytes.as_mut_ptr());
            let status = recscope_encoder_encode(encoder, from, count, to, 7, &raw mut len);
            assert_eq!(status, Status::BufferTooSmall);
            assert_eq!(len, samples.len().div_ceil(codec.samples_per_byte()));
            let status = recscope_encoder_encode(encoder, from, count, to, 1001, &raw mut len);
            assert_eq!((status, &bytes[..len]), (Status::Ok, &expected[..]));
            let (from, to) = (bytes.as_ptr(), decoded.as_mut_ptr());
            let status = recscope_decoder_decode(decoder, from, len, to, 1, &raw mut len);
            assert_eq!((status, len), (Status::BufferTooSmall, expected_samples.len()));
            let coded = expected.len();
            let status = recscope_decoder_decode(decoder, from, coded, to, 1001, &raw mut len);
            assert_eq!((status, &decoded[..len]), (Status::Ok, &expected_samples[..]));
            recscope_encoder_free(encoder);
            recscope_decoder_free(decoder);
        }
    }
}

/// A recording of so many blocks, written over the interface.
fn recording(blocks: u8) -> Vec<u8> {
    let (mut writer, mut header) = (null_mut(), [0; HEADER_BYTES]);
    let mut patch = Patch { due: 0, offset: 0, bytes: [0; 4] };
    let apply = |file: &mut Vec<u8>, patch: &Patch| {
        let at = patch.offset as usize;
        file[at..at + 4].copy_from_slice(&patch.bytes);
    };
    // SAFETY: the handle is live until it is freed, and the buffers are as long as is said.
    unsafe {
        let status = recscope_recording_writer_new(c"PCMA".as_ptr(), 160, 160, &raw mut writer);
        assert_eq!(status, Status::Ok);
        let status = recscope_recording_writer_header(writer, header.as_mut_ptr());
        assert_eq!(status, Status::Ok);
        let mut file = header.to_vec();
        for number in 0..blocks {
            let block = [0xd5 ^ number; 160];
            let status = recscope_recording_writer_append(writer, null(), 0, &raw mut patch);
            assert_eq!((status, patch.due), (Status::BadValue, 0), "an empty block");
            let (from, len) = (block.as_ptr(), block.len());
            let status = recscope_recording_writer_append(writer, from, len, &raw mut patch);
            assert_eq!(status, Status::Ok);
            file.extend(block);
            if patch.due == 1 {
                apply(&mut file, &patch);
            }
        }
        assert_eq!(recscope_recording_writer_patch(writer, &raw mut patch), Status::Ok);
        apply(&mut file, &patch);
        recscope_recording_writer_free(writer);
        file
    }
}

/// What a reader finds in a file given in pieces: payloads and summary.
fn read(file: &[u8], piece: usize) -> Result<(Vec<u8>, RecordingSummary), (Status, Box<Problem>)> {
    let (mut reader, mut problem, mut payload) = (null_mut(), no_problem(), Vec::new());
    let mut step = RecordingStep::need_more();
    // SAFETY: the handle is live until it is finished, and what a step lends is looked at before
    // the next call.
    unsafe {
        let size = u64::try_from(file.len()).unwrap();
        assert_eq!(recscope_recording_reader_new(size, &raw mut reader), Status::Ok);
        for mut piece in file.chunks(piece) {
            loop {
                let (mut consumed, from, len) = (0, piece.as_ptr(), piece.len());
                let (step_at, problem_at) = (&raw mut step, &raw mut problem);
                let taken = &raw mut consumed;
                let status =
                    recscope_recording_reader_push(reader, from, len, taken, step_at, problem_at);
                if status != Status::Ok {
                    recscope_recording_reader_finish(reader, null_mut(), null_mut());
                    return Err((status, Box::new(problem)));
                }
                piece = &piece[consumed..];
                match step.kind {
                    StepKind::NeedMore | StepKind::End => break,
                    StepKind::Header => assert_eq!(text(step.codec), "PCMA"),
                    StepKind::Block => {
                        let bytes = std::slice::from_raw_parts(step.payload, step.payload_len);
                        payload.extend_from_slice(bytes);
                    }
                }
            }
        }
        let mut summary = RecordingSummary::default();
        let problem_at = &raw mut problem;
        match recscope_recording_reader_finish(reader, &raw mut summary, problem_at) {
            Status::Ok => Ok((payload, summary)),
            status => Err((status, Box::new(problem))),
        }
    }
}

#[test]
fn a_recording_reads_back_as_it_was_written() {
    let file = recording(120);
    for piece in [1, 76, 1000, file.len()] {
        let (payload, summary) = read(&file, piece).unwrap_or_else(|_| panic!("it is whole"));
        assert_eq!(payload, file[HEADER_BYTES..]);
        assert_eq!((summary.blocks, summary.duration), (120, 2_400_000));
        assert_eq!((summary.repairs, summary.rtp_headers), (0, 0));
    }
}

#[test]
fn a_damaged_recording_is_read_as_far_as_it_goes_and_no_recording_is_refused() {
    let mut file = recording(10);
    file.truncate(HEADER_BYTES + 9 * 160 + 7);
    let (payload, summary) = read(&file, 100).unwrap_or_else(|_| panic!("most of it is there"));
    assert_eq!((payload.len(), summary.blocks, summary.partial_last), (9 * 160, 9, 7));
    assert_eq!(summary.repairs, 1, "the cut block");
    let (status, problem) = read(&[0; 200], 200).unwrap_err();
    assert_eq!(status, Status::Malformed);
    assert_eq!(said(&problem), (64, "rtpLen is 0, outside 1 to 1500".to_owned()));
}

#[test]
fn messages_survive_the_wire_however_it_cuts_them() {
    let request = Message {
        kind: 1,
        id: lend("15082"),
        device: lend("00087b10a2f4"),
        remote_number: lend("+46 8 2001"),
        remote_name: lend("Gr\u{f6}\u{df}e & co"),
        local_number: lend("1000"),
        direction: 1,
        codec: lend("PCMA"),
        ..Message::none()
    };
    let (mut wire, mut len) = (vec![0; 400], 0);
    let (mut reader, mut found, mut problem) = (null_mut(), Message::none(), no_problem());
    // SAFETY: the handle is live until it is freed, and the buffers are as long as is said.
    unsafe {
        let status = recscope_message_write(&raw const request, wire.as_mut_ptr(), 9, &raw mut len);
        assert_eq!(status, Status::BufferTooSmall);
        let room = wire.len();
        assert!(len > 9 && len < room);
        let status =
            recscope_message_write(&raw const request, wire.as_mut_ptr(), room, &raw mut len);
        assert_eq!(status, Status::Ok);
        wire.truncate(len);
        assert_eq!(recscope_message_reader_new(&raw mut reader), Status::Ok);
        for byte in &wire {
            let mut consumed = 0;
            let (message, problem) = (&raw mut found, &raw mut problem);
            let status =
                recscope_message_reader_push(reader, byte, 1, &raw mut consumed, message, problem);
            assert_eq!((status, consumed, found.kind), (Status::Ok, 1, 0));
        }
        let status = recscope_message_reader_flush(reader, &raw mut found, &raw mut problem);
        assert_eq!((status, found.kind, found.direction), (Status::Ok, 1, 1));
        assert_eq!(text(found.remote_name), "Gr\u{f6}\u{df}e & co");
        assert_eq!(text(found.remote_number), "+46 8 2001");
        let (junk, mut consumed) = (b"hello there", 0);
        let (message, problem_at) = (&raw mut found, &raw mut problem);
        let (from, len, taken) = (junk.as_ptr(), junk.len(), &raw mut consumed);
        let status = recscope_message_reader_push(reader, from, len, taken, message, problem_at);
        assert_eq!((status, found.kind), (Status::Malformed, 0));
        assert_eq!(said(&problem).1, "expected cmd=");
        recscope_message_reader_free(reader);
    }
}

fn address(last: u8, port: u16) -> Address {
    let mut address = Address { family: 4, port, ..Address::none() };
    address.ip[..4].copy_from_slice(&[192, 0, 2, last]);
    address
}

/// The status of a new machine, which is freed at once.
fn made(new: impl FnOnce(*mut *mut Machine) -> Status) -> Status {
    let mut machine = null_mut();
    let status = new(&raw mut machine);
    assert_eq!(machine.is_null(), status != Status::Ok);
    // SAFETY: the handle is live or NULL, and is not used again.
    unsafe { recscope_machine_free(machine) };
    status
}

#[test]
fn senseless_settings_are_refused_with_their_reason() {
    // SAFETY: the texts of all settings are static.
    unsafe {
        let local = |change: fn(&mut recscope_capi::LocalConfig)| {
            let mut config = recscope_local_config();
            change(&mut config);
            made(|machine| recscope_local_new(&raw const config, machine))
        };
        assert_eq!(local(|_| {}), Status::Ok);
        assert_eq!(local(|config| config.model = c"BX99".as_ptr()), Status::UnknownModel);
        assert_eq!(local(|config| config.codec = c"G729".as_ptr()), Status::UnknownCodec);
        assert_eq!(local(|config| config.codec = c"\xff".as_ptr()), Status::NotUtf8);
        assert_eq!(local(|config| config.rtp_headers = 2), Status::BadValue);

        let mut playback = recscope_playback_config();
        let new = |config: &_| made(|machine| recscope_playback_new(config, machine));
        assert_eq!(new(&playback), Status::Ok);
        playback.read_len = 0;
        assert_eq!(new(&playback), Status::BadValue);

        let mut server = recscope_server_config();
        let new = |config: &_| made(|machine| recscope_server_new(config, machine));
        assert_eq!(new(&server), Status::BadAddress);
        server.local_rtp = address(20, 11_800);
        assert_eq!(new(&server), Status::Ok);
        assert_eq!(made(|machine| recscope_server_new(null(), machine)), Status::NullPointer);
        assert_eq!(recscope_server_new(&raw const server, null_mut()), Status::NullPointer);

        let mut active = recscope_active_config();
        let new = |config: &_| made(|machine| recscope_active_new(config, machine));
        assert_eq!(new(&active), Status::BadAddress);
        active.sip = address(20, 7300);
        assert_eq!(new(&active), Status::Ok);
        active.policy = c"404".as_ptr();
        assert_eq!(new(&active), Status::BadValue);
        (active.policy, active.allowed_count) = (c"603".as_ptr(), 1);
        assert_eq!(new(&active), Status::NullPointer);

        let mut info = recscope_info_config();
        let new = |config: &_| made(|machine| recscope_info_new(config, machine));
        (info.sip, info.pbx) = (address(20, 5060), address(1, 5060));
        assert_eq!(new(&info), Status::Ok);
        info.codecs = c"PCMA,opus".as_ptr();
        assert_eq!(new(&info), Status::UnknownCodec);
    }
}

#[test]
fn a_line_registers_and_its_state_can_be_seen() {
    let mut config = recscope_info_config();
    (config.sip, config.pbx) = (address(20, 5060), address(1, 5060));
    let (mut machine, mut output) = (null_mut(), Output::none());
    let input = |command: Command| Input {
        kind: InputKind::Command as u32,
        command: command as u32,
        ..Input::zero()
    };
    // SAFETY: the handle is live until it is freed, and what outputs lend is looked at before the
    // next call.
    unsafe {
        assert_eq!(recscope_info_new(&raw const config, &raw mut machine), Status::Ok);
        let pause = input(Command::Pause);
        let status = recscope_machine_handle_input(machine, 0, &raw const pause);
        assert_eq!(status, Status::WrongMachine);
        let log_on = input(Command::LogOn);
        assert_eq!(recscope_machine_handle_input(machine, 0, &raw const log_on), Status::Ok);
        let mut seen = Vec::new();
        loop {
            assert_eq!(recscope_machine_poll_output(machine, &raw mut output), Status::Ok);
            match output.kind {
                OutputKind::None => break,
                OutputKind::Datagram => {
                    let bytes = std::slice::from_raw_parts(output.bytes, output.len);
                    seen.push(String::from_utf8(bytes[..9].to_vec()).unwrap());
                    assert_eq!(output.remote, address(1, 5060));
                }
                OutputKind::StateChanged => seen.push(text(output.to)),
                other => panic!("{other:?}"),
            }
        }
        seen.sort();
        assert_eq!(seen, ["REGISTER ", "registering"]);
        let (mut part, mut state, mut reason) = (Text::empty(), Text::empty(), Text::empty());
        let (part_at, state_at) = (&raw mut part, &raw mut state);
        assert_eq!(recscope_machine_state(machine, 0, part_at, state_at), Status::Ok);
        assert_eq!((text(part), text(state)), ("registration".into(), "registering".into()));
        assert_eq!(recscope_machine_state(machine, 3, part_at, state_at), Status::BadValue);
        assert_eq!(recscope_machine_poll_timeout(machine, &raw mut reason), 500_000);
        assert_eq!(text(reason), "timer E");
        recscope_machine_free(machine);
    }
}

#[test]
fn a_file_that_cannot_be_played_is_told_and_senseless_orders_are_refused() {
    let config = recscope_playback_config();
    let (mut machine, mut output) = (null_mut(), Output::none());
    let order = |command: Command, text: &CStr, position: u64| Input {
        kind: InputKind::Command as u32,
        command: command as u32,
        text: text.as_ptr(),
        position,
        ..Input::zero()
    };
    // SAFETY: the handle is live until it is freed, the texts are static, and what outputs lend is
    // looked at before the next call.
    unsafe {
        assert_eq!(recscope_playback_new(&raw const config, &raw mut machine), Status::Ok);
        let tell = |input: &Input| recscope_machine_handle_input(machine, 0, input);
        assert_eq!(tell(&order(Command::Start, c"", 0)), Status::WrongMachine);
        assert_eq!(tell(&order(Command::Seek, c"", 1 << 32)), Status::BadValue);
        assert_eq!(tell(&order(Command::Play, c"\xff", 0)), Status::NotUtf8);

        assert_eq!(tell(&order(Command::Play, c"gone.wav", 0)), Status::Ok);
        let (mut asked, mut prompts) = (Vec::new(), Vec::new());
        let mut failed = Input { kind: InputKind::FileFailed as u32, ..Input::zero() };
        for _ in 0..2 {
            loop {
                assert_eq!(recscope_machine_poll_output(machine, &raw mut output), Status::Ok);
                match output.kind {
                    OutputKind::None => break,
                    OutputKind::FileOpen => {
                        failed.file = output.file;
                        asked.push(text(output.text));
                    }
                    OutputKind::Prompt => prompts.push(text(output.text)),
                    _ => {}
                }
            }
            assert_eq!(tell(&failed), Status::Ok);
        }
        assert_eq!((asked, failed.file), (vec!["gone.wav".to_owned()], config.first_file));
        assert_eq!(prompts, ["Cannot play: the file cannot be read"]);
        let mut state = Text::empty();
        assert_eq!(recscope_machine_state(machine, 0, null_mut(), &raw mut state), Status::Ok);
        assert_eq!(text(state), "idle");
        recscope_machine_free(machine);
    }
}
