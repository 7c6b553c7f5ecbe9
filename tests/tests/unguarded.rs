//! The search for canaries is worth nothing if it cannot find one: a server that does not ask who may
//! hold a record is caught by it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::canary::{OTHER, POLICE, found_at_school, planted};
use field_day::programs::Programs;

#[test]
fn r88_a_server_that_does_not_ask_who_may_hold_a_record_is_caught() {
    let programs = Programs::build(&["test-faults"]).unwrap();
    let mut scene = planted(&programs, &[("FIRSTHAND_TEST_FAULTS", "membership_off")]);
    let found = found_at_school(&mut scene);
    assert!(found.contains(&POLICE) && found.contains(&OTHER), "{found:?}");
}
