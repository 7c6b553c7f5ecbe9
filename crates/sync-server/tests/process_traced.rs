//! A receipt means that the change is on disk: seen in the system calls of a serving process.
//! Needs a strace that may trace, so `cargo xtask test` runs this where there is one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::trace::{Call, Kind, judge, of_one_receipt};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_synced_after_the_last_write_and_before_the_first_byte_of_a_receipt() {
    let calls = of_one_receipt(&[]).await;
    assert_eq!(judge(&calls), Ok(()), "{calls:#?}");
    // The same run without its syncs must not pass: the judge is not asleep.
    let without: Vec<Call> = calls.iter().filter(|call| call.kind != Kind::Sync).cloned().collect();
    assert!(judge(&without).is_err());
}
