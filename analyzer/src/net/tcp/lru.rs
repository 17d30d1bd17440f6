//! Lists of slots in the order of their last use, all operations in constant time.

/// "No slot".
const NONE: u32 = u32::MAX;

/// `LISTS` lists over slots that are named by their index; a slot is in one list or in none.
#[derive(Debug)]
pub(super) struct Lru<const LISTS: usize> {
    links: Vec<Link>,
    ends: [Ends; LISTS],
}

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    list: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    oldest: u32,
    newest: u32,
}

impl<const LISTS: usize> Lru<LISTS> {
    pub(super) const fn new() -> Self {
        Self { links: Vec::new(), ends: [Ends { oldest: NONE, newest: NONE }; LISTS] }
    }

    /// The slot of `list` that was not used for longest.
    pub(super) fn oldest(&self, list: usize) -> Option<u32> {
        self.ends.get(list).map(|ends| ends.oldest).filter(|slot| *slot != NONE)
    }

    /// Puts `slot` at the new end of `list`, from wherever it was.
    pub(super) fn touch(&mut self, slot: u32, list: usize) {
        self.remove(slot);
        let wanted = slot as usize + 1;
        if self.links.len() < wanted {
            self.links.resize(wanted, Link { before: NONE, after: NONE, list: None });
        }
        let Some(ends) = self.ends.get_mut(list) else { return };
        let newest = std::mem::replace(&mut ends.newest, slot);
        if newest == NONE {
            ends.oldest = slot;
        }
        if let Some(link) = self.links.get_mut(newest as usize) {
            link.after = slot;
        }
        if let Some(link) = self.links.get_mut(slot as usize) {
            *link = Link { before: newest, after: NONE, list: Some(list) };
        }
    }

    /// Takes `slot` out of its list.
    pub(super) fn remove(&mut self, slot: u32) {
        let Some(link) = self.links.get_mut(slot as usize) else { return };
        let Link { before, after, list } = *link;
        let Some(ends) = link.list.take().and(list).and_then(|list| self.ends.get_mut(list)) else {
            return;
        };
        if before == NONE {
            ends.oldest = after;
        }
        if after == NONE {
            ends.newest = before;
        }
        if let Some(link) = self.links.get_mut(before as usize) {
            link.after = after;
        }
        if let Some(link) = self.links.get_mut(after as usize) {
            link.before = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_keep_the_order_of_use(
            steps in prop::collection::vec((0_u32..8, prop::option::of(0_usize..2)), 0..60)
        ) {
            let mut lru = Lru::<2>::new();
            let mut model = [Vec::new(), Vec::new()];
            for (slot, list) in steps {
                for list in &mut model {
                    list.retain(|other| *other != slot);
                }
                match list {
                    Some(list) => {
                        lru.touch(slot, list);
                        model[list].push(slot);
                    }
                    None => lru.remove(slot),
                }
                for (list, model) in model.iter().enumerate() {
                    prop_assert_eq!(lru.oldest(list), model.first().copied());
                }
            }
            for (list, model) in model.iter().enumerate() {
                for slot in model {
                    prop_assert_eq!(lru.oldest(list), Some(*slot));
                    lru.remove(*slot);
                }
                prop_assert_eq!(lru.oldest(list), None);
            }
        }
    }
}
