//! The app in a headless Chromium, as a test sees it.

use crate::program::Server;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, LoggingPrefsLogLevel};

/// How long anything in the page may take. Far more than it does take: a busy machine is no
/// failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look.
const INTERVAL: Duration = Duration::from_millis(50);

/// The page in a browser of its own. The fields are dropped in this order: the browser is closed
/// before its driver.
pub(crate) struct App {
    /// The browser.
    pub(crate) driver: WebDriver,
    _web_driver: Server,
    server: Option<Server>,
    downloads: TempDir,
}

/// A file row as the page shows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) state: String,
    /// Everything that is written in the row.
    pub(crate) text: String,
}

/// Opens the app, runs a test on it, and sees to it that nothing was wrong on the console.
///
/// # Errors
/// Those of the test; a screenshot of the page is then in the target folder.
pub(crate) async fn with_app(
    name: &str,
    test: impl AsyncFnOnce(&mut App) -> Result<()>,
) -> Result<()> {
    let mut app = App::open().await?;
    let mut outcome = test(&mut app).await;
    if outcome.is_ok() {
        outcome = app.expect_quiet_console().await;
    }
    if outcome.is_err() {
        let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
        if app.driver.screenshot(&picture).await.is_ok() {
            eprintln!("the page at that moment: {}", picture.display());
        }
    }
    app.driver.clone().quit().await?;
    outcome
}

impl App {
    /// Starts a server, a driver and a browser, and loads the page.
    pub(crate) async fn open() -> Result<Self> {
        let app = Self::start(Some(Server::of_the_app().await?)).await?;
        app.load("").await?;
        Ok(app)
    }

    /// Opens an address of another browser's server in a browser that knows nothing yet.
    pub(crate) async fn open_in_fresh_browser(url: &str) -> Result<Self> {
        let app = Self::start(None).await?;
        app.visit(url).await?;
        Ok(app)
    }

    async fn start(server: Option<Server>) -> Result<Self> {
        let web_driver = Server::of_web_driver().await?;
        let downloads = tempfile::tempdir()?;
        let capabilities = capabilities(downloads.path())?;
        let url = format!("http://127.0.0.1:{}", web_driver.port);
        let driver = WebDriver::new(url, capabilities).await?;
        driver.set_script_timeout(5 * PATIENCE).await?;
        Ok(Self { driver, _web_driver: web_driver, server, downloads })
    }

    /// Loads the page, at a route, and waits until it can be used. Where only the route is another
    /// than before, nothing is loaded: the page goes there.
    pub(crate) async fn load(&self, fragment: &str) -> Result<()> {
        let server = self.server.as_ref().context("the server has been stopped")?;
        self.visit(&format!("http://127.0.0.1:{}/{fragment}", server.port)).await
    }

    async fn visit(&self, url: &str) -> Result<()> {
        self.driver.goto(url).await?;
        self.one("body[data-ready=true]").await?;
        Ok(())
    }

    /// Stops the server and gives a listener on its port instead.
    pub(crate) fn stop_server(&mut self) -> Result<std::net::TcpListener> {
        self.server.take().context("the server was stopped before")?.replace_by_listener()
    }

    /// Waits for an element.
    pub(crate) async fn one(&self, selector: &str) -> Result<WebElement> {
        let query = self.driver.query(By::Css(selector)).wait(PATIENCE, INTERVAL);
        query.first().await.with_context(|| format!("no {selector} in the page"))
    }

    /// Waits for an element with a test hook, and clicks it.
    pub(crate) async fn click(&self, hook: &str) -> Result<()> {
        let element = self.one(&hooked(hook)).await?;
        element.scroll_into_view().await?;
        element.click().await.with_context(|| format!("cannot click {hook}"))
    }

    /// Chooses files with the file input, all at once.
    pub(crate) async fn choose(&self, files: &[PathBuf]) -> Result<()> {
        let paths: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        self.one(&hooked("file-input")).await?.send_keys(paths.join("\n")).await?;
        Ok(())
    }

    /// Waits until a file's row is in a state other than `reading`, and gives it.
    pub(crate) async fn row_of(&self, file: &Path) -> Result<FileRow> {
        let name = file.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        self.eventually(&format!("a row of {name} that is done"), async || {
            let rows: Vec<FileRow> = self.hooks("file-row").await?;
            Ok(rows.into_iter().find(|row| row.name == name && row.state != "reading"))
        })
        .await
    }

