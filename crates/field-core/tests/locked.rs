//! R92: a device that is locked ends reading, and goes on taking words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Folder, KEY, Person, Server, account, action, code, concern, open, options, record};
use field_core::sealed_box::Ports;
use field_core::{Field, Host, ListFilter, SealedBox, StoreKey, SystemRandom, TestClock};
use serde_json::{Value as Json, json};
use signed::keys::Signature;
use signed::{PublicKey, RingSigner, Signer, SignerError, Timestamp};

/// An officer's handset in an app, as a phone would hold it.
fn handset() -> (Folder, Host) {
    let mut server = Server::new();
    let Person { folder, field } = Person::enrolled(&mut server, "officer1");
    drop(field);
    let host = Host::open(options(folder.path())).unwrap();
    (folder, host)
}

fn unlock(host: &Host) {
    host.unlock(StoreKey::new(KEY)).unwrap();
}

fn entries(store: &Path) -> Vec<std::path::PathBuf> {
    let Ok(files) = std::fs::read_dir(store.join("box")) else { return Vec::new() };
    let mut found: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Whether any file below a folder holds these bytes.
fn holds(folder: &Path, needle: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(Result::unwrap).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

fn list(host: &Host) -> Vec<Json> {
    common::lines(host.call().unwrap().record_list(ListFilter::default()).unwrap())
}

fn show(host: &Host, id: &Json) -> Json {
    host.call().unwrap().record_show(record(id.as_str().unwrap()), None).unwrap()
}

#[test]
fn r92_words_said_to_a_locked_device_are_a_draft_when_its_key_is_back() {
    let (folder, host) = handset();
    host.lock().unwrap();
    let made = host.record_new("disclosure", account("CANARY he came into the tent")).unwrap();
    assert_eq!(made["status"], "boxed");
    let id = made["id"].clone();
    let rest = vec![("setting/place".to_owned(), json!("CANARY the stage door"))];
    host.draft_keep(record(id.as_str().unwrap()), rest).unwrap();
    // Reading ended, and no file tells a word, nor whose or what it is.
    assert_eq!(code(&host.call().err().unwrap()), "STORE.locked");
    for word in ["CANARY", "disclosure", id.as_str().unwrap(), "officer1"] {
        assert!(!holds(folder.path(), word), "{word}");
    }
    assert_eq!(entries(folder.path()).len(), 1, "typing on makes no second entry");
    unlock(&host);
    assert_eq!(entries(folder.path()).len(), 0);
    let shown = show(&host, &id);
    assert_eq!((&shown["status"], &shown["kind"]), (&json!("draft"), &json!("disclosure")));
    assert_eq!(shown["words_verbatim"][0]["text"], "CANARY he came into the tent");
    assert_eq!(shown["setting"]["place"], json!({ "as_said": "CANARY the stage door" }));
    let sealed = host.call().unwrap().record_seal(record(id.as_str().unwrap())).unwrap();
    assert_eq!(sealed["status"], "sealed", "{sealed}");
    assert_eq!(host.call().unwrap().status().unwrap()["boxed"], 0);
    host.close().unwrap();
}

#[test]
fn r92_an_app_that_starts_without_the_key_takes_words_too_and_they_keep_their_time() {
    let (folder, host) = handset();
    host.close().unwrap();
    let said = Timestamp::parse("2026-11-22T23:10:00Z").unwrap();
    let sealed_box = SealedBox::of(folder.path()).unwrap();
    let made = sealed_box
        .record_new(
            "action",
            action("ring home"),
            Ports { clock: &TestClock::starting_at(said), random: &SystemRandom::new() },
        )
        .unwrap();
    let field = open(folder.path());
    let shown = field.record_show(record(made["id"].as_str().unwrap()), None).unwrap();
    assert_eq!(shown["status"], "requested");
    assert!(shown["recorded_at"].as_str().unwrap().starts_with("2026-11-22T23:10"), "{}", shown["recorded_at"]);
}

#[test]
fn r92_a_box_that_was_cut_off_while_it_was_emptied_gives_each_word_once() {
    let (folder, host) = handset();
    host.lock().unwrap();
    host.record_new("concern", concern("the same uncle again")).unwrap();
    let entry = entries(folder.path()).remove(0);
    let bytes = std::fs::read(&entry).unwrap();
    unlock(&host);
    let after = list(&host);
    // The power went between the store's own write and the removal of the entry.
    host.lock().unwrap();
    std::fs::write(&entry, bytes).unwrap();
    unlock(&host);
    assert_eq!(list(&host), after);
    assert_eq!(entries(folder.path()).len(), 0);
    host.close().unwrap();
}

#[test]
fn r92_what_was_changed_in_the_box_is_kept_and_counted_and_holds_nothing_up() {
    let (folder, host) = handset();
    host.lock().unwrap();
    for words in ["first", "second", "third"] {
        host.record_new("concern", concern(words)).unwrap();
    }
    let spoilt = entries(folder.path()).remove(1);
    let mut bytes = std::fs::read(&spoilt).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&spoilt, bytes).unwrap();
    // Things that are no entry: longer than any, or named as no entry is.
    std::fs::write(folder.path().join("box/00000099"), vec![7; 3 * 1024 * 1024]).unwrap();
    for name in ["notes", "1", "+5", "18446744073709551615"] {
        std::fs::write(folder.path().join("box").join(name), "x").unwrap();
    }
    std::fs::create_dir(folder.path().join("box/00000050")).unwrap();
    unlock(&host);
    assert_eq!(list(&host).iter().filter(|line| line["kind"] == "concern").count(), 2);
    assert!(spoilt.with_extension("kept").exists());
    assert_eq!(host.call().unwrap().status().unwrap()["boxed"], 2);
    // Words go behind what is there, whatever lies beside.
    host.lock().unwrap();
    host.record_new("concern", concern("fourth")).unwrap();
    assert!(folder.path().join("box/00000100").exists());
    unlock(&host);
    assert_eq!(list(&host).iter().filter(|line| line["kind"] == "concern").count(), 3);
    let left = host.call().unwrap().box_list().unwrap();
    assert_eq!((&left[0]["number"], &left[0]["id"]), (&json!(2), &Json::Null));
    for number in [2, 99] {
        host.call().unwrap().box_done(number).unwrap();
    }
    assert_eq!(code(&host.call().unwrap().box_done(2).unwrap_err()), "I.not_found");
    assert_eq!(host.call().unwrap().status().unwrap()["boxed"], 0);
    host.close().unwrap();
}

#[test]
fn r92_what_the_store_refuses_can_be_read_from_the_box_by_whoever_has_the_key() {
    let (folder, host) = handset();
    let draft = host.record_new("disclosure", account("first words")).unwrap();
    let id = record(draft["id"].as_str().unwrap());
    host.call().unwrap().record_seal(id).unwrap();
    host.lock().unwrap();
    // Typed into a screen that still showed the draft.
    host.draft_keep(id, vec![("how_recorded".into(), json!("tell nobody"))]).unwrap();
    unlock(&host);
    let left = host.call().unwrap().box_list().unwrap();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["id"]), (1, &draft["id"]));
    assert_eq!(left[0]["words"], json!([{ "path": "how_recorded", "value": "tell nobody" }]));
    assert_eq!(entries(folder.path()).len(), 1);
    host.close().unwrap();
}

