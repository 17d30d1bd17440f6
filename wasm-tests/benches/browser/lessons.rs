//! The Simulate page with a clock: how long a scenario takes from the click to the picture, and how
//! long a step takes in a long flow.

use crate::app::App;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    /// Ids of the catalogue.
    scenarios: Vec<String>,
    /// A scenario file with many steps.
    long: PathBuf,
}

/// What was measured, in ms.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    lessons: Vec<Lesson>,
    stepping: Stepping,
}

/// A scenario, recomputed as after a click.
#[derive(Debug, Serialize, Deserialize)]
struct Lesson {
    #[serde(default)]
    id: String,
    /// Until the worker's answer was there.
    answered_ms: f64,
    /// Until the page was painted with it.
    painted_ms: f64,
}

/// Steps, one after the other, at the end of a long flow.
#[derive(Debug, Serialize, Deserialize)]
struct Stepping {
    steps: usize,
    /// Of each until the page was laid out anew: the median, the 95th percentile, the longest.
    median_ms: f64,
    p95_ms: f64,
    longest_ms: f64,
}

/// Runs in every document before its own scripts: notes when the worker is asked, and when it
/// answers.
const WATCH: &str = r"
window.Worker = new Proxy(Worker, {
  construct(target, parameters) {
    const worker = Reflect.construct(target, parameters);
    const { postMessage } = worker;
    worker.postMessage = (...message) => {
      if (Array.isArray(message[0])) window.benchAsked = performance.now();
      return postMessage.apply(worker, message);
    };
    worker.addEventListener('message', () => {
      const answered = performance.now();
      requestAnimationFrame(() => setTimeout(() => {
        window.benchLesson = {
          answered_ms: answered - window.benchAsked,
          painted_ms: performance.now() - window.benchAsked,
        };
      }));
    });
    return worker;
  },
});";

const STEP: &str = r"
const done = arguments[0];
const press = hook => document.querySelector(`[data-testid=${hook}]`).click();
const index = () => Number(document.querySelector('[data-testid=step]').dataset.index);
const count = Number(document.querySelector('[data-testid=step]').dataset.count);
const channel = new MessageChannel();
const turn = () => new Promise(resolve => {
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(null);
});
// The page is drawn anew in tasks that follow, at once or when the browser had its turn.
const shown = async step => {
  const start = performance.now();
  while (index() !== step && performance.now() < start + 10000) await turn();
  document.querySelector('main').getBoundingClientRect();
  return index() === step;
};
(async () => {
  press('step-last');
  if (!await shown(count - 1)) return done({ stuck: count - 1 });
  const times = [];
  // At the end of the flow, where the most is drawn.
  for (let step = count - 2; step >= count - 1 - 400; step -= 1) {
    // What waits for the next frame is not to fall into the next step's time.
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const start = performance.now();
    press('step-back');
    if (!await shown(step)) return done({ stuck: step });
    times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  const at = part => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  done({ steps: count, median_ms: at(0.5), p95_ms: at(0.95), longest_ms: at(1) });
})();";

pub(crate) async fn measure(app: &App, order: &Order) -> Result<Account> {
    let source = json!({ "source": WATCH });
    app.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
    // A fresh document, so that the watch is in it.
    app.load("?bench#/simulate").await?;
    let mut lessons = Vec::new();
    for id in &order.scenarios {
        app.value(&format!("(window.benchLesson = null, location.hash = '#/simulate/{id}')"))
            .await?;
        let lesson = app
            .eventually(&format!("the lesson of {id}"), async || {
                let seen = app.value("window.benchLesson ?? null").await?;
                Ok((!seen.is_null()).then_some(seen))
            })
            .await?;
        let lesson: Lesson = serde_json::from_value(lesson)?;
        lessons.push(Lesson { id: id.clone(), ..lesson });
    }
    let long = std::fs::read_to_string(&order.long)?;
    let first_line = long.lines().next().unwrap_or_default().to_owned();
    app.click("edit-scenario").await?;
    let input = app.one("[data-testid=scenario-input]").await?;
    input.send_keys(order.long.display().to_string()).await?;
    app.eventually("the long scenario in the editor", async || {
        let text = "document.querySelector('[data-testid=scenario-text]')?.value ?? ''";
        let text = app.value(text).await?;
        let is_there = text.as_str().is_some_and(|text| text.starts_with(&first_line));
        Ok(is_there.then_some(()))
    })
    .await?;
    // It is read before it can be played.
    app.one("[data-testid=play-scenario]:enabled").await?;
    app.click("play-scenario").await?;
    app.eventually("many steps", async || {
        let count =
            app.value("document.querySelector('[data-testid=step]')?.dataset.count").await?;
        let count: Option<u32> = count.as_str().and_then(|count| count.parse().ok());
        Ok(count.filter(|count| *count >= 2000))
    })
    .await?;
    eprintln!("in the browser: {}", order.long.display());
    app.driver.set_script_timeout(std::time::Duration::from_secs(600)).await?;
    let stepped: Value = app.driver.execute_async(STEP, Vec::new()).await?.json().clone();
    ensure!(stepped["stuck"].is_null(), "a step does not show: {stepped}");
    let stepping = serde_json::from_value(stepped).context("the steps' times make no sense")?;
    Ok(Account { lessons, stepping })
}
