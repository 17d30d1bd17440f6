//! Handing what was made in the browser to its downloads.

use gloo::timers::callback::Timeout;
use gloo::utils::document;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// What is said when [`download`] or [`download_blob`] fails.
pub const REFUSED: &str = "the browser did not take the file";

/// How long a download may take to begin.
const KEPT_MS: u32 = 60_000;

/// Saves a string, or a typed array with its bytes, by a name; `kind` is its MIME type.
///
/// # Errors
///
/// When the browser refuses it.
pub fn download(name: &str, content: &JsValue, kind: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(content);
    let blob = if content.is_string() {
        Blob::new_with_str_sequence_and_options(&parts, &options)
    } else {
        Blob::new_with_u8_array_sequence_and_options(&parts, &options)
    }?;
    download_blob(name, &blob)
}

/// As [`download`], of what the browser has made itself.
///
/// # Errors
///
/// When the browser refuses it.
pub fn download_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // Not every browser has taken hold of the blob by the time that the click returns.
    Timeout::new(KEPT_MS, move || {
        // It was made above, so it can be revoked.
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}
