//! Recording by a record server, on the phone's side.

use crate::address::Address;
use crate::command::Command;
use crate::guard::guard;
use crate::machine::{Machine, Order, Role};
use crate::memory;
use crate::status::Status;
use crate::text;
use core::ffi::c_char;
use core::time::Duration;
use recscope_core::machine::State as _;
use recscope_core::phone::server::{self, ServerRecorder, ServerState};

/// Settings of recording by a server. Begin with recscope_server_config().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ServerConfig {
    /// Where ids and the stream's numbers start from; any number that differs from phone to phone
    /// and from start to start.
    pub seed: u64,
    /// The server's address for commands; family 0 where none is set.
    pub server: Address,
    /// Where the phone sends its RTP from.
    pub local_rtp: Address,
    /// The phone's MAC address, by which the server knows it.
    pub mac: [u8; 6],
    /// The codec's name, which is sent as it stands; servers take "PCMU", "PCMA" and "G722".
    pub codec: *const c_char,
    /// Sound in one packet, in milliseconds: 5 to 60.
    pub packet_ms: u32,
    /// Time to connect, in milliseconds.
    pub connect_ms: u32,
    /// Time to answer a start request, in milliseconds.
    pub start_ms: u32,
    /// Time to answer a stop request, and after that to close, in milliseconds.
    pub stop_ms: u32,
    /// Silence after which an answer counts as whole, in milliseconds.
    pub settle_ms: u32,
}

/// The usual settings: A-law, and no server yet.
#[unsafe(no_mangle)]
pub extern "C" fn recscope_server_config() -> ServerConfig {
    ServerConfig {
        seed: 1,
        server: Address::none(),
        local_rtp: Address::none(),
        mac: [0; 6],
        codec: c"PCMA".as_ptr(),
        packet_ms: 20,
        connect_ms: 5000,
        start_ms: 5000,
        stop_ms: 5000,
        settle_ms: 40,
    }
}

/// Makes the machine that has calls recorded by a record server.
///
/// Commands: START with a call, STOP, CALL_ENDED. Inputs besides: AUDIO of both sides during the
/// call, TCP_CONNECTED and the like, TIMEOUT.
///
/// # Safety
/// The codec ends with NUL, and there is room for a handle. Each pointer may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recscope_server_new(
    config: *const ServerConfig,
    machine: *mut *mut Machine,
) -> Status {
    guard(|| {
        // SAFETY: as promised by the caller.
        let (config, machine) = unsafe { (memory::shared(config)?, memory::exclusive(machine)?) };
        *machine = core::ptr::null_mut();
        let millis = |millis: u32| Duration::from_millis(millis.into());
        let settings = server::Config {
            seed: config.seed,
            server: config.server.read_optional()?,
            mac: config.mac,
            // SAFETY: as promised by the caller.
            codec: unsafe { text::read(config.codec) }?.into(),
            packet_time: millis(config.packet_ms),
            local_rtp: config.local_rtp.read()?,
            first_connection: 0,
            connect_timeout: millis(config.connect_ms),
            start_timeout: millis(config.start_ms),
            stop_timeout: millis(config.stop_ms),
            settle: millis(config.settle_ms),
        };
        // SAFETY: as promised by the caller.
        unsafe { memory::hand_over(machine, Machine::new(ServerRecorder::new(settings))) };
        Ok(())
    })
}

impl Role for ServerRecorder {
    fn translate(order: Order<'_>) -> Result<server::Command, Status> {
        match order.command {
            Command::Start => Ok(server::Command::Start(order.parties.ok_or(Status::NullPointer)?)),
            Command::Stop => Ok(server::Command::Stop),
            Command::CallEnded => Ok(server::Command::CallEnded),
            _ => Err(Status::WrongMachine),
        }
    }

    fn state(&self, part: usize) -> Option<(&'static str, &'static str)> {
        (part == 0).then(|| (ServerState::DIAGRAM.machine, Self::state(self).name()))
    }
}
