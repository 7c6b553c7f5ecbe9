//! R35-R41, R104-R106, R119: checks that were promised, a level that rested on what nobody knew.

use serde_json::{Value as Json, json};

use crate::case::{Case, at, id};

fn named(record: &str) -> Json {
    json!({ "record": id(record).to_string() })
}

fn thrive(level: &str, unknown: &[&str]) -> Json {
    let mut body = json!({ "model": "THRIVE", "level": level, "about": [] });
    for field in ["threat", "harm", "risk", "investigation", "vulnerability", "engagement"] {
        let unknown = unknown.contains(&field);
        body[field] = if unknown { json!({ "unknown": "not asked" }) } else { json!({ "value": "looked at" }) };
    }
    body
}

fn assessed(body: Json) -> Case {
    let mut case = Case::new();
    case.add("risk", "risk_assessment", "ofc1", "10:00", body);
    case
}

#[test]
fn r35_everybody_and_every_number_that_is_named_is_looked_up_and_what_is_not_climbs() {
    let mut case = Case::new();
    case.add(
        "call",
        "concern",
        "ofc1",
        "09:00",
        json!({
            "urgency": "urgent", "phones": ["07700 900123"],
            "concern_items": [{ "id": "i1", "text": "shares a bed", "about_person": { "as_said": "the great uncle" } }],
        }),
    );
    let made = case.makes("09:00", "R35");
    let targets: Vec<_> = made.iter().map(|(_, body)| body["target"]["as_said"].as_str().unwrap().to_owned()).collect();
    assert!(targets.contains(&"the great uncle".into()) && targets.contains(&"07700 900123".into()), "{targets:?}");
    assert!(made.iter().all(|(kind, body)| *kind == "intelligence_check" && body["due"] == "2026-03-02T13:00:00.000Z"));
    case.add("check", "intelligence_check", "ofc1", "09:00", json!({ "due": "2026-03-02T13:00:00Z" }));
    assert_eq!(
        case.told("13:45", "R35"),
        ["13:15 ofc1 R35.not_done", "13:30 sgt1 R35.not_done", "13:45 insp1 R35.not_done"]
    );
}

#[test]
fn r36_claimed_counts_as_not_done_until_a_reference_stands() {
    let mut case = Case::new();
    case.add("check", "intelligence_check", "call1", "09:00", json!({ "due": "2026-03-02T13:00:00Z" }));
    case.step("check", "claim", "call1", "09:05", json!({}));
    assert!(case.marks("09:05", "check").contains(&"claimed"));
    assert_eq!(case.gaps("09:05", "check"), ["R36.reference system_reference"]);
    assert!(!case.told("13:15", "R35").is_empty(), "what is only claimed climbs");
    case.step("check", "complete", "call1", "09:10", json!({ "system_reference": { "ref": "PNC 1" } }));
    assert!(case.told("13:15", "R35").is_empty() && case.gaps("13:15", "check").is_empty());
}

#[test]
fn r38_every_field_is_a_value_or_why_not_and_low_with_unknowns_needs_a_sergeant() {
    let mut case = assessed(json!({ "model": "THOR", "level": "low", "threat": { "value": "none seen" } }));
    assert_eq!(case.gaps("10:00", "risk"), ["R38.field harm", "R38.field opportunity", "R38.field risk"]);
    case = assessed(thrive("low", &["harm"]));
    assert_eq!(case.gaps("10:00", "risk"), ["R38.endorsement level"]);
    assert_eq!(case.told("10:00", "R38"), ["10:00 sgt1 R38.endorsement"]);
    case.step("risk", "endorse", "sgt1", "10:30", json!({}));
    assert!(case.gaps("10:30", "risk").is_empty());
    assert!(assessed(thrive("medium", &["harm"])).gaps("10:00", "risk").is_empty());
}

#[test]
fn r39_a_high_kirat_asks_for_action_in_seven_days_and_climbs_past_the_sergeant() {
    let mut case = assessed(json!({ "model": "KIRAT", "kirat_level": "high" }));
    let made = case.makes("10:00", "R39");
    assert_eq!((made[0].0, made[0].1["due"].as_str()), ("deadline", Some("2026-03-09T10:00:00.000Z")));
    let told = case.told("2026-03-09T10:00:00Z", "R39");
    assert_eq!(
        told,
        ["10:00 ofc1 R39.positive_action", "10:00 sgt1 R39.positive_action", "10:00 insp1 R39.positive_action"]
    );
    // A package addressed to inspectors goes to command.
    case.row_mut("risk").body = json!({ "model": "KIRAT", "kirat_level": "low", "addressed_to": ["insp1"] });
    assert_eq!(case.told("2026-03-16T10:00:00Z", "R39"), ["10:00 com1 R39.positive_action"]);
}

