//! Section 1: what command, a PCSO and an auditor may read, and no more. A headline is opened with a reason, which
//! stands in the audit; a PCSO reads of a check whether it was a hit; an auditor reads a case and changes nothing.

use serde_json::{Value as Json, json};

use crate::world::{World, said};

/// A word of the account, and one of the reporter's.
const WORDS: &str = "zwieback";
const NAME: &str = "Quillworthy";

/// A case of the school: an account, a reporter, and a check at the door that nobody goes to.
struct Case {
    id: String,
    account: String,
    reporter: String,
    visit: String,
}

fn case(world: &mut World) -> Case {
    world.sync_all(&["ofc1", "sgt1", "insp1", "com1", "call1"]);
    let (account, _) = world.sealed(
        "ofc1",
        "disclosure",
        json!({ "school": "100001", "speaker": "Mia", "words_verbatim": [{ "seq": 1, "speaker": "Mia", "text": format!("he gave me {WORDS}") }],
            "account_started_at": world.now(), "account_ended_at": world.now() }),
    );
    let id = world.show("ofc1", &account)["case"].as_str().unwrap().to_owned();
    let reporter = world.new_record("ofc1", "person", json!({ "case": id, "roles": ["reporter"], "names": [NAME] }));
    world.sync("ofc1");
    let visit = world.new_record(
        "call1",
        "welfare_check",
        json!({ "case": id, "grade": "urgent", "urgency": "urgent", "attend_by": world.in_minutes(600),
            "address": said("the park"), "request": { "instructions": ["look for a girl"] } }),
    );
    world.sync_all(&["call1", "ofc1", "com1"]);
    Case { id, account, reporter, visit }
}

/// Nobody goes: the ladder climbs to command.
fn escalated(world: &mut World) {
    for _ in 0..4 {
        world.pass("15m");
    }
    world.sync_all(&["com1", "insp1"]);
}

fn refusal(world: &mut World, user: &str, words: &[&str], body: Option<&Json>) -> String {
    match world.run(user, words, body) {
        Ok(value) => panic!("{user} {words:?} was not refused: {value}"),
        Err(error) => error["code"].as_str().unwrap().to_owned(),
    }
}

/// What the audit says of openings of a record: who, and why.
fn openings(world: &World, record: &str) -> Vec<(String, String)> {
    let rows = world.admin(&["audit", "--record", record]);
    let of_it = rows.as_array().unwrap().iter().filter(|row| row["operation"] == "consultation");
    of_it.map(|row| (row["who"].as_str().unwrap().to_owned(), row["reason"].as_str().unwrap().to_owned())).collect()
}

