//! AS14 (merge and security): in the real cases a request that one side had finished was open for the other, what was
//! written on a lost phone was never seen, and documents were said to have vanished or to have been changed.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId as AmActor, Change};
use documents::change::content_key;
use documents::check::{Candidate, Verdict};
use documents::{DocState, MemoryHistory, Scalar, Sentence, Template, View, check};
use serde_json::{Value as Json, json};
use signed::{RecordId, UserId, Value, code};
use wire::{Item, Rest, Row};

use crate::author::{Author, Held};
use crate::client::Client;
use crate::pages::{files, holds, key_of, plain_pages};
use crate::world::{Kept, World, programs, said};

const WORDS: &str = "he waits at the gate and she must not tell";
const OTHER_WORDS: &str = "she said that nothing happened";

/// What no school may hold, by where it is: the police's own account, a check, a reporter, another school, a draft.
const CANARIES: [&str; 5] = ["CANARYpolice", "CANARYintel", "CANARYreporter", "CANARYother", "CANARYdraft"];
const SHARED: &str = "please ask who waits at the gate";

fn account(world: &World, case: &str, words: &str) -> Json {
    json!({ "case": case, "speaker": said("Mia"), "words_verbatim": [{ "seq": 1, "speaker": "Mia", "text": words }],
        "account_started_at": world.in_minutes(-30), "account_ended_at": world.in_minutes(-10) })
}

fn concern(world: &World, case: &str, words: &str) -> Json {
    json!({ "case": case, "source": "patrol", "heard_how": "direct", "exact_words": words, "event_at": world.now(),
        "concern_items": [{ "text": words }], "received_from": { "person": "a tutor" }, "known_to_school_log": "no",
        "subjects": [said("Mia")] })
}

/// Five people hold one action; from here on none of them has signal, and each of them writes.
struct Apart {
    kept: Kept,
    case: String,
    action: String,
    /// What the lost phone holds that nobody has.
    unsent: [String; 2],
    /// What was sealed by a clock three hours fast.
    fast: String,
}

fn apart(world: &mut World) -> Apart {
    for user in ["ofc3", "ofc4"] {
        world.person(user, "officer", &["--team", "t1", "--supervisor", "sgt1", "--school", "100001"]);
    }
    world.sync_all(&["ofc1", "ofc3", "ofc4", "pcso1", "sgt1", "dsl1"]);
    let action = world.new_record(
        "dsl1",
        "action",
        json!({ "exact_request": SHARED, "requested_by": { "person": "dsl1", "org": "school" }, "about": [said("Mia")],
            "action_kind": "enquiry", "due": world.in_minutes(14_400), "owner": "ofc1", "urgency": "standard" }),
    );
    world.sync_all(&["dsl1", "ofc1", "ofc3", "ofc4", "pcso1", "sgt1"]);
    let case = world.show("ofc1", &action)["case"].as_str().unwrap().to_owned();

    // One officer finishes it; another hears something new and raises it; the school writes on.
    world.step("ofc1", &action, "accept", json!({}));
    let proof = json!([{ "ref": "site register", "type": "system_reference" }]);
    world.step("ofc1", &action, "complete", json!({ "outcome": "it is the uncle", "evidence": proof }));
    let body = concern(world, &case, "he waits at the gate again");
    world.new_record("ofc3", "concern", body);
    world.edit("ofc3", &action, json!({ "urgency": "urgent", "due": world.in_minutes(240) }));
    world.step("dsl1", &action, "confirm", json!({ "text": "yes, that is what we asked" }));
    // A phone three hours fast, and a phone that is lost with two accounts nobody has.
    let clock = world.in_minutes(180);
    let body = account(world, &case, "he said my name");
    let fast = world.run_at_with("pcso1", &clock, &["new", "disclosure"], &body)["id"].as_str().unwrap().to_owned();
    world.run_at("pcso1", &clock, &["seal", &fast]);
    world.run_at_with("pcso1", &clock, &["edit", &action], &json!({ "due": world.in_minutes(300) }));
    let unsent = [1, 2].map(|n| {
        let body = account(world, &case, &format!("only this phone knows it, {n}"));
        world.sealed("ofc4", "disclosure", body).0
    });
    let device = world.device("ofc4")["id"].as_str().unwrap().to_owned();
    world.admin(&["device", "revoke", "--id", &device]);
    Apart { kept: world.put_by(), case, action, unsent, fast }
}

