//! Each limit at its value and one beyond; and what is at the limit is cheap for automerge too.

use automerge::Change;
use documents::Template;
use documents::preflight::{limits, preflight};
use signed::code::{C_DEPS, C_KEYS, C_OPS, C_PREDS, C_SIZE, C_VALUES};

use crate::allocation::grown_while;
use crate::forge::{
    KEY_TEXT, PREDECESSOR_ACTOR, PREDECESSOR_COUNT, PREDECESSOR_COUNTER, Parts, VALUE, VALUE_KIND, delta, one, run,
    signed, text, unsigned,
};
use crate::hostile::refused;

/// What automerge may take to read one change that is at a limit.
const READING_BYTES_MAX: usize = 16 << 20;

/// The change passes, and automerge reads it in bounded memory.
fn accepted(parts: &Parts) {
    let bytes = parts.bytes();
    let declared = preflight(&bytes, Template::Record).expect("at the limit");
    assert!(declared.visited_bytes <= bytes.len() as u64);
    let (change, grown) = grown_while(|| Change::from_bytes(bytes).map(|change| change.decode()));
    let change = change.expect("automerge reads it");
    assert_eq!(change.operations.len() as u64, declared.operations);
    assert!(grown < READING_BYTES_MAX, "automerge took {grown} bytes");
}

fn with_value(bytes: usize) -> Parts {
    let kind = (bytes as u64) << 4 | 7;
    Parts::of_one_put().with(VALUE_KIND, one(kind)).with(VALUE, vec![0; bytes])
}

#[test]
fn ten_thousand_operations() {
    accepted(&Parts::of_many(10_000, "k"));
    refused(&Parts::of_many(10_001, "k").bytes(), Template::Record, C_OPS);
}

#[test]
fn ten_thousand_predecessors() {
    accepted(&Parts::of_predecessors(10_000));
    refused(&Parts::of_predecessors(10_001).bytes(), Template::Record, C_PREDS);
    let shared = |count| {
        let mut parts = Parts::of_many(5_000, "k").with(PREDECESSOR_COUNT, run(5_000, 2));
        parts.columns.extend(Parts::of_predecessors(count).columns.split_off(8));
        parts
    };
    accepted(&shared(10_000));
}

#[test]
fn a_quarter_megabyte_of_values() {
    accepted(&with_value(256 * 1024));
    refused(&with_value(256 * 1024 + 1).bytes(), Template::Record, C_VALUES);
}

#[test]
fn a_quarter_megabyte_of_keys_counted_as_often_as_they_stand() {
    let key = "k".repeat(8 * 1024);
    accepted(&Parts::of_many(32, &key));
    refused(&Parts::of_many(33, &key).bytes(), Template::Record, C_KEYS);
}

#[test]
fn two_hundred_and_fifty_six_dependencies() {
    let with_deps = |count: u16| {
        let mut parts = Parts::of_one_put();
        parts.deps = (0..count).map(|number| number.to_be_bytes().repeat(16)).collect();
        parts
    };
    accepted(&with_deps(256));
    refused(&with_deps(257).bytes(), Template::Record, C_DEPS);
}

#[test]
fn three_hundred_and_twenty_kilobytes_altogether() {
    // Values, keys, actors and predecessors that are each within their limits.
    let of_size = |bytes: usize| {
        let mut parts = with_value(200 * 1024);
        parts.others.extend((0..4_096_u64).map(|number| number.to_be_bytes().repeat(2)));
        let indexes = (2..4_098).flat_map(unsigned);
        parts = parts
            .with(PREDECESSOR_COUNT, one(4_096))
            .with(PREDECESSOR_ACTOR, signed(-4_096).into_iter().chain(indexes).collect())
            .with(PREDECESSOR_COUNTER, delta(4_096, 1));
        let rest = bytes - parts.bytes().len();
        // The key's two lengths need four bytes more than those of the short key they replace.
        parts.with(KEY_TEXT, text(-1, &"k".repeat(rest + "colour".len() - 4)))
    };
    let at = of_size(limits::CHANGE_BYTES_MAX);
    assert_eq!(at.bytes().len(), limits::CHANGE_BYTES_MAX);
    accepted(&at);
    refused(&of_size(limits::CHANGE_BYTES_MAX + 1).bytes(), Template::Record, C_SIZE);
}
