//! axe-core, which knows the rules of accessible pages, run inside the page.

use crate::app::App;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{env, fs};

/// What of its rules a page has to keep: all that WCAG 2.2 AA asks, and good practice.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Fails when the page, as it stands, breaks a rule.
pub(crate) async fn expect_no_violation(app: &App, what: &str) -> Result<()> {
    if app.value("typeof axe").await? == "undefined" {
        let path = env::var_os("RECSCOPE_AXE")
            .context("RECSCOPE_AXE does not say where axe.min.js is: `cargo xtask test` does")?;
        let script = fs::read_to_string(path)?;
        // By the remote control, because the page itself runs no script but its own.
        app.driver.cdp().send_raw("Runtime.evaluate", json!({ "expression": script })).await?;
    }
    // Colours that still go over into those of another theme are nobody's choice.
    let run = "const [rules, done] = arguments;
        const ends = animation => animation.effect.getComputedTiming().endTime < Infinity;
        document.getAnimations().filter(ends).forEach(animation => animation.finish());
        axe.run(document, { runOnly: rules, resultTypes: ['violations'] })
            .then(({ violations }) => violations.flatMap(({ id, help, nodes }) => nodes.map(
                node => ({ id, help, html: node.html.slice(0, 200), why: node.failureSummary }))))
            .then(done, error => done([{ id: 'axe', help: String(error) }]))";
    let found = app.driver.execute_async(run, vec![json!(RULES)]).await?;
    let violations = found.json().as_array().cloned().unwrap_or_default();
    ensure!(violations.is_empty(), "{what}: {}", told(&violations));
    Ok(())
}

fn told(violations: &[Value]) -> String {
    let lines = violations.iter().map(|violation| {
        let text = |name: &str| violation[name].as_str().unwrap_or_default();
        format!("\n{}: {}\n  {}\n  {}", text("id"), text("help"), text("html"), text("why"))
    });
    format!("{} violations{}", violations.len(), lines.collect::<String>())
}
