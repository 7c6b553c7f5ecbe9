//! R4, R74, R86, R87, R96, R100, R111: what is kept, for how long, by whom, and what it adds up to.

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, said};

fn admin(world: &World, words: &[&str]) -> Json {
    world.server.admin(words).unwrap()
}

fn concern(world: &World, words: &str) -> Json {
    json!({ "source": "school", "heard_how": "direct", "exact_words": words, "school": "100001", "event_at": world.now(),
        "concern_items": [{ "text": words }], "received_from": { "person": "a tutor" }, "known_to_school_log": "yes",
        "subjects": [said("a pupil")] })
}

/// Whether any file below a folder holds these bytes.
fn holds(folder: &std::path::Path, canary: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let path = entry.path();
        let bytes = || std::fs::read(&path).unwrap_or_default();
        if path.is_dir() { holds(&path, canary) } else { memchr::memmem::find(&bytes(), canary.as_bytes()).is_some() }
    })
}

#[test]
fn r96_an_erasure_destroys_the_key_leaves_a_tombstone_and_nothing_comes_back() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let body = concern(&world, "CANARY-ERASED");
    let id = world.new_record("ofc1", "concern", body);
    let body = concern(&world, "stays");
    let other = world.new_record("ofc1", "concern", body);
    world.sync_all(&["ofc1", "sgt1"]);
    // A hold comes first; only a data protection officer approves.
    let hold = ["hold", "--record", &id, "--by", "dpo1", "--reason", "a claim is open"];
    admin(&world, &hold);
    let erase = |world: &World, by: &str| {
        let words = ["erase", "--record", &id, "--approved-by", by, "--reason", "retention is over"];
        world.server.admin(&words)
    };
    assert!(erase(&world, "sgt1").unwrap_err().0.contains("I.denied"));
    assert!(erase(&world, "dpo1").unwrap_err().0.contains("R96.held"));
    admin(&world, &["hold", "--record", &id, "--by", "dpo1", "--reason", "settled", "--release"]);
    erase(&world, "dpo1").unwrap();
    world.sync_all(&["ofc1", "sgt1"]);
    for user in ["ofc1", "sgt1"] {
        let line = world.list(user, "concern").into_iter().find(|line| line["id"] == id.as_str());
        assert_eq!(line.map(|line| line["status"].clone()), Some(json!("erased")), "{user}");
        assert_eq!(world.done(user, &["search", "CANARY"]), json!([]), "{user}");
        assert!(world.list(user, "concern").iter().any(|line| line["id"] == other.as_str()));
    }
    assert_eq!(admin(&world, &["verify"])["ok"], true);
    let audit = admin(&world, &["audit", "--record", &id]);
    let row = audit.as_array().unwrap().iter().find(|row| row["operation"] == "erasure").unwrap().clone();
    assert_eq!((row["who"].as_str(), row["records"][0].as_str()), (Some("dpo1"), Some(id.as_str())));
    assert!(!holds(world.server.dir(), "CANARY-ERASED") && !holds(world.folder("sgt1"), "CANARY-ERASED"));
}

#[test]
fn r4_a_force_changes_a_policy_value_and_every_device_follows() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync("ofc1");
    let account = |world: &World| {
        json!({ "speaker": "Mia", "words_verbatim": [{ "text": "a word" }], "account_started_at": world.in_minutes(-180),
            "account_ended_at": world.in_minutes(-120) })
    };
    let body = account(&world);
    let (_, sealed) = world.sealed("ofc1", "disclosure", body);
    assert!(!any(&gaps(&sealed), "R4.delay"));
    let refused = world.server.admin(&["policy", "--set", "acount_delay_hours=1"]).unwrap_err();
    assert!(refused.0.contains("acount_delay_hours"), "{refused}");
    let set = admin(&world, &["policy", "--set", "account_delay_hours=1"]);
    assert_eq!((&set["version"], &set["changed"]), (&json!(2), &json!(["account_delay_hours"])));
    assert_eq!(admin(&world, &["policy", "--set", "account_delay_hours=1"])["version"], 2, "nothing changed");
    world.sync("ofc1");
    let body = account(&world);
    let (_, sealed) = world.sealed("ofc1", "disclosure", body);
    assert!(any(&gaps(&sealed), "R4.delay"), "{sealed}");
    let audit = admin(&world, &["audit"]);
    assert!(audit.as_array().unwrap().iter().any(|row| row["why"] == "policy"));
}

