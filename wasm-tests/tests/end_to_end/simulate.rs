//! The Simulate page, stepped through as a trainer would.

use crate::app::{App, with_app};
use crate::command;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// A step as the page shows it when it is the current one.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Shown {
    index: usize,
    /// What is said about it.
    explanation: String,
    /// If it is a message: its arrow.
    arrow: Option<Arrow>,
}

/// An arrow of the diagram.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Arrow {
    from: String,
    to: String,
    text: String,
}

/// What scripts step with: the page's own buttons, until the step is drawn.
const STEPPING: &str = "
    const hook = name => document.querySelector(`[data-testid=${name}]`);
    const here = () => Number(hook('step').dataset.index);
    const pressed = async (button, expected) => {
        hook(button).click();
        // Its row is drawn when it has been scrolled to.
        const drawn = () => document.querySelector(`[data-step=\"${expected}\"][aria-current]`);
        for (let turn = 0; here() !== expected || !drawn(); turn++) {
            if (turn > 10000) throw `${button}: at ${here()}, not ${expected}`;
            await (turn < 100 ? null : new Promise(resolve => setTimeout(resolve)));
        }
    };
";

/// Steps from where the page is to the end and back to the start, with its own buttons, and gives
/// what was shown at each step on the way there.
///
/// One script does it: a remote control would need a second for each of two thousand steps.
async fn walk(app: &App) -> Result<Vec<Shown>> {
    let script = "const done = arguments[0];
        const shown = () => {
            const index = here();
            const arrow = document.querySelector(
                `[data-testid=flow-message][data-index=\"${index}\"]`);
            return {
                index,
                explanation: hook('explanation').innerText,
                arrow: arrow && {
                    from: arrow.dataset.from, to: arrow.dataset.to, text: arrow.textContent,
                },
            };
        };
        const walk = async () => {
            await pressed('step-first', 0);
            const last = Number(hook('step').dataset.count) - 1;
            const steps = [shown()];
            for (let index = 1; index <= last; index++) {
                await pressed('step-forward', index);
                steps.push(shown());
            }
            hook('step-forward').click();
            if (here() !== last) throw 'it goes on after the last step';
            for (let index = last - 1; index >= 0; index--) await pressed('step-back', index);
            await pressed('step-last', last);
            await pressed('step-first', 0);
            return steps;
        };
        walk().then(steps => done({ steps }), error => done({ error: String(error) }))";
    let walked = app.driver.execute_async(format!("{STEPPING}{script}"), Vec::new()).await?;
    let walked = walked.json();
    if let Some(error) = walked["error"].as_str() {
        bail!("{error}");
    }
    Ok(serde_json::from_value(walked["steps"].clone())?)
}

/// Waits until a scenario is shown, at a step.
async fn shows_step(app: &App, scenario: &str, step: usize) -> Result<()> {
    let row = format!("[data-testid=scenario-row][data-id={scenario}][aria-current=true]");
    app.one(&row).await.with_context(|| format!("{scenario} is not the one in the list"))?;
    app.one(&format!("[data-testid=step][data-index=\"{step}\"]")).await?;
    Ok(())
}

