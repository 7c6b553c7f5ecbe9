//! What an administrator with the master key can do to the rows, and how `verify` finds it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::World;
use rusqlite::Connection;
use serde_json::json;
use sync_server::core::vault::database_key;
use sync_server::store::sqlite::connect;

fn concern(words: &str) -> serde_json::Value {
    json!({ "source": "school", "exact_words": words, "heard_how": "direct", "concern_items": [{ "text": words }] })
}

/// A server on disk after a day's work, in which everything is sound.
fn day() -> World {
    let world = World::on_disk();
    let (mut lead, mut officer) = (world.handset("lead"), world.handset("officer"));
    for words in ["a worry", "a second worry"] {
        lead.create(&world, "concern", concern(words));
        lead.push(&world);
        officer.pull(&world);
    }
    lead.pull(&world);
    world.sound();
    world
}

/// Opens the database as someone with the master key would.
fn with_master_key(world: &World) -> Connection {
    let master: [u8; 32] = std::fs::read(world.dir().join("master.key")).unwrap().try_into().unwrap();
    let connection = connect(&world.dir().join("firsthand.db"), &database_key(&master).unwrap()).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection
}

/// Runs SQL behind the server's back; answers the codes of what `verify` finds then.
fn found(sql: &str) -> Vec<&'static str> {
    let world = day();
    let changed = with_master_key(&world).execute(sql, []).unwrap();
    assert!(changed > 0, "nothing was touched by {sql}");
    let answer = world.core.verify().unwrap();
    assert!(!answer.ok, "not found: {sql}");
    answer.faults.into_iter().map(|fault| fault.code).collect()
}

#[test]
fn a_deleted_change_or_statement_is_found() {
    let codes = found(
        "DELETE FROM change WHERE place = 1 AND document = (SELECT max(document) FROM change WHERE device IS NOT NULL)",
    );
    assert!(codes.contains(&"V.lost"), "{codes:?}");
    let codes = found("DELETE FROM statement WHERE id = (SELECT max(id) FROM statement)");
    assert!(codes.contains(&"V.statement_rows"), "{codes:?}");
}

#[test]
fn a_whole_document_deleted_is_found() {
    let world = day();
    let connection = with_master_key(&world);
    let document: Vec<u8> = connection
        .query_row("SELECT document FROM change WHERE device IS NOT NULL LIMIT 1", [], |row| row.get(0))
        .unwrap();
    for table in ["change", "statement", "operation", "holder", "inbox"] {
        connection.execute(&format!("DELETE FROM {table} WHERE document = ?1"), [&document]).unwrap();
    }
    connection.execute("DELETE FROM document WHERE id = ?1", [&document]).unwrap();
    let codes: Vec<_> = world.core.verify().unwrap().faults.into_iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"V.lost") && codes.contains(&"V.inbox_gap"), "{codes:?}");
}

#[test]
fn swapped_and_altered_bytes_are_found() {
    let codes = found(
        "UPDATE change SET bytes = (SELECT max(bytes) FROM change) WHERE bytes <> (SELECT max(bytes) FROM change)",
    );
    assert!(codes.contains(&"V.change_sealed"), "{codes:?}");
    let codes = found("UPDATE document SET status = 'closed'");
    assert!(codes.contains(&"V.projection"), "{codes:?}");
    let codes = found("UPDATE document SET projection = zeroblob(40)");
    assert!(codes.contains(&"V.projection"), "{codes:?}");
    let codes = found("UPDATE document SET state = zeroblob(40)");
    assert!(codes.contains(&"V.state"), "{codes:?}");
    let codes = found("UPDATE document SET wrapped_key = zeroblob(60)");
    assert!(codes.contains(&"V.key"), "{codes:?}");
}

