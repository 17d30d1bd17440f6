//! Why a call ended, in words (RFC 3326).

use recscope_core::sip::Message;
use recscope_core::sip::header::Reason;

/// A reason in words: `user busy (Q.850 cause 17)`. The sender's own words come before the
/// number's meaning.
pub(crate) fn in_words(reason: &Reason<'_>) -> String {
    let text = reason.text().filter(|text| !text.trim().is_empty());
    let meaning = text.as_deref().or(reason.meaning());
    let protocol = reason.protocol;
    match (meaning, reason.cause()) {
        (Some(meaning), Some(cause)) => format!("{meaning} ({protocol} cause {cause})"),
        (Some(meaning), None) => meaning.to_owned(),
        (None, Some(cause)) => format!("{protocol} cause {cause}"),
        (None, None) => protocol.to_owned(),
    }
}

/// The same from the headers that Asterisk sends instead.
pub(crate) fn of_asterisk(message: &Message<'_>) -> Option<String> {
    let text = message.header("X-Asterisk-HangupCause")?;
    Some(match message.header("X-Asterisk-HangupCauseCode") {
        Some(code) => format!("{text} (Q.850 cause {code})"),
        None => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_as_words() {
        let cases = [
            ("Q.850;cause=17;text=\"User busy\"", "User busy (Q.850 cause 17)"),
            ("Q.850 ;cause=16", "normal call clearing (Q.850 cause 16)"),
            (
                "SIP;cause=200;text=\"Call completed elsewhere\"",
                "Call completed elsewhere (SIP cause 200)",
            ),
            ("SIP ;cause=487", "Request Terminated (SIP cause 487)"),
            ("Q.850;cause=140", "Q.850 cause 140"),
            ("preemption", "preemption"),
        ];
        for (value, words) in cases {
            let bytes = format!("BYE sip:a@b SIP/2.0\r\nReason: {value}\r\n\r\n");
            let message = Message::parse(bytes.as_bytes()).unwrap().message;
            let reason = message.typed::<Reason<'_>>().unwrap().unwrap();
            assert_eq!(in_words(&reason), words);
        }
    }
}
