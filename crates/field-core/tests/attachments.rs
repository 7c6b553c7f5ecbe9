//! Files attached on a device, before anything has left it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::server::at;
use common::{Person, Server, account, action, code, open, record};
use field_core::FieldError;
use field_core::net::LinkStore as _;
use serde_json::{Value as Json, json};
use signed::MediaHash;
use sync_engine::device::ProvenPage;
use wire::{Epoch, Row};

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
fn a_files_key_stands_in_the_signed_statement_and_nowhere_else_in_what_is_shown() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    let mut shown = officer.show(&id);
    let statements = shown["statements"].as_array_mut().unwrap();
    let said = statements.iter().find(|said| said["step"] == "attach").unwrap();
    let cose = data_encoding::BASE64.decode(said["cose"].as_str().unwrap().as_bytes()).unwrap();
    let content = documents::Opened::read(&cose).unwrap().statement.content;
    let named = records::Attachment::of(&content).unwrap();
    assert_eq!((named.sha256, named.bytes), (hash(&file), 5));
    statements.iter_mut().for_each(|said| said["cose"] = Json::Null);
    let timeline = officer.field.timeline(field_core::Of::Case(record(shown["case"].as_str().unwrap()))).unwrap();
    let told = format!("{shown} {timeline} {}", officer.field.record_list(Default::default()).unwrap()).to_lowercase();
    for spelling in
        [data_encoding::HEXLOWER.encode(&named.key), data_encoding::BASE64.encode(&named.key).to_lowercase()]
    {
        assert!(!told.contains(&spelling), "the key is shown");
    }
    assert!(told.contains(file["sha256"].as_str().unwrap()));
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

/// The server takes a record from its holder.
fn withdrawn(person: &Person, id: &str) {
    let rows = vec![Row::Withdrawn { document: record(id), headline: None }];
    let from = person.field.hello().unwrap().cursor + 1;
    person.field.store_page(&ProvenPage { from, rows, digest: [9; 32], time: at() }).unwrap();
}

#[test]
fn r88_of_a_record_that_is_withdrawn_no_file_and_no_key_stays() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let (id, other) = (officer.recorded("action", action("coat")), officer.recorded("action", action("hat")));
    let file = attach(&officer, &id, b"a photo of the coat", "image/jpeg");
    let kept = attach(&officer, &other, b"a photo of the hat", "image/jpeg");
    for person in [&officer, &sergeant] {
        server.sync(&person.field);
    }
    for sha256 in [hash(&file), hash(&kept)] {
        officer.field.media_sent(&sha256).unwrap();
    }
    // Somebody else has fetched it.
    let name = file["sha256"].as_str().unwrap();
    let (from, to) = (officer.folder.path().join("media").join(name), sergeant.folder.path().join("media"));
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy(from, to.join(name)).unwrap();
    assert_eq!(opened(&sergeant, &id, &file).unwrap().unwrap(), b"a photo of the coat");
    for person in [&officer, &sergeant] {
        withdrawn(person, &id);
        assert_eq!(code(&opened(person, &id, &file).unwrap_err()), "I.not_found");
        assert!(!media(person.folder.path()).contains(&name.to_owned()));
    }
    assert_eq!(media(officer.folder.path()), [kept["sha256"].as_str().unwrap()]);
    assert_eq!(opened(&officer, &other, &kept).unwrap().unwrap(), b"a photo of the hat");
}

#[test]
fn r88_a_file_of_a_withdrawn_record_that_waits_is_sent_and_then_goes() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    server.sync(&officer.field);
    withdrawn(&officer, &id);
    // The key is gone with the record; what nobody else has yet is still here to be sent.
    assert_eq!(code(&opened(&officer, &id, &file).unwrap_err()), "I.not_found");
    let waiting = officer.field.media_next(0).unwrap().unwrap();
    assert_eq!((waiting.sha256, officer.status()["unsent"]["media"].as_u64()), (hash(&file), Some(1)));
    assert!(!officer.field.media_part(&waiting.sha256, 0, 100).unwrap().is_empty());
    officer.field.media_sent(&waiting.sha256).unwrap();
    assert_eq!(media(officer.folder.path()), Vec::<String>::new());
    assert_eq!(officer.field.media_next(0).unwrap(), None);
}

#[test]
fn nothing_is_offered_before_the_server_holds_the_statement_that_names_it() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("action", action("coat"));
    let file = attach(&officer, &id, b"photo", "image/jpeg");
    assert_eq!(officer.field.media_next(0).unwrap(), None);
    server.sync(&officer.field);
    let waiting = officer.field.media_next(0).unwrap().unwrap();
    assert_eq!(waiting.sha256, hash(&file));
    assert_eq!(officer.field.media_next(waiting.number).unwrap(), None);
    // Refused for now: it stays, with the reason, and is tried in the next session.
    officer.field.media_refused(&waiting.sha256, signed::code::W_MEDIA_FULL).unwrap();
    assert_eq!(officer.show(&id)["attachments"][0]["code"], "W.media_full");
    assert_eq!(officer.field.media_next(0).unwrap(), Some(waiting));
    // The server was restored from a backup: what it had may be gone, so it is offered again.
    officer.field.media_sent(&waiting.sha256).unwrap();
    assert_eq!(officer.field.media_next(0).unwrap(), None);
    officer.field.welcomed(at(), Epoch([8; 16]), "officer").unwrap();
    assert_eq!(officer.field.media_next(0).unwrap(), Some(waiting));
}

#[test]
fn a_record_holds_so_many_files_and_no_more() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("disclosure", account("all of these pages"));
    for page in 0..records::attachments::FILES_MAX {
        attach(&officer, &id, &page.to_be_bytes(), "image/jpeg");
    }
    let refused = officer.field.attachment_read(record(&id), &mut &b"x"[..], None).unwrap_err();
    assert_eq!((code(&refused), refused.code.class.as_str()), ("R80.too_many", "limit"));
    officer.field.record_seal(record(&id)).unwrap();
    assert_eq!(officer.show(&id)["attachments"].as_array().unwrap().len(), records::attachments::FILES_MAX);
}
