//! What is gone for good: records that were erased with approval, and devices that were told to erase themselves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::canary::store;
use common::pages::{files, holds, plain_pages};
use common::{Scene, id};
use field_day::stage::Handset;
use serde_json::{Value as Json, json};
use signed::RecordId;
use sync_server::core::vault::database_key;
use sync_server::store::Store as _;
use sync_server::store::sqlite::Sqlite;

const WORDS: &str = "Quillworthy the erased canary sang";
const LATER: &str = "Nettlebank the later canary sang";
const STAYS: &str = "Marmaladeon the other canary stayed";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn sync(handset: &Handset) {
    handset.run(&["sync", "--timeout", "60"]).unwrap();
}

/// A scene with a data protection officer.
fn scene() -> Scene {
    let scene = Scene::new();
    for (user, role) in [("dpo", "dpo"), ("auditor", "auditor")] {
        scene.server.admin(&["user", "add", "--id", user, "--name", user, "--role", role]).unwrap();
    }
    scene
}

fn erase(scene: &Scene, record: &str, by: &str) -> Result<Json, String> {
    let words = ["erase", "--record", record, "--approved-by", by, "--reason", "retention is over"];
    scene.server.admin(&words).map_err(|error| error.0)
}

fn status_of(handset: &Handset, record: &str) -> Json {
    let list = handset.run(&["list"]).unwrap();
    list.as_array().unwrap().iter().find(|line| line["id"] == record).map_or(Json::Null, |line| line["status"].clone())
}

/// A time so many days from now.
fn in_days(days: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    signed::Timestamp::from_millis(i64::try_from(now).unwrap() + days * DAY_MS).to_string()
}

/// The server's database.
struct Database(std::path::PathBuf, [u8; 32]);

impl Database {
    fn of(dir: &Path) -> Self {
        let master: [u8; 32] = std::fs::read(dir.join("master.key")).unwrap().try_into().unwrap();
        Self(dir.join("firsthand.db"), *database_key(&master).unwrap())
    }

    /// What a document's words stand on at the server: its wrapped key, and its sealed changes and columns.
    fn pieces(&self, record: RecordId) -> Vec<Vec<u8>> {
        let database = Sqlite::open(&self.0, &self.1).unwrap();
        let tx = database.read().unwrap();
        let row = tx.document(record).unwrap().unwrap();
        let changes = tx.changes(record).unwrap();
        assert!(!row.key.is_empty() && !changes.is_empty());
        let mut pieces = vec![row.key, row.state, row.projection];
        pieces.extend(changes.into_iter().map(|change| change.bytes));
        // The beginning of each stands in one page, whatever its length.
        pieces.iter_mut().for_each(|piece| piece.truncate(16));
        pieces
    }

    /// Every page of it and of its log, the freed ones too.
    fn pages(&self) -> Vec<u8> {
        plain_pages(&self.0, &self.1)
    }
}

fn found(pages: &[u8], pieces: &[Vec<u8>]) -> usize {
    pieces.iter().filter(|piece| memchr::memmem::find(pages, piece).is_some()).count()
}

