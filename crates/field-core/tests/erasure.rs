//! What was erased with approval, on a device that has it on its way.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::server::at;
use common::{Person, Server, action, record};
use documents::{Candidate, Template};
use rusqlite::Connection;
use signed::{RecordId, Value, cbor, code};
use sync_engine::device::ProvenPage;
use wire::{Lane, Row};

/// The row with which a device hears of an erasure.
fn erased(document: RecordId) -> Row {
    let line = cbor::map([
        ("id", Value::bytes(document.0)),
        ("kind", Value::text("action")),
        ("status", Value::text("erased")),
        ("time", Value::text(at().to_string())),
        ("approved_by", Value::text("dpo")),
    ]);
    Row::Withdrawn { document, headline: Some(line) }
}

/// Rows of a table of a store that is closed, about one document.
fn left(folder: &std::path::Path, document: RecordId) -> Vec<(&'static str, i64)> {
    let db = Connection::open(folder.join("field.db")).unwrap();
    let hex: String = common::KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"")).unwrap();
    let count = |table| {
        let sql = format!("SELECT count(*) FROM {table} WHERE document = ?1");
        (table, db.query_row(&sql, [&document.0[..]], |row| row.get(0)).unwrap())
    };
    ["change", "statement", "operation", "outbox", "refused"].map(count).into_iter().collect()
}

#[test]
fn r96_a_frame_on_its_way_stays_as_it_was_and_its_words_go_with_its_receipt() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    server.sync(&officer.field);
    let id = officer.new_record("action", action("ring the lighthouse keeper"));
    let document = record(&id);
    let lane = Lane::Rest;
    let on_its_way = officer.field.next_frame(lane, 0, 1).unwrap().unwrap();
    // A later change waits behind it and is in no frame yet.
    officer.edit(&id, "urgency", "urgent".into()).unwrap();

    let from = officer.field.hello().unwrap().cursor + 1;
    let page = ProvenPage { from, rows: vec![erased(document)], digest: [0; 32], time: at() };
    let outcome = officer.field.store_page(&page).unwrap();
    assert_eq!(outcome.events[0].event.as_str(), "erased");
    assert_eq!(officer.list()[0]["status"], "erased");
    assert!(officer.search("lighthouse").is_empty());

    let again = officer.field.next_frame(lane, 0, 1).unwrap().unwrap();
    assert_eq!((again.push.clone(), again.frame), (on_its_way.push, on_its_way.frame), "byte for byte");
    for item in again.push.open().unwrap().items {
        for change in item.changes {
            let hash = Candidate::read(&change, Template::Record).unwrap().hash;
            server.refusals.insert(hash, code::R96_ERASED.number);
        }
    }
    let day = server.sync(&officer.field);
    assert!(day.stored.iter().flat_map(|stored| &stored.rejected).any(|one| one.code == code::R96_ERASED));
    assert!(officer.field.next_frame(lane, again.push.number, 50).unwrap().is_none(), "nothing of it waits any more");
    assert_eq!(officer.list()[0]["status"], "erased");
    let Person { folder, field } = officer;
    drop(field);
    for (table, rows) in left(folder.path(), document) {
        assert_eq!(rows, 0, "{table}");
    }
}
