//! What is asked of the operating system beside files and sockets.

use std::path::Path;

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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_tells_its_room() {
        assert!(free_space(&std::env::temp_dir()).is_some());
        assert_eq!(free_space(Path::new("/no/such/folder")), None);
        let now = allow_handles(0);
        assert!(now > 0);
        assert_eq!(allow_handles(now), now);
    }
}
