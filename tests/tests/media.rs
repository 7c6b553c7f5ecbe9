//! Attached files from one person's device to another's: real processes, real bytes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::path::PathBuf;
use std::time::Instant;

use common::{Dice, Scene, all_sent, id, programs};
use field_day::stage::{Handset, patience};
use serde_json::{Value as Json, json};

/// What a network adds to the bytes of a file: headers of packets, chunks and what is sent twice.
const OVERHEAD: f64 = 1.10;
/// What a session costs beside a file, and what may have been on its way when a process was killed.
const SLACK: u64 = 1024 * 1024;

/// A file of random bytes, which nothing can make smaller.
fn file(scene: &Scene, dice: &mut Dice, name: &str, bytes: usize) -> (String, Vec<u8>) {
    let mut all: Vec<u8> = Vec::with_capacity(bytes + 8);
    while all.len() < bytes {
        all.extend(dice.roll().to_be_bytes());
    }
    all.truncate(bytes);
    let path = scene.folder.path().join(name);
    std::fs::write(&path, &all).unwrap();
    (path.display().to_string(), all)
}

fn sync(handset: &Handset) -> Json {
    handset.run(&["sync", "--timeout", "60"]).unwrap()
}

fn refusal(handset: &Handset, words: &[&str]) -> Json {
    let output = handset.output(words).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words:?}");
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    answer["error"].clone()
}

fn attachments(handset: &Handset, record: &str) -> Vec<Json> {
    handset.run(&["show", record]).unwrap()["attachments"].as_array().unwrap().clone()
}

/// Decrypts a file of a record; answers its bytes.
fn fetched(scene: &Scene, handset: &Handset, record: &str, sha256: &str) -> Vec<u8> {
    let to = scene.folder.path().join(format!("{}-{record}-fetched", handset.owner));
    let answer = handset.run(&["fetch-attachment", record, sha256, "--to", to.to_str().unwrap()]).unwrap();
    let bytes = std::fs::read(to).unwrap();
    assert_eq!(answer["bytes"].as_u64(), Some(bytes.len() as u64));
    bytes
}

/// Where the server keeps a file, whole or on its way.
fn kept(scene: &Scene, sha256: &str) -> (PathBuf, PathBuf) {
    let whole = scene.server.dir().join("media").join(&sha256[..2]).join(sha256);
    (whole.clone(), whole.with_extension("part"))
}

fn length(path: &PathBuf) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

#[test]
fn r80_a_document_is_hashed_cannot_be_removed_and_is_fetched_by_who_may() {
    let mut dice = Dice::new("MEDIA_DOCUMENT");
    let mut scene = Scene::new();
    let action = scene.officer_action("the bus timetable");
    let (path, bytes) = file(&scene, &mut dice, "timetable.pdf", 200_000);
    let attached = scene.officer.run(&["attach", &action, &path, "--type", "application/pdf"]).unwrap();
    let sha256 = attached["sha256"].as_str().unwrap();
    assert_eq!((attached["bytes"].as_u64(), attached["type"].as_str()), (Some(200_000), Some("application/pdf")));
    let status = scene.officer.run(&["status"]).unwrap();
    assert_eq!(status["unsent"]["media"], 1);
    assert_eq!(attachments(&scene.officer, &action)[0]["state"], "waiting");
    // Offline it opens from the device itself.
    assert!(scene.server.stop().unwrap());
    assert_eq!(fetched(&scene, &scene.officer, &action, sha256), bytes);
    scene.server.serve().unwrap();

    // One sync brings the record, and the file behind it.
    sync(&scene.officer);
    assert!(all_sent(&scene.officer.run(&["status"]).unwrap()));
    assert_eq!(attachments(&scene.officer, &action)[0]["state"], "here");
    let (whole, part) = kept(&scene, sha256);
    assert!(whole.exists() && !part.exists());
    let cipher = std::fs::read(&whole).unwrap();
    assert_eq!(signed::MediaHash(signed::digest::sha256(&cipher)).to_string(), sha256);
    assert!(memchr::memmem::find(&cipher, &bytes[..64]).is_none(), "the server holds nothing but ciphertext");
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);

    // The school's lead sees that it is there, and gets it when it is asked for.
    sync(&scene.lead);
    let listed = attachments(&scene.lead, &action);
    assert_eq!((listed[0]["sha256"].as_str(), listed[0]["state"].as_str()), (Some(sha256), Some("missing")));
    assert_eq!(fetched(&scene, &scene.lead, &action, sha256), bytes);
    assert_eq!(attachments(&scene.lead, &action)[0]["state"], "here");
    // From then on without a network too.
    assert!(scene.server.stop().unwrap());
    assert_eq!(fetched(&scene, &scene.lead, &action, sha256), bytes);
    sync_refused(&scene.stranger);
    scene.server.serve().unwrap();
    // What was spoilt on a disk comes again, from the server that has it whole.
    let own = scene.lead.store().join("media").join(sha256);
    let mut spoilt = std::fs::read(&own).unwrap();
    spoilt[70_000] ^= 1;
    std::fs::write(&own, &spoilt).unwrap();
    assert_eq!(scene.lead.run(&["verify"]).unwrap()["ok"], false);
    assert_eq!(fetched(&scene, &scene.lead, &action, sha256), bytes);
    assert_eq!(scene.lead.run(&["verify"]).unwrap()["ok"], true);
    // The lead of another school holds nothing of it, and whoever watches fetches beside that.
    sync(&scene.stranger);
    let to = scene.folder.path().join("not-theirs");
    let error = refusal(&scene.stranger, &["fetch-attachment", &action, sha256, "--to", to.to_str().unwrap()]);
    assert_eq!((error["class"].as_str(), to.exists()), (Some("not_found"), false), "{error}");
    sync(&scene.sergeant);
    scene.sergeant.watch().unwrap();
    let to = scene.folder.path().join("while-watching");
    scene.sergeant.say(&["fetch-attachment", &action, sha256, "--to", to.to_str().unwrap()]).unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), bytes);
    assert_eq!(scene.sergeant.say(&["status"]).unwrap()["online"], true);
    scene.sergeant.unwatch().unwrap();

    // Nothing takes it away: no verb, no edit, no step; and the case's index has it.
    for words in [
        vec!["do", &action, "attach"],
        vec!["do", &action, "attach", "--set", "sha256=another", "--set", "bytes=1"],
        vec!["do", &action, "detach", "--set", "reason=mistake"],
        vec!["edit", &action, "--set", "attachments=[]"],
    ] {
        let error = refusal(&scene.officer, &words);
        assert_eq!(error["class"], "refused", "{error}");
    }
    assert_eq!(attachments(&scene.officer, &action).len(), 1);
    sync(&scene.officer);
    let index = attachments(&scene.officer, &scene.case);
    assert_eq!((index[0]["sha256"].as_str(), index[0]["record"].as_str()), (Some(sha256), Some(action.as_str())));
}