#[test]
fn r96_an_erasure_destroys_the_key_and_leaves_only_a_tombstone() {
    let mut scene = scene();
    let record = scene.officer_account(WORDS);
    let other = scene.officer_account(STAYS);
    for handset in [&scene.officer, &scene.sergeant, &scene.officer] {
        sync(handset);
    }
    assert!(holds(&store(&scene.sergeant), WORDS), "the search itself must find what is held");
    let (id_of, other_of): (RecordId, RecordId) = (record.parse().unwrap(), other.parse().unwrap());
    let database = Database::of(scene.server.dir());
    let pieces = [database.pieces(id_of), database.pieces(RecordId::draft(id_of))].concat();
    let others = database.pieces(other_of);
    assert_eq!(found(&database.pages(), &pieces), pieces.len(), "before, every piece is there");
    // Somebody watches; somebody else is out of reach and writes on.
    scene.sergeant.watch().unwrap();
    scene.sergeant.wait(|event| event["event"] == "online").unwrap();
    scene.officer.run(&["addendum", &record, "--text", LATER, "--reason", "remembered"]).unwrap();

    erase(&scene, &record, "dpo").unwrap();

    let pages = database.pages();
    assert_eq!(found(&pages, &pieces), 0, "no key and no sealed byte is left, in no page and not in the log");
    assert_eq!(found(&pages, &others), others.len(), "the other record is untouched");
    for file in files(scene.server.dir()) {
        assert!(!holds(&std::fs::read(&file).unwrap(), WORDS), "{}", file.display());
    }
    let told = scene.sergeant.wait(|event| event["event"] == "erased" && event["id"] == record.as_str()).unwrap();
    assert_eq!((&told["kind"], &told["status"]), (&json!("disclosure"), &json!("erased")));
    scene.sergeant.unwatch().unwrap();

    // What was written on meanwhile is refused by code, and its device learns so.
    let synced = scene.officer.run(&["sync", "--timeout", "60"]).unwrap();
    assert_eq!((&synced["rejected"][0]["id"], &synced["rejected"][0]["code"]), (&json!(record), &json!("R96.erased")));
    sync(&scene.officer);
    for handset in [&scene.officer, &scene.sergeant] {
        sync(handset);
        assert_eq!(status_of(handset, &record), "erased");
        let seen = store(handset);
        assert!(!holds(&seen, WORDS) && !holds(&seen, LATER), "no page of the device and none of its log");
        assert!(holds(&seen, STAYS));
        assert_eq!(handset.run(&["search", "Quillworthy"]).unwrap(), json!([]));
        assert_eq!(handset.run(&["verify"]).unwrap()["ok"], true);
        assert_eq!(handset.run(&["status"]).unwrap()["drift_at"], Json::Null, "the digests are the same");
    }
    // A device that comes only now reads the same rows without them.
    let code = scene.server.code("officer").unwrap();
    let late = Handset::enrol(common::programs(), &scene.folder.path().join("late"), "officer", &code).unwrap();
    sync(&late);
    assert_eq!((status_of(&late, &record), status_of(&late, &other).is_string()), (json!("erased"), true));
    assert!(!holds(&store(&late), WORDS));
    assert_eq!(late.run(&["status"]).unwrap()["drift_at"], Json::Null);

    let verified = scene.server.admin(&["verify"]).unwrap();
    assert_eq!((&verified["ok"], &verified["faults"]), (&json!(true), &json!([])));
    let audit = scene.server.admin(&["audit", "--record", &record]).unwrap();
    let row = audit.as_array().unwrap().iter().find(|row| row["operation"] == "erasure").unwrap();
    assert_eq!((&row["who"], &row["why"]), (&json!("dpo"), &json!("approved")), "the reason is in no log");
    assert!(erase(&scene, &record, "dpo").unwrap_err().contains("A.not_found"), "what is erased is not here");
}

