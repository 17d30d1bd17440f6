use super::*;
use crate::command::Command;
use core::convert::Infallible;
use recscope_core::machine::{self, TimeoutReason};

/// A machine that fails in the way that this library promises to contain.
struct Bomb;

impl machine::Machine for Bomb {
    type Command = Command;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        _: Instant,
        _: machine::Input<'_, Command>,
    ) -> Result<(), Infallible> {
        panic!("on purpose")
    }

    fn poll_output(&mut self) -> Option<machine::Output<'_>> {
        None
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        Some((Instant::ORIGIN, "fuse"))
    }
}

impl Role for Bomb {
    fn translate(order: Order<'_>) -> Result<Command, Status> {
        Ok(order.command)
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        (part == 0).then_some(("bomb", "ticking"))
    }
}

#[test]
fn a_panic_ends_at_the_border_and_only_costs_its_machine() {
    let machine = Box::into_raw(Box::new(Machine::new(Bomb)));
    let (mut output, input) = (Output::none(), Input::zero());
    // SAFETY: the handle is live until it is freed, and the rest is ours.
    unsafe {
        assert_eq!(recscope_machine_poll_timeout(machine, core::ptr::null_mut()), 0);
        assert_eq!(recscope_machine_poll_output(machine, &raw mut output), Status::Ok);
        for _ in 0..2 {
            let status = recscope_machine_handle_input(machine, 0, &raw const input);
            assert_eq!(status, Status::Broken);
        }
        assert_eq!(recscope_machine_poll_output(machine, &raw mut output), Status::Broken);
        assert_eq!(recscope_machine_poll_timeout(machine, core::ptr::null_mut()), NEVER);
        let (name, state) = (core::ptr::null_mut(), core::ptr::null_mut());
        assert_eq!(recscope_machine_state(machine, 0, name, state), Status::Broken);
        recscope_machine_free(machine);
    }
}

#[test]
fn null_is_refused_everywhere() {
    let (mut output, input) = (Output::none(), Input::zero());
    let null = core::ptr::null_mut();
    // SAFETY: every function takes NULL.
    unsafe {
        let status = recscope_machine_handle_input(null, 0, &raw const input);
        assert_eq!(status, Status::NullPointer);
        assert_eq!(recscope_machine_poll_output(null, &raw mut output), Status::NullPointer);
        assert_eq!(recscope_machine_poll_timeout(null, core::ptr::null_mut()), NEVER);
        recscope_machine_free(null);
    }
}