#[test]
fn r92_what_no_store_would_take_is_refused_while_whoever_said_it_is_there() {
    let (folder, host) = handset();
    host.lock().unwrap();
    let draft = host.record_new("disclosure", account("words")).unwrap();
    let live = host.record_new("concern", concern("the caravan")).unwrap();
    let id = |made: &Json| record(made["id"].as_str().unwrap());
    let deep = "a/".repeat(100_000) + "a";
    for (id, path, value, expected) in [
        (id(&draft), "no_such_field", json!("CANARY"), "I.field"),
        (id(&draft), "account_started_at", json!("2026-1"), "I.value"),
        (id(&draft), "setting/place", json!("x".repeat(1024 * 1024)), "I.too_large"),
        (id(&draft), deep.as_str(), json!(1), "I.path"),
        (record("0199a000-0000-7000-8000-000000000001"), deep.as_str(), json!(1), "I.path"),
        // Live at once: what was said first stands.
        (id(&live), "exact_words", json!("something else"), "S.sealed"),
    ] {
        let error = host.record_edit(id, vec![(path.to_owned(), value)]).unwrap_err();
        assert_eq!(code(&error), expected, "{}", &path[..path.len().min(40)]);
        assert!(!error.to_string().contains("CANARY"));
    }
    assert_eq!(entries(folder.path()).len(), 2);
    for (kind, body, expected) in [
        ("no_such_kind", json!({}), "I.kind"),
        ("concern", json!({ "no_such_field": "CANARY" }), "I.field"),
        ("concern", json!({ "exact_words": "x".repeat(1024 * 1024) }), "I.too_large"),
        ("search", json!([]), "I.json"),
    ] {
        let error = host.record_new(kind, body).unwrap_err();
        assert_eq!(code(&error), expected, "{kind}");
        assert!(!error.to_string().contains("CANARY"));
    }
    assert_eq!(entries(folder.path()).len(), 2);
    // A full box says so, and keeps what it has.
    std::fs::create_dir_all(folder.path().join("box")).unwrap();
    for number in 3..=1000 {
        std::fs::write(folder.path().join(format!("box/{number:08}")), "x").unwrap();
    }
    let error = host.record_new("concern", concern("one more")).unwrap_err();
    assert_eq!((code(&error), error.code.class.as_str()), ("STORE.box_full", "limit"));
    assert_eq!(entries(folder.path()).len(), 1000);
    // Typing on needs no place.
    host.draft_keep(id(&draft), vec![("setting/place".into(), json!("library"))]).unwrap();
    host.close().unwrap();
}

