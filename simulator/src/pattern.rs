//! Short texts that say which step of a run is meant: `UPDATE@recorder,phone:2`,
//! `state:phone/active recording/recording`.
//!
//! | Text | What it means |
//! | --- | --- |
//! | `INVITE` | a SIP request by its method; one inside a dialog is a `RE-INVITE` |
//! | `200/INVITE`, `200`, `4xx` | a SIP answer by status and method, by status, by its class |
//! | `RecordStartRequest`, `MonitorStart`, `GET`, `RRQ`, `SYN` | messages of the other protocols by their names |
//! | `SIP`, `CSTA`, `HTTP`, `RAS`, `H225`, `TCP`, `CONTROL`, `*` | any message of a protocol, or at all |
//! | `…@phone`, `…@phone,recorder` | sent by, or from one to the other |
//! | `…:2`, `…:2..`, `…:2..4` | the second of them; from the second on; the second to fourth |
//! | `state:phone/active recording/recording` | an actor's machine entered a state; either may be `*` |
//! | `state:phone/active recording/idle/BYE` | … and for this cause |
//! | `media:phone,recorder` | a stream began |
//! | `prompt:phone`, `prompt:phone/USB` | the phone showed something, with these words in it |
//! | `ignored:phone`, `note:phone` | the actor dropped something; remarked something |
//! | `do:phone`, `do:phone/power` | something was done to the actor |
//!
//! What is sent again because no answer came is the same message: it does not count twice.

use crate::text;
use recscope_flow::Protocol;
use std::fmt;
use std::str::FromStr;

/// Which of the matching steps are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The first one meant, counted from 1.
    pub first: u32,
    /// The last one meant; all that follow if there is none.
    pub last: Option<u32>,
}

impl Occurrence {
    /// The first alone.
    pub const FIRST: Self = Self { first: 1, last: Some(1) };

    /// Whether the one of this number, counted from 1, is meant.
    #[must_use]
    pub fn holds(self, number: u32) -> bool {
        number >= self.first && self.last.is_none_or(|last| number <= last)
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) if last == self.first => write!(f, "{last}"),
            Some(last) => write!(f, "{}..{last}", self.first),
            None => write!(f, "{}..", self.first),
        }
    }
}

/// Messages, by name and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePattern {
    /// What [`MessageName::matches`] compares with.
    pub name: String,
    /// Who sent it.
    pub from: Option<String>,
    /// Whom it is for.
    pub to: Option<String>,
    /// Which of them.
    pub occurrence: Option<Occurrence>,
}

/// What a message is called in patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageName<'a> {
    /// `INVITE`, `200/INVITE`, `RecordStartRequest`.
    pub name: &'a str,
    /// What it is a message of.
    pub protocol: Protocol,
}

impl MessageName<'_> {
    /// Whether a pattern's name means this message.
    #[must_use]
    pub fn matches(&self, pattern: &str) -> bool {
        if pattern == "*" || self.name.eq_ignore_ascii_case(pattern) {
            return true;
        }
        if let Some((status, method)) = self.name.split_once('/') {
            let (wanted, wanted_method) = match pattern.split_once('/') {
                Some((wanted, method)) => (wanted, Some(method)),
                None => (pattern, None),
            };
            let class = |text: &str| text.as_bytes().first().copied();
            let same = wanted == status
                || wanted.len() == 3
                    && wanted.get(1..).is_some_and(|rest| rest.eq_ignore_ascii_case("xx"))
                    && class(wanted) == class(status);
            if same && wanted_method.is_none_or(|wanted| wanted.eq_ignore_ascii_case(method)) {
                return true;
            }
        }
        protocol_name(self.protocol).eq_ignore_ascii_case(pattern)
    }
}

/// A protocol's name in patterns.
#[must_use]
pub const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Sip => "SIP",
        Protocol::Control => "CONTROL",
        Protocol::Csta => "CSTA",
        Protocol::Http => "HTTP",
        Protocol::Ras => "RAS",
        Protocol::H225 => "H225",
        Protocol::Tcp => "TCP",
        Protocol::Rtp => "RTP",
        Protocol::Local => "LOCAL",
    }
}

