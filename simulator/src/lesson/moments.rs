//! How everyone stands after each step: states of machines, and timers.

use crate::actor::Actor;
use crate::scenario::Scenario;
use crate::trace::{StateChange, StepKind};
use crate::world::World;
use recscope_core::machine::Diagram;
use recscope_core::time::Instant;
use recscope_flow::ActorKind;
use std::time::Duration;

/// One who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// What steps and faults call it.
    pub id: String,
    /// What diagrams call it.
    pub label: String,
    /// What sort of device it is.
    pub kind: ActorKind,
    /// Its IPv4 address.
    pub address: String,
    /// Its settings in force, as the scenario gives them: key and value.
    pub settings: Vec<(String, String)>,
    /// Its machines.
    pub machines: Vec<MachineInfo>,
}

/// A machine's states and the ways between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineInfo {
    /// The machine's name: `active recording`.
    pub name: String,
    /// Its states; the first is where it starts.
    pub states: Vec<String>,
    /// The ways between them.
    pub ways: Vec<Way>,
}

/// One way from a state to another, both as places in [`MachineInfo::states`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The state left.
    pub from: usize,
    /// The state entered.
    pub to: usize,
    /// What makes it.
    pub cause: String,
    /// The rule that asks for it.
    pub rule: String,
}

/// Something changed in a player: how it stands from this step on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The step.
    pub step: usize,
    /// Which player.
    pub player: usize,
    /// The states that its machines are in. A machine of which there is one per call or session
    /// may be in several, or in none.
    pub standing: Vec<Standing>,
    /// Its timers that run.
    pub timers: Vec<Timer>,
}

/// A machine is in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The machine's place in [`Player::machines`].
    pub machine: usize,
    /// The state's place in [`MachineInfo::states`].
    pub state: usize,
}

/// A timer that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its name: `keep-alive`, `timer B`.
    pub name: String,
    /// When it was first seen to run, in µs from the start.
    pub set_us: u64,
    /// When it fires, in µs from the start.
    pub due_us: u64,
}

/// How a player stands after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now<'a> {
    /// The states that its machines are in.
    pub standing: &'a [Standing],
    /// Its timers that run.
    pub timers: &'a [Timer],
    /// Whether this very step changed a state.
    pub changed: bool,
}

impl Moment {
    fn stands(&self) -> Now<'_> {
        Now { standing: &self.standing, timers: &self.timers, changed: false }
    }
}

/// How everyone stands after a step.
pub(super) fn at<'a>(players: &[Player], moments: &'a [Moment], step: usize) -> Vec<Now<'a>> {
    // One for each player, as it stood before the first step.
    let (first, later) = moments.split_at_checked(players.len()).unwrap_or_default();
    let mut now: Vec<_> = first.iter().map(Moment::stands).collect();
    for moment in later.iter().take_while(|moment| moment.step <= step) {
        if let Some(now) = now.get_mut(moment.player) {
            let changed = moment.step == step && now.standing != moment.standing;
            *now = Now { changed: now.changed || changed, ..moment.stands() };
        }
    }
    now
}

/// Watches a world and notes what changes.
pub(super) struct Observer {
    players: Vec<Player>,
    watched: Vec<Watched>,
    /// Entries of the world's log that were looked at.
    heard: usize,
    /// Steps that were looked at.
    seen: usize,
    moments: Vec<Moment>,
}

/// What is known of a player's machine.
#[derive(Default)]
struct Watched {
    standing: Vec<Standing>,
    /// How it stands from the next step on, if that is known already.
    afterwards: Option<Vec<Standing>>,
    /// As the machine tells them: with the time each has left since it last looked at the clock.
    told: Vec<(&'static str, Duration)>,
    timers: Vec<Timer>,
    /// Whether these are not yet in a moment.
    changed: bool,
}

/// Media comes every 20 ms, and what it touches looks at the clock then.
const SLACK_US: u64 = 20_000;

impl Observer {
    pub(super) fn new(scenario: &Scenario, world: &World) -> Self {
        let players = scenario.cast.iter().map(|member| Player {
            id: member.host.name.clone(),
            label: member.host.label.clone(),
            kind: member.host.kind,
            address: member.host.address.to_string(),
            settings: member.settings.clone(),
            machines: member.actor.diagrams().into_iter().map(MachineInfo::of).collect(),
        });
        let mut observer = Self {
            players: players.collect(),
            watched: Vec::new(),
            heard: 0,
            seen: 0,
            moments: Vec::new(),
        };
        for (place, member) in scenario.cast.iter().enumerate() {
            let standing = observer.standing(place, member.actor.as_ref());
            observer.watched.push(Watched { standing: standing.clone(), ..Watched::default() });
            observer.moments.push(Moment { step: 0, player: place, standing, timers: Vec::new() });
        }
        observer.look(world);
        observer
    }

