//! Everything can be reached and used without a mouse.

use crate::app::{App, with_app};
use crate::files;
use anyhow::{Context, Result, bail, ensure};
use thirtyfour::Key;

/// More than the page has places to stop at.
const MOST_STOPS: usize = 200;

async fn press(app: &App, key: Key) -> Result<()> {
    app.driver.action_chain().send_keys(key).perform().await?;
    Ok(())
}

/// Presses Tab until the focus is on an element with this hook or, if it has none, this text, and
/// sees to it that the focus can be seen there.
async fn tab_to(app: &App, name: &str) -> Result<()> {
    for _ in 0..MOST_STOPS {
        press(app, Key::Tab).await?;
        let here = app
            .value(
                "(() => {
                    const here = document.activeElement;
                    const style = getComputedStyle(here);
                    return {
                        name: here.dataset.testid ?? here.textContent.trim(),
                        seen: style.outlineStyle !== 'none' || style.boxShadow !== 'none'
                            || here.matches(':focus-within') && here.closest('label, g') !== null,
                    };
                })()",
            )
            .await?;
        if here["name"] == name {
            ensure!(here["seen"] == true, "the focus cannot be seen on {name}");
            return Ok(());
        }
    }
    bail!("{name} cannot be reached with Tab")
}

#[tokio::test]
async fn a_call_is_inspected_and_played_with_the_keyboard_alone() -> Result<()> {
    with_app("keyboard", async |app| {
        for name in ["theme", "Choose files…", "Choose a folder…", "sample"] {
            app.load("").await?;
            tab_to(app, name).await?;
        }
        app.load("").await?;
        app.choose(&[files::call()]).await?;
        app.row_of(&files::call()).await?;

        tab_to(app, "call-row").await?;
        press(app, Key::Enter).await?;
        tab_to(app, "flow-message").await?;
        press(app, Key::Enter).await?;
        app.eventually("the inspector to show the message", async || {
            let text = app.one("[data-testid=inspector]").await?.text().await?;
            Ok(text.contains("Call-ID:").then_some(()))
        })
        .await?;

        app.one("[data-testid=play]:enabled").await?;
        tab_to(app, "play").await?;
        press(app, Key::Enter).await?;
        app.one("[data-testid=play][data-playing=true]").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_scenario_is_stepped_broken_and_taken_along_with_the_keyboard_alone() -> Result<()> {
    with_app("keyboard-simulate", async |app| {
        app.load("#/simulate").await?;
        tab_to(app, "scenario-search").await?;
        app.driver.action_chain().send_keys("mx-dynamic").perform().await?;
        tab_to(app, "scenario-row").await?;
        press(app, Key::Enter).await?;
        let at = async |index: usize| {
            app.one(&format!("[data-testid=step][data-index=\"{index}\"]")).await
        };
        at(0).await?;
        for (key, index) in [(Key::Right, 1), (Key::Right, 2), (Key::Left, 1), (Key::Home, 0)] {
            press(app, key).await?;
            at(index).await?;
        }
        press(app, Key::End).await?;
        let step = app.one("[data-testid=step]").await?;
        let count: usize = step.attr("data-count").await?.context("a count")?.parse()?;
        at(count - 1).await?;

        // What if a message is lost?
        press(app, Key::Home).await?;
        at(0).await?;
        let mut index = 0;
        let on_message =
            "document.querySelector('[data-testid=flow-message][aria-current]') !== null";
        while app.value(on_message).await? == false {
            press(app, Key::Right).await?;
            index += 1;
            at(index).await?;
        }
        tab_to(app, "flow-message").await?;
        press(app, Key::Enter).await?;
        app.one("[data-testid=fault-lose]").await?;
        app.eventually("the menu to have the focus", async || {
            let here = app.value("document.activeElement.dataset.testid ?? ''").await?;
            Ok((here == "fault-lose").then_some(()))
        })
        .await?;
        press(app, Key::Enter).await?;
        app.eventually("a fault in the link", async || {
            let link = app.value("location.hash").await?;
            Ok(link.as_str().is_some_and(|link| link.contains("fault=lose:")).then_some(()))
        })
        .await?;

        tab_to(app, "save-pcap").await?;
        press(app, Key::Enter).await?;
        app.downloaded().await?;
        tab_to(app, "save-as").await?;
        press(app, Key::Enter).await?;
        tab_to(app, "save-text").await?;
        press(app, Key::Enter).await?;
        app.downloaded().await?;
        for name in ["reset", "copy-link", "open-in-analyze", "predict", "present", "edit-scenario"]
        {
            tab_to(app, name).await?;
        }
        press(app, Key::Enter).await?;
        tab_to(app, "scenario-text").await?;
        tab_to(app, "close-editor").await?;
        press(app, Key::Enter).await?;
        for (keys, hook) in [("p", "present"), ("g", "predict")] {
            for pressed in ["true", "false"] {
                app.driver.action_chain().send_keys(keys).perform().await?;
                app.one(&format!("[data-testid={hook}][aria-pressed={pressed}]")).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_control_has_a_name() -> Result<()> {
    with_app("names", async |app| {
        app.open_file(&files::call()).await?;
        app.click("call-row").await?;
        for tab in ["tab-flow", "tab-messages", "tab-audio", "tab-quality"] {
            app.click(tab).await?;
            let nameless = app
                .value(
                    "Array.from(document.querySelectorAll(
                        'button, input, select, a, [role=button], [role=tab], [tabindex=\"0\"]'))
                     .filter(e => e.offsetParent !== null || e instanceof SVGElement)
                     .filter(e => !(e.getAttribute('aria-label') || e.innerText?.trim()
                        || e.title || e.labels?.length || e.getAttribute('aria-labelledby')
                        || e.textContent.trim()))
                     .map(e => e.outerHTML.slice(0, 120))",
                )
                .await?;
            let nameless = nameless.as_array().context("a list")?;
            ensure!(nameless.is_empty(), "{tab}: {nameless:#?}");
        }
        Ok(())
    })
    .await
}
