//! A scenario under way: step by step, to a time, to its end, and back.

mod checking;

pub use checking::Checked;

use crate::fault::Fault;
use crate::flow;
use crate::pattern::Occurrence;
use crate::report::Report;
use crate::scenario::{Scenario, When};
use crate::trace::{Counter, StepKind, Trace};
use crate::world::{Deed, World, WorldOptions, at};
use recscope_core::rule::Rule;
use recscope_core::time::Instant;
use recscope_flow::Flow;
use std::collections::BTreeMap;
use std::time::Duration;

/// How a run differs from its scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// What goes wrong besides what the scenario says.
    pub faults: Vec<Fault>,
    /// Whether packets are kept in a capture.
    pub captures: bool,
}

/// A scenario under way.
#[derive(Clone, Debug)]
pub struct Run {
    scenario: Scenario,
    faults: Vec<Fault>,
    state: State,
    /// Earlier states, to go back to: the one at the start and then one every so many steps.
    snapshots: Vec<State>,
}

#[derive(Clone, Debug)]
struct State {
    world: World,
    /// Deeds by time; those of one time in the scenario's order.
    due: BTreeMap<(Instant, usize), Due>,
    order: usize,
    /// Steps of the script that wait for a step of the run.
    waiting: Vec<(Counter, usize)>,
    /// Steps of the run that were shown to `waiting`.
    seen: usize,
    /// What the script says about steps of the run.
    said: BTreeMap<usize, usize>,
}

#[derive(Clone, Debug)]
enum Due {
    /// A step of the script.
    Script(usize),
    /// A deed among the faults.
    Fault(u32, Deed),
}

/// What is said about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// To be read aloud.
    pub say: &'a str,
    /// The rule that it explains.
    pub rule: Option<&'static Rule>,
}

/// Steps between snapshots.
const SNAPSHOT_EVERY: usize = 64;

impl Run {
    /// A run at its start.
    ///
    /// # Errors
    /// A fault that the scenario cannot have: which one, and what to write instead.
    pub fn new(scenario: &Scenario, options: &RunOptions) -> Result<Self, String> {
        let mut world = World::new(&WorldOptions {
            seed: scenario.seed,
            epoch_seconds: scenario.epoch_seconds,
            link: scenario.link,
            captures: options.captures,
        });
        for member in &scenario.cast {
            world.add(member.host.clone(), member.actor.clone());
        }
        for (one, other, link) in &scenario.links {
            world.network_mut().set_link(*one, *other, *link);
        }
        let mut state = State {
            world,
            due: BTreeMap::new(),
            order: 0,
            waiting: Vec::new(),
            seen: 0,
            said: BTreeMap::new(),
        };
        for fault in scenario.faults.iter().chain(&options.faults) {
            let wrong = |message| format!("fault {fault}: {message}");
            scenario.check_fault(fault).map_err(wrong)?;
            state.disturb(scenario, fault).map_err(wrong)?;
        }
        for (number, step) in scenario.script.iter().enumerate() {
            match &step.when {
                When::At(time) => state.due_at(at(*time), Due::Script(number)),
                When::After(pattern, _) => {
                    state.waiting.push((Counter::new(pattern.clone()), number));
                }
            }
        }
        let numbered = (0..).zip(&scenario.cast);
        let on: Vec<u32> = numbered.filter(|(_, member)| member.on).map(|(n, _)| n).collect();
        state.world.start(&on);
        let snapshots = vec![state.clone()];
        let faults = options.faults.clone();
        Ok(Self { scenario: scenario.clone(), faults, state, snapshots })
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What goes wrong besides what the scenario says.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The world as it is now.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.state.world
    }