fn sync_refused(handset: &Handset) {
    let error = refusal(handset, &["sync", "--timeout", "2"]);
    assert_eq!(error["class"], "offline", "{error}");
}

#[test]
fn r24_a_broken_transfer_resumes_at_the_byte_and_text_goes_first() {
    let mut dice = Dice::new("MEDIA_BROKEN");
    let mut scene = Scene::new();
    let action = scene.officer_action("the film of the corridor");
    sync(&scene.officer);
    let (path, bytes) = file(&scene, &mut dice, "corridor.mp4", 24 * 1024 * 1024);
    let attached = scene.officer.run(&["attach", &action, &path, "--type", "video/mp4"]).unwrap();
    let sha256 = attached["sha256"].as_str().unwrap().to_owned();
    let (whole, part) = kept(&scene, &sha256);

    // The file is on its way; a record saved meanwhile has its receipt before the file is there.
    scene.officer.watch().unwrap();
    let begun = Instant::now();
    while length(&part) < 2 * 1024 * 1024 {
        assert!(begun.elapsed() < patience(), "the file never began to come");
        std::thread::yield_now();
    }
    let urgent = scene.officer_action("ring the mother now");
    let receipt = |event: &Json| event["event"] == "receipt" && event["id"] == urgent.as_str();
    scene.officer.wait(receipt).unwrap();
    let there = length(&part);
    assert!(!whole.exists() && there > 0, "the record overtook the file: {there} bytes of it were there");

    // A flat battery in the middle of it.
    scene.officer.kill();
    let before = length(&part);
    assert!(!whole.exists());
    let status = scene.officer.run(&["status"]).unwrap();
    assert_eq!(status["unsent"]["media"], 1, "{status}");
    let answer = sync(&scene.officer);
    let sent = answer["bytes_out"].as_u64().unwrap();
    let rest = bytes.len() as u64 - before;
    println!("{before} bytes were there, {rest} were left, {sent} were sent");
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let most = (rest as f64 * OVERHEAD) as u64 + SLACK;
    assert!(sent <= most, "{sent} bytes were sent for the {rest} that were left");
    assert!(sent + SLACK >= rest, "{sent} bytes cannot hold the {rest} that were left");
    assert!(whole.exists() && !part.exists());
    assert!(all_sent(&scene.officer.run(&["status"]).unwrap()));

    // What came in two pieces is the file, at the school too, where the fetch breaks off as well.
    sync(&scene.lead);
    let to = scene.folder.path().join("broken");
    let mut fetch = scene.lead.command(&["fetch-attachment", &action, &sha256, "--to", to.to_str().unwrap()]);
    let mut fetch = fetch.stdout(std::process::Stdio::null()).spawn().unwrap();
    let coming = scene.lead.store().join("media").join(&sha256).with_extension("part");
    let begun = Instant::now();
    while length(&coming) == 0 && fetch.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < patience(), "the file never began to come");
        std::thread::yield_now();
    }
    let _ = fetch.kill();
    fetch.wait().unwrap();
    assert_eq!(fetched(&scene, &scene.lead, &action, &sha256), bytes);
    assert!(!coming.exists());
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r24_a_server_that_is_killed_goes_on_with_the_file_where_it_stopped() {
    let mut dice = Dice::new("MEDIA_SERVER_KILLED");
    let mut scene = Scene::new();
    let action = scene.officer_action("the film of the yard");
    let (path, bytes) = file(&scene, &mut dice, "yard.mp4", 16 * 1024 * 1024);
    let attached = scene.officer.run(&["attach", &action, &path]).unwrap();
    let (whole, part) = kept(&scene, attached["sha256"].as_str().unwrap());
    scene.officer.watch().unwrap();
    let begun = Instant::now();
    while length(&part) < 2 * 1024 * 1024 {
        assert!(begun.elapsed() < patience(), "the file never began to come");
        std::thread::yield_now();
    }
    scene.server.kill();
    let before = length(&part);
    assert!(!whole.exists());
    scene.server.serve().unwrap();
    scene.officer.until(&["status"], all_sent).unwrap();
    assert!(whole.exists() && before > 0);
    scene.officer.unwatch().unwrap();
    sync(&scene.sergeant);
    assert_eq!(fetched(&scene, &scene.sergeant, &action, attached["sha256"].as_str().unwrap()), bytes);
}

