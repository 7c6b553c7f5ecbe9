//! The schemas of `proto/api` are those of this version, and what is really asked and answered fits
//! them.
//!
//! `FIRSTHAND_WRITE_SCHEMAS=1 cargo test -p field-core --test api_schemas` makes them anew, before any test reads them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod gallery;
mod net_common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Once;

use field_core::request::{self, parse};
use gallery::Gallery;
use jsonschema::Validator;
use serde_json::{Value as Json, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto/api")
}

/// Every schema of this version, by its place in the folder, as its file holds it.
fn made() -> BTreeMap<String, String> {
    let mut all = field_core::schema::all();
    for kind in records::kinds() {
        let file = format!("bodies/{}.schema.json", kind.name);
        let mut schema = records::schema::body(kind);
        schema["$id"] = json!(file);
        all.push((file, schema));
    }
    all.into_iter().map(|(file, schema)| (file, serde_json::to_string_pretty(&schema).unwrap() + "\n")).collect()
}

/// Every schema that is committed, by its place in the folder; made anew first, once, where that is asked for.
fn committed() -> BTreeMap<String, String> {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("FIRSTHAND_WRITE_SCHEMAS").is_some() {
            write(&made());
        }
    });
    stored()
}

fn stored() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for below in ["", "bodies/"] {
        let Ok(entries) = std::fs::read_dir(folder().join(below)) else { continue };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        for name in names.filter(|name| name.ends_with(".schema.json")) {
            let text = std::fs::read_to_string(folder().join(below).join(&name)).unwrap();
            found.insert(format!("{below}{name}"), text);
        }
    }
    found
}

fn write(schemas: &BTreeMap<String, String>) {
    for gone in stored().keys().filter(|file| !schemas.contains_key(*file)) {
        std::fs::remove_file(folder().join(gone)).unwrap();
    }
    std::fs::create_dir_all(folder().join("bodies")).unwrap();
    for (file, text) in schemas {
        std::fs::write(folder().join(file), text).unwrap();
    }
}

/// The committed schemas, ready to check with; formats count.
struct Schemas(BTreeMap<String, (Json, Validator)>);

impl Schemas {
    fn load() -> Self {
        let one = |(file, text): (String, String)| {
            let schema: Json = serde_json::from_str(&text).unwrap();
            let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
            (file.strip_suffix(".schema.json").unwrap().to_owned(), (schema, validator))
        };
        Self(committed().into_iter().map(one).collect())
    }

    /// The names of those of answers: no request and no body.
    fn of_answers(&self) -> BTreeSet<&str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| !name.ends_with(".request") && !name.contains('/')).collect()
    }

    fn takes(&self, name: &str, json: &Json) -> bool {
        self.0[name].1.is_valid(json)
    }

    #[track_caller]
    fn must_take(&self, name: &str, json: &Json) {
        let faults = self.0[name].1.iter_errors(json).map(|fault| format!("{}: {fault}", fault.instance_path()));
        let faults: Vec<String> = faults.collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}\n{json:#}");
    }

    /// The part of a schema that describes the object this answer is, or begins with.
    fn definition(&self, name: &str, object: &Json) -> &Json {
        let schema = &self.0[name].0;
        let part = if let Some(line) = schema.pointer("/items/$ref") {
            line.as_str().unwrap().rsplit('/').next().unwrap()
        } else if schema.get("anyOf").is_none() {
            return schema;
        } else if object["headline"] == true {
            "Headline"
        } else if object["status"] == "draft" {
            "Draft"
        } else {
            "Record"
        };
        &schema["$defs"][part]
    }
}

#[test]
fn the_committed_schemas_are_those_of_this_version() {
    let (made, committed) = (made(), committed());
    assert_eq!(committed.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (file, text) in &made {
        assert!(
            committed[file] == *text,
            "{file} is of another version; the head of this test says how to make it anew"
        );
    }
}

#[test]
fn real_answers_fit_and_every_schema_of_an_answer_was_seen() {
    let (schemas, gallery) = (Schemas::load(), Gallery::collect());
    let mut seen = BTreeSet::new();
    for (name, answer) in &gallery.answers {
        schemas.must_take(name, answer);
        seen.insert(*name);
    }
    assert_eq!(seen, schemas.of_answers());
}

#[test]
fn an_answer_that_lacks_a_field_or_has_one_of_another_type_does_not_fit() {
    let (schemas, gallery) = (Schemas::load(), Gallery::collect());
    let mut without: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, answer) in &gallery.answers {
        // A list is as wrong as its first line.
        let at = if answer.is_array() { "/0" } else { "" };
        let Some(object) = answer.pointer(at) else { continue };
        let definition = schemas.definition(name, object);
        for field in definition["required"].as_array().unwrap().iter().map(|field| field.as_str().unwrap()) {
            let mut wrong = answer.clone();
            wrong.pointer_mut(at).unwrap()[field] = json!({ "wrong": [7] });
            assert!(!schemas.takes(name, &wrong), "{name}: {field} of another type");
            wrong.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(field);
            assert!(!schemas.takes(name, &wrong), "{name}: without {field}");
            *without.entry(name).or_default() += 1;
        }
    }
    assert_eq!(without.keys().copied().collect::<BTreeSet<_>>(), schemas.of_answers());
}