/// What one person is shown of the action, but for when it reached whom.
fn seen(world: &mut World, user: &str, action: &str) -> Json {
    let mut shown = world.show(user, action);
    let map = shown.as_object_mut().unwrap();
    for name in ["delivery", "receipts", "keys"] {
        map.remove(name);
    }
    shown
}

/// The same without the server's own words: whether it had to answer a completion it could not know of when it was made
/// is all that the order decides.
fn without_the_servers(mut shown: Json) -> Json {
    shown["statements"].as_array_mut().unwrap().retain(|statement| statement["author"] != "server");
    shown
}

const HOLDERS: [&str; 5] = ["ofc1", "ofc3", "pcso1", "sgt1", "dsl1"];

#[test]
fn as14_five_orders_of_delivery_show_one_open_action_and_the_lost_phones_accounts_are_kept() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let apart = apart(&mut world);
    let devices = ["ofc1", "ofc3", "pcso1", "ofc4", "dsl1"];
    let mut first: Option<Json> = None;
    for turn in 0..devices.len() {
        world.go_back(&apart.kept);
        for place in 0..devices.len() {
            let user = devices[(turn + place) % devices.len()];
            let synced = world.run(user, &["sync", "--timeout", "60"], None);
            match user {
                "ofc4" => assert_eq!(synced.unwrap_err()["code"], "D.revoked"),
                _ => assert_eq!(synced.unwrap()["rejected"], json!([]), "{user}"),
            }
        }
        world.sync_all(&HOLDERS);
        let shown = seen(&mut world, "ofc1", &apart.action);
        for user in HOLDERS {
            assert!(seen(&mut world, user, &apart.action) == shown, "turn {turn}: {user} is shown something else");
            let status = world.done(user, &["status"]);
            assert_eq!(status["drift_at"], Json::Null, "turn {turn}: {user} holds what the server gave");
        }
        // Finished by one, raised by another: it is open, and the earlier date and the higher urgency stand.
        assert_eq!((&shown["open"], &shown["status"]), (&json!(true), &json!("reopened")), "{shown}");
        assert_eq!(shown["urgency"], "urgent");
        let due = shown["due"].as_str().unwrap().to_owned();
        assert!(due.starts_with("2026-03-02T13:0"), "four hours, not five and not ten days: {due}");
        assert_eq!(shown["exact_request"], SHARED);
        let said = without_the_servers(shown);
        assert!(*first.get_or_insert_with(|| said.clone()) == said, "turn {turn} shows something else");

        kept_aside(&mut world, &apart);
        skew_shown(&mut world, &apart);
    }
}

/// Nothing of the lost phone is merged, and nothing of it is lost.
fn kept_aside(world: &mut World, apart: &Apart) {
    assert!(world.device("ofc4")["quarantined"].as_u64().unwrap() >= 2);
    let audit = world.admin(&["audit"]);
    let aside =
        audit.as_array().unwrap().iter().filter(|row| row["operation"] == "quarantine" && row["why"] == "D.revoked");
    let named: Vec<&Json> = aside.flat_map(|row| row["records"].as_array().unwrap()).collect();
    for id in &apart.unsent {
        assert!(named.contains(&&json!(id)), "{id} is named in the audit");
        assert!(world.run("sgt1", &["show", id], None).is_err(), "nobody is shown it");
    }
}

/// The time as it was stated stands, and beside it by how much it was off.
fn skew_shown(world: &mut World, apart: &Apart) {
    let lines = world.done("sgt1", &["timeline", "--case", &apart.case]);
    let line = lines.as_array().unwrap().iter().find(|line| line["record"] == apart.fast.as_str()).unwrap().clone();
    assert!(line["at"].as_str().unwrap().starts_with("2026-03-02T12:0"), "{line}");
    assert!(line["corrected_at"].as_str().unwrap().starts_with("2026-03-02T09:0"), "{line}");
    assert!((line["skew_ms"].as_i64().unwrap() - 3 * 3_600_000).abs() < 300_000, "{line}");
}

