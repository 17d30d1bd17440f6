//! Playing recordings from a USB drive.

use crate::command::Command;
use crate::guard::guard;
use crate::machine::{Machine, Order, Role};
use crate::memory;
use crate::status::Status;
use recscope_core::machine::State as _;
use recscope_core::phone::playback::{self, PlaybackState, Player};

/// Settings of playback. Begin with recscope_playback_config().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PlaybackConfig {
    /// The number of the first file that it opens; the next ones follow. Where one host serves a
    /// machine that records as well, this keeps their files apart.
    pub first_file: u32,
    /// Bytes that are read at once: what the machine keeps of a file is at most twice as much, or
    /// 18 blocks of it.
    pub read_len: u32,
}

/// The usual settings: 8 KiB at once.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_playback_config() -> PlaybackConfig {
    PlaybackConfig { first_file: 1 << 31, read_len: 8192 }
}

/// Makes the machine that plays recordings from a USB drive (BX-L7). It says how long one is, and
/// then lets the host play the sound of a block whenever one is due, whatever time its blocks last.
///
/// Commands: PLAY, with the file's name; PAUSE, RESUME, STOP; SEEK, with the second. Inputs besides:
/// TIMEOUT, FILE_OPENED, FILE_DATA, FILE_FAILED, DRIVE_REMOVED.
///
/// # Safety
/// There is room for a handle. Either may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_playback_new(
    config: *const PlaybackConfig,
    machine: *mut *mut Machine,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (config, machine) = unsafe { (memory::shared(config)?, memory::exclusive(machine)?) };
        *machine = core::ptr::null_mut();
        if config.read_len == 0 {
            return Err(Status::BadValue);
        }
        let settings =
            playback::Config { first_file: config.first_file, read_len: config.read_len };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(machine, Machine::new(Player::new(settings))) };
        Ok(())
    })
}

impl Role for Player {
    fn translate(order: Order<'_>) -> Result<playback::Command, Status> {
        match order.command {
            Command::Play => Ok(playback::Command::Play(order.name()?.into())),
            Command::Seek => Ok(playback::Command::Seek(order.second()?)),
            Command::Pause => Ok(playback::Command::Pause),
            Command::Resume => Ok(playback::Command::Resume),
            Command::Stop => Ok(playback::Command::Stop),
            _ => Err(Status::WrongMachine),
        }
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        (part == 0).then(|| (PlaybackState::DIAGRAM.machine, Self::state(self).name()))
    }
}
