//! Comma lists: several values in one header line (RFC 3261 7.3.1).

use crate::sip::grammar::{drop_blanks, skip_blanks};

/// The values in one header line with the offset of each: the elements, if it is a list.
pub(super) fn values(value: &str, is_list: bool) -> impl Iterator<Item = (usize, &str)> {
    let alone = (!is_list).then_some((0, value));
    alone.into_iter().chain(elements(if is_list { value } else { "" }))
}

/// The elements of a list with the offset of each, without the blanks around them; commas in
/// quotes and angle brackets are part of an element. Empty elements are left out.
pub(super) fn elements(value: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = Some(0);
    core::iter::from_fn(move || {
        while let Some(start) = from {
            let rest = value.get(start..)?;
            let end = element_end(rest);
            from = (end < rest.len()).then_some(start + end + 1);
            let element = rest.get(..end)?;
            let trimmed = skip_blanks(element);
            let at = start + element.len() - trimmed.len();
            let trimmed = drop_blanks(trimmed);
            if !trimmed.is_empty() {
                return Some((at, trimmed));
            }
        }
        None
    })
}

fn element_end(text: &str) -> usize {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if !bracketed => quoted = !quoted,
            b'<' if !quoted => bracketed = true,
            b'>' if !quoted => bracketed = false,
            b',' if !quoted && !bracketed => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::elements;
    use std::vec::Vec;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        let value = "\"Doe, \\\", J\" <sip:a,b@c>;x=1 ,, <sip:d> , ";
        let found: Vec<_> = elements(value).collect();
        assert_eq!(found, [(0, "\"Doe, \\\", J\" <sip:a,b@c>;x=1"), (32, "<sip:d>")]);
        assert_eq!(elements("").count(), 0);
        assert_eq!(elements("a").collect::<Vec<_>>(), [(0, "a")]);
    }
}
