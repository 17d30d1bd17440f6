use super::{call, damage, recording, recscope, testdata};
use recscope_analyzer::Report;
use recscope_analyzer::report::{CallState, FileKind, Status};
use std::fs;

#[test]
fn a_summary_names_the_call_and_its_streams() {
    let run = recscope(["analyze".as_ref(), call().as_os_str()]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let text = run.text();
    for expected in ["call-pcmu.pcap  pcap", "1118 packets", "completed", "PCMU", "551", "no fault"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours outside a terminal");
}

#[test]
fn json_is_an_array_with_an_object_per_file() {
    let run = recscope([
        "analyze".as_ref(),
        "--json".as_ref(),
        call().as_os_str(),
        recording().as_os_str(),
    ]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    let reports = run.reports();
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].file.kind, FileKind::Pcap);
    assert_eq!(reports[0].calls[0].state, CallState::Completed);
    assert_eq!(reports[1].file.kind, FileKind::PhoneRecording);
    assert_eq!(reports[1].recording.as_ref().unwrap().blocks, Some(551));
}

#[test]
fn ndjson_is_a_line_per_file() {
    let files = ["call-pcma.pcap", "call-g722.pcap"].map(|name| testdata("captures").join(name));
    let run = recscope([
        "analyze".as_ref(),
        "--ndjson".as_ref(),
        files[0].as_os_str(),
        files[1].as_os_str(),
    ]);
    let reports: Vec<Report> =
        run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codecs: Vec<_> = reports.iter().map(|report| report.streams[0].codec.as_str()).collect();
    assert_eq!(codecs, ["PCMA", "G722"]);
}

#[test]
fn one_bad_file_harms_no_other_and_the_worst_gives_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.pcap");
    let whole = fs::read(call()).unwrap();
    fs::write(&cut, &whole[..whole.len() - 10]).unwrap();
    let missing = folder.path().join("none.pcap");

    let run =
        recscope(["analyze".as_ref(), "--json".as_ref(), cut.as_os_str(), call().as_os_str()]);
    let statuses: Vec<_> = run.reports().iter().map(|report| report.status).collect();
    assert_eq!((run.status, statuses), (1, vec![Status::Damaged, Status::Whole]));

    let run = recscope([
        "analyze".as_ref(),
        "--json".as_ref(),
        missing.as_os_str(),
        cut.as_os_str(),
        call().as_os_str(),
    ]);
    let statuses: Vec<_> = run.reports().iter().map(|report| report.status).collect();
    assert_eq!(
        (run.status, statuses),
        (2, vec![Status::Unreadable, Status::Damaged, Status::Whole])
    );
    assert!(run.complaint().ends_with("none.pcap: there is no such file"), "{}", run.stderr);
}

#[test]
fn data_is_written_as_it_is_whatever_characters_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let name = "odd \u{9b}31m\u{7f}\u{2028}.pcap";
    fs::copy(call(), folder.path().join(name)).unwrap();
    let run =
        recscope(["analyze".as_ref(), "--json".as_ref(), folder.path().join(name).as_os_str()]);
    assert_eq!(run.reports()[0].file.name, name);
}

#[test]
fn a_recording_and_its_damaged_variants_are_reported_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Record.wav");
    for (name, codec, rtp_len, headers) in [
        ("Record_20261122091500.wav", "PCMU", 172, "present"),
        ("Record_20261122093000.wav", "PCMA", 172, "present"),
        ("Record_20261122094500.wav", "G722", 160, "absent"),
    ] {
        let whole = fs::read(testdata("recordings").join(name)).unwrap();
        let variants = [("whole", <[u8]>::to_vec as damage::Damage)];
        for (variant, damaged) in variants.into_iter().chain(damage::VARIANTS) {
            fs::write(&path, damaged(&whole)).unwrap();
            let run = recscope(["analyze".as_ref(), "--json".as_ref(), path.as_os_str()]);
            let report = run.reports().remove(0);
            let found = report.recording.unwrap();
            let told = (found.codec.as_str(), found.rtp_len, found.rtp_headers.as_deref());
            assert_eq!(told, (codec, Some(rtp_len), Some(headers)), "{name} {variant}");

            // Without sequence numbers nothing tells that blocks are missing in between.
            let gap_seen = variant == "three blocks missing" && headers == "present";
            let (blocks, duration_ms, lost) = match variant {
                "last block cut" => (550, 11_000.0, 0),
                "three blocks missing" if gap_seen => (548, 11_020.0, 3),
                "three blocks missing" => (548, 10_960.0, 0),
                _ => (551, 11_020.0, 0),
            };
            let told = (found.blocks, found.duration_ms, found.lost);
            assert_eq!(told, (Some(blocks), duration_ms, lost), "{name} {variant}");
            let repaired = variant.starts_with("data size") || variant == "last block cut";
            assert_eq!(found.repairs.len(), usize::from(repaired), "{name} {variant}");
            assert_eq!(found.gaps.len(), usize::from(gap_seen), "{name} {variant}");
            assert_eq!(run.status, i32::from(repaired || gap_seen), "{name} {variant}");
            let order = if variant == "big-endian" { "big" } else { "little" };
            assert_eq!(found.byte_order, order, "{name} {variant}");
        }
    }
}
