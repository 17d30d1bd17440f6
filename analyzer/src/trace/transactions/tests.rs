use super::*;

/// A start line with, after a bar, further headers; and a CSeq.
type Line = (&'static str, &'static str);

/// Follows messages of one Call-ID 100 ms apart.
fn follow(messages: &[Line]) -> Vec<Transaction> {
    let mut transactions = Transactions::default();
    for (number, (start, cseq)) in (0_i64..).zip(messages) {
        let (start, headers) = start.split_once('|').unwrap_or((start, ""));
        let bytes = format!(
            "{start}\r\nFrom: <sip:1000@pbx>;tag=a\r\nTo: <sip:1000@pbx>\r\nCall-ID: c\r\n\
             CSeq: {cseq}\r\n{headers}\r\n\r\n"
        );
        let message = Message::parse(bytes.as_bytes()).unwrap().message;
        transactions.on_message(&Heard::new(&message), number * 100_000_000, false);
    }
    transactions.into_all()
}

const REGISTER: Line = ("REGISTER sip:pbx SIP/2.0|Contact: <sip:a@b>;expires=600", "1 REGISTER");
const CHALLENGE: Line = ("SIP/2.0 401 Unauthorized", "1 REGISTER");
const AGAIN: Line =
    ("REGISTER sip:pbx SIP/2.0|Contact: <sip:a@b>;expires=600\r\nAuthorization: x", "2 REGISTER");

#[test]
fn results_are_said_in_words() {
    let cases: [(&[Line], &str); 17] = [
        (&[REGISTER], "no answer"),
        (&[REGISTER, ("SIP/2.0 100 Trying", "1 REGISTER")], "no final answer"),
        (&[REGISTER, ("SIP/2.0 200 OK", "1 REGISTER")], "registered for 600 s"),
        (
            &[
                REGISTER,
                ("SIP/2.0 200 OK|Contact: <sip:x@y>;expires=9, <sip:a@b>;expires=60", "1 REGISTER"),
            ],
            "registered for 60 s",
        ),
        (&[REGISTER, CHALLENGE], "401 Unauthorized: no credentials followed"),
        (&[REGISTER, CHALLENGE, AGAIN, ("SIP/2.0 200 OK", "2 REGISTER")], "registered for 600 s"),
        (
            &[REGISTER, CHALLENGE, AGAIN, ("SIP/2.0 401 Unauthorized", "2 REGISTER")],
            "401 Unauthorized: the credentials were not accepted",
        ),
        (
            &[REGISTER, CHALLENGE, AGAIN, ("SIP/2.0 403 Wrong password", "2 REGISTER")],
            "403 Wrong password",
        ),
        (
            &[
                ("REGISTER sip:pbx SIP/2.0|Contact: *\r\nExpires: 0", "1 REGISTER"),
                ("SIP/2.0 200 OK", "1 REGISTER"),
            ],
            "unregistered",
        ),
        (
            &[("REGISTER sip:pbx SIP/2.0", "1 REGISTER"), ("SIP/2.0 200 OK", "1 REGISTER")],
            "asked who is registered",
        ),
        (&[("OPTIONS sip:pbx SIP/2.0", "1 OPTIONS"), ("SIP/2.0 200 OK", "1 OPTIONS")], "200 OK"),
        (
            &[
                ("SUBSCRIBE sip:pbx SIP/2.0|Event: dialog\r\nExpires: 300", "1 SUBSCRIBE"),
                ("SIP/2.0 202 Accepted|Expires: 120", "1 SUBSCRIBE"),
            ],
            "subscribed (dialog) for 120 s",
        ),
        (
            &[
                ("SUBSCRIBE sip:pbx SIP/2.0|Event: dialog\r\nExpires: 0", "1 SUBSCRIBE"),
                ("SIP/2.0 200 OK|Expires: 0", "1 SUBSCRIBE"),
            ],
            "unsubscribed (dialog)",
        ),
        (
            &[
                ("NOTIFY sip:pbx SIP/2.0|Event: dialog\r\nSubscription-State: active", "1 NOTIFY"),
                ("SIP/2.0 200 OK", "1 NOTIFY"),
            ],
            "active (dialog)",
        ),
        (
            &[
                ("PUBLISH sip:pbx SIP/2.0|Event: presence\r\nExpires: 60", "1 PUBLISH"),
                ("SIP/2.0 489 Bad Event", "1 PUBLISH"),
            ],
            "489 Bad Event",
        ),
        (
            &[("MESSAGE sip:pbx SIP/2.0", "1 MESSAGE"), ("SIP/2.0 202 Accepted", "1 MESSAGE")],
            "delivered",
        ),
        (&[("SIP/2.0 200 OK", "7 BYE")], "200 OK"),
    ];
    for (messages, result) in cases {
        let found = follow(messages);
        let [transaction] = &found[..] else { panic!("{messages:?} is {} of them", found.len()) };
        assert_eq!(transaction.result(), result, "{messages:?}");
        assert_eq!(transaction.messages, messages.len() as u64);
    }
}

#[test]
fn requests_in_flight_together_keep_their_own_answers() {
    let notify = "NOTIFY sip:a@b SIP/2.0|Event: dialog";
    let found = follow(&[
        (notify, "1 NOTIFY"),
        (notify, "2 NOTIFY"),
        ("SIP/2.0 481 Gone", "1 NOTIFY"),
        ("SIP/2.0 200 OK", "2 NOTIFY"),
    ]);
    let statuses: Vec<_> = found.iter().map(Transaction::status).collect();
    assert_eq!(statuses, [Some(481), Some(200)]);
}

#[test]
fn a_challenge_is_not_met_by_the_next_registration_without_credentials() {
    let later = ("REGISTER sip:pbx SIP/2.0|Contact: <sip:a@b>", "2 REGISTER");
    assert_eq!(follow(&[REGISTER, CHALLENGE, later]).len(), 2);
    let [once] = &follow(&[REGISTER, CHALLENGE, AGAIN])[..] else { panic!("one transaction") };
    assert!(once.is_challenged && once.status().is_none());
}

#[test]
fn a_request_of_the_same_name_is_another_one_when_it_comes_much_later() {
    let bytes =
        "OPTIONS sip:pbx SIP/2.0\r\nFrom: <sip:a@b>;tag=a\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let message = Message::parse(bytes.as_bytes()).unwrap().message;
    let mut transactions = Transactions::default();
    for (time_ns, repeats) in [(0, false), (500_000_000, true), (100_000_000_000, true)] {
        transactions.on_message(&Heard::new(&message), time_ns, repeats);
    }
    let counts: Vec<_> =
        transactions.into_all().iter().map(|t| (t.messages, t.retransmissions)).collect();
    assert_eq!(counts, [(2, 1), (1, 1)]);
}

#[test]
fn an_ack_alone_is_no_transaction() {
    assert!(follow(&[("ACK sip:a@b SIP/2.0", "1 ACK")]).is_empty());
    let of_missing_invite = [("SIP/2.0 200 OK", "1 INVITE"), ("ACK sip:a@b SIP/2.0", "1 ACK")];
    assert_eq!(follow(&of_missing_invite)[0].messages, 2);
}