#[test]
fn r92_a_key_laid_beside_a_locked_store_by_somebody_else_is_not_what_the_app_seals_with() {
    let (folder, host) = handset();
    host.lock().unwrap();
    let stranger = signed::ReaderSecret::derive(zeroize::Zeroizing::new([9; 32]));
    let hex = data_encoding::HEXLOWER.encode(stranger.public().as_bytes());
    std::fs::write(folder.path().join("box.key"), format!("{hex} OFF\n")).unwrap();
    host.record_new("concern", concern("not for the stranger")).unwrap();
    let sealed = std::fs::read(entries(folder.path()).remove(0)).unwrap();
    assert!(stranger.open("firsthand box/1", b"", &sealed).is_err());
    unlock(&host);
    assert_eq!(entries(folder.path()).len(), 0);
    assert!(!std::fs::read_to_string(folder.path().join("box.key")).unwrap().contains(&hex), "put right at once");
    host.close().unwrap();
}

#[test]
fn r92_an_edit_that_was_cut_off_is_made_once_and_nothing_older_comes_back_over_something_newer() {
    let (folder, host) = handset();
    let draft = host.record_new("disclosure", account("first words")).unwrap();
    let id = record(draft["id"].as_str().unwrap());
    host.lock().unwrap();
    let line = json!({ "speaker": "Child A", "text": "and then he locked the door", "exact": true });
    for (path, value) in
        [("words_verbatim/+", line), ("setting/place", json!("library")), ("setting/place", json!("hall"))]
    {
        host.draft_keep(id, vec![(path.to_owned(), value)]).unwrap();
    }
    let entry = entries(folder.path()).remove(0);
    assert_eq!(entries(folder.path()).len(), 1);
    // The power went between the store's own write and the removal of the file: the entry is met twice.
    std::fs::copy(&entry, folder.path().join("box/00000002")).unwrap();
    unlock(&host);
    let shown = show(&host, &draft["id"]);
    assert_eq!(shown["words_verbatim"].as_array().unwrap().len(), 2);
    assert_eq!(shown["setting"]["place"]["as_said"], "hall");
    assert_eq!(entries(folder.path()).len(), 0);
    host.close().unwrap();
}

#[test]
fn r92_what_is_said_to_a_store_that_was_taken_away_is_not_called_safe() {
    let (folder, host) = handset();
    host.lock().unwrap();
    // What erasing a store takes first: without its key the box could never be opened.
    std::fs::remove_file(folder.path().join("box.key")).unwrap();
    assert_eq!(code(&host.record_new("concern", concern("words")).unwrap_err()), "STORE.locked");
    assert_eq!(entries(folder.path()).len(), 0);
    unlock(&host);
    assert!(folder.path().join("box.key").exists(), "the store has its box again");
    // A damaged store is set aside with its box, and what is said then is said to nobody.
    host.lock().unwrap();
    host.record_new("concern", concern("kept with the damaged one")).unwrap();
    let database = folder.path().join("field.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 4096] {
        *byte ^= 0x55;
    }
    std::fs::write(&database, bytes).unwrap();
    assert_eq!(code(&host.unlock(StoreKey::new(KEY)).unwrap_err()), "STORE.damaged");
    assert_eq!(entries(folder.path()).len(), 0, "it lies beside what it belongs to");
    assert_eq!(code(&host.record_new("concern", concern("words")).unwrap_err()), "STORE.locked");
    host.close().unwrap();
}

/// A device key that is locked with the screen.
struct Locking(RingSigner, AtomicBool);

impl Signer for Locking {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        if self.1.load(Ordering::Acquire) { Err(SignerError::Locked) } else { self.0.sign(message) }
    }
}

#[test]
fn r92_what_cannot_be_signed_yet_stays_in_the_box_until_it_can() {
    let mut server = Server::new();
    let folder = Folder::new("officer1");
    let signer = Arc::new(Locking(RingSigner::generate().unwrap(), AtomicBool::new(false)));
    let mut with_key = options(folder.path());
    with_key.signer = Some(Arc::clone(&signer) as Arc<dyn Signer>);
    let field = Field::open(with_key.clone()).unwrap();
    server.enrol(&field, "officer1");
    drop(field);
    let host = Host::open(with_key).unwrap();
    host.lock().unwrap();
    let live = host.record_new("action", action("ring home")).unwrap();
    let draft = host.record_new("disclosure", account("he said it twice")).unwrap();
    signer.1.store(true, Ordering::Release);
    unlock(&host);
    assert_eq!(host.call().unwrap().status().unwrap()["boxed"], 2, "in their order, when the key is there");
    signer.1.store(false, Ordering::Release);
    host.call().unwrap().drafts_flush(None).unwrap();
    assert_eq!(show(&host, &live["id"])["status"], "requested");
    assert_eq!(show(&host, &draft["id"])["status"], "draft");
    assert_eq!(entries(folder.path()).len(), 0);
    host.close().unwrap();
}

#[test]
fn r92_a_store_that_is_nobodys_has_no_box_and_says_that_it_is_locked() {
    let folder = Folder::new("nobody");
    let host = Host::open(options(folder.path())).unwrap();
    host.lock().unwrap();
    assert_eq!(code(&host.record_new("concern", concern("words")).unwrap_err()), "STORE.locked");
    assert_eq!(code(&SealedBox::of(folder.path()).unwrap_err()), "STORE.locked");
    host.close().unwrap();
}