#[test]
fn r11_a_photo_of_a_paper_list_is_attached_by_hash() {
    let mut dice = Dice::new("MEDIA_PAPER_LIST");
    let mut scene = Scene::new();
    let mut body = scene.disclosure_body("these are the ones who were there");
    body["counts_stated"] = json!({"victims": 6});
    body["named_people"] = json!([{"as_said": "Bee"}, {"as_said": "the tall one"}]);
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    let (path, photo) = file(&scene, &mut dice, "list-Bee-and-others.jpg", 300_000);
    let attached = scene.officer.run(&["attach", &account, &path, "--type", "image/jpeg"]).unwrap();
    let sha256 = attached["sha256"].as_str().unwrap();
    // A draft's photo goes nowhere before it is sealed.
    sync(&scene.officer);
    assert!(!kept(&scene, sha256).0.exists());
    let sealed = scene.officer.run(&["seal", &account]).unwrap();
    let shown = scene.officer.run(&["show", &account]).unwrap();
    assert!(shown["notices"].as_array().is_some_and(|notices| !notices.is_empty()), "four are missing: {sealed}");
    let said = shown["statements"].as_array().unwrap().iter().find(|said| said["step"] == "attach").unwrap();
    assert_eq!(said["verified"], true);
    // The statement that was signed holds the hash, and no word of the file's name.
    let cose = data_encoding::BASE64.decode(said["cose"].as_str().unwrap().as_bytes()).unwrap();
    let hash: signed::MediaHash = sha256.parse().unwrap();
    assert!(memchr::memmem::find(&cose, &hash.0).is_some());
    assert!(memchr::memmem::find(&cose, b"Bee").is_none());
    sync(&scene.officer);
    sync(&scene.sergeant);
    assert_eq!(fetched(&scene, &scene.sergeant, &account, sha256), photo);
    // The lead holds nothing of the account, and so nothing of its photo.
    sync(&scene.lead);
    let to = scene.folder.path().join("nothing");
    let error = refusal(&scene.lead, &["fetch-attachment", &account, sha256, "--to", to.to_str().unwrap()]);
    assert_eq!(error["class"], "not_found", "{error}");
    // That it was opened stands in the server's audit, before a byte of it left.
    let audit = scene.server.admin(&["audit", "--record", &account]).unwrap();
    let given = |row: &&Json| row["operation"] == "disclosure" && row["why"] == "media" && row["to"] == "sergeant";
    assert_eq!(audit.as_array().unwrap().iter().filter(given).count(), 1, "{audit}");
}

