//! `recscope phone bx`: a phone that records its call itself, by a record server (BX-S) or to a
//! USB drive (BX-L).

mod drive;
mod server;

use crate::Outcome;
use crate::amount::{megabytes, seconds};
use crate::host::{AtEnd, OrdersOf, Service, Sound, Voice};
use anyhow::{Context, Result, anyhow, bail, ensure};
use recscope_core::codec::Codec;
use recscope_core::control::Direction;
use recscope_core::machine::Side;
use recscope_core::phone::server::{DEFAULT_PORT, Parties};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// A phone that records its call, by a record server or to a USB drive (BX)
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The record server to ask (BX-S1); its port is 10000 unless it says otherwise
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "usb")]
    server: Option<String>,
    /// The USB drive to record to: a folder (BX-L1)
    #[arg(long, value_name = "DIR")]
    usb: Option<PathBuf>,
    /// The codec: PCMU, PCMA or G722; a server may be asked for others, too
    #[arg(long, value_name = "NAME", default_value = "PCMA")]
    codec: String,
    /// What is said in the call, both sides in one (BX-3); without it, nothing
    #[arg(long, value_name = "FILE.wav")]
    play: Option<PathBuf>,
    /// Record so many seconds, the file from its start again where it is shorter; otherwise the
    /// file once, or until Ctrl-C
    #[arg(long, value_name = "N", value_parser = length)]
    seconds: Option<Duration>,
    /// Megabytes of a file on the drive, at which a new one is begun; 0 is no limit (BX-L4)
    #[arg(long, value_name = "MB", default_value = "0", value_parser = megabytes, conflicts_with = "server")]
    size_limit: u64,
    /// Seconds until a server is given up that has vanished without a word (BX-S7)
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds, conflicts_with = "usb")]
    patience: Duration,
    /// The phone's own number
    #[arg(long, value_name = "NUMBER", default_value = "1000")]
    local_number: String,
    /// Its name
    #[arg(long, value_name = "NAME", default_value = "")]
    local_name: String,
    /// The other party's number
    #[arg(long, value_name = "NUMBER", default_value = "2001")]
    remote_number: String,
    /// The other party's name
    #[arg(long, value_name = "NAME", default_value = "")]
    remote_name: String,
    /// Who called whom: in, the phone was called
    #[arg(long, value_enum, default_value_t = Caller::Out)]
    direction: Caller,
    /// The phone's MAC address, by which a server knows it (BX-S4)
    #[arg(long, value_name = "MAC", default_value = "00087b10a2f4", value_parser = mac)]
    mac: [u8; 6],
}

const EXAMPLES: &str = "Examples:
  recscope phone bx --server 192.0.2.9:10000 --codec PCMA --play call.wav
  recscope phone bx --server localhost:10000 --codec G722 --play wide.wav --seconds 60
  recscope phone bx --usb /media/usb --play call.wav --size-limit 5

The WAVE file has the codec's samples per second: 8000, or 16000 for G722. Exits with 2 when the
phone could not record, and says what it would show its user.";

/// Who called whom.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Caller {
    In,
    Out,
}

/// The longest that can be asked for, as sound is held in memory.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

fn length(text: &str) -> Result<Duration> {
    let length = seconds(text)?;
    ensure!(length <= LONGEST, "write at most 21600 seconds");
    Ok(length)
}

/// Twelve hexadecimal digits, also in pairs with `:` or `-` between them.
fn mac(text: &str) -> Result<[u8; 6]> {
    let digits: String = text.chars().filter(|c| !":-".contains(*c)).collect();
    let mut mac = [0; 6];
    let number = u64::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 12);
    let number = number.context("write twelve hexadecimal digits, as in 00087b10a2f4")?;
    mac.copy_from_slice(&number.to_be_bytes()[2..]);
    Ok(mac)
}