#[test]
fn a_key_in_the_place_of_a_devices_is_found() {
    let world = day();
    let other = signed::RingSigner::generate().unwrap();
    let spki = signed::Signer::public_key(&other).spki().to_vec();
    with_master_key(&world)
        .execute("UPDATE device SET spki = ?1 WHERE id = (SELECT min(id) FROM device)", [spki])
        .unwrap();
    let codes: Vec<_> = world.core.verify().unwrap().faults.into_iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"V.device_key"), "{codes:?}");
}

#[test]
fn a_missing_row_of_an_inbox_is_found_even_at_its_end() {
    let codes = found("DELETE FROM inbox WHERE person = 'officer' AND number = 2");
    assert!(codes.contains(&"V.inbox_gap"), "{codes:?}");
    let codes = found(
        "DELETE FROM inbox WHERE person = 'officer' AND number = (SELECT max(number) FROM inbox WHERE person = 'officer')",
    );
    assert!(codes.contains(&"V.inbox_head"), "{codes:?}");
    // The counter and the holders changed with it: what the officer may hold is still known.
    let world = day();
    let connection = with_master_key(&world);
    connection
        .execute_batch(
            "DELETE FROM inbox WHERE person = 'officer';
             DELETE FROM inbox_head WHERE person = 'officer';
             DELETE FROM holder WHERE person = 'officer';",
        )
        .unwrap();
    let codes: Vec<_> = world.core.verify().unwrap().faults.into_iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"V.audience"), "{codes:?}");
    let codes = found("UPDATE inbox SET digest = zeroblob(32) WHERE person = 'officer' AND number > 3");
    assert!(codes.contains(&"V.inbox_digest"), "{codes:?}");
}

#[test]
fn a_shortened_or_altered_audit_chain_is_found() {
    let codes = found("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)");
    assert!(codes.contains(&"V.audit_short"), "{codes:?}");
    let codes = found("DELETE FROM audit WHERE number = 3");
    assert!(codes.contains(&"V.audit"), "{codes:?}");
    let codes = found("UPDATE audit SET at = at + 1 WHERE number = 4");
    assert!(codes.contains(&"V.audit"), "{codes:?}");
}

#[test]
fn a_shortened_receipt_log_is_found_with_its_heads_and_frames_gone_too() {
    let codes = found("DELETE FROM log_leaf WHERE place = (SELECT max(place) FROM log_leaf)");
    assert!(codes.contains(&"V.log_short"), "{codes:?}");
    let world = day();
    with_master_key(&world)
        .execute_batch(
            "DELETE FROM log_leaf WHERE place = 1;
             DELETE FROM log_head WHERE size > 1;
             DELETE FROM frame WHERE leaf = 1;
             DELETE FROM log_node WHERE place > 0 OR level > 0;",
        )
        .unwrap();
    let codes: Vec<_> = world.core.verify().unwrap().faults.into_iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"V.origin") && codes.contains(&"V.log_short"), "{codes:?}");
    let codes = found("UPDATE frame SET signature = zeroblob(64)");
    assert!(codes.contains(&"V.frame"), "{codes:?}");
}

#[test]
fn a_directory_that_lost_or_changed_a_statement_is_found() {
    let codes = found("DELETE FROM directory WHERE number = 2");
    assert!(codes.contains(&"V.directory_gap"), "{codes:?}");
    let codes = found("UPDATE directory SET statement = (SELECT projection FROM document LIMIT 1) WHERE number = 5");
    assert!(codes.contains(&"V.directory"), "{codes:?}");
}

/// The keys an administrator can derive: everything but the devices' own.
struct Administrator {
    seal: ring::aead::LessSafeKey,
    signer: signed::RingSigner,
}

impl Administrator {
    fn of(world: &World, document: &[u8]) -> Self {
        let master = std::fs::read(world.dir().join("master.key")).unwrap();
        let wrapped: Vec<u8> = with_master_key(world)
            .query_row("SELECT wrapped_key FROM document WHERE id = ?1", [document], |row| row.get(0))
            .unwrap();
        let raw = open(&key(&derived(&master, b"document keys")), b"document key", document, &wrapped);
        let server = std::fs::read(world.dir().join("server.key")).unwrap();
        Self { seal: key(&derived(&raw, b"seal")), signer: signed::RingSigner::from_pkcs8(&server).unwrap() }
    }
}

