//! What a trainer says about the current step, the rules behind it, and what it changed.

use super::shown::Shown;
use super::symbol::Sign;
use recscope_core::rule::Rule;
use recscope_flow::{Delivery, clock};
use recscope_simulator::lesson::{Lesson, Mark, Now, Timer};
use recscope_simulator::report::{ChangeDetail, Step, StepSort, Trigger};
use yew::prelude::*;

/// Properties of [`Explanation`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// The current step.
    pub step: usize,
    /// Whether the step could go otherwise.
    pub has_what_if: bool,
    /// Called to ask what if.
    pub on_what_if: Callback<()>,
}

/// The current step in words.
#[component]
pub fn Explanation(props: &Props) -> Html {
    let Props { lesson, step, has_what_if, on_what_if } = props;
    let Some(facts) = lesson.steps.get(*step).map(|step| &step.facts) else {
        return html! { <p class="notice">{ "Nothing happens in this scenario." }</p> };
    };
    html! {
        <article class="explanation" aria-live="polite" tabindex="0" data-testid="explanation">
            <header>
                <h2>{ &facts.summary }</h2>
                <p class="quiet">{ ends(lesson, facts) }</p>
            </header>
            { mark(lesson.mark(*step)) }
            // Lists of their own: one that grows moves nothing in the others.
            <>{ for facts.say.iter().map(|said| html! { <p class="said">{ &said.text }</p> }) }</>
            if facts.say.is_empty() || facts.change.is_some() {
                <p class="plain-words">{ in_words(lesson, facts) }</p>
            }
            <>{ for rules(facts).into_iter().map(rule_card) }</>
            { changes(lesson, *step) }
            if *has_what_if {
                <p>
                    <button
                        type="button" class="button" data-testid="what-if"
                        title="What if? (w)" onclick={on_what_if.reform(|_: MouseEvent| ())}
                    >
                        { Sign::Break.html() }{ "What if …?" }
                    </button>
                </p>
            }
        </article>
    }
}

/// A rule: its id, where it comes from, and what it says.
pub fn rule_card(rule: &'static Rule) -> Html {
    html! {
        <blockquote class="rule" data-testid="rule" data-rule={rule.id}>
            <p>
                <b>{ rule.id }</b>
                <span class={classes!("basis", rule.basis.name())} title={basis(rule)}>
                    { rule.basis.name() }
                </span>
            </p>
            <p>{ rule.text }</p>
        </blockquote>
    }
}

fn basis(rule: &Rule) -> &'static str {
    use recscope_core::rule::Basis;
    match rule.basis {
        Basis::Stated => "Stated by the makers' documents",
        Basis::Fact => "A fact from other public material",
        Basis::Assumed => "Our assumption, where nothing is published",
    }
}

