//! Files larger than a 32-bit number can count.

#[path = "large/sparse.rs"]
mod sparse;

#[test]
fn a_call_behind_4_gib_is_found_and_heard_like_the_one_before() {
    sparse::assert_calls_at_both_ends_are_read_alike();
}