#[test]
fn as14_an_imaged_school_device_holds_no_word_that_is_not_the_schools() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "dsl1", "dsl2", "ofc2"]);
    let action = world.new_record(
        "dsl1",
        "action",
        json!({ "exact_request": SHARED, "requested_by": { "person": "dsl1", "org": "school" }, "about": [said("Mia")],
            "action_kind": "enquiry", "due": world.in_minutes(600), "owner": "ofc1" }),
    );
    world.sync_all(&["dsl1", "ofc1"]);
    let case = world.show("ofc1", &action)["case"].as_str().unwrap().to_owned();
    let [police, intel, reporter, other, draft] = CANARIES;
    let body = account(&world, &case, police);
    let (sealed, _) = world.sealed("ofc1", "disclosure", body);
    let body = json!({ "case": case, "target": said(intel), "system": "PNC", "requested_for": sealed,
        "lawful_purpose": "safeguarding" });
    world.new_record("ofc1", "intelligence_check", body);
    world.new_record("ofc1", "person", json!({ "case": case, "roles": ["reporter"], "names": [reporter] }));
    let mut body = concern(&world, &case, other);
    body.as_object_mut().unwrap().remove("case");
    world.new_record("dsl2", "concern", body);
    let body = account(&world, &case, draft);
    world.new_record("ofc1", "disclosure", body);
    world.step("ofc1", &action, "accept", json!({}));
    world.sync_all(&["ofc1", "sgt1", "dsl2", "ofc2", "dsl1"]);
    world.show("dsl1", &action);

    // The image, opened with its own key: every page, the freed ones, and the log.
    let image = |world: &World, user: &str| {
        let store = world.folder(user);
        plain_pages(&store.join("field.db"), &key_of(store))
    };
    let of_school = image(&world, "dsl1");
    assert!(holds(&of_school, SHARED), "the search itself finds what the school may hold");
    for canary in CANARIES {
        assert!(!holds(&of_school, canary), "{canary}");
    }
    for canary in [police, intel, reporter, draft] {
        assert!(holds(&image(&world, "ofc1"), canary), "{canary} is where it belongs");
    }
    assert!(holds(&image(&world, "ofc2"), other));
    // And without the key no word at all.
    for file in files(world.folder("dsl1")) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!holds(&bytes, SHARED) && !holds(&bytes, "Mia"), "{}", file.display());
    }
}

/// Everything a device was sent of a record, taken in as a device takes it in.
fn held(client: &Client, id: RecordId) -> Held {
    let mut held = Held {
        state: DocState::new(Template::Record),
        history: MemoryHistory::default(),
        view: View::default(),
        changes: Vec::new(),
    };
    let kind = records::kind("disclosure").unwrap();
    for row in &client.rows {
        let Row::Change { document, change } = row else { continue };
        if *document != id {
            continue;
        }
        let candidate = Candidate::read(change, Template::Record).unwrap();
        let verdict = check(candidate, id, &held.state, &held.history, kind, records::RULES_VERSION).unwrap();
        let Verdict::Fits(checked) = verdict else { panic!("{verdict:?}") };
        held.state.apply(&checked);
        held.history.apply(&checked);
        held.view.apply(&checked);
        held.changes.push(checked);
    }
    held
}

/// Other words in a register of the sealed field's name.
fn over(author: &Author, id: RecordId) -> Vec<u8> {
    author.change(id, |builder| {
        builder.field("words_verbatim", &Scalar::Text(OTHER_WORDS.into()));
    })
}

/// The sealed statement taken out of the history's present.
fn deleted(author: &Author, id: RecordId) -> Vec<u8> {
    let (first, _) = author.docs[&id].view.part("account").unwrap();
    let (sealed, key) = (OpId(first.counter, AmActor::from(first.dot.actor.0)), content_key(&first.opened.bytes));
    let statements = ObjectId::Id(OpId(1, AmActor::from([0_u8])));
    let mut change = Change::try_from(over(author, id).as_slice()).unwrap().decode();
    change.hash = None;
    let gone = Op {
        action: OpType::Delete,
        obj: statements,
        key: Key::Map(key.into()),
        pred: vec![sealed].into(),
        insert: false,
    };
    change.operations = vec![gone];
    Change::from(change).raw_bytes().to_vec()
}

