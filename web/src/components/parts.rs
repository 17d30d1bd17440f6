//! The rows below a file: its recording, calls with their streams, streams without a call,
//! recordings that were seen being made, and transactions.
//!
//! A report has hundreds of them. A screenful is there with the report, the others follow it one
//! screenful per frame, so that what is asked about first does not wait for the last of them.

use super::part_row::row;
use crate::files::Part;
use crate::protocol::Summary;
use crate::same::Same;
use crate::wording;
use crate::wording::lower_case;
use gloo::render::request_animation_frame;
use recscope_analyzer::report::{Call, Report, Stream};
use yew::prelude::*;

/// Calls shown at most; the filter finds the others.
const MOST_CALLS: usize = 500;

/// Streams without a call shown at most.
const MOST_STREAMS: usize = 500;

/// Transactions outside calls shown at most.
const MOST_TRANSACTIONS: usize = 100;

/// Rows drawn per frame: a screenful and a few more.
const PER_FRAME: usize = 60;

/// A row, by what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// What it is of.
    pub(super) part: Part,
    /// Whether it belongs to the call above it.
    pub(super) is_nested: bool,
}

/// The rows that there are, in order, and how many more of what would be.
#[derive(Debug, Default, PartialEq, Eq)]
struct List {
    rows: Vec<Listed>,
    left_out: [(usize, &'static str); 3],
}

/// Properties of [`Parts`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What was found in the file.
    pub summary: Same<Summary>,
    /// What is looked at, if anything.
    pub selected: Option<Part>,
    /// Lower-case text that calls and streams have to contain.
    pub filter: AttrValue,
    /// Called with what to look at; the same one as long as the file is.
    pub on_select: Callback<Part>,
}

/// The rows in which the filter occurs.
#[component]
pub fn Parts(props: &Props) -> Html {
    let list = use_memo((props.summary.clone(), props.filter.clone()), |(summary, filter)| {
        list(&summary.report, filter)
    });
    let blocks = list.rows.len().div_ceil(PER_FRAME);
    let drawn = use_state_eq(|| 1);
    let next = drawn.setter();
    use_effect_with((*drawn, blocks), move |&(drawn, blocks)| {
        let frame = (drawn < blocks).then(|| request_animation_frame(move |_| next.set(drawn + 1)));
        move || drop(frame)
    });
    html! {
        <div class="parts">
            { for list.rows.chunks(PER_FRAME).take(*drawn).enumerate().map(|(index, rows)| {
                let selected =
                    props.selected.filter(|part| rows.iter().any(|row| row.part == *part));
                html! {
                    <Block
                        key={index} summary={props.summary.clone()} rows={rows.to_vec()}
                        {selected} on_select={props.on_select.clone()}
                    />
                }
            }) }
            { for list.left_out.iter().filter(|(more, _)| *more > 0).map(|(more, noun)| {
                let more = wording::counted(*more as u64, noun);
                html! {
                    <p class="row-detail more">{ format!("{more} more: filter to find them") }</p>
                }
            }) }
        </div>
    }
}

/// Properties of [`Block`].
#[derive(Properties, PartialEq)]
struct BlockProps {
    summary: Same<Summary>,
    rows: Vec<Listed>,
    /// What is looked at, if it is among the rows.
    selected: Option<Part>,
    on_select: Callback<Part>,
}

/// What is drawn in one frame, and anew only when something in it changes.
#[component]
fn Block(props: &BlockProps) -> Html {
    let report = &props.summary.report;
    html! {
        { for props.rows.iter().map(|listed| {
            row(report, *listed, props.selected == Some(listed.part), &props.on_select)
        }) }
    }
}

fn list(report: &Report, filter: &str) -> List {
    let mut list = List::default();
    let mut put = |part, is_nested| list.rows.push(Listed { part, is_nested });
    if report.recording.is_some() {
        put(Part::Whole, false);
    }
    let calls = report.calls.iter().filter(|call| call_matches(report, call, filter));
    let calls_left = each(calls, MOST_CALLS, |call| {
        put(Part::Call(call.id), false);
        for stream in call.streams.iter().filter(|index| **index < report.streams.len()) {
            put(Part::Stream(*stream), true);
        }
    });
    let strays = report.streams.iter().filter(|stream| stream.call.is_none());
    let strays = strays.filter(|stream| stream_matches(stream, filter));
    let strays_left = each(strays, MOST_STREAMS, |stream| put(Part::Stream(stream.id), false));
    for session in 0..report.recording_sessions.len() {
        put(Part::Session(session), false);
    }
    let transactions = report.transactions.iter().enumerate().filter(|(_, found)| {
        contains(&[&found.method, &found.from, &found.to, &found.result], filter)
    });
    let transactions_left = each(transactions, MOST_TRANSACTIONS, |(index, _)| {
        put(Part::Transaction(index), false);
    });
    list.left_out =
        [(calls_left, "call"), (transactions_left, "transaction"), (strays_left, "stream")];
    list
}

/// Does something with the first `most`, and counts the others.
fn each<T>(mut found: impl Iterator<Item = T>, most: usize, act: impl FnMut(T)) -> usize {
    found.by_ref().take(most).for_each(act);
    found.count()
}

fn call_matches(report: &Report, call: &Call, filter: &str) -> bool {
    contains(&[&call.from, &call.to, &call.call_id, wording::call_state(call.state)], filter)
        || call
            .streams
            .iter()
            .filter_map(|index| report.streams.get(*index))
            .any(|stream| stream_matches(stream, filter))
}

fn stream_matches(stream: &Stream, filter: &str) -> bool {
    contains(&[&stream.src, &stream.dst, &stream.ssrc, &stream.codec], filter)
}

fn contains(texts: &[&str], filter: &str) -> bool {
    filter.is_empty() || texts.iter().any(|text| lower_case(text).contains(filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_analyzer::{Analyzer, Options};

    /// A call in two legs.
    fn report() -> Report {
        let capture = include_bytes!("../../../testdata/legs/two-legs.pcap");
        let mut analyzer = Analyzer::new("two-legs.pcap", None, Options::default());
        analyzer.push(capture);
        analyzer.finish().report().clone()
    }

    #[test]
    fn streams_are_listed_below_their_call() {
        let report = report();
        let listed = list(&report, "").rows;
        let calls: Vec<_> = report
            .calls
            .iter()
            .flat_map(|call| {
                let streams = call.streams.iter().map(|stream| (Part::Stream(*stream), true));
                std::iter::once((Part::Call(call.id), false)).chain(streams)
            })
            .collect();
        assert!(calls.len() > report.calls.len(), "{calls:?}");
        let listed: Vec<_> = listed.iter().map(|row| (row.part, row.is_nested)).collect();
        assert_eq!(listed[..calls.len()], calls);
    }

    #[test]
    fn what_is_too_much_to_list_is_counted() {
        let mut report = report();
        let call = report.calls[0].clone();
        report.calls = (0..MOST_CALLS + 7).map(|id| Call { id, ..call.clone() }).collect();
        let List { rows, left_out } = list(&report, "");
        let calls = rows.iter().filter(|row| matches!(row.part, Part::Call(_)));
        assert_eq!(calls.count(), MOST_CALLS);
        assert_eq!(left_out[0], (7, "call"));
    }
}
