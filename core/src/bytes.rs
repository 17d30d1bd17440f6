//! Byte order, for formats that come in both.

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant byte.
    #[default]
    Little,
    /// The most significant byte.
    Big,
}

impl ByteOrder {
    /// The name used in reports: `little` or `big`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Little => "little",
            Self::Big => "big",
        }
    }

    /// Two bytes as a number.
    #[must_use]
    pub const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// Four bytes as a number.
    #[must_use]
    pub const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Eight bytes as a number.
    #[must_use]
    pub const fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }

    /// A number as four bytes.
    #[must_use]
    pub const fn u32_bytes(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

/// Where in `bytes` the text starts that [`String::from_utf8_lossy`] puts at `at`: it makes three
/// bytes of each stretch that is no UTF-8.
///
/// [`String::from_utf8_lossy`]: alloc::string::String::from_utf8_lossy
#[must_use]
pub fn offset_before_replacement(bytes: &[u8], at: usize) -> usize {
    let (mut in_text, mut in_bytes) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let (valid, invalid) = (chunk.valid().len(), chunk.invalid().len());
        if at <= in_text + valid {
            return in_bytes + (at - in_text);
        }
        in_bytes += valid;
        in_text += valid + char::REPLACEMENT_CHARACTER.len_utf8();
        if at < in_text {
            return in_bytes;
        }
        in_bytes += invalid;
    }
    in_bytes
}

impl core::fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn every_place_in_a_mended_text_is_found_in_the_bytes() {
        let bytes = b"a\xffb\xe2\x82c\xc3\xbcd\xf0";
        let text = String::from_utf8_lossy(bytes);
        for (letter, at) in [('a', 0), ('b', 2), ('c', 5), ('\u{fc}', 6), ('d', 8)] {
            let place = text.find(letter).unwrap();
            assert_eq!(offset_before_replacement(bytes, place), at, "{letter}");
        }
        assert_eq!(offset_before_replacement(bytes, text.len()), bytes.len());
        assert_eq!(offset_before_replacement(bytes, 99), bytes.len());
    }
}