impl FromStr for MessagePattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, occurrence) = split_occurrence(text)?;
        let (name, ends) = match text.split_once('@') {
            Some((name, ends)) => (name, Some(ends)),
            None => (text, None),
        };
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!(
                "{text:?} names no message: write something like INVITE@recorder or 200/UPDATE"
            ));
        }
        let (from, to) = ends.map(ends_of).transpose()?.unwrap_or_default();
        Ok(Self { name: name.to_owned(), from, to, occurrence })
    }
}

impl fmt::Display for MessagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => write!(f, "@{from},{to}")?,
            (Some(from), None) => write!(f, "@{from}")?,
            (None, Some(to)) => write!(f, "@,{to}")?,
            (None, None) => {}
        }
        self.occurrence.iter().try_for_each(|occurrence| write!(f, ":{occurrence}"))
    }
}

/// Steps of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A message was sent.
    Message(MessagePattern),
    /// A machine changed its state.
    State {
        /// Whose.
        actor: String,
        /// Which machine; any if `None`.
        machine: Option<String>,
        /// The state entered; any if `None`.
        state: Option<String>,
        /// What made it.
        cause: Option<String>,
        /// Which of them.
        occurrence: Option<Occurrence>,
    },
    /// A stream began.
    Media {
        /// Who sends it.
        from: Option<String>,
        /// Whom it is for.
        to: Option<String>,
        /// Which of them.
        occurrence: Option<Occurrence>,
    },
    /// A remark at an actor.
    Remark {
        /// Which sort.
        kind: Remark,
        /// At whom.
        actor: Option<String>,
        /// Words in it, letter case aside.
        words: Option<String>,
        /// Which of them.
        occurrence: Option<Occurrence>,
    },
}

/// Sorts of remarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The phone shows its user something.
    Prompt,
    /// Something that arrived was dropped on purpose.
    Ignored,
    /// An explanation.
    Note,
    /// Something was done to the actor by hand.
    Done,
}

impl Remark {
    /// The word that patterns begin with.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Ignored => "ignored",
            Self::Note => "note",
            Self::Done => "do",
        }
    }

    const ALL: [Self; 4] = [Self::Prompt, Self::Ignored, Self::Note, Self::Done];
}

impl Pattern {
    /// Which of the matching steps are meant.
    #[must_use]
    pub const fn occurrence(&self) -> Option<Occurrence> {
        match self {
            Self::Message(MessagePattern { occurrence, .. })
            | Self::State { occurrence, .. }
            | Self::Media { occurrence, .. }
            | Self::Remark { occurrence, .. } => *occurrence,
        }
    }

