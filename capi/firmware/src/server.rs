//! A call that a record server records.

use crate::host::{Host, address, call, of};
use recscope_capi::server::{recscope_server_config, recscope_server_new};
use recscope_capi::{Command, Input, InputKind};

/// Does it, three seconds long.
pub fn record() {
    let mut config = recscope_server_config();
    (config.server, config.local_rtp) = (address(5, 10_000), address(20, 11_800));
    // SAFETY: the configuration is ours, and its texts are static.
    let mut host = Host::new(|machine| unsafe { recscope_server_new(&raw const config, machine) });
    host.order(Command::Start, Some(&call()));
    let (mut id, mut digits) = ([0; 16], 0);
    let connected = Input { local: address(20, 50_000), ..of(InputKind::TcpConnected) };
    host.tell(&connected, &mut |request| {
        // cmd=RecordStartRequest&id=15082&device=...
        let after = request.get(26..).unwrap_or_default();
        for (place, byte) in id.iter_mut().zip(after.iter().take_while(|&&byte| byte != b'&')) {
            *place = *byte;
            digits += 1;
        }
    });
    let id = id.get(..digits).unwrap_or_default();
    let success = b"&result=success&reason=&server=192.0.2.5&port=41000\r";
    answer(&mut host, &[b"cmd=RecordStartResponse&id=", id, success]);
    host.talk();
    host.order(Command::CallEnded, None);
    answer(&mut host, &[b"cmd=RecordStopResponse&id=", id, b"&result=success\r"]);
    host.tell(&of(InputKind::TcpClosed), &mut |_| {});
}

fn answer(host: &mut Host, parts: &[&[u8]]) {
    for part in parts {
        let data = Input { bytes: part.as_ptr(), len: part.len(), ..of(InputKind::TcpData) };
        host.tell(&data, &mut |_| {});
    }
}
