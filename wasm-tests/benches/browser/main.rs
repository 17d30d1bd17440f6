//! What `cargo xtask bench` measures in a browser: how long the app takes from having a file to
//! showing its report, beside another program that reads captures in a browser; and that files of
//! any size are read in bounded memory, with progress to see and a way to stop. And, as another
//! order, how long lessons and steps take on the Simulate page ([`lessons`]).
//!
//! `RECSCOPE_BROWSER_BENCH` holds an [`Order`] in JSON; an account in JSON is printed.
#![cfg(not(target_family = "wasm"))]

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../../tests/end_to_end/app.rs"]
mod app;
mod lessons;
mod page;
mod peer;
#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../../tests/end_to_end/program.rs"]
mod program;

use anyhow::{Context, Result};
use app::App;
use page::{Opened, Page};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What to measure.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Order {
    /// On the Analyze page.
    Captures(Captures),
    /// On the Simulate page.
    Lessons(lessons::Order),
}

/// From a page that is ready to its getting a file. No hand is faster, and by then what the page
/// before it left behind, hundreds of megabytes with the other program, is no load on this one.
const REST: Duration = Duration::from_secs(1);

/// Captures to measure with.
#[derive(Debug, Deserialize)]
struct Captures {
    /// The file to compare with.
    compared: File,
    /// How often; the fastest counts.
    runs: u32,
    /// The folder with the other program, if there is one.
    wiregasm: Option<PathBuf>,
    /// Files to read once each.
    large: Vec<File>,
    /// The one of these to stop reading.
    cancelled: File,
}

/// A capture.
#[derive(Debug, Deserialize)]
struct File {
    path: PathBuf,
    packets: u64,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Account {
    ours_ms: f64,
    wiregasm_ms: Option<f64>,
    compared: Opened,
    large: Vec<Opened>,
    /// From the click to the row being gone.
    cancel_ms: f64,
}

fn main() -> Result<()> {
    // `cargo test --benches` runs this without an order.
    let Ok(order) = std::env::var("RECSCOPE_BROWSER_BENCH") else {
        eprintln!("nothing to measure: RECSCOPE_BROWSER_BENCH is not set; see cargo xtask bench");
        return Ok(());
    };
    let order: Order = serde_json::from_str(&order).context("the order makes no sense")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("{}", runtime.block_on(measure(&order))?);
    Ok(())
}

async fn measure(order: &Order) -> Result<String> {
    let app = App::open().await?;
    let outcome = match order {
        Order::Captures(order) => {
            let account = measure_with(&app, order).await;
            account.and_then(|account| Ok(serde_json::to_string(&account)?))
        }
        Order::Lessons(order) => {
            let account = lessons::measure(&app, order).await;
            account.and_then(|account| Ok(serde_json::to_string(&account)?))
        }
    };
    app.driver.clone().quit().await?;
    outcome
}

async fn measure_with(app: &App, order: &Captures) -> Result<Account> {
    let page = Page::watch(app).await?;
    let peer = match &order.wiregasm {
        Some(folder) => Some(peer::Wiregasm::serve(folder)?),
        None => None,
    };
    let mut compared = page.open(&order.compared).await?;
    let mut wiregasm_ms: Option<f64> = None;
    // In turns, so that whatever else the machine does meets both.
    for run in 0..order.runs.max(1) {
        if run > 0 {
            let again = page.open(&order.compared).await?;
            compared.ms = compared.ms.min(again.ms);
        }
        if let Some(peer) = &peer {
            let ms = peer.load(&app.driver, &order.compared).await?;
            wiregasm_ms = Some(wiregasm_ms.map_or(ms, |best| best.min(ms)));
        }
    }
    let mut large = Vec::new();
    for file in &order.large {
        large.push(page.open(file).await?);
    }
    let cancel_ms = page.cancel(&order.cancelled).await?;
    Ok(Account { ours_ms: compared.ms, wiregasm_ms, compared, large, cancel_ms })
}
