//! Input in pieces, and the rules that every push parser keeps.

/// What a push led to.
pub(crate) enum Push {
    /// An item; there may be more in the input.
    Item,
    /// All input is taken.
    NeedMore,
    /// Nothing more is read.
    End,
}

/// Cuts `bytes` into pieces whose lengths look random but follow from the bytes: a finding can be
/// repeated, and the input needs no room for a seed.
pub(crate) fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut numbers = Numbers::of(bytes);
    // Single bytes, a few at a time, or about as many as a record has.
    let longest = [1, 4, 24, 300][numbers.below(4)];
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let length = (1 + numbers.below(longest)).min(rest.len());
        let (piece, after) = rest.split_at(length);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Pushes each piece until it is used up, and sees to it that the parser takes no more than there
/// is, takes all before it wants more, and gets on.
pub(crate) fn push_all<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    mut push: impl FnMut(&'a [u8]) -> (usize, Push),
) {
    /// Items may come out of what was held or queued before.
    const ITEMS_PER_BYTE: usize = 4;
    let mut bytes = 0;
    let mut items = 0;
    for mut piece in pieces {
        bytes += piece.len();
        loop {
            let (consumed, outcome) = push(piece);
            assert!(consumed <= piece.len(), "{consumed} of {} bytes were taken", piece.len());
            piece = &piece[consumed..];
            match outcome {
                Push::NeedMore => {
                    assert!(piece.is_empty(), "{} bytes were left and more wanted", piece.len());
                    break;
                }
                Push::End => return,
                Push::Item => items += 1,
            }
            assert!(items <= 64 + ITEMS_PER_BYTE * bytes, "{items} items in {bytes} bytes");
        }
    }
}

/// SplitMix64, begun with a hash (FNV-1a) of some bytes.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// A number from 0 to one less than `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or_default()
    }
}
