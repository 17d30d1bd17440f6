//! What the page loads before it says that it is ready: the worker and the samples.

use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, File, Url, Worker, WorkerOptions, WorkerType};

/// Starts the worker's module when it is handed to the worker as the first message.
const WORKER_BOOT: &str =
    "\naddEventListener('message', ({ data }) => initSync({ module: data }), { once: true });\n";

/// A worker's program, kept so that a worker can be started without a request. It is the page's
/// own: two would share most of their code, and the browser has compiled this one already.
pub struct Engine {
    script: String,
    module: JsValue,
}

impl Engine {
    /// Loads the running program's script once more, as text; the module is the one that runs.
    ///
    /// # Errors
    ///
    /// One sentence, when it cannot be had.
    pub async fn load(script: &str) -> Result<Self, String> {
        let glue = bytes(script).await?;
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let parts = Array::of2(&glue, &WORKER_BOOT.into());
        let script = Blob::new_with_buffer_source_sequence_and_options(&parts, &options)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .map_err(|_| format!("the browser cannot keep {script}"))?;
        Ok(Self { script, module: wasm_bindgen::module() })
    }

    /// A new worker, its program on the way.
    ///
    /// # Errors
    ///
    /// When the browser refuses one.
    pub fn start(&self) -> Result<Worker, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&self.script, &options)?;
        worker.post_message(&self.module)?;
        Ok(worker)
    }
}

/// A file to try the app with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The name it is opened with.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What there is to see in it.
    pub about: &'static str,
}

/// The samples, in the order in which they are offered.
pub const SAMPLES: [Sample; 3] = [
    Sample { name: "call.pcap", title: "A call", about: "Two phones, SIP and PCMU both ways" },
    Sample {
        name: "Record_20261122091500.wav",
        title: "A phone’s recording",
        about: "From a USB stick: RTP in a .wav that is none",
    },
    Sample {
        name: "Record_20261122093000.wav",
        title: "A damaged recording",
        about: "The stick was pulled: header stale, blocks missing",
    },
];

/// Loads the samples, in the order of [`SAMPLES`].
///
/// # Errors
///
/// One sentence, when one cannot be had.
pub async fn load_samples() -> Result<Vec<File>, String> {
    let [call, recording, damaged] = SAMPLES;
    let call_bytes = bytes("samples/call.pcap").await?;
    let recording_bytes = bytes("samples/recording.wav").await?;
    let parts = Array::of1(&recording_bytes);
    [(call, Array::of1(&call_bytes)), (recording, parts), (damaged, damage(&recording_bytes))]
        .into_iter()
        .map(|(sample, parts)| {
            File::new_with_buffer_source_sequence(&parts, sample.name)
                .map_err(|_| format!("the browser cannot keep {}", sample.name))
        })
        .collect()
}

/// What is left of a recording when its stick is pulled: a header that was last brought up to
/// date at 75 blocks, 15 blocks that never reached the stick, and a last one cut short.
fn damage(recording: &Uint8Array) -> Array {
    const HEADER: u32 = 76;
    const BLOCK: u32 = 172;
    let block = |number: u32| HEADER + number * BLOCK;
    let stale = Uint8Array::new_from_slice(&(75 * BLOCK).to_le_bytes());
    Array::of4(
        &recording.subarray(0, HEADER - stale.length()),
        &stale,
        &recording.subarray(HEADER, block(40)),
        &recording.subarray(block(55), recording.length().saturating_sub(100)),
    )
}

#[wasm_bindgen]
extern "C" {
    /// `boot.js` loads each file once, most of them before anybody asks.
    #[wasm_bindgen(catch, js_name = recscopeLoad)]
    fn load(path: &str) -> Result<Promise, JsValue>;
}

async fn bytes(path: &str) -> Result<Uint8Array, String> {
    let failed = |_| format!("{path} could not be loaded; reload the page");
    let buffer = JsFuture::from(load(path).map_err(failed)?).await.map_err(failed)?;
    Ok(Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>()))
}
