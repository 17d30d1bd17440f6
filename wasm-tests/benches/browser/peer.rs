//! Wiregasm: Wireshark compiled to WebAssembly, in a page and a worker of its own.

use crate::{File, REST};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;

/// Far more than it takes: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(900);

/// Hands the chosen file to the worker and keeps its answer.
const PAGE: &str = r"<!doctype html><meta charset=utf-8><title>wiregasm</title>
<input type=file><script>
const worker = new Worker('bench-worker.js');
worker.onmessage = ({ data }) => { if (data.ready) window.ready = true; else window.loaded = data; };
worker.onerror = event => { window.loaded = { error: event.message }; };
document.querySelector('input').onchange = ({ target }) => {
  window.start = performance.now();
  worker.postMessage(target.files[0]);
};
</script>";

/// As the package's own description says to use it. Everything before the file counts as loading
/// the page, and is not measured; nor is what one would ask about the packets afterwards.
const WORKER: &str = r"
importScripts('wiregasm.js');
const started = loadWiregasm({ locateFile: path => path, print() {}, printErr() {} })
  .then(wiregasm => { wiregasm.init(); postMessage({ ready: true }); return wiregasm; });
onmessage = async ({ data: file }) => {
  try {
    const wiregasm = await started;
    const bytes = new Uint8Array(await file.arrayBuffer());
    wiregasm.FS.writeFile('/uploads/' + file.name, bytes);
    const session = new wiregasm.DissectSession('/uploads/' + file.name);
    const { code, error, summary } = session.load();
    postMessage({ code, error, packets: summary.packet_count });
  } catch (error) { postMessage({ error: String(error) }); }
};";

/// A server of the package.
pub(crate) struct Wiregasm {
    port: u16,
}

impl Wiregasm {
    /// Serves the package in this folder until the program ends.
    pub(crate) fn serve(folder: &Path) -> Result<Self> {
        let folder = folder.to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let folder = folder.clone();
                // A browser that goes away in the middle is no concern of the others.
                thread::spawn(move || answer(&connection, &folder));
            }
        });
        Ok(Self { port })
    }

    /// Loads a file in a fresh page and says how many milliseconds that took.
    pub(crate) async fn load(&self, driver: &WebDriver, file: &File) -> Result<f64> {
        eprintln!("in the browser with wiregasm: {}", file.path.display());
        driver.goto(format!("http://127.0.0.1:{}/", self.port)).await?;
        until(driver, "return window.ready === true || null").await?;
        tokio::time::sleep(REST).await;
        // The answer's time is the page's: when the message came.
        driver
            .execute(
                "worker.addEventListener('message', () => { window.end = performance.now(); })",
                Vec::new(),
            )
            .await?;
        let input = driver.find(By::Css("input")).await?;
        input.send_keys(file.path.display().to_string()).await?;
        let loaded = until(
            driver,
            "return window.end && window.loaded && { ...loaded, ms: window.end - window.start }",
        )
        .await?;
        ensure!(loaded["code"] == 0, "wiregasm does not load the file: {loaded}");
        ensure!(loaded["packets"] == file.packets, "{loaded} is not of {} packets", file.packets);
        loaded["ms"].as_f64().context("a time")
    }
}

async fn until(driver: &WebDriver, script: &str) -> Result<Value> {
    let start = Instant::now();
    loop {
        let found = driver.execute(script, Vec::new()).await?.json().clone();
        if !found.is_null() {
            return Ok(found);
        }
        ensure!(start.elapsed() < PATIENCE, "wiregasm does not get on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn answer(connection: &TcpStream, folder: &Path) -> Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().context("a request")??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/").trim_start_matches('/');
    let (kind, content) = match path {
        "" => ("text/html", PAGE.into()),
        "bench-worker.js" => ("text/javascript", WORKER.into()),
        name => {
            let name = PathBuf::from(name);
            let name = name.file_name().context("a name")?;
            let kind = match Path::new(name).extension().and_then(|kind| kind.to_str()) {
                Some("js") => "text/javascript",
                Some("wasm") => "application/wasm",
                _ => "application/octet-stream",
            };
            match fs::read(folder.join(name)) {
                Ok(content) => (kind, content),
                Err(_) => return refuse(connection),
            }
        }
    };
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    )?;
    Ok(connection.write_all(&content)?)
}

fn refuse(mut connection: &TcpStream) -> Result<()> {
    let head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    Ok(connection.write_all(head.as_bytes())?)
}
