//! Light and dark, wide and narrow.

use crate::app::{App, with_app};
use crate::{command, files};
use anyhow::{Context, Result, ensure};
use serde_json::json;

async fn background(app: &App) -> Result<String> {
    let color = app.value("getComputedStyle(document.body).backgroundColor").await?;
    Ok(color.as_str().context("a colour")?.to_owned())
}

#[tokio::test]
async fn the_theme_switch_changes_the_colours_and_is_remembered() -> Result<()> {
    with_app("theme", async |app| {
        let mut seen = vec![background(app).await?];
        for _ in 0..2 {
            app.click("theme").await?;
            seen.push(background(app).await?);
        }
        ensure!(seen.iter().any(|color| *color != seen[0]), "always {seen:?}");
        let chosen = seen.pop();
        app.load("").await?;
        ensure!(chosen == Some(background(app).await?), "it was {chosen:?} before loading again");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_narrow_page_needs_no_scrolling_sideways() -> Result<()> {
    with_app("narrow", async |app| {
        app.driver.set_window_rect(0, 0, 500, 900).await?;
        app.load("").await?;
        app.open_file(&files::call()).await?;
        app.click("call-row").await?;
        for tab in ["tab-flow", "tab-messages", "tab-audio", "tab-quality"] {
            app.click(tab).await?;
            let excess =
                app.value("document.documentElement.scrollWidth - innerWidth").await?.as_i64();
            ensure!(excess.is_some_and(|pixels| pixels <= 0), "{tab}: {excess:?} pixels too wide");
        }
        Ok(())
    })
    .await
}

/// Touches the middle of an element, as a finger does.
async fn tap(app: &App, selector: &str) -> Result<()> {
    app.one(selector).await?;
    let script = "const element = document.querySelector(arguments[0]);
        element.scrollIntoView({ block: 'center' });
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x + width / 2, y + height / 2, Math.min(width, height)];";
    let place = app.driver.execute(script, vec![json!(selector)]).await?;
    let [x, y, size]: [f64; 3] = place.convert()?;
    ensure!(size >= 24.0, "{selector} is {size} pixels small");
    for (kind, points) in [("touchStart", json!([{ "x": x, "y": y }])), ("touchEnd", json!([]))] {
        let event = json!({ "type": kind, "touchPoints": points });
        app.driver.cdp().send_raw("Input.dispatchTouchEvent", event).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_scenario_is_stepped_and_broken_by_touch_on_a_telephone() -> Result<()> {
    with_app("touch", async |app| {
        let screen = json!({
            "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true,
        });
        app.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", screen).await?;
        let touch = json!({ "enabled": true });
        app.driver.cdp().send_raw("Emulation.setTouchEmulationEnabled", touch).await?;
        app.load("#/simulate/mx-dynamic").await?;
        let step = |index: usize| format!("[data-testid=step][data-index=\"{index}\"]");
        app.one(&step(0)).await?;
        for (button, index) in [("step-forward", 1), ("step-forward", 2), ("step-back", 1)] {
            tap(app, &format!("[data-testid={button}]")).await?;
            app.one(&step(index)).await?;
        }
        let small = "[...document.querySelectorAll('.stepper button, .stepper select, .stepper input')]
            .map(element => [element, element.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 44 || height < 44)
            .map(([element]) => element.outerHTML)";
        let small = app.value(small).await?;
        ensure!(small == json!([]), "too small to touch: {small}");
        // The middle of the line is the middle of the run.
        tap(app, "[data-testid=scrub]").await?;
        app.eventually("a step in the middle", async || {
            let step = "(({ index, count }) => index / count)(
                document.querySelector('[data-testid=step]').dataset)";
            let part = app.value(step).await?.as_f64();
            Ok(part.filter(|part| (0.4..0.6).contains(part)))
        })
        .await?;
        let report = command::simulation("mx-dynamic", &[])?;
        let steps = report["steps"].as_array().context("steps")?;
        let message = steps.iter().position(|step| step["kind"] == "message");
        let message = message.context("a message")?;
        app.load(&format!("#/simulate/mx-dynamic?step={message}")).await?;
        app.one(&step(message)).await?;
        tap(app, "[data-testid=flow-message][aria-current=step]").await?;
        app.one("[data-testid=what-if-menu]").await?;
        app.eventually("the step to lie above the menu", async || {
            let gap = app
                .value(
                    "document.querySelector('[data-testid=what-if-menu]').getBoundingClientRect().top
                     - document.querySelector('[data-testid=diagram] [aria-current] .row-ground')
                        .getBoundingClientRect().bottom",
                )
                .await?;
            Ok(gap.as_f64().filter(|gap| *gap >= 0.0))
        })
        .await?;
        tap(app, "[data-testid=fault-lose]").await?;
        app.eventually("a fault in the link", async || {
            let link = app.value("location.hash").await?;
            Ok(link.as_str().is_some_and(|link| link.contains("fault=lose:")).then_some(()))
        })
        .await?;
        let excess = app.value("document.documentElement.scrollWidth - innerWidth").await?.as_i64();
        ensure!(excess.is_some_and(|pixels| pixels <= 0), "{excess:?} pixels too wide");
        Ok(())
    })
    .await
}
