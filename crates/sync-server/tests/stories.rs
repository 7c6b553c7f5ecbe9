//! What people see of a server: who gets which words, and what they are told.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{World, user};
use serde_json::json;
use wire::{Rest, Row};

const CANARY: &str = "the heron stood on one leg";

/// Whether any of these rows holds a word.
fn holds(rows: &[Row], word: &str) -> bool {
    rows.iter().any(|row| {
        let bytes = signed::cbor::encode(&row.to_value());
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}

fn concern(words: &str) -> serde_json::Value {
    json!({ "source": "school", "exact_words": words, "heard_how": "direct", "concern_items": [{ "text": words }] })
}

fn action(words: &str, case: &str) -> serde_json::Value {
    json!({ "case": case, "school": "100001", "exact_request": words, "action_kind": "enquiry",
            "requested_by": { "person": "the lead", "org": "100001" }, "about": ["a pupil"],
            "due": "2026-12-01T09:00:00Z" })
}

#[test]
fn a_school_gets_what_is_shared_with_it_and_no_word_of_what_police_keep() {
    let world = World::memory();
    let (mut lead, mut lead2, mut officer) = (world.handset("lead"), world.handset("lead2"), world.handset("officer"));
    let concern = lead.create(&world, "concern", concern("a worry of the school"));
    let receipt = lead.push(&world);
    assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok), "{:?}", receipt.outcomes);

    officer.pull(&world);
    assert!(officer.docs.contains_key(&concern), "the posted officer gets the school's concern");
    let case = officer.docs[&concern].view.created().unwrap().1.case.unwrap();
    assert!(officer.docs.contains_key(&case), "and the case that the server made of it");
    assert_eq!(officer.shown(case).owners, ["officer"]);

    let police = json!({ "case": case.to_string(), "questions_asked": [], "nothing_disclosed": true,
                         "words_verbatim": [{ "speaker": "child", "text": CANARY, "exact": true }] });
    let disclosure = officer.create(&world, "disclosure", police);
    let shared = officer.create(&world, "action", action("please ring home", &case.to_string()));
    let receipt = officer.push(&world);
    assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok), "{:?}", receipt.outcomes);

    lead.pull(&world);
    lead2.pull(&world);
    assert!(lead.docs.contains_key(&shared));
    assert!(!lead.docs.contains_key(&disclosure) && !lead.docs.contains_key(&case));
    assert!(!holds(&lead.rows, CANARY), "a school's rows hold a word of POLICE");
    assert!(lead2.docs.is_empty() && !holds(&lead2.rows, "ring home"));

    let mut second = world.handset("officer");
    second.pull(&world);
    assert!(holds(&second.rows, CANARY), "the officer's other device holds it");
    world.sound();
}

#[test]
fn a_repeated_frame_gets_the_same_receipt_and_changes_nothing() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    lead.create(&world, "concern", concern("a worry"));
    let frame = lead.frame(wire::Lane::Rest);
    let first = lead.send(&world, &frame).unwrap();
    let before = world.core.heads(&[user("lead"), user("officer")]).unwrap();
    let again = lead.send(&world, &frame).unwrap();
    assert_eq!(first, again);
    assert_eq!(world.core.again(&lead.peer, &frame.frame).unwrap(), first);
    assert_eq!(world.core.heads(&[user("lead"), user("officer")]).unwrap(), before);
    world.sound();
}

#[test]
fn authors_are_told_when_their_words_have_reached_somebody() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let concern = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    lead.pull(&world);
    officer.pull(&world);
    let rows = lead.pull(&world);
    let told =
        |row: &Row| matches!(row, Row::Delivery { document, to, .. } if *document == concern && *to == user("officer"));
    assert_eq!(rows.iter().filter(|row| told(row)).count(), 1, "{rows:?}");
    // A second device of the officer's is no second delivery.
    world.handset("officer").pull(&world);
    assert!(!lead.pull(&world).iter().any(told));
    world.sound();
}

