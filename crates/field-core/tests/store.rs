//! The store on disk: whose key opens it, what damage does, and what a stranger can read.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use common::{Folder, KEY, Person, Server, account, action, code, concern, open, options, record};
use field_core::{Field, ListFilter, StoreKey};
use serde_json::Value as Json;
use signed::RingSigner;

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

#[test]
fn another_key_opens_nothing_and_changes_no_byte() {
    let mut server = Server::new();
    let Person { folder, field } = Person::enrolled(&mut server, "officer1");
    drop(field);
    let before = files(folder.path());
    let mut wrong = options(folder.path());
    wrong.key = StoreKey::new([7; 32]);
    let error = Field::open(wrong.clone()).unwrap_err();
    assert_eq!((code(&error), error.code.class.as_str()), ("STORE.key", "denied"));
    assert_eq!(files(folder.path()), before);
    // Without the file that knows the key, a wrong key still touches nothing.
    std::fs::remove_file(folder.path().join("keycheck")).unwrap();
    let before = files(folder.path());
    assert_eq!(code(&Field::open(wrong).unwrap_err()), "STORE.key");
    assert_eq!(files(folder.path()), before);
    assert!(open(folder.path()).identity().unwrap().is_some());
}

#[test]
fn a_store_whose_device_key_lives_elsewhere_says_so_when_it_is_opened_without_it() {
    let mut server = Server::new();
    let folder = Folder::new("officer1");
    let mut with_key = options(folder.path());
    with_key.signer = Some(Arc::new(RingSigner::generate().unwrap()));
    let field = Field::open(with_key).unwrap();
    server.enrol(&field, "officer1");
    drop(field);
    // Nothing is damaged: the key is somewhere else, and the store holds none that could sign.
    let field = open(folder.path());
    for refused in [field.record_new("action", action("ring home")), field.identity().map(|_| Json::Null)] {
        assert_eq!(code(&refused.unwrap_err()), "D.signer");
    }
}

#[test]
fn a_damaged_store_is_moved_aside_and_kept() {
    // The first page, one in the middle, and a file cut short.
    for damage in 0..3 {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        for n in 0..20 {
            officer.new_record("action", action(&format!("request {n}")));
        }
        let Person { folder, field } = officer;
        drop(field);
        let path = folder.path().join("field.db");
        let length = std::fs::metadata(&path).unwrap().len();
        let mut file = std::fs::File::options().write(true).open(&path).unwrap();
        match damage {
            0 => file.write_all(&[0xff; 64]).unwrap(),
            1 => {
                file.seek(SeekFrom::Start(length / 2 + 100)).unwrap();
                file.write_all(&[0xff; 64]).unwrap();
            }
            _ => file.set_len(length / 2 + 17).unwrap(),
        }
        drop(file);
        let damaged = std::fs::read(&path).unwrap();
        let error = Field::open(options(folder.path())).unwrap_err();
        assert_eq!((code(&error), error.code.class.as_str()), ("STORE.damaged", "damaged"), "{damage}");
        let aside = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path());
        let aside: Vec<_> = aside.filter(|p| p.is_dir()).collect();
        assert_eq!(aside.len(), 1);
        assert!(aside[0].file_name().unwrap().to_str().unwrap().starts_with("damaged-2026"));
        assert_eq!(std::fs::read(aside[0].join("field.db")).unwrap(), damaged);
        // The next opening begins anew.
        assert!(open(folder.path()).identity().unwrap().is_none());
    }
}

#[test]
fn a_store_in_use_says_so_at_once() {
    let folder = Folder::new("busy");
    let first = open(folder.path());
    let error = Field::open(options(folder.path())).unwrap_err();
    assert_eq!((code(&error), error.code.class.as_str()), ("STORE.in_use", "busy"));
    drop(first);
    assert!(Field::open(options(folder.path())).is_ok());
}

#[test]
fn two_stores_in_one_process_do_not_notice_each_other() {
    let mut server = Server::new();
    let (one, two) = (Person::enrolled(&mut server, "officer1"), Person::enrolled(&mut server, "officer2"));
    std::thread::scope(|scope| {
        for person in [&one, &two] {
            scope.spawn(move || {
                for n in 0..10 {
                    person.new_record("action", action(&format!("request {n}")));
                }
            });
        }
    });
    assert_eq!((one.list().len(), two.list().len()), (10, 10));
    let ids = |p: &Person| p.list().iter().map(|l| l["id"].to_string()).collect::<std::collections::BTreeSet<_>>();
    assert!(ids(&one).is_disjoint(&ids(&two)));
}

