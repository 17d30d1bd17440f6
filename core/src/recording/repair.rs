//! Makes a clean recording of a damaged one.

use alloc::vec::Vec;

use super::{CodecName, HEADER_LEN, Header, Reader, Repair, Step, Summary};
use crate::bytes::ByteOrder;
use crate::{Limits, ParseError};

/// Copies the whole blocks of a recording, chunk by chunk, and writes a header that fits them:
/// little-endian, with the true data size and increment.
///
/// ```
/// use recscope_core::Limits;
/// use recscope_core::recording::Repairer;
///
/// # let damaged = include_bytes!("../../../testdata/recordings/Record_20261122091500.wav");
/// # let damaged = &damaged[..5000];
/// let mut repairer = Repairer::new(Some(damaged.len() as u64), &Limits::default());
/// let mut clean = Vec::new();
/// for chunk in damaged.chunks(4096) {
///     repairer.push(chunk, &mut clean)?;
/// }
/// let repaired = repairer.finish(&mut clean)?;
/// clean[..76].copy_from_slice(&repaired.header); // or seek to the start and overwrite
/// for repair in &repaired.summary.repairs {
///     println!("{repair}");
/// }
/// # assert_eq!(clean.len(), 76 + 28 * 172);
/// # Ok::<(), recscope_core::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Repairer {
    reader: Reader,
}

/// What is left to do when all blocks are copied.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The true header, to overwrite the first bytes of the output with.
    pub header: [u8; HEADER_LEN],
    /// What was wrong.
    pub summary: Summary,
}

impl Repairer {
    /// A repairer of a file of `size` bytes, where that is known.
    #[must_use]
    pub fn new(size: Option<u64>, limits: &Limits) -> Self {
        Self { reader: Reader::new(size, limits) }
    }

    /// Takes the next bytes of the damaged file and appends those of the clean one to `out`.
    ///
    /// # Errors
    /// As [`Reader::push`]: where the header cannot be read, there is nothing to repair.
    pub fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), ParseError> {
        loop {
            let (consumed, step) = self.reader.push(input)?;
            input = input.get(consumed..).unwrap_or_default();
            match step {
                // Stands in for the true header, which only the end can tell.
                Step::Header(header) => out.extend_from_slice(&header.write()),
                Step::Block(block) => out.extend_from_slice(block.bytes),
                Step::NeedMore | Step::End => return Ok(()),
            }
        }
    }

    /// Appends the last blocks to `out` and gives the header that they need.
    ///
    /// # Errors
    /// As [`Reader::finish`].
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<Repaired, ParseError> {
        self.reader.end_of_input();
        self.push(&[], out)?;
        let summary = self.reader.finish()?;
        Ok(Repaired { header: clean_header(&summary).write(), summary })
    }
}

/// The header that a recording with these findings should have.
pub(super) fn clean_header(summary: &Summary) -> Header {
    let named_by_type = summary.repairs.iter().find_map(|repair| match repair {
        Repair::Codec { name } => Some(*name),
        _ => None,
    });
    let name = named_by_type.unwrap_or(summary.header.codec.as_str());
    Header {
        // Made anew, it loses what may have stood behind the first NUL.
        codec: CodecName::new(name).unwrap_or(summary.header.codec),
        rtp_len: summary.header.rtp_len,
        increment: match summary.increment {
            0 => summary.header.increment,
            increment => i32::try_from(increment).unwrap_or(summary.header.increment),
        },
        // The format cannot say more.
        data_size: u32::try_from(summary.data_bytes).unwrap_or(u32::MAX),
        byte_order: ByteOrder::Little,
    }
}
