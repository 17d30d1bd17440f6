//! The streams whose packets came last, found without a search.

use super::key::PlainKey;

/// A table with one place for each of the keys that fall there: the latest has it.
#[derive(Debug)]
pub(super) struct Recent {
    slots: Box<[(PlainKey, Option<u32>)]>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { slots: vec![(PlainKey::default(), None); 1 << Self::BITS].into_boxed_slice() }
    }
}

impl Recent {
    /// So many that a few hundred streams at a time seldom meet.
    const BITS: u32 = 10;

    /// The stream of a key, if it is still remembered.
    #[inline]
    pub(super) fn find(&self, key: PlainKey) -> Option<u32> {
        let (known, stream) = self.slots.get(key.digest(Self::BITS))?;
        stream.filter(|_| *known == key)
    }

    /// Remembers the stream of a key in the place of another one.
    pub(super) fn remember(&mut self, key: PlainKey, stream: u32) {
        if let Some(slot) = self.slots.get_mut(key.digest(Self::BITS)) {
            *slot = (key, Some(stream));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recscope_core::rtp::Ssrc;
    use std::net::{Ipv4Addr, SocketAddrV4};

    #[test]
    fn a_stream_is_found_by_its_own_key_alone() {
        let key = |ssrc| {
            let end = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
            PlainKey::new(end, end, Ssrc(ssrc))
        };
        let mut recent = Recent::default();
        assert_eq!(recent.find(key(0)), None);
        for ssrc in 0..5_000 {
            recent.remember(key(ssrc), ssrc);
            assert_eq!(recent.find(key(ssrc)), Some(ssrc));
        }
        let remembered = (0..5_000).filter(|ssrc| recent.find(key(*ssrc)).is_some()).count();
        assert!((900..=1024).contains(&remembered), "{remembered}");
        assert!((0..5_000).all(|ssrc| recent.find(key(ssrc)).is_none_or(|found| found == ssrc)));
    }
}
