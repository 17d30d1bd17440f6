//! The bytes of the current step's message: taken apart, as text, in hexadecimal.

use super::shown::Shown;
use crate::components::dissection::{DissectionView, Raw};
use crate::protocol::Dissection;
use recscope_analyzer::dissect;
use recscope_analyzer::report::MessageProtocol;
use recscope_flow::Protocol;
use std::rc::Rc;
use yew::prelude::*;

/// Properties of [`Bytes`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
}

/// The message of a step, or that of the last step that had one.
#[component]
pub fn Bytes(props: &Props) -> Html {
    let shown = (0..=props.step).rev().find(|step| props.lesson.message(*step).is_some());
    let taken_apart = use_memo((props.lesson.clone(), shown), |(lesson, shown)| {
        let step = (*shown)?;
        let bytes = lesson.message(step)?;
        let message = lesson.steps.get(step)?.facts.message.as_ref()?;
        let fields = protocol(message.protocol).map(|protocol| dissect(protocol, bytes));
        let dissection =
            Dissection { packet: None, offset: Some(0), fields: fields.unwrap_or_default() };
        Some((Rc::new(dissection), Rc::new(bytes.to_vec())))
    });
    let (Some(step), Some((dissection, bytes))) = (shown, &*taken_apart) else {
        return html! { <p class="notice">{ "No message with bytes so far." }</p> };
    };
    let Some(facts) = props.lesson.steps.get(step).map(|step| &step.facts) else {
        return Html::default();
    };
    let ends = facts.message.as_ref().map(|m| format!("{} → {}", m.source, m.destination));
    html! {
        <section class="message-bytes" aria-label="Message">
            <header class="pane-tools">
                <h3>{ &facts.summary }</h3>
                <span class="quiet">
                    { ends }
                    if step != props.step { { format!(" · step {}", step + 1) } }
                </span>
            </header>
            <DissectionView dissection={dissection.clone()} bytes={bytes.clone()} raw={Raw::Text} />
        </section>
    }
}

/// What takes a protocol's messages apart.
const fn protocol(protocol: Protocol) -> Option<MessageProtocol> {
    match protocol {
        Protocol::Sip => Some(MessageProtocol::Sip),
        Protocol::Control => Some(MessageProtocol::Control),
        Protocol::Csta => Some(MessageProtocol::Csta),
        Protocol::Http => Some(MessageProtocol::Http),
        Protocol::Ras | Protocol::H225 | Protocol::Tcp | Protocol::Rtp | Protocol::Local => None,
    }
}
