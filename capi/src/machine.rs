//! Machines: one handle and one way to drive it for all of them, as `core::machine`.

mod hosted;
mod input;
mod output;

pub(crate) use hosted::{Order, Role};
pub use input::{Input, InputKind, Side};
pub use output::{Output, OutputKind};

use crate::guard::{contain, guard};
use crate::memory;
use crate::status::Status;
use crate::text::Text;
use alloc::boxed::Box;
use alloc::string::String;
use hosted::Hosted;
use recscope_core::Instant;

/// The deadline of a machine that waits for nothing.
/// cbindgen:ignore
pub const NEVER: u64 = u64::MAX;

/// A machine. Made by a function such as recscope_server_new.
pub struct Machine {
    hosted: Box<dyn Hosted>,
    /// The text of the event last told, which is lent until the next call.
    told: String,
    /// A call did not come back in order.
    broken: bool,
}

impl Machine {
    pub(crate) fn new(machine: impl Role + 'static) -> Self {
        Self { hosted: Box::new(machine), told: String::new(), broken: false }
    }

    /// Runs `body`, unless an earlier call broke the machine. A panic in it does.
    fn run(&mut self, body: impl FnOnce(&mut Self) -> Result<(), Status>) -> Result<(), Status> {
        if core::mem::replace(&mut self.broken, true) {
            return Err(Status::Broken);
        }
        let result = contain(|| body(self)).ok_or(Status::Broken)?;
        self.broken = false;
        result
    }
}

/// Tells a machine what happened. Drain recscope_machine_poll_output afterwards.
///
/// Bad bytes from the network are no error here: they are answered or ignored as the protocol says.
///
/// # Safety
/// The handle is live, and the input's pointers are as described there. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_machine_handle_input(
    machine: *mut Machine,
    now: u64,
    input: *const Input,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (machine, input) = unsafe { (memory::exclusive(machine)?, memory::shared(input)?) };
        // SAFETY: as promised by the caller.
        machine.run(|machine| unsafe {
            input.deliver(Instant::from_micros(now), machine.hosted.as_mut())
        })
    })
}

/// The next thing that a machine wants done, or RECSCOPE_OUTPUT_KIND_NONE. What the output points
/// to is lent until the next call with this machine.
///
/// # Safety
/// The handle is live and the output has room for one. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_machine_poll_output(
    machine: *mut Machine,
    output: *mut Output,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (machine, output) =
            unsafe { (memory::exclusive(machine)?, memory::exclusive(output)?) };
        *output = Output::none();
        machine.run(|machine| {
            while let Some(next) = machine.hosted.poll_output() {
                if output.lend(next, &mut machine.told) {
                    break;
                }
            }
            Ok(())
        })
    })
}

/// When to deliver RECSCOPE_INPUT_KIND_TIMEOUT at the latest, and what for; RECSCOPE_NEVER where
/// the machine waits for nothing. A deadline in the past is due now.
///
/// # Safety
/// The handle is live and the reason has room for one. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_machine_poll_timeout(
    machine: *const Machine,
    reason: *mut Text,
) -> u64 {
    let next = contain(|| {
        // SAFETY: as promised by the caller.
        let machine = unsafe { memory::shared(machine) }.ok()?;
        if machine.broken { None } else { machine.hosted.poll_timeout() }
    });
    let next = next.flatten();
    let text = next.map_or(Text::empty(), |(_, reason)| Text::lend(reason));
    // SAFETY: as promised by the caller.
    unsafe { memory::store(reason, text) };
    next.map_or(NEVER, |(at, _)| at.as_micros())
}

/// The name and the state of a machine's part, from part 0 on, as its diagram calls them. Fails
/// with RECSCOPE_STATUS_BAD_VALUE where there is no such part.
///
/// # Safety
/// The handle is live, and each text has room for one. All may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_machine_state(
    machine: *const Machine,
    part: usize,
    name: *mut Text,
    state: *mut Text,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let machine = unsafe { memory::shared(machine) }?;
        if machine.broken {
            return Err(Status::Broken);
        }
        let (found, in_state) = machine.hosted.state(part).ok_or(Status::BadValue)?;
        // SAFETY: as promised by the caller.
        unsafe {
            memory::store(name, Text::lend(found));
            memory::store(state, Text::lend(in_state));
        }
        Ok(())
    })
}

/// Ends a machine, without a word to anybody: order it to stop before.
///
/// # Safety
/// The handle is live or NULL, and is not used after this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_machine_free(machine: *mut Machine) {
    // A broken machine may break again when it is dropped; what it held is lost then.
    // SAFETY: as promised by the caller.
    let _ = contain(|| drop(unsafe { memory::take_back(machine) }));
}

#[cfg(test)]
mod tests;