pub(super) async fn run(arguments: &Arguments) -> Result<Outcome> {
    match (&arguments.server, &arguments.usb) {
        (Some(server), _) => server::run(arguments, resolve(server)?).await,
        (None, Some(folder)) => drive::run(arguments, folder).await,
        (None, None) => bail!("name a record server with --server, or a drive with --usb"),
    }
}

/// The address of `host`, `host:port` or `[address]:port`.
fn resolve(server: &str) -> Result<SocketAddr> {
    let found = match server.parse::<IpAddr>() {
        Ok(address) => Ok(Some(SocketAddr::new(address, DEFAULT_PORT))),
        Err(_) if server.contains(':') => server.to_socket_addrs().map(|mut all| all.next()),
        Err(_) => (server, DEFAULT_PORT).to_socket_addrs().map(|mut all| all.next()),
    };
    let found = found.map_err(|error| anyhow!("there is no way to {server}: {error}"))?;
    found.with_context(|| format!("{server} has no address"))
}

impl Arguments {
    fn parties(&self) -> Parties {
        Parties {
            remote_number: self.remote_number.clone(),
            remote_name: self.remote_name.clone(),
            local_number: self.local_number.clone(),
            local_name: self.local_name.clone(),
            direction: match self.direction {
                Caller::In => Direction::In,
                Caller::Out => Direction::Out,
            },
        }
    }

    /// The sound of the call, for as long as it is to last.
    fn sound(&self) -> Result<Sound> {
        // A codec that is none can be asked for, but then nothing is ever sent.
        let rate = Codec::from_name(&self.codec).unwrap_or(Codec::Pcma).sample_rate();
        let voice = match &self.play {
            Some(path) => Voice::read(path, Side::Mixed, rate)?,
            None => Voice::silent(Side::Mixed),
        };
        let voice = match self.seconds {
            Some(seconds) => voice.lasting(seconds, rate),
            None => voice,
        };
        Ok(Sound::new(vec![voice], rate, AtEnd::Silence))
    }
}

/// What both kinds of phone are asked at their end.
#[derive(Debug, Default)]
struct Fate {
    /// What the phone showed last of why it does not record.
    prompt: Option<String>,
    recorded: bool,
    /// Something is to be ended.
    is_busy: bool,
}

impl Fate {
    /// The phone shows its user something: it does not record, or no more.
    fn show<S: Service>(&mut self, orders: &mut OrdersOf<S>, text: &str) {
        self.prompt = Some(text.to_owned());
        orders.leave();
    }

    /// How the command ends.
    fn outcome(self, is_clean: bool) -> Result<Outcome> {
        match self.prompt {
            Some(prompt) => Err(anyhow!(prompt)),
            None if self.recorded && is_clean => Ok(Outcome::Whole),
            None if self.recorded => Ok(Outcome::Damaged),
            None => bail!("nothing was recorded"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_senseless_ones_refused() {
        assert_eq!(mac("00:08:7B:10-a2f4").unwrap(), [0, 8, 0x7b, 0x10, 0xa2, 0xf4]);
        assert!(mac("00087b10a2").is_err() && mac("00087b10a2fg").is_err());
        assert_eq!(length("2.5").unwrap(), Duration::from_millis(2500));
        assert!(length("0").is_err() && length("21600").is_ok() && length("21601").is_err());
    }

    #[test]
    fn servers_are_found_by_address_and_by_name() {
        for (server, address) in [
            ("192.0.2.9", "192.0.2.9:10000"),
            ("192.0.2.9:10400", "192.0.2.9:10400"),
            ("2001:db8::9", "[2001:db8::9]:10000"),
            ("[2001:db8::9]:10400", "[2001:db8::9]:10400"),
        ] {
            assert_eq!(resolve(server).unwrap().to_string(), address);
        }
        assert!(resolve("localhost:10400").unwrap().ip().is_loopback());
        assert!(resolve("192.0.2.9:port").is_err());
    }
}
