//! The Messages tab: every signalling message in a line, a million of them if need be.

use super::hooks::use_size;
use super::svg;
use super::window::{Rows, floor};
use crate::client::Client;
use crate::client::answer::{Asked, use_answer};
use crate::protocol::{Answer, FileId, MessagePage, MessageQuery, Question};
use crate::wording;
use recscope_analyzer::report::{Message, MessageProtocol, Transport};
use std::rc::Rc;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

/// Height of a row in px; `style.css` knows it too.
const ROW: f64 = 26.0;

/// Rows asked for at once, and how far apart such runs begin.
const RUN: usize = 300;
const RUN_STEP: usize = 100;

/// Properties of [`MessageTable`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// Whom to ask.
    pub client: Client,
    /// The file.
    pub file: FileId,
    /// The call that is looked at, if any.
    pub call: Option<usize>,
    /// The capture's first time, from which times are counted.
    pub origin: f64,
    /// The message that is inspected.
    pub message: Option<usize>,
    /// Called with the message to inspect.
    pub on_message: Callback<usize>,
}

/// Messages, filtered by call and text.
#[component]
pub fn MessageTable(props: &Props) -> Html {
    let scroller = use_node_ref();
    let (_, height) = use_size(&scroller);
    let top = use_state_eq(|| 0.0);
    let text = use_state_eq(String::new);
    let only_call = use_state_eq(|| true);
    let total = use_state_eq(|| 0);
    let target = use_state_eq(|| None::<usize>);

    let rows = Rows { count: *total, height: ROW };
    let window = rows.window(*top, height);
    let query = MessageQuery {
        call: props.call.filter(|_| *only_call),
        text: (*text).clone(),
        first: (window.rows.start / RUN_STEP * RUN_STEP).saturating_sub(RUN_STEP),
        count: RUN,
    };
    let asked = use_answer(&props.client, Some((props.file, Question::Messages(query))));
    let page = page(&asked);
    use_effect_with(page.clone(), {
        let total = total.setter();
        move |page| {
            if let Some(page) = page {
                total.set(page.total);
            }
        }
    });
    use_effect_with((*target, page.clone()), {
        let on_message = props.on_message.clone();
        move |(target, page)| {
            if let (Some(target), Some(page)) = (target, page)
                && let Some(row) = target.checked_sub(page.first)
                && let Some((index, _)) = page.rows.get(row)
            {
                on_message.emit(*index);
            }
        }
    });

    let onscroll = {
        let top = top.setter();
        Callback::from(move |event: Event| {
            let scrolled = event.target_unchecked_into::<Element>().scroll_top();
            top.set((f64::from(scrolled) / ROW).floor() * ROW);
        })
    };
    let oninput = {
        let (text, scroller, top) = (text.setter(), scroller.clone(), top.setter());
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value());
            top.set(0.0);
            if let Some(element) = scroller.cast::<Element>() {
                element.set_scroll_top(0);
            }
        })
    };
    let position = page.as_ref().and_then(|page| {
        let chosen = props.message?;
        Some(page.first + page.rows.iter().position(|(index, _)| *index == chosen)?)
    });
    let onkeydown = {
        let here = position.or(*target);
        let (target, scroller, top) = (target.setter(), scroller.clone(), *top);
        Callback::from(move |event: KeyboardEvent| {
            let visible = floor(height / ROW);
            let last = rows.count.saturating_sub(1);
            let next = match (event.key().as_str(), here) {
                ("Home", _) => 0,
                ("End", _) => last,
                ("ArrowDown", Some(row)) => row + 1,
                ("ArrowUp", Some(row)) => row.saturating_sub(1),
                ("PageDown", Some(row)) => row + visible,
                ("PageUp", Some(row)) => row.saturating_sub(visible),
                ("ArrowDown" | "ArrowUp" | "PageDown" | "PageUp", None) => 0,
                _ => return,
            };
            event.prevent_default();
            let next = next.min(last);
            target.set(Some(next));
            if let Some(to) = rows.reveal(next, top, height - ROW)
                && let Some(element) = scroller.cast::<Element>()
            {
                #[allow(clippy::cast_possible_truncation, reason = "at most 15 million px")]
                element.set_scroll_top(to as i32);
            }
        })
    };

    html! {
        <div class="messages">
            <div class="pane-tools">
                <input
                    type="search" class="filter" placeholder="Filter: method, status, address"
                    aria-label="Filter messages" value={(*text).clone()} {oninput}
                />
                if props.call.is_some() {
                    <label class="check">
                        <input
                            type="checkbox" checked={*only_call}
                            onchange={ {
                                let only_call = only_call.clone();
                                Callback::from(move |_: Event| only_call.set(!*only_call))
                            } }
                        />
                        { "only this call" }
                    </label>
                }
                <span class="quiet count" role="status">
                    { wording::counted(*total as u64, "message") }
                </span>
            </div>
            <div
                class="scroller" ref={scroller} {onscroll} {onkeydown} tabindex="0"
                role="grid" aria-label="Messages" aria-rowcount={(rows.count + 1).to_string()}
            >
                <div class="message-row heading" role="row" aria-rowindex="1">
                    { for ["Packet", "Time", "From", "To", "Protocol", "Message"].map(|name| html! {
                        <span role="columnheader">{ name }</span>
                    }) }
                </div>
                <svg class="spacer" width="1" height={svg::px(window.before)} aria-hidden="true" />
                { for window.rows.clone().map(|row| {
                    let found = page.as_ref().and_then(|page| {
                        page.rows.get(row.checked_sub(page.first)?)
                    });
                    table_row(row, found, props)
                }) }
                <svg class="spacer" width="1" height={svg::px(window.after)} aria-hidden="true" />
            </div>
        </div>
    }
}

