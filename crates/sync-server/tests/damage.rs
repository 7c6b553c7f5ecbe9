//! One damaged document: it is refused by name, and nothing else waits for it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::World;
use rusqlite::Connection;
use serde_json::json;
use signed::{RecordId, code};
use sync_server::core::vault::database_key;
use sync_server::store::sqlite::connect;
use wire::{Rest, Row};

fn concern(words: &str) -> serde_json::Value {
    json!({ "source": "school", "exact_words": words, "heard_how": "direct", "concern_items": [{ "text": words }] })
}

fn database(world: &World) -> Connection {
    let master: [u8; 32] = std::fs::read(world.dir().join("master.key")).unwrap().try_into().unwrap();
    connect(&world.dir().join("firsthand.db"), &database_key(&master).unwrap()).unwrap()
}

/// Overwrites what the server holds of a document.
fn damage(world: &World, sql: &str, document: RecordId) {
    assert!(database(world).execute(sql, [document.0]).unwrap() > 0, "nothing was touched by {sql}");
}

#[test]
fn a_change_of_a_damaged_document_is_refused_and_the_rest_of_its_frame_is_taken() {
    for sql in [
        "UPDATE document SET state = zeroblob(40) WHERE id = ?1",
        "UPDATE document SET projection = zeroblob(40) WHERE id = ?1",
        "UPDATE document SET wrapped_key = zeroblob(60) WHERE id = ?1",
        "UPDATE change SET bytes = zeroblob(60) WHERE document = ?1",
    ] {
        let world = World::on_disk();
        let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
        let hurt = lead.create(&world, "concern", concern("a worry"));
        lead.push(&world);
        damage(&world, sql, hurt);
        lead.edit(&world, hurt, "known_to_school_log", json!("yes"));
        let whole = lead.create(&world, "concern", concern("another worry"));
        let receipt = lead.push(&world);
        assert_eq!(receipt.outcomes[0].rest, Rest::Refused { code: code::A_DOCUMENT.number, kept: false }, "{sql}");
        assert_eq!((receipt.outcomes[1].accepted, &receipt.outcomes[1].rest), (1, &Rest::Ok), "{sql}");
        if sql.starts_with("UPDATE document SET wrapped_key") || sql.starts_with("UPDATE change") {
            continue;
        }
        officer.pull(&world);
        assert!(officer.docs.contains_key(&whole));
    }
}

#[test]
fn an_inbox_goes_on_past_a_damaged_change() {
    let world = World::on_disk();
    let (mut lead, officer) = (world.handset("lead"), world.handset("officer"));
    let hurt = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    let whole = lead.create(&world, "concern", concern("another worry"));
    lead.push(&world);
    damage(&world, "UPDATE change SET bytes = zeroblob(60) WHERE document = ?1", hurt);
    let page = world.core.page(&officer.peer, 0, None).unwrap().unwrap();
    let key = world.core.signer().public_key().clone();
    let (_, rows) = page.verify(&officer.peer.user, world.core.epoch(), &key).unwrap();
    let changes_of = |id: RecordId| {
        let of = |row: &Row| {
            let Row::Change { document, change } = row else { return None };
            (*document == id).then(|| change.clone())
        };
        rows.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert!(!changes_of(hurt).is_empty() && changes_of(hurt).iter().all(|bytes| bytes == &[0]));
    assert!(!changes_of(whole).is_empty() && changes_of(whole).iter().all(|bytes| bytes.len() > 1));
}

#[test]
fn while_a_cases_record_is_damaged_nobody_loses_what_they_hold_and_new_words_are_taken() {
    let world = World::on_disk();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    let first = lead.create(&world, "concern", concern("a worry"));
    lead.push(&world);
    officer.pull(&world);
    let case = lead.docs[&first].view.created().unwrap().1.case.unwrap();
    damage(&world, "UPDATE document SET projection = zeroblob(40), state = zeroblob(40) WHERE id = ?1", case);
    lead.edit(&world, first, "known_to_school_log", json!("yes"));
    let mut body = concern("another worry");
    body["case"] = json!(case.to_string());
    lead.create(&world, "concern", body);
    let receipt = lead.push(&world);
    assert!(receipt.outcomes.iter().all(|outcome| outcome.rest == Rest::Ok), "{:?}", receipt.outcomes);
    let rows = officer.pull(&world);
    assert!(rows.iter().any(|row| matches!(row, Row::Change { document, .. } if *document == first)));
    assert!(!rows.iter().any(|row| matches!(row, Row::Withdrawn { .. })), "{rows:?}");
}