    /// The actors it names.
    pub fn actors(&self) -> impl Iterator<Item = &str> {
        let (one, other) = match self {
            Self::Message(MessagePattern { from, to, .. }) | Self::Media { from, to, .. } => {
                (from.as_deref(), to.as_deref())
            }
            Self::State { actor, .. } => (Some(actor.as_str()), None),
            Self::Remark { actor, .. } => (actor.as_deref(), None),
        };
        one.into_iter().chain(other)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((word, rest)) = text.split_once(':') else {
            return text.parse().map(Self::Message);
        };
        let remark = Remark::ALL.into_iter().find(|kind| kind.name() == word);
        if !matches!(word, "state" | "media") && remark.is_none() {
            return text.parse().map(Self::Message);
        }
        let (rest, occurrence) = split_occurrence(rest)?;
        let mut parts = rest.split('/').map(str::trim);
        let mut part = || parts.next().filter(|part| !matches!(*part, "" | "*")).map(str::to_owned);
        Ok(match (word, remark) {
            ("state", _) => {
                let actor = part().ok_or_else(|| {
                    format!("{text:?} names no actor: write state:ACTOR/MACHINE/STATE")
                })?;
                let (machine, state, cause) = (part(), part(), part());
                Self::State { actor, machine, state, cause, occurrence }
            }
            (_, Some(kind)) => Self::Remark { kind, actor: part(), words: part(), occurrence },
            _ => {
                let (from, to) = ends_of(rest)?;
                Self::Media { from, to, occurrence }
            }
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        match self {
            Self::Message(pattern) => return pattern.fmt(f),
            Self::State { actor, machine, state, cause, .. } => {
                write!(f, "state:{actor}/{}/{}", part(machine), part(state))?;
                if let Some(cause) = cause {
                    write!(f, "/{cause}")?;
                }
            }
            Self::Media { from, to, .. } => {
                write!(f, "media:{}", part(from))?;
                if let Some(to) = to {
                    write!(f, ",{to}")?;
                }
            }
            Self::Remark { kind, actor, words, .. } => {
                write!(f, "{}:{}", kind.name(), part(actor))?;
                if let Some(words) = words {
                    write!(f, "/{words}")?;
                }
            }
        }
        self.occurrence().iter().try_for_each(|occurrence| write!(f, ":{occurrence}"))
    }
}

/// `FROM`, `FROM,TO` or `,TO`; `*` is anybody.
fn ends_of(text: &str) -> Result<(Option<String>, Option<String>), String> {
    let mut names = text.split(',').map(|name| {
        let name = name.trim();
        (!matches!(name, "" | "*")).then(|| name.to_owned())
    });
    let ends = (names.next().flatten(), names.next().flatten());
    if names.next().is_some() {
        return Err(format!("{text:?} names more than a sender and a receiver: write FROM,TO"));
    }
    Ok(ends)
}

/// Takes `:N`, `:N..` or `:N..M` off the end.
fn split_occurrence(text: &str) -> Result<(&str, Option<Occurrence>), String> {
    let Some((rest, numbers)) = text.rsplit_once(':') else { return Ok((text, None)) };
    if !numbers.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok((text, None));
    }
    let wrong =
        || format!("{numbers:?} is not which one is meant: write 2, 2.. or 2..4, counted from 1");
    let (first, last) = match numbers.split_once("..") {
        None => (numbers, Some(numbers)),
        Some((first, "")) => (first, None),
        Some((first, last)) => (first, Some(last)),
    };
    let first = text::number(first).filter(|first| *first > 0).ok_or_else(wrong)?;
    let last = match last {
        Some(last) => Some(text::number(last).filter(|last| *last >= first).ok_or_else(wrong)?),
        None => None,
    };
    Ok((rest, Some(Occurrence { first, last })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_back_as_they_are_written() {
        for text in [
            "INVITE",
            "UPDATE@recorder,phone:2",
            "200/INVITE@phone:1..3",
            "4xx@,phone:2..",
            "*@phone",
            "state:phone/active recording/recording",
            "state:phone/*/idle/BYE:2",
            "media:phone,recorder:2",
            "media:*",
            "prompt:phone/no drive",
            "ignored:*:3",
            "do:phone/power off",
        ] {
            let pattern: Pattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_what_to_write() {
        for (text, says) in [
            ("", "names no message"),
            ("INVITE@a,b,c", "write FROM,TO"),
            ("INVITE:0", "counted from 1"),
            ("INVITE:4..2", "2..4"),
            ("state:", "write state:ACTOR/MACHINE/STATE"),
            ("the second INVITE", "names no message"),
        ] {
            let error = text.parse::<Pattern>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn names_match_by_method_status_class_and_protocol() {
        let answer = MessageName { name: "200/INVITE", protocol: Protocol::Sip };
        for (pattern, matches) in [
            ("200/INVITE", true),
            ("200/invite", true),
            ("200", true),
            ("2xx", true),
            ("2xx/UPDATE", false),
            ("INVITE", false),
            ("sip", true),
            ("*", true),
            ("486", false),
            ("CSTA", false),
        ] {
            assert_eq!(answer.matches(pattern), matches, "{pattern}");
        }
    }
}
