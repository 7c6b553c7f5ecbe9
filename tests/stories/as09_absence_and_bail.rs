//! AS9 (Issue 39, case 7): an officer with two suspects on bail goes sick. In the real case nobody covered, the bail
//! date passed, court files were said to be done and were not, and one supervisor had 22 to look after.

use serde_json::{Value as Json, json};

use crate::world::{World, any, record, said};

fn row(rows: &Json, name: &str, value: &str) -> Json {
    let found = rows.as_array().unwrap().iter().find(|row| row[name] == value);
    found.unwrap_or_else(|| panic!("no {name} {value} in {rows}")).clone()
}

/// A case of ofc1's with two suspects, a court file owed for each, a high risk and a bail return.
struct Bail {
    case: String,
    files: Vec<String>,
    date: String,
}

fn on_bail(world: &mut World) -> Bail {
    let suspect = |name: &str| json!({ "roles": ["suspect"], "names": [name], "dob": "1990-01-01" });
    let first = world.new_record("ofc1", "person", suspect("Sam Reed"));
    let case = world.show("ofc1", &first)["case"].as_str().unwrap().to_owned();
    let mut second = suspect("Lee Ford");
    second["case"] = json!(case);
    let second = world.new_record("ofc1", "person", second);
    let value = json!({ "value": "known" });
    let risk = json!({ "case": case, "model": "THRIVE", "level": "high", "about": [said("a girl aged 15")], "basis": [first],
        "threat": value, "harm": value, "risk": value, "investigation": value, "vulnerability": value, "engagement": value,
        "next_review": world.in_minutes(10_000) });
    world.sealed("ofc1", "risk_assessment", risk);
    let file = |about: &str| {
        json!({ "case": case, "action_kind": "court_or_charging_item", "exact_request": "the court file", "about": [record(about)],
            "requested_by": { "person": "sgt1", "org": "police" }, "owner": "ofc1", "due": world.in_minutes(20_000) })
    };
    let bodies = [file(&first), file(&second)];
    let files = bodies.into_iter().map(|body| world.new_record("ofc1", "action", body)).collect();
    let date = json!({ "case": case, "deadline_kind": "bail_return", "what": "both return on bail", "owner": "ofc1",
        "about": [record(&first), record(&second)], "due": "2026-03-04T10:00:00Z" });
    let date = world.new_record("ofc1", "deadline", date);
    world.sync("ofc1");
    Bail { case, files, date }
}

