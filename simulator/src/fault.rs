//! What goes wrong on purpose, as short texts that read back as they are written.
//!
//! | Text | What happens |
//! | --- | --- |
//! | `lose:UPDATE@recorder:2` | the second UPDATE from the recorder never arrives, however often it is sent again |
//! | `lose-once:UPDATE@recorder:2` | its first transmission is lost; what is sent again arrives |
//! | `duplicate:INVITE@recorder,phone` | the first INVITE from recorder to phone arrives twice |
//! | `delay=300ms:ACK@recorder` | the first ACK takes 300 ms more, each time that it is sent |
//! | `corrupt:200/INVITE@phone` | a byte of the first line of the first 200 to INVITE is changed |
//! | `cut:phone,recorder@10s..14s` | nothing passes between the two from 10 s to 14 s; with one actor, between it and anyone; without an end, for ever |
//! | `loss=5%:phone,recorder` | one of twenty packets between the two is lost; also `duplication=`, `reordering=`, `latency=`, `jitter=`, and `:*` for all links |
//! | `do:phone power-off@12s` | what a script could do to an actor |
//!
//! Which message is meant is told as in [`crate::pattern`]; without a number it is the first.
//! `RTP` counts packets: `lose:RTP@phone:100..149`.

use crate::network::Quality;
use crate::pattern::{MessagePattern, Pattern};
use crate::text;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something happens to messages.
    Message {
        /// What.
        effect: Effect,
        /// To which.
        target: MessagePattern,
    },
    /// Nothing passes for a while.
    Cut {
        /// One end.
        one: String,
        /// The other; everyone if `None`.
        other: Option<String>,
        /// From when on.
        from: Duration,
        /// Until when; for ever if `None`.
        until: Option<Duration>,
    },
    /// A link is worse than the scenario has it.
    Link {
        /// In what way.
        quality: Quality,
        /// Between whom; all links if `None`.
        between: Option<(String, String)>,
    },
    /// Something is done to an actor.
    Order {
        /// To whom.
        actor: String,
        /// What: the words of a scenario's `do`.
        words: String,
        /// When.
        at: Duration,
    },
}

/// What happens to a message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It never arrives, however often it is sent.
    Lose,
    /// It is lost the first time.
    LoseOnce,
    /// It arrives twice.
    Duplicate,
    /// It takes longer.
    Delay(Duration),
    /// It arrives damaged.
    Corrupt,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(fault: &str) -> Result<Self, String> {
        let fault = fault.trim();
        let Some((action, target)) = fault.split_once(':') else {
            return Err(format!("{fault:?} says not what happens: {EXAMPLES}"));
        };
        let (action, value) = match action.split_once('=') {
            Some((action, value)) => (action, Some(value)),
            None => (action, None),
        };
        let effect = match (action, value) {
            ("lose", None) => Effect::Lose,
            ("lose-once", None) => Effect::LoseOnce,
            ("duplicate", None) => Effect::Duplicate,
            ("corrupt", None) => Effect::Corrupt,
            ("delay", Some(value)) => {
                let delay = text::duration(value);
                Effect::Delay(delay.ok_or_else(|| no_duration(value))?)
            }
            ("delay", None) => {
                return Err(format!("{fault:?} says not how long: write delay=300ms:{target}"));
            }
            ("cut", None) => return cut(target),
            ("do", None) => return order(target),
            (name, Some(value)) => return link(name, value, target),
            _ => return Err(format!("{action:?} is nothing that can happen: {EXAMPLES}")),
        };
        let Pattern::Message(target) = target.parse()? else {
            return Err(format!("{target:?} is no message: only messages can be on their way"));
        };
        Ok(Self::Message { effect, target })
    }
}

const EXAMPLES: &str = "write lose:UPDATE@recorder:2, lose-once:…, duplicate:…, delay=300ms:…, \
                        corrupt:…, cut:phone,recorder@10s..14s, loss=5%:phone,recorder \
                        or do:phone power-off@12s";

fn no_duration(text: &str) -> String {
    format!("{text:?} is no duration: write 300ms, 1.5s or 2min")
}

