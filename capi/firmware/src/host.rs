//! How the programs of this package drive a machine.

use crate::platform;
use recscope_capi::machine::{recscope_machine_handle_input, recscope_machine_poll_output};
use recscope_capi::{
    Address, Call, Command, Input, InputKind, Machine, Output, OutputKind, Side, Status,
};

pub(crate) struct Host {
    machine: *mut Machine,
    now: u64,
    /// Things that were to be sent or written.
    pub(crate) done: u32,
}

impl Host {
    /// Takes the machine that `new` makes.
    pub(crate) fn new(new: impl FnOnce(*mut *mut Machine) -> Status) -> Self {
        let mut machine = core::ptr::null_mut();
        expect(new(&raw mut machine) == Status::Ok);
        Self { machine, now: 0, done: 0 }
    }

    /// Tells the machine what happened, and `see` what is to be sent.
    pub(crate) fn tell(&mut self, input: &Input, see: &mut dyn FnMut(&[u8])) {
        let mut output = Output::none();
        // SAFETY: the machine is live, the output is ours, and what the outputs point to is looked
        // at before the next call.
        unsafe {
            expect(recscope_machine_handle_input(self.machine, self.now, input) == Status::Ok);
            loop {
                let status = recscope_machine_poll_output(self.machine, &raw mut output);
                expect(status == Status::Ok);
                match output.kind {
                    OutputKind::None => return,
                    OutputKind::Datagram | OutputKind::TcpSend | OutputKind::FileWrite => {
                        self.done += 1;
                        see(core::slice::from_raw_parts(output.bytes, output.len));
                    }
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn order(&mut self, command: Command, call: Option<&Call>) {
        let call = call.map_or(core::ptr::null(), core::ptr::from_ref);
        let input = Input { command: command as u32, call, ..of(InputKind::Command) };
        self.tell(&input, &mut |_| {});
    }

    /// Three seconds of a call.
    pub(crate) fn talk(&mut self) {
        let samples = [1000; 160];
        for _ in 0..150 {
            self.now += 20_000;
            for side in [Side::Sent, Side::Received] {
                let input = Input {
                    side: side as u32,
                    samples: samples.as_ptr(),
                    count: samples.len(),
                    ..of(InputKind::Audio)
                };
                self.tell(&input, &mut |_| {});
            }
        }
        expect(self.done >= 150);
    }
}

/// An input of this kind.
pub(crate) const fn of(kind: InputKind) -> Input {
    Input { kind: kind as u32, ..Input::zero() }
}

/// 192.0.2.`last` and a port.
pub(crate) const fn address(last: u8, port: u16) -> Address {
    let mut address = Address::none();
    address.family = 4;
    address.ip[0] = 192;
    address.ip[2] = 2;
    address.ip[3] = last;
    address.port = port;
    address
}

/// A call to 2001.
pub(crate) const fn call() -> Call {
    Call {
        remote_number: c"2001".as_ptr(),
        remote_name: c"Order desk".as_ptr(),
        local_number: c"1000".as_ptr(),
        local_name: c"Desk 1000".as_ptr(),
        direction: 1,
    }
}

/// Ends the run where something is not as it should be.
pub(crate) fn expect(is_so: bool) {
    if !is_so {
        platform::say(b"not as expected\n");
        platform::exit(false);
    }
}