#[test]
fn one_store_is_used_from_many_threads() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let id = officer.new_record("action", action("visit"));
                    officer.show(&id);
                }
            });
        }
    });
    assert_eq!(officer.list().len(), 20);
    assert_eq!(officer.field.verify(None).unwrap()["ok"], true);
}

#[test]
fn no_file_of_a_store_holds_a_readable_word() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("disclosure", account("CANARYWORDS spoken"));
    officer.edit(&id, "why_called", serde_json::json!("CANARYWHY")).unwrap();
    officer.field.record_seal(record(&id)).unwrap();
    officer.recorded("concern", concern("CANARYCONCERN"));
    officer.search("CANARYWORDS");
    let holds = |name: &str, bytes: &[u8]| {
        for word in ["CANARY", "canary", "officer1", "SQLite format 3", "words_verbatim", "127.0.0.1"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word} stands in {name}");
        }
    };
    for (name, bytes) in files(officer.folder.path()) {
        holds(&name, &bytes);
    }
    let Person { folder, field } = officer;
    drop(field);
    for (name, bytes) in files(folder.path()) {
        holds(&name, &bytes);
    }
}

#[test]
fn a_new_key_replaces_the_old_one() {
    let mut server = Server::new();
    let Person { folder, field } = Person::enrolled(&mut server, "officer1");
    field.record_new("action", action("visit")).unwrap();
    field.rekey(StoreKey::new([9; 32])).unwrap();
    field.record_new("action", action("another")).unwrap();
    drop(field);
    assert_eq!(code(&Field::open(options(folder.path())).unwrap_err()), "STORE.key");
    let mut new = options(folder.path());
    new.key = StoreKey::new([9; 32]);
    let again = Field::open(new).unwrap();
    assert_eq!(again.record_list(ListFilter::default()).unwrap().as_array().unwrap().len(), 2);
}

#[test]
fn an_erased_device_keeps_no_file_and_answers_nothing() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    officer.new_record("action", action("visit"));
    let events = officer.field.events();
    let erased = officer.field.erase().unwrap();
    assert_eq!((erased.records, erased.unsent), (1, 1));
    assert_eq!(events.try_next().map(|e| e.event.as_str()), Some("erased"));
    assert_eq!(files(officer.folder.path()).into_keys().collect::<Vec<_>>(), ["lock"]);
    assert_eq!(code(&officer.field.record_list(ListFilter::default()).unwrap_err()), "D.revoked");
}

/// The key the committed database was written with.
const FIXTURE_KEY: [u8; 32] = KEY;

/// Writes the committed database anew: only for a new schema, into a folder of its own.
fn write_fixture(to: &Path) {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    officer.new_record("disclosure", serde_json::json!({ "why_called": "a torn coat" }));
    let id = officer.new_record("disclosure", account("the lantern was out"));
    officer.field.record_seal(record(&id)).unwrap();
    officer.new_record("action", action("visit on Monday"));
    server.sync(&officer.field);
    officer.show(&id);
    let Person { folder, field } = officer;
    drop(field);
    std::fs::create_dir_all(to).unwrap();
    for name in ["field.db", "keycheck"] {
        std::fs::copy(folder.path().join(name), to.join(name)).unwrap();
    }
}

#[test]
fn a_store_of_schema_1_opens_lists_verifies_and_goes_on() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema-1");
    if std::env::var_os("FIRSTHAND_WRITE_FIXTURE").is_some() {
        write_fixture(&source);
    }
    let folder = Folder::new("schema-1");
    for (name, bytes) in files(&source) {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut opening = options(folder.path());
    opening.key = StoreKey::new(FIXTURE_KEY);
    let field = Field::open(opening).unwrap();
    let listed = field.record_list(ListFilter::default()).unwrap();
    let statuses: Vec<_> = listed.as_array().unwrap().iter().map(|l| l["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["requested", "sealed", "draft"]);
    assert_eq!(field.verify(None).unwrap()["faults"], serde_json::json!([]));
    assert_eq!(field.search("lantern").unwrap().as_array().unwrap().len(), 1);
    field.record_new("action", action("written by a newer version")).unwrap();
}
