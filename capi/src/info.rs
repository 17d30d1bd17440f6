//! The phone's line at its PBX, which it can ask by SIP INFO to record.

use crate::address::Address;
use crate::command::Command;
use crate::guard::guard;
use crate::machine::{Machine, Order, Role};
use crate::memory;
use crate::status::Status;
use crate::text;
use core::convert::Infallible;
use core::ffi::c_char;
use core::time::Duration;
use recscope_core::Instant;
use recscope_core::machine::{self, TimeoutReason};
use recscope_core::phone::line::{Line, LineCommand, LineConfig, LineNotice};

/// Settings of a line. Begin with recscope_info_config().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InfoConfig {
    /// Where tags, branches and Call-IDs start from; any number that differs from phone to phone
    /// and from start to start.
    pub seed: u64,
    /// The phone's SIP socket.
    pub sip: Address,
    /// The PBX's SIP socket.
    pub pbx: Address,
    /// The extension.
    pub extension: *const c_char,
    /// Its user's name.
    pub display_name: *const c_char,
    /// What it can speak, preferred first: "PCMA,PCMU,G722".
    pub codecs: *const c_char,
    /// The port for the sound of its calls.
    pub rtp_port: u16,
    /// How long a registration is asked for, in seconds.
    pub expires_seconds: u32,
    /// How often it is renewed, in seconds.
    pub keep_alive_seconds: u32,
    /// The header line that asks the PBX to record.
    pub record_on: *const c_char,
    /// The header line that asks it to stop.
    pub record_off: *const c_char,
}

/// The usual settings, without addresses.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_info_config() -> InfoConfig {
    InfoConfig {
        seed: 1,
        sip: Address::none(),
        pbx: Address::none(),
        extension: c"1000".as_ptr(),
        display_name: core::ptr::null(),
        codecs: c"PCMA,PCMU,G722".as_ptr(),
        rtp_port: 11_000,
        expires_seconds: 120,
        keep_alive_seconds: 30,
        record_on: c"Record: on".as_ptr(),
        record_off: c"Record: off".as_ptr(),
    }
}

/// Makes the machine of a line: its registration, its one call, and recording by SIP INFO.
///
/// Commands: LOG_ON, LOG_OFF, DIAL (the call's remote number), ANSWER, HANG_UP, RECORD_KEY,
/// POWER_OFF. Inputs besides: DATAGRAM, TIMEOUT.
///
/// # Safety
/// The texts end with NUL, and there is room for a handle. Each pointer may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_info_new(
    config: *const InfoConfig,
    machine: *mut *mut Machine,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (config, machine) = unsafe { (memory::shared(config)?, memory::exclusive(machine)?) };
        *machine = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let text = |text| unsafe { text::read(text) };
        let codecs = text(config.codecs)?.split(',').map(crate::codec::find);
        let settings = LineConfig {
            seed: config.seed,
            sip: config.sip.read()?,
            pbx: config.pbx.read()?,
            extension: text(config.extension)?.into(),
            display_name: text(config.display_name)?.into(),
            codecs: codecs.collect::<Result<_, _>>()?,
            rtp_port: config.rtp_port,
            expires: Duration::from_secs(config.expires_seconds.into()),
            keep_alive: Duration::from_secs(config.keep_alive_seconds.into()),
            record_on: text(config.record_on)?.into(),
            record_off: text(config.record_off)?.into(),
            ..LineConfig::default()
        };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(machine, Machine::new(InfoLine(Line::new(settings)))) };
        Ok(())
    })
}

/// A line of its own: nothing else of the phone depends on its registration, so it leaves at once
/// where the PBX wants it to.
struct InfoLine(Line);

impl machine::Machine for InfoLine {
    type Command = LineCommand;
    type Misuse = Infallible;

    fn handle_input(
        &mut self,
        now: Instant,
        input: machine::Input<'_, LineCommand>,
    ) -> Result<(), Infallible> {
        self.0.handle_input(now, input)?;
        while let Some(notice) = self.0.poll_notice() {
            if let LineNotice::Leaving(why) = notice {
                self.0.handle_input(now, machine::Input::Command(LineCommand::Leave(why)))?;
            }
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<machine::Output<'_>> {
        self.0.poll_output()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.0.poll_timeout()
    }
}

impl Role for InfoLine {
    fn translate(order: Order<'_>) -> Result<LineCommand, Status> {
        match order.command {
            Command::LogOn => Ok(LineCommand::LogOn),
            Command::LogOff => Ok(LineCommand::LogOff),
            Command::PowerOff => Ok(LineCommand::PowerOff),
            Command::Dial => {
                Ok(LineCommand::Dial(order.parties.ok_or(Status::NullPointer)?.remote_number))
            }
            Command::Answer => Ok(LineCommand::Answer),
            Command::HangUp => Ok(LineCommand::HangUp),
            Command::RecordKey => Ok(LineCommand::Record),
            _ => Err(Status::WrongMachine),
        }
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        self.0.states().nth(part)
    }
}
