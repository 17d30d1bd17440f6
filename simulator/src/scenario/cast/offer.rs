//! What a user may change about an actor in every scenario, also where it declares no setting.
//!
//! Such a setting is called by actor and field, `phone.model`, and has the value that the scenario
//! gives the field. A field that a declared setting fills is not offered a second time.

#[cfg(test)]
mod tests;

use super::Fields;
use crate::scenario::setting::{Kind, Setting};
use recscope_core::phone::model::{Model, RecordingPort};

/// A field of an actor that a user may change.
#[derive(Debug)]
struct Offer {
    field: &'static str,
    /// What a form calls it, after the actor.
    label: &'static str,
    /// The value unless the scenario gives one.
    usual: &'static str,
    values: Values,
}

/// What values a field takes.
#[derive(Debug)]
enum Values {
    /// One of these, or what the scenario gives.
    Choice(&'static [&'static str]),
    /// A model that records in the same way.
    Model,
    /// From 2 s to 10 min.
    KeepAlive,
    Size,
    Text,
}

const fn offer(
    field: &'static str,
    label: &'static str,
    usual: &'static str,
    values: Values,
) -> Offer {
    Offer { field, label, usual, values }
}

const CODECS: Values = Values::Choice(&["PCMA", "PCMU", "G722"]);
/// One that cannot be recorded is among them (BX-4).
const RECORDED_CODECS: Values = Values::Choice(&["PCMA", "PCMU", "G722", "G729"]);
const BX_MODELS: &[&str] = &["BX3S", "BX4", "BX5S", "BX6", "BX7", "BX7C", "GP210", "GP210i", "BXU"];
const SIP_MODELS: &[&str] = &["6700", "6800", "6900"];
const TERMINALS: &[&str] = &["442x", "743x", "744x"];

const USB_PHONE: &[Offer] = &[
    offer("model", "model", "BX5S", Values::Model),
    offer("codec", "codec", "PCMA", RECORDED_CODECS),
    offer("size_limit", "file size limit, 0 for none", "0", Values::Size),
    offer(
        "drive",
        "USB drive, free",
        "64MB",
        Values::Choice(&["64MB", "1MB", "100KB", "20KB", "none"]),
    ),
];
const SERVER_RECORDER: &[Offer] = &[offer("codec", "codec", "PCMA", RECORDED_CODECS)];
const RECORD_SERVER: &[Offer] =
    &[offer("drive", "disk, free", "1GB", Values::Choice(&["1GB", "1MB", "20KB"]))];
const LOGGER: &[Offer] = &[
    offer("keep_alive", "keep-alive of sessions", "30s", Values::KeepAlive),
    offer("mapping", "mapping", "dynamic", Values::Choice(&["dynamic", "static"])),
];
const BX_PHONE: &[Offer] =
    &[offer("model", "model", "6800", Values::Model), offer("codec", "codec", "PCMA", CODECS)];
const MX_PHONE: &[Offer] = &[
    offer("model", "model", "6800", Values::Model),
    offer("codec", "codec", "PCMA", CODECS),
    offer("allowed", "addresses of allowed recorders", "", Values::Text),
    offer("policy", "what other recorders get", "drop", Values::Choice(&["drop", "403", "603"])),
    offer("keep_alive", "keep-alive to the PBX", "30s", Values::KeepAlive),
];

/// Adds what is offered for an actor of this type and name to `settings`, with the values that
/// `set` asks for, and writes them into the actor's table.
pub(super) fn fill(
    table: &mut Fields<'_, '_>,
    kind: &str,
    (name, label): (&str, &str),
    set: &[(String, String)],
) -> Result<Vec<Setting>, String> {
    let model = table.given("model").map(|given| match given.strip_prefix('$') {
        Some(key) => table.document().setting(key).map_or(given, |set| set.default.clone()),
        None => given,
    });
    let model = model.and_then(|model| Model::find(&model)).unwrap_or(Model::Mx6800);
    let offers = match kind {
        "usb-phone" => USB_PHONE,
        "server-recorder" => SERVER_RECORDER,
        "record-server" => RECORD_SERVER,
        "logger" => LOGGER,
        "phone" if model.records_itself() => BX_PHONE,
        "phone" => MX_PHONE,
        _ => &[],
    };
    let mut settings = Vec::new();
    for Offer { field, label: what, usual, values } in offers {
        let default = table.given(field).unwrap_or_else(|| (*usual).to_owned());
        if default.starts_with('$') {
            continue;
        }
        let kind = match values {
            Values::Choice(choices) => choice(&default, choices),
            Values::Model => choice(&default, models(kind, model)),
            Values::KeepAlive => {
                Kind::Duration { min: Some("2s".to_owned()), max: Some("10min".to_owned()) }
            }
            Values::Size => Kind::Size,
            Values::Text => Kind::Text,
        };
        let key = [name, ".", field].concat();
        let mut value = default.clone();
        for (_, asked) in set.iter().filter(|(asked, _)| *asked == key) {
            kind.check(asked).map_err(|message| format!("setting {key}: {message}"))?;
            value.clone_from(asked);
            table.put(field, asked.clone());
        }
        let label = [label, ": ", what].concat();
        settings.push(Setting { key, label, hint: String::new(), kind, default, value });
    }
    Ok(settings)
}

/// One of several, among them what the scenario has.
fn choice(given: &str, choices: &[&str]) -> Kind {
    let own = (!choices.contains(&given)).then_some(given);
    Kind::Choice(own.into_iter().chain(choices.iter().copied()).map(str::to_owned).collect())
}

/// Models that record in the same way.
fn models(kind: &str, model: Model) -> &'static [&'static str] {
    match model.recording_port() {
        None => BX_MODELS,
        _ if kind == "usb-phone" => BX_MODELS,
        Some(RecordingPort::Configurable(_)) => SIP_MODELS,
        Some(RecordingPort::Fixed(_)) => TERMINALS,
    }
}
