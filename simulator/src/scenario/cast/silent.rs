//! `type = "host"`: takes part, and only takes in what it is sent: a gateway, a printer.

use super::{Context, Fields, Part, Problem};
use crate::actor::Role;
use recscope_core::machine::{Diagram, Input, Machine, Output, TimeoutReason};
use recscope_core::time::Instant;
use recscope_flow::ActorKind;
use std::convert::Infallible;
use std::time::Duration;

#[derive(Clone, Debug)]
struct Silent;

pub(super) fn read(_: &mut Fields<'_, '_>, _: &Context) -> Result<Part, Problem> {
    Ok(Part {
        actor: Box::new(Silent),
        kind: ActorKind::Host,
        power_words: [None, None],
        drive: None,
    })
}

impl Machine for Silent {
    type Command = Infallible;
    type Misuse = Infallible;

    fn handle_input(&mut self, _: Instant, _: Input<'_, Infallible>) -> Result<(), Infallible> {
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        None
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        None
    }
}

impl Role for Silent {
    fn order(words: &str) -> Result<Infallible, String> {
        Err(format!("{words:?} is no order: a host takes none"))
    }

    fn listens(&self, _: u16) -> bool {
        false
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        Vec::new()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        Vec::new()
    }
}
