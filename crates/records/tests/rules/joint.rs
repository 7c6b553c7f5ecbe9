//! R14, R20-R22, R56, R58-R67, R123: batches, late conferences, closures nobody could challenge.

use serde_json::{Value as Json, json};

use crate::case::{Case, at, id};

fn told_any(case: &Case, when: &str, rule: &str, user: &str) -> bool {
    case.told(when, rule).iter().any(|line| line.contains(user))
}

#[test]
fn r14_two_concerns_in_six_months_are_reviewed_and_a_third_is_talked_over_with_others() {
    let mut case = Case::new();
    case.add("one", "concern", "dsl1", "2026-01-05T09:00:00Z", json!({}));
    assert!(case.told("09:00", "R14").is_empty());
    case.add("two", "concern", "stf1", "09:00", json!({}));
    assert_eq!(case.told("2026-03-03T09:00:00Z", "R14"), ["09:00 sgt1 R14.review", "09:00 insp1 R14.review"]);
    assert!(case.makes("09:00", "R14").is_empty());
    case.add("three", "concern", "ofc1", "10:00", json!({}));
    let made = case.makes("10:00", "R14");
    assert_eq!((made[0].0, made[0].1["meeting_type"].as_str()), ("meeting", Some("strategy_discussion")));
    // The latest is not closed alone.
    let codes = case.gate("11:00", "case", "propose_close", "ofc1", json!({ "reason": "latest is nothing" }));
    assert!(codes.contains(&format!("R14.unread concerns/{}", id("one"))), "{codes:?}");
    case.step("one", "confirm_seen", "ofc1", "11:00", json!({}));
    case.step("two", "confirm_seen", "ofc1", "11:01", json!({}));
    let codes = case.gate("11:02", "case", "propose_close", "ofc1", json!({ "reason": "read" }));
    assert!(!codes.iter().any(|code| code.starts_with("R14")), "{codes:?}");
    case.step("case", "approve", "sgt1", "11:05", json!({}));
    assert!(case.told("2026-03-03T09:00:00Z", "R14").is_empty());
}

#[test]
fn r20_each_urgent_concern_is_notified_by_itself() {
    let mut case = Case::new();
    for name in ["one", "two", "three"] {
        case.add(name, "concern", "call1", "19:00", json!({ "urgency": "urgent" }));
    }
    let made = case.makes("19:00", "R20");
    let incidents: std::collections::BTreeSet<_> = made.iter().map(|(_, body)| body["incident"].to_string()).collect();
    assert_eq!((made.len(), incidents.len()), (3, 3));
    case.row_mut("one").urgency = "standard".into();
    assert_eq!(case.makes("19:00", "R20").len(), 2);
}

#[test]
fn r21_a_notification_carries_its_own_risk_and_reason() {
    let mut case = Case::new();
    case.add("note", "notification", "ofc1", "19:00", json!({ "reason": "domestic abuse" }));
    assert_eq!(case.gaps("19:00", "note"), ["R21.unassessed risk"]);
}

#[test]
fn r21_a_notification_that_reached_nobody_within_a_day_is_its_owners_and_the_sergeants_to_tell() {
    let mut case = Case::new();
    case.add("note", "notification", "ofc1", "19:00", json!({ "reason": "violence at home", "risk": "standard" }));
    assert!(case.told("2026-03-03T18:59:00Z", "R21").is_empty());
    let told = ["19:00 ofc1 R21.not_reached", "19:00 sgt1 R21.not_reached"];
    assert_eq!(case.told("2026-03-03T19:00:00Z", "R21"), told);
    case.whole = false;
    assert!(case.told("2026-03-03T19:00:00Z", "R21").is_empty(), "a device cannot know where it went");
    case.whole = true;
    case.policy.notice_ms *= 2;
    assert!(case.told("2026-03-04T18:59:00Z", "R21").is_empty());
    case.reached = vec![id("note")];
    assert!(case.told("2026-03-05T19:00:00Z", "R21").is_empty());
    case.reached.clear();
    case.step("note", "take_note", "hub1", "2026-03-05T19:00:00Z", json!({}));
    assert!(case.told("2026-03-06T19:00:00Z", "R21").is_empty());
}

#[test]
fn r22_a_child_missing_from_care_is_told_to_the_social_worker_at_once_and_asked_on_return() {
    let mut case = Case::new();
    case.add("gone", "missing_episode", "call1", "21:00", json!({ "urgency": "urgent", "missing_from": "care" }));
    assert!(told_any(&case, "21:00", "R22", "hub1") && told_any(&case, "21:00", "R22", "sgt1"));
    assert!(case.marks("21:00", "gone").contains(&"home_not_told"));
    case.step("gone", "returned", "ofc1", "23:00", json!({}));
    assert_eq!(
        case.gaps("23:00", "gone"),
        ["R22.return return_conversation/circumstances", "R22.return return_conversation/wider_risk"]
    );
}