#[test]
fn r40_no_contact_with_children_is_known_in_six_places_or_unknown() {
    let place = json!({ "yn3": "no", "evidence": "visited" });
    let access = json!({ "household": place, "family_elsewhere": place, "ex_partner": place, "job": place, "volunteering": place });
    let mut case = assessed(json!({ "model": "KIRAT", "no_contact_with_children": "yes", "child_access": access }));
    assert_eq!(case.gaps("10:00", "risk"), ["R40.access child_access/online"]);
    assert!(case.marks("10:00", "risk").contains(&"access_unknown"));
    case.row_mut("risk").body["child_access"]["online"] = place;
    assert!(case.gaps("10:00", "risk").is_empty());
}

#[test]
fn r40_a_place_nobody_asked_about_is_unknown_and_a_low_level_on_it_needs_a_sergeant() {
    let place = json!({ "yn3": "no", "evidence": "visited" });
    let mut case = assessed(json!({ "model": "KIRAT", "level": "low", "no_contact_with_children": "yes",
        "child_access": { "household": place, "job": { "yn3": { "unknown": "he would not say" }, "evidence": "asked" } } }));
    assert!(case.gaps("10:00", "risk").contains(&"R38.endorsement level".into()));
    case.row_mut("risk").body["no_contact_with_children"] = json!("no");
    assert!(!case.gaps("10:00", "risk").contains(&"R38.endorsement level".into()));
}

#[test]
fn r40_who_works_among_children_makes_a_level_stale_that_was_set_without_it_whenever_it_was_written_down() {
    let no = json!({ "yn3": "no", "evidence": "visited" });
    let mut case = Case::new();
    case.add("man", "person", "ofc1", "09:00", json!({ "roles": ["suspect"] }));
    case.add(
        "risk",
        "risk_assessment",
        "ofc1",
        "10:00",
        json!({ "model": "KIRAT", "level": "low", "child_access": { "job": no } }),
    );
    assert!(!case.marks("10:00", "risk").contains(&"stale"));
    let line = signed::RecordId::mint(at("11:00"), [7; 10]).to_string();
    case.row_mut("man").body["jobs_and_volunteering"] = json!([{ "id": line, "what": "police staff" }]);
    let marks = case.marks("12:00", "risk");
    assert!(marks.contains(&"stale") && marks.contains(&"high_suggested"), "{marks:?}");
    assert_eq!(case.told("12:00", "R40"), ["09:00 ofc1 R40.high_suggested", "09:00 sgt1 R40.high_suggested"]);
    let made = case.makes("12:00", "R40");
    assert_eq!((made[0].0, made[0].1["due"].as_str()), ("deadline", Some("2026-03-09T11:00:00.000Z")));
    // Assessed again knowing it, it is over.
    let yes = json!({ "yn3": "yes", "evidence": "his employer" });
    case.add(
        "again",
        "risk_assessment",
        "ofc1",
        "13:00",
        json!({ "model": "KIRAT", "level": "high", "child_access": { "job": yes } }),
    );
    assert!(!case.marks("13:00", "again").contains(&"stale") && case.makes("13:00", "R40").is_empty());
}

#[test]
fn r41_a_possible_match_and_a_measure_that_ended_are_news_too() {
    let mut case = assessed(thrive("medium", &[]));
    case.add("bail", "protective_measure", "ofc1", "09:00", json!({ "to": "2026-03-20T09:00:00Z" }));
    case.row_mut("risk").recorded_at = at("10:00");
    case.row_mut("risk").received_at = Some(at("10:00"));
    assert!(!case.marks("11:00", "risk").contains(&"stale"));
    case.step("bail", "end", "insp1", "11:00", json!({ "reason": "refused" }));
    assert!(case.marks("11:00", "risk").contains(&"stale"), "what protected somebody does so no more");
    case.row_mut("bail").steps.clear();
    case.add("link", "match", "sgt1", "12:00", json!({ "rule": "R13" }));
    assert!(case.marks("12:00", "risk").contains(&"stale"));
    case.step("link", "reject_match", "sgt1", "12:30", json!({ "reason": "another man" }));
    assert!(!case.marks("12:30", "risk").contains(&"stale"));
}

#[test]
fn r41_something_new_makes_the_assessment_stale_until_it_is_made_again_or_named() {
    let mut case = assessed(thrive("medium", &[]));
    assert!(!case.marks("11:00", "case").contains(&"stale"));
    case.add("new", "concern", "dsl1", "12:00", json!({}));
    assert!(case.marks("12:00", "case").contains(&"stale") && case.marks("12:00", "risk").contains(&"stale"));
    case.step("risk", "unchanged", "ofc1", "12:30", json!({ "item": id("new").to_string(), "reason": "known" }));
    assert!(!case.marks("12:30", "case").contains(&"stale"));
    // Something immediate is assessed again, whatever is said of it.
    case.row_mut("new").urgency = "immediate".into();
    assert!(case.marks("12:30", "case").contains(&"stale"));
    case.add("again", "risk_assessment", "ofc1", "13:00", thrive("high", &[]));
    assert!(!case.marks("13:00", "case").contains(&"stale"));
    let job = json!({ "roles": ["suspect"], "jobs_and_volunteering": [{ "what": "police" }] });
    case.add("man", "person", "ofc2", "14:00", job);
    assert!(case.marks("14:00", "case").contains(&"stale"), "who works with children makes it stale");
}

