//! Messages written as text, and what is said about them.

use recscope_core::sip::Message;
use recscope_core::{ParseError, Warning};

/// The bytes of a message written with plain line ends and perhaps a first empty line.
pub(crate) fn wire(text: &str) -> Vec<u8> {
    text.strip_prefix('\n').unwrap_or(text).replace('\n', "\r\n").into_bytes()
}

/// A message that must be read without a word about it.
#[track_caller]
pub(crate) fn clean(bytes: &[u8]) -> Message<'_> {
    let parsed = Message::parse(bytes).unwrap();
    assert_eq!(parsed.warnings, [], "reading");
    assert_eq!(parsed.message.check(), [], "checking");
    assert_round_trip(&parsed.message);
    parsed.message
}

/// A message that must be read with exactly these findings, each given as what the bytes at its
/// offset start with and what is said.
#[track_caller]
pub(crate) fn flawed<'a>(bytes: &'a [u8], expected: &[(&str, &str)]) -> Message<'a> {
    let parsed = Message::parse(bytes).unwrap();
    assert_round_trip(&parsed.message);
    let mut findings: Vec<ParseError> =
        parsed.warnings.into_iter().map(|Warning(error)| error).collect();
    findings.extend(parsed.message.check());
    assert_findings(bytes, &findings, expected);
    parsed.message
}

/// A message that cannot be read, with the finding that says why.
#[track_caller]
pub(crate) fn refused(bytes: &[u8], expected: (&str, &str)) {
    let error = Message::parse(bytes).unwrap_err();
    assert_findings(bytes, &[error], &[expected]);
}

#[track_caller]
fn assert_findings(bytes: &[u8], findings: &[ParseError], expected: &[(&str, &str)]) {
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings.len(), expected.len(), "{said:#?}");
    for (finding, (at, text)) in findings.iter().zip(expected) {
        assert_eq!(finding.kind.to_string(), *text, "{said:#?}");
        let offset = usize::try_from(finding.offset).unwrap();
        let found = &bytes[offset..];
        assert!(
            if at.is_empty() { found.is_empty() } else { found.starts_with(at.as_bytes()) },
            "\"{text}\" points at \"{}\", not at \"{at}\"",
            found.escape_ascii(),
        );
    }
}

/// Printing a message and reading that gives the same message.
#[track_caller]
pub(crate) fn assert_round_trip(message: &Message<'_>) {
    let printed = message.to_bytes();
    let again = Message::parse(&printed).unwrap().message;
    assert_eq!(&again, message);
    assert_eq!(again.to_bytes(), printed);
}
