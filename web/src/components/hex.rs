//! Bytes in hexadecimal, eight to a line, with a run of them lit up.

use std::ops::Range;
use yew::prelude::*;

/// Bytes to a line: what fits the pane.
const WIDTH: usize = 8;

/// Bytes shown at most: a message of 64 KiB is a rarity, and its text is still whole.
const MOST: usize = 16 * 1024;

/// Offset, bytes and characters of `bytes`, the first of which is at offset `base`; those in
/// `lit` are lit up.
pub fn hex(bytes: &[u8], lit: &Range<usize>, base: u64) -> Html {
    let lines = bytes.get(..MOST).unwrap_or(bytes).chunks(WIDTH).enumerate();
    html! {
        <div class="hex" tabindex="0" role="region" aria-label="Bytes in hexadecimal">
            <pre>
                { for lines.map(|(number, bytes)| line(bytes, lit, number * WIDTH, base)) }
            </pre>
            if bytes.len() > MOST {
                <p class="quiet">{ format!("The first {MOST} of {} bytes.", bytes.len()) }</p>
            }
        </div>
    }
}

fn line(bytes: &[u8], lit: &Range<usize>, start: usize, base: u64) -> Html {
    let lit = within(lit, start, bytes.len());
    let part = |range: Range<usize>| bytes.get(range).unwrap_or_default();
    let (before, inside, after) =
        (part(0..lit.start), part(lit.clone()), part(lit.end..bytes.len()));
    let gap = |filled: bool| if filled { " " } else { "" };
    let padding = " ".repeat((WIDTH - bytes.len()) * 3);
    html! {
        <div key={start}>
            <span class="quiet">{ format!("{:06x}  ", base + start as u64) }</span>
            { pairs(before) }{ gap(!before.is_empty()) }
            if !inside.is_empty() { <mark>{ pairs(inside) }</mark>{ " " } }
            { pairs(after) }{ gap(!after.is_empty()) }
            { padding }{ " " }
            { text(before) }
            if !inside.is_empty() { <mark>{ text(inside) }</mark> }
            { text(after) }
            { "\n" }
        </div>
    }
}

/// The part of `lit` that falls on a line, counted from the line's first byte.
fn within(lit: &Range<usize>, start: usize, len: usize) -> Range<usize> {
    let from = lit.start.saturating_sub(start).min(len);
    from..lit.end.saturating_sub(start).min(len).max(from)
}

fn pairs(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

fn text(bytes: &[u8]) -> String {
    let shown =
        |&byte: &u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '·' };
    bytes.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lit_is_cut_to_the_line() {
        for (lit, start, len, expected) in [
            (0..4, 0, 16, 0..4),
            (10..40, 0, 16, 10..16),
            (10..40, 16, 16, 0..16),
            (10..40, 32, 16, 0..8),
            (10..40, 48, 5, 0..0),
            (20..24, 0, 16, 16..16),
        ] {
            assert_eq!(within(&lit, start, len), expected);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_a_dot() {
        assert_eq!(text(b"a b\r\n\xff"), "a b···");
        assert_eq!(pairs(&[0, 255]), "00 ff");
    }
}
