//! What is taken away does not travel any more, and every device's digest still says what it holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Handset, World};
use serde_json::json;
use signed::RecordId;
use wire::Row;

const CANARY: &str = "the heron stood on one leg";

/// A case of one school's officer with a disclosure in it, and many rows of noise after it in the
/// inbox of an officer who was added by name.
fn shared_case(world: &World, officer: &mut Handset) -> (RecordId, RecordId) {
    let case = world.id();
    let body = json!({ "case": case.to_string(), "nothing_disclosed": true,
                       "words_verbatim": [{ "speaker": "child", "text": CANARY, "exact": true }] });
    let disclosure = officer.create(world, "disclosure", body);
    officer.push(world);
    officer.pull(world);
    officer.act(world, case, "add_member", json!({ "user": "other" }), true);
    assert!(officer.push(world).outcomes[0].is_ok());
    (case, disclosure)
}

/// More rows than a page holds, in documents that only one officer holds.
fn noise(world: &World, other: &mut Handset) {
    for _ in 0..3 {
        let case = world.id().to_string();
        let id = other.create(world, "case", json!({ "case": case, "title": "0" }));
        for round in 1..220 {
            other.edit(world, id, "title", json!(round.to_string()));
        }
        assert!(other.push(world).outcomes[0].is_ok());
    }
}

fn holds(rows: &[Row], word: &str) -> bool {
    rows.iter().any(|row| {
        let bytes = signed::cbor::encode(&row.to_value());
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}

#[test]
fn a_member_by_name_holds_the_case_until_they_are_removed() {
    let world = World::memory();
    let (mut officer, mut other, mut late) = (world.handset("officer"), world.handset("other"), world.handset("other"));
    let (case, disclosure) = shared_case(&world, &mut officer);
    other.pull(&world);
    assert!(other.docs.contains_key(&disclosure), "added by name");
    noise(&world, &mut other);
    officer.pull(&world);
    officer.act(&world, case, "remove_member", json!({ "user": "other" }), true);
    assert!(officer.push(&world).outcomes[0].is_ok());
    // One device read everything before, one nothing, one is new: each page's digest is checked.
    other.pull(&world);
    late.pull(&world);
    let mut fresh = world.handset("other");
    fresh.pull(&world);
    assert!(late.rows.len() > wire::limits::ROWS_PER_PAGE_MAX, "more than a page");
    assert!(!other.docs.contains_key(&disclosure) && other.held.keys().all(|id| *id != disclosure));
    assert!(!holds(&late.rows, CANARY) && !holds(&fresh.rows, CANARY), "what was taken away travelled");
    for handset in [&other, &late, &fresh] {
        let facts = world.core.facts(&handset.peer, &handset.hello()).unwrap();
        assert_eq!(facts.digest, Some(handset.digest()));
    }
    world.sound();
}

#[test]
fn who_was_removed_may_be_added_again() {
    let world = World::memory();
    let (mut officer, mut other) = (world.handset("officer"), world.handset("other"));
    let (case, disclosure) = shared_case(&world, &mut officer);
    other.pull(&world);
    for (verb, there) in
        [("remove_member", false), ("add_member", true), ("remove_member", false), ("add_member", true)]
    {
        officer.pull(&world);
        officer.act(&world, case, verb, json!({ "user": "other" }), true);
        assert!(officer.push(&world).outcomes[0].is_ok());
        other.pull(&world);
        assert_eq!(other.docs.contains_key(&disclosure), there, "{verb}");
        world.handset("other").pull(&world);
    }
    world.sound();
}

#[test]
fn a_school_without_a_partnership_gets_only_what_is_shared_by_name() {
    let world = World::memory();
    let (mut officer, mut named) = (world.handset("officer"), world.handset("named"));
    let case = world.id().to_string();
    let body = json!({ "case": case, "school": "100003", "exact_request": "please ring", "action_kind": "enquiry",
                       "requested_by": { "person": "someone else", "org": "elsewhere" }, "about": ["a pupil"],
                       "due": "2026-12-01T09:00:00Z" });
    let id = officer.create(&world, "action", body);
    assert!(officer.push(&world).outcomes[0].is_ok());
    named.pull(&world);
    assert!(!named.docs.contains_key(&id), "no standing share");
    world.sound();
}
