//! Why a call ended, in words (RFC 3326, ITU-T Q.850).

/// A Reason header's value in words: `user busy (Q.850 cause 17)`.
pub(crate) fn in_words(value: &str) -> String {
    let mut parts = value.split(';').map(str::trim);
    let protocol = parts.next().unwrap_or_default();
    let (mut cause, mut text) = (None, None);
    for part in parts {
        let Some((name, value)) = part.split_once('=') else { continue };
        match name.trim() {
            n if n.eq_ignore_ascii_case("cause") => cause = value.trim().parse::<u16>().ok(),
            n if n.eq_ignore_ascii_case("text") => text = Some(value.trim().trim_matches('"')),
            _ => {}
        }
    }
    let is_q850 = protocol.eq_ignore_ascii_case("Q.850");
    let meaning = match (cause, text.filter(|text| !text.is_empty())) {
        (_, Some(text)) => text,
        (Some(cause), None) if is_q850 => q850(cause),
        (Some(status), None) => recscope_core::sip::status_text(status),
        (None, None) => "",
    };
    let number = cause.map(|cause| format!("{protocol} cause {cause}"));
    match (meaning, number) {
        ("", None) => protocol.to_owned(),
        ("", Some(number)) => number,
        (meaning, None) => meaning.to_owned(),
        (meaning, Some(number)) => format!("{meaning} ({number})"),
    }
}

/// What a Q.850 cause value means; empty for values without a meaning of their own.
const fn q850(cause: u16) -> &'static str {
    match cause {
        1 => "unallocated number",
        2 => "no route to transit network",
        3 => "no route to destination",
        6 => "channel unacceptable",
        16 => "normal call clearing",
        17 => "user busy",
        18 => "no user responding",
        19 => "no answer from user",
        20 => "subscriber absent",
        21 => "call rejected",
        22 => "number changed",
        23 => "redirection to new destination",
        25 => "exchange routing error",
        26 => "non-selected user clearing",
        27 => "destination out of order",
        28 => "invalid number format",
        29 => "facility rejected",
        31 => "normal, unspecified",
        34 => "no circuit available",
        38 => "network out of order",
        41 => "temporary failure",
        42 => "switching equipment congestion",
        43 => "access information discarded",
        44 => "requested circuit not available",
        47 => "resource unavailable",
        50 => "requested facility not subscribed",
        55 => "incoming calls barred",
        57 => "bearer capability not authorized",
        58 => "bearer capability not available",
        63 => "service not available",
        65 => "bearer capability not implemented",
        69 => "requested facility not implemented",
        79 => "service not implemented",
        81 => "invalid call reference",
        87 => "user not member of closed user group",
        88 => "incompatible destination",
        95 => "invalid message",
        96 => "mandatory information element missing",
        97 => "message type not implemented",
        98 => "message not compatible with call state",
        99 => "information element not implemented",
        100 => "invalid information element contents",
        102 => "recovery on timer expiry",
        103 => "parameter not implemented",
        111 => "protocol error",
        127 => "interworking",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn reasons_read_as_words() {
        let cases = [
            ("Q.850;cause=17;text=\"User busy\"", "User busy (Q.850 cause 17)"),
            ("Q.850 ;cause=16", "normal call clearing (Q.850 cause 16)"),
            (
                "SIP;cause=200;text=\"Call completed elsewhere\"",
                "Call completed elsewhere (SIP cause 200)",
            ),
            ("SIP ;cause=580", "Precondition Failure (SIP cause 580)"),
            ("Q.850;cause=140", "Q.850 cause 140"),
            ("preemption", "preemption"),
            ("", ""),
        ];
        for (value, words) in cases {
            assert_eq!(in_words(value), words, "{value}");
        }
    }
}
