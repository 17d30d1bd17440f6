//! A flow as a Mermaid sequence diagram, for wikis and Markdown.
//!
//! Mermaid knows fewer looks than a [`Class`] has; labels say the rest. Media are notes across
//! their life-lines and pauses of a second and more are notes across all.

use crate::clock;
use crate::measure;
use crate::model::{Arrow, Class, Delivery, Flow, Item};
use std::fmt;

/// Writes `flow` as a Mermaid `sequenceDiagram`.
#[must_use]
pub fn to_mermaid(flow: &Flow) -> String {
    diagram(flow).to_string()
}

/// As [`to_mermaid`], to be written piece by piece.
pub fn diagram(flow: &Flow) -> impl fmt::Display {
    Diagram { flow, lines: flow.lanes() }
}

/// Text within a Mermaid statement: all that its grammar, its Markdown or HTML give a meaning to
/// is written as a character code, `#59;`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = measure::plain(self.0);
        let text = text.trim();
        if text.is_empty() {
            // A statement needs a text.
            return f.write_str("#8203;");
        }
        // "wrap:" in front asks Mermaid to wrap.
        let directive = ["wrap:", "nowrap:"].iter().any(|word| {
            text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        });
        let mut escaped_colon = !directive;
        for c in text.chars() {
            let plain = c.is_ascii_alphanumeric()
                || matches!(c, ' ' | '.' | ',' | '/' | '=' | '?' | '@' | '(' | ')' | '\'' | '!')
                || (c == ':' && escaped_colon)
                || !c.is_ascii();
            if plain {
                write!(f, "{c}")?;
            } else {
                escaped_colon |= c == ':';
                write!(f, "#{};", u32::from(c))?;
            }
        }
        Ok(())
    }
}

/// A flow, written by its [`Display`](fmt::Display).
struct Diagram<'a> {
    flow: &'a Flow,
    /// Life-lines, one included for actors that do not exist where an item names one.
    lines: usize,
}

impl fmt::Display for Diagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sequenceDiagram")?;
        if !self.flow.title.trim().is_empty() {
            writeln!(f, "    title {}", Escaped(&self.flow.title))?;
        }
        // A diagram of nothing is not valid; one of a single life-line is.
        for line in 0..self.lines.max(1) {
            let actor = self.flow.actors.get(line);
            let label = actor.map_or("unknown", |actor| &actor.label);
            write!(f, "    participant a{line} as {}", Escaped(label))?;
            match actor {
                Some(actor) if !actor.detail.is_empty() && actor.detail != actor.label => {
                    writeln!(f, "<br/>{}", Escaped(&actor.detail))?;
                }
                _ => writeln!(f)?,
            }
        }
        let tagged = self.flow.tagged();
        let mut before = None;
        for item in &self.flow.items {
            let now = item.time_us();
            let pause = before.map_or(0, |before| now.saturating_sub(before));
            if pause >= 1_000_000 {
                writeln!(f, "    {}: {} later", self.over(None), clock::difference(pause))?;
            }
            before = Some(now);
            self.item(f, item, tagged)?;
        }
        Ok(())
    }
}

impl Diagram<'_> {
    fn item(&self, f: &mut fmt::Formatter<'_>, item: &Item, tagged: bool) -> fmt::Result {
        match item {
            Item::Message(arrow) => {
                let (from, to) = (self.line(arrow.from), self.line(arrow.to));
                write!(f, "    a{from}{}a{to}: ", look(arrow))?;
                if tagged {
                    write!(f, "{} ", arrow.protocol.tag())?;
                }
                write!(f, "{}", Escaped(&arrow.label))?;
                if arrow.repeats > 0 {
                    write!(f, " ×{}", u64::from(arrow.repeats) + 1)?;
                }
                if arrow.delivery == Delivery::Lost {
                    f.write_str(" (lost)")?;
                }
                writeln!(f)
            }
            Item::Media(band) => {
                let (from, to) = (self.line(band.from), self.line(band.to));
                let over = if from == to {
                    format!("Note over a{from}")
                } else {
                    format!("Note over a{},a{}", from.min(to), from.max(to))
                };
                let way = if to < from { "←" } else { "→" };
                let span = clock::difference(band.end_us.saturating_sub(band.start_us));
                writeln!(f, "    {over}: {way} {}, {span}", Escaped(&band.label))
            }
            Item::Note(note) => {
                write!(f, "    {}: ", self.over(note.actor))?;
                if let Some(rule) = &note.rule {
                    write!(f, "{} ", Escaped(&format!("[{rule}]")))?;
                }
                writeln!(f, "{}", Escaped(&note.text))
            }
            Item::State(change) => writeln!(
                f,
                "    {}: {} → {}",
                self.over(Some(change.actor)),
                Escaped(&change.from),
                Escaped(&change.to)
            ),
        }
    }

    /// The opening of a note at one actor, or across all.
    fn over(&self, actor: Option<usize>) -> String {
        match actor {
            Some(actor) => format!("Note over a{}", self.line(actor)),
            None if self.lines > 1 => format!("Note over a0,a{}", self.lines - 1),
            None => "Note over a0".to_owned(),
        }
    }

    fn line(&self, actor: usize) -> usize {
        actor.min(self.lines.saturating_sub(1))
    }
}

/// Mermaid's arrow for a message.
const fn look(arrow: &Arrow) -> &'static str {
    match (arrow.class, arrow.delivery) {
        (Class::Request, Delivery::Lost) => "-x",
        (_, Delivery::Lost) => "--x",
        (Class::Request, Delivery::Delivered) => "->>",
        (Class::Provisional, Delivery::Delivered) => "--)",
        (_, Delivery::Delivered) => "-->>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;
    use proptest::prelude::*;

    #[test]
    fn flows_are_written_as_before() {
        insta::assert_snapshot!("call", to_mermaid(&cases::call()));
        insta::assert_snapshot!("recording", to_mermaid(&cases::recording()));
        insta::assert_snapshot!("nothing", to_mermaid(&Flow::default()));
    }

    #[test]
    fn what_mermaid_would_read_is_escaped() {
        for (text, escaped) in [
            ("INVITE sip:a@b", "INVITE sip:a@b"),
            ("a; b", "a#59; b"),
            ("a#b", "a#35;b"),
            ("<b>", "#60;b#62;"),
            ("%% x", "#37;#37; x"),
            ("$$x$$", "#36;#36;x#36;#36;"),
            ("one\ntwo", "one two"),
            ("wrap:x:y", "wrap#58;x:y"),
            ("NoWrap: x", "NoWrap#58; x"),
            ("end -->> a0", "end #45;#45;#62;#62; a0"),
            ("", "#8203;"),
        ] {
            assert_eq!(Escaped(text).to_string(), escaped, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_flow_is_one_statement_a_line(flow in cases::any_flow()) {
            let text = to_mermaid(&flow);
            let mut lines = text.lines();
            prop_assert_eq!(lines.next(), Some("sequenceDiagram"));
            for line in lines {
                let statement = line.trim_start();
                let known = ["title ", "participant a", "Note over a", "a"];
                prop_assert!(known.iter().any(|start| statement.starts_with(start)), "{line:?}");
                // A semicolon ends a statement unless it ends a character code.
                for (at, _) in line.match_indices(';') {
                    let code = line[..at].rsplit('#').next().unwrap();
                    prop_assert!(code.bytes().all(|b| b.is_ascii_digit()), "{line:?}");
                }
            }
        }
    }
}
