//! Files attached on a device, before anything has left it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::{Person, Server, account, action, code, open, record};
use field_core::FieldError;
use serde_json::{Value as Json, json};
use signed::MediaHash;

fn attach(person: &Person, id: &str, bytes: &[u8], kind: &str) -> Json {
    person.field.attachment_read(record(id), &mut &bytes[..], Some(kind)).unwrap()
}

fn hash(answer: &Json) -> MediaHash {
    answer["sha256"].as_str().unwrap().parse().unwrap()
}

fn opened(person: &Person, id: &str, file: &Json) -> Result<Option<Vec<u8>>, FieldError> {
    let to = person.folder.path().join("opened");
    let answer = person.field.attachment_open(record(id), hash(file), &to)?;
    Ok(answer.map(|_| std::fs::read(&to).unwrap()))
}

fn media(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("media")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn r80_a_file_is_on_disk_encrypted_and_named_by_a_statement_before_the_answer() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("find the coat"));
    let words = b"a list of names on paper, photographed".repeat(5_000);
    let file = attach(&officer, &id, &words, "image/jpeg");
    assert_eq!((file["bytes"].as_u64(), file["type"].as_str()), (Some(words.len() as u64), Some("image/jpeg")));
    let cipher = std::fs::read(officer.folder.path().join("media").join(file["sha256"].as_str().unwrap())).unwrap();
    assert_eq!(signed::digest::sha256(&cipher), hash(&file).0);
    assert!(!cipher.windows(14).any(|window| window == b"list of names "));
    let shown = officer.show(&id);
    assert_eq!(shown["attachments"][0]["state"], "waiting");
    assert_eq!(shown["attachments"][0]["by"], "officer1");
    assert!(shown["statements"].as_array().unwrap().iter().any(|said| said["step"] == "attach"));
    assert_eq!(officer.status()["unsent"]["media"], 1);
    // After a restart it opens as it was.
    let Person { folder, field } = officer;
    drop(field);
    let officer = Person { field: open(folder.path()), folder };
    assert_eq!(opened(&officer, &id, &file).unwrap().unwrap(), words);
    assert_eq!(officer.field.verify(None).unwrap()["ok"], true);
}

#[test]
#[cfg(unix)]
fn what_is_attached_and_what_is_opened_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("find the coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    opened(&officer, &id, &file).unwrap().unwrap();
    for name in [format!("media/{}", file["sha256"].as_str().unwrap()), "opened".into()] {
        let mode = std::fs::metadata(officer.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_of_a_draft_is_named_in_the_record_when_it_is_sealed() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("disclosure", account("the lantern was out"));
    let file = attach(&officer, &id, b"a drawing", "image/png");
    assert_eq!(officer.show(&id)["attachments"][0]["sha256"], file["sha256"]);
    // Nothing of a draft is sent, so nothing of it waits to be.
    assert_eq!(officer.status()["unsent"]["media"], 0);
    officer.field.record_seal(record(&id)).unwrap();
    let shown = officer.show(&id);
    assert_eq!(shown["attachments"].as_array().unwrap().len(), 1);
    assert!(shown["statements"].as_array().unwrap().iter().any(|said| said["step"] == "attach"));
    assert_eq!(officer.status()["unsent"]["media"], 1);
    assert_eq!(opened(&officer, &id, &file).unwrap().unwrap(), b"a drawing");
}

#[test]
fn r53_what_was_attached_counts_as_evidence() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded(
        "action",
        json!({"action_kind": "evidence", "requested_by": {"person": "lead1", "org": "school"},
        "exact_request": "the footage", "about": ["Child A"], "due": "2026-11-24T09:00:00Z"}),
    );
    officer.step(&id, "accept", json!({})).unwrap();
    let refused =
        officer.step(&id, "complete", json!({"outcome": "found", "evidence": [{"ref": "tape 4"}]})).unwrap_err();
    assert_eq!(code(&refused), "R53.evidence");
    attach(&officer, &id, b"footage", "video/mp4");
    officer.step(&id, "complete", json!({"outcome": "found"})).unwrap();
}

#[test]
fn r110_a_flagged_file_is_locked_at_once_and_only_a_file_of_the_record_is_flagged() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let (id, other) = (officer.recorded("action", action("coat")), officer.recorded("action", action("hat")));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    let flag = |record: &str, reason: Json| {
        officer.step(record, "flag_image", json!({"sha256": file["sha256"], "reason": reason}))
    };
    assert_eq!(code(&flag(&other, json!("may show a child")).unwrap_err()), "I.not_found");
    assert_eq!(code(&flag(&id, json!("")).unwrap_err()), "I.reason");
    flag(&id, json!("may show a child")).unwrap();
    assert_eq!(officer.show(&id)["attachments"][0]["state"], "locked");
    assert_eq!(code(&opened(&officer, &id, &file).unwrap_err()), "R110.locked");
    assert_eq!(officer.status()["unsent"]["media"], 0);
}

#[test]
fn what_no_file_may_be_is_refused_by_name_and_leaves_nothing() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("coat"));
    let refused = |bytes: &mut dyn std::io::Read, kind: Option<&str>| {
        let mut bytes = bytes;
        code(&officer.field.attachment_read(record(&id), &mut bytes, kind).unwrap_err())
    };
    assert_eq!(refused(&mut std::io::repeat(0), None), "R80.too_large");
    assert_eq!(refused(&mut &b"x"[..], Some("a photo of Sam.jpg")), "I.value");
    let gone = officer.field.attachment_add(record(&id), Path::new("/nowhere/at/all"), None).unwrap_err();
    assert_eq!(code(&gone), "I.value");
    let unknown = record("019aa7f0-5b00-7c3d-8a11-0242ac120002");
    let none = officer.field.attachment_read(unknown, &mut &b"x"[..], None).unwrap_err();
    assert_eq!(code(&none), "I.not_found");
    assert_eq!(media(officer.folder.path()), Vec::<String>::new());
    assert_eq!(officer.show(&id)["attachments"], json!([]));
}

#[test]
fn what_a_crash_left_half_written_goes_at_the_next_opening_and_nothing_else_does() {
    let mut server = Server::new();
    let Person { folder, field } = Person::enrolled(&mut server, "officer1");
    let officer = Person { folder, field };
    let id = officer.recorded("action", action("coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    let Person { folder, field } = officer;
    drop(field);
    for name in ["00ff.new".to_owned(), "ab".repeat(32), format!("{}.part", "cd".repeat(32)), "notes.txt".into()] {
        std::fs::write(folder.path().join("media").join(name), b"left").unwrap();
    }
    let officer = Person { field: open(folder.path()), folder };
    let mut left = media(officer.folder.path());
    left.sort();
    let mut expected = vec![file["sha256"].as_str().unwrap().to_owned(), "notes.txt".into()];
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn a_ciphertext_that_was_changed_on_disk_does_not_open_and_verify_says_so() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    let place = officer.folder.path().join("media").join(file["sha256"].as_str().unwrap());
    let mut bytes = std::fs::read(&place).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&place, bytes).unwrap();
    assert_eq!(code(&opened(&officer, &id, &file).unwrap_err()), "R80.damaged");
    assert!(!officer.folder.path().join("opened").exists());
    assert_eq!(officer.field.verify(None).unwrap()["faults"][0]["code"], "R80.damaged");
}