fn timeline(world: &mut World, user: &str, case: &str) -> Vec<String> {
    let lines = world.done(user, &["timeline", "--case", case]);
    lines.as_array().unwrap().iter().map(|line| line["record"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r91_command_opens_what_it_has_a_headline_of_with_a_reason_that_stands_in_the_audit() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    assert_eq!(refusal(&mut world, "com1", &["show", &case.account, "--purpose", "to look"], None), "I.not_found");
    let early = json!({ "opens": case.account, "reason": "to look" });
    assert_eq!(refusal(&mut world, "com1", &["new", "opening"], Some(&early)), "I.not_found");
    escalated(&mut world);

    // A headline, and without a reason nothing more.
    let headline = world.show("com1", &case.account);
    assert_eq!((&headline["headline"], &headline["opening"]), (&json!(true), &Json::Null), "{headline}");
    world.sync_all(&["com1"]);
    assert_eq!(world.show("com1", &case.account)["headline"], true);
    assert_eq!(refusal(&mut world, "com1", &["show", &case.account, "--purpose", " "], None), "I.reason");
    for body in [json!({ "opens": case.account }), json!({ "opens": case.account, "reason": "  " })] {
        assert_eq!(refusal(&mut world, "com1", &["new", "opening"], Some(&body)), "I.reason");
    }
    // The reporter's vault is not there to be opened, whatever the reason.
    let vault = json!({ "opens": case.reporter, "reason": "who rang?" });
    assert_eq!(refusal(&mut world, "com1", &["new", "opening"], Some(&vault)), "I.not_found");

    let why = "nobody went for an hour: to decide who goes";
    let asked = world.done("com1", &["show", &case.account, "--purpose", why]);
    assert!(asked["headline"] == true && asked["opening"].is_string(), "{asked}");
    assert!(!asked.to_string().contains(WORDS));
    let again = world.done("com1", &["show", &case.account, "--purpose", "and again"]);
    assert_eq!(again["opening"], asked["opening"], "it is asked for once");
    world.sync_all(&["com1"]);
    assert!(world.show("com1", &case.account).to_string().contains(WORDS), "its words, from then on");
    assert_eq!(openings(&world, &case.account), [("com1".to_owned(), why.to_owned())]);
    // One record was opened, and not the case.
    assert_eq!(world.show("com1", &case.visit)["headline"], true);
    assert_eq!(world.list("com1", "opening").len(), 1);
    for user in ["ofc1", "sgt1", "insp1"] {
        world.sync(user);
        assert!(world.list(user, "opening").is_empty(), "{user}");
    }

    // It reads, and does nothing that others do; the log of the device says why it was read.
    let more = json!({ "case": case.id, "text": "a note" });
    assert_eq!(refusal(&mut world, "com1", &["new", "action_note"], Some(&more)), "I.create");
    world.step("com1", &case.account, "acknowledge", json!({}));
    let file = world.folder("com1").join("reads").to_str().unwrap().to_owned();
    world.done("com1", &["export", "--record", &case.account, "--to", &file]);
    assert!(String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains(why));
    assert_eq!(world.admin(&["verify"])["ok"], true);
}

#[test]
fn an_inspector_opens_a_headline_of_the_area_in_the_same_way_and_a_sergeant_does_not() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    world.sync("insp1");
    let asked = world.done("insp1", &["show", &case.account, "--purpose", "this month's sample"]);
    assert!(asked["headline"] == true && asked["opening"].is_string(), "{asked}");
    world.sync_all(&["insp1"]);
    assert!(world.show("insp1", &case.account).to_string().contains(WORDS));
    assert_eq!(openings(&world, &case.account), [("insp1".to_owned(), "this month's sample".to_owned())]);
    let body = json!({ "opens": case.account, "reason": "to look" });
    assert_eq!(refusal(&mut world, "sgt1", &["new", "opening"], Some(&body)), "I.create");
}

#[test]
fn a_pcso_reads_of_a_check_whether_it_was_a_hit_and_not_what_was_hit() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    world.sync("pcso1");
    let check = |target: &str, world: &World| {
        json!({ "case": case.id, "target": said(target), "system": "PND", "requested_for": case.account,
            "lawful_purpose": "safeguarding of a child", "due": world.in_minutes(60) })
    };
    let body = check("a man", &world);
    let hit = world.new_record("ofc1", "intelligence_check", body);
    let body = check("his brother", &world);
    let clean = world.new_record("ofc1", "intelligence_check", body);
    let body = check("his lodger", &world);
    let waits = world.new_record("ofc1", "intelligence_check", body);
    world.sync_all(&["ofc1", "pcso1"]);
    assert!(world.list("pcso1", "intelligence_check").is_empty(), "they came to nothing yet");
    let reference = json!({ "ref": "PND-8471", "by": "ofc1", "at": world.now() });
    let found =
        json!({ "system_reference": reference, "result": { "found": { "hit": format!("{WORDS} conviction") } } });
    world.step("ofc1", &hit, "complete", found);
    let nothing = json!({ "system_reference": reference, "result": { "found": "nothing_known" } });
    world.step("ofc1", &clean, "complete", nothing);
    world.sync_all(&["ofc1", "pcso1"]);

    let lines = world.list("pcso1", "intelligence_check");
    let mut titles: Vec<&str> = lines.iter().map(|line| line["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["hit", "nothing known"]);
    for (id, word) in [(&hit, "hit"), (&clean, "nothing_known")] {
        let shown = world.show("pcso1", id);
        assert_eq!(
            (&shown["found"], &shown["headline"], &shown["status"]),
            (&json!(word), &json!(true), &json!("done"))
        );
        for secret in [WORDS, "conviction", "8471", "a man", "brother", "system"] {
            assert!(!shown.to_string().contains(secret), "{secret}: {shown}");
        }
        assert_eq!(refusal(&mut world, "pcso1", &["do", id, "confirm_seen"], None), "I.not_found");
    }
    assert_eq!(refusal(&mut world, "pcso1", &["show", &waits], None), "I.not_found");
    // One that they made themselves: the words are gone once the server has them, the answer stays.
    let mut body = check("a neighbour", &world);
    body["result"] = json!({ "found": "nothing_known" });
    body["system_reference"] = json!({ "ref": "PND-9", "by": "pcso1", "at": world.now() });
    body["said_status"] = json!("done");
    let own = world.new_record("pcso1", "intelligence_check", body);
    world.sync_all(&["pcso1"]);
    let shown = world.show("pcso1", &own);
    assert_eq!((&shown["found"], &shown["status"]), (&json!("nothing_known"), &json!("done")), "{shown}");
    assert!(!shown.to_string().contains("neighbour"));
    // It is said to whoever may know no more; an inspector's headline says nothing of it.
    world.sync("insp1");
    assert_eq!(world.show("insp1", &hit)["found"], Json::Null);
    world.person("pcso2", "pcso", &["--team", "t2", "--supervisor", "sgt2", "--school", "100002"]);
    world.sync_all(&["pcso2"]);
    assert!(world.list("pcso2", "intelligence_check").is_empty(), "of another school");
    assert_eq!(world.admin(&["verify"])["ok"], true);
}

#[test]
fn an_auditor_reads_a_case_under_a_logged_purpose_never_the_reporter_and_changes_nothing() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    world.admin(&["user", "add", "--id", "aud1", "--name", "aud1", "--role", "auditor"]);
    world.sync("aud1");
    assert!(world.done("aud1", &["list"]).as_array().unwrap().is_empty());
    assert_eq!(refusal(&mut world, "aud1", &["show", &case.id, "--purpose", "to look"], None), "I.not_found");
    let bare = json!({ "opens": case.id });
    assert_eq!(refusal(&mut world, "aud1", &["new", "opening"], Some(&bare)), "I.reason");
    // A record by itself is not a case: the server keeps that aside.
    world.new_record("aud1", "opening", json!({ "opens": case.account, "reason": "to look" }));
    world.sync("aud1");
    assert_eq!(world.done("aud1", &["status"])["refused"], 1);
    assert!(openings(&world, &case.account).is_empty());

    let why = "complaint 17: was the child's account acted on?";
    world.new_record("aud1", "opening", json!({ "opens": case.id, "reason": why }));
    world.sync_all(&["aud1"]);
    assert_eq!(openings(&world, &case.id), [("aud1".to_owned(), why.to_owned())]);
    let seen = timeline(&mut world, "aud1", &case.id);
    for record in [&case.account, &case.visit, &case.id] {
        assert!(seen.contains(record), "{record}: {seen:?}");
    }
    assert!(!seen.contains(&case.reporter));
    assert!(world.show("aud1", &case.account).to_string().contains(WORDS));
    assert_eq!(refusal(&mut world, "aud1", &["show", &case.reporter], None), "I.not_found");
    assert!(world.done("aud1", &["search", NAME]).as_array().unwrap().is_empty());

    changes_nothing(&mut world, &case);
    // What is written later comes to them too, and nobody is told who reads it.
    world.done("ofc1", &["addendum", &case.account, "--text", "one more thing", "--reason", "said later"]);
    world.sync_all(&["ofc1", "aud1", "ofc1"]);
    assert!(world.show("aud1", &case.account).to_string().contains("one more thing"));
    assert!(!world.show("ofc1", &case.account).to_string().contains("aud1"));
    assert_eq!(world.done("aud1", &["verify"])["ok"], true);
    assert_eq!(world.admin(&["verify"])["ok"], true);
}

#[test]
fn r91_what_was_opened_with_a_reason_is_closed_again_and_opened_anew_with_another() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    world.admin(&["user", "add", "--id", "aud1", "--name", "aud1", "--role", "auditor"]);
    world.sync("aud1");
    let open = |why: &str| json!({ "opens": case.id, "reason": why });
    world.new_record("aud1", "opening", open("complaint 17"));
    world.sync_all(&["aud1"]);
    assert!(world.show("aud1", &case.account).to_string().contains(WORDS));
    // Four weeks: to the end of the last day it is there, then nobody has to take it away.
    world.pass("27d");
    world.sync("aud1");
    assert!(world.show("aud1", &case.account).to_string().contains(WORDS));
    world.pass("1d");
    world.sync_all(&["aud1"]);
    for id in [&case.account, &case.id] {
        assert_eq!(refusal(&mut world, "aud1", &["show", id], None), "I.not_found");
    }
    assert!(world.show("ofc1", &case.account).to_string().contains(WORDS), "nothing of it is anybody else's loss");
    world.new_record("aud1", "opening", open("complaint 17, the appeal"));
    world.sync_all(&["aud1"]);
    assert!(world.show("aud1", &case.account).to_string().contains(WORDS));
    let reasons: Vec<String> = openings(&world, &case.id).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, ["complaint 17", "complaint 17, the appeal"]);
    assert_eq!(world.admin(&["verify"])["ok"], true);
}

