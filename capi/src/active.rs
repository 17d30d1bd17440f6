//! Active recording: copies of a call's RTP for a recorder that asks by SIP.

use crate::address::Address;
use crate::command::Command;
use crate::guard::guard;
use crate::machine::{Machine, Order, Role};
use crate::memory;
use crate::status::Status;
use crate::text;
use core::ffi::c_char;
use core::time::Duration;
use recscope_core::phone::active::{Active, ActiveCommand, ActiveConfig as Settings, SourcePolicy};
use recscope_core::sdp::forwarding::Layout;
use recscope_core::sip::SessionNaming;

/// Settings of active recording. Begin with recscope_active_config().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ActiveConfig {
    /// Where tags, branches and SSRCs start from; any number that differs from phone to phone and
    /// from start to start.
    pub seed: u64,
    /// The phone's address, with the port where it listens for the recorder.
    pub sip: Address,
    /// Where copies of what the phone sends come from; what it receives comes from two above.
    pub rtp_port: u16,
    /// The extension.
    pub extension: *const c_char,
    /// Addresses of recorders that may ask; their ports do not matter.
    pub allowed: *const Address,
    /// How many they are.
    pub allowed_count: usize,
    /// What others get: "drop", "403" or "603".
    pub policy: *const c_char,
    /// Where the session id stands: "call-id", "sdp-origin" or "session-id".
    pub naming: *const c_char,
    /// What to make of an offer of one medium: "two-media", "two-ssrcs" or "mixed".
    pub layout: *const c_char,
    /// "PCMU", "PCMA" or "G722".
    pub codec: *const c_char,
    /// Sound in one packet, in milliseconds: 5 to 60.
    pub packet_ms: u32,
}

/// The usual settings: A-law, and no address and no recorder yet.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_active_config() -> ActiveConfig {
    ActiveConfig {
        seed: 1,
        sip: Address::none(),
        rtp_port: 11_780,
        extension: c"1000".as_ptr(),
        allowed: core::ptr::null(),
        allowed_count: 0,
        policy: c"drop".as_ptr(),
        naming: c"call-id".as_ptr(),
        layout: c"two-media".as_ptr(),
        codec: c"PCMA".as_ptr(),
        packet_ms: 20,
    }
}

/// Makes the machine that copies calls for a recording system.
///
/// Commands: LOG_ON, LOG_OFF, CALL_STARTED, CALL_ENDED, POWER_OFF. Inputs besides: AUDIO of both
/// sides during the call, DATAGRAM, TIMEOUT.
///
/// # Safety
/// The texts end with NUL, the addresses are as many as is said, and there is room for a handle.
/// Each pointer may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_active_new(
    config: *const ActiveConfig,
    machine: *mut *mut Machine,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (config, machine) = unsafe { (memory::shared(config)?, memory::exclusive(machine)?) };
        *machine = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let text = |text| unsafe { text::read(text) };
        // SAFETY: as promised by the caller.
        let allowed = unsafe { memory::slice(config.allowed, config.allowed_count) }?;
        let (policy, naming) = (text(config.policy)?, text(config.naming)?);
        let layout = text(config.layout)?;
        let sip = config.sip.read()?;
        let settings = Settings {
            seed: config.seed,
            address: sip.ip(),
            sip_port: sip.port(),
            rtp_port: config.rtp_port,
            extension: text(config.extension)?.into(),
            allowed: allowed
                .iter()
                .map(|address| address.read().map(|address| address.ip()))
                .collect::<Result<_, _>>()?,
            policy: named(SourcePolicy::ALL, |known| known.name() == policy)?,
            naming: named(SessionNaming::ALL, |known| known.name() == naming)?,
            layout: named(Layout::ALL, |known| known.name() == layout)?,
            codec: crate::codec::find(text(config.codec)?)?,
            packet_time: Duration::from_millis(config.packet_ms.into()),
        };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(machine, Machine::new(Active::new(settings))) };
        Ok(())
    })
}

fn named<T, const N: usize>(all: [T; N], is: impl Fn(&T) -> bool) -> Result<T, Status> {
    all.into_iter().find(is).ok_or(Status::BadValue)
}

impl Role for Active {
    fn translate(order: Order<'_>) -> Result<ActiveCommand, Status> {
        match order.command {
            Command::LogOn => Ok(ActiveCommand::LogOn),
            Command::LogOff => Ok(ActiveCommand::LogOff),
            Command::CallStarted => Ok(ActiveCommand::CallStarted),
            Command::CallEnded => Ok(ActiveCommand::CallEnded),
            Command::PowerOff => Ok(ActiveCommand::PowerOff),
            _ => Err(Status::WrongMachine),
        }
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        self.states().nth(part)
    }
}
