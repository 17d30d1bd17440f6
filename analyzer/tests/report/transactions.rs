//! SIP outside calls.

use crate::files::analyse;
use crate::wire::{Callee, Caller, Capture, Leg};
use recscope_analyzer::FlowScope;
use recscope_flow::Item;
use std::net::Ipv4Addr;

fn phone(call_id: &'static str) -> Leg {
    Leg {
        call_id,
        caller: (Ipv4Addr::new(192, 0, 2, 10), 5060),
        callee: (Ipv4Addr::new(192, 0, 2, 20), 5060),
        users: ("1000", "1000"),
        tag: "b",
    }
}

#[test]
fn a_registration_with_its_challenge_is_one_transaction_and_no_call() {
    let mut capture = Capture::new();
    let register = phone("reg");
    let contact = "Contact: <sip:1000@192.0.2.10>;expires=120\r\n";
    let credentials = format!("{contact}Authorization: Digest username=\"1000\"\r\n");
    register.say(&mut capture, Caller, ("REGISTER", "1 REGISTER"), contact, "");
    register.say(&mut capture, Caller, ("REGISTER", "1 REGISTER"), contact, "");
    register.say(&mut capture, Callee, ("SIP/2.0 401 Unauthorized", "1 REGISTER"), "", "");
    register.say(&mut capture, Caller, ("REGISTER", "2 REGISTER"), &credentials, "");
    register.say(&mut capture, Callee, ("SIP/2.0 200 OK", "2 REGISTER"), contact, "");
    let options = phone("opt");
    options.say(&mut capture, Callee, ("OPTIONS", "1 OPTIONS"), "", "");
    let analysis = analyse(&capture.bytes);
    let report = analysis.report();
    assert!(report.calls.is_empty());
    let [register, options] = &report.transactions[..] else { panic!("two transactions") };
    assert_eq!((&*register.method, &*register.from), ("REGISTER", "sip:1000@pbx"));
    assert_eq!((register.status, &*register.result), (Some(200), "registered for 120 s"));
    assert!(register.challenged);
    assert_eq!(register.packets, [1, 2, 3, 4, 5]);
    assert_eq!((register.messages, register.retransmissions), (5, 1));
    assert_eq!((&*options.result, &options.packets[..]), ("no answer", &[6][..]));
    assert_eq!(report.messages[5].transaction, Some(1));

    let flow = analysis.flow(FlowScope::Transaction(0));
    let labels: Vec<_> = flow
        .items
        .iter()
        .map(|item| match item {
            Item::Message(arrow) => (arrow.label.as_str(), arrow.repeats),
            other => panic!("no message: {other:?}"),
        })
        .collect();
    let expected = [("REGISTER", 1), ("401 Unauthorized", 0), ("REGISTER", 0), ("200 OK", 0)];
    assert_eq!(labels, expected);
    assert_eq!(analysis.flow(FlowScope::Transaction(7)).items, []);
}
