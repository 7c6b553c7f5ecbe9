//! People with devices, and a server small enough to be read: it verifies frames, keeps what it
//! is sent, and writes everybody's inbox.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
#![allow(clippy::wildcard_enum_match_arm)]

pub mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use field_core::{Clock, Field, FieldError, ListFilter, Options, SeededRandom, StoreKey, TestClock};
use serde_json::{Value as Json, json};
use signed::{RecordId, Timestamp};

pub use server::Server;

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A folder that goes when the test is done.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("firsthand-{}-{number}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub const KEY: [u8; 32] = [0x42; 32];

pub fn morning() -> Arc<dyn Clock> {
    Arc::new(TestClock::starting_at(Timestamp::parse("2026-11-23T09:00:00Z").unwrap()))
}

pub fn options(dir: &Path) -> Options {
    let seed = NUMBER.fetch_add(1, Ordering::Relaxed);
    Options {
        dir: dir.to_owned(),
        key: StoreKey::new(KEY),
        clock: morning(),
        random: Arc::new(SeededRandom::new(seed)),
        signer: None,
    }
}

pub fn open(dir: &Path) -> Field {
    Field::open(options(dir)).unwrap()
}

/// Someone with a handset.
pub struct Person {
    pub folder: Folder,
    pub field: Field,
}

impl Person {
    /// A new device of this user, enrolled.
    pub fn enrolled(server: &mut Server, user: &str) -> Self {
        let folder = Folder::new(user);
        let field = open(folder.path());
        server.enrol(&field, user);
        Self { folder, field }
    }

    pub fn new_record(&self, kind: &str, body: Json) -> String {
        let made = self.field.record_new(kind, body).unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// A record of which nothing is a draft any more: sealed, where its kind is drafted.
    pub fn recorded(&self, kind: &str, body: Json) -> String {
        let id = self.new_record(kind, body);
        if records::kind(kind).unwrap().drafted {
            self.field.record_seal(record(&id)).unwrap();
        }
        id
    }

    pub fn edit(&self, id: &str, path: &str, value: Json) -> Result<Json, FieldError> {
        self.field.record_edit(record(id), vec![(path.to_owned(), value)])
    }

    pub fn step(&self, id: &str, verb: &str, body: Json) -> Result<Json, FieldError> {
        self.field.record_do(record(id), verb, body)
    }

    pub fn show(&self, id: &str) -> Json {
        self.field.record_show(record(id), Some("test".into())).unwrap()
    }

    pub fn list(&self) -> Vec<Json> {
        lines(self.field.record_list(ListFilter::default()).unwrap())
    }

    pub fn search(&self, text: &str) -> Vec<Json> {
        lines(self.field.search(text).unwrap())
    }

    pub fn status(&self) -> Json {
        self.field.status().unwrap()
    }
}

pub fn lines(json: Json) -> Vec<Json> {
    json.as_array().unwrap().clone()
}

pub fn record(id: &str) -> RecordId {
    id.parse().unwrap()
}

pub fn code(error: &FieldError) -> &'static str {
    error.code.name
}

/// A child's account with everything a seal asks for.
pub fn account(words: &str) -> Json {
    json!({
        "speaker": "Child A",
        "child_view": [{ "child": "Child A", "words": "does not want Mum to know" }],
        "words_verbatim": [{ "seq": 1, "speaker": "Child A", "text": words, "exact": true }],
        "questions_asked": [{ "seq": 1, "text": "Tell me what happened.", "asker": "officer", "type": "open" }],
        "who_present": [{ "person": "Ms Reed", "role": "teacher", "part_or_whole": "whole" }],
        "seen_alone": "yes",
        "account_started_at": "2026-11-23T08:40:00Z",
        "account_ended_at": "2026-11-23T08:50:00Z",
        "setting": { "type": "school", "place": "library", "chosen_by_child": "yes" },
        "how_recorded": "typed_live",
        "communication": { "needs": [] },
        "first_evidence_done": { "not_applicable": "words only" },
        "medical_need": "no",
        "immediate_safety": { "safe_now": "yes", "where_going": "class", "suspect_access": "no" },
        "reassured": { "done": { "when": "2026-11-23T08:50:00Z", "by": "officer" } },
    })
}

pub fn concern(words: &str) -> Json {
    json!({
        "source": "school",
        "exact_words": words,
        "concern_items": [{ "text": words }],
        "received_from": "Ms Reed",
        "known_to_school_log": "no",
        "heard_how": "direct",
    })
}

pub fn action(request: &str) -> Json {
    json!({
        "requested_by": { "person": "lead1", "org": "school" },
        "exact_request": request,
        "about": ["Child A"],
        "action_kind": "visit",
        "due": "2026-11-24T09:00:00Z",
        "school": "100001",
    })
}
