//! What was recorded is heard and saved.

use crate::app::{App, with_app};
use crate::{command, files};
use anyhow::{Context, Result, ensure};

async fn position(app: &App) -> Result<f64> {
    let position = app.one("[data-testid=position]").await?;
    let seconds = position.attr("data-seconds").await?.context("data-seconds")?;
    Ok(seconds.parse()?)
}

async fn wait_until_ready_to_play(app: &App) -> Result<()> {
    app.click("tab-audio").await?;
    app.one("[data-testid=waveform]").await?;
    app.one("[data-testid=play]:enabled").await?;
    Ok(())
}

#[tokio::test]
async fn playing_moves_the_position_and_pausing_stops_it() -> Result<()> {
    with_app("play", async |app| {
        app.open_file(&files::recording()).await?;
        wait_until_ready_to_play(app).await?;
        ensure!(position(app).await? == 0.0);

        app.click("play").await?;
        app.one("[data-testid=play][data-playing=true]").await?;
        let early = app
            .eventually("the position to move", async || {
                Ok(Some(position(app).await?).filter(|seconds| *seconds > 0.05))
            })
            .await?;
        let later = app
            .eventually("the position to move further", async || {
                Ok(Some(position(app).await?).filter(|seconds| *seconds > early))
            })
            .await?;

        app.click("play").await?;
        app.one("[data-testid=play][data-playing=false]").await?;
        let paused = position(app).await?;
        ensure!(paused >= later, "{paused} s after {later} s");
        ensure!(paused == position(app).await?, "it moves while paused");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_call_shows_a_waveform_for_each_direction() -> Result<()> {
    with_app("waveforms", async |app| {
        app.open_file(&files::call()).await?;
        app.click("call-row").await?;
        wait_until_ready_to_play(app).await?;
        app.eventually("two waveforms", async || {
            let lanes = app.hooks::<serde_json::Value>("waveform").await?.len();
            Ok((lanes == 2).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_exported_wav_equals_the_commands_byte_by_byte() -> Result<()> {
    with_app("export", async |app| {
        let mut files = files::recordings();
        files.extend(files::captures());
        for file in files {
            let row = app.open_file(&file).await?;
            let which: &[&str] = if row.kind == "pcap" { &["--call", "0"] } else { &[] };
            if row.kind == "pcap" {
                app.load("").await?;
                app.open_file(&file).await?;
                app.click("call-row").await?;
            }
            wait_until_ready_to_play(app).await?;
            app.click("export-wav").await?;
            let (name, ours) = app.downloaded().await?;
            let expected = command::wav(&file, which)?;
            ensure!(name.ends_with(".wav"), "saved as {name}");
            ensure!(
                ours == expected,
                "{}: {} bytes in the browser, {} from the command",
                file.display(),
                ours.len(),
                expected.len()
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_saved_flow_equals_the_commands_byte_by_byte() -> Result<()> {
    with_app("svg", async |app| {
        app.open_file(&files::call()).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        app.click("export-svg").await?;
        let (name, content) = app.downloaded().await?;
        ensure!(name.ends_with(".svg"), "saved as {name}");
        let expected = command::drawing_of_call(&files::call(), 0, "svg")?;
        ensure!(content == expected, "{}", String::from_utf8_lossy(&content));
        Ok(())
    })
    .await
}
