//! The sections of a linked program: as much of ELF as weighing needs.

use anyhow::{Context, Result, ensure};

/// Bytes of a program by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    /// Instructions.
    pub(super) code: u32,
    /// What is only read, and the first values of variables.
    pub(super) constants: u32,
    /// Variables.
    pub(super) variables: u32,
}

/// Sections that hold no variable of the program, but room that is set aside for measuring.
const SET_ASIDE: &[&[u8]] = &[b".heap", b".stack"];

const NO_BITS: u32 = 8;
const WRITABLE: u32 = 1;
const ALLOCATED: u32 = 2;
const EXECUTABLE: u32 = 4;

impl Sections {
    /// Weighs a 32-bit little-endian program.
    ///
    /// # Errors
    /// When it is something else, or cut.
    pub(super) fn read(elf: &[u8]) -> Result<Self> {
        ensure!(elf.starts_with(b"\x7fELF\x01\x01"), "this is no 32-bit little-endian ELF file");
        Self::sum(elf).context("the program's table of sections lies outside its file")
    }

    fn sum(elf: &[u8]) -> Option<Self> {
        let table = usize::try_from(word(elf, 32)?).ok()?;
        let (entry, count) = (usize::from(half(elf, 46)?), usize::from(half(elf, 48)?));
        let header = |index: usize| elf.get(table + index * entry..)?.first_chunk::<40>();
        let names = usize::try_from(word(header(usize::from(half(elf, 50)?))?, 16)?).ok()?;
        let mut sum = Self::default();
        for index in 0..count {
            let section = header(index)?;
            let (kind, flags, size) = (word(section, 4)?, word(section, 8)?, word(section, 20)?);
            let name = elf.get(names + usize::try_from(word(section, 0)?).ok()?..)?;
            let name = name.split(|&byte| byte == 0).next()?;
            if flags & ALLOCATED == 0 || SET_ASIDE.contains(&name) {
                continue;
            }
            match (flags & EXECUTABLE != 0, flags & WRITABLE != 0) {
                (true, _) => sum.code += size,
                (false, false) => sum.constants += size,
                (false, true) => {
                    sum.variables += size;
                    sum.constants += if kind == NO_BITS { 0 } else { size };
                }
            }
        }
        Some(sum)
    }

    /// What has to be stored: all but variables without a first value.
    pub(super) const fn flash(self) -> u32 {
        self.code + self.constants
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of nothing but a header, names and a table of sections: name, kind, flags, size.
    fn elf(sections: &[(&str, u32, u32, u32)]) -> Vec<u8> {
        let mut names = vec![0];
        let mut table = vec![0; 40];
        for &(name, kind, flags, size) in sections {
            let mut header = [0; 10];
            header[..3].copy_from_slice(&[u32::try_from(names.len()).unwrap(), kind, flags]);
            header[5] = size;
            table.extend(header.iter().flat_map(|word| word.to_le_bytes()));
            names.extend(name.bytes().chain([0]));
        }
        let mut elf = b"\x7fELF\x01\x01".to_vec();
        elf.resize(52, 0);
        // The first section's header, else unused, says where the names are.
        table[16..20].copy_from_slice(&52_u32.to_le_bytes());
        elf.extend(&names);
        let start = u32::try_from(elf.len()).unwrap();
        elf[32..36].copy_from_slice(&start.to_le_bytes());
        elf[46..48].copy_from_slice(&40_u16.to_le_bytes());
        elf[48..50].copy_from_slice(&u16::try_from(sections.len() + 1).unwrap().to_le_bytes());
        elf.extend(table);
        elf
    }

    #[test]
    fn every_section_counts_as_what_it_is() {
        let program = elf(&[
            (".text", 1, ALLOCATED | EXECUTABLE, 1000),
            (".rodata", 1, ALLOCATED, 200),
            (".data", 1, ALLOCATED | WRITABLE, 30),
            (".bss", NO_BITS, ALLOCATED | WRITABLE, 4),
            (".heap", NO_BITS, ALLOCATED | WRITABLE, 5_000_000),
            (".debug_info", 1, 0, 70_000),
        ]);
        let sections = Sections::read(&program).unwrap();
        assert_eq!(sections, Sections { code: 1000, constants: 230, variables: 34 });
        assert_eq!(sections.flash(), 1230);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        let program = elf(&[(".text", 1, ALLOCATED | EXECUTABLE, 1000)]);
        assert!(Sections::read(&program[..program.len() - 1]).is_err());
        assert!(Sections::read(b"MZ").is_err());
    }
}
