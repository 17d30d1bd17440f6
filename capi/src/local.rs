//! Local recording: to a USB drive.

use crate::command::Command;
use crate::guard::guard;
use crate::machine::{Machine, Order, Role};
use crate::memory;
use crate::status::Status;
use crate::text;
use core::ffi::c_char;
use core::time::Duration;
use recscope_core::machine::State as _;
use recscope_core::phone::local::{self, LocalRecorder, LocalState};
use recscope_core::phone::model::Model;
use recscope_core::recording::RtpHeaders;

/// Settings of local recording. Begin with recscope_local_config().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LocalConfig {
    /// Where the stream's numbers start from; any number that differs from phone to phone and from
    /// start to start.
    pub seed: u64,
    /// The phone's clock at time 0, in seconds since 1970, for the names of files.
    pub epoch_seconds: u64,
    /// Bytes of a file at which a new one is begun; 0: no limit.
    pub size_limit: u64,
    /// Bytes that must be free to begin at all.
    pub minimum_free: u64,
    /// The phone's model, such as "BX5S".
    pub model: *const c_char,
    /// "PCMU", "PCMA" or "G722".
    pub codec: *const c_char,
    /// Sound in one block, in milliseconds: 5 to 60.
    pub packet_ms: u32,
    /// Whether blocks begin with their RTP headers: 0 or 1.
    pub rtp_headers: u8,
}

/// The usual settings: a BX5S that records A-law.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_local_config() -> LocalConfig {
    LocalConfig {
        seed: 1,
        epoch_seconds: 1_767_225_600,
        size_limit: 0,
        minimum_free: 1 << 20,
        model: c"BX5S".as_ptr(),
        codec: c"PCMA".as_ptr(),
        packet_ms: 20,
        rtp_headers: 1,
    }
}

/// Makes the machine that records calls to a USB drive.
///
/// Commands: START, PAUSE, RESUME, STOP, CALL_ENDED. Inputs besides: AUDIO of both sides during the
/// call, DRIVE_INSERTED and the like, FILE_FAILED. It never sets a deadline.
///
/// # Safety
/// The texts end with NUL, and there is room for a handle. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_local_new(
    config: *const LocalConfig,
    machine: *mut *mut Machine,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (config, machine) = unsafe { (memory::shared(config)?, memory::exclusive(machine)?) };
        *machine = core::ptr::null_mut();
        // SAFETY: as promised by the caller.
        let (model, codec) = unsafe { (text::read(config.model)?, text::read(config.codec)?) };
        let settings = local::Config {
            seed: config.seed,
            epoch_seconds: config.epoch_seconds,
            model: Model::find(model).ok_or(Status::UnknownModel)?,
            codec: crate::codec::find(codec)?.name().into(),
            packet_time: Duration::from_millis(config.packet_ms.into()),
            rtp_headers: match config.rtp_headers {
                0 => RtpHeaders::Absent,
                1 => RtpHeaders::Present,
                _ => return Err(Status::BadValue),
            },
            size_limit: config.size_limit,
            minimum_free: config.minimum_free,
            ..local::Config::default()
        };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(machine, Machine::new(LocalRecorder::new(settings))) };
        Ok(())
    })
}

impl Role for LocalRecorder {
    fn translate(order: Order<'_>) -> Result<local::Command, Status> {
        match order.command {
            Command::Start => Ok(local::Command::Start),
            Command::Pause => Ok(local::Command::Pause),
            Command::Resume => Ok(local::Command::Resume),
            Command::Stop => Ok(local::Command::Stop),
            Command::CallEnded => Ok(local::Command::CallEnded),
            _ => Err(Status::WrongMachine),
        }
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        (part == 0).then(|| (LocalState::DIAGRAM.machine, Self::state(self).name()))
    }
}
