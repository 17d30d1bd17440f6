//! What the handle holds: any machine of core, by the orders that it knows.

use crate::command::Command;
use crate::status::Status;
use crate::text;
use core::convert::Infallible;
use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use recscope_core::Instant;
use recscope_core::machine::{self, TimeoutReason};
use recscope_core::phone::server::Parties;

/// An order as it came from C.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) command: Command,
    /// Who talks to whom, where that was said.
    pub(crate) parties: Option<Parties>,
    /// Read only by the machines that need it, so that others do not have to be able to.
    name: *const c_char,
    position: u64,
    borrowed: PhantomData<&'a CStr>,
}

impl Order<'_> {
    /// An order about a file or a moment in it.
    ///
    /// # Safety
    /// `name` is NULL, or ends with NUL and stays as it is for as long as the order lives.
    pub(super) unsafe fn new(
        command: Command,
        parties: Option<Parties>,
        name: *const c_char,
        position: u64,
    ) -> Self {
        Self { command, parties, name, position, borrowed: PhantomData }
    }

    /// The name of a file.
    pub(crate) fn name(&self) -> Result<&str, Status> {
        // SAFETY: who made the order promised it.
        unsafe { text::read(self.name) }
    }

    /// A second of a recording.
    pub(crate) fn second(&self) -> Result<u32, Status> {
        u32::try_from(self.position).map_err(|_| Status::BadValue)
    }
}

/// A machine of core that C can drive.
pub(crate) trait Role: machine::Machine<Misuse = Infallible> {
    /// The order in the machine's own words.
    fn translate(order: Order<'_>) -> Result<Self::Command, Status>;

    /// Name and state of a part.
    fn state(&self, part: usize) -> Option<(&'static str, &'static str)>;
}

/// [`Role`] without its types, so that only the machines which a firmware makes are linked.
pub(crate) trait Hosted {
    fn order(&mut self, now: Instant, order: Order<'_>) -> Result<(), Status>;
    fn input(&mut self, now: Instant, input: machine::Input<'_, Infallible>);
    fn poll_output(&mut self) -> Option<machine::Output<'_>>;
    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)>;
    fn state(&self, part: usize) -> Option<(&'static str, &'static str)>;
}

impl<R: Role> Hosted for R {
    fn order(&mut self, now: Instant, order: Order<'_>) -> Result<(), Status> {
        let command = R::translate(order)?;
        let Ok(()) = self.handle_input(now, machine::Input::Command(command));
        Ok(())
    }

    fn input(&mut self, now: Instant, input: machine::Input<'_, Infallible>) {
        use machine::Input;
        let input = match input {
            Input::Datagram { local, remote, payload } => {
                Input::Datagram { local, remote, payload }
            }
            Input::Tcp { connection, event } => Input::Tcp { connection, event },
            Input::Ras { remote, message } => Input::Ras { remote, message },
            Input::Storage(event) => Input::Storage(event),
            Input::Audio { side, samples } => Input::Audio { side, samples },
            Input::Timeout => Input::Timeout,
            Input::Command(never) => match never {},
        };
        let Ok(()) = self.handle_input(now, input);
    }

    fn poll_output(&mut self) -> Option<machine::Output<'_>> {
        machine::Machine::poll_output(self)
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        machine::Machine::poll_timeout(self)
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        Role::state(self, part)
    }
}
