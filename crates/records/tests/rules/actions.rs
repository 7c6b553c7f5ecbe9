//! R49-R57 and R101: requests forgotten, denied, forwarded without their address, claimed as done.

use serde_json::json;

use crate::case::{Case, id};

fn request(by: &str) -> Case {
    let mut case = Case::new();
    let body = json!({
        "exact_request": "please visit the house in Mill Lane", "school": "100001", "owner": "ofc1",
        "requested_by": { "person": { "as_said": "dsl1" }, "org": "school" },
        "about": [{ "as_said": "the girl" }], "urgency": "standard",
    });
    case.add("ask", "action", by, "09:00", body);
    case
}

#[test]
fn r49_who_asked_gets_a_copy_to_confirm_until_they_do() {
    let mut case = request("ofc1");
    assert_eq!(case.told("09:00", "R49"), ["09:00 dsl1 R49.confirm"]);
    case.step("ask", "confirm", "dsl1", "09:10", json!({ "text": "yes" }));
    assert_eq!(case.told("12:00", "R49"), Vec::<String>::new());
    assert_eq!(request("dsl1").told("12:00", "R49"), Vec::<String>::new(), "who wrote it has it");
}

#[test]
fn r50_silence_climbs_after_four_working_hours_and_a_refusal_goes_back_and_up() {
    let mut case = request("dsl1");
    assert_eq!(
        case.told("2026-03-03T09:00:00Z", "R50"),
        ["09:00 ofc1 R50.unanswered", "13:00 sgt1 R50.unanswered", "09:00 insp1 R50.unanswered"]
    );
    case.step("ask", "decline", "ofc1", "10:00", json!({ "reason": "another force's" }));
    assert_eq!(case.told("10:00", "R50"), ["10:00 sgt1 R50.declined", "10:00 dsl1 R50.declined"]);
}

#[test]
fn r50_an_urgent_one_is_answered_in_a_quarter_of_an_hour() {
    let mut case = request("dsl1");
    case.row_mut("ask").urgency = "urgent".into();
    assert_eq!(case.told("09:15", "R50"), ["09:00 ofc1 R50.unanswered", "09:15 sgt1 R50.unanswered"]);
    case.step("ask", "accept", "ofc1", "09:16", json!({}));
    assert_eq!(case.told("12:00", "R50"), Vec::<String>::new());
}

#[test]
fn r52_what_is_forwarded_stays_with_its_sender_until_it_is_accepted() {
    let mut case = request("dsl1");
    let on = json!({ "to": "ofc2", "why": "her other school", "original_intact": true });
    case.step("ask", "forward", "ofc1", "10:00", on);
    assert_eq!(case.told("14:00", "R52"), ["14:00 ofc1 R52.not_accepted"]);
    assert_eq!(case.gaps("14:00", "ask"), Vec::<String>::new());
    case.row_mut("ask").steps[0].body["original_intact"] = json!(false);
    assert_eq!(case.gaps("14:00", "ask"), ["R52.not_intact exact_request"]);
    case.step("ask", "accept", "ofc2", "14:30", json!({}));
    assert_eq!(case.told("18:00", "R52"), Vec::<String>::new());
}

#[test]
fn r53_a_draft_is_no_evidence_and_a_file_that_never_came_is_none_either() {
    let mut case = request("dsl1");
    case.add("note", "disclosure", "ofc1", "09:30", json!({}));
    case.row_mut("note").sealed = false;
    let evidence = json!({ "outcome": "spoke to her", "evidence": [{ "ref": id("note").to_string() }] });
    assert_eq!(case.gate("11:00", "ask", "complete", "ofc1", evidence.clone()), ["R53.evidence evidence"]);
    case.row_mut("note").sealed = true;
    assert_eq!(case.gate("11:00", "ask", "complete", "ofc1", evidence), Vec::<String>::new());
    case.step("ask", "complete", "ofc1", "11:00", json!({}));
    case.row_mut("ask").body["evidence"] = json!([{ "ref": "photo", "state": "queued" }]);
    let told = case.told("2026-03-03T11:00:00Z", "R53");
    assert_eq!(told, ["11:00 ofc1 R53.not_arrived", "11:00 sgt1 R53.not_arrived"]);
}

#[test]
fn r54_done_is_not_over_until_who_asked_was_told_and_has_seen_it() {
    let mut case = request("dsl1");
    case.step("ask", "complete", "ofc1", "10:00", json!({}));
    assert_eq!(case.told("10:00", "R54"), ["10:00 ofc1 R54.not_told"]);
    assert_eq!(case.told("2026-03-03T16:00:00Z", "R54").last().unwrap(), "16:00 sgt1 R54.not_told");
    let blocked = case.gate("11:00", "case", "propose_close", "sgt1", json!({ "reason": "done" }));
    assert!(blocked.contains(&format!("R54.not_told actions/{}", id("ask"))), "{blocked:?}");
    case.step("ask", "tell_outcome", "ofc1", "11:00", json!({ "to": "dsl1", "how": "phone" }));
    // Five school days later, the sergeant hears that nobody has seen it.
    assert_eq!(case.told("2026-03-09T10:59:00Z", "R54"), Vec::<String>::new());
    assert_eq!(case.told("2026-03-09T11:00:00Z", "R54"), ["11:00 sgt1 R54.not_seen"]);
}

#[test]
fn r55_what_a_child_or_caller_was_promised_is_an_action_due_in_a_day() {
    let mut case = Case::new();
    case.add("account", "disclosure", "ofc1", "09:30", json!({
        "told_child": [{ "id": "l1", "text": "I will come back tomorrow" }], "subjects": [{ "as_said": "the girl" }],
    }));
    case.add(
        "call",
        "concern",
        "call1",
        "09:40",
        json!({
            "advice_given": [{ "id": "l2", "text": "will check the number" }, { "id": "l3", "text": "stay indoors" }],
        }),
    );
    let made = case.makes("09:40", "R55");
    let asked: Vec<_> = made.iter().map(|(kind, body)| (*kind, body["exact_request"].as_str().unwrap())).collect();
    assert_eq!(asked, [("action", "I will come back tomorrow"), ("action", "will check the number")]);
    assert_eq!(made[0].1["due"], "2026-03-03T09:30:00.000Z");
    assert_eq!(made[0].1["owner"], "ofc1");
}

#[test]
fn r57_a_schools_further_concern_reaches_the_officer_at_once() {
    let mut case = Case::new();
    case.add("first", "concern", "dsl1", "2026-02-02T09:00:00Z", json!({}));
    assert_eq!(case.told("09:00", "R57"), Vec::<String>::new());
    case.add("second", "concern", "stf1", "11:00", json!({}));
    assert_eq!(case.told("11:00", "R57"), ["11:00 ofc1 R57.further_concern"]);
    case.step("second", "acknowledge", "ofc1", "11:05", json!({}));
    assert_eq!(case.told("16:00", "R57"), Vec::<String>::new());
}

#[test]
fn r101_what_a_school_says_it_asked_is_confirmed_or_told_otherwise_and_silence_climbs() {
    let mut case = request("dsl1");
    assert_eq!(case.marks("09:00", "ask"), ["unanswered"]);
    assert_eq!(case.told("2026-03-03T16:00:00Z", "R101"), ["09:00 ofc1 R101.unanswered", "16:00 sgt1 R101.unanswered"]);
    case.step("ask", "differs", "ofc1", "12:00", json!({ "text": "no name was given to me" }));
    assert_eq!(case.marks("12:00", "ask"), ["differs"]);
    assert_eq!(case.told("2026-03-03T16:00:00Z", "R101"), Vec::<String>::new());
}
