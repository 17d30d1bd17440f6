//! The files that phones write in scenarios hold, sample by sample, the sound that went in.

use recscope_analyzer::{Analyzer, AudioRequest, Options};
use recscope_core::Limits;
use recscope_core::codec::{Codec, Decoder, Encoder};
use recscope_core::machine::Side;
use recscope_core::recording::{Joiner, Seam};
use recscope_simulator::audio;
use recscope_simulator::scenario::{Changes, entry};
use recscope_simulator::{Run, RunOptions};

/// The files on the first actor's drive after a scenario, in order of their names.
fn files(id: &str, set: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let set: Vec<_> = set.iter().map(|&(key, value)| (key.into(), value.into())).collect();
    let changes = Changes { set: &set, ..Changes::default() };
    let scenario = entry(id).expect("in the catalogue").scenario(&changes);
    let scenario = scenario.unwrap_or_else(|problem| panic!("{problem}"));
    let mut run = Run::new(&scenario, &RunOptions::default()).expect("a run");
    run.run_to_end();
    let drive = run.world().hosts()[0].drive.as_ref().expect("a drive");
    drive.files().values().cloned().collect()
}

/// A file's sound, as the analyzer gives it.
fn heard(file: &[u8]) -> Vec<i16> {
    let mut analyzer = Analyzer::new("Record.wav", Some(file.len() as u64), Options::default());
    analyzer.push(file);
    let analysis = analyzer.finish();
    let mut extraction = analysis.audio(AudioRequest::Recording).expect("a recording");
    while let Some(range) = extraction.wanted() {
        let place = |at: u64| usize::try_from(at).expect("a small file");
        extraction.push(&file[place(range.start)..place(range.end)]);
    }
    extraction.finish().channels.remove(0).samples
}

/// Both voices mixed, from the frame `first` on.
fn spoken(codec: Codec, first: u64, frames: u64) -> Vec<i16> {
    let side = |side| {
        (first..first + frames)
            .flat_map(move |frame| audio::frame(side, codec.sample_rate(), frame))
            .copied()
    };
    let both = side(Side::Sent).zip(side(Side::Received));
    both.map(|(sent, received)| sent.saturating_add(received)).collect()
}

fn encoded(codec: Codec, sound: &[i16]) -> Vec<u8> {
    let mut payload = Vec::new();
    Encoder::new(codec).encode(sound, &mut payload);
    payload
}

fn decoded(codec: Codec, payload: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    Decoder::new(codec).decode(payload, &mut samples);
    samples
}

/// The frame with which a recording begins that was started at one second: the one before or the
/// one after.
const FIRST: [u64; 3] = [48, 49, 50];

/// Samples of a frame.
fn frame_len(codec: Codec) -> u64 {
    u64::from(codec.sample_rate()) / 50
}

#[test]
fn a_recording_holds_what_was_said() {
    for codec in Codec::ALL {
        for headers in ["present", "absent"] {
            let set = [("codec", codec.name()), ("rtp_headers", headers)];
            let files = files("bx-local-basic", &set);
            let [file] = files.as_slice() else { panic!("{} files", files.len()) };
            let heard = heard(file);
            let frames = heard.len() as u64 / frame_len(codec);
            assert_eq!(frames, 500, "{codec}: ten seconds");
            let matches = |first: &u64| {
                let payload = encoded(codec, &spoken(codec, *first, frames));
                decoded(codec, &payload) == heard
            };
            assert!(FIRST.iter().any(matches), "{codec}, RTP headers {headers}");
        }
    }
}

#[test]
fn parts_hold_what_was_said_and_join_without_a_seam() {
    let codec = Codec::Pcma;
    let parts = files("bx-local-rollover", &[]);
    assert_eq!(parts.len(), 3);
    let mut whole = Vec::new();
    let mut joiner = Joiner::new(&Limits::default());
    for part in &parts {
        joiner.begin(Some(part.len() as u64));
        joiner.push(part, &mut whole).expect("a part");
        joiner.end(&mut whole).expect("a part");
    }
    let joined = joiner.finish();
    assert_eq!(joined.seams, [Seam::Seamless, Seam::Seamless]);
    whole[..76].copy_from_slice(&joined.header.expect("parts"));
    let all = heard(&whole);
    assert_eq!(all.len() as u64 / frame_len(codec), 600, "twelve seconds");
    let first = FIRST
        .into_iter()
        .find(|&first| decoded(codec, &encoded(codec, &spoken(codec, first, 600))) == all);
    let mut at = first.expect("the joined parts hold what was said");
    for part in &parts {
        let heard = heard(part);
        let frames = heard.len() as u64 / frame_len(codec);
        assert_eq!(heard, decoded(codec, &encoded(codec, &spoken(codec, at, frames))));
        at += frames;
    }
}

#[test]
fn what_is_left_after_an_accident_is_what_was_said() {
    for (id, frames) in [("bx-local-power-loss", 374), ("bx-local-usb-removed", 324)] {
        let codec = Codec::Pcma;
        let heard = heard(&files(id, &[])[0]);
        assert!((frames..=frames + 1).contains(&(heard.len() as u64 / frame_len(codec))), "{id}");
        let frames = heard.len() as u64 / frame_len(codec);
        let matches =
            |first: &u64| decoded(codec, &encoded(codec, &spoken(codec, *first, frames))) == heard;
        assert!(FIRST.iter().any(matches), "{id}");
    }
}

#[test]
fn a_pause_is_silence_in_the_recording_and_the_rest_is_what_was_said() {
    let codec = Codec::Pcma;
    let heard = heard(&files("bx-local-pause-resume", &[])[0]);
    let frames = heard.len() as u64 / frame_len(codec);
    assert_eq!(frames, 600, "eight seconds of sound and four of pause");
    let place = |frame: u64| usize::try_from(frame * frame_len(codec)).expect("small");
    let matches = |first: &u64| {
        let said = decoded(codec, &encoded(codec, &spoken(codec, *first, frames)));
        (0..frames).all(|frame| {
            let (from, to) = (place(frame), place(frame + 1));
            let silent = heard[from..to].iter().all(|&sample| sample == 0);
            heard[from..to] == said[from..to] || silent && (199..401).contains(&frame)
        })
    };
    assert!(FIRST.iter().any(matches));
}