#[test]
fn r56_nobody_asks_the_child_why_the_father_did_not_come_and_a_new_date_is_set() {
    let mut case = Case::new();
    let line = json!({ "id": "l1", "person": { "as_said": "father" }, "came": "absent_reason_unknown" });
    case.add("meet", "meeting", "ofc1", "09:00", json!({ "attendance": [line] }));
    case.step("meet", "hold", "ofc1", "10:00", json!({}));
    assert!(case.gaps("10:00", "meet").contains(&"R56.next_date next_date".into()));
    assert!(case.marks("10:00", "meet").contains(&"not_the_childs_to_explain"));
    case.row_mut("meet").body["next_date"] = json!("2026-03-09T09:00:00Z");
    assert!(!case.gaps("10:00", "meet").contains(&"R56.next_date next_date".into()));
}

#[test]
fn r58_a_trigger_asks_for_a_crime_decision_in_a_day_and_the_case_does_not_close_without() {
    let mut case = Case::new();
    case.add("account", "disclosure", "ofc1", "10:00", json!({ "words_verbatim": [{ "text": "he touched me" }] }));
    assert_eq!(case.told("10:00", "R58"), ["10:00 ofc1 R58.undecided", "10:00 sgt1 R58.undecided"]);
    assert!(told_any(&case, "2026-03-03T10:45:00Z", "R58", "insp1"));
    let codes = case.gate("11:00", "case", "propose_close", "sgt1", json!({ "reason": "x" }));
    assert!(codes.contains(&"R58.undecided crime_recording_decision".into()));
    // What a support officer proposes, a sergeant decides.
    case.add("crime", "crime_recording_decision", "pcso1", "11:00", json!({ "route": "crime_recorded" }));
    assert!(!case.told("11:00", "R58").is_empty());
    case.step("crime", "review", "sgt1", "11:30", json!({}));
    assert!(case.told("11:30", "R58").is_empty());
}

#[test]
fn r59_a_fifteen_year_old_an_adult_and_touching_suggest_the_class_and_with_a_marker_immediate() {
    let mut case = Case::new();
    let words = "a 15 year old with a man aged 28, he was touching her, he has a firearm";
    case.add("call", "concern", "call1", "03:45", json!({ "exact_words": words }));
    let marks = case.marks("03:45", "call");
    assert!(marks.contains(&"class_suggested") && marks.contains(&"immediate_suggested"), "{marks:?}");
    assert_eq!(case.raises("03:45", "R59")[0].2, "urgent", "it cannot go below urgent");
    assert!(told_any(&case, "03:45", "R59", "sgt1"), "an immediate that is not set prompts the sergeant at once");
    case.row_mut("call").body["exact_words"] = json!("a 15 year old was shouting");
    assert!(case.raises("03:45", "R59").is_empty());
}

#[test]
fn r60_each_child_is_referred_or_not_and_why_and_not_with_an_indicator_goes_up() {
    let mut case = Case::new();
    for child in ["five", "fourteen"] {
        case.add(child, "person", "ofc1", "09:00", json!({ "roles": ["child"], "dob": "2012-01-01" }));
    }
    case.add("worry", "concern", "call1", "09:00", json!({ "indicators": ["harsh_treatment"] }));
    let decision = json!({ "child": { "record": id("five").to_string() }, "decision": { "not_made": "no need" } });
    case.add("ref", "referral", "ofc1", "10:00", decision);
    let codes = case.gate("11:00", "case", "propose_close", "sgt1", json!({ "reason": "x" }));
    assert!(codes.contains(&format!("R60.undecided people/{}", id("fourteen"))), "{codes:?}");
    assert!(!codes.contains(&format!("R60.undecided people/{}", id("five"))));
    assert_eq!(case.told("10:00", "R60"), ["10:00 sgt1 R60.not_made"]);
}