fn cut(target: &str) -> Result<Fault, String> {
    let wrong = || format!("{target:?} says not who is cut off when: write cut:ONE,OTHER@10s..14s");
    let (ends, times) = target.rsplit_once('@').ok_or_else(wrong)?;
    let (one, other) = match ends.split_once(',') {
        Some((one, other)) => (one.trim(), Some(other.trim().to_owned())),
        None => (ends.trim(), None),
    };
    if one.is_empty() {
        return Err(wrong());
    }
    let (from, until) = match times.split_once("..") {
        Some((from, "")) => (from, None),
        Some((from, until)) => (from, Some(until)),
        None => (times, None),
    };
    let time = |at: &str| text::duration(at).ok_or_else(|| no_duration(at));
    let from = time(from)?;
    let until = until.map(time).transpose()?;
    Ok(Fault::Cut { one: one.to_owned(), other, from, until })
}

fn order(target: &str) -> Result<Fault, String> {
    let wrong = || format!("{target:?} says not what to do when: write do:ACTOR WORDS@12s");
    let (order, at) = target.rsplit_once('@').ok_or_else(wrong)?;
    let (actor, words) = order.trim().split_once(' ').ok_or_else(wrong)?;
    let at = text::duration(at).ok_or_else(|| no_duration(at))?;
    Ok(Fault::Order { actor: actor.to_owned(), words: words.trim().to_owned(), at })
}

fn link(name: &str, value: &str, target: &str) -> Result<Fault, String> {
    let quality = Quality::parse(name, value)?;
    let between = match target.trim() {
        "*" => None,
        ends => {
            let (one, other) = ends.split_once(',').ok_or_else(|| {
                format!("{target:?} is no link: write {name}={value}:ONE,OTHER or {name}={value}:*")
            })?;
            Some((one.trim().to_owned(), other.trim().to_owned()))
        }
    };
    Ok(Fault::Link { quality, between })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { effect, target } => write!(f, "{effect}:{target}"),
            Self::Cut { one, other, from, until } => {
                write!(f, "cut:{one}")?;
                if let Some(other) = other {
                    write!(f, ",{other}")?;
                }
                write!(f, "@{}", text::write_duration(*from))?;
                match until {
                    Some(until) => write!(f, "..{}", text::write_duration(*until)),
                    None => Ok(()),
                }
            }
            Self::Link { quality, between: Some((one, other)) } => {
                write!(f, "{quality}:{one},{other}")
            }
            Self::Link { quality, between: None } => write!(f, "{quality}:*"),
            Self::Order { actor, words, at } => {
                write!(f, "do:{actor} {words}@{}", text::write_duration(*at))
            }
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lose => f.write_str("lose"),
            Self::LoseOnce => f.write_str("lose-once"),
            Self::Duplicate => f.write_str("duplicate"),
            Self::Delay(delay) => write!(f, "delay={}", text::write_duration(*delay)),
            Self::Corrupt => f.write_str("corrupt"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_back_as_they_are_written() {
        for text in [
            "lose:UPDATE@recorder:2",
            "lose-once:UPDATE@recorder,phone:2..4",
            "duplicate:INVITE",
            "delay=300ms:ACK@recorder",
            "corrupt:200/INVITE@phone:2..",
            "lose:RTP@phone:100..149",
            "cut:phone,recorder@10s..14s",
            "cut:phone@1.5s",
            "loss=5%:phone,recorder",
            "jitter=20ms:*",
            "do:phone power-off@12s",
        ] {
            let fault: Fault = text.parse().unwrap();
            assert_eq!(fault.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_with_what_to_write() {
        for (text, says) in [
            ("UPDATE", "write lose:"),
            ("explode:phone", "nothing that can happen"),
            ("delay:ACK", "delay=300ms:ACK"),
            ("delay=soon:ACK", "is no duration"),
            ("cut:phone", "write cut:"),
            ("loss=lots:*", "loss=5%"),
            ("loss=5%:phone", "ONE,OTHER"),
            ("lose:media:phone", "is no message"),
            ("lose:", "names no message"),
            ("do:phone@3s", "do:ACTOR WORDS@12s"),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