/// The rules that a step is about, those of what is said first, each once.
#[must_use]
pub fn rules(facts: &Step) -> Vec<&'static Rule> {
    let said = facts.say.iter().filter_map(|said| said.rule.as_deref());
    let mut rules: Vec<&'static Rule> = Vec::new();
    for rule in said.chain(facts.rule.as_deref()).filter_map(Rule::find) {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

fn label<'a>(lesson: &'a Lesson, id: Option<&'a str>) -> &'a str {
    let Some(id) = id else { return "everyone" };
    lesson.players.iter().find(|player| player.id == id).map_or(id, |player| &player.label)
}

/// When, and from whom to whom.
fn ends(lesson: &Lesson, facts: &Step) -> String {
    let time = clock::relative(micros(facts.time_ms));
    match (&facts.from, &facts.to) {
        (Some(from), Some(to)) => {
            let (from, to) = (label(lesson, Some(from)), label(lesson, Some(to)));
            format!("{time} s · {from} → {to}")
        }
        (from, _) => format!("{time} s · {}", label(lesson, from.as_deref())),
    }
}

fn micros(ms: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let us = (ms * 1e3).round() as i64;
    us
}

fn mark(mark: Mark) -> Html {
    let (class, text) = match mark {
        Mark::Same => return Html::default(),
        Mark::Moved => ("moved", "At another time than in the undisturbed run"),
        Mark::Changed => ("changed", "Otherwise than in the undisturbed run"),
        Mark::New => ("new", "Not in the undisturbed run"),
    };
    html! { <p class={classes!("difference", class)} data-testid="difference" data-mark={class}>{ text }</p> }
}

/// A step about which nothing is said, in plain words.
#[must_use]
pub fn in_words(lesson: &Lesson, facts: &Step) -> String {
    let from = label(lesson, facts.from.as_deref());
    let to = label(lesson, facts.to.as_deref());
    match (facts.kind, &facts.message, &facts.media) {
        (StepSort::Message, Some(message), _) => {
            let sent = match message.repeats {
                0 => String::new(),
                1 => ", and once more because no answer came".to_owned(),
                more => format!(", and {more} times more because no answer came"),
            };
            let fate = match (message.delivery, message.arrived_ms) {
                (Delivery::Lost, _) => "It never arrives.".to_owned(),
                (Delivery::Delivered, Some(arrived)) => {
                    let time = clock::difference(micros(arrived - facts.time_ms));
                    // A number and its unit stay on one line.
                    format!("It takes {}.", time.replace(' ', "\u{a0}"))
                }
                (Delivery::Delivered, None) => String::new(),
            };
            format!("{from} sends it to {to}{sent}. {fate}")
        }
        (StepSort::Media, _, Some(media)) => {
            let lost = match media.lost {
                0 => "all of them arrive".to_owned(),
                lost => format!("{lost} of them are lost"),
            };
            format!(
                "{from} sends sound to {to} for {}: {} packets, {lost}. SSRC {}, payload type {}.",
                clock::difference(micros(media.end_ms - facts.time_ms)),
                media.packets,
                media.ssrc,
                media.payload_type
            )
        }
        (StepSort::State, ..) => match &facts.change {
            Some(change) => format!(
                "“{}” of {from} goes from {} to {}: {}.",
                change.machine,
                change.from,
                change.to,
                because(lesson, change)
            ),
            None => facts.summary.clone(),
        },
        _ if facts.summary.starts_with("shows: ") => format!("{from} shows this to its user."),
        _ if facts.summary.starts_with("ignored: ") => {
            format!("{from} drops what came, on purpose.")
        }
        // What is remarked has its rule; what is done to someone may be anything.
        _ if facts.rule.is_some() => format!("So it is at {from}."),
        _ => format!("This is done to {from} from outside: a key, a plug, an order."),
    }
}

/// What made a machine change its state: `INVITE (SDP) came from the recorder in step 15`.
#[must_use]
pub fn because(lesson: &Lesson, change: &ChangeDetail) -> String {
    let ChangeDetail { cause, trigger, step, text, .. } = change;
    let place = step.map_or(String::new(), |step| format!(" in step {}", step + 1));
    let facts = step.and_then(|step| lesson.steps.get(step)).map(|step| &step.facts);
    let sender = label(lesson, facts.and_then(|facts| facts.from.as_deref()));
    let made = match trigger {
        Trigger::Message => [text, " came from ", sender, &place].concat(),
        Trigger::Order => ["“", text, "” was done", &place].concat(),
        Trigger::Timer => ["its timer ", text, " ran out"].concat(),
        Trigger::Connection => ["its connection reported “", text, "”"].concat(),
        Trigger::Drive => ["its drive reported “", text, "”"].concat(),
        Trigger::Sound => [text, " came"].concat(),
        Trigger::Start => [text, " at the start"].concat(),
    };
    // What the machine's table calls it says more than the name of a message where both differ.
    if text.contains(cause) { made } else { [cause, ", as ", &made].concat() }
}

/// What a step changed in whom: states, and timers that start, stop or fire.
fn changes(lesson: &Lesson, step: usize) -> Html {
    let now = lesson.at(step);
    let before = match step.checked_sub(1) {
        Some(before) => lesson.at(before),
        None => Vec::new(),
    };
    let none = Now { standing: &[], timers: &[], changed: false };
    let lines = lesson.players.iter().zip(&now).enumerate().flat_map(|(index, (player, now))| {
        let before = before.get(index).copied().unwrap_or(none);
        let mut lines = Vec::new();
        for standing in now.standing.iter().filter(|s| step > 0 && !before.standing.contains(s)) {
            let machine = player.machines.get(standing.machine);
            let state = machine.and_then(|machine| machine.states.get(standing.state));
            if let (Some(machine), Some(state)) = (machine, state) {
                lines.push(format!("{}: {} is now {state}", player.label, machine.name));
            }
        }
        let names = |timers: &[Timer]| -> Vec<String> {
            timers.iter().map(|timer| timer.name.clone()).collect()
        };
        let (old, new) = (names(before.timers), names(now.timers));
        for (some, others, what) in
            [(&new, &old, "now waits for"), (&old, &new, "no longer waits for")]
        {
            let names: Vec<_> = some.iter().filter(|name| !others.contains(name)).collect();
            if let [first, rest @ ..] = names.as_slice() {
                let rest = rest.iter().map(|name| format!(", {name}")).collect::<String>();
                lines.push(format!("{}: {what} {first}{rest}", player.label));
            }
        }
        lines
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return Html::default();
    }
    html! {
        <ul class="changes" aria-label="What it changes">
            { for lines.into_iter().map(|line| html! { <li>{ line }</li> }) }
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_simulator::lesson::{Setup, Source, Teacher};

    #[test]
    fn what_a_phone_does_of_itself_is_not_told_as_done_to_it() {
        let setup = Setup::of(Source::Catalogue("bx-local-basic".to_owned()));
        let lesson = Teacher::default().lesson(&setup).expect("it is in the catalogue");
        let told = |summary: &str| {
            let mut steps = lesson.steps.iter().map(|step| &step.facts);
            let facts = steps.find(|facts| facts.summary.starts_with(summary));
            in_words(&lesson, facts.expect("it happens"))
        };
        assert_eq!(told("The phone makes the file"), "So it is at Phone 1000.");
        assert!(told("stop").starts_with("This is done to Phone 1000"));
        assert!(told("local recording: recording → idle").ends_with("“stop” was done in step 5."));
    }
}
