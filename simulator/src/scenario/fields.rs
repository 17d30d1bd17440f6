//! A table's fields, read one by one with their places; what is left over is a mistake.

use super::Problem;
use super::setting::Setting;
use crate::text;
use recscope_core::rule::Rule;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;
use toml_span::Span;
use toml_span::value::{Key, Table, Value, ValueInner};

/// The file that is read: to tell where a problem is, and what `$key` means.
pub(super) struct Document<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
    pub(super) settings: Vec<Setting>,
}

impl Document<'_> {
    pub(super) fn problem(&self, offset: usize, message: impl Into<String>) -> Problem {
        Problem::at(self.file, self.text, offset, message)
    }

    pub(super) fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key == key)
    }

    /// What a text stands for: itself, or the setting that it names.
    fn resolve(&self, value: &str, offset: usize) -> Result<String, Problem> {
        let Some(key) = value.strip_prefix('$') else { return Ok(value.to_owned()) };
        self.setting(key).map(|setting| setting.value.clone()).ok_or_else(|| {
            self.problem(
                offset,
                format!("there is no setting {key:?}: declare it as a [[setting]]"),
            )
        })
    }
}

/// A table under reading.
pub(super) struct Fields<'d, 't> {
    document: &'d Document<'t>,
    table: Table<'t>,
    /// Where the table is.
    pub(super) offset: usize,
    /// What it is, for problems: `an actor`.
    what: &'static str,
    known: Vec<&'static str>,
    /// Fields as they were read, for a reader.
    pub(super) seen: Vec<(String, String)>,
}

/// A text with its place.
pub(super) struct Text {
    pub(super) value: String,
    pub(super) offset: usize,
}

impl<'d, 't> Fields<'d, 't> {
    pub(super) fn new(
        document: &'d Document<'t>,
        mut value: Value<'t>,
        what: &'static str,
    ) -> Result<Self, Problem> {
        let offset = value.span.start;
        match value.take() {
            ValueInner::Table(table) => {
                Ok(Self { document, table, offset, what, known: Vec::new(), seen: Vec::new() })
            }
            other => {
                let found = other.type_str();
                Err(document.problem(offset, format!("{what} is a table, not {found}")))
            }
        }
    }

    pub(super) fn problem(&self, offset: usize, message: impl Into<String>) -> Problem {
        self.document.problem(offset, message)
    }

    /// The document's settings' values may stand for any text.
    pub(super) const fn document(&self) -> &'d Document<'t> {
        self.document
    }

