//! The analyzer inside a browser finds what it finds natively, to the last byte: usize has 32 bits
//! there, and floating point is another machine's.
#![cfg(target_family = "wasm")]

#[path = "../../analyzer/tests/large/sparse.rs"]
mod sparse;

use recscope_wasm_tests::findings_of_file;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

// Where the app runs it.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

macro_rules! found_as_natively {
    ($($test:ident: $folder:literal $name:literal,)*) => {$(
        #[wasm_bindgen_test]
        fn $test() {
            let content = include_bytes!(concat!("../../testdata/", $folder, "/", $name));
            let natively: [&[u8]; 3] = [
                include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".report")),
                include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".flow")),
                include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".wav")),
            ];
            let [report, flow, wav] = findings_of_file($name, content);
            let text = String::from_utf8_lossy;
            assert_eq!(text(&report), text(natively[0]), "report");
            assert_eq!(text(&flow), text(natively[1]), "flow");
            assert!(!wav.is_empty(), "there is something to hear");
            assert!(wav == natively[2], "the sound differs");
        }
    )*};
}

found_as_natively! {
    a_call_with_pcmu: "captures" "call-pcmu.pcap",
    a_call_with_pcma: "captures" "call-pcma.pcap",
    a_call_with_g722: "captures" "call-g722.pcap",
    a_recording_with_pcmu: "recordings" "Record_20261122091500.wav",
    a_recording_with_pcma: "recordings" "Record_20261122093000.wav",
    a_recording_with_g722: "recordings" "Record_20261122094500.wav",
}

#[wasm_bindgen_test]
fn a_call_behind_4_gib_is_found_and_heard_like_the_one_before() {
    sparse::assert_calls_at_both_ends_are_read_alike();
}