#[test]
fn r91_command_opens_anew_what_was_closed_again_and_a_longer_time_gives_nothing_back() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    escalated(&mut world);
    world.admin(&["policy", "--set", "opening_days=1"]);
    let words = ["show", &case.account, "--purpose", "to decide who goes"];
    world.done("com1", &words);
    world.sync_all(&["com1"]);
    assert!(world.show("com1", &case.account).to_string().contains(WORDS));
    world.pass("1d");
    world.sync_all(&["com1"]);
    let headline = world.show("com1", &case.account);
    assert_eq!((&headline["headline"], headline.get("opening")), (&json!(true), None), "closed, and nothing waits");
    world.admin(&["policy", "--set", "opening_days=60"]);
    world.pass("1h");
    world.sync_all(&["com1"]);
    assert_eq!(world.show("com1", &case.account)["headline"], true, "what has ended stays ended");
    world.done("com1", &["show", &case.account, "--purpose", "to decide whether it was enough"]);
    world.sync_all(&["com1"]);
    assert!(world.show("com1", &case.account).to_string().contains(WORDS));
    assert_eq!(openings(&world, &case.account).len(), 2);
    // It was given a day when the policy was a day; by now it is sixty, and so it is for what runs.
    world.pass("59d");
    world.sync_all(&["com1"]);
    assert!(world.show("com1", &case.account).to_string().contains(WORDS));
    world.pass("1d");
    world.sync_all(&["com1"]);
    assert_eq!(world.show("com1", &case.account)["headline"], true);
    assert_eq!(world.admin(&["verify"])["ok"], true);
}

