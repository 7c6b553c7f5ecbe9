//! A server whose database is never synced (`synchronous = OFF`) is caught by its system calls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::trace::{judge, of_one_receipt};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_sync_its_database_is_caught() {
    let calls = of_one_receipt(&["-E", "FIRSTHAND_TEST_FAULTS=unsynced"]).await;
    assert_eq!(judge(&calls), Err("the receipt was sent before the database was synced"), "{calls:#?}");
}
