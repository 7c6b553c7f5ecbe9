//! The program itself: its words, its exit status, its key, its store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Device, EnrolServer};
use field_core::{Field, Options, StoreKey};
use serde_json::json;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The key in a device's key file.
fn key_of(device: &Device) -> StoreKey {
    let text = std::fs::read_to_string(device.store().join("key")).unwrap();
    StoreKey::new(data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap().try_into().unwrap())
}

#[test]
fn every_command_explains_itself() {
    let device = Device::new();
    let commands = [
        "enrol", "new", "edit", "seal", "addendum", "do", "show", "list", "search", "status", "sync", "watch",
        "verify", "lock", "rekey",
    ];
    let all = device.run(&["--help"]);
    assert_eq!(all.status, 0);
    for command in commands {
        assert!(all.out.contains(command), "{command}");
        assert_eq!(device.run(&[command, "--help"]).status, 0, "{command}");
    }
    assert!(!device.store().exists(), "help makes no store");
}

#[test]
fn wrong_usage_exits_2_and_repeats_nothing() {
    let device = Device::new();
    for words in [
        &["CANARY"][..],
        &["new"],
        &["show", "CANARY"],
        &["new", "concern", "--set", "CANARY"],
        &["new", "concern", "--from", "/CANARY/no/such/file"],
        &["sync", "--timeout", "CANARY"],
        &["--now", "CANARY", "status"],
        &["--server", "CANARY", "status"],
    ] {
        let run = device.run(words);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(!run.err.is_empty() && !run.err.contains("CANARY"), "{words:?}: {}", run.err);
        let run = device.run(&[&["--json"], words].concat());
        assert_eq!((run.status, &run.json()["error"]["code"]), (2, &json!("I.usage")), "{words:?}");
    }
    let bare = std::process::Command::new(env!("CARGO_BIN_EXE_field")).arg("status").output().unwrap();
    assert_eq!(bare.status.code(), Some(2), "which store?");
}

#[test]
fn a_body_that_is_no_json_is_refused_without_its_words() {
    let device = Device::new();
    for body in ["{\"exact_words\": CANARY", "[\"CANARY\"]", "\"CANARY\""] {
        let run = device.fed(&["--json", "new", "concern", "--from", "-"], body);
        assert_eq!((run.status, &run.json()["error"]["code"]), (1, &json!("I.json")), "{body}");
        assert!(!run.out.contains("CANARY") && !run.err.contains("CANARY"));
    }
}

#[test]
fn the_key_is_made_on_first_use_for_its_owner_alone() {
    let device = Device::new();
    let status = device.json(&["status"]);
    for name in ["device", "user", "online", "unsent", "oldest_unsent_seconds", "last_receipt_at", "cursor"] {
        assert!(status.get(name).is_some(), "{name} in {status}");
    }
    assert_eq!(mode(&device.store().join("key")), 0o600);
    assert_eq!(mode(&device.store()), 0o700);
    let key = std::fs::read(device.store().join("key")).unwrap();
    device.json(&["status"]);
    assert_eq!(std::fs::read(device.store().join("key")).unwrap(), key);
}

#[test]
fn a_key_file_may_lie_elsewhere() {
    let device = Device::new();
    let key = device.home.join("elsewhere");
    device.json(&["--key-file", key.to_str().unwrap(), "status"]);
    assert!(!device.store().join("key").exists());
    assert_eq!(mode(&key), 0o600);
    let error = device.refused(&["status"]);
    assert_eq!((&error["code"], &error["class"]), (&json!("STORE.key"), &json!("denied")));
    assert!(!device.store().join("key").exists(), "no second key for a store that has one");
}

#[test]
fn a_wrong_key_changes_nothing() {
    let device = Device::new();
    device.json(&["status"]);
    let database = device.store().join("field.db");
    let before = std::fs::read(&database).unwrap();
    for wrong in ["00".repeat(32), "not a key".into(), String::new()] {
        std::fs::write(device.store().join("key"), wrong).unwrap();
        assert_eq!(device.refused(&["status"])["code"], "STORE.key");
        assert_eq!(std::fs::read(&database).unwrap(), before);
    }
}

