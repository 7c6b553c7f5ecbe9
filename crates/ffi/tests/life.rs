//! What a phone does to an app: suspended, locked, frozen in the middle of something, used by another.
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::undocumented_unsafe_blocks)]

mod common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::signer::{AppKey, Manner};
use common::{
    EMPTY, Folder, KEY, account, action, bytes, call, enrol, enrolled, name, open, open_with, refused, take, try_call,
};
use field::{
    FIELD_KEY_LOCKED, FIELD_MORE_WORK, FIELD_NO_NETWORK, FIELD_OK, FIELD_SIGNER_BAD, FIELD_SIGNER_TIMEOUT,
    field_box_new, field_close, field_lifecycle, field_network_changed, field_record_list, field_record_new,
    field_record_seal, field_record_show, field_rekey, field_resume, field_status_get, field_suspend, field_sync_once,
    field_unlock, field_verify,
};
use serde_json::json;

#[test]
fn r92_locked_the_key_is_gone_and_only_the_key_opens_it() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let draft = call(field_record_new, store, &account("before the screen went dark"));
    assert_eq!(field_lifecycle(store, 1), FIELD_OK);
    assert_eq!(field_lifecycle(store, 2), FIELD_OK);
    assert_eq!(refused(field_record_list, store, &json!({})).1, "STORE.locked");
    assert_eq!(name(field_resume(store)), "STORE.locked");
    assert_eq!(field_suspend(store), FIELD_OK);
    assert_eq!(name(unsafe { field_unlock(store, bytes(&[9; 32])) }), "STORE.key");
    assert_eq!(unsafe { field_unlock(store, bytes(&KEY)) }, FIELD_OK);
    assert_eq!(call(field_record_show, store, &json!({ "id": draft["id"] }))["status"], "draft");
    assert_eq!(name(field_lifecycle(store, 3)), "I.value");
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn r92_a_locked_store_and_one_that_cannot_be_opened_yet_take_words_and_show_none() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    assert_eq!(field_lifecycle(store, 2), FIELD_OK);
    let said = call(field_record_new, store, &account("said in the corridor"));
    assert_eq!(said["status"], "boxed");
    assert_eq!(refused(field_record_show, store, &json!({ "id": said["id"] })).1, "STORE.locked");
    assert_eq!(field_close(store), FIELD_OK);
    // The phone was restarted: nobody has authenticated yet, and the key is not to be had.
    let cold = |config: &str, request: &serde_json::Value| {
        let mut answer = EMPTY;
        let request = request.to_string();
        let status = unsafe { field_box_new(bytes(config.as_bytes()), bytes(request.as_bytes()), &raw mut answer) };
        (status, take(answer))
    };
    let (status, later) = cold(&folder.config(), &account("said after the restart"));
    assert_eq!((status, &later["status"]), (FIELD_OK, &json!("boxed")));
    let (status, refused) = cold(&folder.config(), &json!({ "kind": "disclosure", "body": { "CANARY": 1 } }));
    assert_eq!((name(status), &refused["error"]["code"]), ("I.field".to_owned(), &json!("I.field")), "{refused}");
    assert_eq!(name(cold(r#"{"path":"/nowhere/at/all"}"#, &account("lost?")).0), "STORE.locked");
    let (status, store, _) = open_with(&folder.config(), &KEY, std::ptr::null());
    assert_eq!(status, FIELD_OK);
    for made in [said, later] {
        assert_eq!(call(field_record_show, store, &json!({ "id": made["id"] }))["status"], "draft");
    }
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn a_changed_key_is_the_one_that_counts_for_suspend_lock_and_open() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let new = [3; 32];
    let mut answer = EMPTY;
    assert_eq!(unsafe { field_rekey(store, bytes(&new), &raw mut answer) }, FIELD_OK);
    assert_eq!(take(answer)["rekeyed"], true);
    assert_eq!((field_suspend(store), field_resume(store)), (FIELD_OK, FIELD_OK));
    assert_eq!(field_lifecycle(store, 2), FIELD_OK);
    assert_eq!(name(unsafe { field_unlock(store, bytes(&KEY)) }), "STORE.key");
    assert_eq!(unsafe { field_unlock(store, bytes(&new)) }, FIELD_OK);
    assert_eq!(field_close(store), FIELD_OK);
    assert_eq!(name(open_with(&folder.config(), &KEY, std::ptr::null()).0), "STORE.key");
    let (status, store, _) = open_with(&folder.config(), &new, std::ptr::null());
    assert_eq!((status, field_close(store)), (FIELD_OK, FIELD_OK));
}

#[test]
fn a_sync_in_a_budget_comes_back_within_it_when_no_server_is_there() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    call(field_record_new, store, &action("waits"));
    let mut answer = EMPTY;
    assert_eq!(unsafe { field_network_changed(store, bytes(br#"{"available":false}"#)) }, FIELD_OK);
    assert_eq!(unsafe { field_sync_once(store, 60_000, &raw mut answer) }, FIELD_NO_NETWORK);
    assert_eq!(take(answer)["error"]["code"], "D.offline");
    let network = br#"{"available":true,"metered":true,"interface":"cellular"}"#;
    assert_eq!(unsafe { field_network_changed(store, bytes(network)) }, FIELD_OK);
    let begun = Instant::now();
    let mut answer = EMPTY;
    assert_eq!(unsafe { field_sync_once(store, 2_000, &raw mut answer) }, FIELD_NO_NETWORK);
    assert_eq!(take(answer)["error"]["class"], "offline");
    assert!(begun.elapsed() < Duration::from_secs(20), "its budget was two seconds");
    assert_eq!(call(field_status_get, store, &json!({}))["unsent"]["standard"], 1);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn a_second_user_of_the_handset_neither_sees_nor_harms_the_first_ones_work() {
    let folder = Folder::new();
    let first = enrolled(&folder);
    let draft = call(field_record_new, first, &account("the first officer's words"));
    // Another code does not make the first one's store somebody else's.
    let server = common::EnrolServer::start();
    let (_, code) = refused(field::field_enrol, first, &json!({ "code": server.code() }));
    assert_eq!(code, "D.enrolled");
    assert_eq!(field_close(first), FIELD_OK);
    // The second has a store and a key of their own, beside it.
    let other = json!({ "path": folder.0.join("second") }).to_string();
    let (status, second, _) = open_with(&other, &[5; 32], std::ptr::null());
    assert_eq!(status, FIELD_OK);
    enrol(second);
    assert_eq!(call(field_record_list, second, &json!({})), json!([]));
    assert_eq!(name(open_with(&folder.config(), &[5; 32], std::ptr::null()).0), "STORE.key");
    assert_eq!(field_close(second), FIELD_OK);
    let first = open(&folder);
    assert_eq!(call(field_record_show, first, &json!({ "id": draft["id"] }))["status"], "draft");
    assert_eq!(field_close(first), FIELD_OK);
}

/// A store that is an officer's, whose key lives in the app's hands.
fn with_key(folder: &Folder, key: &'static AppKey) -> field::FieldStore {
    let signer = key.signer();
    let (status, store, error) = open_with(&folder.config(), &KEY, &raw const signer);
    assert_eq!(status, FIELD_OK, "{error}");
    enrol(store);
    store
}

#[test]
fn a_key_in_the_apps_hands_signs_statements_and_the_handshake() {
    let folder = Folder::new();
    let key = AppKey::new();
    let store = with_key(&folder, key);
    let handshake = key.calls.load(Ordering::SeqCst);
    assert!(handshake >= 1, "TLS was signed by it");
    let made = call(field_record_new, store, &action("signed elsewhere"));
    assert!(key.calls.load(Ordering::SeqCst) > handshake);
    let shown = call(field_record_show, store, &json!({ "id": made["id"] }));
    let keys = shown["keys"].as_object().unwrap();
    let spki = data_encoding::BASE64.encode(&key.public_key());
    assert_eq!(keys.values().collect::<Vec<_>>(), [&json!(spki)]);
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(key.released.load(Ordering::SeqCst), 0);
    assert_eq!(field_close(store), FIELD_OK);
    assert_eq!(key.released.load(Ordering::SeqCst), 1);
    // Another key is another device.
    let signer = AppKey::new().signer();
    let (status, store, _) = open_with(&folder.config(), &KEY, &raw const signer);
    assert_eq!(status, FIELD_OK);
    assert_eq!(refused(field_record_list, store, &json!({})).0, FIELD_SIGNER_BAD);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn a_key_that_is_locked_fails_or_lies_costs_no_word() {
    let folder = Folder::new();
    let key = AppKey::new();
    let store = with_key(&folder, key);
    for (manner, status) in [
        (Manner::Locked, FIELD_KEY_LOCKED),
        (Manner::Failing, FIELD_SIGNER_BAD),
        (Manner::Lying, FIELD_SIGNER_BAD),
        (Manner::Garbage, FIELD_SIGNER_BAD),
        (Manner::Overlong, FIELD_SIGNER_BAD),
    ] {
        key.behave(manner);
        assert_eq!(refused(field_record_new, store, &action("not saved")).0, status, "{manner:?}");
        // A draft needs no signature to be safe here.
        let draft = call(field_record_new, store, &account(&format!("{manner:?}")));
        assert_eq!(refused(field_record_seal, store, &json!({ "id": draft["id"] })).0, status, "{manner:?}");
        key.behave(Manner::Good);
        assert_eq!(call(field_record_seal, store, &json!({ "id": draft["id"] }))["status"], "sealed_incomplete");
    }
    // With each account stands what a rule asks to be looked up.
    let list = call(field_record_list, store, &json!({}));
    let written = list.as_array().unwrap().iter().filter(|line| line["kind"] != "intelligence_check");
    assert_eq!(written.count(), 5);
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(field_close(store), FIELD_OK);
    assert_eq!(key.released.load(Ordering::SeqCst), 1);
}

#[test]
fn a_key_that_hangs_is_abandoned_and_the_store_still_closes() {
    let folder = Folder::new();
    let key = AppKey::new();
    let store = with_key(&folder, key);
    key.behave(Manner::Hanging);
    let begun = Instant::now();
    assert_eq!(refused(field_record_new, store, &action("too slow")).0, FIELD_SIGNER_TIMEOUT);
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(9) && waited < Duration::from_secs(100), "{waited:?}");
    // Closing does not wait for another call that hangs.
    let request = action("while closing").to_string();
    let saving = std::thread::spawn(move || try_call(field_record_new, store, request.as_bytes()).0);
    let before = key.calls.load(Ordering::SeqCst);
    while key.calls.load(Ordering::SeqCst) == before {
        std::thread::yield_now();
    }
    assert_eq!(field_close(store), FIELD_OK);
    assert!(!saving.is_finished(), "closing did not wait for the key to be given up");
    assert_eq!(key.released.load(Ordering::SeqCst), 0, "its calls are still out");
    key.behave(Manner::Good);
    let status = saving.join().unwrap();
    assert!([FIELD_OK, FIELD_SIGNER_TIMEOUT].contains(&status), "{status}");
    while key.released.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let signer = key.signer();
    let (status, store, _) = open_with(&folder.config(), &KEY, &raw const signer);
    assert_eq!(status, FIELD_OK);
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn while_a_key_hangs_nobody_is_told_that_the_store_sleeps_and_it_does_once_the_key_is_back() {
    let folder = Folder::new();
    let key = AppKey::new();
    let store = with_key(&folder, key);
    key.behave(Manner::Hanging);
    let before = key.calls.load(Ordering::SeqCst);
    let request = action("while it falls asleep").to_string();
    let saving = std::thread::spawn(move || try_call(field_record_new, store, request.as_bytes()).0);
    while key.calls.load(Ordering::SeqCst) == before {
        std::thread::yield_now();
    }
    assert_eq!(name(field_suspend(store)), "STORE.waiting");
    // Locked on top of it, it is still open somewhere.
    assert_eq!(name(field_lifecycle(store, 2)), "STORE.waiting");
    key.behave(Manner::Good);
    let status = saving.join().unwrap();
    assert!([FIELD_OK, FIELD_SIGNER_TIMEOUT].contains(&status), "{status}");
    assert_eq!(field_suspend(store), FIELD_OK);
    assert_eq!(name(field_resume(store)), "STORE.locked");
    assert_eq!(unsafe { field_unlock(store, bytes(&KEY)) }, FIELD_OK);
    assert_eq!(name(unsafe { field_unlock(store, bytes(&[1; 32])) }), "STORE.key");
    let held = call(field_record_list, store, &json!({})).as_array().unwrap().len();
    assert_eq!(held, usize::from(status == FIELD_OK));
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn a_budget_is_kept_also_when_the_key_hangs() {
    let folder = Folder::new();
    let key = AppKey::new();
    let store = with_key(&folder, key);
    call(field_record_new, store, &action("waits"));
    key.behave(Manner::Hanging);
    let before = key.calls.load(Ordering::SeqCst);
    let mut answer = EMPTY;
    let status = unsafe { field_sync_once(store, 1_000, &raw mut answer) };
    take(answer);
    // No server is there: whether it had got as far as the key says which of the two it is.
    let asked = key.calls.load(Ordering::SeqCst) > before;
    assert!(status == FIELD_NO_NETWORK || (asked && status == FIELD_MORE_WORK), "{status}");
    key.behave(Manner::Good);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn a_signer_that_is_no_signer_is_refused_and_stays_the_apps() {
    let folder = Folder::new();
    let key = AppKey::new();
    let mut signer = key.signer();
    signer.struct_size = 8;
    assert_eq!(name(open_with(&folder.config(), &KEY, &raw const signer).0), "I.value");
    let mut signer = key.signer();
    signer.sign = None;
    assert_eq!(name(open_with(&folder.config(), &KEY, &raw const signer).0), "FIELD_NULL");
    let mut signer = key.signer();
    signer.public_key = bytes(b"not a key");
    assert_eq!(open_with(&folder.config(), &KEY, &raw const signer).0, FIELD_SIGNER_BAD);
    let signer = key.signer();
    assert_eq!(name(open_with("{}", &KEY, &raw const signer).0), "I.value");
    assert_eq!(key.released.load(Ordering::SeqCst), 0);
}
