//! Writes a recording so that a pulled drive costs no more than a second of it (BX-L6).

use super::{CodecName, Encoding, HEADER_LEN, Header, MAX_INCREMENT, MAX_RTP_LEN};
use crate::bytes::ByteOrder;

/// Keeps the header of a growing recording. The blocks themselves go straight from the caller to
/// the file.
///
/// ```
/// use recscope_core::recording::Writer;
///
/// let mut writer = Writer::new("PCMU", 160, 160)?;
/// let mut file = writer.header().to_vec();
/// for _ in 0..75 {
///     let block = [0xff; 160];
///     let patch = writer.append(&block)?;
///     file.extend(block);
///     if let Some(patch) = patch {
///         patch.apply(&mut file); // or seek, write, seek back
///     }
/// }
/// writer.patch().apply(&mut file);
/// assert_eq!(file.len(), 76 + 75 * 160);
/// # Ok::<(), recscope_core::recording::WriteError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Writer {
    header: Header,
    clock: u32,
    /// Timestamp units since the header was last brought up to date.
    unsaved: u32,
}

/// Bytes of the header to be overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where in the file.
    pub offset: usize,
    /// With what.
    pub bytes: [u8; 4],
}

impl Patch {
    /// Overwrites the bytes in a file that is in memory.
    pub fn apply(&self, file: &mut [u8]) {
        let target = file.get_mut(self.offset..).into_iter().flatten();
        for (byte, &new) in target.zip(&self.bytes) {
            *byte = new;
        }
    }
}

/// What a caller of [`Writer`] did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The codec's name does not fit the header.
    #[error("the codec name must be at most 64 characters of printable ASCII")]
    CodecName,
    /// The block length does not fit the format.
    #[error("the block length is {0}, outside 1 to {MAX_RTP_LEN}")]
    RtpLen(u32),
    /// The timestamp increment does not fit the format.
    #[error("the increment is {0}, outside 1 to {MAX_INCREMENT}")]
    Increment(u32),
    /// A block is not of the length that the header says.
    #[error("the block has {found} bytes, but the recording's blocks have {expected}")]
    BlockLen {
        /// Bytes of every block.
        expected: usize,
        /// Bytes of this one.
        found: usize,
    },
    /// `dataSize` cannot count further: go on in a new file (BX-L4).
    #[error("the recording has reached 4 GiB; go on in a new file")]
    Full,
}

impl Writer {
    /// A recording without blocks yet, each of which will have `rtp_len` bytes and last
    /// `increment` RTP timestamp units.
    ///
    /// # Errors
    /// Where one of the three does not fit the header.
    pub fn new(codec: &str, rtp_len: u32, increment: u32) -> Result<Self, WriteError> {
        let within = |value: u32, max: i32| {
            i32::try_from(value).ok().filter(|value| (1..=max).contains(value))
        };
        let header = Header {
            codec: CodecName::new(codec).ok_or(WriteError::CodecName)?,
            rtp_len: within(rtp_len, MAX_RTP_LEN).ok_or(WriteError::RtpLen(rtp_len))?,
            increment: within(increment, MAX_INCREMENT).ok_or(WriteError::Increment(increment))?,
            data_size: 0,
            byte_order: ByteOrder::Little,
        };
        let clock = Encoding::find(codec).map_or(8000, |encoding| encoding.clock);
        Ok(Self { header, clock, unsaved: 0 })
    }

    /// The header as it should stand in the file now.
    #[must_use]
    pub fn header(&self) -> [u8; HEADER_LEN] {
        self.header.write()
    }

    /// Bytes of the file, header included; what a file size limit is about (BX-L4).
    #[must_use]
    pub fn file_len(&self) -> u64 {
        HEADER_LEN as u64 + u64::from(self.header.data_size)
    }

    /// Bytes of every block.
    #[must_use]
    pub fn rtp_len(&self) -> u64 {
        self.header.rtp_len.unsigned_abs().into()
    }