#[test]
fn a_planted_wrong_word_deep_in_an_answer_does_not_fit() {
    let (schemas, gallery) = (Schemas::load(), Gallery::collect());
    for (name, path, wrong) in [
        ("list.response", "/0/delivery/0/state", json!("lost")),
        ("list.response", "/0/recorded_at", json!("yesterday")),
        ("show.response", "/statements/0/sha256", json!("ABC")),
        ("show.response", "/statements/0/verified", json!("yes")),
        ("seal.response", "/gaps/0/code", json!("no code")),
        ("error", "/error/class", json!("unlucky")),
        ("enrol.response", "/role", json!("king")),
        ("event", "/event", json!("rain")),
    ] {
        let answers = gallery.of(name);
        let answer = answers.iter().find(|answer| answer.pointer(path).is_some()).unwrap();
        let mut planted = (*answer).clone();
        *planted.pointer_mut(path).unwrap() = wrong;
        assert!(!schemas.takes(name, &planted), "{name} {path}");
    }
}

/// Whether the core takes a request.
fn parsed(name: &str, request: &Json) -> bool {
    let bytes = request.to_string();
    let bytes = bytes.as_bytes();
    match name {
        "open" => parse::<request::Open>(bytes).is_ok(),
        "enrol" => parse::<request::Enrol>(bytes).is_ok(),
        "new" => parse::<request::New>(bytes).is_ok(),
        "edit" => parse::<request::Edit>(bytes).is_ok(),
        "seal" => parse::<request::Seal>(bytes).is_ok(),
        "addendum" => parse::<request::Addendum>(bytes).is_ok(),
        "attachment_add" => parse::<request::AttachmentAdd>(bytes).is_ok(),
        "attachment_fetch" => parse::<request::AttachmentFetch>(bytes).is_ok(),
        "do" => parse::<request::Do>(bytes).is_ok(),
        "show" => parse::<request::Show>(bytes).is_ok(),
        "list" => parse::<request::List>(bytes).is_ok(),
        "search" => parse::<request::Search>(bytes).is_ok(),
        "verify" => parse::<request::Verify>(bytes).is_ok(),
        "status" => parse::<request::Status>(bytes).is_ok(),
        "prompts" => parse::<request::Prompts>(bytes).is_ok(),
        "matches" => parse::<request::Matches>(bytes).is_ok(),
        "box_list" => parse::<request::BoxList>(bytes).is_ok(),
        "box_done" => parse::<request::BoxDone>(bytes).is_ok(),
        "timeline" => parse::<request::Timeline>(bytes).is_ok(),
        "export" => parse::<request::Export>(bytes).is_ok(),
        "import" => parse::<request::Import>(bytes).is_ok(),
        "verify_bundle" => parse::<request::VerifyBundle>(bytes).is_ok(),
        "network_state" => parse::<request::NetworkState>(bytes).is_ok(),
        _ => panic!("no request {name}"),
    }
}

