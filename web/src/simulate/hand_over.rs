//! A file from this page to the other, without a download in between.

use gloo::utils::window;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{CustomEvent, CustomEventInit, File};

/// Shows the Analyze page and opens a file there.
///
/// # Errors
/// When the browser cannot keep the file.
pub fn open_in_analyze(name: &str, content: &Uint8Array) -> Result<(), JsValue> {
    let file = File::new_with_u8_array_sequence(&Array::of1(content), name)?;
    let init = CustomEventInit::new();
    init.set_detail(&file);
    // `boot.js` knows both pages.
    let event = CustomEvent::new_with_event_init_dict("recscope-hand-over", &init)?;
    window().dispatch_event(&event).map(drop)
}
