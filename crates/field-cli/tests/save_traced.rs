//! R1: "saved" means on disk, seen in the system calls of a saving device. The server's half stands
//! in its own tests. Needs a strace that may trace.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::trace::{Call, judge, of_one_save};

#[test]
fn r1_the_store_is_synced_after_the_last_write_and_before_the_answer() {
    let calls = of_one_save(&[]);
    assert_eq!(judge(&calls), Ok(()), "{calls:?}");
    // The same run without its syncs must not pass: the judge is not asleep.
    let without: Vec<_> = calls.iter().copied().filter(|call| *call != Call::Sync).collect();
    assert!(judge(&without).is_err());
}
