//! What a whole recording turned out to hold.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{Gap, Header, Layout};
use crate::Warning;
use crate::codec::Codec;

/// The findings about one recording, complete once it has been read to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The header as it stands in the file.
    pub header: Header,
    /// Whether blocks begin with RTP headers, and how sure that is.
    pub layout: Layout,
    /// The codec, where it can be decoded: by the header's name or, where that is empty, by the
    /// RTP payload type.
    pub codec: Option<Codec>,
    /// RTP timestamp units per second.
    pub clock: u32,
    /// RTP timestamp units per block, mended where the header's value makes no sense; 0 where
    /// nothing tells.
    pub increment: u32,
    /// Whole blocks.
    pub blocks: u64,
    /// Bytes of the whole blocks: what the header's `dataSize` should be.
    pub data_bytes: u64,
    /// Playing time of the blocks: their number times the increment, over the clock (BX-L7).
    pub duration: Duration,
    /// Time from the first block's beginning to the last one's end, gaps included.
    pub span: Duration,
    /// Blocks missing by sequence number.
    pub lost: u64,
    /// Blocks that came out of order.
    pub late: u64,
    /// Blocks that are there twice.
    pub duplicates: u64,
    /// Times that source or numbering began anew.
    pub restarts: u64,
    /// Losses and pauses, in order of time; at most [`Limits::warnings`](crate::Limits).
    pub gaps: Vec<Gap>,
    /// Gaps beyond that many.
    pub gaps_omitted: u64,
    /// What had to be mended to read the file; at most [`Limits::warnings`](crate::Limits).
    pub repairs: Vec<Repair>,
    /// Repairs beyond that many.
    pub repairs_omitted: u64,
    /// Bytes of the cut last block; 0 where it is whole.
    pub partial_last: u64,
    /// What is irregular but needed no mending.
    pub warnings: Vec<Warning>,
}

impl Summary {
    /// Timestamp units as time.
    #[must_use]
    pub fn time_of(&self, ticks: u64) -> Duration {
        time_of(ticks, self.clock)
    }
}

/// `ticks` of a clock as time.
pub(super) fn time_of(ticks: u64, clock: u32) -> Duration {
    let clock = u64::from(clock).max(1);
    let nanos = (ticks % clock) * 1_000_000_000 / clock;
    Duration::from_secs(ticks / clock).saturating_add(Duration::from_nanos(nanos))
}

/// Something wrong with a file that reading it got round (BX-L6); displays as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repair {
    /// `dataSize` was never written: the recording was not ended.
    DataSizeUnset {
        /// Bytes of whole blocks.
        actual: u64,
    },
    /// `dataSize` lags behind the blocks: the recording was not ended.
    DataSizeStale {
        /// What the header says.
        header: u32,
        /// Bytes of whole blocks.
        actual: u64,
    },
    /// `dataSize` claims more than there is.
    DataSizeBeyondFile {
        /// What the header says.
        header: u32,
        /// Bytes behind the header.
        actual: u64,
    },
    /// The last block is cut, and left out.
    PartialLastBlock {
        /// Where it begins.
        offset: u64,
        /// Bytes there are.
        bytes: u64,
        /// Bytes it should have.
        of: u64,
    },
    /// Bytes between blocks that are no block.
    Skipped {
        /// Where they begin.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// Bytes behind the last block that are no block.
    Trailing {
        /// Where they begin.
        offset: u64,
        /// How many.
        bytes: u64,
    },
    /// `increment` is not that of the blocks.
    Increment {
        /// What the header says.
        header: i32,
        /// What the timestamps, or the codec and the block's length, say.
        actual: u32,
    },
    /// The header names no codec, but the payload type does.
    Codec {
        /// The payload type's codec.
        name: &'static str,
    },
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::DataSizeUnset { actual } => write!(
                f,
                "dataSize is 0, as the recording was not ended; the whole blocks hold {actual} \
                 bytes"
            ),
            Self::DataSizeStale { header, actual } => write!(
                f,
                "dataSize is {header}, but the whole blocks hold {actual} bytes; all of them are \
                 read"
            ),
            Self::DataSizeBeyondFile { header, actual } => write!(
                f,
                "dataSize is {header}, but only {actual} bytes follow the header; what is there \
                 is read"
            ),
            Self::PartialLastBlock { offset, bytes, of } => write!(
                f,
                "the last block, at offset {offset}, is cut to {bytes} of {of} bytes and left out"
            ),
            Self::Skipped { offset, bytes } => write!(
                f,
                "{bytes} bytes at offset {offset} are no block of this recording and left out"
            ),
            Self::Trailing { offset, bytes } => write!(
                f,
                "the last {bytes} bytes, from offset {offset}, are no block of this recording and \
                 left out"
            ),
            Self::Increment { header, actual } => {
                write!(f, "increment is {header}, but the blocks are {actual} timestamp units long")
            }
            Self::Codec { name } => {
                write!(f, "the header names no codec; its blocks have the payload type of {name}")
            }
        }
    }
}
