//! Words that a handset without a link gives to a colleague's: sealed for the server, in a file that says nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::PathBuf;
use std::time::Duration;

use common::canary::store;
use common::client::Client;
use common::pages::{files, holds};
use common::{Scene, all_sent, id};
use field_day::stage::Handset;
use serde_json::Value as Json;
use signed::code;
use signed::digest::sha256;
use transport::{MessageReader, MessageWriter};
use wire::{Media, Message, Reassembler, Relay};

const WORDS: &str = "Thrumwillow the carried canary sang";

fn sync(handset: &Handset) -> Json {
    handset.run(&["sync", "--timeout", "60"]).unwrap()
}

fn status(handset: &Handset, what: &str) -> Json {
    handset.run(&["status"]).unwrap()[what].clone()
}

/// The officer writes what is unsent into a file.
fn exported(scene: &Scene, name: &str) -> (PathBuf, Json) {
    let file = scene.folder.path().join(name);
    let said = scene.officer.run(&["export", "--unsent", "--to", file.to_str().unwrap()]).unwrap();
    (file, said)
}

fn import(handset: &Handset, file: &std::path::Path) -> Json {
    handset.run(&["import", file.to_str().unwrap()]).unwrap()
}

/// The code of a command that is refused.
fn refused(handset: &Handset, words: &[&str]) -> String {
    let output = handset.output(words).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    let said: Json = serde_json::from_slice(&output.stdout).unwrap();
    said["error"]["code"].as_str().unwrap().to_owned()
}

/// Rows of the audit chain of one operation that name a record.
fn audited(scene: &Scene, operation: &str, record: &str) -> usize {
    let audit = scene.server.admin(&["audit"]).unwrap();
    let about = |row: &&Json| row["operation"] == operation && row.to_string().contains(record);
    audit.as_array().unwrap().iter().filter(about).count()
}

/// What of the officer's changes the server keeps aside.
fn quarantined(scene: &Scene) -> Json {
    let devices = scene.server.admin(&["device", "list"]).unwrap();
    let officers = devices.as_array().unwrap().iter().find(|device| device["user"] == "officer").cloned();
    officers.unwrap()["quarantined"].clone()
}

#[test]
fn r24_a_childs_words_come_by_a_colleagues_handset_who_cannot_read_them_and_are_there_once() {
    let mut scene = Scene::new();
    assert_eq!(refused(&scene.officer, &["export", "--unsent", "--to", "/nowhere/at/all"]), "I.not_found");
    let account = scene.officer_account(WORDS);
    let action = scene.officer_action(&format!("{WORDS} again"));
    let (file, said) = exported(&scene, "unsent.relay");
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!((said["bytes"].as_u64(), &said["more"]), (Some(bytes.len() as u64), &Json::from(false)));
    assert!(said["frames"].as_u64().unwrap() >= 2 && said["records"].as_u64().unwrap() >= 2, "{said}");
    let device = status(&scene.officer, "device");
    for known in [WORDS, "officer", &account, &action, device.as_str().unwrap()] {
        assert!(!holds(&bytes, known), "{known}");
    }
    let listed = scene.officer.run(&["list"]).unwrap();

    // The lead of another school, who may hold none of it.
    let taken = import(&scene.stranger, &file);
    assert_eq!((&taken["parts"], &taken["already"]), (&said["frames"], &Json::from(0)));
    assert_eq!(import(&scene.stranger, &file)["already"], said["frames"], "each part is kept once");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(status(&scene.stranger, "carried"), said["frames"]);
    scene.stranger.watch().unwrap();
    scene.stranger.kill();
    assert!(!scene.stranger.run(&["list"]).unwrap().to_string().contains(&account));
    assert_eq!(refused(&scene.stranger, &["show", &account]), "I.not_found");
    sync(&scene.stranger);
    assert_eq!((status(&scene.stranger, "carried"), status(&scene.stranger, "carried_refused")), (0.into(), 0.into()));
    assert!(!holds(&store(&scene.stranger), WORDS));
    for file in files(scene.stranger.store()) {
        assert!(!holds(&std::fs::read(&file).unwrap(), WORDS), "{}", file.display());
    }

    // Others have the words although the officer's handset has never had a link since.
    sync(&scene.sergeant);
    let shown = scene.sergeant.run(&["show", &account]).unwrap();
    assert!(shown.to_string().contains(WORDS), "{shown}");
    assert!(shown["statements"].as_array().unwrap().iter().all(|statement| statement["verified"] == true));
    sync(&scene.lead);
    assert!(scene.lead.run(&["show", &action]).unwrap().to_string().contains(WORDS));
    assert_eq!(scene.officer.run(&["list"]).unwrap(), listed, "nothing is different before its own receipts");
    assert!(!all_sent(&scene.officer.run(&["status"]).unwrap()));

    let before = (audited(&scene, "collection", &account), audited(&scene, "collection", &action));
    let synced = sync(&scene.officer);
    assert!(all_sent(&scene.officer.run(&["status"]).unwrap()), "the receipts were made already");
    assert!(synced["rejected"].as_array().unwrap().is_empty(), "{synced}");
    assert_eq!((audited(&scene, "collection", &account), audited(&scene, "collection", &action)), before);
    assert_eq!(scene.officer.run(&["verify"]).unwrap()["ok"], true);
    let news = sync(&scene.sergeant);
    assert!(!scene.sergeant.run(&["show", &account]).unwrap()["statements"].as_array().unwrap().is_empty(), "{news}");

    // What comes again, by whoever, changes nothing.
    std::fs::write(&file, &bytes).unwrap();
    import(&scene.lead, &file);
    sync(&scene.lead);
    assert_eq!((status(&scene.lead, "carried"), status(&scene.lead, "carried_refused")), (0.into(), 0.into()));
    assert_eq!((audited(&scene, "collection", &account), audited(&scene, "collection", &action)), before);
    let more = scene.officer_action("and one more");
    sync(&scene.officer);
    assert_eq!(audited(&scene, "collection", &more), 1, "its own lanes go on where they were");
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn a_part_that_was_changed_is_refused_by_code_and_nothing_is_lost() {
    let mut scene = Scene::new();
    let actions: Vec<String> = (0..3).map(|n| scene.officer_action(&format!("{WORDS} {n}"))).collect();
    let (file, said) = exported(&scene, "unsent.relay");
    let frames = said["frames"].as_u64().unwrap();
    assert!(frames >= 2, "{said}");
    let good = std::fs::read(&file).unwrap();
    let mut changed = good.clone();
    // Inside the first part.
    changed[300] ^= 1;
    std::fs::write(&file, &changed).unwrap();
    import(&scene.stranger, &file);
    scene.stranger.watch().unwrap();
    let told = scene.stranger.wait(|event| event["event"] == "carried").unwrap();
    assert_eq!(told["code"], "W.relay_sealed");
    scene.stranger.unwatch().unwrap();
    sync(&scene.stranger);
    assert_eq!(status(&scene.stranger, "carried_refused"), 1);
    assert_eq!(status(&scene.stranger, "carried"), frames - 1, "what stands behind it waits for it");
    sync(&scene.sergeant);
    assert_eq!(refused(&scene.sergeant, &["show", &actions[0]]), "I.not_found");

    // A whole copy fills the gap; what is here already goes in its order.
    std::fs::write(&file, &good).unwrap();
    let taken = import(&scene.stranger, &file);
    assert_eq!((&taken["parts"], &taken["already"]), (&Json::from(1), &Json::from(frames - 1)));
    sync(&scene.stranger);
    assert_eq!(status(&scene.stranger, "carried"), 0);
    sync(&scene.sergeant);
    for action in &actions {
        assert_eq!(id(&scene.sergeant.run(&["show", action]).unwrap()), *action);
    }
    sync(&scene.officer);
    assert!(all_sent(&scene.officer.run(&["status"]).unwrap()));
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);

    for (bytes, code) in [(&good[..good.len() - 1], "B.form"), (&b"words"[..], "B.form"), (&[][..], "B.form")] {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!(refused(&scene.stranger, &["import", file.to_str().unwrap()]), code);
    }
    assert_eq!(refused(&scene.stranger, &["import", "/nowhere/at/all"]), "STORE.io");
}

