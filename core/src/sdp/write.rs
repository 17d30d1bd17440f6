//! From a [`Session`] to text, in the order that RFC 8866 section 5 fixes.

use super::media::Media;
use super::session::Session;
use core::fmt;

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=0\r\n")?;
        lines(f, 'o', &self.origin)?;
        write!(f, "s={}\r\n", self.name)?;
        lines(f, 'i', &self.information)?;
        lines(f, 'u', &self.uri)?;
        lines(f, 'e', &self.emails)?;
        lines(f, 'p', &self.phones)?;
        lines(f, 'c', &self.connection)?;
        lines(f, 'b', &self.bandwidths)?;
        for time in &self.times {
            write!(f, "t={} {}\r\n", time.start, time.stop)?;
            lines(f, 'r', &time.repeats)?;
        }
        lines(f, 'z', &self.zones)?;
        lines(f, 'k', &self.key)?;
        lines(f, 'a', &self.attributes)?;
        self.media.iter().try_for_each(|media| media.fmt(f))
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} {}", self.kind, self.port)?;
        if self.port_count != 1 {
            write!(f, "/{}", self.port_count)?;
        }
        write!(f, " {}", self.protocol)?;
        for format in &self.formats {
            write!(f, " {format}")?;
        }
        f.write_str("\r\n")?;
        lines(f, 'i', &self.information)?;
        lines(f, 'c', &self.connections)?;
        lines(f, 'b', &self.bandwidths)?;
        lines(f, 'k', &self.key)?;
        lines(f, 'a', &self.attributes)
    }
}

/// One line of type `letter` for each item.
fn lines<'a, T: fmt::Display + 'a>(
    f: &mut fmt::Formatter<'_>,
    letter: char,
    items: impl IntoIterator<Item = &'a T>,
) -> fmt::Result {
    items.into_iter().try_for_each(|item| write!(f, "{letter}={item}\r\n"))
}
