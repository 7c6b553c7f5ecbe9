//! What an app may do wrong, and what it gets for it: a status each time, and nothing lost.
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::undocumented_unsafe_blocks)]

mod common;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use common::{
    CALLS, EMPTY, Folder, KEY, account, action, bytes, call, enrolled, name, open, open_with, take, try_call,
};
use field::{
    FIELD_CLOSED, FIELD_HANDLE, FIELD_NULL, FIELD_OK, FIELD_TIMEOUT, FIELD_UTF8, FieldBytes, FieldStore, field_close,
    field_event_next, field_lifecycle, field_network_changed, field_record_list, field_record_new, field_record_seal,
    field_rekey, field_resume, field_status_get, field_suspend, field_sync_once, field_sync_start, field_sync_stop,
    field_unlock, field_verify,
};
use serde_json::{Value as Json, json};

const MADE_UP: [FieldStore; 5] = [0, 1, u64::MAX, 7 << 32, 1 << 32 | 900];

/// Every function that takes a store, called as well as it can be otherwise.
fn on_every_function(store: FieldStore) -> Vec<(&'static str, i32)> {
    let mut answers: Vec<(&str, i32)> =
        CALLS.iter().map(|(name, call)| (*name, try_call(*call, store, b"{}").0)).collect();
    let mut buffer = EMPTY;
    let mut with_buffer = |name: &'static str, status: i32| answers.push((name, status));
    with_buffer("field_rekey", unsafe { field_rekey(store, bytes(&KEY), &raw mut buffer) });
    take(std::mem::replace(&mut buffer, EMPTY));
    with_buffer("field_sync_once", unsafe { field_sync_once(store, 10, &raw mut buffer) });
    take(std::mem::replace(&mut buffer, EMPTY));
    with_buffer("field_event_next", unsafe { field_event_next(store, 0, &raw mut buffer) });
    take(buffer);
    answers.push(("field_sync_start", field_sync_start(store)));
    answers.push(("field_sync_stop", field_sync_stop(store)));
    answers.push(("field_suspend", field_suspend(store)));
    answers.push(("field_resume", field_resume(store)));
    answers.push(("field_lifecycle", field_lifecycle(store, 0)));
    answers.push(("field_unlock", unsafe { field_unlock(store, bytes(&KEY)) }));
    answers.push(("field_network_changed", unsafe { field_network_changed(store, bytes(br#"{"available":true}"#)) }));
    answers
}

#[test]
fn r98_a_handle_that_is_made_up_or_closed_is_a_status_everywhere() {
    for store in MADE_UP {
        for (function, status) in on_every_function(store) {
            assert_eq!(status, FIELD_HANDLE, "{function} with {store:x}");
        }
        assert_eq!(field_close(store), FIELD_HANDLE);
    }
    let folder = Folder::new();
    let store = open(&folder);
    assert_eq!(field_close(store), FIELD_OK);
    for (function, status) in on_every_function(store) {
        assert_eq!(status, FIELD_CLOSED, "{function}");
    }
    assert_eq!(field_close(store), FIELD_CLOSED);
}

#[test]
fn r98_null_is_a_status_and_never_a_crash() {
    let folder = Folder::new();
    let store = open(&folder);
    let nothing = FieldBytes { data: null(), len: 5 };
    for (name, call) in CALLS {
        assert_eq!(unsafe { call(store, bytes(b"{}"), null_mut()) }, FIELD_NULL, "{name}");
        let mut answer = EMPTY;
        assert_eq!(unsafe { call(store, nothing, &raw mut answer) }, FIELD_NULL, "{name}");
        assert_eq!(take(answer)["error"]["code"], "FIELD_NULL");
    }
    unsafe {
        assert_eq!(field_event_next(store, 0, null_mut()), FIELD_NULL);
        assert_eq!(field_sync_once(store, 0, null_mut()), FIELD_NULL);
        assert_eq!(field_rekey(store, bytes(&KEY), null_mut()), FIELD_NULL);
        assert_eq!(field_unlock(store, FieldBytes { data: null(), len: 32 }), FIELD_NULL);
        assert_eq!(field_unlock(store, FieldBytes { data: null(), len: 0 }), FIELD_NULL);
        assert_eq!(field_network_changed(store, nothing), FIELD_NULL);
        assert_eq!(field::field_set_log_callback(None, null_mut()), FIELD_OK);
        let config = folder.config();
        let (mut handle, mut error) = (0, EMPTY);
        assert_eq!(field::field_open(nothing, bytes(&KEY), null(), &raw mut handle, &raw mut error), FIELD_NULL);
        take(std::mem::replace(&mut error, EMPTY));
        assert_eq!(
            field::field_open(bytes(config.as_bytes()), bytes(&KEY), null(), null_mut(), &raw mut error),
            FIELD_NULL
        );
        take(error);
        assert_eq!(
            field::field_open(bytes(config.as_bytes()), bytes(&KEY), null(), null_mut(), null_mut()),
            FIELD_NULL
        );
    }
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn r98_what_is_no_request_is_refused_by_code_and_nothing_is_lost() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let kept = call(field_record_new, store, &action("before"));
    let deep = |open: &str, close: &str| {
        format!("{{\"kind\":\"action\",\"body\":{{\"x\":{}1{}}}}}", open.repeat(10_000), close.repeat(10_000))
    };
    let long = format!("{{\"kind\":\"{}\"}}", "x".repeat(1024 * 1024));
    let (lists, objects) = (deep("[", "]"), deep("{\"a\":", "}"));
    let cases: [(&[u8], &str); 10] = [
        (b"\xff\xfe", "FIELD_UTF8"),
        (b"", "I.json"),
        (b"[]", "I.json"),
        (b"{", "I.json"),
        (br#"{"kind":"action","body":{}} trailing"#, "I.json"),
        (br#"{"kind":"action","body":{},"colour":"red"}"#, "I.field"),
        (br#"{"kind":7,"body":{}}"#, "I.value"),
        (lists.as_bytes(), "I.json"),
        (objects.as_bytes(), "I.json"),
        (long.as_bytes(), "I.too_large"),
    ];
    for (request, code) in cases {
        let (status, answer) = try_call(field_record_new, store, request);
        let start = String::from_utf8_lossy(&request[..request.len().min(60)]).into_owned();
        assert_eq!(answer["error"]["code"], code, "{start}");
        assert_eq!(name(status), code, "{start}");
        assert_eq!(answer["error"]["number"], status, "{start}");
    }
    assert_eq!(FIELD_UTF8, 5);
    let list = call(field_record_list, store, &json!({}));
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["id"], kept["id"]);
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn r98_a_store_opened_twice_is_an_error_and_two_stores_do_not_notice_each_other() {
    let (one, two) = (Folder::new(), Folder::new());
    let (first, second) = (enrolled(&one), enrolled(&two));
    let (status, store, error) = open_with(&one.config(), &KEY, null());
    assert_eq!((name(status).as_str(), store, &error["error"]["class"]), ("STORE.in_use", 0, &json!("busy")));
    call(field_record_new, first, &action("in one alone"));
    assert_eq!(call(field_record_list, second, &json!({})), json!([]));
    assert_eq!(field_close(second), FIELD_OK);
    assert_eq!(call(field_record_list, first, &json!({})).as_array().unwrap().len(), 1);
    assert_eq!(field_close(first), FIELD_OK);
    let again = open(&one);
    assert_eq!(call(field_record_list, again, &json!({})).as_array().unwrap().len(), 1);
    assert_eq!(field_close(again), FIELD_OK);
}

#[test]
fn r92_another_key_opens_nothing_and_changes_no_byte() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    call(field_record_new, store, &action("kept"));
    assert_eq!(field_close(store), FIELD_OK);
    let file = folder.0.join("store/field.db");
    let before = std::fs::read(&file).unwrap();
    let (status, _, error) = open_with(&folder.config(), &[8; 32], null());
    assert_eq!((name(status).as_str(), &error["error"]["class"]), ("STORE.key", &json!("denied")));
    for (key, code) in [(&KEY[..31], "I.value"), (&[][..], "I.value")] {
        let (status, _, _) = open_with(&folder.config(), key, null());
        assert_eq!(name(status), code);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn r98_sixteen_threads_use_one_store_and_every_record_is_there() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let writers: Vec<_> = (0..16)
        .map(|thread| {
            std::thread::spawn(move || {
                for number in 0..6 {
                    let made = call(field_record_new, store, &action(&format!("{thread}.{number}")));
                    call(field_record_list, store, &json!({ "open": true }));
                    call(field::field_record_show, store, &json!({ "id": made["id"] }));
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(call(field_record_list, store, &json!({})).as_array().unwrap().len(), 96);
    assert_eq!(call(field_verify, store, &json!({}))["ok"], true);
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn r98_closing_wakes_whoever_waits_for_an_event_and_ends_calls_under_way() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let mut nothing = EMPTY;
    assert_eq!(unsafe { field_event_next(store, 0, &raw mut nothing) }, FIELD_TIMEOUT);
    assert!(nothing.data.is_null());
    assert_eq!(field_sync_start(store), FIELD_OK);
    let waiting = std::thread::spawn(move || {
        loop {
            let mut event = EMPTY;
            let status = unsafe { field_event_next(store, 600_000, &raw mut event) };
            take(event);
            if status != FIELD_OK {
                return status;
            }
        }
    });
    let saving = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&saving);
    let writer = std::thread::spawn(move || {
        let mut saved: Vec<Json> = Vec::new();
        loop {
            let (status, answer) = try_call(field_record_new, store, action("while it closes").to_string().as_bytes());
            flag.store(true, Ordering::SeqCst);
            if status != FIELD_OK {
                return (status, saved);
            }
            saved.push(answer["id"].clone());
        }
    });
    while !saving.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    let begun = std::time::Instant::now();
    assert_eq!(field_close(store), FIELD_OK);
    assert!(begun.elapsed().as_secs() < 50, "it is to take less than five seconds");
    assert_eq!(waiting.join().unwrap(), FIELD_CLOSED);
    let (status, saved) = writer.join().unwrap();
    assert_eq!(status, FIELD_CLOSED);
    let again = open(&folder);
    let list = call(field_record_list, again, &json!({}));
    let there: Vec<&Json> = list.as_array().unwrap().iter().map(|line| &line["id"]).collect();
    assert!(saved.iter().all(|id| there.contains(&id)), "what was reported saved is there");
    assert_eq!(field_close(again), FIELD_OK);
}

#[test]
fn r98_an_account_is_taken_and_sealed_through_the_c_interface() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let draft = call(field_record_new, store, &account("he said it was our secret"));
    assert_eq!(draft["status"], "draft");
    let kept = json!({ "id": draft["id"], "set": { "why_called": "the tutor rang" } });
    call(field::field_draft_keep, store, &kept);
    let sealed = call(field_record_seal, store, &json!({ "id": draft["id"] }));
    assert_eq!(sealed["status"], "sealed_incomplete");
    let edit = json!({ "id": draft["id"], "set": { "why_called": "something else" } });
    assert_eq!(common::refused(field::field_record_edit, store, &edit).1, "S.sealed");
    let more = json!({ "id": draft["id"], "text": "she said it twice", "reason": "heard again" });
    call(field::field_record_addendum, store, &more);
    let shown = call(field::field_record_show, store, &json!({ "id": draft["id"], "purpose": "to check" }));
    assert_eq!(shown["why_called"], "the tutor rang");
    assert_eq!(shown["addenda"][0]["text"], "she said it twice");
    assert_eq!(call(field::field_search, store, &json!({ "text": "secret" }))[0]["id"], draft["id"]);
    let unsent = call(field_status_get, store, &json!({}))["unsent"].clone();
    assert!(unsent.as_object().unwrap().values().any(|count| count != 0), "{unsent}");
    assert_eq!(field_close(store), FIELD_OK);
}

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

unsafe extern "C" fn keep(_: *mut c_void, _: i32, line: FieldBytes) {
    let line = unsafe { std::slice::from_raw_parts(line.data, line.len) };
    LINES.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
}

#[test]
fn r98_no_error_and_no_line_of_the_log_holds_a_word_of_what_was_asked() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    assert_eq!(unsafe { field::field_set_log_callback(Some(keep), null_mut()) }, FIELD_OK);
    let requests = [
        r#"{"kind":"CANARY","body":{}}"#,
        r#"{"kind":"action","body":{"exact_request":{"CANARY":1}}}"#,
        r#"{"kind":"action","body":{"CANARY Marsh Lane 7":"x"}}"#,
        r#"{"kind":"action","body":"CANARY"}"#,
        r#"{"CANARY WORDS":"action"}"#,
        r#"{"kind":"disclosure","body":{"interpretation":[{"text":"CANARY"}],"speaker":7}}"#,
        r#"{"id":"CANARY","verb":"CANARY","body":{"CANARY":"CANARY"}}"#,
        r#"{"kind":"action", CANARY"#,
        r#"{"code":"CANARY"}"#,
        r#"{"text":"CANARY","CANARY":"CANARY"}"#,
    ];
    for request in requests {
        for (function, call) in CALLS {
            let (status, answer) = try_call(call, store, request.as_bytes());
            assert!(!answer.to_string().contains("CANARY"), "{function}: {answer}");
            assert_eq!(answer["error"].is_null(), status == FIELD_OK, "{function}: {answer}");
        }
    }
    assert_eq!(unsafe { field::field_set_log_callback(None, null_mut()) }, FIELD_OK);
    let lines = LINES.lock().unwrap();
    assert!(lines.len() > requests.len() * 6, "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("CANARY")), "{lines:?}");
    assert_eq!(field_close(store), FIELD_OK);
}
