//! What an app could do wrong, tried from C: a status each time, and the store is whole afterwards.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::abuse::{Abuse, closing, cuts, cycles, logging, plain, processes, threads, words};

fn abuse() -> Abuse {
    Abuse::compiled(plain, &[])
}

#[test]
fn null_made_up_handles_and_bytes_of_any_kind_are_statuses() {
    words(&abuse());
}

#[test]
fn sixteen_threads_on_one_handle_lose_nothing() {
    threads(&abuse());
}

#[test]
fn a_store_closes_in_time_while_a_sync_runs_and_an_event_is_waited_for() {
    closing(&abuse());
}

#[test]
fn a_log_callback_that_was_replaced_is_not_called_any_more() {
    logging(&abuse());
}

#[test]
fn ten_thousand_openings_leave_nothing_behind() {
    cycles(&abuse(), 10_000, true);
}

#[test]
fn a_store_has_one_holder_and_a_forked_child_touches_nothing() {
    processes(&abuse());
}

#[test]
fn what_was_reported_saved_survives_twenty_power_cuts() {
    cuts(&abuse(), 20);
}
