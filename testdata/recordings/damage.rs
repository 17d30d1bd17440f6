//! Damaged variants of a recording, made the same way in every test that needs them.
//!
//! Plain bytes in, plain bytes out, by the offsets of the format; a test module includes this file
//! with `#[path]`.

/// Makes the damaged file from a whole one.
pub(crate) type Damage = fn(&[u8]) -> Vec<u8>;

/// Ways in which a recording is found damaged, or unusual.
pub(crate) const VARIANTS: [(&str, Damage); 6] = [
    ("data size 0", data_size_zero),
    ("data size stale", data_size_stale),
    ("data size too large", data_size_too_large),
    ("last block cut", last_block_cut),
    ("three blocks missing", three_blocks_missing),
    ("big-endian", big_endian),
];

/// Power was lost before the header was ever brought up to date.
pub(crate) fn data_size_zero(file: &[u8]) -> Vec<u8> {
    with_data_size(file, 0)
}

/// Power was lost a second (50 blocks) after the header was last brought up to date.
pub(crate) fn data_size_stale(file: &[u8]) -> Vec<u8> {
    with_data_size(file, data_size(file) - 50 * number(file, 64))
}

/// The header claims a second (50 blocks) more than there is.
pub(crate) fn data_size_too_large(file: &[u8]) -> Vec<u8> {
    with_data_size(file, data_size(file) + 50 * number(file, 64))
}

/// The drive was pulled while the last block was being written.
pub(crate) fn last_block_cut(file: &[u8]) -> Vec<u8> {
    file[..file.len() - 100].to_vec()
}

/// Blocks 100 to 102 are not there, and the header does not count them.
pub(crate) fn three_blocks_missing(file: &[u8]) -> Vec<u8> {
    let len = number(file, 64) as usize;
    let mut file = with_data_size(file, data_size(file) - 3 * number(file, 64));
    file.drain(76 + 100 * len..76 + 103 * len);
    file
}

/// Written by a phone with a big-endian processor.
pub(crate) fn big_endian(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for at in [64, 68, 72] {
        file[at..at + 4].reverse();
    }
    file
}

fn data_size(file: &[u8]) -> u32 {
    number(file, 72)
}

fn with_data_size(file: &[u8], size: u32) -> Vec<u8> {
    let mut file = file.to_vec();
    file[72..76].copy_from_slice(&size.to_le_bytes());
    file
}

fn number(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]])
}
