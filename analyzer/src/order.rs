//! Sorting in one copy of the code, whatever is sorted: the standard library's sort is compiled
//! anew for every type, which cost the page 4 kB each time.

use std::collections::BTreeSet;

/// Sorts by a key; what has the same key stays in the order it was in.
pub(crate) fn sort_by_key<T>(items: &mut Vec<T>, key: impl Fn(&T) -> u64) {
    let order = ascending(items.iter().map(key).collect());
    let mut slots: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|place| slots.get_mut(place)?.take()));
}

/// The places of the keys, from the smallest key on.
pub(crate) fn ascending(keys: Vec<u64>) -> Vec<usize> {
    let mut order: Vec<(u64, usize)> = keys.into_iter().zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, place)| place).collect()
}

/// A key that orders signed numbers, such as times.
pub(crate) const fn signed(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

/// A set, made without the sort that `collect` brings with it.
pub(crate) fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(numbers in prop::collection::vec(-9_i64..9, 0..40)) {
            let mut ours: Vec<(i64, usize)> = numbers.into_iter().zip(0..).collect();
            let mut theirs = ours.clone();
            sort_by_key(&mut ours, |&(number, _)| signed(number));
            theirs.sort_by_key(|&(number, _)| number);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn signed_keys_keep_the_order(a: i64, b: i64) {
            prop_assert_eq!(signed(a).cmp(&signed(b)), a.cmp(&b));
        }
    }
}
