//! A host: an address with a machine behind it.

use crate::drive::Drive;
use crate::text;
use crate::wire;
use recscope_flow::ActorKind;
use std::net::Ipv4Addr;

/// Where an actor sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What scenarios and faults call it.
    pub name: String,
    /// What diagrams call it.
    pub label: String,
    /// What sort of device it is.
    pub kind: ActorKind,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its hardware address.
    pub mac: [u8; 6],
    /// The orders that tell its machine of its power: on, and off. A machine that is not told when
    /// it goes off starts afresh the next time.
    pub power_words: [Option<&'static str>; 2],
    /// What it writes files to.
    pub drive: Option<Drive>,
}

impl Host {
    /// A host without a drive, with a hardware address made of its address.
    #[must_use]
    pub fn new(name: &str, kind: ActorKind, address: Ipv4Addr) -> Self {
        Self {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
            address,
            mac: wire::mac_of(address),
            power_words: [None, None],
            drive: None,
        }
    }
}

/// Something that is done to a host. Its text is the `do` of scenarios after the actor's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It gets power: `power-on`.
    PowerOn,
    /// It loses power, and all connections without a word: `power-off`.
    PowerOff,
    /// Its drive is plugged in: `insert-drive`.
    Insert,
    /// Its drive is pulled out, before the last bytes were on it: `pull-drive`,
    /// `pull-drive unflushed 57`.
    Pull {
        /// How many bytes at the end of the file written last are missing.
        unflushed: usize,
    },
    /// Its drive has so much room left: `drive-free 20KB`.
    Free(u64),
    /// Nothing passes between it and another, or anyone: `cut`, `cut recorder`.
    Cut {
        /// The other.
        other: Option<u32>,
    },
    /// Everything passes again: `heal`, `heal recorder`.
    Heal {
        /// The other.
        other: Option<u32>,
    },
    /// An order to its machine.
    Order(String),
}

impl Deed {
    /// The deed that words mean; `host` finds actors by name. What is none of the world's own
    /// words is an order to the machine.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(words: &str, host: impl Fn(&str) -> Option<u32>) -> Result<Self, String> {
        let (verb, rest) = words.trim().split_once(' ').unwrap_or((words.trim(), ""));
        let rest = rest.trim();
        let other = || match rest {
            "" => Ok(None),
            name => host(name).map(Some).ok_or_else(|| format!("there is no actor {name:?}")),
        };
        let alone = |deed: Self| match rest {
            "" => Ok(deed),
            _ => Err(format!("{verb} stands alone: leave {rest:?} out")),
        };
        match verb {
            "power-on" => alone(Self::PowerOn),
            "power-off" => alone(Self::PowerOff),
            "insert-drive" => alone(Self::Insert),
            "pull-drive" => {
                let unflushed = match rest.strip_prefix("unflushed") {
                    None if rest.is_empty() => Some(0),
                    None => None,
                    Some(bytes) => text::number(bytes.trim()),
                };
                let unflushed = unflushed.and_then(|bytes| usize::try_from(bytes).ok());
                let unflushed = unflushed.ok_or_else(|| {
                    format!("{rest:?} is not what is missing: write pull-drive unflushed 57")
                })?;
                Ok(Self::Pull { unflushed })
            }
            "drive-free" => text::size(rest)
                .map(Self::Free)
                .ok_or_else(|| format!("{rest:?} is no size: write drive-free 20KB")),
            "cut" => Ok(Self::Cut { other: other()? }),
            "heal" => Ok(Self::Heal { other: other()? }),
            _ => Ok(Self::Order(words.trim().to_owned())),
        }
    }

    /// What a diagram says of it; nothing of what its messages show by themselves.
    pub(super) fn remark(&self) -> Option<String> {
        Some(match self {
            Self::PowerOn => "power on".to_owned(),
            Self::PowerOff => "power off".to_owned(),
            Self::Insert => "the drive is plugged in".to_owned(),
            Self::Pull { .. } => "the drive is pulled out".to_owned(),
            Self::Free(bytes) => format!("{bytes} bytes are left on the drive"),
            Self::Cut { .. } => "the network is cut".to_owned(),
            Self::Heal { .. } => "the network is whole again".to_owned(),
            Self::Order(words) => words.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_deeds_or_orders() {
        let host = |name: &str| (name == "recorder").then_some(3);
        for (words, deed) in [
            ("power-off", Deed::PowerOff),
            ("pull-drive", Deed::Pull { unflushed: 0 }),
            ("pull-drive unflushed 57", Deed::Pull { unflushed: 57 }),
            ("drive-free 20KB", Deed::Free(20_000)),
            ("cut", Deed::Cut { other: None }),
            ("heal recorder", Deed::Heal { other: Some(3) }),
            ("dial 2000", Deed::Order("dial 2000".to_owned())),
        ] {
            assert_eq!(Deed::parse(words, host), Ok(deed), "{words}");
        }
        for words in ["power-off now", "cut nobody", "drive-free lots", "pull-drive half"] {
            assert!(Deed::parse(words, host).is_err(), "{words}");
        }
    }
}
