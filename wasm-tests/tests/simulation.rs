//! Inside a browser, every scenario comes out as it does natively, to the last byte of what is saved
//! of it.
#![cfg(target_family = "wasm")]

use recscope_wasm_tests::played_scenarios;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

// Where the app runs it.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn every_scenario_comes_out_as_natively() {
    let natively = include_str!(concat!(env!("OUT_DIR"), "/scenarios"));
    let here = played_scenarios();
    assert_eq!(here.len(), natively.lines().count());
    for (here, natively) in here.iter().zip(natively.lines()) {
        assert_eq!(here, natively);
    }
}
