//! The Quality tab: figures and charts, stream by stream.

use super::chart::{Chart, Point, Style};
use super::facts;
use super::time_cursor::{Clock, TimeCursor};
use crate::audio::Player;
use crate::client::Client;
use crate::client::answer::{Asked, use_answer};
use crate::protocol::{Answer, FileId, Question, Summary};
use crate::same::Same;
use crate::wording;
use recscope_analyzer::Bucket;
use recscope_analyzer::report::Stream;
use yew::prelude::*;

/// Streams shown at once.
const MOST: usize = 24;

/// Quality of the chosen `streams` of a file, or of the recording that it is.
pub fn quality(
    client: &Client,
    file: FileId,
    summary: &Same<Summary>,
    streams: &[usize],
    player: &Player,
) -> Html {
    let report = &summary.report;
    if let Some(recording) = &report.recording {
        return html! {
            <div class="quality scroller">
                <section class="card">
                    <h2>{ "Recording" }</h2>
                    { facts::list(facts::recording(report.file.kind, recording)) }
                    if !recording.gaps.is_empty() {
                        <h3>{ "Missing" }</h3>
                        <ul class="plain">
                            { for recording.gaps.iter().map(|gap| html! {
                                <li>{ format!(
                                    "{} from {}", wording::span(gap.ms), wording::clock(gap.at_ms / 1e3)
                                ) }</li>
                            }) }
                        </ul>
                    }
                    if !recording.repairs.is_empty() {
                        <h3>{ "Corrected while reading" }</h3>
                        <ul class="plain">
                            { for recording.repairs.iter().map(|repair| html! { <li>{ repair }</li> }) }
                        </ul>
                    }
                </section>
            </div>
        };
    }
    let left_out = streams.len().saturating_sub(MOST);
    html! {
        <div class="quality scroller">
            if streams.is_empty() {
                <p class="notice">{ "No media was found here." }</p>
            }
            { for streams.iter().take(MOST).map(|stream| html! {
                <StreamCard
                    key={*stream} client={client.clone()} {file} summary={summary.clone()}
                    stream={*stream} player={player.clone()}
                />
            }) }
            if left_out > 0 {
                <p class="notice">
                    { format!("{} more: choose a call or stream at the left.", wording::counted(left_out as u64, "stream")) }
                </p>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct CardProps {
    client: Client,
    file: FileId,
    summary: Same<Summary>,
    stream: usize,
    player: Player,
}

#[component]
fn StreamCard(props: &CardProps) -> Html {
    let asked = use_answer(&props.client, Some((props.file, Question::Quality(props.stream))));
    let Some(stream) = props.summary.report.streams.get(props.stream) else {
        return Html::default();
    };
    let buckets = match &asked {
        Asked::Answered(answer) => match &answer.0 {
            Answer::Quality(buckets) => Some(buckets.clone()),
            _ => None,
        },
        _ => None,
    };
    html! {
        <section class="card" aria-label={format!("Stream {}", stream.ssrc)}>
            <h2>
                { if stream.codec.is_empty() { "RTP" } else { &stream.codec } }
                <span class="quiet">{ format!(" {} → {}", stream.src, stream.dst) }</span>
            </h2>
            { figures(stream) }
            { charts(buckets.as_deref().map_or(&[], Vec::as_slice), stream, &props.player) }
        </section>
    }
}

/// The figures one looks at first.
fn figures(stream: &Stream) -> Html {
    let bad = |is_bad: bool| is_bad.then_some("bad");
    let figure = |name: &'static str, value: String, class: Option<&'static str>| {
        html! { <div class={classes!(class)}><dt>{ name }</dt><dd>{ value }</dd></div> }
    };
    html! {
        <dl class="figures">
            { figure("Packets", wording::count(stream.packets), None) }
            { figure("Lost", wording::lost(stream), bad(stream.lost > 0)) }
            { figure("Jitter mean", format!("{:.2} ms", stream.jitter_ms.mean), None) }
            { figure("Jitter max", format!("{:.2} ms", stream.jitter_ms.max), bad(stream.jitter_ms.max > 30.0)) }
            { figure("Spacing max", format!("{:.1} ms", stream.delta_ms.max), None) }
            { figure("Out of order", wording::count(stream.out_of_order), bad(stream.out_of_order > 0)) }
            { figure("Duplicates", wording::count(stream.duplicates), bad(stream.duplicates > 0)) }
            { figure(
                "MOS, estimated",
                stream.mos.map_or_else(|| "–".to_owned(), |mos| format!("{mos:.2}")),
                bad(stream.mos.is_some_and(|mos| mos < 3.6)),
            ) }
        </dl>
    }
}

/// The charts, with the cursor in each.
fn charts(buckets: &[Bucket], stream: &Stream, player: &Player) -> Html {
    let end = (stream.last - stream.first).max(1.0);
    let first = stream.first;
    let on_seek = {
        let player = player.clone();
        Callback::from(move |time: f64| {
            if let Some(start) = player.track().start {
                player.seek(first + time - start);
            }
        })
    };
    let chart = |title, style, least_top, value: fn(&Bucket) -> f64| {
        let point = |bucket: &Bucket| Point {
            start: seconds(bucket.start_ms),
            width: seconds(bucket.width_ms),
            value: value(bucket),
        };
        let points: Vec<Point> = buckets.iter().map(point).collect();
        let cursor = html! {
            <TimeCursor player={player.clone()} start={first} end={first + end} clock={Clock::Epoch} />
        };
        Chart { title, points: &points, end, least_top, style, cursor, on_seek: &on_seek }.html()
    };
    html! {
        <div class="charts" role="group" aria-label="Per second">
            { chart("Largest jitter, ms", Style::Line, 5.0, |bucket| {
                f64::from(bucket.max_jitter_ms)
            }) }
            { chart("Lost packets", Style::Bars, 5.0, |bucket| f64::from(bucket.lost)) }
            { chart("Packets", Style::Line, 50.0, |bucket| f64::from(bucket.packets)) }
        </div>
    }
}

fn seconds(ms: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "no stream runs for 2^53 ms")]
    let ms = ms as f64;
    ms / 1e3
}
