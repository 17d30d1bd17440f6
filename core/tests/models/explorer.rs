//! Breadth-first exploration of a model's states, each visited once.

use std::collections::{HashSet, VecDeque};
use std::fmt;

/// States, what can happen in each, and what must hold.
pub(crate) trait Model {
    /// One state of everything.
    type State: Clone;
    /// One thing that can happen.
    type Action: Clone + fmt::Debug;

    /// Where it begins.
    fn start(&self) -> Self::State;

    /// What can happen next.
    fn actions(&self, state: &Self::State) -> Vec<Self::Action>;

    /// Lets it happen, or says what was broken on the way.
    fn step(&self, state: &Self::State, action: &Self::Action) -> Result<Self::State, String>;

    /// What holds in every state.
    fn check(&self, state: &Self::State) -> Result<(), String>;

    /// Equal for states that behave alike from now on.
    fn fingerprint(&self, state: &Self::State) -> u64;
}

/// How much was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    pub(crate) depth: usize,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, transitions, depth } = self;
        write!(f, "{states} states, {transitions} transitions, up to {depth} steps deep")
    }
}

/// The shortest way to something that must not be.
#[derive(Debug)]
pub(crate) struct Counterexample {
    pub(crate) problem: String,
    pub(crate) steps: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after", self.problem)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "  {step}"))
    }
}

/// Visits every state there is.
pub(crate) fn explore<M: Model>(model: &M) -> Result<Explored, Counterexample> {
    let start = model.start();
    let mut seen = HashSet::from([model.fingerprint(&start)]);
    // For each state, the state before it and the step between.
    let mut ways: Vec<Option<(usize, M::Action)>> = vec![None];
    let mut queue = VecDeque::from([(0, 0, start)]);
    let mut explored = Explored { states: 1, transitions: 0, depth: 0 };
    while let Some((place, depth, state)) = queue.pop_front() {
        explored.depth = explored.depth.max(depth);
        if let Err(problem) = model.check(&state) {
            return Err(Counterexample { problem, steps: steps_to(&ways, place) });
        }
        for action in model.actions(&state) {
            explored.transitions += 1;
            let next = match model.step(&state, &action) {
                Ok(next) => next,
                Err(problem) => {
                    let mut steps = steps_to(&ways, place);
                    steps.push(format!("{action:?}"));
                    return Err(Counterexample { problem, steps });
                }
            };
            if seen.insert(model.fingerprint(&next)) {
                explored.states += 1;
                ways.push(Some((place, action)));
                queue.push_back((ways.len() - 1, depth + 1, next));
            }
        }
    }
    Ok(explored)
}

fn steps_to<A: fmt::Debug>(ways: &[Option<(usize, A)>], place: usize) -> Vec<String> {
    let mut steps = Vec::new();
    let mut place = place;
    while let Some((before, action)) = &ways[place] {
        steps.push(format!("{action:?}"));
        place = *before;
    }
    steps.reverse();
    steps
}