fn page(asked: &Asked) -> Option<Rc<MessagePage>> {
    match asked {
        Asked::Answered(answer) => match &answer.0 {
            Answer::Messages(page) => Some(page.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn table_row(row: usize, found: Option<&(usize, Message)>, props: &Props) -> Html {
    let rowindex = (row + 2).to_string();
    let Some((index, message)) = found else {
        return html! {
            <div key={row} class="message-row" role="row" aria-rowindex={rowindex}>
                <span role="gridcell" class="quiet">{ "…" }</span>
            </div>
        };
    };
    let index = *index;
    let chosen = props.message == Some(index);
    let onclick = props.on_message.reform(move |_: MouseEvent| index);
    let again = message.retransmission_of.is_some();
    html! {
        <div
            key={row}
            class={classes!("message-row", chosen.then_some("chosen"), again.then_some("again"))}
            role="row"
            aria-rowindex={rowindex}
            aria-selected={chosen.to_string()}
            data-testid="message-row"
            data-index={index.to_string()}
            {onclick}
        >
            <span role="gridcell" class="number">{ message.packet }</span>
            <span role="gridcell" class="number">
                { format!("{:.3}", message.time - props.origin) }
            </span>
            <span role="gridcell">{ &message.src }</span>
            <span role="gridcell">{ &message.dst }</span>
            <span role="gridcell">{ protocol(message) }</span>
            <span role="gridcell" title={message.summary.clone()}>
                if again { <span class="tag">{ "repeated " }</span> }
                { &message.summary }
            </span>
        </div>
    }
}

fn protocol(message: &Message) -> String {
    let protocol = match message.protocol {
        MessageProtocol::Sip => "SIP",
        MessageProtocol::Control => "RecordServer",
        MessageProtocol::Csta => "CSTA",
        MessageProtocol::Http => "HTTP",
    };
    match message.transport {
        Transport::Udp => protocol.to_owned(),
        Transport::Tcp => format!("{protocol}/TCP"),
        Transport::Tls => format!("{protocol}/TLS"),
    }
}
