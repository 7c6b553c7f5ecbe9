//! R24: the order in which records leave, over a whole day: the most urgent first, and nobody for ever last.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;
use signed::RecordId;
use sync_engine::limits::{AGEING_MS, FRAME_BYTES_GATHERED_MAX, GROWTH_RECORDS};
use sync_engine::{Picked, Urgency, Waiting, pick};
use wire::Lane;

const EVERY: [Urgency; 4] = [Urgency::Info, Urgency::Standard, Urgency::Urgent, Urgency::Immediate];

fn id(number: u64) -> RecordId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    RecordId(id)
}

fn waiting(number: u64, urgency: Urgency, bytes: usize, waited_ms: u64) -> Waiting {
    Waiting { document: id(number), urgency, saved: number, waited_ms, changes: 1, bytes }
}

fn all(picked: &Picked) -> Vec<RecordId> {
    picked.documents.iter().chain(&picked.aged).copied().collect()
}

fn any_waiting() -> impl Strategy<Value = Vec<Waiting>> {
    let one = (0..4_usize, 1..2 * FRAME_BYTES_GATHERED_MAX, 0..4 * AGEING_MS);
    prop::collection::vec(one, 0..80).prop_map(|all| {
        (0_u64..).zip(all).map(|(number, (u, bytes, waited))| waiting(number, EVERY[u], bytes, waited)).collect()
    })
}

fn fresh(all: &[Waiting]) -> Vec<Waiting> {
    all.iter().map(|w| Waiting { waited_ms: 0, ..w.clone() }).collect()
}

proptest! {
    #[test]
    fn ageing_lets_nothing_starve_and_never_holds_back_what_is_immediate(
        backlog in any_waiting(),
        urgent_bytes in 1..FRAME_BYTES_GATHERED_MAX * 2,
        each_frame in 1..60_u64,
        frame_ms in 1..60_000_u64,
    ) {
        // More urgent ones are saved between any two frames than a frame takes: the stream never ends.
        let mut left: Vec<Waiting> = backlog.into_iter().filter(|w| w.urgency < Urgency::Immediate).collect();
        let backlog = left.len() as u64;
        let mut saved = 1_000;
        let mut frames = 0_u64;
        let until_aged = 2 * AGEING_MS / frame_ms + 1;
        while left.iter().any(|w| w.saved < 1_000 && w.urgency < Urgency::Urgent) {
            for _ in 0..each_frame {
                saved += 1;
                left.push(waiting(saved, Urgency::Urgent, urgent_bytes, 0));
            }
            let records = GROWTH_RECORDS[usize::try_from(frames).unwrap_or(9).min(3)];
            let picked = pick(&left, Lane::Urgent, records);
            let gone = all(&picked);
            prop_assert!(!gone.is_empty() && gone.len() <= records);
            left.retain(|w| !gone.contains(&w.document));
            left.iter_mut().for_each(|w| w.waited_ms += frame_ms);
            frames += 1;
            prop_assert!(frames <= until_aged + backlog + 1, "something waits for ever");
            // Only what matters here is kept, so that the test itself ends soon.
            left.retain(|w| w.saved < 1_000 || w.saved + 200 > saved);
        }
    }

    #[test]
    fn what_is_immediate_leaves_exactly_as_if_nothing_had_aged(backlog in any_waiting(), records in 1..60_usize) {
        let (aged, plain) = (pick(&backlog, Lane::Urgent, records), pick(&fresh(&backlog), Lane::Urgent, records));
        if backlog.iter().any(|w| w.urgency == Urgency::Immediate) {
            prop_assert_eq!(aged, plain);
        } else {
            // Of the urgent ones at most one gives up its place, and their order stays.
            let given_up = plain.documents.len() - aged.documents.len();
            prop_assert!(given_up <= 1);
            prop_assert_eq!(&aged.documents[..], &plain.documents[..aged.documents.len()]);
            prop_assert!(records > 1 || aged.aged.is_none());
        }
    }

    #[test]
    fn nothing_is_picked_twice_and_only_what_counts_as_high_goes_along(backlog in any_waiting(), records in 1..60_usize) {
        for lane in [Lane::Urgent, Lane::Rest] {
            let picked = pick(&backlog, lane, records);
            let mut ids = all(&picked);
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), all(&picked).len());
            if let Some(aged) = picked.aged {
                let one = backlog.iter().find(|w| w.document == aged).unwrap();
                prop_assert!(one.urgency < Urgency::Urgent && one.waited_ms >= AGEING_MS);
                prop_assert_eq!(one.urgency.aged(one.waited_ms).lane(), lane);
            }
        }
    }
}

#[test]
fn a_step_is_risen_at_the_limit_and_none_leads_to_immediate() {
    for urgency in EVERY {
        assert_eq!(urgency.aged(AGEING_MS - 1), urgency);
        assert!(urgency == Urgency::Immediate || urgency.aged(u64::MAX) < Urgency::Immediate);
    }
    assert_eq!(Urgency::Info.aged(AGEING_MS), Urgency::Standard);
    assert_eq!(Urgency::Standard.aged(AGEING_MS), Urgency::Urgent);
    assert_eq!(Urgency::Info.aged(2 * AGEING_MS), Urgency::Urgent);
}

#[test]
fn of_urgent_records_after_days_without_signal_none_waits_for_the_old_ordinary_ones() {
    let days = 3 * 24 * 3_600_000;
    let mut all: Vec<Waiting> = (0..200).map(|n| waiting(n, Urgency::Standard, 500, days)).collect();
    all.extend((300..303).map(|n| waiting(n, Urgency::Urgent, 500, 1_000)));
    assert_eq!(pick(&all, Lane::Urgent, 1), Picked { documents: vec![id(300)], aged: None });
    let second = pick(&all[..], Lane::Urgent, 4);
    assert_eq!(second, Picked { documents: vec![id(300), id(301), id(302)], aged: Some(id(0)) });
}
