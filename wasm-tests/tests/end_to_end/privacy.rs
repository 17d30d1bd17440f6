//! Nothing leaves the browser.

use crate::app::with_app;
use crate::files;
use anyhow::{Result, ensure};
use std::io::ErrorKind;

#[tokio::test]
async fn after_loading_everything_works_without_a_server_and_no_request_is_made() -> Result<()> {
    with_app("network", async |app| {
        let loading = app.requests().await?;
        ensure!(!loading.is_empty(), "the log of requests is empty even while loading");
        let listener = app.stop_server()?;

        app.open_file(&files::recording()).await?;
        app.click("tab-audio").await?;
        app.one("[data-testid=waveform]").await?;
        app.click("play").await?;
        app.one("[data-testid=play][data-playing=true]").await?;
        app.click("play").await?;
        app.click("export-wav").await?;
        app.downloaded().await?;

        app.open_file(&files::call()).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        app.click("flow-message").await?;
        app.click("export-svg").await?;
        app.downloaded().await?;
        for tab in ["tab-messages", "tab-audio", "tab-quality"] {
            app.click(tab).await?;
        }

        // The other page, which was not shown before.
        app.one("a[href='#/simulate']").await?.click().await?;
        app.click("scenario-row[data-id=mx-dynamic]").await?;
        app.click("step-forward").await?;
        app.one("[data-testid=step][data-index='1']").await?;
        app.click("save-pcap").await?;
        let (name, capture) = app.downloaded().await?;
        ensure!(name.ends_with(".pcap") && !capture.is_empty(), "{name}");
        app.one("a[href='#/analyze']").await?.click().await?;
        app.row_of(&files::call()).await?;

        let requests = app.requests().await?;
        ensure!(requests.is_empty(), "after loading: {requests:#?}");
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            other => anyhow::bail!("something came to the server's port: {other:?}"),
        }
    })
    .await
}

#[tokio::test]
async fn nothing_that_a_file_says_becomes_part_of_the_page() -> Result<()> {
    with_app("markup", async |app| {
        // As long as what it takes the place of, so that every packet stays whole.
        let (agent, markup) = ("baresip v1.0.0 (x86_64/linux)", "<img src=x onerror=alert(1)> ");
        let mut capture = std::fs::read(files::call())?;
        let places: Vec<usize> =
            (0..capture.len()).filter(|at| capture[*at..].starts_with(agent.as_bytes())).collect();
        ensure!(!places.is_empty(), "no {agent} in the capture");
        for at in places {
            capture[at..at + markup.len()].copy_from_slice(markup.as_bytes());
        }
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(format!("{markup}.pcap"));
        std::fs::write(&file, capture)?;

        app.open_file(&file).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        app.click("flow-message").await?;
        app.eventually("the inspector to show the header as text", async || {
            let text = app.one("[data-testid=inspector]").await?.text().await?;
            Ok(text.contains(markup.trim()).then_some(()))
        })
        .await?;
        let images = app.value("document.images.length").await?;
        ensure!(images == 0, "{images} images in the page");
        Ok(())
    })
    .await
}