/// Everything an auditor may try is refused on their own device.
fn changes_nothing(world: &mut World, case: &Case) {
    let before = world.done("aud1", &["status"])["unsent"].clone();
    for kind in records::kinds().filter(|kind| kind.name != "opening") {
        let body = json!({ "case": case.id, "user": "aud1" });
        assert_eq!(refusal(world, "aud1", &["new", kind.name], Some(&body)), "I.create", "{}", kind.name);
    }
    for (id, kind) in [(&case.id, "case"), (&case.account, "disclosure"), (&case.visit, "welfare_check")] {
        let kind = records::kind(kind).unwrap();
        let verbs = kind.steps.iter().chain(records::kinds::COMMON).map(|step| step.verb);
        for verb in verbs.filter(|verb| !["addendum", "attach"].contains(verb)) {
            assert_eq!(refusal(world, "aud1", &["do", id, verb], Some(&json!({}))), "I.denied", "{verb}");
        }
        let words = ["addendum", id, "--text", "more", "--reason", "why"];
        assert_eq!(refusal(world, "aud1", &words, None), "I.denied");
        let raise = ["edit", id, "--set", "urgency=immediate"];
        assert_eq!(refusal(world, "aud1", &raise, None), "I.denied");
        let file = world.folder("aud1").join("a-file");
        std::fs::write(&file, "a file").unwrap();
        let attach = ["attach", id, file.to_str().unwrap(), "--type", "text/plain"];
        assert_eq!(refusal(world, "aud1", &attach, None), "I.denied");
    }
    assert_eq!(world.done("aud1", &["status"])["unsent"], before);
}
