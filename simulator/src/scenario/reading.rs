//! From TOML to a [`Scenario`].
//!
//! The parser is `toml-span`: it keeps the place of every value, so that a wrong one can be pointed
//! at, where serde forgets places inside tagged and flattened tables. Compiled for the browser and
//! gzipped, it took 53 KB where `toml` with serde took 85 KB for three small structs, both with
//! the standard library's share.

use super::cast;
use super::expectation;
use super::fields::{Document, Fields};
use super::setting::{Kind, Setting};
use super::{Changes, LINK_KEYS, Method, Narration, Problem, Scenario, ScriptStep, Source, When};
use crate::fault::Fault;
use crate::network::{Link, Quality};
use crate::pattern::Pattern;
use std::time::Duration;
use toml_span::value::{Value, ValueInner};

/// 22 November 2026, 09:15.
const EPOCH: u64 = 1_795_338_900;
/// A run that goes on for longer helps nobody.
const LONGEST: Duration = Duration::from_secs(4 * 3_600);

pub(super) fn read(file: &str, text: &str, changes: &Changes<'_>) -> Result<Scenario, Problem> {
    let document = Document { file, text, settings: Vec::new() };
    let root = toml_span::parse(text)
        .map_err(|error| document.problem(error.span.start, format!("this is no TOML: {error}")))?;
    let mut fields = Fields::new(&document, root, "a scenario")?;
    let settings = settings(&mut fields, changes.set)?;
    let rest = fields.into_value();
    let document = Document { file, text, settings };
    let mut fields = Fields::new(&document, rest, "a scenario")?;
    fields.known_before("setting");

    let title = fields.required("title")?.value;
    let source = fields.choice("source", &[("bx", Source::Bx), ("mx", Source::Mx)])?;
    let source = source.ok_or_else(|| fields.missing("source"))?;
    let methods = Method::ALL.map(|method| (method.name(), method));
    let method = fields.choice("method", &methods)?.ok_or_else(|| fields.missing("method"))?;
    let summary = fields.required("summary")?.value;
    let duration = fields.with("duration", |value| {
        let duration = crate::text::duration(value)
            .ok_or_else(|| format!("{value:?} is no duration: write 30s or 2min"))?;
        if duration > LONGEST {
            return Err(format!("{value} is too long for a run: at most 4h"));
        }
        Ok(duration)
    })?;
    let duration = duration.ok_or_else(|| fields.missing("duration"))?;
    let seed = u64::from(fields.number("seed")?.unwrap_or(1));
    let seed = changes.seed.unwrap_or(seed);
    let epoch_seconds = fields.number("epoch_seconds")?.map_or(EPOCH, u64::from);
    let link = match fields.take("network") {
        Some(value) => {
            let mut table = Fields::new(&document, value, "a network")?;
            let link = link_of(&mut table, Link::default())?;
            table.finish()?;
            link
        }
        None => Link::default(),
    };
    let start = cast::Start { seed, epoch_seconds, set: changes.set };
    let mut scenario = Scenario {
        id: id_of(file),
        title,
        source,
        method,
        summary,
        duration,
        seed,
        epoch_seconds,
        settings: document.settings.clone(),
        cast: Vec::new(),
        link,
        links: Vec::new(),
        faults: Vec::new(),
        script: Vec::new(),
        narration: Vec::new(),
        expectations: Vec::new(),
    };
    for value in fields.tables("actor")? {
        let offset = value.span.start;
        let (member, offered) = cast::read(&document, value, start, scenario.cast.len())?;
        scenario.settings.extend(offered);
        let name = &member.host.name;
        if scenario.actor(name).is_some() {
            return Err(document.problem(offset, format!("there are two actors {name:?}")));
        }
        let same = scenario.cast.iter().find(|other| other.host.address == member.host.address);
        if let Some(other) = same {
            let (address, other) = (member.host.address, &other.host.name);
            let message = format!("{name:?} and {other:?} both have the address {address}");
            return Err(document.problem(offset, message));
        }
        scenario.cast.push(member);
    }
    if scenario.cast.is_empty() {
        return Err(fields.missing("an [[actor]]"));
    }
    for (key, _) in changes.set {
        if !scenario.settings.iter().any(|setting| setting.key == *key) {
            let keys: Vec<_> = scenario.settings.iter().map(|it| it.key.as_str()).collect();
            let keys = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            let message = format!("there is no setting {key:?}: there are {keys}");
            return Err(Problem::outside(file, message));
        }
    }
    for value in fields.tables("link")? {
        let mut table = Fields::new(&document, value, "a link")?;
        let ends = table.list("between")?;
        let [one, other] = ends.as_slice() else {
            return Err(table.missing("between = [\"ONE\", \"OTHER\"]"));
        };
        let known = |end: &super::fields::Text| {
            scenario.known(&end.value).map_err(|message| document.problem(end.offset, message))
        };
        let (one, other) = (known(one)?, known(other)?);
        let link = link_of(&mut table, link)?;
        table.finish()?;
        scenario.links.push((one, other, link));
    }
    for text in fields.list("faults")? {
        let fault: Result<Fault, _> = text.value.parse();
        let fault = fault.and_then(|fault| scenario.check_fault(&fault).map(|()| fault));
        let fault = fault.map_err(|message| document.problem(text.offset, message))?;
        scenario.faults.push(fault);
    }
    for value in fields.tables("step")? {
        let step = step(&document, &scenario, value)?;
        scenario.script.push(step);
    }
    for value in fields.tables("narration")? {
        let narration = narration(&document, &scenario, value)?;
        scenario.narration.push(narration);
    }
    for value in fields.tables("expect")? {
        let expectation = expectation::read(&document, &scenario, value)?;
        scenario.expectations.push(expectation);
    }
    fields.finish()?;
    Ok(scenario)
}