    /// What happened so far.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        self.state.world.trace()
    }

    /// Lets one thing happen; `false` if nothing is left before the end.
    pub fn advance(&mut self) -> bool {
        let end = at(self.scenario.duration);
        let went = self.state.advance(&self.scenario, end);
        let steps = self.trace().steps().len();
        let last = self.snapshots.last().map_or(0, State::steps);
        if steps >= last + SNAPSHOT_EVERY {
            self.snapshots.push(self.state.clone());
        }
        went
    }

    /// Goes on until something is to be seen; `false` at the end.
    pub fn step(&mut self) -> bool {
        self.seek(self.trace().steps().len() + 1)
    }

    /// Goes back to before the last thing that was to be seen; `false` at the start.
    pub fn back(&mut self) -> bool {
        let steps = self.trace().steps().len();
        let Some(target) = steps.checked_sub(1) else { return false };
        // Several steps can come of one event: go to before the event that made the last one.
        let end = at(self.scenario.duration);
        self.rewind(target);
        let mut events = 0_u64;
        while self.state.steps() < steps && self.state.advance(&self.scenario, end) {
            events += 1;
        }
        self.rewind(target);
        for _ in 1..events {
            self.state.advance(&self.scenario, end);
        }
        self.trace().steps().len() < steps
    }

    /// Goes to where at least `steps` steps have happened; `false` if the run ends before.
    pub fn seek(&mut self, steps: usize) -> bool {
        if self.trace().steps().len() > steps {
            self.rewind(steps);
        }
        while self.trace().steps().len() < steps {
            if !self.advance() {
                return false;
            }
        }
        true
    }

    /// Lets everything happen that is due by a time.
    pub fn run_until(&mut self, time: Duration) {
        let until = at(time).min(at(self.scenario.duration));
        while self.state.advance(&self.scenario, until) {}
    }

    /// Goes on until a condition holds; `false` if the run ends before.
    pub fn run_while(&mut self, mut goes_on: impl FnMut(&World) -> bool) -> bool {
        while goes_on(&self.state.world) {
            if !self.advance() {
                return false;
            }
        }
        true
    }

    /// Lets everything happen.
    pub fn run_to_end(&mut self) {
        let end = at(self.scenario.duration);
        while self.state.advance(&self.scenario, end) {}
    }

    /// Lets everything happen, and shows the world after each thing that did.
    pub fn watch(&mut self, mut show: impl FnMut(&World)) {
        let end = at(self.scenario.duration);
        while self.state.advance(&self.scenario, end) {
            show(&self.state.world);
        }
    }

    /// Goes back to the last snapshot with at most `steps` steps.
    fn rewind(&mut self, steps: usize) {
        while self.snapshots.len() > 1 && self.snapshots.last().is_some_and(|s| s.steps() > steps) {
            self.snapshots.pop();
        }
        if let Some(snapshot) = self.snapshots.last() {
            self.state = snapshot.clone();
        }
    }

    /// What is said about the steps so far, by their numbers.
    #[must_use]
    pub fn explanations(&self) -> BTreeMap<usize, Vec<Explanation<'_>>> {
        let mut explanations: BTreeMap<usize, Vec<Explanation<'_>>> = BTreeMap::new();
        for (step, script) in &self.state.said {
            let script = self.scenario.script.get(*script);
            let said = script.and_then(|step| Some((step.say.as_deref()?, step.rule)));
            if let Some((say, rule)) = said {
                explanations.entry(*step).or_default().push(Explanation { say, rule });
            }
        }
        for narration in &self.scenario.narration {
            let mut counter = Counter::new(narration.on.clone());
            let once = narration.on.occurrence().is_none_or(|it| it == Occurrence::FIRST);
            for (number, step) in self.trace().steps().iter().enumerate() {
                if counter.see(self.trace(), &step.kind, |name| self.scenario.actor(name)) {
                    let explanation = Explanation { say: &narration.say, rule: narration.rule };
                    explanations.entry(number).or_default().push(explanation);
                    if once {
                        break;
                    }
                }
            }
        }
        explanations
    }

    /// The run so far as a diagram, with what is said about it as notes if it is `told`.
    #[must_use]
    pub fn flow(&self, told: bool) -> Flow {
        flow::build(self, told)
    }

    /// The run so far as data.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(self)
    }
}

impl State {
    fn steps(&self) -> usize {
        self.world.trace().steps().len()
    }

    fn due_at(&mut self, at: Instant, due: Due) {
        self.order += 1;
        self.due.insert((at, self.order), due);
    }

    fn disturb(&mut self, scenario: &Scenario, fault: &Fault) -> Result<(), String> {
        let host = |name: &str| scenario.actor(name);
        let network = self.world.network_mut();
        match fault {
            Fault::Message { effect, target } => network.add_fault(*effect, target, host),
            Fault::Cut { one, other, from, until } => {
                if let Some(one) = host(one) {
                    let other = other.as_deref().and_then(host);
                    network.cut(one, other, at(*from), until.map(at));
                }
            }
            Fault::Link { quality, between: None } => network.change_all(*quality),
            Fault::Link { quality, between: Some((one, other)) } => {
                if let (Some(one), Some(other)) = (host(one), host(other)) {
                    let mut link = *network.link(one, other);
                    link.apply(*quality);
                    network.set_link(one, other, link);
                }
            }
            Fault::Order { actor, words, at: time } => {
                let (host, deed) = scenario.deed(actor, words)?;
                self.due_at(at(*time), Due::Fault(host, deed));
            }
        }
        Ok(())
    }

    /// Lets one thing happen that is due by `until`.
    fn advance(&mut self, scenario: &Scenario, until: Instant) -> bool {
        let due = self.due.first_key_value().map(|((at, _), _)| *at);
        let event = self.world.next_time();
        let first = due.filter(|due| event.is_none_or(|event| *due <= event));
        let went = if let Some(first) = first.filter(|first| *first <= until) {
            // Nothing is due before: this only lets time go on.
            self.world.step(first.min(event.unwrap_or(first)).min(first));
            self.carry_out(scenario);
            true
        } else {
            self.world.step(until)
        };
        self.look_for_triggers(scenario);
        went
    }

    fn carry_out(&mut self, scenario: &Scenario) {
        let Some((_, due)) = self.due.pop_first() else { return };
        match due {
            Due::Fault(host, deed) => self.world.act(host, &deed),
            Due::Script(number) => {
                let Some(step) = scenario.script.get(number) else { return };
                self.said.insert(self.steps(), number);
                for (host, deed) in &step.deeds {
                    self.world.act(*host, deed);
                }
            }
        }
    }

    /// Makes due what waited for the steps that are new.
    fn look_for_triggers(&mut self, scenario: &Scenario) {
        while self.seen < self.steps() {
            let number = self.seen;
            self.seen += 1;
            let mut triggered = Vec::new();
            let trace = self.world.trace();
            let Some(kind): Option<&StepKind> = trace.steps().get(number).map(|step| &step.kind)
            else {
                return;
            };
            self.waiting.retain_mut(|(counter, script)| {
                let met = counter.see(trace, kind, |name| scenario.actor(name));
                if met {
                    triggered.push(*script);
                }
                !met
            });
            for script in triggered {
                let wait = match scenario.script.get(script).map(|step| &step.when) {
                    Some(When::After(_, wait)) => *wait,
                    _ => Duration::ZERO,
                };
                let time = self.world.now() + wait;
                self.due_at(time, Due::Script(script));
            }
        }
    }
}
