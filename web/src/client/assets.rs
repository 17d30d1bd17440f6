//! What the page loads before it says that it is ready: the worker and the samples.

use js_sys::{Array, ArrayBuffer, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, File, Response, Url, Worker, WorkerOptions, WorkerType, window,
};

/// Starts the worker's module when it is handed to the worker as the first message.
const WORKER_BOOT: &str =
    "\naddEventListener('message', ({ data }) => initSync({ module: data }), { once: true });\n";

/// The worker's program, kept so that a worker can be started without a request.
pub struct Engine {
    script: String,
    module: WebAssembly::Module,
}

impl Engine {
    /// Loads `worker.js` and `worker_bg.wasm`.
    ///
    /// # Errors
    ///
    /// One sentence, when either cannot be had.
    pub async fn load() -> Result<Self, String> {
        let glue = bytes("worker.js").await?;
        let code = bytes("worker_bg.wasm").await?;
        let module = JsFuture::from(WebAssembly::compile(&code)).await;
        let module = module.map_err(|_| "the browser cannot run worker_bg.wasm".to_owned())?;
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let parts = Array::of2(&glue, &WORKER_BOOT.into());
        let script = Blob::new_with_buffer_source_sequence_and_options(&parts, &options)
            .and_then(|blob| Url::create_object_url_with_blob(&blob))
            .map_err(|_| "the browser cannot keep worker.js".to_owned())?;
        Ok(Self { script, module: module.unchecked_into() })
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
    /// Its name below `samples/`, and the one it is opened with.
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

/// Loads `sample` as a file of its name.
///
/// # Errors
///
/// One sentence, when it cannot be had.
pub async fn load_sample(sample: Sample) -> Result<File, String> {
    let content = bytes(&format!("samples/{}", sample.name)).await?;
    File::new_with_buffer_source_sequence(&Array::of1(&content), sample.name)
        .map_err(|_| format!("the browser cannot keep {}", sample.name))
}

async fn bytes(path: &str) -> Result<Uint8Array, String> {
    let failed = || format!("{path} could not be loaded; reload the page");
    let response = match window() {
        Some(window) => JsFuture::from(window.fetch_with_str(path)).await,
        None => return Err(failed()),
    };
    let response: Response = response.map_err(|_| failed())?.unchecked_into();
    if !response.ok() {
        return Err(failed());
    }
    let buffer = response.array_buffer().map_err(|_| failed())?;
    let buffer = JsFuture::from(buffer).await.map_err(|_| failed())?;
    Ok(Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>()))
}
