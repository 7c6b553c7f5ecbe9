//! Each planted fault does what it says, and `verify` sees what it can see of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::World;
use serde_json::json;
use sync_server::core::faults::Faults;
use wire::Row;

fn world(faults: &str) -> World {
    let mut world = World::memory();
    world.core = world.core.with_faults(Faults::named(faults));
    assert!(world.core.faults().any());
    world
}

fn concern() -> serde_json::Value {
    json!({ "source": "school", "exact_words": "a worry", "heard_how": "direct", "concern_items": [{ "text": "a" }] })
}

#[test]
fn membership_off_gives_everybody_everything() {
    for (faults, expected) in [("membership_off", true), ("wrong_order", false)] {
        let world = world(faults);
        let (mut lead, mut lead2) = (world.handset("lead"), world.handset("lead2"));
        let id = lead.create(&world, "concern", concern());
        lead.push(&world);
        let page = world.core.page(&lead2.peer, 0, None).unwrap().unwrap();
        let key = world.core.signer().public_key().clone();
        let (_, rows) = page.verify(&lead2.peer.user, world.core.epoch(), &key).unwrap();
        let there = rows.iter().any(|row| matches!(row, Row::Change { document, .. } if *document == id));
        assert_eq!(there, expected, "{faults}");
        lead2.cursor = 0;
    }
}

#[test]
fn a_lost_record_has_a_receipt_and_verify_finds_it() {
    let world = world("record_lost");
    let mut officer = world.handset("officer");
    let body = json!({ "case": world.id().to_string(), "school": "100001", "exact_request": "ring",
                       "action_kind": "enquiry", "requested_by": { "person": "a", "org": "b" },
                       "about": ["c"], "due": "2026-12-01T09:00:00Z" });
    officer.create(&world, "action", body);
    assert!(officer.push(&world).outcomes[0].is_ok());
    let answer = world.core.verify().unwrap();
    assert!(answer.faults.iter().any(|fault| fault.code == "V.lost"), "{:?}", answer.faults);
}

#[test]
fn an_unsigned_statement_is_taken_and_verify_finds_it() {
    let world = world("unsigned_accepted");
    let mut lead = world.handset("lead");
    let id = lead.create(&world, "concern", concern());
    let (_, bytes) = lead.outbox.pop().unwrap();
    let read = documents::Candidate::read(&bytes, documents::Template::Record).unwrap();
    let mut statement = read.statements().next().unwrap().bytes.clone();
    let last = statement.len() - 1;
    statement[last] ^= 1;
    let state = documents::DocState::new(documents::Template::Record);
    let mut builder = documents::ChangeBuilder::new(&state, lead.actor);
    builder.statement(statement);
    lead.outbox.push((id, builder.finish()));
    assert!(lead.push(&world).outcomes[0].is_ok());
    let answer = world.core.verify().unwrap();
    assert!(answer.faults.iter().any(|fault| fault.code == "V.signature"), "{:?}", answer.faults);
}
