//! Whatever bytes come, preflight answers.

use documents::Template;
use documents::preflight::{dependencies, preflight, work};
use proptest::prelude::*;

use crate::forge::{Parts, seal};

fn answered(bytes: &[u8]) {
    for template in [Template::Record, Template::Draft] {
        if let Ok(declared) = preflight(bytes, template) {
            assert_eq!(dependencies(bytes), Ok(declared.deps));
        }
        assert!(work(bytes, template) <= bytes.len() as u64);
    }
    // Only that it answers matters.
    drop(dependencies(bytes));
}

fn column() -> impl Strategy<Value = (u64, Vec<u8>)> {
    let numbers = vec![1_u64, 2, 17, 19, 21, 52, 66, 86, 87, 112, 113, 115];
    let small = prop_oneof![0..4_u8, 0x7c..0x84_u8, any::<u8>()];
    (proptest::sample::select(numbers), proptest::collection::vec(small, 1..12))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        answered(&bytes);
    }

    #[test]
    fn any_bytes_in_a_change_chunk_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        answered(&seal(1, &bytes));
    }

    #[test]
    fn any_bytes_in_any_columns_are_answered(
        columns in proptest::collection::btree_map(any::<u8>(), column(), 0..8),
        start_op in any::<u64>(),
        seq in any::<u64>(),
    ) {
        let mut parts = columns.into_values().fold(Parts::of_words(), |parts, (number, bytes)| parts.with(number, bytes));
        answered(&parts.bytes());
        (parts.start_op, parts.seq) = (start_op, seq);
        answered(&parts.bytes());
    }
}