#[test]
fn r74_workload_weighs_the_hours_there_are_and_counts_what_is_overdue_and_unsealed() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    for n in 0..3 {
        let body = concern(&world, &format!("worry {n}"));
        world.new_record("ofc1", "concern", body);
    }
    world.new_record("ofc1", "disclosure", json!({ "speaker": "Mia" }));
    world.new_record(
        "sgt1",
        "absence",
        json!({ "user": "ofc1", "from": world.now(), "kind": "leave", "cover": "ofc2",
        "hours_per_week": 20 }),
    );
    world.sync_all(&["ofc1", "sgt1"]);
    world.pass("1d");
    let rows = admin(&world, &["report", "--kind", "workload"]);
    let row = |user: &str| rows.as_array().unwrap().iter().find(|row| row["officer"] == user).unwrap().clone();
    let (own, other) = (row("ofc1"), row("ofc2"));
    assert_eq!((&own["supervisor"], &own["hours"], &own["unsealed"]), (&json!("sgt1"), &json!(20), &json!(1)));
    assert!(own["open"].as_u64().unwrap() >= 3 && own["overdue"].is_u64(), "{own}");
    let load = own["load"].as_f64().unwrap();
    assert!((load - own["open"].as_f64().unwrap() * 2.0).abs() < 0.01, "half the hours is twice the load: {own}");
    assert_eq!(other["open"], 0);
    let table = world.server.admin_output(&["report", "--kind", "workload"]).unwrap();
    assert!(table.status.success());
}

#[test]
fn r86_rates_are_told_only_where_few_are_unknown_and_r87_school_and_police_outcomes_stand_together() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync("ofc1");
    let person = |n: usize, code: Option<&str>, role: &str| {
        let stated = code.map_or_else(|| json!({ "unknown": { "not_asked": "no time" } }), |code| json!(code));
        json!({ "roles": [role], "names": [format!("Person {role} {n}")], "dob": "2010-01-01", "ethnicity_self_defined": stated,
            "ethnicity_officer_perceived": "IC1" })
    };
    // 14 % unknown among suspects, 6 % among children.
    for n in 0..50 {
        world.new_record("ofc1", "person", person(n, (n >= 7).then_some("W1"), "suspect"));
        world.new_record("ofc1", "person", person(n, (n >= 3).then_some(if n < 30 { "B2" } else { "W1" }), "child"));
    }
    let named = world.new_record("ofc1", "person", person(99, Some("A1"), "suspect"));
    let case = world.show("ofc1", &named)["case"].as_str().unwrap().to_owned();
    world.new_record(
        "ofc1",
        "school_outcome",
        json!({ "case": case, "about": [{ "record": named }], "sanction": "suspension",
        "police_outcome": "no_action" }),
    );
    world.sync("ofc1");
    let rows = admin(&world, &["report", "--kind", "completeness"]);
    let row = |role: &str, outcome: &str| {
        let is = |row: &&Json| row["role"] == role && row["outcome"] == outcome;
        rows.as_array().unwrap().iter().find(is).unwrap_or_else(|| panic!("{rows}")).clone()
    };
    let none = "school:none police:none";
    assert_eq!((&row("suspect", none)["n"], &row("suspect", none)["unknown"]), (&json!(50), &json!(7)));
    assert_eq!(row("suspect", none)["rate"], "insufficient data");
    assert_eq!(row("child", none)["rate"]["B2"], 0.574, "{rows}");
    assert_eq!(row("suspect", "school:suspension police:no_action")["n"], 1);
    assert_eq!(row("suspect", "school:suspension police:no_action")["rate"]["A1"], "suppressed");
}

