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

/// The texts among the elements of a selector that are cut off at their right.
async fn cut_off(app: &App, selector: &str) -> Result<serde_json::Value> {
    app.value(&format!(
        "[...document.querySelectorAll('{selector}')]
            .filter(element => element.scrollWidth > element.clientWidth)
            .map(element => element.textContent)"
    ))
    .await
}

#[tokio::test]
async fn names_and_addresses_in_the_list_of_files_are_not_cut_off() -> Result<()> {
    with_app("list", async |app| {
        app.open_file(&files::call()).await?;
        app.open_file(&files::recording()).await?;
        app.one("[data-testid=stream-row]").await?;
        let cut = cut_off(app, ".files .row-title, .files .row-detail").await?;
        ensure!(cut == json!([]), "cut off: {cut}");
        Ok(())
    })
    .await
}

/// Makes the window a telephone's.
async fn on_a_telephone(app: &App) -> Result<()> {
    let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    app.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", screen).await?;
    Ok(())
}

#[tokio::test]
async fn a_menu_and_a_presented_flow_fit_on_a_telephone() -> Result<()> {
    with_app("telephone", async |app| {
        on_a_telephone(app).await?;
        app.load("#/simulate/mx-recovery?step=30").await?;
        app.one("[data-testid=step]").await?;
        // What is too wide makes the whole page wider there, the window included.
        let width = "Math.max(innerWidth, document.documentElement.scrollWidth)";
        ensure!(cut_off(app, ".lesson-title *").await? == json!([]), "the title is cut off");
        app.click("save-as").await?;
        app.one("[data-testid=save-mermaid]").await?;
        ensure!(app.value(width).await? == 390, "the menu widens the page");
        let beyond = "[...document.querySelectorAll('.menu-items *')].filter(element =>
            element.getBoundingClientRect().right > 390).length";
        ensure!(app.value(beyond).await? == 0, "the menu ends beyond the edge");
        app.click("save-as").await?;
        app.click("present").await?;
        app.one("[data-testid=present][aria-pressed=true]").await?;
        app.eventually("the flow to be seen while it is presented", async || {
            let seen = "(({ top, bottom }) => Math.min(bottom, innerHeight) - Math.max(top, 0))(
                document.querySelector('.diagram-scroller').getBoundingClientRect())";
            Ok(app.value(seen).await?.as_f64().filter(|height| *height > 200.0))
        })
        .await?;
        ensure!(app.value(width).await? == 390, "presenting widens the page");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_changed_last_and_what_passes_through_the_current_step_are_seen() -> Result<()> {
    with_app("in-sight", async |app| {
        let report = command::simulation("mx-recovery", &[])?;
        let steps = report["steps"].as_array().context("steps")?;
        for actor in ["phone", "recorder", "pbx"] {
            let changes =
                |step: &serde_json::Value| step["kind"] == "state" && step["from"] == actor;
            let step = steps.iter().rposition(changes).context("a change")?;
            app.load(&format!("#/simulate/mx-recovery?step={step}")).await?;
            app.one(&format!("#side-view [data-actor={actor}]")).await?;
            app.eventually(&format!("{actor} to be in sight"), async || {
                let seen = format!(
                    "(chip => {{
                        const view = document.getElementById('side-view').getBoundingClientRect();
                        const {{ top, bottom }} = chip.getBoundingClientRect();
                        return view.top <= top && bottom <= view.bottom;
                    }})(document.querySelector('[data-testid=actor-state][data-actor={actor}]'))"
                );
                Ok(app.value(&seen).await?.as_bool().filter(|seen| *seen))
            })
            .await?;
        }
        // An arrow that arrives here set out further up, and is drawn below this row.
        let ground = app
            .value(
                "getComputedStyle(document.querySelector(
                    '[data-testid=diagram] [aria-current] .row-ground')).fill",
            )
            .await?;
        ensure!(ground.as_str().is_some_and(|fill| fill.starts_with("rgba(")), "{ground}");
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
        on_a_telephone(app).await?;
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