    /// Notes what the steps since the last look changed. All of them come of one event, so
    /// machines can be asked only how they stand after the last.
    pub(super) fn look(&mut self, world: &World) {
        for logged in world.log().get(self.heard..).unwrap_or_default() {
            let watched = self.watched.get_mut(logged.host as usize);
            if let (Some(watched), Some(actor)) = (watched, world.actor(logged.host)) {
                watched.listen(actor, world.now(), true);
            }
        }
        self.heard = world.log().len();
        let steps = world.trace().steps();
        let Some(last) = steps.len().checked_sub(1).filter(|last| *last >= self.seen) else {
            return;
        };
        for (player, watched) in self.watched.iter_mut().enumerate() {
            let host = u32::try_from(player).ok();
            if let Some(actor) = host.and_then(|host| world.actor(host)) {
                // Media touches machines, too, and is not in the log.
                watched.listen(actor, world.now(), false);
            }
            if let Some(standing) = watched.afterwards.take() {
                watched.standing = standing;
                watched.changed = true;
            }
            if std::mem::take(&mut watched.changed) {
                self.moments.push(watched.moment(self.seen, player));
            }
        }
        for (number, step) in steps.iter().enumerate().skip(self.seen) {
            if let StepKind::State(change) = &step.kind {
                self.change(number, change);
            }
        }
        let entered = steps.last().and_then(|step| match &step.kind {
            StepKind::State(change) => Some(change.actor as usize),
            _ => None,
        });
        self.seen = steps.len();
        for (host, player) in (0..).zip(0..self.players.len()) {
            let Some(actor) = world.actor(host) else { continue };
            let standing = self.standing(player, actor);
            let Some(watched) = self.watched.get_mut(player) else { continue };
            if watched.standing != standing && entered == Some(player) {
                // It ended with the state that it entered, which is to be seen once.
                watched.afterwards = Some(standing);
            } else if watched.standing != standing {
                watched.standing = standing;
                self.moments.push(watched.moment(last, player));
            }
        }
    }

    /// Follows a change of state of which the machine cannot be asked any more.
    fn change(&mut self, step: usize, change: &StateChange) {
        let player = change.actor as usize;
        let place = |name: &str| {
            let machines = &self.players.get(player)?.machines;
            let machine = machines.iter().position(|machine| machine.name == change.machine)?;
            let states = &machines.get(machine)?.states;
            Some(Standing { machine, state: states.iter().position(|state| state == name)? })
        };
        let (from, to) = (place(change.from), place(change.to));
        let (Some(to), Some(watched)) = (to, self.watched.get_mut(player)) else { return };
        match watched.standing.iter_mut().find(|standing| Some(**standing) == from) {
            Some(standing) => *standing = to,
            None => watched.standing.push(to),
        }
        self.moments.push(watched.moment(step, player));
    }

    fn standing(&self, player: usize, actor: &dyn Actor) -> Vec<Standing> {
        let machines = self.players.get(player).map_or(&[][..], |player| &player.machines);
        let find = |(name, state): (&str, &str)| {
            let machine = machines.iter().position(|machine| machine.name == name)?;
            let states = &machines.get(machine)?.states;
            Some(Standing { machine, state: states.iter().position(|known| known == state)? })
        };
        actor.states().into_iter().filter_map(find).collect()
    }

    pub(super) fn finish(self) -> (Vec<Player>, Vec<Moment>) {
        (self.players, self.moments)
    }
}

impl Watched {
    fn moment(&self, step: usize, player: usize) -> Moment {
        let (standing, timers) = (self.standing.clone(), self.timers.clone());
        Moment { step, player, standing, timers }
    }

    /// Takes down an actor's timers, which may have been set anew if it was `touched`.
    ///
    /// A part of a machine tells what is left of its timers since it last looked at the clock, and
    /// that it does only when something is for it. So what is told as before runs as before, and
    /// everything else counts from now.
    fn listen(&mut self, actor: &dyn Actor, now: Instant, touched: bool) {
        let told = actor.timers();
        if told == self.told && !touched {
            return;
        }
        let now = now.as_micros();
        let mut before: Vec<_> = self.told.iter().zip(&self.timers).collect();
        let timers = told.iter().map(|(name, left)| {
            let due_us = now + micros(*left);
            let runs_on = |(known, timer): &(&(&str, Duration), &Timer)| {
                let as_told = known.1 == *left && timer.due_us > now;
                known.0 == *name && (as_told || timer.due_us.abs_diff(due_us) < SLACK_US)
            };
            match before.iter().position(runs_on).map(|place| before.swap_remove(place)) {
                Some((_, timer)) => timer.clone(),
                None => Timer { name: (*name).to_owned(), set_us: now, due_us },
            }
        });
        let timers: Vec<_> = timers.collect();
        self.changed |= timers != self.timers;
        (self.told, self.timers) = (told, timers);
    }
}

impl MachineInfo {
    fn of(diagram: &Diagram) -> Self {
        let place = |name: &str| diagram.states.iter().position(|state| *state == name);
        let ways = diagram.transitions.iter().filter_map(|way| {
            Some(Way {
                from: place(way.from)?,
                to: place(way.to)?,
                cause: way.cause.to_owned(),
                rule: way.rule.id.to_owned(),
            })
        });
        Self {
            name: diagram.machine.to_owned(),
            states: diagram.states.iter().map(|&state| state.to_owned()).collect(),
            ways: ways.collect(),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