#[test]
fn r96_a_draft_that_was_never_sealed_can_be_erased_and_does_not_come_back() {
    let mut scene = scene();
    let body = scene.disclosure_body(WORDS);
    let record = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    sync(&scene.officer);
    sync(&scene.sergeant);
    erase(&scene, &record, "dpo").unwrap();
    // Its author has it open and writes on, without having heard.
    scene.officer.run(&["edit", &record, "--set", &format!("delay_reason={LATER}")]).unwrap();
    for handset in [&scene.officer, &scene.sergeant, &scene.officer] {
        sync(handset);
    }
    let seen = store(&scene.officer);
    assert!(!holds(&seen, WORDS) && !holds(&seen, LATER));
    assert_eq!(status_of(&scene.officer, &record), "erased");
    assert!(!scene.sergeant.run(&["list"]).unwrap().as_array().unwrap().iter().any(|line| line["status"] == "draft"));
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r96_only_a_data_protection_officer_approves() {
    let mut scene = scene();
    let record = scene.officer_account(WORDS);
    sync(&scene.officer);
    for by in ["officer", "sergeant", "auditor", "nobody"] {
        assert!(erase(&scene, &record, by).unwrap_err().contains("I.denied"), "{by}");
        let hold = ["hold", "--record", &record, "--by", by, "--reason", "a claim"];
        assert!(scene.server.admin(&hold).unwrap_err().0.contains("I.denied"), "{by}");
    }
    let silent = ["erase", "--record", &record, "--approved-by", "dpo", "--reason", " "];
    assert!(scene.server.admin(&silent).unwrap_err().0.contains("I.reason"));
    let unknown = RecordId([9; 16]).to_string();
    assert!(erase(&scene, &unknown, "dpo").unwrap_err().contains("A.not_found"));
    scene.server.admin(&["user", "deactivate", "--id", "dpo"]).unwrap();
    assert!(erase(&scene, &record, "dpo").unwrap_err().contains("I.denied"), "one who has left does not approve");
    sync(&scene.sergeant);
    assert!(holds(&store(&scene.sergeant), WORDS));
}

#[test]
fn r96_a_legal_hold_blocks_erasure_and_retention() {
    let mut scene = scene();
    let (record, other) = (scene.officer_account(WORDS), scene.officer_account(STAYS));
    sync(&scene.officer);
    let case = scene.officer.run(&["show", &record]).unwrap()["case"].as_str().unwrap().to_owned();
    let hold = |what: &str, id: &str, more: &[&str]| {
        let words = [&["hold", what, id, "--by", "dpo", "--reason", "a claim of Ms Ashdown"], more].concat();
        scene.server.admin(&words).unwrap()
    };
    let decide = |decision: &str, next: &str| {
        let words = [
            "retention",
            "decide",
            "--case",
            &case,
            "--by",
            "dpo",
            "--decision",
            decision,
            "--group",
            "2",
            "--next",
            next,
            "--reason",
            "reviewed",
        ];
        scene.server.admin(&words).map_err(|error| error.0)
    };
    assert_eq!(hold("--record", &record, &[])["held"], true);
    assert!(erase(&scene, &record, "dpo").unwrap_err().contains("R96.held"));
    assert!(decide("erase", &in_days(1)).unwrap_err().contains("R96.held"), "one held record holds its case");
    hold("--record", &record, &["--release"]);
    hold("--case", &case, &[]);
    for one in [&record, &other, &case] {
        assert!(erase(&scene, one, "dpo").unwrap_err().contains("R96.held"), "a held case holds every record");
    }
    let listed = scene.server.admin(&["hold", "list"]).unwrap();
    let held: Vec<_> = listed.as_array().unwrap().iter().map(|hold| (&hold["id"], &hold["held"])).collect();
    assert_eq!(held, [(&json!(record), &json!(false)), (&json!(case), &json!(true))]);
    for file in files(scene.server.dir()) {
        assert!(!holds(&std::fs::read(&file).unwrap(), "Ashdown"), "a reason is in no file that can be read");
    }
    // It is kept as long as it is held, whatever was decided; then it goes, and all of it.
    hold("--case", &case, &["--release"]);
    decide("erase", &in_days(1)).unwrap();
    for handset in [&scene.officer, &scene.sergeant] {
        sync(handset);
        assert!(!holds(&store(handset), WORDS) && !holds(&store(handset), STAYS));
    }
    assert_eq!(
        (status_of(&scene.officer, &record), status_of(&scene.officer, &other)),
        (json!("erased"), json!("erased"))
    );
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r96_a_case_is_due_for_review_after_its_clear_period_and_every_decision_is_recorded() {
    let mut scene = scene();
    let record = scene.officer_account(WORDS);
    let child = json!({"case": scene.case, "roles": ["child"], "names": ["A Pupil"], "dob": in_days(-8 * 365)[..10]});
    scene.officer.say_with(&["new", "person"], &child).unwrap();
    sync(&scene.officer);
    let case = scene.officer.run(&["show", &record]).unwrap()["case"].as_str().unwrap().to_owned();
    let due = |days: i64| scene.server.admin(&["retention", "due", "--now", &in_days(days)]).unwrap();
    let decide = |decision: &str, group: &str, next: &str| {
        let words = [
            "retention",
            "decide",
            "--case",
            &case,
            "--by",
            "dpo",
            "--decision",
            decision,
            "--group",
            group,
            "--next",
            next,
            "--reason",
            "reviewed",
        ];
        scene.server.admin(&words).map_err(|error| error.0)
    };
    assert_eq!(due(6 * 365 - 10), json!([]));
    let first = due(6 * 365 + 10);
    assert_eq!((&first[0]["case"], &first[0]["group"], &first[0]["decision"]), (&json!(case), &json!(3), &Json::Null));
    assert_eq!(first[0]["child_under_10"], false, "by then the child is older");
    // The officer sets an early date, with a reason; on that day it is due.
    decide("review", "1", &in_days(30)).unwrap();
    assert_eq!(due(29), json!([]));
    let early = due(31);
    assert_eq!((&early[0]["group"], &early[0]["decided_by"]), (&json!(1), &json!("dpo")));
    assert_eq!(early[0]["child_under_10"], true, "a young child's record needs special thought");
    // Kept on: a new contact begins the clear period of its group anew.
    decide("retain", "1", &in_days(60)).unwrap();
    assert_eq!(due(61).as_array().unwrap().len(), 1);
    scene.officer.run(&["addendum", &record, "--text", STAYS, "--reason", "she spoke again"]).unwrap();
    sync(&scene.officer);
    assert_eq!(due(61), json!([]));
    assert_eq!((due(10 * 365 - 10), due(10 * 365 + 10).as_array().unwrap().len()), (json!([]), 1));
    for (group, next) in [("5", in_days(9)), ("2", in_days(-1))] {
        assert!(decide("retain", group, &next).unwrap_err().contains("I.value"), "{group} {next}");
    }
    let audit = scene.server.admin(&["audit", "--record", &case]).unwrap();
    let whys: Vec<_> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["operation"] == "admin")
        .map(|row| row["why"].clone())
        .collect();
    assert_eq!(whys, ["retention_review", "retention_retain"]);
}

#[test]
fn r96_a_case_of_group_1_is_kept_until_its_suspects_are_of_age() {
    let mut scene = scene();
    let record = scene.officer_account(WORDS);
    sync(&scene.officer);
    let case = scene.officer.run(&["show", &record]).unwrap()["case"].as_str().unwrap().to_owned();
    let decide = |decision: &str, group: &str| {
        let words = ["retention", "decide", "--case", &case, "--by", "dpo", "--decision", decision, "--group", group];
        let next = in_days(1);
        let words = [&words[..], &["--next", &next, "--reason", "reviewed"]].concat();
        scene.server.admin(&words).map_err(|error| error.0)
    };
    let suspect = |name: &str, years: i64| {
        let born = in_days(-(years * 366))[..10].to_owned();
        json!({ "case": case, "roles": ["suspect"], "names": [name], "dob": born })
    };
    scene.officer.say_with(&["new", "person"], &suspect("An Old Man", 80)).unwrap();
    sync(&scene.officer);
    assert!(decide("erase", "1").unwrap_err().contains("R96.kept"), "eighty is not a hundred");
    decide("review", "1").unwrap();
    let kept = || scene.server.admin(&["retention", "due", "--now", &in_days(2)]).unwrap()[0]["kept_until_age"].clone();
    assert_eq!(kept(), true);
    scene.server.admin(&["policy", "--set", "retention_group_1_until_age=75"]).unwrap();
    assert_eq!(kept(), false);
    scene.officer.say_with(&["new", "person"], &suspect("Another", 30)).unwrap();
    sync(&scene.officer);
    assert_eq!(kept(), true, "one of two");
    assert!(decide("erase", "1").unwrap_err().contains("R96.kept"));
    // It is decided that it is of another group after all.
    decide("erase", "3").unwrap();
}

/// A device's line at the server.
fn device(scene: &Scene, user: &str) -> Json {
    let list = scene.server.admin(&["device", "list"]).unwrap();
    list.as_array().unwrap().iter().find(|device| device["user"] == user).unwrap().clone()
}

#[test]
fn r92_a_revoked_device_hands_over_what_it_had_then_erases_itself_and_says_so() {
    let mut scene = scene();
    sync(&scene.officer);
    scene.officer_account(WORDS);
    // More than the first flight of a sync carries, in both lanes.
    for number in 0..130 {
        scene.officer_action(&format!("{LATER} {number}"));
    }
    let unsent = scene.officer.run(&["status"]).unwrap()["unsent"].clone();
    let count: u64 = unsent.as_object().unwrap().values().filter_map(Json::as_u64).sum();
    assert!(count >= 131, "{unsent}");
    let before = device(&scene, "officer");
    let words = ["device", "revoke", "--erase", "--id", before["id"].as_str().unwrap()];
    scene.server.admin(&words).unwrap();
    let ordered = device(&scene, "officer");
    assert_eq!((ordered["erase_ordered_at"].is_string(), &ordered["erased_at"]), (true, &Json::Null));

    let refused = scene.officer.output(&["sync", "--timeout", "60", "--json"]).unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stdout).contains("D.revoked"));

    let after = device(&scene, "officer");
    assert!(after["erased_at"].is_string(), "it said so: {after}");
    assert!(after["quarantined"].as_u64().unwrap() >= count, "nothing it had is lost: {after}");
    let left: Vec<_> = files(scene.officer.store()).into_iter().map(|f| f.file_name().unwrap().to_owned()).collect();
    assert_eq!(left, ["lock"], "no store, no reserve and no key");
    let audit = scene.server.admin(&["audit", "--user", "officer"]).unwrap();
    assert!(audit.as_array().unwrap().iter().any(|row| row["why"] == "device_erased"));
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r92_a_device_that_is_watching_hands_over_and_erases_itself_at_once() {
    let mut scene = scene();
    scene.lead.watch().unwrap();
    scene.lead.wait(|event| event["event"] == "online").unwrap();
    let lead = device(&scene, "lead");
    scene.server.admin(&["device", "revoke", "--erase", "--id", lead["id"].as_str().unwrap()]).unwrap();
    scene.lead.wait(|event| event["event"] == "erased").unwrap();
    let erased = (0..600).any(|_| {
        let there = device(&scene, "lead")["erased_at"].is_string();
        if !there {
            std::thread::yield_now();
        }
        there
    });
    assert!(erased, "{}", device(&scene, "lead"));
    assert!(!scene.lead.store().join("field.db").exists());
    scene.lead.unwatch().unwrap();
    assert!(!scene.lead.store().join("key").exists(), "the key goes with the program that had it");
}

