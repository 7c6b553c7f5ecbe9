//! AS10 (Issue 39, case 8): eighteen months from report to charge. In the real case one child's interview was never
//! made, files had "vanished", bail was extended and then ended, and nobody told the children anything.

use serde_json::{Value as Json, json};

use crate::world::{World, any, record, said};

/// Two children, a suspect, and the fourteen items that were asked for before a charge: in a case of ofc1's.
struct Charge {
    case: String,
    children: [String; 2],
    items: Vec<String>,
}

const ITEMS: [&str; 14] = [
    "video interview of the first child",
    "video interview of the second child",
    "statement of the mother",
    "statement of the teacher",
    "statement of the doctor",
    "medical report",
    "phone download",
    "social care records",
    "school records",
    "scene photographs",
    "the 999 recording",
    "suspect's interview",
    "forensic report",
    "case summary",
];

fn charging(world: &mut World) -> Charge {
    let child = |name: &str| json!({ "roles": ["child"], "names": [name], "dob": "2012-01-10", "ethnicity_self_defined": "W1" });
    let first = world.new_record("ofc1", "person", child("Ada Lane"));
    let case = world.show("ofc1", &first)["case"].as_str().unwrap().to_owned();
    let mut second = child("Bea Lane");
    second["case"] = json!(case);
    let children = [first, world.new_record("ofc1", "person", second)];
    let value = json!({ "value": "known" });
    let risk = json!({ "case": case, "model": "THRIVE", "level": "medium", "about": children.each_ref().map(|child| record(child)),
        "basis": [children[0]], "threat": value, "harm": value, "risk": value, "investigation": value, "vulnerability": value,
        "engagement": value, "next_review": world.in_minutes(100_000) });
    world.sealed("ofc1", "risk_assessment", risk);
    let ask = |what: &str, about: Json, world: &World| {
        json!({ "case": case, "action_kind": "court_or_charging_item", "exact_request": what, "about": [about], "owner": "ofc1",
            "requested_by": { "person": "sgt1", "org": "prosecutor" }, "due": world.in_minutes(40_000) })
    };
    let mut items = Vec::new();
    for (at, what) in ITEMS.into_iter().enumerate() {
        let about = children.get(at).map_or_else(|| said("the case"), |child| record(child));
        let body = ask(what, about, world);
        items.push(world.new_record("ofc1", "action", body));
    }
    world.sync_all(&["ofc1", "sgt1"]);
    Charge { case, children, items }
}

/// Lines of the case's history that say that a file was added to a record.
fn added(world: &mut World, user: &str, case: &str, id: &str) -> Vec<Json> {
    let lines = world.done(user, &["timeline", "--case", case]);
    lines.as_array().unwrap().iter().filter(|line| line["record"] == id && line["step"] == "attach").cloned().collect()
}

