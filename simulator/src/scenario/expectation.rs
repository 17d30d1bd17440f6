//! What has to come of a run.

use super::fields::{Document, Fields};
use super::{Problem, Scenario, reading};
use crate::pattern::{MessagePattern, Pattern};
use crate::text;
use std::time::Duration;
use toml_span::value::Value;

/// An expectation: its words, and how it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// In plain words, as a trainer would put it.
    pub text: String,
    /// How it is checked.
    pub check: Check,
}

/// How an expectation is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Steps that the pattern means happen so often.
    Seen {
        /// Which steps.
        pattern: Pattern,
        /// At least.
        at_least: u32,
        /// At most.
        at_most: Option<u32>,
    },
    /// A message arrives, so often.
    Arrives {
        /// Which messages.
        pattern: MessagePattern,
        /// At least.
        at_least: u32,
        /// At most.
        at_most: Option<u32>,
    },
    /// No such step happens: at all, or before or after another.
    Never {
        /// Which step.
        pattern: Pattern,
        /// Only steps before the first of these count; if it never comes, all do.
        before: Option<Box<Pattern>>,
        /// Only steps after the first of these count; if it never comes, none does.
        after: Option<Box<Pattern>>,
    },
    /// Steps happen in this order; others may come between.
    Order(Vec<Pattern>),
    /// A machine is in this state at the end.
    Ends {
        /// Whose.
        actor: String,
        /// Which machine.
        machine: String,
        /// The state.
        state: String,
    },
    /// The actor's drive holds recording files.
    File {
        /// Whose.
        actor: String,
        /// Its name, in which `*` is any text.
        name: String,
        /// How many there are; at least one if it is not said.
        count: Option<u32>,
        /// How long they are together, and how far off that may be.
        lasts: Option<(Duration, Duration)>,
    },
    /// Streams between two actors.
    Media {
        /// Who sends.
        from: String,
        /// Who receives.
        to: String,
        /// How many streams.
        count: Option<u32>,
        /// How long each lasts at least.
        at_least: Option<Duration>,
        /// How many packets may be lost in all.
        lost_at_most: Option<u64>,
    },
}

const SORTS: &str = "seen, arrives, never, order, ends, file or media";

pub(super) fn read(
    document: &Document<'_>,
    scenario: &Scenario,
    value: Value<'_>,
) -> Result<Expectation, Problem> {
    let mut table = Fields::new(document, value, "an expectation")?;
    let text = table.required("text")?.value;
    let check = if table.has("seen") {
        let pattern = required(&mut table, scenario, "seen")?;
        let (at_least, at_most) = count(&mut table)?;
        Check::Seen { pattern, at_least, at_most }
    } else if table.has("arrives") {
        let offset = table.offset;
        let Pattern::Message(pattern) = required(&mut table, scenario, "arrives")? else {
            return Err(
                table.problem(offset, "only a message arrives: write one like UPDATE@recorder")
            );
        };
        let (at_least, at_most) = count(&mut table)?;
        Check::Arrives { pattern, at_least, at_most }
    } else if table.has("never") {
        Check::Never {
            pattern: required(&mut table, scenario, "never")?,
            before: reading::pattern(&mut table, scenario, "before")?.map(Box::new),
            after: reading::pattern(&mut table, scenario, "after")?.map(Box::new),
        }
    } else if table.has("order") {
        let list = table.list("order")?;
        let patterns = list.iter().map(|text| {
            reading::checked_pattern(scenario, &text.value)
                .map_err(|message| document.problem(text.offset, message))
        });
        Check::Order(patterns.collect::<Result<_, _>>()?)
    } else if table.has("ends") {
        let text = table.required("ends")?;
        let mut parts = text.value.split('/').map(str::trim);
        let (Some(actor), Some(machine), Some(state), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let message = format!("{:?} is not ACTOR/MACHINE/STATE", text.value);
            return Err(document.problem(text.offset, message));
        };
        scenario.known(actor).map_err(|message| document.problem(text.offset, message))?;
        let [actor, machine, state] = [actor, machine, state].map(str::to_owned);
        Check::Ends { actor, machine, state }
    } else if table.has("file") {
        file(document, scenario, &mut table)?
    } else if table.has("media") {
        media(document, scenario, &mut table)?
    } else {
        let message = format!("an expectation needs one of {SORTS}");
        return Err(table.problem(table.offset, message));
    };
    table.finish()?;
    Ok(Expectation { text, check })
}

fn required(
    table: &mut Fields<'_, '_>,
    scenario: &Scenario,
    key: &'static str,
) -> Result<Pattern, Problem> {
    reading::pattern(table, scenario, key)?.ok_or_else(|| table.missing(key))
}

fn count(table: &mut Fields<'_, '_>) -> Result<(u32, Option<u32>), Problem> {
    let count = table.number("count")?;
    let (at_least, at_most) = (table.number("at_least")?, table.number("at_most")?);
    Ok(match count {
        Some(count) => (count, Some(count)),
        None => (at_least.unwrap_or(u32::from(at_most.is_none())), at_most),
    })
}

fn file(
    document: &Document<'_>,
    scenario: &Scenario,
    table: &mut Fields<'_, '_>,
) -> Result<Check, Problem> {
    let text = table.required("file")?;
    let Some((actor, name)) = text.value.split_once(':') else {
        let message = format!("{:?} is not ACTOR:NAME, like phone:Record_*.wav", text.value);
        return Err(document.problem(text.offset, message));
    };
    scenario.known(actor).map_err(|message| document.problem(text.offset, message))?;
    let count = table.number("count")?;
    let lasts = table.duration("lasts")?;
    let give = table.duration("give_or_take")?.unwrap_or(Duration::from_millis(100));
    let lasts = lasts.map(|lasts| (lasts, give));
    Ok(Check::File { actor: actor.to_owned(), name: name.to_owned(), count, lasts })
}

fn media(
    document: &Document<'_>,
    scenario: &Scenario,
    table: &mut Fields<'_, '_>,
) -> Result<Check, Problem> {
    let text = table.required("media")?;
    let Some((from, to)) = text.value.split_once(',') else {
        let message = format!("{:?} is not FROM,TO", text.value);
        return Err(document.problem(text.offset, message));
    };
    for name in [from, to] {
        scenario.known(name.trim()).map_err(|message| document.problem(text.offset, message))?;
    }
    let lost_at_most = table.with("lost_at_most", |value| {
        text::number(value).map(u64::from).ok_or_else(|| format!("{value:?} is no number"))
    })?;
    Ok(Check::Media {
        from: from.trim().to_owned(),
        to: to.trim().to_owned(),
        count: table.number("count")?,
        at_least: table.duration("at_least")?,
        lost_at_most,
    })
}