fn derived(secret: &[u8], label: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let salt = ring::hkdf::Salt::new(ring::hkdf::HKDF_SHA256, b"firsthand server");
    salt.extract(secret).expand(&[label], ring::hkdf::HKDF_SHA256).unwrap().fill(&mut out).unwrap();
    out
}

fn key(raw: &[u8; 32]) -> ring::aead::LessSafeKey {
    ring::aead::LessSafeKey::new(ring::aead::UnboundKey::new(&ring::aead::CHACHA20_POLY1305, raw).unwrap())
}

fn aad(purpose: &[u8], about: &[u8]) -> ring::aead::Aad<Vec<u8>> {
    ring::aead::Aad::from([purpose, &[0], about].concat())
}

fn open(key: &ring::aead::LessSafeKey, purpose: &[u8], about: &[u8], sealed: &[u8]) -> Vec<u8> {
    let nonce = ring::aead::Nonce::try_assume_unique_for_key(&sealed[..12]).unwrap();
    let mut body = sealed[12..].to_vec();
    let length = key.open_in_place(nonce, aad(purpose, about), &mut body).unwrap().len();
    body.truncate(length);
    body
}

fn seal(key: &ring::aead::LessSafeKey, purpose: &[u8], about: &[u8], bytes: &[u8]) -> Vec<u8> {
    let nonce = ring::aead::Nonce::assume_unique_for_key([3; 12]);
    let mut body = bytes.to_vec();
    key.seal_in_place_append_tag(nonce, aad(purpose, about), &mut body).unwrap();
    [&[3; 12][..], &body].concat()
}

#[test]
fn r7_words_rewritten_with_every_key_the_server_has_are_found() {
    let world = day();
    let connection = with_master_key(&world);
    let (document, hash, sealed): (Vec<u8>, Vec<u8>, Vec<u8>) = connection
        .query_row(
            "SELECT document, hash, bytes FROM change WHERE device IS NOT NULL AND place = 1 LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    let admin = Administrator::of(&world, &document);
    let bytes = open(&admin.seal, b"change", &[&document[..], &hash].concat(), &sealed);
    let candidate = documents::Candidate::read(&bytes, documents::Template::Record).unwrap();
    let mut statement = candidate.statements().next().unwrap().statement.clone();
    assert!(statement.content.contains_key("sealed"));
    statement.content.insert("sealed".into(), signed::cbor::map([("part", signed::Value::text("account"))]));
    let state = documents::DocState::new(documents::Template::Record);
    let mut builder = documents::ChangeBuilder::new(&state, candidate.actor);
    builder.statement(statement.sign(&admin.signer).unwrap());
    let bytes = builder.finish();
    let forged = documents::Candidate::read(&bytes, documents::Template::Record).unwrap();
    let id = forged.statements().next().unwrap().id;
    let sealed = seal(&admin.seal, b"change", &[&document[..], &forged.hash.0].concat(), &bytes);
    let new = &forged.hash.0[..];
    connection
        .execute(
            "UPDATE change SET hash = ?1, bytes = ?2 WHERE document = ?3 AND hash = ?4",
            (new, sealed, &document, &hash),
        )
        .unwrap();
    connection.execute("UPDATE inbox SET change = ?1 WHERE change = ?2", (new, &hash)).unwrap();
    connection.execute("UPDATE statement SET change = ?1, id = ?2 WHERE change = ?3", (new, &id.0[..], &hash)).unwrap();
    let codes: Vec<_> = world.core.verify().unwrap().faults.into_iter().map(|fault| fault.code).collect();
    assert!(codes.contains(&"V.signer"), "signed by another key than its author's: {codes:?}");
    assert!(codes.contains(&"V.lost"), "and what the receipt names is gone: {codes:?}");
}
