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

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Account {
    lessons: Vec<Lesson>,
    stepping: Stepping,
}

/// A scenario, computed as after a click.
#[derive(Debug, Serialize)]
struct Lesson {
    id: String,
    /// As it is in the catalogue.
    plain: Play,
    /// With something going wrong: it is computed with and without that, and compared.
    what_if: Play,
}

#[derive(Debug, Serialize, Deserialize)]
struct Play {
    /// Until the worker's answer was there.
    answered_ms: f64,
    /// Until the page was painted with it.
    painted_ms: f64,
}

/// What goes wrong in every scenario.
const WHAT_IF: &str = "?fault=loss%3D5%25:*";

/// Steps at the end of a long flow, where the most is drawn: back, and forward again.
///
/// A step is timed as the Speedometer 3 benchmark times: the key goes down in the animation
/// callback of a frame, and the clock stops in the first task after that frame. So the time has in
/// it all that the main thread does for the step (the listeners, drawing anew, effects, style,
/// layout, painting, handing over to the compositor) and none of the up to 16 ms that anything
/// waits for a frame to begin. A step that is not in sight by then has its time when it is.
#[derive(Debug, Serialize, Deserialize)]
struct Stepping {
    /// Steps in the flow.
    steps: usize,
    /// Steps that were timed.
    timed: usize,
    median_ms: f64,
    p95_ms: f64,
    longest_ms: f64,
    /// Those that took more than one frame.
    late: usize,
    /// Tasks of more than 50 ms, and by how much they were longer.
    long_tasks: usize,
    blocking_ms: f64,
    /// What the main thread spent on average from one step to the next, the frames in between
    /// included.
    #[serde(default)]
    spent: Spent,
}

/// Time of the main thread on the processor, which no other program's use of it lengthens much, in
/// ms.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Spent {
    script_ms: f64,
    style_ms: f64,
    layout_ms: f64,
    /// These and all else: painting, input, collecting garbage, this bench.
    all_ms: f64,
}

impl Spent {
    /// What was spent since the page was opened.
    async fn so_far(app: &App) -> Result<Self> {
        let account = app.driver.cdp().send_raw("Performance.getMetrics", json!({})).await?;
        let of = |name: &str| {
            let mut metrics = account["metrics"].as_array().into_iter().flatten();
            let metric = metrics.find(|metric| metric["name"] == name);
            let seconds = metric.and_then(|metric| metric["value"].as_f64());
            Ok::<f64, anyhow::Error>(seconds.with_context(|| format!("no {name}"))? * 1e3)
        };
        Ok(Self {
            script_ms: of("ScriptDuration")?,
            style_ms: of("RecalcStyleDuration")?,
            layout_ms: of("LayoutDuration")?,
            all_ms: of("TaskDuration")?,
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "there are hundreds of steps")]
    fn per_step(&self, before: &Self, steps: usize) -> Self {
        let steps = steps as f64;
        Self {
            script_ms: (self.script_ms - before.script_ms) / steps,
            style_ms: (self.style_ms - before.style_ms) / steps,
            layout_ms: (self.layout_ms - before.layout_ms) / steps,
            all_ms: (self.all_ms - before.all_ms) / steps,
        }
    }
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
const output = document.querySelector('[data-testid=step]');
const scroller = document.querySelector('.diagram-scroller');
const count = Number(output.dataset.count);
// The first task after a frame in whose animation callback `work` was done.
const frame = work => new Promise(resolve => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = resolve;
  work();
  port2.postMessage(null);
}));
const isShown = step => {
  const row = document.querySelector(`.diagram [data-step='${step}'][aria-current=step]`);
  if (Number(output.dataset.index) !== step || !row) return false;
  const [inner, outer] = [row, scroller].map(element => element.getBoundingClientRect());
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
};
const press = async (key, step) => {
  let began, frames = 1;
  await frame(() => {
    began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  });
  let ended = performance.now();
  for (; !isShown(step); frames += 1) {
    if (frames > 600) throw step;
    await frame(() => {});
    ended = performance.now();
  }
  return { ms: ended - began, frames };
};
(async () => {
  await press('End', count - 1);
  const long = [];
  const observer = new PerformanceObserver(list => long.push(...list.getEntries()));
  observer.observe({ type: 'longtask' });
  const timed = [];
  const distance = 400;
  for (let at = 1; at <= 2 * distance; at += 1) {
    // What waits for the next frame, or for its turn after it, is no part of the next step.
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const isBack = at <= distance;
    const step = count - 1 - (isBack ? at : 2 * distance - at);
    timed.push(await press(isBack ? 'ArrowLeft' : 'ArrowRight', step));
  }
  observer.disconnect();
  const times = timed.map(step => step.ms).sort((one, other) => one - other);
  const at = part => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  done({
    steps: count, timed: times.length, median_ms: at(0.5), p95_ms: at(0.95), longest_ms: at(1),
    late: timed.filter(step => step.frames > 1).length, long_tasks: long.length,
    blocking_ms: long.reduce((sum, task) => sum + task.duration - 50, 0),
  });
})().catch(step => done({ stuck: String(step) }));";

pub(crate) async fn measure(app: &App, order: &Order) -> Result<Account> {
    let source = json!({ "source": WATCH });
    app.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
    // A fresh document, so that the watch is in it.
    app.load("?bench#/simulate").await?;
    let mut lessons = Vec::new();
    for id in &order.scenarios {
        let plain = play(app, id).await?;
        let what_if = play(app, &format!("{id}{WHAT_IF}")).await?;
        lessons.push(Lesson { id: id.clone(), plain, what_if });
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
    let clock = json!({ "timeDomain": "threadTicks" });
    app.driver.cdp().send_raw("Performance.enable", clock).await?;
    let before = Spent::so_far(app).await?;
    let stepped: Value = app.driver.execute_async(STEP, Vec::new()).await?.json().clone();
    ensure!(stepped["stuck"].is_null(), "a step does not show: {stepped}");
    let stepping: Stepping =
        serde_json::from_value(stepped).context("the steps' times make no sense")?;
    let spent = Spent::so_far(app).await?.per_step(&before, stepping.timed);
    Ok(Account { lessons, stepping: Stepping { spent, ..stepping } })
}

/// Goes to a scenario.
async fn play(app: &App, link: &str) -> Result<Play> {
    app.value(&format!("(window.benchLesson = null, location.hash = '#/simulate/{link}')")).await?;
    let seen = app
        .eventually(&format!("the lesson of {link}"), async || {
            let seen = app.value("window.benchLesson ?? null").await?;
            Ok((!seen.is_null()).then_some(seen))
        })
        .await?;
    Ok(serde_json::from_value(seen)?)
}