#[test]
fn as10_fourteen_items_are_fourteen_and_nothing_vanishes_from_the_index() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let Charge { case, items, .. } = charging(&mut world);
    let asked = world.find("sgt1", "action", |action| action["action_kind"] == "court_or_charging_item");
    assert_eq!(asked.len(), 14, "each item is one of its own");

    // The second child's interview is made, and its recording attached: the first's stands beside it, not done.
    let path = world.folder("ofc1").join("interview.mp4");
    std::fs::write(&path, b"a recording").unwrap();
    world.step("ofc1", &items[1], "accept", json!({}));
    world.done("ofc1", &["attach", &items[1], path.to_str().unwrap(), "--type", "video/mp4"]);
    world.step("ofc1", &items[1], "complete", json!({ "outcome": "interviewed" }));
    world.sync_all(&["ofc1", "sgt1"]);
    let stands = |world: &mut World, id: &str| {
        let shown = world.show("sgt1", id);
        let missing = shown["marks"].as_array().into_iter().flatten().any(|mark| mark == "document_missing");
        (shown["status"].as_str().unwrap().to_owned(), missing)
    };
    assert_eq!(stands(&mut world, &items[0]), ("requested".to_owned(), true));
    assert_eq!(stands(&mut world, &items[1]), ("completed".to_owned(), false));
    let listed = world.list("sgt1", "action");
    for item in &items[..2] {
        assert!(listed.iter().any(|line| line["id"] == item.as_str()), "both are on one list");
    }

    // Three are marked complete with no document: refused, whatever is said of it.
    for item in &items[2..5] {
        world.step("ofc1", item, "accept", json!({}));
        for evidence in [json!([]), json!([{ "ref": "sent last week" }])] {
            let codes = world.refused("ofc1", item, "complete", json!({ "outcome": "done", "evidence": evidence }));
            assert_eq!(codes, ["R53.evidence evidence"]);
        }
        let said = json!({ "action": item, "text": "it was done: the file must have vanished" });
        world.new_record("ofc1", "action_update", said);
    }
    world.sync_all(&["ofc1", "sgt1"]);
    // The history answers: one file was ever added, by whom and when; none of these; and none can be taken away.
    for item in &items[2..5] {
        assert_eq!(added(&mut world, "sgt1", &case, item), Vec::<Json>::new());
        let marks = world.marks("sgt1", item);
        assert!(any(&marks, "document_missing") && any(&marks, "claim_without_evidence"), "{marks:?}");
    }
    let history = added(&mut world, "sgt1", &case, &items[1]);
    assert_eq!((history.len(), &history[0]["author"]), (1, &json!("ofc1")), "{history:?}");
    assert!(history[0]["at"].as_str().unwrap().starts_with("2026-03-02"), "{history:?}");
    for verb in ["detach", "remove", "delete"] {
        let error = world.run("ofc1", &["do", &items[1], verb], None).unwrap_err();
        assert_eq!(error["code"], "I.verb", "{verb}");
    }
    assert_eq!(world.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn as10_a_third_extension_is_an_inspectors_and_its_refusal_never_reads_as_no_action() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "insp1", "dsl1"]);
    let Charge { case, children, .. } = charging(&mut world);
    let risk = world.find("sgt1", "risk_assessment", |_| true)[0].clone();
    let protects = children.each_ref().map(|child| record(child));
    let bail = json!({ "case": case, "measure_kind": "bail_condition", "terms": "no contact with either child", "protects": protects,
        "monitored_by": { "org": "police" }, "to": "2026-03-30T09:00:00Z", "owner": "ofc1" });
    let bail = world.new_record("ofc1", "protective_measure", bail);
    let back = json!({ "case": case, "deadline_kind": "bail_return", "due": "2026-03-30T09:00:00Z", "owner": "ofc1" });
    let back = world.new_record("ofc1", "deadline", back);
    // What the school asked for; what it is told is agreed, the rest is the police's.
    let asked = json!({ "exact_request": "how do the two girls fare?", "about": [said("both girls")], "action_kind": "share",
        "requested_by": { "person": "dsl1", "org": "school" }, "due": world.in_minutes(6_000), "owner": "ofc1" });
    let asked = world.new_record("dsl1", "action", asked);
    world.sync_all(&["ofc1", "dsl1", "sgt1", "ofc1"]);
    let update =
        json!({ "action": asked, "text": "the family has an officer to ring", "text_police": "CANARY he is on bail" });
    world.new_record("ofc1", "action_update", update);
    // One child hears from them; the other does not.
    world.pass("20d");
    let word = json!({ "case": case, "person": record(&children[1]), "person_role": "victim", "contact": "made" });
    world.new_record("ofc1", "contact_log", word);
    world.sync_all(&["ofc1", "sgt1"]);
    for user in ["ofc1", "sgt1"] {
        assert_eq!(world.told_about(user, "R79.no_contact", &case), 0, "{user}");
    }

    let later = |due: &str| json!({ "new_due": due, "reason": "the phone is not examined yet" });
    for (wait, due) in [("5d", "2026-04-27T09:00:00Z"), ("28d", "2026-05-25T09:00:00Z")] {
        world.pass(wait);
        world.sync("sgt1");
        for record in [&bail, &back] {
            world.step("sgt1", record, "extend", later(due));
        }
        world.sync_all(&["sgt1", "ofc1"]);
    }
    assert_eq!(world.show("ofc1", &bail)["to"], "2026-05-25T09:00:00.000Z");
    // 28 days without a word to the first child: both are told. The school is not; it reads what was agreed.
    for user in ["ofc1", "sgt1"] {
        assert!(world.told_about(user, "R79.no_contact", &case) >= 1, "{user}");
    }
    assert!(world.marks("sgt1", &case).contains(&"no_contact".to_owned()));
    world.sync("dsl1");
    let read: Vec<Json> = world.list("dsl1", "action_update");
    let text = world.show("dsl1", read[0]["id"].as_str().unwrap());
    assert_eq!((read.len(), &text["text"]), (1, &json!("the family has an officer to ring")));
    assert_eq!(world.done("dsl1", &["search", "CANARY"]), json!([]));
    for hidden in [&bail, &back, &case] {
        assert!(world.run("dsl1", &["show", hidden], None).is_err(), "nothing of the investigation");
    }
    assert!(!world.prompts("dsl1").iter().any(|code| code.starts_with("R79") || code.starts_with("R103")));

    // A third extension: the sergeant may not. It is brought to the inspector, who refuses it.
    world.pass("26d");
    world.sync_all(&["sgt1", "ofc1"]);
    for (id, path) in [(&bail, "to"), (&back, "due")] {
        let codes = world.refused("sgt1", id, "extend", later("2026-06-22T09:00:00Z"));
        assert_eq!(codes, [format!("R72.inspector {path}"), "R72.plan plan".to_owned()]);
        world.step("sgt1", id, "share", json!({ "to": "insp1", "reason": "a third extension: to decide" }));
    }
    world.sync_all(&["sgt1", "insp1"]);
    assert!(!world.marks("sgt1", &risk).contains(&"stale".to_owned()));
    world.step(
        "insp1",
        &bail,
        "end",
        json!({ "reason": "a third extension is refused: nothing was done with the first two" }),
    );
    world.sync_all(&["insp1", "sgt1", "ofc1"]);
    assert_eq!(world.told_about("sgt1", "R103.ended", &bail), 1);
    for id in [&bail, &case] {
        let shown = world.show("sgt1", id);
        let notices = shown["notices"].to_string();
        assert!(notices.contains("measure ended, investigation live"), "{shown}");
        assert!(!shown.to_string().to_lowercase().contains("no action"), "{shown}");
    }
    assert_eq!(world.show("sgt1", &case)["status"], "open");
    assert!(world.marks("sgt1", &risk).contains(&"stale".to_owned()), "the risk is assessed again");
    // The sergeant names what protects them now: then the gap is closed.
    world.step("sgt1", &bail, "replace", json!({ "reason": "a working agreement with social care, from today" }));
    world.sync("sgt1");
    assert_eq!(world.told_about("sgt1", "R103.ended", &bail), 0);
}

