//! The actors of a scenario, with their settings.

mod active_recorder;
mod logger;
mod offer;
mod pbx;
mod phone;
mod record_server;
mod server_recorder;
mod silent;
mod usb_phone;

use super::fields::{Document, Fields};
use super::{Member, Problem, Setting};
use crate::actor::Actor;
use crate::drive::Drive;
use crate::world::Host;
use recscope_core::codec::Codec;
use recscope_core::random::Random;
use recscope_flow::ActorKind;
use std::net::{IpAddr, Ipv4Addr};
use toml_span::value::Value;

/// What all actors of a run share.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) seed: u64,
    pub(super) epoch_seconds: u64,
    /// What a user changes.
    pub(super) set: &'a [(String, String)],
}

/// What an actor's settings are read with.
struct Context {
    seed: u64,
    epoch_seconds: u64,
    address: Ipv4Addr,
    mac: [u8; 6],
}

/// An actor as its type makes it.
struct Part {
    actor: Box<dyn Actor>,
    kind: ActorKind,
    power_words: [Option<&'static str>; 2],
    /// The drive that is there unless the scenario says otherwise.
    drive: Option<Drive>,
}

type Reader = fn(&mut Fields<'_, '_>, &Context) -> Result<Part, Problem>;

/// The types of actors.
const TYPES: &[(&str, Reader)] = &[
    ("phone", phone::read),
    ("logger", logger::read),
    ("record-server", record_server::read),
    ("pbx", pbx::read),
    ("active-recorder", active_recorder::read),
    ("server-recorder", server_recorder::read),
    ("host", silent::read),
    ("usb-phone", usb_phone::read),
];

/// Lets a struct that holds a machine and what its host knows besides be that machine.
macro_rules! hosted {
    ($type:ident, $field:ident: $machine:ty) => {
        impl recscope_core::machine::Machine for $type {
            type Command = <$machine as recscope_core::machine::Machine>::Command;
            type Misuse = <$machine as recscope_core::machine::Machine>::Misuse;

            fn handle_input(
                &mut self,
                now: recscope_core::time::Instant,
                input: recscope_core::machine::Input<'_, Self::Command>,
            ) -> Result<(), Self::Misuse> {
                self.$field.handle_input(now, input)
            }

            fn poll_output(&mut self) -> Option<recscope_core::machine::Output<'_>> {
                self.$field.poll_output()
            }

            fn poll_timeout(
                &self,
            ) -> Option<(recscope_core::time::Instant, recscope_core::machine::TimeoutReason)> {
                self.$field.poll_timeout()
            }
        }
    };
}
use hosted;

/// Reads an actor, and what of it may be changed besides what the scenario declares.
pub(super) fn read(
    document: &Document<'_>,
    value: Value<'_>,
    start: Start<'_>,
    index: usize,
) -> Result<(Member, Vec<Setting>), Problem> {
    let mut table = Fields::new(document, value, "an actor")?;
    let name = table.required("name")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.value.is_empty() || !name.value.chars().all(plain) {
        let message = format!("{:?} is no name: letters, digits and - only", name.value);
        return Err(document.problem(name.offset, message));
    }
    let kinds: Vec<_> = TYPES.iter().map(|kind| (kind.0, *kind)).collect();
    let (kind, read) = table.choice("type", &kinds)?.ok_or_else(|| table.missing("type"))?;
    let address = table.address("address")?.ok_or_else(|| table.missing("address"))?;
    let mut host = Host::new(&name.value, ActorKind::Host, address);
    if let Some(mac) = table.with("mac", mac)? {
        host.mac = mac;
    }
    if let Some(label) = table.text("label")? {
        host.label = label.value;
    }
    let offered = offer::fill(&mut table, kind, (&host.name, &host.label), start.set)
        .map_err(|message| Problem::outside(document.file, message))?;
    let on = table.choice("power", &[("on", true), ("off", false)])?.unwrap_or(true);
    let drive = table.with("drive", |value| match value {
        "none" => Ok(None),
        size => crate::text::size(size)
            .map(|free| Some(Drive::new(free)))
            .ok_or_else(|| format!("{size:?} is no size: write 64MB or none")),
    })?;
    let number = u64::try_from(index).unwrap_or(u64::MAX) + 1;
    let seed = Random::new(start.seed ^ number << 32).next_u64();
    let context = Context { seed, epoch_seconds: start.epoch_seconds, address, mac: host.mac };
    let part = read(&mut table, &context)?;
    host.kind = part.kind;
    host.power_words = part.power_words;
    host.drive = drive.unwrap_or(part.drive);
    let settings = std::mem::take(&mut table.seen);
    table.finish()?;
    Ok((Member { host, actor: part.actor, on, settings }, offered))
}

/// A codec by its name.
fn codec(name: &str) -> Result<Codec, String> {
    Codec::from_name(name).ok_or_else(|| {
        let names = Codec::ALL.map(Codec::name).join(", ");
        format!("{name:?} is no codec that can be made: there are {names}")
    })
}

/// IPv4 addresses.
fn addresses(table: &mut Fields<'_, '_>, key: &'static str) -> Result<Vec<IpAddr>, Problem> {
    let mut addresses = Vec::new();
    let list = table.list(key)?;
    let parts = list.iter().flat_map(|text| text.value.split(',').map(|part| (part, text.offset)));
    for (part, offset) in parts.filter(|(part, _)| !part.trim().is_empty()) {
        let address: Result<Ipv4Addr, _> = part.trim().parse();
        let wrong = |_| format!("{part:?} is no IPv4 address: write 192.0.2.9");
        let address = address.map_err(wrong).map_err(|message| table.problem(offset, message))?;
        addresses.push(IpAddr::V4(address));
    }
    Ok(addresses)
}

/// Six bytes in hexadecimal, with or without colons.
fn mac(text: &str) -> Result<[u8; 6], String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let number = (digits.len() == 12).then(|| u64::from_str_radix(&digits, 16).ok()).flatten();
    let [_, _, mac @ ..] = number
        .ok_or_else(|| format!("{text:?} is no MAC address: write 00:08:5d:00:10:00"))?
        .to_be_bytes();
    Ok(mac)
}
