//! Signers of an app's own in C: whatever they do, the library says what it was and nothing is lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::abuse::{Abuse, hanging_signer, lying_signers, plain};

#[test]
fn a_signer_that_is_locked_fails_or_lies_is_named_and_the_store_goes_on() {
    lying_signers(&Abuse::with_signers(plain, &[]));
}

#[test]
fn a_signer_that_hangs_is_abandoned_and_released_when_it_comes_back() {
    hanging_signer(&Abuse::with_signers(plain, &[]));
}
