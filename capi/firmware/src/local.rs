//! A call that is recorded to a drive.

use crate::host::{Host, of};
use recscope_capi::local::{recscope_local_config, recscope_local_new};
use recscope_capi::{Command, Input, InputKind};

/// Does it, three seconds long.
pub fn record() {
    let config = recscope_local_config();
    // SAFETY: the configuration is ours, and its texts are static.
    let mut host = Host::new(|machine| unsafe { recscope_local_new(&raw const config, machine) });
    host.tell(&Input { size: 1 << 30, ..of(InputKind::DriveInserted) }, &mut |_| {});
    host.order(Command::Start, None);
    host.talk();
    host.order(Command::Stop, None);
}