/// Holds what was shown to what `recscope simulate` prints.
fn compare(shown: &[Shown], report: &Value) -> Result<()> {
    let steps = report["steps"].as_array().context("steps")?;
    ensure!(shown.len() == steps.len(), "{} steps, not {}", shown.len(), steps.len());
    for (shown, step) in shown.iter().zip(steps) {
        let text = |name: &str| step[name].as_str().unwrap_or_default();
        ensure!(step["index"] == shown.index, "{shown:?} is not {step:#}");
        ensure!(shown.explanation.contains(text("summary")), "{shown:?} is not {step:#}");
        if let Some(change) = step["change"].as_object() {
            // Why a machine changed its state, in the words of the command.
            for said in [&change["from"], &change["to"], &change["text"]] {
                let said = said.as_str().context("a text")?;
                ensure!(shown.explanation.contains(said), "{shown:?} is not {step:#}");
            }
        }
        match &shown.arrow {
            Some(arrow) => {
                ensure!(step["kind"] == "message", "{shown:?} is not {step:#}");
                let ends = (arrow.from.as_str(), arrow.to.as_str());
                ensure!(ends == (text("from"), text("to")), "{shown:?} is not {step:#}");
                ensure!(arrow.text.contains(text("summary")), "{shown:?} is not {step:#}");
            }
            None => ensure!(step["kind"] != "message", "no arrow for {step:#}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_scenario_is_stepped_to_its_end_and_back_as_the_command_prints_it() -> Result<()> {
    with_app("scenarios", async |app| {
        let scenarios = command::scenarios()?;
        for (number, id) in scenarios.iter().enumerate() {
            app.load(&format!("#/simulate/{id}")).await?;
            if number % 8 == 0 {
                // The page goes to a link that is typed; here it is where it begins.
                app.driver.refresh().await?;
                app.one("body[data-ready=true]").await?;
            }
            shows_step(app, id, 0).await?;
            let report = command::simulation(id, &[])?;
            let title = report["title"].as_str().context("a title")?;
            // Until the new run is there, the one before is shown.
            app.eventually(title, async || {
                let shown = app.value("document.querySelector('main h1').textContent").await?;
                Ok((shown == title).then_some(()))
            })
            .await?;
            let shown = walk(app).await.with_context(|| id.clone())?;
            compare(&shown, &report).with_context(|| id.clone())?;
            // The last step is in the address before another takes its place.
            fragment(app).await?;
        }
        let listed = app.hooks::<Value>("scenario-row").await?.len();
        ensure!(listed == scenarios.len(), "{listed} of {} are in the list", scenarios.len());
        Ok(())
    })
    .await
}

/// Loses a message, by a click on its arrow and what is then offered.
async fn lose(app: &App, step: usize) -> Result<()> {
    app.load(&format!("{}&step={step}", fragment(app).await?)).await?;
    app.one(&format!("[data-testid=step][data-index=\"{step}\"]")).await?;
    app.click(&format!("flow-message[data-index=\"{step}\"]")).await?;
    app.click("fault-lose").await?;
    Ok(())
}

/// The route, without its step, and with something that another part can be added to by `&`.
async fn fragment(app: &App) -> Result<String> {
    let settled = "(() => {
        const { index } = document.querySelector('[data-testid=step]').dataset;
        const shown = new URLSearchParams(location.hash.split('?')[1] ?? '').get('step') ?? '0';
        return shown === index ? location.hash : null;
    })()";
    // A step is in the address bar a moment after it is shown.
    let hash = app
        .eventually("the address to tell the step", async || {
            Ok(Some(app.value(settled).await?).filter(Value::is_string))
        })
        .await?;
    let hash = hash.as_str().context("a fragment")?;
    let (path, query) = hash.split_once('?').unwrap_or((hash, ""));
    let kept: Vec<&str> =
        query.split('&').filter(|part| !part.is_empty() && !part.starts_with("step=")).collect();
    Ok(format!("{path}?{}", kept.join("&")))
}

/// The faults in the route.
async fn faults(app: &App) -> Result<Vec<String>> {
    let script = "[...new URLSearchParams(location.hash.split('?')[1] ?? '').getAll('fault')]";
    Ok(serde_json::from_value(app.value(script).await?)?)
}

/// The first step that is this message.
fn step_of(report: &Value, from: &str, summary: &str, occurrence: usize) -> Result<usize> {
    let steps = report["steps"].as_array().context("steps")?;
    let mut of = steps.iter().enumerate().filter(|(_, step)| {
        step["kind"] == "message"
            && step["from"] == from
            && step["summary"].as_str().is_some_and(|said| said.starts_with(summary))
    });
    let found = of.nth(occurrence).map(|(index, _)| index);
    found.with_context(|| format!("no {summary} number {occurrence} from {from}"))
}

/// Waits for the run with so many faults, and gives what the command says of it.
async fn disturbed(app: &App, scenario: &str, count: usize) -> Result<(Vec<String>, Value)> {
    let faults = app
        .eventually(&format!("{count} faults in the link"), async || {
            Ok(Some(faults(app).await?).filter(|faults| faults.len() == count))
        })
        .await?;
    let report = command::simulation(scenario, &faults)?;
    let steps = report["steps"].as_array().context("steps")?.len();
    app.one(&format!("[data-testid=step][data-count=\"{steps}\"]")).await?;
    Ok((faults, report))
}

/// The Call-ID of a step's message.
fn call_id(step: &Value) -> Option<&str> {
    let text = step["message"]["text"].as_str()?;
    text.lines().find_map(|line| line.strip_prefix("Call-ID: "))
}

#[tokio::test]
async fn a_lost_keep_alive_leads_to_a_refresh_and_a_lost_refresh_to_a_new_session() -> Result<()> {
    with_app("keep-alive", async |app| {
        let scenario = "mx-keepalive";
        app.load(&format!("#/simulate/{scenario}")).await?;
        shows_step(app, scenario, 0).await?;
        let report = command::simulation(scenario, &[])?;

        lose(app, step_of(&report, "recorder", "UPDATE", 0)?).await?;
        let (_, report) = disturbed(app, scenario, 1).await?;
        let refresh = step_of(&report, "recorder", "RE-INVITE", 0)?;

        lose(app, refresh).await?;
        let (faults, report) = disturbed(app, scenario, 2).await?;
        let shown = walk(app).await?;
        compare(&shown, &report)?;
        let steps = report["steps"].as_array().context("steps")?;
        let invite = |number| step_of(&report, "recorder", "INVITE", number);
        let (first, second) = (&steps[invite(0)?], &steps[invite(1)?]);
        ensure!(call_id(first).is_some() && call_id(first) != call_id(second), "one session only");
        let ended = steps.iter().find(|step| {
            step["summary"] == "BYE"
                && step["from"] == "recorder"
                && call_id(step) == call_id(first)
        });
        ensure!(ended.is_none(), "{ended:?}");

        // The link tells it all to someone else.
        let step = invite(1)?;
        app.load(&format!("{}&step={step}", fragment(app).await?)).await?;
        shows_step(app, scenario, step).await?;
        let granted = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        app.driver.cdp().send_raw("Browser.grantPermissions", granted).await?;
        app.click("copy-link").await?;
        let link = app
            .eventually("a link on the clipboard", async || {
                let script =
                    "navigator.clipboard.readText().then(arguments[0], () => arguments[0]())";
                let text = app.driver.execute_async(script, Vec::new()).await?;
                Ok(text.json().as_str().filter(|text| text.contains(scenario)).map(str::to_owned))
            })
            .await?;
        let other = App::open_in_fresh_browser(&link).await?;
        let same = async {
            shows_step(&other, scenario, step).await?;
            ensure!(self::faults(&other).await? == faults, "other faults");
            compare(&walk(&other).await?, &report)
        };
        let same = same.await;
        other.driver.clone().quit().await?;
        same
    })
    .await
}

/// Both heights of the current step's arrow, as it is drawn.
async fn heights(app: &App) -> Result<[f64; 2]> {
    let arrow = "[data-testid=flow-message][aria-current] .line";
    app.one(arrow).await?;
    let line = app.value(&format!("document.querySelector('{arrow}').getAttribute('d')")).await?;
    let line = line.as_str().context("a path")?;
    // A level one is `M10 20H30`, a slanted one `M10 20L30 40`.
    let (start, end) = line.split_once(['H', 'L']).with_context(|| line.to_owned())?;
    let from = start.split_once(' ').context("a start")?.1.parse()?;
    let to = end.split_once(' ').map_or(Ok(from), |(_, y)| y.parse())?;
    Ok([from, to])
}

#[tokio::test]
async fn a_delayed_message_comes_down_to_when_it_arrives() -> Result<()> {
    with_app("delayed", async |app| {
        let fault = "delay=2s:ACK@recorder,phone:1";
        let report = command::simulation("mx-dynamic", &[fault.to_owned()])?;
        let ack = step_of(&report, "recorder", "ACK", 0)?;
        let encoded = fault.replace('=', "%3D").replace(':', "%3A").replace('@', "%40");
        app.load(&format!("#/simulate/mx-dynamic?fault={encoded}&step={ack}")).await?;
        shows_step(app, "mx-dynamic", ack).await?;
        let [sent, arrived] = heights(app).await?;
        ensure!(arrived >= sent + 8.0, "it is drawn level: from {sent} to {arrived}");
        app.click("to-scale").await?;
        // A minute is 2 400 px high; the head takes up 8 px at the end of the line.
        app.eventually("the line to be as high as two seconds are long", async || {
            let [sent, arrived] = heights(app).await?;
            Ok((arrived - sent >= 2.0 * 2_400.0 / 60.0 - 8.0).then_some(()))
        })
        .await?;
        app.load(&format!("#/simulate/mx-dynamic?step={ack}")).await?;
        app.eventually("a level line without the fault", async || {
            let [sent, arrived] = heights(app).await?;
            Ok(((arrived - sent).abs() < 0.1).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_actor_is_set_otherwise_in_a_scenario_that_declares_no_settings() -> Result<()> {
    with_app("settings", async |app| {
        app.load("#/simulate/bx-local-no-usb").await?;
        shows_step(app, "bx-local-no-usb", 0).await?;
        app.click("open-settings").await?;
        for (key, value) in [("phone.model", "BX4"), ("phone.drive", "64MB")] {
            app.one(&format!("[data-testid=setting][data-key=\"{key}\"]")).await?;
            let script = "const field = document.querySelector(arguments[0]);
                field.value = arguments[1];
                field.dispatchEvent(new Event('change', { bubbles: true }));";
            let selector = json!(format!("[data-testid=setting][data-key=\"{key}\"]"));
            app.driver.execute(script, vec![selector, json!(value)]).await?;
            app.one(&format!("[data-testid=set][data-value=\"{key}\"]")).await?;
        }
        let link = app.value("decodeURIComponent(location.hash)").await?;
        ensure!(link.as_str().is_some_and(|link| link.contains("phone.drive=64MB")), "{link}");
        // With a drive the scenario shows something else, and says so.
        app.eventually("a broken expectation", async || {
            let tab = app.value("document.querySelector('[data-testid=tab-checks]').innerText");
            Ok(tab.await?.as_str().is_some_and(|tab| tab.contains('✗')).then_some(()))
        })
        .await?;
        app.click("reset").await?;
        app.eventually("the scenario as it is", async || {
            let tab = app.value("document.querySelector('[data-testid=tab-checks]').innerText");
            Ok(tab.await?.as_str().is_some_and(|tab| !tab.contains('✗')).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn back_undoes_a_fault_and_forward_does_it_again() -> Result<()> {
    with_app("history", async |app| {
        app.load("#/simulate/mx-dynamic").await?;
        shows_step(app, "mx-dynamic", 0).await?;
        let report = command::simulation("mx-dynamic", &[])?;
        lose(app, step_of(&report, "recorder", "INVITE", 0)?).await?;
        disturbed(app, "mx-dynamic", 1).await?;
        app.driver.back().await?;
        disturbed(app, "mx-dynamic", 0).await?;
        app.driver.forward().await?;
        disturbed(app, "mx-dynamic", 1).await?;
        app.click("reset").await?;
        disturbed(app, "mx-dynamic", 0).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn arrows_draw_themselves_unless_steps_follow_fast() -> Result<()> {
    // The page's clock goes on only as it is told, for a slow machine would step slowly.
    let script = "const [from, to, pause, done] = arguments;
        let clock = Date.now() + 1000;
        Date.now = () => clock;
        const walk = async () => {
            for (let index = here() + 1; index < from; index++) await pressed('step-forward', index);
            let drawing = 0;
            for (let index = from; index <= to; index++) {
                clock += pause;
                await pressed('step-forward', index);
                drawing += document.getAnimations()
                    .some(({ animationName }) => ['draw', 'run'].includes(animationName));
            }
            return drawing;
        };
        walk().then(drawing => done({ drawing }), error => done({ error: String(error) }))";
    with_app("arrows", async |app| {
        let report = command::simulation("mx-dynamic", &[])?;
        let steps = report["steps"].as_array().context("steps")?;
        let (from, to) = (2, 12);
        let messages = steps[from..=to].iter().filter(|step| step["kind"] == "message").count();
        ensure!(messages > 3, "{messages} messages");
        for (pause, expected) in [(1000, messages), (100, 0)] {
            app.load("#/simulate/mx-dynamic").await?;
            app.driver.refresh().await?;
            shows_step(app, "mx-dynamic", 0).await?;
            let arguments = vec![json!(from), json!(to), json!(pause)];
            let seen = app.driver.execute_async(format!("{STEPPING}{script}"), arguments).await?;
            ensure!(seen.json()["drawing"] == expected, "{pause} ms apart: {:?}", seen.json());
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_link_with_mistakes_says_which_and_plays_the_rest() -> Result<()> {
    with_app("mistakes", async |app| {
        app.load("#/simulate/mx-no-such-thing").await?;
        app.eventually("an error that names the scenario", async || {
            let said: Vec<Value> = app.hooks("error").await?;
            Ok(said.iter().any(|said| said.to_string().contains("mx-no-such-thing")).then_some(()))
        })
        .await?;
        app.load("#/simulate/mx-dynamic?set=colour%3Dred&fault=explode%3Aphone&step=2").await?;
        shows_step(app, "mx-dynamic", 2).await?;
        app.eventually("errors that name the setting and the fault", async || {
            let said = format!("{:?}", app.hooks::<Value>("error").await?);
            Ok((said.contains("colour") && said.contains("explode")).then_some(()))
        })
        .await
    })
    .await
}
