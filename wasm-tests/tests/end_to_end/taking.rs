//! What is taken along from the Simulate page is what the command writes, and what a user writes
//! himself is played.

use crate::app::{App, with_app};
use crate::command;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs;

const FAULT: &str = "lose:UPDATE@recorder,phone:1";

/// A scenario with a fault, and its route.
fn disturbed(scenario: &str) -> (Vec<String>, String) {
    let route = format!("#/simulate/{scenario}?fault=lose%3AUPDATE%40recorder%2Cphone%3A1");
    (vec![FAULT.to_owned()], route)
}

async fn shows(app: &App, steps: &Value) -> Result<()> {
    let count = steps.as_array().context("steps")?.len();
    app.one(&format!("[data-testid=step][data-count=\"{count}\"]")).await?;
    Ok(())
}

#[tokio::test]
async fn saved_files_equal_the_commands_byte_by_byte() -> Result<()> {
    with_app("take-along", async |app| {
        let scenario = "mx-keepalive";
        let (faults, route) = disturbed(scenario);
        app.load(&route).await?;
        shows(app, &command::simulation(scenario, &faults)?["steps"]).await?;

        app.click("save-pcap").await?;
        let (name, capture) = app.downloaded().await?;
        let (_, expected) = command::simulated(scenario, &faults, "json")?;
        ensure!(name == "mx-keepalive.pcap", "saved as {name}");
        ensure!(capture == expected, "{} bytes, not {}", capture.len(), expected.len());

        for format in ["svg", "mermaid", "text", "json"] {
            app.click("save-as").await?;
            app.click(&format!("save-{format}")).await?;
            let (name, saved) = app.downloaded().await?;
            let (expected, _) = command::simulated(scenario, &faults, format)?;
            ensure!(saved == expected, "{name}: {}", String::from_utf8_lossy(&saved));
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_picture_holds_the_whole_flow() -> Result<()> {
    with_app("picture", async |app| {
        let scenario = "mx-dynamic";
        app.load(&format!("#/simulate/{scenario}")).await?;
        app.click("save-as").await?;
        app.click("save-png").await?;
        let (name, picture) = app.downloaded().await?;
        ensure!(name == "mx-dynamic.png", "saved as {name}");
        let (drawing, _) = command::simulated(scenario, &[], "svg")?;
        let drawing = String::from_utf8(drawing)?;
        let side = |side: &str| -> Result<f64> {
            let (_, rest) = drawing.split_once(&format!(" {side}=\"")).context("a size")?;
            Ok(rest.split('"').next().context("a number")?.parse()?)
        };
        // Width and height stand behind the signature and the first chunk's head.
        let pixels = |at: usize| -> Result<f64> {
            let bytes = picture.get(at..at + 4).context("a PNG has a header")?;
            Ok(f64::from(u32::from_be_bytes(bytes.try_into()?)))
        };
        ensure!(picture.starts_with(b"\x89PNG"), "no PNG");
        let (width, height) = (pixels(16)? / side("width")?, pixels(20)? / side("height")?);
        ensure!((width - height).abs() < 0.01 && width >= 0.7, "{width} × {height} of the drawing");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_flow_is_opened_in_analyze_without_a_download() -> Result<()> {
    with_app("hand-over", async |app| {
        let scenario = "mx-dynamic";
        app.load(&format!("#/simulate/{scenario}")).await?;
        let report = command::simulation(scenario, &[])?;
        shows(app, &report["steps"]).await?;
        app.click("open-in-analyze").await?;
        let row = app.row_of("mx-dynamic.pcap".as_ref()).await?;
        ensure!(row.kind == "pcap" && row.state == "done", "{row:?}");
        app.click("file-row[data-name=\"mx-dynamic.pcap\"]").await?;

        let folder = tempfile::tempdir()?;
        let file = folder.path().join("mx-dynamic.pcap");
        fs::write(&file, command::simulated(scenario, &[], "json")?.1)?;
        let calls = command::report(&file)?["calls"].as_array().map_or(0, Vec::len);
        ensure!(calls > 0, "no calls to look for");
        app.eventually("the calls of the capture", async || {
            Ok((app.hooks::<Value>("call-row").await?.len() == calls).then_some(()))
        })
        .await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        let flow = command::flow_of_call(&file, 0)?;
        let messages = flow["items"].as_array().context("items")?.iter();
        let messages = messages.filter(|item| item["kind"] == "message").count();
        app.eventually("the messages of the call", async || {
            Ok((app.hooks::<Value>("flow-message").await?.len() == messages).then_some(()))
        })
        .await?;

        // The scenario is still there as it was left.
        app.driver.back().await?;
        shows(app, &report["steps"]).await
    })
    .await
}

#[tokio::test]
async fn a_scenario_of_ones_own_is_written_checked_played_and_saved() -> Result<()> {
    with_app("own-scenario", async |app| {
        app.load("#/simulate/mx-dynamic").await?;
        app.click("edit-scenario").await?;
        let text = app.one("[data-testid=scenario-text]").await?;
        let original = text.prop("value").await?.context("a text")?;
        ensure!(original.contains("[[actor]]"), "{original}");

        // A mistake is told at its line, also to who only listens.
        let line = original.lines().position(|line| line == "[[actor]]").context("an actor")?;
        let mistaken = original.replacen("[[actor]]", "[[actor]]\ncolour = \"red\"", 1);
        write(app, &mistaken).await?;
        let problem = app.one("[data-testid=scenario-problem]").await?;
        let told = problem.attr("data-line").await?.context("a line")?;
        ensure!(told == (line + 2).to_string(), "line {told}, not {}", line + 2);
        let behind: Vec<Value> = app.hooks("problem-at-line").await?;
        ensure!(behind.len() == 1 && behind[0].to_string().contains("colour"), "{behind:?}");
        ensure!(text.attr("aria-invalid").await?.as_deref() == Some("true"));

        // Its number leads there from wherever one is.
        let end = "document.querySelector('[data-testid=scenario-text]').scrollTo(0, 1e6)";
        app.driver.execute(end, Vec::new()).await?;
        app.one("[data-testid=scenario-problem] button").await?.click().await?;
        app.eventually("the line with the mistake to be in sight", async || {
            let seen = "(([line, view]) => view.top <= line.top && line.bottom <= view.bottom)(
                ['.marks .wrong', '[data-testid=scenario-text]'].map(
                    name => document.querySelector(name).getBoundingClientRect()))";
            Ok(app.value(seen).await?.as_bool().filter(|seen| *seen))
        })
        .await?;

        let own = original.replacen("title = \"", "title = \"My own: ", 1);
        write(app, &own).await?;
        app.one("[data-testid=play-scenario]:enabled").await?;
        app.click("save-scenario").await?;
        let (name, saved) = app.downloaded().await?;
        ensure!(name.ends_with(".toml") && saved == own.as_bytes(), "saved as {name}");
        app.click("play-scenario").await?;
        app.eventually("the scenario by its own title", async || {
            let text = app.one("main").await?.text().await?;
            Ok(text.contains("My own: ").then_some(()))
        })
        .await?;

        // The command plays the same file to the same flow.
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(&name);
        fs::write(&file, &own)?;
        let report = command::simulation(&file.to_string_lossy(), &[])?;
        shows(app, &report["steps"]).await
    })
    .await
}

/// Replaces the text in the editor, as by pasting.
async fn write(app: &App, text: &str) -> Result<()> {
    let script = "const area = document.querySelector('[data-testid=scenario-text]');
        area.focus();
        area.select();
        document.execCommand('insertText', false, arguments[0]);";
    app.driver.execute(script, vec![json!(text)]).await?;
    Ok(())
}

#[tokio::test]
async fn a_dropped_scenario_file_is_played() -> Result<()> {
    with_app("dropped-scenario", async |app| {
        app.load("#/simulate/bx-local-basic").await?;
        app.click("edit-scenario").await?;
        let own = app.one("[data-testid=scenario-text]").await?.prop("value").await?;
        let own = own.context("a text")?.replacen("title = \"", "title = \"Dropped: ", 1);
        app.click("close-editor").await?;
        let script = "
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([arguments[0]], 'my-own.toml'));
            const target = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
            for (const kind of ['dragenter', 'dragover', 'drop']) {
                const options = { dataTransfer, bubbles: true, cancelable: true };
                target.dispatchEvent(new DragEvent(kind, options));
            }";
        app.driver.execute(script, vec![json!(own)]).await?;
        app.eventually("the scenario by its own title", async || {
            let text = app.one("main").await?.text().await?;
            Ok(text.contains("Dropped: ").then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn the_class_guesses_what_comes_next_before_it_is_shown() -> Result<()> {
    with_app("predict", async |app| {
        let scenario = "mx-dynamic";
        let report = command::simulation(scenario, &[])?;
        let steps = report["steps"].as_array().context("steps")?;
        let is_message = |step: &Value| step["kind"] == "message";
        let next = steps.iter().position(is_message).context("a message")?.max(1);
        app.load(&format!("#/simulate/{scenario}?step={}", next - 1)).await?;
        app.click("predict").await?;
        app.one("[data-testid=predict][aria-pressed=true]").await?;
        let shown = format!("[data-testid=flow-message][data-index=\"{next}\"]");
        let script = format!("document.querySelectorAll('{shown}').length");
        ensure!(app.value(&script).await? == 0, "what comes next is shown");

        let answers: Vec<Value> = app.hooks("answer").await?;
        let summary = steps[next]["summary"].as_str().context("a summary")?;
        ensure!(answers.iter().any(|answer| answer.to_string().contains(summary)), "{answers:?}");
        app.click("answer").await?;
        app.one(&format!("[data-testid=step][data-index=\"{next}\"]")).await?;
        if is_message(&steps[next]) {
            app.one(&shown).await?;
        }
        let verdict = app.one("[data-testid=prediction] [role=status]").await?.text().await?;
        ensure!(verdict.contains(summary), "{verdict} is not about {summary}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn presenting_leaves_the_flow_and_its_steps_and_escape_ends_it() -> Result<()> {
    with_app("present", async |app| {
        app.load("#/simulate/mx-dynamic").await?;
        app.one("[data-testid=step]").await?;
        let chrome = "['.bar', '[data-testid=scenario-row]', '[data-testid=copy-link]'].filter(
            name => document.querySelector(name)?.checkVisibility()).length";
        ensure!(app.value(chrome).await? == 3);
        app.click("present").await?;
        app.one("[data-testid=present][aria-pressed=true]").await?;
        ensure!(app.value(chrome).await? == 0, "something besides the flow is shown");
        app.click("step-forward").await?;
        app.one("[data-testid=step][data-index=\"1\"]").await?;
        app.driver.action_chain().send_keys(thirtyfour::Key::Escape).perform().await?;
        // A browser that gave its whole screen takes the key itself; this one may not.
        app.driver.execute("document.exitFullscreen?.().catch(() => {})", Vec::new()).await?;
        app.one("[data-testid=present][aria-pressed=false]").await?;
        ensure!(app.value(chrome).await? == 3, "not all is back");
        Ok(())
    })
    .await
}

/// Shows the page as it comes on paper.
async fn print(app: &App) -> Result<()> {
    let paper = json!({ "media": "print" });
    app.driver.cdp().send_raw("Emulation.setEmulatedMedia", paper).await?;
    app.driver.execute("dispatchEvent(new Event('beforeprint'))", Vec::new()).await?;
    Ok(())
}

#[tokio::test]
async fn on_paper_a_slow_arrow_goes_on_from_row_to_row_as_far_as_it_took() -> Result<()> {
    with_app("slow-on-paper", async |app| {
        let fault = "delay=2s:ACK@recorder,phone:1";
        let report = command::simulation("mx-dynamic", &[fault.to_owned()])?;
        app.load("#/simulate/mx-dynamic?fault=delay%3D2s%3AACK%40recorder%2Cphone%3A1").await?;
        shows(app, &report["steps"]).await?;
        print(app).await?;
        app.one("[data-testid=printed-step]").await?;
        // In each row: where the arrow, which goes to the left, comes in and where it leaves.
        let parts = "[...document.querySelectorAll(
                '.lines .line, .step .message:not(:last-child) .line')]
            .map(part => part.getBoundingClientRect())
            .map(({ left, right, top, bottom }) => [right, top, left, bottom])";
        let parts: Vec<[f64; 4]> = serde_json::from_value(app.value(parts).await?)?;
        ensure!(parts.len() > 2, "it stays in its row: {parts:?}");
        for pair in parts.windows(2) {
            let [[_, _, x, y], [next_x, next_y, ..]] = pair else { continue };
            let gap = (x - next_x).hypot(y - next_y);
            ensure!(gap < 3.0, "it breaks off at a row's edge: {parts:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn on_paper_there_is_the_whole_flow_with_its_explanations() -> Result<()> {
    with_app("paper", async |app| {
        let scenario = "mx-keepalive";
        let (faults, route) = disturbed(scenario);
        let report = command::simulation(scenario, &faults)?;
        app.load(&route).await?;
        shows(app, &report["steps"]).await?;
        print(app).await?;
        let steps = report["steps"].as_array().context("steps")?;
        let printed: Vec<Value> = app
            .eventually("all steps on paper", async || {
                let printed: Vec<Value> = app.hooks("printed-step").await?;
                Ok(Some(printed).filter(|printed| printed.len() == steps.len()))
            })
            .await?;
        for (printed, step) in printed.iter().zip(steps) {
            let text = printed["text"].as_str().context("a text")?;
            let said = step["say"].as_array().into_iter().flatten();
            let said = said.filter_map(|said| said["text"].as_str());
            for expected in said.chain(step["summary"].as_str()) {
                ensure!(text.contains(expected), "{text} does not say {expected}");
            }
        }
        let paper = app.one("[data-testid=printed]").await?.text().await?;
        ensure!(paper.contains(FAULT), "what was broken is not told");
        let screen = "['.bar', '[data-testid=step]', '[data-testid=scenario-row]'].filter(
            name => document.querySelector(name)?.checkVisibility()).length";
        ensure!(app.value(screen).await? == 0, "something of the screen is on paper");
        app.driver.execute("dispatchEvent(new Event('afterprint'))", Vec::new()).await?;
        Ok(())
    })
    .await
}