#[test]
fn r104_each_child_has_a_plan_that_does_not_wait_for_a_result() {
    let mut case = Case::new();
    case.add("girl", "person", "ofc1", "09:00", json!({ "roles": ["child"], "dob": "2012-01-01" }));
    case.add(
        "man",
        "person",
        "ofc1",
        "09:00",
        json!({ "roles": ["suspect"], "contact_with_children": { "yn3": "yes" } }),
    );
    assert!(case.gaps("09:00", "girl").contains(&format!("R104.no_plan people/{}", id("girl"))));
    case.add(
        "plan",
        "safety_plan",
        "ofc1",
        "09:10",
        json!({ "child": named("girl"), "plan": "await result of the lab" }),
    );
    assert!(!case.gaps("09:10", "girl").iter().any(|gap| gap.starts_with("R104")));
    assert_eq!(case.gaps("09:10", "plan"), ["R104.awaits plan"]);
    let waits = format!("R104.no_plan people/{}", id("girl"));
    assert!(case.gate("09:15", "case", "propose_close", "ofc1", json!({})).contains(&waits), "a plan to wait is none");
    assert_eq!(case.told("2026-03-30T09:10:00Z", "R104").len(), 2, "reviewed within 28 days");
    case.add("phone", "device_seen", "ofc1", "09:20", json!({ "what": "phone seen in interview" }));
    assert_eq!(case.told("09:20", "R104"), ["09:20 sgt1 R104.device"]);
}

#[test]
fn r105_weak_evidence_or_another_agency_is_no_reason_alone() {
    let mut body = thrive("low", &[]);
    body["reason"] = json!({ "because": ["weak_evidence", "other_agency"] });
    body["relied_on"] = json!([{ "id": "a1", "agency": "social care", "measure": "living elsewhere" }]);
    let mut case = assessed(body);
    assert_eq!(case.gaps("10:00", "risk"), ["R105.alone reason", "R105.unconfirmed relied_on/a1"]);
    case.row_mut("risk").body["reason"]["because"] = json!(["weak_evidence", "protection"]);
    case.row_mut("risk").body["relied_on"][0] =
        json!({ "agency": "social care", "confirmed_by": "J. Hill", "at": "2026-03-01T09:00:00Z" });
    assert!(case.gaps("10:00", "risk").is_empty());
}

#[test]
fn r106_a_possible_suspect_is_handed_on_as_intelligence_within_a_day_even_if_the_child_denies() {
    let mut case = Case::new();
    let names = json!([{ "id": "n1", "as_said": "Big T", "role_said": "suspect" }]);
    case.add("account", "disclosure", "ofc1", "10:00", json!({ "nothing_disclosed": true, "named_people": names }));
    assert_eq!(case.told("2026-03-03T10:00:00Z", "R106"), ["10:00 ofc1 R106.submission", "10:00 sgt1 R106.submission"]);
    case.add(
        "sub",
        "intelligence_submission",
        "ofc1",
        "11:00",
        json!({ "from_record": id("account").to_string(), "not_submitted": "already known" }),
    );
    assert!(case.told("2026-03-03T10:00:00Z", "R106").is_empty());
}

#[test]
fn r119_sixteen_names_on_paper_are_one_request_and_no_form_for_each() {
    let mut case = Case::new();
    let name = |n: usize| json!({ "id": format!("n{n}"), "as_said": format!("name {n}"), "role_said": "victim" });
    let names: Vec<Json> = (0..16).map(name).collect();
    case.add("account", "disclosure", "ofc1", "10:00", json!({ "named_people": names }));
    assert!(case.makes("10:00", "R35").is_empty(), "nobody asks for sixteen lists while the child waits");
    let made = case.makes("10:00", "R119");
    assert_eq!((made.len(), made[0].1["about"].as_array().unwrap().len()), (1, 16));
    case.add(
        "stub",
        "person",
        "ofc1",
        "10:05",
        json!({ "roles": ["child"], "names": ["name 1"], "not_yet_spoken_to": "only named" }),
    );
    assert!(case.gaps("10:05", "stub").is_empty(), "age and ethnicity fall due when they are spoken to");
    case.row_mut("stub").body.as_object_mut().unwrap().remove("not_yet_spoken_to");
    assert_eq!(case.gaps("10:05", "stub").len(), 3);
}
