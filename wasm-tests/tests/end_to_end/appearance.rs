//! Light and dark, wide and narrow.

use crate::app::{App, with_app};
use crate::files;
use anyhow::{Context, Result, ensure};

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
