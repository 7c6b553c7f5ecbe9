//! The same abuse under valgrind and AddressSanitizer: a status each time, and nothing read, written or lost that
//! should not be.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::abuse::{Abuse, closing, cycles, hanging_signer, logging, lying_signers, processes, threads, words};
use common::checked::{ASAN, sanitized, valgrind};

fn watched() -> Abuse {
    Abuse::compiled(sanitized, &ASAN)
}

fn emulated() -> Abuse {
    Abuse::compiled(valgrind, &[])
}

#[test]
fn words_are_clean_under_address_sanitizer() {
    words(&watched());
}

#[test]
fn words_are_clean_under_valgrind() {
    words(&emulated());
}

#[test]
fn threads_are_clean_under_address_sanitizer() {
    threads(&watched());
    closing(&watched());
    logging(&watched());
}

#[test]
fn threads_are_clean_under_valgrind() {
    threads(&emulated());
    closing(&emulated());
    logging(&emulated());
}

#[test]
fn openings_leak_nothing_under_address_sanitizer() {
    cycles(&watched(), 500, false);
}

#[test]
fn openings_leak_nothing_under_valgrind() {
    cycles(&emulated(), 30, false);
}

#[test]
fn processes_are_clean_under_address_sanitizer() {
    processes(&watched());
}

#[test]
fn processes_are_clean_under_valgrind() {
    processes(&emulated());
}

#[test]
fn signers_are_clean_under_address_sanitizer() {
    let abuse = Abuse::with_signers(sanitized, &ASAN);
    lying_signers(&abuse);
    hanging_signer(&abuse);
}

#[test]
fn signers_are_clean_under_valgrind() {
    let abuse = Abuse::with_signers(valgrind, &[]);
    lying_signers(&abuse);
    hanging_signer(&abuse);
}
