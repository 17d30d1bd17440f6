//! A run as a diagram.

use crate::describe::Described;
use crate::fault::Effect;
use crate::pattern::Remark;
use crate::run::{Explanation, Run};
use crate::trace::{Message, Sent, StepKind, Stream};
use recscope_core::rtp::payload;
use recscope_core::time::Instant;
use recscope_flow::{Actor, Arrow, Band, Flow, Item, Note, StateChange};

pub(crate) fn build(run: &Run, told: bool) -> Flow {
    let explanations = if told { run.explanations() } else { Default::default() };
    let trace = run.trace();
    let mut items = Vec::with_capacity(trace.steps().len());
    for (number, step) in trace.steps().iter().enumerate() {
        let time_us = micros(step.time);
        let rule = step.rule.map(|rule| rule.id.to_owned());
        // What is said comes before what it is said of, as a trainer would have it.
        for Explanation { say, rule } in explanations.get(&number).into_iter().flatten() {
            let text = (*say).to_owned();
            let rule = rule.map(|rule| rule.id.to_owned());
            items.push(Item::Note(Note { time_us, actor: None, text, rule }));
        }
        let lane = |host: u32| (host as usize).min(run.world().hosts().len());
        items.push(match &step.kind {
            StepKind::Message(message) => Item::Message(Arrow {
                time_us,
                from: lane(message.from),
                to: lane(message.to),
                label: label(message),
                detail: message.described.detail.clone(),
                protocol: message.protocol(),
                class: message.described.class,
                delivery: message.delivery,
                repeats: message.repeats,
                source: Some(number),
                rule,
                arrived_us: message.arrived.map(micros),
            }),
            StepKind::State(change) => Item::State(StateChange {
                time_us,
                actor: lane(change.actor),
                machine: change.machine.to_owned(),
                from: change.from.to_owned(),
                to: change.to.to_owned(),
                rule,
            }),
            StepKind::Remark { actor, kind, text } => {
                let text = match kind {
                    Remark::Prompt => format!("shows: {text}"),
                    Remark::Ignored => format!("ignored: {text}"),
                    Remark::Note | Remark::Done => text.clone(),
                };
                Item::Note(Note { time_us, actor: Some(lane(*actor)), text, rule })
            }
            StepKind::Media(stream) => {
                let Some((stream, sent)) = trace.stream(*stream) else { continue };
                Item::Media(Band {
                    start_us: time_us,
                    end_us: micros(sent.end),
                    from: lane(stream.from),
                    to: lane(stream.to),
                    label: stream.label(sent),
                    lost: u64::from(sent.lost),
                    source: Some(number),
                })
            }
        });
    }
    let actors = run.world().hosts().iter().map(|host| Actor {
        id: host.name.clone(),
        label: host.label.clone(),
        detail: host.address.to_string(),
        kind: host.kind,
    });
    Flow { title: run.scenario().title.clone(), actors: actors.collect(), items }
}

fn micros(time: Instant) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// What is written on an arrow: the message, and what a fault did to it.
fn label(message: &Message) -> String {
    let Described { label, .. } = &message.described;
    let effect = match message.effect {
        Some(Effect::Delay(_)) => " (delayed)",
        Some(Effect::Corrupt) => " (damaged)",
        Some(Effect::Duplicate) => " (doubled)",
        Some(Effect::Lose | Effect::LoseOnce) | None => "",
    };
    format!("{label}{effect}")
}

impl Stream {
    /// One line: `RTP PCMA, 551 packets, 0 lost`.
    #[must_use]
    pub fn label(&self, sent: &Sent) -> String {
        let known = payload::STATIC.iter().find(|known| known.payload_type == self.payload_type);
        let codec = known.map_or("of a dynamic type", |known| known.name);
        format!("RTP {codec}, {} packets, {} lost", sent.packets, sent.lost)
    }
}