#[test]
fn what_stands_on_an_absent_change_is_asked_for_and_not_kept() {
    let world = World::memory();
    let mut officer = world.handset("officer");
    let case = world.id().to_string();
    let id = officer.create(&world, "action", action("ask", &case));
    let first = officer.outbox.remove(0);
    officer.edit(&world, id, "school", json!("100001"));
    if officer.outbox.is_empty() {
        officer.act(&world, id, "accept", json!({}), true);
    }
    let receipt = officer.push(&world);
    let Rest::Need(needed) = &receipt.outcomes[0].rest else { panic!("{:?}", receipt.outcomes) };
    assert_eq!(needed.len(), 1);
    assert_eq!(receipt.outcomes[0].accepted, 0);
    officer.outbox.push(first);
    assert!(officer.push(&world).outcomes[0].is_ok());
    world.sound();
}

#[test]
fn r26_a_young_child_and_a_sexual_indicator_make_a_record_immediate() {
    let world = World::memory();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let mut body = concern("she is aged 11 and there is talk");
    body["indicators"] = json!(["sexual_rumour"]);
    let id = lead.create(&world, "concern", body);
    assert_eq!(lead.shown(id).urgency, "standard");
    lead.push(&world);
    lead.pull(&world);
    officer.pull(&world);
    assert_eq!(lead.shown(id).urgency, "immediate");
    assert_eq!(officer.shown(id).urgency, "immediate");
    world.sound();
}

#[test]
fn what_was_completed_offline_takes_effect_when_the_server_confirms_it() {
    let world = World::memory();
    let (mut officer, mut lead) = (world.handset("officer"), world.handset("lead"));
    let case = world.id().to_string();
    let id = lead.create(&world, "action", {
        let mut body = action("please visit", &case);
        body.as_object_mut().unwrap().remove("school");
        body
    });
    lead.push(&world);
    officer.pull(&world);
    officer.act(&world, id, "accept", json!({}), false);
    officer.act(&world, id, "complete", json!({ "outcome": "done", "evidence": [{ "ref": "log 1" }] }), false);
    let receipt = officer.push(&world);
    assert!(receipt.outcomes[0].is_ok(), "{:?}", receipt.outcomes);
    officer.pull(&world);
    lead.pull(&world);
    assert_eq!(officer.shown(id).status, "completed");
    assert_eq!(lead.shown(id).status, "completed");
    assert_eq!(lead.shown(id).owners, ["officer"]);
    world.sound();
}

#[test]
fn whoever_may_not_keep_what_they_wrote_keeps_a_line_of_it() {
    let world = World::memory();
    let (mut lead, mut other) = (world.handset("lead"), world.handset("other"));
    let id = lead.create(&world, "person", json!({ "roles": ["reporter"], "names": ["A. Reporter"] }));
    let receipt = lead.push(&world);
    assert!(receipt.outcomes[0].is_ok(), "{:?}", receipt.outcomes);
    let rows = lead.pull(&world);
    let line = rows.iter().find_map(|row| {
        if let Row::Withdrawn { document, headline } = row {
            headline.clone().filter(|_| *document == id)
        } else {
            None
        }
    });
    assert!(line.is_some(), "{rows:?}");
    assert!(!lead.docs.contains_key(&id));
    other.pull(&world);
    assert!(!other.docs.contains_key(&id));
    world.sound();
}

#[test]
fn a_user_who_comes_later_gets_what_they_may_hold() {
    let world = World::memory();
    let mut lead = world.handset("lead");
    let id = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    world.add("officer2", records::Role::Officer, &["100001"], Some("sgt"));
    let mut late = world.handset("officer2");
    let rows = late.pull(&world);
    assert!(late.docs.contains_key(&id));
    let directory = rows.iter().position(|row| matches!(row, Row::Directory { .. })).unwrap();
    let change = rows.iter().position(|row| matches!(row, Row::Change { .. })).unwrap();
    assert!(directory < change, "the directory comes before what needs it");
    world.sound();
}

#[test]
fn r69_nobody_leaves_open_items_behind() {
    let world = World::memory();
    let (mut lead, mut sgt) = (world.handset("lead"), world.handset("sgt"));
    lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    let refused = world.core.user_deactivate(&user("officer"), false).unwrap_err();
    assert_eq!(refused.code, signed::code::R69_OPEN_ITEMS);
    assert_eq!(refused.gaps.len(), 1);
    let effects = world.core.user_deactivate(&user("officer"), true).unwrap();
    assert_eq!(effects.moved.len(), 1);
    sgt.pull(&world);
    assert_eq!(sgt.shown(effects.moved[0]).owners, ["sgt"]);
    world.sound();
}
