//! Interface Description Block: link type, snap length, and how its clock counts.

use super::options::{COMMENT, Options};
use super::{Context, HEAD, MAX_INTERFACES, Section};
use crate::capture::reader::Note;
use crate::capture::{Interface, LinkType};
use recscope_core::ErrorKind;
use std::sync::Arc;

const OPTIONS: usize = HEAD + 8;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// What packets need to know of their interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Description {
    pub(super) link_type: LinkType,
    pub(super) snap_len: u32,
    pub(super) clock: Clock,
}

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    resolution: Resolution,
    offset_s: i64,
}

/// The length of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    /// So many nanoseconds.
    Nanoseconds(u32),
    /// So many ticks to a nanosecond.
    PerNanosecond(u64),
    /// So many ticks to a second, as a power of two.
    PowerOfTwo(u32),
}

impl Default for Clock {
    fn default() -> Self {
        Self { resolution: Resolution::Nanoseconds(1000), offset_s: 0 }
    }
}

impl Clock {
    /// Nanoseconds since the epoch, held at the ends of what 64 bits can say.
    #[inline]
    pub(super) fn time_ns(self, ticks: u64) -> i64 {
        let ns = match self.resolution {
            Resolution::Nanoseconds(n) => u128::from(ticks) * u128::from(n),
            Resolution::PerNanosecond(n) => u128::from(ticks / n),
            Resolution::PowerOfTwo(bits) => (u128::from(ticks) * 1_000_000_000) >> bits,
        };
        let ns = i64::try_from(ns).unwrap_or(i64::MAX);
        ns.saturating_add(self.offset_s.saturating_mul(1_000_000_000))
    }
}

impl Resolution {
    /// From the option's byte; `None` beyond what a 64-bit count can express.
    fn parse(value: u8) -> Option<Self> {
        let exponent = u32::from(value & 0x7f);
        if value & 0x80 != 0 {
            return (exponent < 64).then_some(Self::PowerOfTwo(exponent));
        }
        match exponent {
            0..=9 => Some(Self::Nanoseconds(10_u32.pow(9 - exponent))),
            10..=19 => Some(Self::PerNanosecond(10_u64.pow(exponent - 9))),
            _ => None,
        }
    }
}

/// Adds an interface to the section, and notes it.
pub(super) fn read(section: &mut Section, body: &[u8], context: &mut Context<'_>) {
    let order = section.order;
    let (Some(link_type), Some(snap_len)) = (order.u16(body, HEAD), order.u32(body, HEAD + 4))
    else {
        let problem = "the interface block is too short to describe an interface";
        return context.warn(4, ErrorKind::Irregular { problem });
    };
    if section.interfaces.len() >= MAX_INTERFACES {
        let kind = ErrorKind::OverLimit {
            what: "number of interfaces in the section",
            limit: MAX_INTERFACES as u64,
            found: MAX_INTERFACES as u64 + 1,
        };
        return context.warn(0, kind);
    }
    let mut clock = Clock::default();
    let mut name = None;
    for (code, value) in Options::new(order, body, OPTIONS) {
        match (code, value) {
            (COMMENT, text) => context.comment(None, text),
            (IF_NAME, text) => {
                let text = String::from_utf8_lossy(text);
                name = Some(text.trim_end_matches('\0').to_owned());
            }
            (IF_TSRESOL, &[resolution, ..]) => match Resolution::parse(resolution) {
                Some(resolution) => clock.resolution = resolution,
                None => context.warn(
                    0,
                    ErrorKind::Unsupported {
                        what: "time-stamp resolution",
                        found: u64::from(resolution),
                    },
                ),
            },
            (IF_TSOFFSET, value) => {
                if let Some(seconds) = order.u64(value, 0) {
                    clock.offset_s = seconds.cast_signed();
                }
            }
            _ => {}
        }
    }
    let link_type = LinkType(link_type);
    let interfaces = Arc::make_mut(&mut section.interfaces);
    let id = u32::try_from(interfaces.len()).unwrap_or(u32::MAX);
    interfaces.push(Description { link_type, snap_len, clock });
    context.notes.push_back(Note::Interface(Interface { id, link_type, snap_len, name }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_nanoseconds_in_every_resolution() {
        let table = [
            (0x00, 5, 5_000_000_000),
            (0x03, 1_500, 1_500_000_000),
            (0x06, 1_500_000, 1_500_000_000),
            (0x09, 7, 7),
            (0x0c, 1_999, 1),
            (0x13, 20_000_000_000, 2),
            (0x80, 3, 3_000_000_000),
            (0x8a, 1536, 1_500_000_000),
            (0xbf, 1 << 62, 500_000_000),
        ];
        for (option, ticks, ns) in table {
            let resolution = Resolution::parse(option).unwrap();
            let clock = Clock { resolution, offset_s: 0 };
            assert_eq!(clock.time_ns(ticks), ns, "resolution {option:#x}");
        }
        assert_eq!(Resolution::parse(0x14), None);
        assert_eq!(Resolution::parse(0xc0), None);
    }

    #[test]
    fn an_offset_moves_the_clock_either_way_and_nothing_overflows() {
        let clock = Clock { offset_s: -2, ..Clock::default() };
        assert_eq!(clock.time_ns(3_000_000), 1_000_000_000);
        assert_eq!(Clock::default().time_ns(u64::MAX), i64::MAX);
        let far = Clock { offset_s: i64::MAX, ..Clock::default() };
        assert_eq!(far.time_ns(u64::MAX), i64::MAX);
    }
}
