//! From a `File` to its bytes, in pieces.

use super::desk::Desk;
use super::{post, scope};
use crate::protocol::{FileId, Notice};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use recscope_analyzer::{Analysis, Analyzer, Options};
use std::ops::Range;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, File, ReadableStreamDefaultReader, ReadableStreamReadResult};

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
    let mut read = 0.0;
    let mut pieces = Pieces::of(file);
    while let Some(piece) = pieces.next().await? {
        if !desk.is_reading(id) {
            pieces.stop().await;
            return Ok(analyzer.finish());
        }
        #[allow(clippy::cast_precision_loss, reason = "pieces are far below 2^53 bytes")]
        let len = piece.len() as f64;
        read += len;
        analyzer.push(piece);
        let time = now();
        if time - noticed >= NOTICE_EVERY {
            noticed = time;
            let rate = read * 1000.0 / (time - started);
            post(&Notice::Progress { file: id, bytes: read, rate }, &Array::new());
        }
    }
    // Browsers differ in whether they call it an error that a file has become shorter.
    if read < size { Err(CHANGED.to_owned()) } else { Ok(analyzer.finish()) }
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
    let slice = file.slice_with_f64_and_f64(range.start, range.end);
    let buffer = match slice.map(|slice| slice.array_buffer()) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    let buffer = buffer.map_err(|error| sentence(&error))?;
    let bytes = Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>());
    piece.resize(bytes.length() as usize, 0);
    bytes.copy_to(piece);
    Ok(())
}

/// A file front to back, in pieces of the browser's choice, which it reads ahead of who asks.
struct Pieces {
    reader: ReadableStreamDefaultReader,
    /// As long as the longest piece so far.
    bytes: Vec<u8>,
}

impl Pieces {
    fn of(file: &File) -> Self {
        Self { reader: file.stream().get_reader().unchecked_into(), bytes: Vec::new() }
    }

    async fn next(&mut self) -> Result<Option<&[u8]>, String> {
        let result = JsFuture::from(self.reader.read()).await.map_err(|error| sentence(&error))?;
        let result: ReadableStreamReadResult = result.unchecked_into();
        if result.get_done() == Some(true) {
            return Ok(None);
        }
        let piece: Uint8Array = result.get_value().unchecked_into();
        let len = piece.length() as usize;
        if self.bytes.len() < len {
            self.bytes.resize(len, 0);
        }
        let bytes = &mut self.bytes[..len];
        piece.copy_to(bytes);
        Ok(Some(bytes))
    }

    /// Lets the browser close the file.
    async fn stop(&self) {
        // What can go wrong now does not matter any more.
        let _ = JsFuture::from(self.reader.cancel()).await;
    }
}

const CHANGED: &str = "the file changed while it was being read, its drive was removed, or it is a \
                       folder; open it again";

/// What the user is told when the browser refuses a read.
fn sentence(error: &JsValue) -> String {
    let name = error.dyn_ref::<DomException>().map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "NotFoundError" => {
            "the file was moved, renamed or deleted while it was being read; open it again"
                .to_owned()
        }
        "NotReadableError" => CHANGED.to_owned(),
        "" => "the file could not be read; open it again".to_owned(),
        other => format!("the browser could not read the file ({other}); open it again"),
    }
}

/// Milliseconds on a clock that never goes back.
fn now() -> f64 {
    scope().performance().map_or(0.0, |performance| performance.now())
}
