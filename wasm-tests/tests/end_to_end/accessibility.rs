//! axe-core finds nothing wrong, whatever is shown and in whatever colours.

use crate::app::{App, with_app};
use crate::axe::expect_no_violation;
use crate::files;
use anyhow::{Result, bail, ensure};

/// Goes on to the next theme until it is this one.
async fn choose_theme(app: &App, theme: &str) -> Result<()> {
    for _ in 0..3 {
        if app.value("document.documentElement.dataset.theme ?? ''").await? == theme {
            return Ok(());
        }
        app.click("theme").await?;
    }
    bail!("there is no theme {theme}")
}

#[tokio::test]
async fn analyze_is_accessible_in_both_themes() -> Result<()> {
    with_app("accessible-analyze", async |app| {
        expect_no_violation(app, "nothing opened").await?;
        let folder = tempfile::tempdir()?;
        let mut all = files::bad(folder.path());
        all.extend([files::recording(), files::call()]);
        app.choose(&all).await?;
        for file in &all {
            app.row_of(file).await?;
        }
        app.click("call-row").await?;
        for theme in ["light", "dark"] {
            choose_theme(app, theme).await?;
            for tab in ["tab-flow", "tab-messages", "tab-audio", "tab-quality"] {
                app.click(tab).await?;
                expect_no_violation(app, &format!("{tab} in the {theme} theme")).await?;
            }
            app.click("tab-flow").await?;
            app.click("flow-message").await?;
            expect_no_violation(app, &format!("a message in the {theme} theme")).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn simulate_is_accessible_in_both_themes() -> Result<()> {
    with_app("accessible-simulate", async |app| {
        app.load("#/simulate").await?;
        expect_no_violation(app, "no scenario opened").await?;
        app.load("#/simulate/mx-keepalive?fault=lose%3AUPDATE%40recorder%2Cphone%3A1").await?;
        app.click("step-last").await?;
        for theme in ["light", "dark"] {
            choose_theme(app, theme).await?;
            expect_no_violation(app, &format!("a run in the {theme} theme")).await?;
            app.click("predict").await?;
            app.click("step-first").await?;
            app.one("[data-testid=answer]").await?;
            expect_no_violation(app, &format!("a question in the {theme} theme")).await?;
            app.click("predict").await?;
            app.click("edit-scenario").await?;
            app.one("[data-testid=scenario-text]").await?;
            expect_no_violation(app, &format!("the editor in the {theme} theme")).await?;
            app.click("close-editor").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_moves_by_itself_for_who_wants_less_motion() -> Result<()> {
    with_app("reduced-motion", async |app| {
        let features = serde_json::json!({
            "features": [{ "name": "prefers-reduced-motion", "value": "reduce" }]
        });
        app.driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        for page in ["#/analyze", "#/simulate/mx-dynamic"] {
            app.load(page).await?;
            let moving = app
                .value(
                    "Array.from(document.querySelectorAll('*')).filter(element => {
                        const style = getComputedStyle(element);
                        const lasts = times => times.split(',').some(time => parseFloat(time) > 0);
                        return lasts(style.transitionDuration) || style.scrollBehavior === 'smooth'
                            || style.animationName !== 'none' && lasts(style.animationDuration);
                    }).map(element => element.outerHTML.slice(0, 120))",
                )
                .await?;
            ensure!(moving.as_array().is_some_and(Vec::is_empty), "{page}: {moving:#}");
        }
        Ok(())
    })
    .await
}
