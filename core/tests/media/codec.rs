//! G.711 and G.722 against ffmpeg, sample by sample and byte by byte.
//!
//! ffmpeg's G.722 agrees with the ITU's test vectors. Its G.711 *encoder* does not follow the
//! tables of G.711 on every sample, so that one is checked against the tables (in the crate).

use std::f64::consts::TAU;

use recscope_core::codec::g711::Law;
use recscope_core::codec::g722::{self, Rate};
use recscope_core::codec::{Decode, Encode};

use crate::peer::{bytes_from_samples, ffmpeg, samples_from_bytes};
use crate::samples::{noise, public_file, testdata};

const RATES: [(Rate, &str); 3] = [(Rate::Kbps64, "8"), (Rate::Kbps56, "7"), (Rate::Kbps48, "6")];

const TO_PCM: [&str; 2] = ["-f", "s16le"];

fn decoded(mut decoder: impl Decode, code: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    decoder.decode(code, &mut samples);
    samples
}

fn encoded(rate: Rate, samples: &[i16]) -> Vec<u8> {
    let mut code = Vec::new();
    g722::Encoder::new(rate).encode(samples, &mut code);
    code
}

fn assert_same<T: PartialEq + std::fmt::Debug>(ours: &[T], theirs: &[T], what: &str) {
    let first = ours.iter().zip(theirs).position(|(a, b)| a != b);
    assert_eq!(first, None, "{what}: first difference");
    assert_eq!(ours.len(), theirs.len(), "{what}: length");
}

fn speech() -> Vec<i16> {
    samples_from_bytes(&testdata("audio/speech-16k.wav")[44..])
}

fn full_scale_squares() -> Vec<i16> {
    let square = |period: usize| {
        (0..800).map(move |n| if (n / period) % 2 == 1 { i16::MIN } else { i16::MAX })
    };
    (1..60).chain([100, 200, 500]).flat_map(square).collect()
}

/// 0 to 8 kHz and back within four seconds, at full scale.
#[allow(clippy::cast_possible_truncation, reason = "a sine at full scale fits")]
fn full_scale_sweep() -> Vec<i16> {
    let length = 64_000_f64;
    let phase = |n: f64| TAU * (n * n / (4.0 * length)) * 2.0;
    (0..64_000).map(|n| (phase(f64::from(n)).sin() * 32_767.0).round() as i16).collect()
}

fn signals() -> [(&'static str, Vec<i16>); 6] {
    [
        ("speech", speech()),
        ("noise", samples_from_bytes(&noise(64_000))),
        ("squares", full_scale_squares()),
        ("sweep", full_scale_sweep()),
        ("silence", vec![0; 16_000]),
        ("silence after speech", [speech(), vec![0; 32_000]].concat()),
    ]
}

fn assert_decodes_as_ffmpeg(code: &[u8], what: &str) {
    for (rate, bits) in RATES {
        let from = ["-f", "g722", "-bits_per_codeword", bits];
        let Some(theirs) = ffmpeg(&from, &TO_PCM, code) else { return };
        let ours = decoded(g722::Decoder::new(rate), code);
        assert_same(&ours, &samples_from_bytes(&theirs), &format!("{what} at {rate:?}"));
    }
}

#[test]
fn g722_encodes_every_signal_as_ffmpeg_does() {
    for (name, samples) in signals() {
        let from = ["-f", "s16le", "-ar", "16000", "-ac", "1"];
        let Some(theirs) = ffmpeg(&from, &["-f", "g722"], &bytes_from_samples(&samples)) else {
            return;
        };
        assert_same(&encoded(Rate::Kbps64, &samples), &theirs, name);
    }
}

#[test]
fn g722_decodes_its_own_code_of_every_signal_as_ffmpeg_does() {
    for (name, samples) in signals() {
        assert_decodes_as_ffmpeg(&encoded(Rate::Kbps64, &samples), name);
    }
}

/// The far end of a 56 or 48 kbit/s link hears the same from us as from ffmpeg.
#[test]
fn g722_code_at_lower_rates_decodes_in_ffmpeg_as_here() {
    for (rate, bits) in RATES {
        let code = encoded(rate, &speech());
        let from = ["-f", "g722", "-bits_per_codeword", bits];
        let Some(theirs) = ffmpeg(&from, &TO_PCM, &code) else { return };
        let ours = decoded(g722::Decoder::new(rate), &code);
        assert_same(&ours, &samples_from_bytes(&theirs), &format!("speech at {rate:?}"));
    }
}

#[test]
fn g722_decodes_bytes_that_no_encoder_made_as_ffmpeg_does() {
    assert_decodes_as_ffmpeg(&noise(100_000), "noise");
    let every_byte_held: Vec<u8> = (0..=255).flat_map(|byte| [byte; 200]).collect();
    assert_decodes_as_ffmpeg(&every_byte_held, "every byte held");
}

#[test]
fn g722_decodes_a_foreign_file_as_ffmpeg_does() {
    if let Some(code) = public_file("audio/test.g722") {
        assert_decodes_as_ffmpeg(&code, "test.g722");
    }
}

/// FNV-1a, 64 bits: enough to tell whether two results are the same.
fn digest(bytes: &[u8]) -> u64 {
    let prime = 0x0100_0000_01b3;
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(prime))
}

/// The digests are those of what ffmpeg 5.1 gave, and the ITU's own software (G.191) the same, so
/// that a machine without either can tell too.
#[test]
fn g722_gives_what_the_references_gave() {
    let recording = testdata("recordings/Record_20261122094500.wav");
    let expected = [
        (Rate::Kbps64, 0xfe75_a950_4c30_3c4e),
        (Rate::Kbps56, 0xc375_5431_a76f_81c9),
        (Rate::Kbps48, 0x99eb_e637_0399_17b9),
    ];
    for (rate, expected) in expected {
        let samples = decoded(g722::Decoder::new(rate), &recording[76..]);
        assert_eq!(digest(&bytes_from_samples(&samples)), expected, "{rate:?}");
    }
    assert_eq!(digest(&encoded(Rate::Kbps64, &speech())), 0x6102_f178_0bf1_c03a);
}

#[test]
fn g711_decodes_every_code_as_ffmpeg_does() {
    let codes: Vec<u8> = (0..=255).collect();
    for (law, name) in [(Law::A, "alaw"), (Law::Mu, "mulaw")] {
        let from = ["-f", name, "-ar", "8000", "-ac", "1"];
        let Some(theirs) = ffmpeg(&from, &TO_PCM, &codes) else { return };
        assert_same(&decoded(law, &codes), &samples_from_bytes(&theirs), name);
    }
}

#[test]
fn g711_decodes_foreign_files_as_ffmpeg_does() {
    let files =
        [(Law::A, "alaw", "audio/pcma.1.8k.raw"), (Law::Mu, "mulaw", "audio/pcmu.1.8k.raw")];
    for (law, name, path) in files {
        let Some(code) = public_file(path) else { return };
        let from = ["-f", name, "-ar", "8000", "-ac", "1"];
        let Some(theirs) = ffmpeg(&from, &TO_PCM, &code) else { return };
        assert_same(&decoded(law, &code), &samples_from_bytes(&theirs), path);
    }
}
