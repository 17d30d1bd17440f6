//! Whose the terminal is.

/// Whether a terminal belongs to another job than this process's; false for what is none.
#[cfg(unix)]
pub(super) fn is_in_background(terminal: impl std::os::fd::AsFd) -> bool {
    let front = rustix::termios::tcgetpgrp(terminal);
    front.is_ok_and(|group| group != rustix::process::getpgrp())
}

/// There are no jobs elsewhere.
#[cfg(not(unix))]
pub(super) fn is_in_background<T>(_: T) -> bool {
    false
}