    /// Chooses one file, waits for it, and makes it the one that is shown.
    pub(crate) async fn open_file(&self, file: &Path) -> Result<FileRow> {
        self.choose(&[file.to_owned()]).await?;
        let row = self.row_of(file).await?;
        let selector = format!("{}[data-name=\"{}\"]", hooked("file-row"), row.name);
        self.one(&selector).await?.click().await?;
        Ok(row)
    }

    /// What all elements of a hook carry: their `data-` attributes in camel case, and `text`.
    pub(crate) async fn hooks<T: DeserializeOwned>(&self, hook: &str) -> Result<Vec<T>> {
        let script = "return Array.from(document.querySelectorAll(arguments[0]))\
                      .map(e => ({...e.dataset, text: e.innerText ?? e.textContent}))";
        let found = self.driver.execute(script, vec![json!(hooked(hook))]).await?;
        Ok(found.convert()?)
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) async fn value(&self, expression: &str) -> Result<Value> {
        let found = self.driver.execute(format!("return {expression}"), Vec::new()).await?;
        Ok(found.json().clone())
    }

    /// Asks again and again until there is an answer.
    ///
    /// # Errors
    /// When there is none in good time.
    pub(crate) async fn eventually<T>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Result<Option<T>>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(answer) = ask().await? {
                return Ok(answer);
            }
            if start.elapsed() > PATIENCE {
                bail!("waited {} s in vain for {what}", PATIENCE.as_secs());
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Waits for the next download to be complete, takes it away, and gives its name and content.
    pub(crate) async fn downloaded(&self) -> Result<(String, Vec<u8>)> {
        let path = self
            .eventually("a download", async || {
                let files: Vec<PathBuf> = fs::read_dir(self.downloads.path())?
                    .map(|entry| entry.map(|entry| entry.path()))
                    .collect::<Result<_, _>>()?;
                // Chromium writes under another name until all is there.
                let partial = |path: &PathBuf| {
                    path.extension().is_some_and(|extension| extension == "crdownload")
                        || path.file_name().is_some_and(|name| {
                            name.to_string_lossy().starts_with(".com.google.Chrome")
                                || name.to_string_lossy().starts_with(".org.chromium")
                        })
                };
                Ok(if files.iter().any(partial) { None } else { files.into_iter().next() })
            })
            .await?;
        let content = fs::read(&path)?;
        fs::remove_file(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, content))
    }

    /// Requests over the network since this was asked last, as `METHOD URL`.
    ///
    /// What comes out of the page's own memory (`blob:`, `data:`) is no such request.
    pub(crate) async fn requests(&self) -> Result<Vec<String>> {
        let mut requests = Vec::new();
        for entry in self.driver.get_log("performance").await? {
            let event: Value = serde_json::from_str(&entry.message)?;
            let event = &event["message"];
            if event["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let request = &event["params"]["request"];
            let url = request["url"].as_str().unwrap_or_default();
            if !url.starts_with("blob:") && !url.starts_with("data:") {
                requests.push(format!("{} {url}", request["method"].as_str().unwrap_or("?")));
            }
        }
        Ok(requests)
    }

    /// Fails when the console holds an error or a warning.
    async fn expect_quiet_console(&self) -> Result<()> {
        let log = self.driver.browser_log().await?;
        let bad: Vec<_> = log
            .iter()
            .filter(|entry| entry.level == "SEVERE" || entry.level == "WARNING")
            .map(|entry| entry.message.as_str())
            .collect();
        ensure!(bad.is_empty(), "on the console: {bad:#?}");
        Ok(())
    }
}

/// The selector of a test hook; attributes may follow the name, as in `row[data-state=done]`.
fn hooked(hook: &str) -> String {
    let (name, rest) = hook.split_at(hook.find('[').unwrap_or(hook.len()));
    format!("[data-testid={name}]{rest}")
}

fn capabilities(downloads: &Path) -> Result<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    // The same arguments as for the tests inside the browser.
    let config: Value = serde_json::from_str(include_str!("../../webdriver.json"))?;
    let arguments = config["goog:chromeOptions"]["args"].as_array().cloned().unwrap_or_default();
    for argument in arguments.iter().filter_map(Value::as_str) {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg("--window-size=1440,900")?;
    capabilities.add_experimental_option(
        "prefs",
        json!({
            "download.default_directory": downloads,
            "download.prompt_for_download": false,
            "profile.default_content_setting_values.automatic_downloads": 1,
        }),
    )?;
    capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All)?;
    capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
    Ok(capabilities)
}
