//! Bad files get one clear sentence, and disturb nothing else.

use crate::app::with_app;
use crate::{command, files};
use anyhow::{Context, Result, ensure};
use std::fs;

#[tokio::test]
async fn a_bad_file_gets_the_sentence_of_the_command_and_a_good_one_beside_it_is_read() -> Result<()>
{
    with_app("bad-files", async |app| {
        let folder = tempfile::tempdir()?;
        let bad = files::bad(folder.path());
        let mut all = bad.clone();
        all.insert(all.len() / 2, files::recording());
        app.choose(&all).await?;

        for file in &bad {
            let report = command::report(file)?;
            let row = app.row_of(file).await?;
            if report["status"] == "unreadable" {
                ensure!(row.state == "failed", "{row:?}");
                let sentence = report["error"]["message"].as_str().context("an error")?;
                ensure!(row.text.contains(sentence), "{row:?} does not say: {sentence}");
            } else {
                ensure!(row.state == "damaged", "{row:?}");
            }
        }
        let good = app.row_of(&files::recording()).await?;
        ensure!(good.state == "done", "{good:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn where_nothing_could_be_read_the_page_says_so() -> Result<()> {
    with_app("nothing-read", async |app| {
        let folder = tempfile::tempdir()?;
        let bad = files::bad(folder.path());
        let unreadable = bad.iter().find(|file| {
            command::report(file).is_ok_and(|report| report["status"] == "unreadable")
        });
        let unreadable = unreadable.context("an unreadable file")?;
        app.choose(std::slice::from_ref(unreadable)).await?;
        app.row_of(unreadable).await?;
        let said = app.one("#view").await?.text().await?;
        ensure!(said.contains("could be read"), "in the middle there is {said:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_cut_recording_is_read_as_far_as_it_goes() -> Result<()> {
    with_app("cut", async |app| {
        let folder = tempfile::tempdir()?;
        let file = files::cut_recording(folder.path());
        let row = app.open_file(&file).await?;
        ensure!(row.state == "damaged", "{row:?}");
        app.click("tab-audio").await?;
        app.one("[data-testid=waveform]").await?;
        app.one("[data-testid=play]:enabled").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_says_so() -> Result<()> {
    with_app("cut", async |app| {
        let folder = tempfile::tempdir()?;
        let file = files::slow_capture(folder.path());
        app.choose(std::slice::from_ref(&file)).await?;
        app.one("[data-testid=file-row][data-state=reading]").await?;
        fs::OpenOptions::new().write(true).open(&file)?.set_len(1 << 20)?;
        let row = app.row_of(&file).await?;
        ensure!(row.state == "failed", "{row:?}");
        ensure!(row.text.contains("the file changed while it was being read"), "{row:?}");

        let good = app.open_file(&files::recording()).await?;
        ensure!(good.state == "done", "{good:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_file_that_vanishes_after_it_was_read_says_so() -> Result<()> {
    with_app("vanished", async |app| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("call.pcap");
        fs::copy(files::call(), &file)?;
        app.choose(std::slice::from_ref(&file)).await?;
        app.row_of(&file).await?;
        fs::remove_file(&file)?;
        // Its sound was not asked for before.
        app.click("stream-row").await?;
        app.click("tab-audio").await?;
        let text = app.one("[data-testid=error]").await?.text().await?;
        ensure!(text.contains("the file was moved, renamed or deleted"), "{text}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn reading_can_be_cancelled() -> Result<()> {
    with_app("cancel", async |app| {
        let folder = tempfile::tempdir()?;
        let file = files::slow_capture(folder.path());
        app.choose(std::slice::from_ref(&file)).await?;
        app.one("[data-testid=file-row][data-state=reading]").await?;
        app.click("cancel").await?;
        app.eventually("the reading to stop", async || {
            let reading = app.value(
                "document.querySelectorAll('[data-testid=file-row][data-state=reading]').length",
            );
            Ok((reading.await? == 0).then_some(()))
        })
        .await?;

        let good = app.open_file(&files::recording()).await?;
        ensure!(good.state == "done", "{good:?}");
        Ok(())
    })
    .await
}
