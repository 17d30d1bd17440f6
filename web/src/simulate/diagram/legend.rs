//! What the lines mean: one sample for each protocol of a flow, and for streams.

use crate::components::svg;
use crate::simulate::shown::Shown;
use crate::simulate::symbol::origin;
use recscope_flow::{Item, Protocol};
use yew::prelude::*;

/// Protocols in the order in which they are explained, with the names that readers know.
const PROTOCOLS: [(Protocol, &str); 9] = [
    (Protocol::Sip, "SIP"),
    (Protocol::Control, "RecordServer commands"),
    (Protocol::Csta, "CSTA"),
    (Protocol::Http, "HTTP"),
    (Protocol::Ras, "RAS"),
    (Protocol::H225, "H.225 call signalling"),
    (Protocol::Tcp, "TCP"),
    (Protocol::Rtp, "RTP"),
    (Protocol::Local, "by hand"),
];

/// The legend of a lesson's flow.
pub(super) fn legend(lesson: &Shown) -> Html {
    let items = &lesson.flow.items;
    let is_used = |protocol: Protocol| {
        items.iter().any(|item| matches!(item, Item::Message(arrow) if arrow.protocol == protocol))
    };
    let used: Vec<_> = PROTOCOLS.into_iter().filter(|(protocol, _)| is_used(*protocol)).collect();
    let has_media = items.iter().any(|item| matches!(item, Item::Media(_)));
    if used.is_empty() && !has_media {
        return Html::default();
    }
    html! {
        <ul class="legend" aria-label="Legend">
            { for used.into_iter().map(|(protocol, name)| html! {
                <li>
                    <svg width="34" height="14" viewBox="0 0 34 14" aria-hidden="true">
                        <g class={classes!("step", "message", protocol.name())}>
                            { svg::line("line", (6.0, 7.0), (26.0, 7.0)) }
                            { svg::path("head", "M33 7L24 2.5V11.5Z".to_owned(), None) }
                            { svg::path("origin", origin(protocol, 6.0, 7.0), None) }
                        </g>
                    </svg>
                    { name }
                </li>
            }) }
            if has_media {
                <li>
                    <svg width="34" height="14" viewBox="0 0 34 14" aria-hidden="true">
                        <g class="step band">
                            { svg::path("band-line", "M2 5.3H30M2 8.7H30M25 1.5L33 7L25 12.5".to_owned(), None) }
                        </g>
                    </svg>
                    { "sound (RTP)" }
                </li>
            }
        </ul>
    }
}
