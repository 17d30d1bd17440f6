//! The app's page with a clock and a view of its memory.

use crate::app::App;
use crate::{File, REST};
use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Far more than any file takes: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often to look.
const INTERVAL: Duration = Duration::from_millis(50);

/// Runs in every document before its own scripts.
///
/// The clock starts when the page gets a file and stops when the file's row says that it was read.
/// The memory of a WebAssembly program is seen where the program is instantiated: in the page, and
/// in the worker, whose script the page puts together from text. As such memory never shrinks, what
/// it is at the end is the most that it was.
const WATCH: &str = r"
(() => {
  const watchMemory = `
    (() => {
      const { Instance } = WebAssembly;
      WebAssembly.Instance = new Proxy(Instance, {
        construct(target, parameters) {
          const instance = Reflect.construct(target, parameters);
          const channel = new BroadcastChannel('bench-memory');
          channel.onmessage = ({ data }) => {
            if (data === 'how much?') channel.postMessage(instance.exports.memory.buffer.byteLength);
          };
          return instance;
        },
      });
    })();\n`;
  window.Blob = new Proxy(Blob, {
    construct(target, [parts, options]) {
      const isScript = options?.type === 'text/javascript';
      return Reflect.construct(target, [isScript ? [watchMemory, ...parts] : parts, options]);
    },
  });
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...parameters) => {
    const made = await instantiateStreaming(...parameters);
    window.benchPageMemory = made.instance.exports.memory;
    return made;
  };
  addEventListener('change', ({ target }) => {
    if (target.type === 'file') window.benchStart = performance.now();
  }, true);
  new MutationObserver(() => {
    if (window.benchStart === undefined || window.benchEnd !== undefined) return;
    const row = document.querySelector('[data-testid=file-row]:not([data-state=reading])');
    if (row) window.benchEnd = performance.now();
  }).observe(document, { subtree: true, childList: true, attributes: true });
})();
";

/// What is seen of the page at a moment.
const LOOK: &str = r"
const row = document.querySelector('[data-testid=file-row]');
return {
  ms: window.benchEnd === undefined ? null : window.benchEnd - window.benchStart,
  state: row?.dataset.state ?? null,
  detail: row?.querySelector('.row-detail')?.textContent ?? '',
  progress: document.querySelector('progress')?.value ?? null,
};";

const MEMORY: &str = r"
const done = arguments[0];
const channel = new BroadcastChannel('bench-memory');
channel.onmessage = ({ data }) => done({
  worker: data,
  page: window.benchPageMemory?.buffer.byteLength ?? null,
});
channel.postMessage('how much?');";

/// What it took to read a file.
#[derive(Debug, Serialize)]
pub(crate) struct Opened {
    /// From having the file to showing its report.
    pub(crate) ms: f64,
    /// WebAssembly memory of the worker at its most, in bytes.
    pub(crate) worker_memory: u64,
    /// That of the page.
    pub(crate) page_memory: u64,
    /// How often the progress was seen to have moved.
    pub(crate) progress_steps: u32,
}

/// The app, watched.
pub(crate) struct Page<'a> {
    app: &'a App,
}

impl<'a> Page<'a> {
    pub(crate) async fn watch(app: &'a App) -> Result<Self> {
        let source = json!({ "source": WATCH });
        app.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
        Ok(Self { app })
    }

    /// Reads a file in a page that has read none, and holds the page to what the file has.
    pub(crate) async fn open(&self, file: &File) -> Result<Opened> {
        eprintln!("in the browser: {}", file.path.display());
        self.choose(file).await?;
        let start = Instant::now();
        let (mut furthest, mut progress_steps) = (0.0, 0);
        let seen = loop {
            let seen = self.look().await?;
            if let Some(progress) = seen["progress"].as_f64() {
                ensure!(progress >= furthest, "the progress went back to {progress}");
                progress_steps += u32::from(progress > furthest);
                furthest = progress;
            }
            if seen["ms"].is_number() {
                break seen;
            }
            ensure!(start.elapsed() < PATIENCE, "{} is not read: {seen}", file.path.display());
            tokio::time::sleep(INTERVAL).await;
        };
        ensure!(seen["state"] == "done", "{}: {seen}", file.path.display());
        let packets = packets(seen["detail"].as_str().unwrap_or_default());
        ensure!(packets == Some(file.packets), "{seen} is not of {} packets", file.packets);
        let memory = self.app.driver.execute_async(MEMORY, Vec::new()).await?;
        let memory = memory.json();
        Ok(Opened {
            ms: seen["ms"].as_f64().context("a time")?,
            worker_memory: memory["worker"].as_u64().context("the worker's memory")?,
            page_memory: memory["page"].as_u64().context("the page's memory")?,
            progress_steps,
        })
    }

    /// Begins to read a file, stops, and says how long the page took to stop.
    pub(crate) async fn cancel(&self, file: &File) -> Result<f64> {
        self.choose(file).await?;
        let start = Instant::now();
        while self.look().await?["progress"].as_f64().is_none_or(|progress| progress == 0.0) {
            ensure!(start.elapsed() < PATIENCE, "{} is not begun", file.path.display());
            tokio::time::sleep(INTERVAL).await;
        }
        let clicked = Instant::now();
        self.app.click("cancel").await?;
        loop {
            let seen = self.look().await?;
            if seen["state"].is_null() {
                return Ok(clicked.elapsed().as_secs_f64() * 1000.0);
            }
            if seen["state"] != "reading" || clicked.elapsed() > PATIENCE {
                bail!("reading was not cancelled: {seen}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn choose(&self, file: &File) -> Result<()> {
        self.app.load("").await?;
        tokio::time::sleep(REST).await;
        self.app.choose(std::slice::from_ref(&file.path)).await
    }

    async fn look(&self) -> Result<Value> {
        Ok(self.app.driver.execute(LOOK, Vec::new()).await?.json().clone())
    }
}

/// The number in `pcap capture, 1.2 GB, 4 302 117 packets`.
fn packets(detail: &str) -> Option<u64> {
    let number = detail.rsplit(", ").next()?.strip_suffix("packets")?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}
