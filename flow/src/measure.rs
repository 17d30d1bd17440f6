//! Text without a font at hand: an estimate of its width, fitting and wrapping by it, and the
//! replacement of what cannot be shown.
//!
//! The estimate is that of DejaVu Sans, the widest of the common sans-serif faces, so that fitted
//! text stays inside its place in any of them.

use std::borrow::Cow;

/// Stands for text that was left out.
const ELLIPSIS: char = '…';

/// Estimated width of `text` in px at a font size of `size` px.
#[must_use]
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// How much wider than regular a bold face runs.
pub const BOLD: f64 = 1.13;

/// `text` shortened with an ellipsis so that its estimated width stays within `room` px.
#[must_use]
pub fn fit(text: &str, size: f64, room: f64) -> Cow<'_, str> {
    fit_by(text, room / size, advance)
}

/// `text` broken at spaces into at most `max_lines` lines of `room` px; what is left over ends in
/// an ellipsis, and a word longer than a line is cut. Empty text gives one empty line.
#[must_use]
pub fn wrap(text: &str, size: f64, room: f64, max_lines: usize) -> Vec<String> {
    wrap_by(text, room / size, max_lines, advance)
}

/// Columns that a character takes in a terminal: 0, 1 or 2.
#[must_use]
pub const fn columns_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        // East Asian wide forms and pictographs.
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// Columns that `text` takes in a terminal.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// `text` shortened with an ellipsis to `room` columns.
#[must_use]
pub fn fit_columns(text: &str, room: usize) -> Cow<'_, str> {
    fit_by(text, room as f64, |c| columns_of(c) as f64)
}

/// `text` broken at spaces into lines of `room` columns; a word longer than a line is cut.
#[must_use]
pub fn wrap_columns(text: &str, room: usize) -> Vec<String> {
    wrap_by(text, room as f64, usize::MAX, |c| columns_of(c) as f64)
}

fn fit_by(text: &str, room: f64, advance: impl Fn(char) -> f64) -> Cow<'_, str> {
    if text.chars().map(&advance).sum::<f64>() <= room {
        return Cow::Borrowed(text);
    }
    let mut left = room - advance(ELLIPSIS);
    let mut fitted = String::new();
    for c in text.chars() {
        left -= advance(c);
        if left < 0.0 {
            break;
        }
        fitted.push(c);
    }
    let end = fitted.trim_end().len();
    fitted.truncate(end);
    fitted.push(ELLIPSIS);
    Cow::Owned(fitted)
}

fn wrap_by(
    text: &str,
    room: f64,
    max_lines: usize,
    advance: impl Fn(char) -> f64 + Copy,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut line_width = 0.0;
    let space = advance(' ');
    for word in text.split_whitespace() {
        let word_width: f64 = word.chars().map(advance).sum();
        if !line.is_empty() && line_width + space + word_width > room {
            lines.push(std::mem::take(&mut line));
            line_width = 0.0;
            if lines.len() > max_lines {
                break;
            }
        }
        if !line.is_empty() {
            line.push(' ');
            line_width += space;
        }
        line.push_str(word);
        line_width += word_width;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    let cut = lines.len() > max_lines;
    lines.truncate(max_lines.max(1));
    if cut && let Some(last) = lines.last_mut() {
        last.push(ELLIPSIS);
    }
    for line in &mut lines {
        if let Cow::Owned(fitted) = fit_by(line, room, advance) {
            *line = fitted;
        }
    }
    lines
}

/// `text` on one line and with nothing that hides or turns other text: line breaks and tabs
/// become spaces, other controls and the direction overrides become `�`.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) {
        return Cow::Borrowed(text);
    }
    text.chars().map(shown).collect::<String>().into()
}

/// The character that is shown for `c`.
const fn shown(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => '\u{fffd}',
        // Direction marks, embeddings, overrides and isolates; non-characters.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            '\u{fffd}'
        }
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        other => other,
    }
}

/// Width of one character in units of the font size.
const fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.31,
        ' ' | '.' | ',' | ':' | ';' | 'I' | 'J' | '!' | '/' | '-' => 0.35,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '"' => 0.42,
        'm' | 'M' | 'W' | '@' | '%' | '…' => 0.99,
        'w' | 'D' | 'G' | 'H' | 'N' | 'O' | 'Q' | '→' | '←' | '×' | '+' | '=' | '<' | '>' => {
            0.83
        }
        'A'..='Z' => 0.69,
        other => match columns_of(other) {
            0 => 0.0,
            1 => 0.63,
            _ => 1.05,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fitting_keeps_what_fits_and_marks_what_was_cut() {
        assert_eq!(fit("INVITE", 12.0, 100.0), "INVITE");
        assert_eq!(fit("407 Proxy Authentication Required", 12.0, 80.0), "407 Proxy…");
        assert_eq!(fit("anything", 12.0, 0.0), "…");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_marks_the_rest() {
        assert_eq!(wrap("one two three", 10.0, 50.0, 9), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 10.0, 60.0, 1), ["one two…"]);
        assert_eq!(wrap("", 10.0, 50.0, 3), [""]);
    }

    #[test]
    fn controls_and_direction_overrides_are_replaced() {
        assert_eq!(plain("a\r\nb\u{202e}c\u{1b}[0m"), "a  b\u{fffd}c\u{fffd}[0m");
        assert!(matches!(plain("Grüße 你好"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn fitted_text_is_within_its_room(text in ".{0,80}", room in 20.0f64..400.0) {
            prop_assert!(width(&fit(&text, 12.0, room), 12.0) <= room);
        }

        #[test]
        fn wrapped_lines_are_within_room_and_number(text in ".{0,200}", room in 30.0f64..300.0, max in 1usize..6) {
            let lines = wrap(&text, 12.0, room, max);
            prop_assert!(!lines.is_empty() && lines.len() <= max);
            for line in lines {
                prop_assert!(width(&line, 12.0) <= room, "{line:?}");
            }
        }
    }
}