#[test]
fn r92_after_forty_five_days_without_contact_reading_ends_and_capture_goes_on() {
    let mut scene = scene();
    let record = scene.officer_account(WORDS);
    sync(&scene.officer);
    let now = |handset: &Handset, days: i64, words: &[&str]| {
        handset.run(&[words, &["--now", &in_days(days)]].concat()).map_err(|error| error.0)
    };
    let locked = |answer: Result<Json, String>| assert!(answer.unwrap_err().contains("STORE.locked"));
    now(&scene.officer, 44, &["show", &record]).unwrap();
    for words in [
        &["show", &record][..],
        &["list"],
        &["search", "Quillworthy"],
        &["prompts"],
        &["timeline", "--case", &scene.case],
    ] {
        locked(now(&scene.officer, 46, words));
    }
    // What a child says is taken all the same.
    let body = scene.disclosure_body(LATER);
    let file = scene.officer.body(&body).unwrap();
    let account = id(&now(&scene.officer, 46, &["new", "disclosure", "--from", &file]).unwrap());
    now(&scene.officer, 46, &["edit", &account, "--set", "delay_reason=no signal"]).unwrap();
    now(&scene.officer, 46, &["seal", &account]).unwrap();
    let unsent = now(&scene.officer, 46, &["status"]).unwrap()["unsent"].clone();
    assert!(unsent.as_object().unwrap().values().any(|count| count != 0), "{unsent}");
    // A clock that is set back opens nothing; who proves who they are reads on.
    locked(now(&scene.officer, 0, &["show", &record]));
    now(&scene.officer, 46, &["show", &record, "--reauthenticated"]).unwrap();
    now(&scene.officer, 60, &["list"]).unwrap();
    locked(now(&scene.officer, 92, &["list"]));
    // So does the server's answer, and what was captured meanwhile arrives.
    sync(&scene.officer);
    scene.officer.run(&["show", &record]).unwrap();
    sync(&scene.sergeant);
    assert!(holds(&store(&scene.sergeant), LATER));
}
