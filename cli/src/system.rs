//! What is asked of the operating system beside files and sockets.

use anyhow::{Context, Result};
use std::path::Path;

/// A number of bytes: `500`, `500K`, `64M`, `2G`, in powers of 1024.
///
/// # Errors
/// When the text is none.
pub(crate) fn bytes(text: &str) -> Result<u64> {
    let text = text.trim();
    let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
    let (number, shift) = units
        .iter()
        .find_map(|&(unit, shift)| Some((text.strip_suffix(unit)?, shift)))
        .unwrap_or((text, 0));
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .context("write a number of bytes, as in 64M")
}

/// Bytes that may be written to the file system that holds `path`; `None` where it does not tell.
#[cfg(unix)]
pub(crate) fn free_space(path: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(path).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

/// Nothing is known elsewhere: a full disk is noticed when it takes no more.
#[cfg(not(unix))]
pub(crate) fn free_space(_: &Path) -> Option<u64> {
    None
}

/// Raises the number of files that may be open to `wanted`, if the system lets us. How many may.
#[cfg(unix)]
pub(crate) fn allow_handles(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let current = limit.current.unwrap_or(u64::MAX);
    let possible = limit.maximum.unwrap_or(u64::MAX).min(wanted);
    let raised = Rlimit { current: Some(possible), ..limit };
    let allowed = if current < possible && setrlimit(Resource::Nofile, raised).is_ok() {
        possible
    } else {
        current
    };
    usize::try_from(allowed).unwrap_or(usize::MAX)
}

/// Other systems have no such limit that could be asked for.
#[cfg(not(unix))]
pub(crate) fn allow_handles(wanted: usize) -> usize {
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, size) in
            [("0", 0), ("1048576", 1 << 20), ("500K", 512_000), ("64M", 64 << 20), ("2G", 2 << 30)]
        {
            assert_eq!(bytes(text).unwrap(), size, "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "64MB", "99999999999G"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn the_file_system_tells_its_room() {
        assert!(free_space(&std::env::temp_dir()).is_some());
        assert_eq!(free_space(Path::new("/no/such/folder")), None);
        let now = allow_handles(0);
        assert!(now > 0);
        assert_eq!(allow_handles(now), now);
    }
}