#[test]
fn what_a_revoked_device_gave_away_is_kept_aside_and_its_carrier_is_not_told() {
    let mut scene = Scene::new();
    let action = scene.officer_action(WORDS);
    let (file, said) = exported(&scene, "unsent.relay");
    let device = status(&scene.officer, "device");
    scene.server.admin(&["device", "revoke", "--id", device.as_str().unwrap()]).unwrap();
    import(&scene.stranger, &file);
    sync(&scene.stranger);
    assert_eq!((status(&scene.stranger, "carried"), status(&scene.stranger, "carried_refused")), (0.into(), 0.into()));
    let kept = quarantined(&scene);
    assert!(kept.as_u64().unwrap() >= said["frames"].as_u64().unwrap(), "{kept}");
    let noted = audited(&scene, "quarantine", &action);
    sync(&scene.sergeant);
    assert_eq!(refused(&scene.sergeant, &["show", &action]), "I.not_found");
    import(&scene.lead, &file);
    sync(&scene.lead);
    assert_eq!((quarantined(&scene), audited(&scene, "quarantine", &action)), (kept, noted), "kept once");
    assert_eq!(refused(&scene.officer, &["sync", "--timeout", "60"]), "D.revoked");
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn nothing_inside_a_part_ends_a_session_and_what_is_no_part_does() {
    let scene = Scene::new();
    let enrolment = scene.server.code("stranger").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let device = Client::enrol(&enrolment).await.unwrap();
        let session = device.connect().await;
        let (send, receive) = session.connection.open_bi().await.unwrap();
        let (mut writer, mut reader) = (MessageWriter::new(send), MessageReader::new(receive, Reassembler::new()));
        for byte in 0..8 {
            let sealed = vec![byte; 4144];
            let name = sha256(&sealed);
            writer.send(&Message::Relay(Relay { sealed })).await.unwrap();
            let Some(Message::Relayed(answer)) = reader.next().await.unwrap() else { panic!("an answer") };
            assert_eq!((answer.sha256, answer.code), (name, Some(code::W_RELAY_SEALED.number)));
        }
        writer.send(&Message::Media(Media::Have { offset: 0 })).await.unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(30), session.connection.closed()).await.unwrap();
        let quinn::ConnectionError::ApplicationClosed(close) = closed else { panic!("{closed}") };
        assert_eq!(close.error_code.into_inner(), u64::from(code::W_UNEXPECTED.number));
    });
}
