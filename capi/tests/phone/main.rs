//! The phone in C, on real sockets: what arrives at a record server, what lies in its own files,
//! and what it plays of them, is the sound that it recorded, sample by sample.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]
#![cfg(target_os = "linux")]

mod record_server;
mod server;

use recscope_core::Limits;
use recscope_core::codec::{Codec, Decoder, Encoder};
use recscope_core::recording::{Reader, Step};
use server::Server;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the library needs of the system, as `rustc --print native-static-libs` has it.
const SYSTEM: &[&str] = &["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl"];

/// Whether the tests that need gcc and valgrind are meant to be left out.
fn is_left_out(test: &str) -> bool {
    let left_out = env::var_os("RECSCOPE_NO_PEERS").is_some_and(|value| value == "1");
    if left_out {
        eprintln!("{test} is left out, because RECSCOPE_NO_PEERS is 1");
    }
    left_out
}

/// The static library that was built with this test.
fn library() -> PathBuf {
    let beside = env::current_exe().unwrap().with_file_name("librecscope_capi.a");
    assert!(beside.is_file(), "{} is missing", beside.display());
    beside
}

fn run(program: &str, arguments: &[&OsStr]) -> Output {
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("cannot start {program}, which this test needs: {error}"))
}

fn compile(folder: &Path, flags: &[&str]) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (phone, library) = (folder.join("phone"), library());
    let (source, include) = (sources.join("examples/phone.c"), sources.join("include"));
    let fixed = ["-Wall", "-Wextra", "-Werror", "-std=c11", "-pedantic", "-g", "-I"];
    let mut arguments: Vec<&OsStr> = fixed.iter().chain(flags).map(OsStr::new).collect();
    // The folder goes with the -I before the flags.
    arguments.insert(fixed.len(), include.as_os_str());
    arguments.extend([source.as_os_str(), library.as_os_str()]);
    arguments.extend(SYSTEM.iter().map(OsStr::new));
    arguments.extend([OsStr::new("-o"), phone.as_os_str()]);
    let output = run("gcc", &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    phone
}

/// 0.65 s of two tones, not a whole number of packets.
fn sound(codec: Codec) -> Vec<i16> {
    let rate = i32::try_from(codec.sample_rate()).unwrap();
    let wave = |n: i32, hertz: i32| (n * hertz % rate) * 65_535 / rate - 32_767;
    (0..rate * 13 / 20 + 7)
        .map(|n| i16::try_from(wave(n, 440) / 4 + wave(n, 1233) / 9).unwrap())
        .collect()
}

fn write_wav(path: &Path, codec: Codec, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: codec.sample_rate(),
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
}

fn read_wav(path: &Path) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
}

/// What is left of sound after the codec, its last packet completed with silence.
fn coded(codec: Codec, samples: &[i16]) -> Vec<i16> {
    let frame = usize::try_from(codec.sample_rate()).unwrap() / 50;
    let mut whole = samples.to_vec();
    whole.resize(samples.len().div_ceil(frame) * frame, 0);
    let (mut bytes, mut decoded) = (Vec::new(), Vec::new());
    Encoder::new(codec).encode(&whole, &mut bytes);
    Decoder::new(codec).decode(&bytes, &mut decoded);
    decoded
}

/// The sound of a phone's own recording, which must need no repair.
fn read_recording(path: &Path, codec: Codec) -> Vec<i16> {
    let file = fs::read(path).unwrap();
    let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
    let (mut decoder, mut samples) = (Decoder::new(codec), Vec::new());
    let mut input = file.as_slice();
    loop {
        let (consumed, step) = reader.push(input).unwrap();
        input = &input[consumed..];
        match step {
            Step::Header(header) => assert_eq!(header.codec(), Some(codec)),
            Step::Block(block) => decoder.decode(block.payload(), &mut samples),
            Step::NeedMore => {}
            Step::End => break,
        }
    }
    let summary = reader.finish().unwrap();
    assert_eq!((summary.repairs.len(), summary.lost), (0, 0));
    samples
}

fn only_file(folder: &Path, ending: &str) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        files.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

/// Records with each codec to a server and to files, and compares.
fn records_what_it_plays(phone: &Path, before: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for codec in Codec::ALL {
        let [server_files, own_files] = ["server", "own"].map(|name| {
            let path = folder.path().join(format!("{name}-{codec}"));
            fs::create_dir(&path).unwrap();
            path
        });
        let wav = folder.path().join(format!("{codec}.wav"));
        let samples = sound(codec);
        write_wav(&wav, codec, &samples);
        let server = Server::start(&server_files);
        let address = server.address().to_string();
        let mut command: Vec<&OsStr> = before.iter().map(OsStr::new).collect();
        command.push(phone.as_os_str());
        command.extend([OsStr::new("--play"), wav.as_os_str()]);
        command.extend(["--codec", codec.name(), "--server", &address].map(OsStr::new));
        command.extend([OsStr::new("--files"), own_files.as_os_str()]);
        let heard = folder.path().join(format!("heard-{codec}.wav"));
        command.extend([OsStr::new("--hear"), heard.as_os_str()]);
        let output = run(command[0].to_str().unwrap(), &command[1..]);
        let log = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.status.success(), "{codec}: {log}");
        server.stop();
        let expected = coded(codec, &samples);
        let received = read_wav(&only_file(&server_files, ".wav"));
        assert!(received == expected, "{codec}: the server's file is not what was played\n{log}");
        let own = read_recording(&only_file(&own_files, ".wav"), codec);
        assert!(own == expected, "{codec}: the phone's file is not what was played\n{log}");
        assert!(log.contains("playback: \"Playing Record_"), "{codec}: {log}");
        let heard = read_wav(&heard);
        assert!(heard == expected, "{codec}: what it played back is another sound\n{log}");
    }
}

#[test]
fn under_address_sanitizer_it_records_what_it_plays() {
    if is_left_out("the phone in C under AddressSanitizer") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    records_what_it_plays(&compile(folder.path(), &flags), &[]);
}

#[test]
fn under_valgrind_it_records_what_it_plays_and_leaves_no_byte_behind() {
    if is_left_out("the phone in C under valgrind") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let valgrind = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=all"];
    let strict = ["--errors-for-leak-kinds=all", "--error-exitcode=9"];
    let before = [&valgrind[..], &strict[..]].concat();
    // Valgrind would read all that the library has for debuggers.
    let phone = compile(folder.path(), &["-Wl,--strip-debug"]);
    records_what_it_plays(&phone, &before);
}

#[test]
fn a_server_that_is_not_there_costs_the_phone_nothing_but_that() {
    if is_left_out("the phone in C without a server") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let phone = compile(folder.path(), &["-fsanitize=address,undefined"]);
    let wav = folder.path().join("sound.wav");
    let samples = sound(Codec::Pcmu);
    write_wav(&wav, Codec::Pcmu, &samples);
    // A port that was free a moment ago refuses connections.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let files = folder.path().join("files");
    fs::create_dir(&files).unwrap();
    let closed = closed.to_string();
    let mut arguments = vec![OsStr::new("--play"), wav.as_os_str()];
    arguments.extend(["--codec", "PCMU", "--server", &closed].map(OsStr::new));
    arguments.extend([OsStr::new("--files"), files.as_os_str()]);
    let output = run(phone.to_str().unwrap(), &arguments);
    let log = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("the record server cannot be reached\" (BX-S7)"), "{log}");
    let own = read_recording(&only_file(&files, ".wav"), Codec::Pcmu);
    assert!(own == coded(Codec::Pcmu, &samples));
}