#[test]
fn r92_without_the_key_words_are_taken_into_the_box_and_nothing_else_is_done() {
    let device = Device::enrolled();
    let (key, away) = (device.store().join("key"), device.home.join("away"));
    std::fs::rename(&key, &away).unwrap();
    let body = r#"{"words_verbatim": [{"seq": 1, "speaker": "a pupil", "text": "CANARY I will not say who"}]}"#;
    let made = device.fed(&["--json", "new", "disclosure", "--from", "-"], body);
    assert_eq!((made.status, &made.json()["status"]), (0, &json!("boxed")), "{}", made.out);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let edited = device.run(&["edit", &id, "--set", "how_recorded=typed_live"]);
    assert!(edited.status == 0 && edited.out.contains("sealed box"), "{}", edited.out);
    for words in [&["show", id.as_str()][..], &["list"], &["seal", id.as_str()], &["status"]] {
        assert_eq!(device.refused(words)["code"], "STORE.key", "{words:?}");
    }
    assert!(!key.exists(), "no second key for a store that has one");
    for entry in std::fs::read_dir(device.store().join("box")).unwrap().map(Result::unwrap) {
        assert_eq!(mode(&entry.path()), 0o600);
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"CANARY"));
    }
    std::fs::rename(&away, &key).unwrap();
    let shown = device.json(&["show", &id]);
    assert_eq!(shown["words_verbatim"][0]["text"], "CANARY I will not say who");
    assert_eq!(shown["how_recorded"], "typed_live");
    assert!(device.run(&["box"]).out.contains("Nothing is left"));
    assert_eq!(device.json(&["status"])["boxed"], 0);
}

#[test]
fn a_store_in_use_is_said_at_once() {
    let device = Device::new();
    device.json(&["status"]);
    let _held = Field::open(Options::new(device.store(), key_of(&device))).unwrap();
    let error = device.refused(&["status"]);
    assert_eq!(
        (&error["code"], &error["class"], &error["number"]),
        (&json!("STORE.in_use"), &json!("busy"), &json!(1002))
    );
    assert_eq!(device.refused(&["watch"])["code"], "STORE.in_use");
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let device = Device::new();
    device.json(&["status"]);
    let path = device.store().join("key");
    let old = std::fs::read(&path).unwrap();
    device.json(&["rekey"]);
    let new = std::fs::read(&path).unwrap();
    assert_ne!(old, new);
    assert_eq!(mode(&path), 0o600);
    device.json(&["status"]);
    std::fs::write(&path, &old).unwrap();
    assert_eq!(device.refused(&["status"])["code"], "STORE.key");
}

#[test]
fn a_change_of_key_may_be_cut_off_at_any_moment() {
    let device = Device::new();
    device.json(&["status"]);
    let (path, beside) = (device.store().join("key"), device.store().join("key.new"));
    let old = std::fs::read(&path).unwrap();
    // Before the store took the new key.
    std::fs::write(&beside, "11".repeat(32)).unwrap();
    device.json(&["status"]);
    device.json(&["rekey"]);
    // After it did, before the file was put in place.
    std::fs::rename(&path, &beside).unwrap();
    std::fs::write(&path, &old).unwrap();
    device.json(&["status"]);
    assert!(!beside.exists());
    assert_ne!(std::fs::read(&path).unwrap(), old);
}

#[test]
fn a_device_that_is_nobodys_says_so() {
    let device = Device::new();
    for words in [&["new", "concern"][..], &["sync"], &["watch"]] {
        assert_eq!(device.refused(words)["code"], "D.not_enrolled", "{words:?}");
    }
}

#[test]
fn an_enrolment_is_told_in_the_contracts_words() {
    let device = Device::new();
    assert_eq!(device.refused(&["enrol", "--code", "CANARY"])["code"], "D.code_form");
    let server = EnrolServer::start();
    let code = server.code();
    let gone = device.refused(&["--server", "127.0.0.1:1", "enrol", "--timeout", "0.3", "--code", &code]);
    assert_eq!((&gone["code"], &gone["class"]), (&json!("D.offline"), &json!("offline")));
    let address = code.parse::<wire::EnrolmentCode>().unwrap().address;
    let enrolled = device.json(&["--server", &address, "enrol", "--code", &code]);
    assert_eq!((&enrolled["user"], &enrolled["role"]), (&json!("pc.green"), &json!("officer")));
    assert_eq!(enrolled["device"].as_str().map(str::len), Some(36));
    assert_eq!(device.refused(&["enrol", "--code", &code])["code"], "D.enrolled");
    assert_eq!(device.json(&["status"])["user"], "pc.green");
}

#[test]
fn a_test_clock_is_said_on_standard_error() {
    let device = Device::new();
    let run = device.run(&["--json", "--now", "2026-11-22T09:30:00+01:00", "status"]);
    assert!(run.err.contains("2026-11-22T08:30:00.000Z"), "{}", run.err);
    assert!(run.json().is_object());
}