/// An addendum that takes the account back, in the sergeant's name.
fn in_anothers_name(author: &Author, id: RecordId) -> Vec<u8> {
    let content =
        [("text", OTHER_WORDS), ("reason", "put right")].map(|(name, text)| (name.to_owned(), Value::text(text)));
    let mut said = author.statement(id, "disclosure", Sentence::Step("addendum".into()), content.into_iter().collect());
    said.author = UserId::new("sgt1").unwrap();
    said.role = "sergeant".into();
    let envelope = said.sign(author.client.signer.as_ref()).unwrap();
    author.change(id, |builder| {
        builder.statement(envelope);
    })
}

#[test]
fn as14_a_forged_edit_of_a_sealed_account_is_kept_aside_and_audited_and_the_export_verifies() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let action = json!({ "exact_request": "ring the school", "about": [said("Mia")], "action_kind": "enquiry",
        "due": world.in_minutes(60), "requested_by": { "person": "ofc1", "org": "police" } });
    let action = world.new_record("ofc1", "action", action);
    let case = world.show("ofc1", &action)["case"].as_str().unwrap().to_owned();
    let body = account(&world, &case, WORDS);
    let (sealed, _) = world.sealed("ofc1", "disclosure", body);
    world.sync_all(&["ofc1", "sgt1"]);

    // Somebody with a second device of the same officer, and no scruple.
    let code = world.server.code("ofc1").unwrap();
    let id: RecordId = sealed.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcomes = runtime.block_on(async {
        let mut author = Author::enrol(&code).await;
        let held = held(&author.client, id);
        author.docs = BTreeMap::from([(id, held)]);
        let mut outcomes = Vec::new();
        for forge in [over, deleted, in_anothers_name] {
            let bytes = forge(&author, id);
            let honest = json!({ "case": case, "exact_request": "beside it", "about": [said("Mia")], "action_kind": "enquiry",
                "due": "2026-03-03T09:00:00Z", "requested_by": { "person": "ofc1", "org": "police" } });
            let (_, honest) = author.create("action", honest);
            let sent = author.push(vec![Item { document: id, changes: vec![bytes] }, honest]).await;
            assert!(sent.receipt.outcomes[1].is_ok(), "the honest record beside it is taken");
            outcomes.push(sent.receipt.outcomes[0].rest.clone());
        }
        outcomes
    });
    let refused = |code: signed::Code| Rest::Refused { code: code.number, kept: true };
    assert_eq!(outcomes, [code::C_KEY, code::C_PRED, code::S_AUTHOR].map(refused));
    let audit = world.admin(&["audit", "--record", &sealed]);
    let aside: Vec<&Json> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["operation"] == "quarantine")
        .map(|row| &row["why"])
        .collect();
    assert_eq!(aside, [&json!("C.key"), &json!("C.pred"), &json!("S.author")], "the auditor reads of each");

    // On every other device the words are as they were sealed, and an export proves it to anybody.
    world.sync_all(&["sgt1", "ofc1"]);
    for user in ["ofc1", "sgt1"] {
        let shown = world.show(user, &sealed);
        assert_eq!(shown["words_verbatim"][0]["text"], WORDS, "{user}");
        assert!(!shown.to_string().contains(OTHER_WORDS), "{user}");
        assert_eq!(world.done(user, &["verify"])["ok"], true, "{user}");
    }
    assert_eq!(world.admin(&["verify"])["ok"], true);
    let file = world.folder("sgt1").join("bundle");
    let file = file.to_str().unwrap().to_owned();
    world.done("sgt1", &["export", "--case", &case, "--to", &file, "--purpose", "oversight"]);
    let output =
        std::process::Command::new(&programs().field).args(["verify-bundle", &file, "--json"]).output().unwrap();
    let proof: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&proof["ok"], &proof["faults"]), (&json!(true), &json!([])), "{proof}");
    assert!(!holds(&std::fs::read(&file).unwrap(), OTHER_WORDS));
}