#[test]
fn r113_the_children_are_told_that_bail_has_ended_and_the_case_does_not_close_over_them() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "insp1"]);
    let Charge { case, children, .. } = charging(&mut world);
    let protects = children.each_ref().map(|child| record(child));
    let bail = json!({ "case": case, "measure_kind": "bail_condition", "terms": "no contact with either child", "protects": protects,
        "monitored_by": { "org": "police" }, "to": "2026-03-30T09:00:00Z", "owner": "ofc1" });
    let bail = world.new_record("ofc1", "protective_measure", bail);
    world.sync_all(&["ofc1", "sgt1", "insp1"]);
    assert_eq!(world.told_about("ofc1", "R113.not_told", &bail), 0);
    // Nobody extends it: it lapses. Whoever answers for it is to tell both; a day later the sergeant knows.
    world.pass("28d");
    world.sync("ofc1");
    assert_eq!(world.told_about("ofc1", "R113.not_told", &bail), 2);
    world.pass("24h");
    world.sync_all(&["sgt1", "ofc1"]);
    assert_eq!(world.told_about("sgt1", "R113.not_told", &bail), 2);
    let untold = |world: &mut World| {
        let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "charged" }));
        codes.iter().filter(|code| code.starts_with("R113.not_told")).count()
    };
    assert_eq!(untold(&mut world), 2);
    let told = |world: &World, who: Json, more: Json| {
        let mut body = json!({ "case": case, "person": who, "person_role": "victim", "contact": "made", "how": "at her home",
            "at": world.now(), "measure": bail, "what_told": [{ "text": "bail has ended; the inquiry goes on" }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let first = told(&world, record(&children[0]), json!({}));
    world.new_record("ofc1", "contact_log", first);
    assert_eq!(untold(&mut world), 1, "each of them, and not one for both");
    let for_her = json!({ "person_role": "parent", "on_behalf_of": [record(&children[1])] });
    let second = told(&world, said("their mother"), for_her);
    world.new_record("ofc1", "contact_log", second);
    assert_eq!(untold(&mut world), 0);
    world.sync_all(&["ofc1", "sgt1"]);
    for user in ["ofc1", "sgt1"] {
        assert_eq!(world.told_about(user, "R113.not_told", &bail), 0, "{user}");
    }
}
