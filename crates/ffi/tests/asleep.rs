//! Before the system freezes an app nothing of the library may run. Alone in its program, because it
//! counts the threads of the process.
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::undocumented_unsafe_blocks)]

mod common;

use common::{Folder, KEY, action, call, enrolled, name, open_with, refused, threads};
use field::{
    FIELD_OK, field_close, field_record_list, field_record_new, field_resume, field_suspend, field_sync_start,
};
use serde_json::json;

#[test]
fn after_suspend_no_thread_runs_the_file_is_closed_and_resume_goes_on() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let made = call(field_record_new, store, &action("kept"));
    assert_eq!(field_sync_start(store), FIELD_OK);
    until_it_looks_for_the_server();
    assert_eq!(field_suspend(store), FIELD_OK);
    assert_eq!(threads(), Vec::<String>::new());
    assert_eq!(refused(field_record_list, store, &json!({})).1, "STORE.suspended");
    // The file is free: somebody else may have it now, and gives it back.
    let (status, other, _) = open_with(&folder.config(), &KEY, std::ptr::null());
    assert_eq!(status, FIELD_OK);
    assert_eq!(name(field_resume(store)), "STORE.in_use");
    assert_eq!(field_close(other), FIELD_OK);
    assert_eq!(field_resume(store), FIELD_OK);
    assert_eq!(field_resume(store), FIELD_OK, "twice is harmless");
    assert_eq!(call(field_record_list, store, &json!({}))[0]["id"], made["id"]);
    until_it_looks_for_the_server();
    assert_eq!(field_close(store), FIELD_OK);
    assert_eq!(threads(), Vec::<String>::new());
}

fn until_it_looks_for_the_server() {
    while threads().is_empty() {
        std::thread::yield_now();
    }
}
