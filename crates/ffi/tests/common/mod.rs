//! libfield as an app calls it, and a server that does nothing but enrol.
#![allow(
    dead_code,
    unreachable_pub,
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::undocumented_unsafe_blocks
)]

#[path = "../../../field-cli/tests/common/enrolling.rs"]
mod enrolling;
pub mod signer;

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::ptr::null;
use std::sync::atomic::{AtomicU32, Ordering};

use field::{FIELD_OK, FieldBuffer, FieldBytes, FieldSigner, FieldStatus, FieldStore};
use serde_json::{Value as Json, json};

pub use enrolling::EnrolServer;

pub const KEY: [u8; 32] = [7; 32];

/// A folder that is gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ffi-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn config(&self) -> String {
        json!({ "path": self.0.join("store") }).to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn bytes(data: &[u8]) -> FieldBytes {
    FieldBytes { data: data.as_ptr(), len: data.len() }
}

pub const EMPTY: FieldBuffer = FieldBuffer { data: std::ptr::null_mut(), len: 0 };

/// What is in a buffer, which is given back.
pub fn take(mut buffer: FieldBuffer) -> Json {
    if buffer.data.is_null() {
        return Json::Null;
    }
    let text = unsafe { std::slice::from_raw_parts(buffer.data, buffer.len) }.to_vec();
    unsafe { field::field_buffer_free(&raw mut buffer) };
    serde_json::from_slice(&text).unwrap()
}

pub fn name(status: FieldStatus) -> String {
    let name = field::field_status_name(status);
    if name.is_null() {
        return status.to_string();
    }
    unsafe { CStr::from_ptr(name) }.to_str().unwrap().to_owned()
}

pub fn open_with(config: &str, key: &[u8], signer: *const FieldSigner) -> (FieldStatus, FieldStore, Json) {
    let (mut store, mut error) = (0, EMPTY);
    let status =
        unsafe { field::field_open(bytes(config.as_bytes()), bytes(key), signer, &raw mut store, &raw mut error) };
    (status, store, take(error))
}

pub fn open(folder: &Folder) -> FieldStore {
    let (status, store, error) = open_with(&folder.config(), &KEY, null());
    assert_eq!(status, FIELD_OK, "{error}");
    store
}

/// A function with a request and an answer.
pub type Call = unsafe extern "C" fn(FieldStore, FieldBytes, *mut FieldBuffer) -> FieldStatus;

/// Every one of them.
pub const CALLS: [(&str, Call); 19] = [
    ("field_enrol", field::field_enrol),
    ("field_record_new", field::field_record_new),
    ("field_record_edit", field::field_record_edit),
    ("field_draft_keep", field::field_draft_keep),
    ("field_record_seal", field::field_record_seal),
    ("field_record_addendum", field::field_record_addendum),
    ("field_record_do", field::field_record_do),
    ("field_record_show", field::field_record_show),
    ("field_record_list", field::field_record_list),
    ("field_search", field::field_search),
    ("field_attachment_add", field::field_attachment_add),
    ("field_attachment_fetch", field::field_attachment_fetch),
    ("field_status_get", field::field_status_get),
    ("field_verify", field::field_verify),
    ("field_timeline", field::field_timeline),
    ("field_export", field::field_export),
    ("field_import", field::field_import),
    ("field_prompts", field::field_prompts),
    ("field_matches", field::field_matches),
];

pub fn try_call(call: Call, store: FieldStore, request: &[u8]) -> (FieldStatus, Json) {
    let mut answer = EMPTY;
    let status = unsafe { call(store, bytes(request), &raw mut answer) };
    (status, take(answer))
}

/// A call that must be done.
pub fn call(call: Call, store: FieldStore, request: &Json) -> Json {
    let (status, answer) = try_call(call, store, request.to_string().as_bytes());
    assert_eq!(status, FIELD_OK, "{answer}");
    answer
}

/// The code of a call that must be refused.
pub fn refused(call: Call, store: FieldStore, request: &Json) -> (FieldStatus, String) {
    let (status, answer) = try_call(call, store, request.to_string().as_bytes());
    assert_ne!(status, FIELD_OK, "{answer}");
    (status, answer["error"]["code"].as_str().unwrap().to_owned())
}

/// A store that is an officer's.
pub fn enrolled(folder: &Folder) -> FieldStore {
    let store = open(folder);
    enrol(store);
    store
}

pub fn enrol(store: FieldStore) {
    let server = EnrolServer::start();
    let who = call(field::field_enrol, store, &json!({ "code": server.code() }));
    assert_eq!(who["user"], "pc.green");
}

pub fn account(words: &str) -> Json {
    json!({ "kind": "disclosure", "body": { "speaker": "a pupil",
        "words_verbatim": [{ "seq": 1, "speaker": "a pupil", "text": words, "exact": true }] } })
}

pub fn action(request: &str) -> Json {
    json!({ "kind": "action", "body": { "kind": "enquiry", "requested_by": { "person": "lead", "org": "Northfield" },
        "about": ["a pupil"], "exact_request": request, "due": "2099-01-01T12:00:00Z" } })
}

/// The library's threads that are alive in this process, by name.
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("field-")).collect()
}
