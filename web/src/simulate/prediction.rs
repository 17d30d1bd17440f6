//! What comes next? A question to the class about each step before it is shown.

use recscope_flow::{Flow, Item};

/// Most answers to choose from.
const ANSWERS: usize = 4;

/// A question about a step that has not been shown: answers, one of them right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What could come next, each in one line, no two alike.
    pub answers: Vec<String>,
    /// Which of them does.
    pub right: usize,
}

impl Question {
    /// What to ask about the item `next` of a flow; none past its end.
    ///
    /// The wrong answers are what happens elsewhere in the same flow, the nearest first, so that
    /// they are about the same devices and as likely to one who does not know. The same flow asks
    /// the same questions.
    #[must_use]
    pub fn about(flow: &Flow, next: usize) -> Option<Self> {
        let item = flow.items.get(next)?;
        let right = told(flow, item);
        let mut wrong: Vec<String> = Vec::new();
        let count = flow.items.len();
        for distance in 1..count {
            let near = [next.checked_add(distance), next.checked_sub(distance)];
            for other in near.into_iter().flatten().filter_map(|at| flow.items.get(at)) {
                let text = told(flow, other);
                let alike = std::mem::discriminant(other) == std::mem::discriminant(item);
                if alike && text != right && !wrong.contains(&text) && wrong.len() + 1 < ANSWERS {
                    wrong.push(text);
                }
            }
            if wrong.len() + 1 >= ANSWERS {
                break;
            }
        }
        // Seven has no factor in common with two, three or four: every place gets its turn.
        let place = (next * 7 + 3) % (wrong.len() + 1);
        let mut answers = wrong;
        answers.insert(place, right);
        Some(Self { answers, right: place })
    }
}

/// An item in one line, without what only its outcome tells.
#[must_use]
pub fn told(flow: &Flow, item: &Item) -> String {
    let name = |actor: usize| flow.actors.get(actor).map_or("unknown", |actor| &actor.label);
    match item {
        Item::Message(arrow) => {
            format!("{} → {}: {}", name(arrow.from), name(arrow.to), arrow.label)
        }
        Item::Media(band) => format!("{} ⇒ {}: RTP begins", name(band.from), name(band.to)),
        Item::State(change) => {
            format!("{}: {} becomes {}", name(change.actor), change.machine, change.to)
        }
        Item::Note(note) => match note.actor {
            Some(actor) => format!("{}: {}", name(actor), note.text),
            None => note.text.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_simulator::run::{Run, RunOptions};
    use recscope_simulator::scenario::{Changes, catalogue};

    #[test]
    fn every_step_of_every_scenario_makes_a_question_with_one_right_answer() {
        for entry in catalogue() {
            let scenario = entry.scenario(&Changes::default()).unwrap();
            let mut run = Run::new(&scenario, &RunOptions::default()).unwrap();
            run.run_to_end();
            let flow = run.flow(false);
            for (next, item) in flow.items.iter().enumerate() {
                let question = Question::about(&flow, next).unwrap();
                assert_eq!(question.answers[question.right], told(&flow, item), "{}", entry.id);
                let mut answers = question.answers.clone();
                answers.sort();
                answers.dedup();
                assert_eq!(answers.len(), question.answers.len(), "{}: {answers:?}", entry.id);
                assert!(answers.len() <= ANSWERS);
            }
            assert_eq!(Question::about(&flow, flow.items.len()), None);
        }
    }

    #[test]
    fn the_right_answer_is_not_always_at_the_same_place() {
        let scenario = catalogue()[0].scenario(&Changes::default()).unwrap();
        let mut run = Run::new(&scenario, &RunOptions::default()).unwrap();
        run.run_to_end();
        let flow = run.flow(false);
        let mut places: Vec<usize> = (0..flow.items.len())
            .filter_map(|next| Some(Question::about(&flow, next)?.right))
            .collect();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() >= 3, "{places:?}");
    }
}
