//! AS12 (the review of safer schools officers, 2022): what people said of their own ethnicity was missing from so many
//! records, by so many reasons, that nobody could say who was dealt with how; what an officer took them for stood in.

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, record, said};

const DEVICES: [&str; 5] = ["ofc1", "ofc2", "ofc3", "ofc4", "pcso1"];
/// Two of them without signal until late.
const OFFLINE: [&str; 2] = ["ofc4", "pcso1"];
const OF_DEVICE: usize = 20;

fn suspect(stated: Json, capacity: &str) -> Json {
    json!({ "roles": ["suspect"], "names": ["Somebody Known"], "dob": "2009-01-01", "capacity": capacity,
        "ethnicity_self_defined": stated, "ethnicity_officer_perceived": "IC1" })
}

/// A case of one device: the suspect, a sealed account about them, and for those of the other duty what school and
/// police decided. Seven of fifty are unknown in safer schools work, three of fifty in the other.
fn case(number: usize) -> Vec<(&'static str, Json)> {
    let other_duty = number % 2 == 1;
    let capacity = if other_duty { "other_duty" } else { "safer_schools" };
    let unknown = number / 2 < if other_duty { 3 } else { 7 };
    let why = if number.is_multiple_of(4) {
        json!({ "refused": "he would not say" })
    } else {
        json!({ "not_asked": "he was asleep" })
    };
    let stated =
        if unknown { json!({ "unknown": why }) } else { json!(if number.is_multiple_of(3) { "B2" } else { "W1" }) };
    let (id, mut person) =
        (signed::RecordId::derived(&["as12", &number.to_string()]).to_string(), suspect(stated, capacity));
    person["case"] = json!(id);
    let account = json!({ "case": id, "capacity": capacity, "speaker": said("a pupil"), "words_verbatim": [{ "text": "he took it" }] });
    vec![("person", person), ("disclosure", account)]
}

fn decided(id: &str, case: &str) -> Json {
    json!({ "case": case, "capacity": "other_duty", "about": [{ "record": id }], "sanction": "suspension", "police_outcome": "no_action" })
}

fn row(rows: &Json, capacity: &str, outcome: &str) -> Json {
    let is = |row: &&Json| row["capacity"] == capacity && row["role"] == "suspect" && row["outcome"] == outcome;
    rows.as_array().unwrap().iter().find(is).unwrap_or_else(|| panic!("{rows}")).clone()
}

#[test]
fn as12_a_hundred_cases_of_five_devices_tell_a_rate_only_where_enough_is_known() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    for user in ["ofc3", "ofc4"] {
        world.person(user, "officer", &["--team", "t1", "--supervisor", "sgt1", "--school", "100001"]);
    }
    world.sync_all(&DEVICES);
    for (place, user) in DEVICES.into_iter().enumerate() {
        let bodies: Vec<_> = (0..OF_DEVICE).flat_map(|n| case(n * DEVICES.len() + place)).collect();
        let ids = world.written_without_signal(user, &bodies);
        let persons =
            bodies.iter().zip(&ids).filter(|((kind, body), _)| *kind == "person" && body["capacity"] == "other_duty");
        let outcomes: Vec<(&str, Json)> =
            persons.map(|((_, body), id)| ("school_outcome", decided(id, body["case"].as_str().unwrap()))).collect();
        world.written_without_signal(user, &outcomes);
    }
    let online: Vec<&str> = DEVICES.into_iter().filter(|user| !OFFLINE.contains(user)).collect();
    for user in online {
        world.done(user, &["sync", "--timeout", "300"]);
    }
    let (none, both) = ("school:none police:none", "school:suspension police:no_action");
    let rows = world.admin(&["report", "--kind", "completeness"]);
    assert_eq!(
        row(&rows, "safer_schools", none)["n"].as_u64().unwrap()
            + row(&rows, "other_duty", both)["n"].as_u64().unwrap(),
        60
    );
    for user in OFFLINE {
        world.done(user, &["sync", "--timeout", "300"]);
    }
    let rows = world.admin(&["report", "--kind", "completeness"]);
    let (safer, other) = (row(&rows, "safer_schools", none), row(&rows, "other_duty", both));
    assert_eq!(
        (&safer["n"], &safer["unknown"]),
        (&json!(50), &json!(7)),
        "fourteen in a hundred: what somebody looked like counts for nothing"
    );
    assert_eq!(safer["rate"], "insufficient data");
    assert_eq!((&other["n"], &other["unknown"]), (&json!(50), &json!(3)), "six in a hundred");
    let (black, white) = (other["rate"]["B2"].as_f64().unwrap(), other["rate"]["W1"].as_f64().unwrap());
    assert!((black + white - 1.0).abs() < 0.01 && black > 0.2, "of those who said: {other}");
    assert_eq!(other["outcome"], both, "what the school and what the police decided, side by side");
}

#[test]
fn as12_a_suspect_who_was_not_asked_keeps_a_seal_incomplete_and_a_case_open() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let blank = json!({ "roles": ["suspect"], "names": ["Somebody Known"], "dob": "2009-01-01", "ethnicity_officer_perceived": "IC3" });
    let known = world.new_record("ofc1", "person", blank);
    let case = world.show("ofc1", &known)["case"].as_str().unwrap().to_owned();
    let open = format!("R85.ethnicity people/{known}/ethnicity_self_defined");
    assert!(any(&gaps(&world.show("ofc1", &known)), &open), "what an officer takes somebody for fills nothing");
    let account = json!({ "case": case, "speaker": said("a pupil"), "about": [record(&known)], "words_verbatim": [{ "text": "he took it" }] });
    let (account, sealed) = world.sealed("ofc1", "disclosure", account);
    assert_eq!(sealed["status"], "sealed_incomplete", "the words are protected all the same");
    assert!(any(&gaps(&sealed), &open), "{sealed}");
    assert!(!world.prompts("ofc1").iter().any(|code| code.starts_with("R85")), "and nobody is asked during an account");
    world.sync_all(&["ofc1", "sgt1", "ofc1"]);
    let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "done" }));
    assert!(any(&codes, &open), "{codes:?}");
    // A code of appearance is no answer; a reason is one.
    let looks = world.run("ofc1", &["edit", &known], Some(&json!({ "ethnicity_self_defined": "IC3" }))).unwrap_err();
    assert!(looks.to_string().contains("R85.ic_code"), "{looks}");
    for why in [json!({ "refused": "he would not say" }), json!({ "not_asked": "he was asleep" })] {
        world.edit("ofc1", &known, json!({ "ethnicity_self_defined": { "unknown": why } }));
        assert!(!any(&gaps(&world.show("ofc1", &known)), "R85"));
        assert!(!any(&gaps(&world.show("ofc1", &account)), "R85"));
        let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "done" }));
        assert!(!any(&codes, "R85"), "{codes:?}");
    }
    // Of somebody whom nobody knows, nobody can ask.
    let unknown = world.new_record("ofc1", "person", json!({ "case": case, "roles": ["suspect"] }));
    assert!(!any(&gaps(&world.show("ofc1", &unknown)), "R85"), "{:?}", gaps(&world.show("ofc1", &unknown)));
    let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "done" }));
    assert!(!any(&codes, "R85"), "{codes:?}");
}
