use super::recscope;
use serde_json::Value;

#[test]
fn the_catalogue_is_listed_as_text_and_as_data() {
    let run = recscope(["scenarios"]);
    assert_eq!((run.status, run.text().lines().count()), (0, 33));
    let run = recscope(["scenarios", "--json"]);
    let list: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(list.len(), 33);
    assert!(list.iter().all(|entry| entry["id"].is_string() && entry["settings"].is_array()));
}

#[test]
fn a_run_as_data_has_its_steps_states_and_expectations() {
    let run = recscope(["simulate", "mx-dynamic", "--format", "json", "--seed", "7"]);
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(
        (run.status, &report["scenario"], &report["seed"]),
        (0, &"mx-dynamic".into(), &7.into())
    );
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["kind"] == "message" && step["summary"] == "ACK"));
    assert!(report["states"]["phone"]["active recording"].is_array());
    assert!(report["expectations"].as_array().unwrap().iter().all(|it| it["ok"] == true));
}

#[test]
fn a_failed_expectation_is_an_exit_status_of_one() {
    let run = recscope(["simulate", "mx-dynamic", "--fault", "lose:INVITE@recorder,phone:1.."]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("mx-dynamic failed: "), "{}", run.stderr);
}

#[test]
fn capture_and_files_are_written_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (pcap, files) = (folder.path().join("out.pcap"), folder.path().join("files"));
    let run = recscope([
        "simulate".as_ref(),
        "bx-server-basic".as_ref(),
        "--pcap".as_ref(),
        pcap.as_os_str(),
        "--files".as_ref(),
        files.as_os_str(),
    ]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(std::fs::read(&pcap).unwrap().len() > 10_000);
    assert_eq!(std::fs::read_dir(files.join("server")).unwrap().count(), 1);
    assert_eq!(recscope(["analyze".as_ref(), pcap.as_os_str()]).status, 0);
}

#[test]
fn what_cannot_be_played_is_refused_with_advice() {
    for (arguments, says) in [
        (&["simulate", "mx-nothing"][..], "`recscope scenarios` lists them"),
        (&["simulate", "mx-dynamic", "--set", "codec"], "--set codec=G722"),
        (&["simulate", "mx-dynamic", "--set", "codec=MP3"], "is not among PCMA, PCMU, G722"),
        (&["simulate", "mx-dynamic", "--fault", "explode:x"], "nothing that can happen"),
        (&["simulate", "mx-dynamic", "--fault", "lose:BYE@nobody"], "there is no actor \"nobody\""),
    ] {
        let run = recscope(arguments);
        assert_eq!(run.status, 2, "{arguments:?}");
        assert!(run.complaint().contains(says), "{}", run.stderr);
    }
}