#[test]
fn r110_a_flagged_file_stops_syncing_and_is_locked_on_every_replica() {
    let mut dice = Dice::new("MEDIA_FLAGGED");
    let mut scene = Scene::new();
    let action = scene.officer_action("look at the telephone");
    let (path, bytes) = file(&scene, &mut dice, "screen.png", 150_000);
    let attached = scene.officer.run(&["attach", &action, &path, "--type", "image/png"]).unwrap();
    let sha256 = attached["sha256"].as_str().unwrap().to_owned();
    for handset in [&scene.officer, &scene.sergeant, &scene.lead] {
        sync(handset);
    }
    // A second device of the sergeant's, which hears nothing after this.
    let other = scene.folder.path().join("sergeant-2");
    let code = scene.server.code("sergeant").unwrap();
    let behind = Handset::enrol(programs(), &other, "sergeant", &code).unwrap();
    sync(&behind);
    assert_eq!(fetched(&scene, &scene.lead, &action, &sha256), bytes);
    // One that is still on its way from the officer when it is flagged there.
    let (path, _) = file(&scene, &mut dice, "screen-2.png", 150_000);
    let second = scene.officer.run(&["attach", &action, &path, "--type", "image/png"]).unwrap();
    let second = second["sha256"].as_str().unwrap().to_owned();

    for sha256 in [&sha256, &second] {
        let body = json!({"sha256": sha256, "reason": "may show a child undressed"});
        scene.officer.say_with(&["do", &action, "flag_image"], &body).unwrap();
    }
    sync(&scene.officer);
    // The server gives it to nobody, not even to a device that has not heard of the flag.
    let to = scene.folder.path().join("flagged");
    let fetch = ["fetch-attachment", &action, &sha256, "--to", to.to_str().unwrap()];
    let error = refusal(&behind, &fetch);
    assert_eq!(error["code"], "R110.locked", "{error}");
    // The second never left the handset.
    let (whole, part) = kept(&scene, &second);
    assert!(!whole.exists() && !part.exists());
    assert_eq!(scene.officer.run(&["status"]).unwrap()["unsent"]["media"], 0);

    // Every replica locks it, also the one that had opened it.
    for handset in [&scene.sergeant, &scene.lead, &behind] {
        sync(handset);
    }
    for handset in [&scene.officer, &scene.sergeant, &scene.lead, &behind] {
        let listed = attachments(handset, &action);
        assert!(listed.iter().all(|file| file["state"] == "locked"), "{}: {listed:?}", handset.owner);
        let error = refusal(handset, &fetch);
        assert_eq!(error["code"], "R110.locked", "{}: {error}", handset.owner);
    }
    assert!(!to.exists());
    // The sergeant is told, until they have acknowledged it.
    let told = |handset: &Handset| {
        let prompts = handset.run(&["prompts"]).unwrap();
        prompts.as_array().unwrap().iter().any(|prompt| prompt["code"] == "R110.flagged")
    };
    assert!(told(&scene.sergeant) && told(&scene.officer) && !told(&scene.lead));
    scene.sergeant.run(&["do", &action, "acknowledge"]).unwrap();
    sync(&scene.sergeant);
    assert!(!told(&scene.sergeant));
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r96_with_an_erased_record_its_files_go_from_the_server_and_from_every_device() {
    let mut dice = Dice::new("MEDIA_ERASED");
    let mut scene = Scene::new();
    let dpo = ["user", "add", "--id", "dpo", "--name", "dpo", "--role", "dpo"];
    scene.server.admin(&dpo).unwrap();
    let (action, other) = (scene.officer_action("the film of the gate"), scene.officer_action("another"));
    let (path, bytes) = file(&scene, &mut dice, "gate.mp4", 100_000);
    let attach = |record: &str| {
        let attached = scene.officer.run(&["attach", record, &path]).unwrap();
        attached["sha256"].as_str().unwrap().to_owned()
    };
    let (gone, stays) = (attach(&action), attach(&other));
    assert_ne!(gone, stays, "the same file attached twice is not to be known again");
    for handset in [&scene.officer, &scene.sergeant] {
        sync(handset);
    }
    assert_eq!(fetched(&scene, &scene.sergeant, &action, &gone), bytes);
    let erase = ["erase", "--record", &action, "--approved-by", "dpo", "--reason", "retention is over"];
    scene.server.admin(&erase).unwrap();
    assert!(!kept(&scene, &gone).0.exists() && kept(&scene, &stays).0.exists());
    for handset in [&scene.officer, &scene.sergeant] {
        sync(handset);
        assert!(!handset.store().join("media").join(&gone).exists(), "{}", handset.owner);
        let to = scene.folder.path().join("erased");
        let error = refusal(handset, &["fetch-attachment", &action, &gone, "--to", to.to_str().unwrap()]);
        assert_eq!(error["class"], "not_found", "{error}");
    }
    assert_eq!(fetched(&scene, &scene.sergeant, &other, &stays), bytes);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}
