//! From a `File` to its bytes, in pieces, one piece ahead of the analyzer.

use super::desk::Desk;
use super::{post, scope};
use crate::protocol::{FileId, Notice};
use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use recscope_analyzer::{Analysis, Analyzer, Options};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, File};

/// Bytes per piece: large enough that asking costs little, small enough that Cancel acts at once.
const PIECE: f64 = 2.0 * 1024.0 * 1024.0;

/// Milliseconds between two notices of progress.
const NOTICE_EVERY: f64 = 60.0;

/// Reads `file` to its end, or until `desk` no longer wants it.
///
/// # Errors
///
/// One sentence, when the browser cannot read the file.
pub(super) async fn read(desk: &Desk, id: FileId, file: &File) -> Result<Analysis, String> {
    let size = file.size();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size is a whole number below 2^53"
    )]
    let mut analyzer = Analyzer::new(&file.name(), Some(size as u64), Options::default());
    let started = now();
    let mut noticed = started;
    let mut piece = Vec::new();
    let mut read = 0.0;
    let mut next = (size > 0.0).then(|| request(file, 0.0..PIECE.min(size)));
    while let Some(asked) = next.take() {
        receive(asked, &mut piece).await?;
        if !desk.is_reading(id) {
            break;
        }
        #[allow(clippy::cast_precision_loss, reason = "at most PIECE bytes")]
        let len = piece.len() as f64;
        read += len;
        if read < size && len > 0.0 {
            next = Some(request(file, read..(read + PIECE).min(size)));
        }
        analyzer.push(&piece);
        let time = now();
        if time - noticed >= NOTICE_EVERY {
            noticed = time;
            let rate = read * 1000.0 / (time - started);
            post(&Notice::Progress { file: id, bytes: read, rate }, &Array::new());
        }
    }
    Ok(analyzer.finish())
}

/// The bytes of `range` of `file`.
///
/// # Errors
///
/// As [`read`].
pub(super) async fn read_range(
    file: &File,
    range: Range<u64>,
    piece: &mut Vec<u8>,
) -> Result<(), String> {
    #[allow(clippy::cast_precision_loss, reason = "offsets in a file are below 2^53")]
    let range = range.start as f64..range.end as f64;
    receive(request(file, range), piece).await
}

fn request(file: &File, range: Range<f64>) -> Result<Promise, JsValue> {
    Ok(file.slice_with_f64_and_f64(range.start, range.end)?.array_buffer())
}

async fn receive(asked: Result<Promise, JsValue>, piece: &mut Vec<u8>) -> Result<(), String> {
    let buffer = match asked {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    let bytes =
        Uint8Array::new(&buffer.map_err(|error| sentence(&error))?.unchecked_into::<ArrayBuffer>());
    piece.resize(bytes.length() as usize, 0);
    bytes.copy_to(piece);
    Ok(())
}

/// What the user is told when the browser refuses a read.
fn sentence(error: &JsValue) -> String {
    let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "NotFoundError" => {
            "the file was moved, renamed or deleted while it was being read; open it again"
                .to_owned()
        }
        "NotReadableError" => {
            "the file changed while it was being read, its drive was removed, or \
             it is a folder; open it again"
                .to_owned()
        }
        "" => "the file could not be read; open it again".to_owned(),
        other => format!("the browser could not read the file ({other}); open it again"),
    }
}

/// Milliseconds on a clock that never goes back.
fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}