/// A referral that ofc1 made on Monday at 10:00.
fn referred(more: Json) -> Case {
    let mut case = Case::new();
    let mut body = json!({ "decision": "made", "to": "MASH", "recipients": ["hub1"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    case.add("ref", "referral", "ofc1", "10:00", body);
    case
}

#[test]
fn r60_a_referral_nobody_acknowledges_within_a_working_day_is_asked_about_and_then_the_sergeants() {
    let mut case = referred(json!({}));
    assert!(case.told("2026-03-06T10:00:00Z", "R60").is_empty(), "nobody has sent it yet");
    case.step("ref", "send", "ofc1", "10:05", json!({}));
    assert!(case.told("2026-03-03T10:04:00Z", "R60").is_empty());
    assert_eq!(case.told("2026-03-03T10:05:00Z", "R60"), ["10:05 ofc1 R60.unanswered"]);
    // Asked again, it is looked at again a day later; the sergeant hears of the silence all the same.
    case.step("ref", "chase", "ofc1", "2026-03-03T11:00:00Z", json!({}));
    assert!(case.told("2026-03-04T10:04:00Z", "R60").is_empty());
    let told = case.told("2026-03-04T11:00:00Z", "R60");
    assert_eq!(told, ["10:05 sgt1 R60.unanswered", "11:00 ofc1 R60.unanswered"]);
    // The hub has it.
    case.step("ref", "acknowledge", "hub1", "2026-03-04T12:00:00Z", json!({}));
    assert!(case.told("2026-03-09T12:00:00Z", "R60").is_empty());
    // Over a weekend no working day passes, and a force may allow more of them.
    let mut case = referred(json!({}));
    case.step("ref", "send", "ofc1", "2026-03-06T10:00:00Z", json!({}));
    assert!(
        case.told("2026-03-09T09:59:00Z", "R60").is_empty() && !case.told("2026-03-09T10:00:00Z", "R60").is_empty()
    );
    case.policy.referral_answer_days = 2;
    assert!(
        case.told("2026-03-10T09:59:00Z", "R60").is_empty() && !case.told("2026-03-10T10:00:00Z", "R60").is_empty()
    );
    case.step("ref", "read", "hub1", "2026-03-09T10:00:00Z", json!({}));
    assert!(case.told("2026-03-11T10:00:00Z", "R60").is_empty());
}

#[test]
fn r60_a_schools_referral_waits_for_an_answer_from_its_seal_on() {
    let mut case = Case::new();
    case.add("ref", "referral", "dsl1", "10:00", json!({ "decision": "made", "to": "hub" }));
    assert_eq!(case.told("2026-03-03T10:00:00Z", "R60"), ["10:00 dsl1 R60.unanswered"]);
    assert_eq!(case.told("2026-03-04T10:00:00Z", "R60")[1], "10:00 sgt1 R60.unanswered");
    case.step("ref", "reply", "hub1", "2026-03-04T11:00:00Z", json!({ "text": "allocated" }));
    assert!(case.told("2026-03-04T11:00:00Z", "R60").is_empty());
}

#[test]
fn r60_a_referral_by_phone_is_followed_in_writing_within_a_day() {
    let mut case = referred(json!({ "by_phone_at": "2026-03-02T09:30:00Z" }));
    assert!(case.told("2026-03-03T09:29:00Z", "R60").is_empty());
    let told = case.told("2026-03-03T11:30:00Z", "R60");
    assert_eq!(told, ["09:30 ofc1 R60.written", "11:30 sgt1 R60.written"]);
    // A clock that runs ahead gives nobody more time.
    case.row_mut("ref").body["by_phone_at"] = json!("2026-03-20T09:30:00Z");
    assert_eq!(case.told("2026-03-03T10:00:00Z", "R60"), ["10:00 ofc1 R60.written"]);
    case.step("ref", "send", "ofc1", "2026-03-03T10:10:00Z", json!({}));
    assert!(case.told("2026-03-03T12:00:00Z", "R60").is_empty());
}

#[test]
fn r61_the_schools_own_referral_needs_no_approval_and_the_officer_hears_of_it() {
    let mut case = Case::new();
    case.add("ref", "referral", "dsl1", "10:00", json!({}));
    assert_eq!(case.told("10:00", "R61"), ["10:00 ofc1 R61.referred"]);
    assert_eq!(case.gate("10:00", "ref", "send", "dsl1", json!({})), Vec::<String>::new());
}

#[test]
fn r62_significant_harm_proposes_a_strategy_discussion() {
    let mut case = Case::new();
    case.add("risk", "risk_assessment", "ofc1", "10:00", json!({ "level": "high" }));
    let made = case.makes("10:00", "R62");
    let orgs: Vec<_> = made[0].1["invited"].as_array().unwrap().iter().map(|line| line["org"].clone()).collect();
    assert_eq!(orgs, [json!("police"), json!("social care"), json!("health"), json!("referrer")]);
    case.row_mut("risk").body["level"] = json!("low");
    assert!(case.makes("10:00", "R62").is_empty());
}

#[test]
fn r63_a_lab_submission_takes_the_risk_along_and_is_never_standard_under_a_high_one() {
    let mut case = Case::new();
    case.add("risk", "risk_assessment", "ofc1", "10:00", json!({ "level": "high" }));
    case.add("lab", "action", "ofc1", "10:10", json!({ "action_kind": "evidence" }));
    assert_eq!(case.raises("10:10", "R63"), [(id("lab"), "urgency", json!("urgent"))]);
    assert!(case.gaps("10:10", "lab").contains(&format!("R63.context carried_context/{}", id("risk"))));
    case.row_mut("lab").body["carried_context"] = json!([{ "of": id("risk").to_string() }]);
    assert!(!case.gaps("10:10", "lab").iter().any(|gap| gap.starts_with("R63")));
    let lower = |to: &str| json!({ "field": "urgency", "value": to, "reason": "the laboratory is full" });
    let below = case.gate("10:20", "lab", "lower", "sgt1", lower("standard"));
    assert!(below.contains(&"R63.context urgency".into()), "{below:?}");
    assert!(!case.gate("10:20", "lab", "lower", "sgt1", lower("urgent")).contains(&"R63.context urgency".into()));
}

#[test]
fn r64_before_police_protection_social_care_is_consulted() {
    let mut case = Case::new();
    case.add("plan", "action", "ofc1", "10:00", json!({ "exact_request": "take her into police protection" }));
    assert_eq!(case.gaps("10:00", "plan"), ["R64.consulted social_care_consulted"]);
    case.add(
        "call",
        "contact_log",
        "ofc1",
        "10:05",
        json!({ "what_told": [{ "text": "social care: consulted, placement offered" }] }),
    );
    assert!(case.gaps("10:05", "plan").is_empty());
}

#[test]
fn r65_a_challenge_goes_to_the_inspector_and_a_case_with_harm_is_closed_by_nobody_below() {
    let mut case = Case::new();
    case.add("worry", "concern", "dsl1", "09:00", json!({ "exact_words": "bruises on both arms" }));
    let below = case.gate("10:00", "case", "close", "sgt1", json!({}));
    assert!(below.contains(&"R65.inspector approved_by".into()), "{below:?}");
    assert!(!case.gate("10:00", "case", "close", "insp1", json!({})).contains(&"R65.inspector approved_by".into()));
    case.step("case", "challenge", "dsl1", "11:00", json!({ "reason": "nobody spoke to her" }));
    assert_eq!(case.told("11:00", "R65"), ["11:00 insp1 R65.challenged"]);
}

#[test]
fn r66_police_who_do_not_come_and_give_no_reason_climb() {
    let mut case = Case::new();
    let line = json!({ "id": "l1", "person": { "as_said": "ofc1" }, "org": "police", "came": "absent_reason_unknown" });
    case.add("conf", "meeting", "hub1", "09:00", json!({ "meeting_type": "initial_conference", "attendance": [line] }));
    // It was called on Monday and held on Thursday: the days run from Thursday.
    case.step("conf", "hold", "hub1", "2026-03-05T10:00:00Z", json!({}));
    assert_eq!(case.told("2026-03-06T09:59:00Z", "R66"), ["10:00 sgt1 R66.absent"]);
    assert_eq!(case.told("2026-03-06T10:00:00Z", "R66"), ["10:00 sgt1 R66.absent", "10:00 insp1 R66.absent"]);
}

#[test]
fn r67_a_conference_pack_says_what_is_known_pending_and_unknown() {
    let mut case = Case::new();
    case.add(
        "conf",
        "meeting",
        "ofc1",
        "09:00",
        json!({ "pack": [id("case").to_string()], "pack_says": { "known": "two reports" } }),
    );
    assert_eq!(case.gaps("09:00", "conf"), ["R67.pack pack_says/pending", "R67.pack pack_says/unknown"]);
    case.add("lab", "deadline", "ofc1", "09:10", json!({ "deadline_kind": "lab_result" }));
    assert!(case.gaps("09:10", "conf").contains(&format!("R67.pack pack/{}", id("lab"))));
    assert!(case.marks("09:10", "conf").contains(&"result_pending"));
}

#[test]
fn r123_a_joint_visit_has_a_time_and_climbs_when_it_passes() {
    let mut case = Case::new();
    case.add("visit", "meeting", "hub1", "09:00", json!({ "meeting_type": "joint_visit", "urgency": "urgent" }));
    assert_eq!(case.gaps("09:00", "visit"), ["R123.no_time at"]);
    case.row_mut("visit").body["at"] = json!("2026-03-02T12:00:00Z");
    assert!(case.told("12:14", "R123").is_empty() && !case.told("12:15", "R123").is_empty());
    let _: Json = case.row_mut("visit").body.clone();
    assert_eq!(at("12:00").to_string(), "2026-03-02T12:00:00.000Z");
}
