//! Files are opened, and the page says what is in them.

use crate::app::with_app;
use crate::{command, files};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

/// An arrow of the diagram.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct FlowMessage {
    index: String,
    from: String,
    to: String,
    text: String,
}

#[tokio::test]
async fn a_recording_is_shown_as_the_command_reports_it() -> Result<()> {
    with_app("recording", async |app| {
        for file in files::recordings() {
            let report = command::report(&file)?;
            let row = app.open_file(&file).await?;
            ensure!(row.kind == "phone-recording" && row.state == "done", "{row:?}");

            let recording = &report["recording"];
            let codec = recording["codec"].as_str().context("a codec")?;
            let duration = recording["duration_ms"].as_f64().context("a duration")?;
            app.one(&format!("[data-testid=recording-row][data-codec=\"{codec}\"]")).await?;
            let rows: Vec<Value> = app.hooks("recording-row").await?;
            ensure!(
                rows.iter().any(|row| {
                    row["durationMs"].as_str().and_then(|ms| ms.parse::<f64>().ok())
                        == Some(duration)
                }),
                "{rows:?}, {duration} ms"
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_capture_is_shown_as_the_command_reports_it() -> Result<()> {
    with_app("capture", async |app| {
        for file in files::captures() {
            let report = command::report(&file)?;
            let row = app.open_file(&file).await?;
            ensure!(row.kind == "pcap" && row.state == "done", "{row:?}");

            for call in report["calls"].as_array().context("calls")? {
                let call_id = call["call_id"].as_str().context("a Call-ID")?;
                app.one(&format!("[data-testid=call-row][data-call-id=\"{call_id}\"]")).await?;
            }
            for stream in report["streams"].as_array().context("streams")? {
                let text = |field: &str| match &stream[field] {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let selector = format!(
                    "[data-testid=stream-row][data-ssrc=\"{}\"][data-codec=\"{}\"]\
                     [data-packets=\"{}\"][data-lost=\"{}\"]",
                    text("ssrc"),
                    text("codec"),
                    text("packets"),
                    text("lost")
                );
                app.one(&selector).await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_flow_shows_every_message_of_a_call_in_order() -> Result<()> {
    with_app("flow", async |app| {
        let file = files::call();
        app.open_file(&file).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        app.one("[data-testid=flow-message]").await?;

        let flow = command::flow_of_call(&file, 0)?;
        let actor = |index: &Value| {
            let index = usize::try_from(index.as_u64()?).ok()?;
            flow["actors"][index]["id"].as_str().map(str::to_owned)
        };
        let arrows: Vec<&Value> = flow["items"]
            .as_array()
            .context("items")?
            .iter()
            .filter(|item| item["kind"] == "message")
            .collect();
        ensure!(arrows.len() >= 5, "a call has more messages than {arrows:?}");
        let shown: Vec<FlowMessage> = app.hooks("flow-message").await?;
        ensure!(shown.len() == arrows.len(), "{shown:#?} are not {arrows:#?}");
        for (shown, arrow) in shown.iter().zip(arrows) {
            ensure!(shown.index.parse().ok() == arrow["source"].as_u64(), "{shown:?}, {arrow}");
            ensure!(Some(&shown.from) == actor(&arrow["from"]).as_ref(), "{shown:?}, {arrow}");
            ensure!(Some(&shown.to) == actor(&arrow["to"]).as_ref(), "{shown:?}, {arrow}");
            let label = arrow["label"].as_str().context("a label")?;
            ensure!(shown.text.contains(label), "{shown:?}, {arrow}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_flow_shows_the_other_legs_of_a_call_when_asked() -> Result<()> {
    with_app("legs", async |app| {
        app.open_file(&files::legs()).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        for (messages, pressed) in [(8, "false"), (16, "true"), (8, "false")] {
            app.eventually(&format!("{messages} messages"), async || {
                let shown: Vec<FlowMessage> = app.hooks("flow-message").await?;
                Ok((shown.len() == messages).then_some(()))
            })
            .await?;
            let button = app.one("[data-testid=with-legs]").await?;
            ensure!(button.attr("aria-pressed").await?.as_deref() == Some(pressed), "{messages}");
            app.click("with-legs").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_inspector_shows_the_message_that_was_clicked() -> Result<()> {
    with_app("inspector", async |app| {
        let file = files::call();
        let flow = command::flow_of_call(&file, 0)?;
        app.open_file(&file).await?;
        app.click("call-row").await?;
        app.click("tab-flow").await?;
        let items = flow["items"].as_array().context("items")?;
        // Back to front, so that the first one is not shown only because it was first.
        for arrow in items.iter().rev().filter(|item| item["kind"] == "message") {
            app.click(&format!("flow-message[data-index=\"{}\"]", arrow["source"])).await?;
            let start_line = arrow["detail"].as_str().context("a start line")?;
            app.eventually(&format!("the inspector to show {start_line}"), async || {
                let text = app.one("[data-testid=inspector]").await?.text().await?;
                Ok((text.contains(start_line) && text.contains("Call-ID:")).then_some(()))
            })
            .await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_inspector_takes_a_recording_header_apart() -> Result<()> {
    with_app("header", async |app| {
        app.open_file(&files::recording()).await?;
        let expected = ["PCMU", "172", "160"];
        app.eventually("the header's fields", async || {
            let text = app.one("[data-testid=inspector]").await?.text().await?;
            Ok(expected.iter().all(|value| text.contains(value)).then_some(()))
        })
        .await
    })
    .await
}

#[tokio::test]
async fn several_files_chosen_at_once_get_a_row_each() -> Result<()> {
    with_app("several", async |app| {
        let mut files = files::captures();
        files.extend(files::recordings());
        app.choose(&files).await?;
        for file in &files {
            let row = app.row_of(file).await?;
            ensure!(row.state == "done", "{row:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_sample_opens_with_one_click() -> Result<()> {
    with_app("samples", async |app| {
        app.one("[data-testid=sample]").await?;
        let count = app.hooks::<Value>("sample").await?.len();
        ensure!(count == 3, "{count} samples");
        for index in 0..count {
            app.load("").await?;
            let samples = app.driver.find_all(thirtyfour::By::Css("[data-testid=sample]")).await?;
            samples[index].click().await?;
            app.one(
                "[data-testid=file-row][data-state=done], \
                 [data-testid=file-row][data-state=damaged]",
            )
            .await?;
            // Something of it is shown at once, without a further click.
            app.one("[data-testid=waveform], [data-testid=flow-message]").await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_dropped_file_is_read_like_a_chosen_one() -> Result<()> {
    with_app("drop", async |app| {
        let content = std::fs::read(files::recording())?;
        // WebDriver cannot drag from outside the browser, so the events are made by hand.
        let script = "
            const file = new File([new Uint8Array(arguments[0])], 'dropped.wav');
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(file);
            const target = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
            for (const kind of ['dragenter', 'dragover', 'drop']) {
                const options = { dataTransfer, bubbles: true, cancelable: true };
                target.dispatchEvent(new DragEvent(kind, options));
            }";
        app.driver.execute(script, vec![json!(content)]).await?;
        let row = app.row_of("dropped.wav".as_ref()).await?;
        ensure!(row.kind == "phone-recording" && row.state == "done", "{row:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_dropped_folder_is_opened_up() -> Result<()> {
    with_app("drop-folder", async |app| {
        let folder = tempfile::tempdir()?;
        let inner = folder.path().join("calls/2026");
        std::fs::create_dir_all(&inner)?;
        std::fs::copy(files::recording(), folder.path().join("calls/left.wav"))?;
        std::fs::copy(files::call(), inner.join("right.pcap"))?;
        std::fs::write(inner.join(".hidden.pcap"), "not for reading")?;

        // A script cannot make a folder to drag, but the browser's own remote control can.
        let dragged = json!({ "items": [], "files": [folder.path().join("calls")],
                              "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": 700, "y": 400, "data": dragged });
            app.driver.cdp().send_raw("Input.dispatchDragEvent", event).await?;
        }
        for (name, kind) in [("left.wav", "phone-recording"), ("right.pcap", "pcap")] {
            let row = app.row_of(name.as_ref()).await?;
            ensure!(row.kind == kind && row.state == "done", "{row:?}");
        }
        let rows = app.hooks::<Value>("file-row").await?.len();
        ensure!(rows == 2, "{rows} rows for two files and a hidden one");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_pasted_file_is_read_like_a_chosen_one() -> Result<()> {
    with_app("paste", async |app| {
        let content = std::fs::read(files::recording())?;
        // The clipboard of a browser without a window is empty, so the event is made by hand.
        let script = "
            const file = new File([new Uint8Array(arguments[0])], 'pasted.wav');
            const clipboardData = new DataTransfer();
            clipboardData.items.add(file);
            const options = { clipboardData, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent('paste', options));";
        app.driver.execute(script, vec![json!(content)]).await?;
        let row = app.row_of("pasted.wav".as_ref()).await?;
        ensure!(row.kind == "phone-recording" && row.state == "done", "{row:?}");
        Ok(())
    })
    .await
}