#[test]
fn r87_a_sanction_and_a_police_outcome_are_recorded_on_one_record_whoever_decides_second() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["dsl1", "ofc1"]);
    let pupil =
        json!({ "roles": ["child"], "names": ["Wren Hale"], "dob": "2012-05-01", "ethnicity_self_defined": "W1" });
    let pupil = world.new_record("ofc1", "person", pupil);
    let case = world.show("ofc1", &pupil)["case"].as_str().unwrap().to_owned();
    let id = world.new_record(
        "dsl1",
        "school_outcome",
        json!({ "case": case, "about": [{ "record": pupil }], "sanction": "internal" }),
    );
    world.sync_all(&["dsl1", "ofc1"]);
    world.edit("ofc1", &id, json!({ "police_outcome": "no_action" }));
    world.sync_all(&["ofc1", "dsl1"]);
    let shown = world.show("dsl1", &id);
    assert_eq!((&shown["sanction"], &shown["police_outcome"]), (&json!("internal"), &json!("no_action")));
    // And they are reported together.
    let rows = admin(&world, &["report", "--kind", "completeness"]);
    let together = |row: &&Json| row["outcome"] == "school:internal police:no_action" && row["role"] == "child";
    assert!(rows.as_array().unwrap().iter().any(|row| together(&row)), "{rows}");
}

#[test]
fn r111_a_case_about_one_of_our_own_leaves_their_devices_and_their_sergeants() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    admin(
        &world,
        &[
            "user",
            "add",
            "--id",
            "bent",
            "--name",
            "Robin Bent",
            "--role",
            "officer",
            "--team",
            "t1",
            "--area",
            "north",
            "--supervisor",
            "sgt1",
            "--school",
            "100001",
        ],
    );
    world.sync_all(&["bent", "sgt1", "insp1", "dsl1"]);
    let body = concern(&world, "CANARY-OWN he was seen with her");
    let worry = world.new_record("dsl1", "concern", body);
    world.sync_all(&["dsl1", "bent", "sgt1"]);
    assert!(
        world.list("bent", "concern").iter().any(|line| line["id"] == worry.as_str()),
        "he is posted to the school"
    );
    let case = world.show("dsl1", &worry)["case"].as_str().unwrap().to_owned();
    world.new_record(
        "ofc2",
        "person",
        json!({ "case": case, "roles": ["suspect"], "names": ["Robin Bent"], "dob": "1990-01-01" }),
    );
    world.sync_all(&["ofc2", "bent", "sgt1", "insp1", "dsl1"]);
    for user in ["bent", "sgt1"] {
        assert_eq!(world.done(user, &["search", "CANARY"]), json!([]), "{user}");
        assert!(
            !world
                .list(user, "concern")
                .iter()
                .any(|line| line["id"] == worry.as_str() && line["status"] != "withdrawn"),
            "{user}"
        );
    }
    assert!(world.list("insp1", "concern").iter().any(|line| line["id"] == worry.as_str()), "the inspector has it");
    assert!(world.list("dsl1", "concern").iter().any(|line| line["id"] == worry.as_str()), "who wrote it keeps it");
}

#[test]
fn r100_a_device_off_for_the_summer_brings_what_it_wrote_and_nothing_is_overwritten() {
    let mut world = World::new("2026-07-20T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let mut first = Vec::new();
    for n in 0..40 {
        let body = concern(&world, &format!("before the holidays {n}"));
        first.push(world.new_record("ofc1", "concern", body));
    }
    world.pass("42d");
    let before = world.done("ofc1", &["status"]);
    let unsent = |status: &Json| status["unsent"].as_object().unwrap().values().filter_map(Json::as_u64).sum::<u64>();
    assert!(unsent(&before) >= 40, "{before}");
    let answer = world.done("ofc1", &["sync", "--timeout", "300"]);
    assert_eq!(answer["rejected"], json!([]));
    assert_eq!(unsent(&world.done("ofc1", &["status"])), 0);
    world.sync("sgt1");
    let held = world.list("sgt1", "concern").len();
    assert_eq!(held, first.len());
    assert_eq!(admin(&world, &["verify"])["ok"], true);
}