    /// Counts `block`, which the caller appends to the file, and gives what is then to be
    /// overwritten in the header: every time that a second of audio is at stake.
    ///
    /// # Errors
    /// `BlockLen` or `Full`; the block does not count then and must not be written.
    pub fn append(&mut self, block: &[u8]) -> Result<Option<Patch>, WriteError> {
        let expected = self.header.block_len();
        if block.len() != expected {
            return Err(WriteError::BlockLen { expected, found: block.len() });
        }
        let grown = self.header.data_size.checked_add(self.header.rtp_len.unsigned_abs());
        self.header.data_size = grown.ok_or(WriteError::Full)?;
        let increment = self.header.increment.unsigned_abs();
        self.unsaved += increment;
        // One more block would be more than a second.
        if self.unsaved + increment <= self.clock {
            return Ok(None);
        }
        self.unsaved = 0;
        Ok(Some(self.patch()))
    }

    /// Counts the last block no more: the drive did not take it.
    pub fn take_back(&mut self) {
        let block = self.header.rtp_len.unsigned_abs();
        self.header.data_size = self.header.data_size.saturating_sub(block);
    }

    /// What brings the header up to date: for a pause, and for the end.
    #[must_use]
    pub fn patch(&self) -> Patch {
        let bytes = self.header.byte_order.u32_bytes(self.header.data_size);
        Patch { offset: Header::DATA_SIZE_OFFSET, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;
    use crate::Limits;
    use core::time::Duration;
    use std::string::ToString;
    use std::vec::Vec;

    /// Pulls the drive after every block: what the header says then is at most a second old.
    #[test]
    fn the_header_is_never_more_than_a_second_behind() {
        for (codec, rtp_len, increment) in
            [("PCMU", 172, 160), ("G722", 160, 160), ("opus", 80, 960), ("PCMA", 1500, 8000)]
        {
            let mut writer = Writer::new(codec, rtp_len, increment).unwrap();
            let clock = Encoding::find(codec).unwrap().clock;
            let mut file = writer.header().to_vec();
            let block = std::vec![0x55; rtp_len as usize];
            for written in 1..=200 {
                let patch = writer.append(&block).unwrap();
                file.extend(&block);
                if let Some(patch) = patch {
                    patch.apply(&mut file);
                }
                let claimed = Header::parse(&file).unwrap().data_size / rtp_len;
                let behind = (written - claimed) * increment;
                assert!(behind < clock, "{codec}: {behind} of {clock} after {written} blocks");
            }
        }
    }

    #[test]
    fn what_is_written_reads_back_without_repairs() {
        let mut writer = Writer::new("PCMA", 160, 160).unwrap();
        let mut file = Vec::from(writer.header());
        for _ in 0..120 {
            let block = [0xD5; 160];
            writer.append(&block).unwrap();
            file.extend(block);
        }
        writer.patch().apply(&mut file);
        assert_eq!(writer.file_len(), file.len() as u64);
        let mut reader = Reader::new(Some(file.len() as u64), &Limits::default());
        let mut input = file.as_slice();
        while !input.is_empty() {
            let (consumed, _) = reader.push(input).unwrap();
            input = &input[consumed..];
        }
        let summary = reader.finish().unwrap();
        assert_eq!(summary.blocks, 120);
        assert_eq!(summary.duration, Duration::from_millis(2400));
        assert_eq!(summary.repairs, []);
    }

    #[test]
    fn misuse_is_refused_and_counts_for_nothing() {
        assert_eq!(Writer::new("Größe", 160, 160).unwrap_err(), WriteError::CodecName);
        assert_eq!(Writer::new("PCMU", 0, 160).unwrap_err(), WriteError::RtpLen(0));
        let error = Writer::new("PCMU", 1501, 160).unwrap_err();
        assert_eq!(error.to_string(), "the block length is 1501, outside 1 to 1500");
        assert_eq!(Writer::new("PCMU", 160, 0).unwrap_err(), WriteError::Increment(0));
        let mut writer = Writer::new("PCMU", 160, 160).unwrap();
        let before = writer.header();
        let error = writer.append(&[0; 172]).unwrap_err();
        assert_eq!(error, WriteError::BlockLen { expected: 160, found: 172 });
        assert_eq!(writer.header(), before);
    }

    #[test]
    fn four_gibibytes_are_the_end_of_a_file() {
        let mut writer = Writer::new("PCMU", 1500, 1500).unwrap();
        writer.header.data_size = u32::MAX - 1000;
        assert_eq!(writer.append(&[0; 1500]).unwrap_err(), WriteError::Full);
        assert_eq!(writer.header.data_size, u32::MAX - 1000);
    }
}
