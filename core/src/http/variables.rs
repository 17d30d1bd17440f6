//! The variables of a configured request: `$$SIPUSERNAME$$` and its like (MX-D4).

use alloc::string::String;

use super::query;

/// The account's user name.
pub const SIP_USER_NAME: &str = "SIPUSERNAME";
/// The account's display name.
pub const DISPLAY_NAME: &str = "DISPLAYNAME";
/// Number of the other party.
pub const REMOTE_NUMBER: &str = "REMOTENUMBER";
/// The phone's address.
pub const LOCAL_IP: &str = "LOCALIP";
/// Who called whom.
pub const CALL_DIRECTION: &str = "CALLDIRECTION";
/// How long the call has lasted.
pub const CALL_DURATION: &str = "CALLDURATION";
/// What the line is doing.
pub const LINE_STATE: &str = "LINESTATE";

/// What the text around a variable asks of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The value as it is.
    Plain,
    /// A URL: the value is percent-encoded.
    Url,
    /// XML text or attribute: markup characters become references.
    Xml,
}

/// `template` with the value of each `$$NAME$$` in its place. Names consist of letters, digits and
/// underscores; one without a value becomes an empty string (MX-D4). Other dollar signs stay.
///
/// ```
/// use recscope_core::http::variables::{Context, expand};
/// let url = expand("/x?page=START&OPN=$$SIPUSERNAME$$&N=$$DISPLAYNAME$$", Context::Url, |name| {
///     (name == "SIPUSERNAME").then_some("1000")
/// });
/// assert_eq!(url, "/x?page=START&OPN=1000&N=");
/// ```
#[must_use]
pub fn expand<'v>(
    template: &str,
    context: Context,
    mut value: impl FnMut(&str) -> Option<&'v str>,
) -> String {
    let mut expanded = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("$$") {
        expanded.push_str(before);
        match after.split_once("$$") {
            Some((name, behind)) if is_name(name) => {
                append(value(name).unwrap_or_default(), context, &mut expanded);
                rest = behind;
            }
            _ => {
                expanded.push_str("$$");
                rest = after;
            }
        }
    }
    expanded.push_str(rest);
    expanded
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn append(value: &str, context: Context, out: &mut String) {
    match context {
        Context::Plain => out.push_str(value),
        Context::Url => query::encode(value, out),
        Context::Xml => escape_xml(value, out),
    }
}

/// Appends `text` to `out` so that it reads back as text or as an attribute's value.
pub(crate) fn escape_xml(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader would turn these into spaces or line feeds.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 has no way to carry other control characters.
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(name: &str) -> Option<&'static str> {
        match name {
            SIP_USER_NAME => Some("1000"),
            DISPLAY_NAME => Some("R&D <\"1\">"),
            _ => None,
        }
    }

    #[test]
    fn values_take_their_variables_place_as_the_context_asks() {
        let cases = [
            ("n=$$DISPLAYNAME$$;", Context::Plain, "n=R&D <\"1\">;"),
            ("?n=$$DISPLAYNAME$$", Context::Url, "?n=R%26D+%3C%221%22%3E"),
            ("<n>$$DISPLAYNAME$$</n>", Context::Xml, "<n>R&amp;D &lt;&quot;1&quot;&gt;</n>"),
            ("$$SIPUSERNAME$$$$SIPUSERNAME$$", Context::Url, "10001000"),
            ("[$$LINESTATE$$]", Context::Url, "[]"),
            ("$$", Context::Url, "$$"),
            ("$$ $$SIPUSERNAME$$", Context::Url, "$$ 1000"),
            ("$$$SIPUSERNAME$$", Context::Url, "$$$SIPUSERNAME$$"),
            ("5$ and $$ that", Context::Url, "5$ and $$ that"),
            ("", Context::Url, ""),
        ];
        for (template, context, expected) in cases {
            assert_eq!(expand(template, context, value), expected);
        }
    }

    proptest! {
        #[test]
        fn text_without_dollars_stays(text in "[^$]{0,40}") {
            prop_assert_eq!(expand(&text, Context::Url, value), text);
        }

        #[test]
        fn values_are_not_expanded_again(text in "(\\$\\$[A-Z]{1,3}\\$\\$|[a-z$]){0,10}") {
            let expanded = expand(&text, Context::Plain, |_| Some("$$X$$"));
            prop_assert!(expanded.len() >= expanded.matches("$$X$$").count() * 5);
        }
    }
}
