//! A device whose store is never synced (`synchronous = OFF`) is caught by its system calls.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::trace::{Call, judge, of_one_save};

#[test]
fn r1_a_device_that_does_not_sync_its_store_is_caught() {
    let calls = of_one_save(&["-E", "FIRSTHAND_TEST_FAULTS=unsynced"]);
    assert!(calls.contains(&Call::Write) && judge(&calls).is_err(), "{calls:?}");
}