#[test]
fn a_schema_takes_a_request_exactly_when_the_core_does() {
    let schemas = Schemas::load();
    let id = "019aa7f0-5b00-7c3d-8a11-0242ac120002";
    let whole = [
        ("open", json!({ "path": "p", "server": "a:1", "now": "2026-11-23T09:00:00Z", "locale": "en-GB" })),
        ("enrol", json!({ "code": "c" })),
        ("new", json!({ "kind": "concern", "body": { "exact_words": "a" } })),
        ("edit", json!({ "id": id, "set": { "a/b": 1 } })),
        ("seal", json!({ "id": id })),
        ("addendum", json!({ "id": id, "text": "t", "set": { "a": "b" }, "reason": "r" })),
        ("attachment_add", json!({ "id": id, "path": "p", "base64": "eA==", "type": "image/jpeg" })),
        ("attachment_fetch", json!({ "id": id, "sha256": "0a".repeat(32), "to": "p" })),
        ("do", json!({ "id": id, "verb": "accept", "body": {} })),
        ("show", json!({ "id": id, "purpose": "handover" })),
        ("list", json!({ "kind": "case", "case": id, "open": true, "unsent": false })),
        ("search", json!({ "text": "word", "person": true, "purpose": "p", "record": id })),
        ("verify", json!({ "id": id })),
        ("status", json!({})),
        ("prompts", json!({})),
        ("matches", json!({})),
        ("box_list", json!({})),
        ("box_done", json!({ "number": 7 })),
        ("timeline", json!({ "person": id, "case": id })),
        (
            "export",
            json!({ "case": id, "record": id, "to": "f", "purpose": "p", "to_whom": "w", "with_reporter": false,
                    "unsent": true }),
        ),
        ("import", json!({ "path": "f" })),
        ("verify_bundle", json!({ "path": "f", "pins": ["ab".repeat(32)] })),
        ("network_state", json!({ "available": true, "metered": false, "interface": "wifi" })),
    ];
    let names: BTreeSet<String> = whole.iter().map(|(name, _)| format!("{name}.request")).collect();
    assert_eq!(names, schemas.0.keys().filter(|name| name.ends_with(".request")).cloned().collect());
    for (name, request) in whole {
        let same = |asked: &Json| {
            let (core, schema) = (parsed(name, asked), schemas.takes(&format!("{name}.request"), asked));
            assert_eq!(core, schema, "{name}: {asked}");
            core
        };
        assert!(same(&request), "{name}");
        let with = |field: &str, value: Json| {
            let mut asked = request.clone();
            asked[field] = value;
            asked
        };
        assert!(!same(&with("no_such", json!(1))), "{name}");
        for field in request.as_object().unwrap().keys() {
            same(&with(field, Json::Null));
            assert!(!same(&with(field, json!([{ "wrong": 7 }]))), "{name}: {field}");
            let mut asked = request.clone();
            asked.as_object_mut().unwrap().remove(field);
            same(&asked);
        }
    }
}

#[test]
fn bodies_that_are_taken_and_shown_fit_their_kind() {
    let (schemas, gallery) = (Schemas::load(), Gallery::collect());
    let mut kinds = BTreeSet::new();
    for (kind, body) in &gallery.bodies {
        schemas.must_take(&format!("bodies/{kind}"), body);
    }
    for shown in gallery.of("show.response").into_iter().filter(|shown| shown["headline"] != true) {
        let kind = records::kind(shown["kind"].as_str().unwrap()).unwrap();
        // What `show` computes may stand above a field of the same name in a form of its own.
        let standing = schemas.definition("show.response", shown)["properties"].as_object().unwrap();
        let own = |name: &String| kind.field(name).is_some() && !standing.contains_key(name);
        let fields = shown.as_object().unwrap().iter().filter(|(name, _)| own(name));
        let fields: Json = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        schemas.must_take(&format!("bodies/{}", kind.name), &fields);
        kinds.insert(kind.name);
    }
    // Made by others than an officer: by an administrator, a sergeant, a school, the server, an inspector.
    let others = ["agreement", "training", "feedback", "recovered_draft", "opening"];
    let made = records::kinds().map(|kind| kind.name).filter(|kind| !others.contains(kind)).collect();
    kinds.retain(|kind| !others.contains(kind));
    assert_eq!(kinds, made);
}

#[test]
fn a_body_that_is_refused_for_its_form_does_not_fit_its_kind() {
    let schemas = Schemas::load();
    for (kind, wrong) in [
        ("concern", json!({ "no_such": 1 })),
        ("concern", json!({ "source": "rumour mill" })),
        ("concern", json!({ "known_to_school_log": "maybe" })),
        ("concern", json!({ "concern_items": [{ "words": "a" }] })),
        ("person", json!({ "dob": "last spring" })),
        ("disclosure", json!({ "first_evidence_done": { "done": true } })),
        ("disclosure", json!({ "questions_asked": { "none": "" } })),
        ("action", json!({ "owner": "somebody else" })),
    ] {
        assert!(!schemas.takes(&format!("bodies/{kind}"), &wrong), "{kind}: {wrong}");
        let kind = records::kind(kind).unwrap();
        assert!(records::normalise(kind, wrong.clone(), &mut String::new).is_err(), "{wrong}");
    }
}
