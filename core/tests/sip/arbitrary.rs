//! Properties of reading anything at all.

use crate::wire::assert_round_trip;
use proptest::prelude::*;
use recscope_core::sip::header::{
    Authorization, Contact, ContentType, Date, From, RAck, Reason, Replaces, SessionExpires,
    SessionId, TypedHeader, Via, Warning,
};
use recscope_core::sip::{Message, NameAddr, Rigour, Uri, looks_like_sip, parts};
use std::fmt::{Debug, Display};

/// Lines as headers have them, more or less.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("Via"),
        Just("v"),
        Just("From"),
        Just("t"),
        Just("CSeq"),
        Just("Contact"),
        Just("m"),
        Just("Call-ID"),
        Just("Content-Length"),
        Just("l"),
        Just("Content-Type"),
        Just("Route"),
        Just("Reason"),
        Just("Expires"),
        Just("Warning"),
        Just("Date"),
        Just("RAck"),
        Just("X"),
        Just("Replaces"),
        Just("Session-ID"),
        Just("Authorization"),
        Just("no colon"),
        Just(""),
    ];
    let value = prop_oneof![
        "[ -~]{0,40}",
        "SIP/2.0/UDP [a-z0-9.:\\[\\]]{0,12}(;[a-z]{0,4}=?[a-zA-Z0-9\"]{0,5}){0,3}",
        "\"?[a-z ,\\\\]{0,6}\"? ?<?(sip|tel|x):[a-z0-9@:;=%?.\\[\\]]{0,16}>?(;tag=[a-z]{0,3})?",
        "[0-9]{0,12} ?[A-Z]{0,6}",
        "(\r\n[ \t]|[a-z<>;=, \"]){0,12}",
        ".{0,12}",
    ];
    let end = prop_oneof![4 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r\n "), 1 => Just("\r")];
    let colon = prop_oneof![4 => Just(": "), 1 => Just(" :"), 1 => Just("")];
    (name, colon, value, end)
        .prop_map(|(name, colon, value, end)| format!("{name}{colon}{value}{end}").into_bytes())
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just("INVITE sip:a@b SIP/2.0\r\n"),
        Just("SIP/2.0 200 OK\r\n"),
        Just("\r\nX  sip:a b SIP/2.0 \n"),
        Just("SIP/2.0 180\n"),
    ];
    let noise = prop::collection::vec(any::<u8>(), 0..20);
    (start, prop::collection::vec(line(), 0..8), noise).prop_map(|(start, lines, noise)| {
        [start.as_bytes(), &lines.concat(), b"\r\n", &noise].concat()
    })
}

/// What is read, is written so that it reads the same, strictly if it was read strictly.
fn value_round_trip<'a, T>(value: &'a str) -> Result<(), TestCaseError>
where
    T: TypedHeader<'a> + Display,
{
    // Everything strict is lax too; the text is compared, as what it borrows may not be.
    if let Ok(strict) = T::read(value, Rigour::Strict) {
        let lax = T::parse(value);
        prop_assert_eq!(lax.ok().map(|lax| lax.to_string()), Some(strict.to_string()));
    }
    Ok(())
}

/// Reads `text` twice as `T` with a writing between.
macro_rules! reads_again {
    ($($header:ident),*; $value:expr) => {$(
        value_round_trip::<$header<'_>>($value)?;
        if let Ok(first) = $header::read($value, Rigour::Strict) {
            let written = first.to_string();
            assert_same($header::read(&written, Rigour::Strict), &first, &written)?;
        }
    )*};
}

fn assert_same<T: Display + Debug, E: Debug>(
    again: Result<T, E>,
    first: &T,
    written: &str,
) -> Result<(), TestCaseError> {
    let again = again.map(|again| again.to_string());
    prop_assert!(
        again.as_ref().is_ok_and(|again| *again == first.to_string()),
        "{written:?} reads as {again:?}, not as {first:?}"
    );
    Ok(())
}

#[test]
fn a_message_of_nothing_but_folds_headers_or_separators_is_read_within_bounds() {
    let start = "INVITE sip:a@b SIP/2.0\r\n";
    for (piece, times) in
        [("\n ", 100_000), ("\r\n\t", 60_000), ("t:\n", 60_000), ("X:,;\n", 40_000)]
    {
        for head in ["X: a", "Via: SIP/2.0/UDP a", "Contact: \"", ""] {
            let bytes = format!("{start}{head}{}x\r\n\r\n", piece.repeat(times)).into_bytes();
            let parsed = Message::parse(&bytes).unwrap();
            assert!(parsed.warnings.len() <= Message::MAX_WARNINGS);
            assert!(parsed.message.check().len() <= Message::MAX_WARNINGS);
        }
    }
    for (name, piece) in
        [("Via", ","), ("Contact", "<,>"), ("Contact", "\","), ("From", ";"), ("v", ";a=\"")]
    {
        let bytes = format!("{start}{name}: {}\r\n\r\n", piece.repeat(20_000)).into_bytes();
        let parsed = Message::parse(&bytes).unwrap();
        assert!(parsed.message.check().len() <= Message::MAX_WARNINGS);
        let _ = (parsed.message.via(), parsed.message.from(), parsed.message.contacts().count());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = looks_like_sip(&bytes);
        if let Ok(parsed) = Message::parse(&bytes) {
            let _ = parsed.message.check();
        }
        parts(&bytes, "b").count();
    }

    #[test]
    fn what_was_read_is_printed_so_that_it_reads_the_same(bytes in message()) {
        if let Ok(parsed) = Message::parse(&bytes) {
            assert_round_trip(&parsed.message);
            prop_assert!(parsed.warnings.len() <= Message::MAX_WARNINGS);
            let length = bytes.len() as u64;
            for error in parsed.warnings.into_iter().map(|w| w.0).chain(parsed.message.check()) {
                prop_assert!(error.offset <= length, "{error} beyond {length}");
            }
        }
    }

    #[test]
    fn a_cut_message_gives_the_headers_before_the_cut(bytes in message(), at in any::<prop::sample::Index>()) {
        let cut = at.index(bytes.len() + 1);
        if let (Ok(whole), Ok(part)) = (Message::parse(&bytes), Message::parse(&bytes[..cut])) {
            // The last header of the part may be cut itself.
            let complete = part.message.headers.len().saturating_sub(1);
            prop_assert_eq!(&part.message.headers[..complete], &whole.message.headers[..complete]);
        }
    }

    #[test]
    fn header_values_read_again_as_they_were_written(line in line()) {
        let text = String::from_utf8_lossy(&line);
        let value = text.split_once(':').map_or("", |(_, value)| value.trim());
        reads_again!(
            Via, From, Contact, ContentType, Reason, RAck, Replaces, SessionExpires, SessionId,
            Authorization, Warning; value
        );
        if let Ok(date) = Date::parse(value) {
            assert_same(Date::parse(&date.to_string()), &date, value)?;
        }
        if let Ok(uri) = Uri::parse(value) {
            prop_assert_eq!(uri.to_string(), value);
        }
        if let Ok(address) = NameAddr::parse(value) {
            let written = address.to_string();
            let again = NameAddr::parse(&written).unwrap();
            prop_assert_eq!((&again.display_name, again.uri), (&address.display_name, address.uri));
            prop_assert_eq!(again.tag(), address.tag());
        }
    }
}