/// The id of a scenario in a file of this name.
fn id_of(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name).to_owned()
}

fn settings(
    fields: &mut Fields<'_, '_>,
    set: &[(String, String)],
) -> Result<Vec<Setting>, Problem> {
    let mut settings: Vec<Setting> = Vec::new();
    for value in fields.tables("setting")? {
        let mut table = Fields::new(fields.document(), value, "a setting")?;
        let key = table.required("key")?;
        if key.value.contains('.') {
            let message = format!("{:?} is no key: ACTOR.FIELD is there by itself", key.value);
            return Err(table.problem(key.offset, message));
        }
        if settings.iter().any(|setting| setting.key == key.value) {
            return Err(
                table.problem(key.offset, format!("there are two settings {:?}", key.value))
            );
        }
        let kind = kind(&mut table)?;
        let default = table.required("default")?;
        kind.check(&default.value).map_err(|message| table.problem(default.offset, message))?;
        let label = table.required("label")?.value;
        let hint = table.text("hint")?.map(|text| text.value).unwrap_or_default();
        let value = default.value.clone();
        table.finish()?;
        settings.push(Setting { key: key.value, label, hint, kind, default: default.value, value });
    }
    for (key, value) in set {
        let file = fields.document().file;
        // Others are offered by the actors.
        let Some(setting) = settings.iter_mut().find(|setting| setting.key == *key) else {
            continue;
        };
        setting
            .kind
            .check(value)
            .map_err(|message| Problem::outside(file, format!("setting {key}: {message}")))?;
        setting.value.clone_from(value);
    }
    Ok(settings)
}

fn kind(table: &mut Fields<'_, '_>) -> Result<Kind, Problem> {
    let name = table.required("type")?;
    Ok(match name.value.as_str() {
        "duration" => Kind::Duration {
            min: table.text("min")?.map(|text| text.value),
            max: table.text("max")?.map(|text| text.value),
        },
        "integer" => Kind::Integer { min: table.number("min")?, max: table.number("max")? },
        "size" => Kind::Size,
        "switch" => Kind::Switch,
        "choice" => {
            let choices = table.list("choices")?;
            Kind::Choice(choices.into_iter().map(|text| text.value).collect())
        }
        "text" => Kind::Text,
        other => {
            let message = format!(
                "{other:?} is no type of setting: write duration, integer, size, switch, choice or text"
            );
            return Err(table.problem(name.offset, message));
        }
    })
}

fn link_of(table: &mut Fields<'_, '_>, mut link: Link) -> Result<Link, Problem> {
    for key in LINK_KEYS {
        if let Some(quality) = table.with(key, |value| Quality::parse(key, value))? {
            link.apply(quality);
        }
    }
    Ok(link)
}

/// A pattern whose actors exist.
pub(super) fn pattern(
    table: &mut Fields<'_, '_>,
    scenario: &Scenario,
    key: &'static str,
) -> Result<Option<Pattern>, Problem> {
    table.with(key, |value| checked_pattern(scenario, value))
}

pub(super) fn checked_pattern(scenario: &Scenario, text: &str) -> Result<Pattern, String> {
    let pattern: Pattern = text.parse()?;
    for name in pattern.actors().filter(|name| *name != "*") {
        scenario.known(name)?;
    }
    match &pattern {
        Pattern::Message(message) if message.name.eq_ignore_ascii_case("RTP") => {
            Err("RTP is not shown packet by packet: write media:FROM,TO".to_owned())
        }
        _ => Ok(pattern),
    }
}

fn step(
    document: &Document<'_>,
    scenario: &Scenario,
    value: Value<'_>,
) -> Result<ScriptStep, Problem> {
    let mut table = Fields::new(document, value, "a step")?;
    let at = table.duration("at")?;
    let after = pattern(&mut table, scenario, "after")?;
    let wait = table.duration("wait")?;
    let when = match (at, after, wait) {
        (Some(at), None, None) => When::At(at),
        (None, Some(after), wait) => When::After(after, wait.unwrap_or_default()),
        _ => {
            let message = "a step needs at = \"1s\", or after = \"…\" and perhaps wait = \"2s\"";
            return Err(table.problem(table.offset, message));
        }
    };
    let mut deeds = Vec::new();
    for text in table.list("do")? {
        let (actor, words) = text.value.trim().split_once(' ').unwrap_or((text.value.trim(), ""));
        let deed = scenario.deed(actor, words.trim());
        deeds.push(deed.map_err(|message| document.problem(text.offset, message))?);
    }
    if deeds.is_empty() {
        return Err(table.missing("do = \"ACTOR WORDS\""));
    }
    let say = table.text("say")?.map(|text| text.value);
    let rule = table.rule()?;
    table.finish()?;
    Ok(ScriptStep { when, deeds, say, rule })
}

fn narration(
    document: &Document<'_>,
    scenario: &Scenario,
    value: Value<'_>,
) -> Result<Narration, Problem> {
    let mut table = Fields::new(document, value, "a narration")?;
    let on = pattern(&mut table, scenario, "on")?.ok_or_else(|| table.missing("on"))?;
    let say = table.required("say")?.value;
    let rule = table.rule()?;
    table.finish()?;
    Ok(Narration { on, say, rule })
}

impl<'t> Fields<'_, 't> {
    /// What was not read yet, as a value.
    fn into_value(self) -> Value<'t> {
        let span = toml_span::Span::new(self.offset, self.offset);
        Value::with_span(ValueInner::Table(self.into_table()), span)
    }
}