#[test]
fn as9_a_sick_officers_bail_date_is_somebodys_and_a_claim_is_no_file() {
    let mut world = World::new("2026-03-02T08:30:00Z");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "insp1"]);
    let Bail { case, files, date } = on_bail(&mut world);
    assert_eq!(world.told_about("sgt1", "R68.not_accepted", &case), 0);

    // Two days before: sick. It is recorded, the sergeant answers for the case at once, cover is missing.
    let away = json!({ "user": "ofc1", "from": world.now(), "kind": "sick" });
    let away = world.new_record("sgt1", "absence", away);
    world.sync("sgt1");
    assert_eq!(world.show("sgt1", &away)["absence_kind"], "sick");
    assert_eq!(world.told_about("sgt1", "R68.not_accepted", &case), 1, "the case is the sergeant's now");
    assert_eq!(world.told_about("sgt1", "R76.cover", &away), 1);
    world.pass("2h");
    assert_eq!(world.told_about("sgt1", "R71.date", &date), 1, "two days before");
    world.pass("24h");
    assert_eq!(world.told_about("insp1", "R76.cover", &away), 1, "nobody covers: it climbs");
    world.pass("24h");
    assert_eq!(world.told_about("sgt1", "R71.date", &date), 2, "and on the day");
    assert_eq!(world.told_about("insp1", "R71.date", &date), 0);
    assert_eq!(world.told_about("ofc1", "R71.date", &date), 0, "nobody who is sick is asked");
    // No answer: the inspector, the same day.
    world.pass("8h");
    assert_eq!(world.told_about("insp1", "R71.date", &date), 1);
    assert!(world.prompt("insp1", "R71.date")["due_at"].as_str().unwrap().starts_with("2026-03-04T18:00"));

    // Cover is found, half-time: what is carried weighs double, and is the sergeant's until it is accepted.
    let before = world.server.admin(&["report", "--kind", "workload"]).unwrap();
    assert_eq!(row(&before, "officer", "ofc2")["load"], 0.0);
    world.edit("sgt1", &away, json!({ "cover": "ofc2", "fte_percent_of_cover": 50 }));
    world.step("sgt1", &date, "answer", json!({ "how": "attended", "text": "both came; the sergeant dealt with it" }));
    world.sync("sgt1");
    assert_eq!(world.told_about("sgt1", "R76.cover", &away), 0);
    let load = row(&world.server.admin(&["report", "--kind", "workload"]).unwrap(), "officer", "ofc2");
    let carried = load["covering"].as_f64().unwrap();
    assert!(carried >= 3.0, "the case and both files at least: {load}");
    assert_eq!((&load["hours"], load["load"].as_f64().unwrap()), (&json!(20), carried * 2.0));
    assert_eq!(world.told_about("sgt1", "R68.not_accepted", &case), 1, "named is not accepted");
    world.step("sgt1", &case, "add_member", json!({ "user": "ofc2", "reason": "covers" }));
    let item = |record: &str| json!({ "record": record, "next_step": "the court file" });
    let over = json!({ "case": case, "from": "ofc1", "to": "ofc2", "reason": "unplanned", "spoken": "yes",
        "items": [item(&case), item(&files[0]), item(&files[1])] });
    let over = world.new_record("sgt1", "handover", over);
    world.sync_all(&["sgt1", "ofc2"]);
    world.step("ofc2", &over, "accept", json!({}));
    world.sync("ofc2");
    assert_eq!(world.told_about("sgt1", "R68.not_accepted", &case), 0);

    // Back, the officer says that both court files are done. No file, no completion.
    world.step("sgt1", &away, "end", json!({ "reason": "back at work" }));
    world.sync_all(&["sgt1", "ofc1"]);
    for file in &files {
        world.step("ofc1", file, "accept", json!({}));
        let said = json!({ "action": file, "text": "the court file is done" });
        world.new_record("ofc1", "action_update", said);
        for evidence in [json!([]), json!([{ "ref": "it is on my desk" }])] {
            let codes = world.refused("ofc1", file, "complete", json!({ "outcome": "done", "evidence": evidence }));
            assert!(any(&codes, "R53.evidence evidence"), "{codes:?}");
        }
    }
    world.sync_all(&["ofc1", "sgt1"]);
    // The sergeant has the claims beside the documents that are not there.
    let claims = world.server.admin(&["report", "--kind", "claims"]).unwrap();
    for file in &files {
        let claim = row(&claims, "record", file);
        assert_eq!(
            (&claim["claimed"], &claim["document"], &claim["owner"]),
            (&json!(true), &json!("missing"), &json!("ofc1"))
        );
        let marks = world.marks("sgt1", file);
        assert!(any(&marks, "claim_without_evidence") && any(&marks, "document_missing"), "{marks:?}");
    }
    // Whoever owns something open does not leave.
    let refused = world.server.admin(&["user", "deactivate", "--id", "ofc1"]).unwrap_err();
    assert!(refused.0.contains("R69.open_items"), "{refused}");
}

#[test]
fn as9_a_new_inspector_takes_over_by_name_what_is_high() {
    let mut world = World::new("2026-03-02T08:30:00Z");
    world.sync_all(&["ofc1", "sgt1", "insp1", "com1"]);
    let Bail { case, .. } = on_bail(&mut world);
    assert_eq!(world.told_about("insp1", "R70.unacknowledged", &case), 1);
    for user in ["sgt1", "insp1"] {
        world.sync(user);
        world.step(user, &case, "acknowledge", json!({}));
        world.sync(user);
        assert_eq!(world.told_about(user, "R70.unacknowledged", &case), 0, "{user}");
    }
    // Another inspector comes: what the first has acknowledged is not acknowledged by the second.
    world.pass("1d");
    world.add_user("insp2", "inspector", "com1", "north");
    world.server.admin(&["user", "deactivate", "--id", "insp1"]).unwrap();
    assert_eq!(world.told_about("insp2", "R70.unacknowledged", &case), 1);
    assert_eq!(world.told_about("com1", "R70.unacknowledged", &case), 0);
    world.pass("7d");
    assert_eq!(world.told_about("com1", "R70.unacknowledged", &case), 1, "five working days, and no word");
    world.step("insp2", &case, "acknowledge", json!({}));
    world.sync("insp2");
    for user in ["insp2", "com1"] {
        assert_eq!(world.told_about(user, "R70.unacknowledged", &case), 0, "{user}");
    }
}

#[test]
fn as9_a_supervisor_of_twenty_two_is_an_alert() {
    let world = World::new("2026-03-02T08:30:00Z");
    world.add_user("sgt9", "sergeant", "insp1", "t9");
    let alert = |world: &World| {
        let rows = world.server.admin(&["report", "--kind", "workload"]).unwrap();
        let span = |row: &&Json| row["supervisor"] == "sgt9" && row["alert"] == "span";
        rows.as_array().unwrap().iter().find(span).cloned()
    };
    for officer in 0..12 {
        world.add_user(&format!("u{officer}"), "officer", "sgt9", "t9");
    }
    assert_eq!(alert(&world), None, "twelve are as many as there should be");
    for officer in 12..22 {
        world.add_user(&format!("u{officer}"), "officer", "sgt9", "t9");
    }
    assert_eq!(alert(&world).unwrap()["officers"], 22);
}