    pub(super) fn has(&self, key: &'static str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// What the file gives for a key that is still to be read, a `$key` unresolved.
    pub(super) fn given(&self, key: &str) -> Option<String> {
        let value = self.table.get(key)?;
        match value.as_ref() {
            ValueInner::String(text) => Some(text.clone().into_owned()),
            ValueInner::Integer(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Replaces what is to be read for a key.
    pub(super) fn put(&mut self, key: &'static str, value: String) {
        let place = self.table.get(key).map_or(self.offset, |value| value.span.start);
        let span = Span::new(place, place);
        let value = Value::with_span(ValueInner::String(value.into()), span);
        self.table.insert(Key { name: key.into(), span }, value);
    }

    pub(super) fn missing(&self, key: &str) -> Problem {
        self.problem(self.offset, format!("{} needs {key}", self.what))
    }

    /// A text, a number or a switch, as text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<Text>, Problem> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let text = self.scalar(key, value)?;
        self.seen.push((key.to_owned(), text.value.clone()));
        Ok(Some(text))
    }

    fn scalar(&self, key: &str, mut value: Value<'t>) -> Result<Text, Problem> {
        let offset = value.span.start;
        let value = match value.take() {
            ValueInner::String(text) => self.document.resolve(&text, offset)?,
            ValueInner::Integer(number) => number.to_string(),
            ValueInner::Float(number) => number.to_string(),
            ValueInner::Boolean(switch) => switch.to_string(),
            other => {
                let found = other.type_str();
                return Err(self.problem(offset, format!("{key} is one value, not {found}")));
            }
        };
        Ok(Text { value, offset })
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<Text, Problem> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// A list of texts; one text is a list of one, and texts may hold several between commas.
    pub(super) fn list(&mut self, key: &'static str) -> Result<Vec<Text>, Problem> {
        let Some(mut value) = self.take(key) else { return Ok(Vec::new()) };
        let list = match value.take() {
            ValueInner::Array(values) => {
                values.into_iter().map(|value| self.scalar(key, value)).collect::<Result<_, _>>()?
            }
            other => vec![self.scalar(key, Value::with_span(other, value.span))?],
        };
        let shown: Vec<_> = list.iter().map(|text| text.value.as_str()).collect();
        self.seen.push((key.to_owned(), shown.join(", ")));
        Ok(list)
    }

    /// A value that `read` makes of a text.
    pub(super) fn with<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        read(&text.value)
            .map(Some)
            .map_err(|message| self.problem(text.offset, format!("{key}: {message}")))
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>, Problem> {
        self.with(key, |value| {
            text::duration(value)
                .ok_or_else(|| format!("{value:?} is no duration: write 20ms, 1.5s or 2min"))
        })
    }

    pub(super) fn size(&mut self, key: &'static str) -> Result<Option<u64>, Problem> {
        self.with(key, |value| {
            text::size(value)
                .ok_or_else(|| format!("{value:?} is no size: write 20KB, 64MB or a number"))
        })
    }

    pub(super) fn number(&mut self, key: &'static str) -> Result<Option<u32>, Problem> {
        self.with(key, |value| {
            text::number(value).ok_or_else(|| format!("{value:?} is no whole number"))
        })
    }

    pub(super) fn port(&mut self, key: &'static str) -> Result<Option<u16>, Problem> {
        self.with(key, |value| {
            value.parse().map_err(|_| format!("{value:?} is no port: write 1 to 65535"))
        })
    }

    pub(super) fn switch(&mut self, key: &'static str) -> Result<Option<bool>, Problem> {
        self.choice(key, &[("true", true), ("false", false)])
    }

    pub(super) fn address(&mut self, key: &'static str) -> Result<Option<Ipv4Addr>, Problem> {
        self.with(key, |value| {
            value.parse().map_err(|_| format!("{value:?} is no IPv4 address: write 192.0.2.20"))
        })
    }

    /// An address with a port, or the port that is usual.
    pub(super) fn socket(
        &mut self,
        key: &'static str,
        usual: u16,
    ) -> Result<Option<SocketAddr>, Problem> {
        self.with(key, |value| {
            let socket: Result<SocketAddrV4, _> = value.parse();
            let address = || value.parse::<Ipv4Addr>().map(|ip| SocketAddrV4::new(ip, usual));
            let wrong = |_| format!("{value:?} is no address with port: write 192.0.2.1:{usual}");
            socket.or_else(|_| address()).map(SocketAddr::V4).map_err(wrong)
        })
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Problem> {
        self.with(key, |value| {
            let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(value));
            found.map(|(_, choice)| *choice).ok_or_else(|| {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                format!("{value:?} is not among {}", names.join(", "))
            })
        })
    }

    pub(super) fn rule(&mut self) -> Result<Option<&'static Rule>, Problem> {
        self.with("rule", |id| {
            Rule::find(id).ok_or_else(|| format!("there is no rule {id:?}: write one like MX-S1"))
        })
    }

    /// Tables of an array of tables.
    pub(super) fn tables(&mut self, key: &'static str) -> Result<Vec<Value<'t>>, Problem> {
        let Some(mut value) = self.take(key) else { return Ok(Vec::new()) };
        match value.take() {
            ValueInner::Array(values) => Ok(values),
            _ => Err(self.problem(value.span.start, format!("{key} are tables: write [[{key}]]"))),
        }
    }

    /// Ends the reading: whatever was not asked for is a mistake.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let Some((key, _)) = self.table.iter().min_by_key(|(key, _)| key.span.start) else {
            return Ok(());
        };
        let known = self.known.join(", ");
        let message = format!("{} has no {:?}: it has {known}", self.what, key.name);
        Err(self.document.problem(key.span.start, message))
    }
}

impl<'t> Fields<'_, 't> {
    pub(super) fn into_table(self) -> Table<'t> {
        self.table
    }

    /// Notes a key that was read before.
    pub(super) fn known_before(&mut self, key: &'static str) {
        self.known.push(key);
    }
}
