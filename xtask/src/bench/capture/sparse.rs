//! A capture larger than a 32-bit number can count, that takes next to no room on the disk: pcapng
//! with a call at its start and one at its end, and blocks between them that no reader knows the
//! inside of, and that are holes in the file.

use super::packet::Frame;
use super::{Content, calls};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes of the file, about.
const SIZE: u64 = 5_000_000_000;
/// Bytes of a block that is a hole: readers refuse larger ones, as blocks of a damaged length.
const HOLE: u32 = 8 << 20;
/// A custom block whose content is its writer's own business.
const CUSTOM: u32 = 0x0000_0bad;
/// The private enterprise number that documentation may use (RFC 5612).
const ENTERPRISE: u32 = 32_473;

/// Writes the file and says what is in it.
///
/// # Errors
/// Those of writing it.
pub(in crate::bench) fn write(path: &Path) -> io::Result<Content> {
    let mut output = BufWriter::new(File::create(path)?);
    block(&mut output, 0x0a0d_0d0a, &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0], &[0xff; 8]])?;
    // Ethernet, packets of any length, time stamps in microseconds.
    block(&mut output, 1, &[&[1, 0, 0, 0, 0, 0, 0, 0]])?;
    let mut content = calls(0..1, &mut |time, frame| packet(&mut output, time, frame))?;
    while output.stream_position()? < SIZE {
        output.write_all(&CUSTOM.to_le_bytes())?;
        output.write_all(&HOLE.to_le_bytes())?;
        output.write_all(&ENTERPRISE.to_le_bytes())?;
        output.seek(SeekFrom::Current(i64::from(HOLE) - 16))?;
        output.write_all(&HOLE.to_le_bytes())?;
    }
    content += calls(1..2, &mut |time, frame| packet(&mut output, time, frame))?;
    content.bytes = output.stream_position()?;
    output.flush()?;
    Ok(content)
}

fn packet(output: &mut impl Write, time_us: i64, frame: &Frame) -> io::Result<()> {
    let bytes = frame.bytes();
    let [t0, t1, t2, t3, t4, t5, t6, t7] = time_us.to_le_bytes();
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?.to_le_bytes();
    let time = [t4, t5, t6, t7, t0, t1, t2, t3];
    block(output, 6, &[&[0; 4], &time, &length, &length, bytes])
}

/// A block of these parts, filled up to a multiple of four bytes.
fn block(output: &mut impl Write, kind: u32, parts: &[&[u8]]) -> io::Result<()> {
    let body: usize = parts.iter().map(|part| part.len()).sum();
    let length = u32::try_from(12 + body.next_multiple_of(4)).map_err(io::Error::other)?;
    output.write_all(&kind.to_le_bytes())?;
    output.write_all(&length.to_le_bytes())?;
    parts.iter().try_for_each(|part| output.write_all(part))?;
    output.write_all(&[0; 3][..body.next_multiple_of(4) - body])?;
    output.write_all(&length.to_le_bytes())
}
