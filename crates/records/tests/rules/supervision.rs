//! R68-R85, R102, R103, R113, R118, R124, R125: stalled cases, an officer off sick, closed by who advised.

use serde_json::{Value as Json, json};

use crate::case::{Case, id};

fn child(case: &mut Case) {
    let person = json!({ "roles": ["child"], "names": ["Mia"], "dob": "2012-01-01", "ethnicity_self_defined": "W1" });
    case.add("girl", "person", "ofc1", "09:00", person);
}

fn girl() -> Json {
    json!({ "record": id("girl").to_string() })
}

fn close(case: &Case, by: &str) -> Vec<String> {
    case.gate("12:00", "case", "close", by, json!({}))
}

#[test]
fn r68_what_is_handed_over_is_accepted_by_name_and_leaves_nothing_off_the_list() {
    let mut case = Case::new();
    case.add("task", "action", "ofc1", "09:00", json!({ "owner": "ofc1" }));
    case.step("task", "accept", "ofc1", "09:01", json!({}));
    case.add(
        "over",
        "handover",
        "sgt1",
        "09:30",
        json!({ "from": "ofc1", "to": "ofc2", "items": [{ "record": id("case").to_string() }] }),
    );
    assert_eq!(case.told("09:30", "R68"), ["09:30 ofc2 R68.not_accepted", "09:30 sgt1 R68.not_accepted"]);
    assert!(case.gaps("09:30", "over").contains(&format!("R68.not_listed items/{}", id("task"))));
    assert_eq!(case.gate("10:00", "over", "accept", "pcso1", json!({})), ["R68.not_named to"]);
    assert!(
        close(&case, "sgt1").contains(&format!("R68.not_accepted handovers/{}", id("over"))) || {
            let codes = case.gate("12:00", "case", "propose_close", "sgt1", json!({ "reason": "x" }));
            codes.contains(&format!("R68.not_accepted handovers/{}", id("over")))
        }
    );
    case.step("over", "accept", "ofc2", "10:00", json!({}));
    assert!(case.told("12:00", "R68").is_empty());
}

#[test]
fn r68_the_case_of_somebody_away_is_the_sergeants_until_another_has_accepted_it() {
    let mut case = Case::new();
    case.person_mut("ofc1").away = true;
    assert_eq!(case.told("09:00", "R68"), ["09:00 sgt1 R68.not_accepted"]);
    let to = json!({ "to": "ofc2", "reason": "moved" });
    assert_eq!(case.gate("10:00", "case", "hand_over", "sgt1", to.clone()), ["R68.not_accepted to"]);
    assert!(case.gate("10:00", "case", "hand_over", "insp1", to.clone()).is_empty(), "an inspector may force it");
    case.add("over", "handover", "sgt1", "09:30", json!({ "from": "ofc1", "to": "ofc2", "items": [] }));
    case.step("over", "accept", "ofc2", "10:00", json!({}));
    assert!(case.told("10:00", "R68").is_empty());
    assert!(case.gate("10:00", "case", "hand_over", "sgt1", to.clone()).is_empty());
    // It went over and came back: what was accepted the first time does not count the second.
    case.step("case", "hand_over", "sgt1", "10:30", to);
    case.step("case", "hand_over", "sgt1", "11:00", json!({ "to": "ofc1", "reason": "back from leave" }));
    assert_eq!(case.told("12:00", "R68"), ["09:00 sgt1 R68.not_accepted"]);
}

#[test]
fn r71_a_bail_date_is_told_at_fourteen_seven_two_and_no_days_also_to_a_sergeant_whose_officer_is_sick() {
    let mut case = Case::new();
    case.add(
        "bail",
        "deadline",
        "ofc1",
        "2026-02-01T09:00:00Z",
        json!({ "deadline_kind": "bail_return", "due": "2026-03-02T09:00:00Z", "owner": "ofc1" }),
    );
    let days: Vec<_> =
        case.told("2026-03-02T09:00:00Z", "R71").iter().filter(|line| line.contains("sgt1")).cloned().collect();
    assert_eq!(days.len(), 4);
    case.person_mut("ofc1").away = true;
    assert!(case.told("2026-03-02T09:00:00Z", "R71").iter().all(|line| line.contains("sgt1")));
    assert!(case.told("2026-03-02T17:00:00Z", "R71").iter().any(|line| line.contains("insp1")), "the same day");
    case.step("bail", "answer", "sgt1", "08:00", json!({ "how": "attended" }));
    assert!(case.told("2026-03-02T17:00:00Z", "R71").is_empty());
}

#[test]
fn r73_four_weeks_without_substance_are_stale_and_a_repeated_instruction_is_shown() {
    let mut case = Case::new();
    case.add("note", "contact_log", "ofc1", "09:00", json!({}));
    assert!(case.told("2026-03-30T08:59:00Z", "R73").is_empty());
    let told = case.told("2026-04-27T09:00:00Z", "R73");
    assert!(told.iter().any(|line| line.contains("ofc1")) && told.iter().any(|line| line.contains("sgt1")), "{told:?}");
    assert!(case.marks("2026-03-30T09:00:00Z", "case").contains(&"no_update"));
    for when in ["2026-03-30T10:00:00Z", "2026-04-27T10:00:00Z"] {
        case.step("case", "approve", "sgt1", when, json!({ "reason": "Interview the boy" }));
    }
    assert!(case.marks("2026-04-27T10:00:00Z", "case").contains(&"review_repeated"));
}

#[test]
fn r75_claims_without_evidence_are_on_the_sergeants_list() {
    let mut case = Case::new();
    case.add("file", "action", "ofc1", "09:00", json!({ "owner": "ofc1", "action_kind": "court_or_charging_item" }));
    case.step("file", "complete", "ofc1", "10:00", json!({}));
    assert!(case.marks("10:00", "file").contains(&"claim_without_evidence"));
    assert!(case.marks("10:00", "file").contains(&"document_missing"));
}

#[test]
fn r77_a_case_of_half_a_year_is_the_inspectors_to_see() {
    let case = Case::new();
    assert!(case.told("2026-08-31T09:00:00Z", "R77").is_empty());
    assert_eq!(case.told("2026-09-01T09:00:00Z", "R77"), ["09:00 insp1 R77.old"]);
}

#[test]
fn r77_what_waits_for_a_school_waits_for_its_doors_and_what_the_police_owe_does_not() {
    let mut case = Case::new();
    case.add("ask", "action", "dsl1", "09:00", json!({ "owner": "ofc1", "exact_request": "speak to her" }));
    case.step("ask", "accept", "ofc1", "09:00", json!({}));
    case.step("ask", "complete", "ofc1", "09:00", json!({ "outcome": "spoken to" }));
    case.step("ask", "tell_outcome", "ofc1", "09:00", json!({ "to": "dsl1", "how": "telephone" }));
    let told = |case: &Case, when: &str, code: &str| {
        let all = [case.told(when, "R54"), case.told(when, "R73")].concat();
        all.iter().filter(|line| line.ends_with(code)).count()
    };
    // Five school days of a term.
    assert_eq!(told(&case, "2026-03-09T08:59:00Z", "R54.not_seen"), 0);
    assert_eq!(told(&case, "2026-03-09T09:00:00Z", "R54.not_seen"), 1);
    let stale = told(&case, "2026-03-30T09:00:00Z", "R73.no_update");
    assert!(stale > 0);
    // From the next day on school is shut for four weeks.
    case.policy.school_closed = vec!["2026-03-03/2026-04-03".into()].into();
    assert_eq!(told(&case, "2026-04-06T09:00:00Z", "R54.not_seen"), 0);
    assert_eq!(told(&case, "2026-04-10T09:00:00Z", "R54.not_seen"), 1);
    assert_eq!(told(&case, "2026-03-30T09:00:00Z", "R73.no_update"), stale, "and the case is no less still");
}

#[test]
fn r77_what_a_school_is_to_do_gets_another_contact_or_a_date_when_the_school_shuts() {
    let mut case = Case::new();
    let asked = json!({ "owner": "dsl1", "exact_request": "watch her at the gate", "action_kind": "enquiry" });
    case.add("ask", "action", "ofc1", "09:00", asked);
    case.add("own", "action", "ofc1", "09:00", json!({ "owner": "ofc1", "exact_request": "ring the hotel" }));
    // A day off is no break; the summer is.
    case.policy.school_closed = vec!["2026-03-03".into(), "2026-07-20/2026-08-31".into()].into();
    let told = |case: &Case, when: &str| -> Vec<String> {
        case.told(when, "R77").into_iter().filter(|line| line.ends_with("R77.contact")).collect()
    };
    assert!(told(&case, "2026-07-19T22:59:00Z").is_empty());
    // Midnight in summer is 23:00 the day before.
    assert_eq!(told(&case, "2026-07-19T23:00:00Z"), ["23:00 ofc1 R77.contact"]);
    assert_eq!(case.marks("2026-07-19T23:00:00Z", "ask"), ["school_shut"]);
    assert!(!case.marks("2026-07-19T23:00:00Z", "own").contains(&"school_shut"), "that waits for nobody at school");
    assert_eq!(told(&case, "2026-07-20T15:00:00Z").last().unwrap(), "15:00 sgt1 R77.contact");
    // It may wait until a date: then it is asked again.
    let until = json!({ "until": "2026-08-10T08:00:00Z", "reason": "she is with her father until then" });
    case.row_mut("ask").body["school_exception"] = until;
    assert!(told(&case, "2026-08-10T07:59:00Z").is_empty());
    assert_eq!(told(&case, "2026-08-10T08:00:00Z"), ["08:00 ofc1 R77.contact"]);
    // Without a reason a date is no exception, and days off that touch are one break.
    case.row_mut("ask").body["school_exception"] = json!({ "until": "2026-08-10T08:00:00Z" });
    assert_eq!(told(&case, "2026-07-19T23:00:00Z").len(), 1);
    case.policy.school_closed =
        vec!["2026-04-03".into(), "2026-03-30/2026-04-02".into(), "2026-04-06/2026-04-10".into()].into();
    assert_eq!(told(&case, "2026-03-29T23:00:00Z"), ["23:00 ofc1 R77.contact"]);
    assert_eq!(told(&case, "2026-04-10T12:00:00Z").len(), 2, "Easter is asked about once, and told the sergeant once");
    case.policy.school_closed = vec!["2026-07-20/2026-08-31".into()].into();
    // Nobody has taken it yet; what is done waits for nobody; a case without an officer is that of one of the school's.
    case.row_mut("ask").owners.clear();
    case.row_mut("ask").compartment = share();
    assert_eq!(told(&case, "2026-07-19T23:00:00Z"), ["23:00 ofc1 R77.contact"]);
    case.row_mut("ask").owners = vec!["dsl1".into()];
    case.row_mut("ask").author = "dsl1".into();
    case.row_mut("case").owners = vec!["team:t1".into()];
    assert_eq!(told(&case, "2026-07-19T23:00:00Z"), ["23:00 ofc1 R77.contact"]);
    case.row_mut("ask").status = "completed".into();
    assert!(told(&case, "2026-07-19T23:00:00Z").is_empty());
    case.row_mut("ask").status = "accepted".into();
    case.row_mut("case").owners = vec!["ofc1".into()];
    // Somebody else is asked; or school is open again.
    assert!(told(&case, "2026-08-31T23:00:00Z").is_empty());
    case.row_mut("ask").body["alternative_contact"] = json!({ "as_said": "the head, at home" });
    assert!(told(&case, "2026-08-20T08:00:00Z").is_empty());
    assert!(case.marks("2026-08-20T08:00:00Z", "ask").is_empty());
}

fn share() -> records::Compartment {
    records::Compartment::Share { school: signed::SchoolId::new("100001").unwrap(), case: id("case") }
}

#[test]
fn r79_nobody_goes_four_weeks_without_a_word() {
    let mut case = Case::new();
    child(&mut case);
    assert!(case.told("2026-03-30T08:59:00Z", "R79").is_empty());
    assert_eq!(case.told("2026-03-30T09:00:00Z", "R79").len(), 2);
    case.add(
        "word",
        "contact_log",
        "ofc1",
        "2026-03-20T09:00:00Z",
        json!({ "person_role": "victim", "contact": "made" }),
    );
    assert!(case.told("2026-03-30T09:00:00Z", "R79").is_empty());
    // A word with one child is none with another.
    let other = json!({ "roles": ["child"], "names": ["Ada"], "dob": "2013-01-01", "ethnicity_self_defined": "W1" });
    case.add("other", "person", "ofc1", "09:00", other);
    case.row_mut("word").body["person"] = girl();
    assert_eq!(case.told("2026-03-30T09:00:00Z", "R79").len(), 2);
}

#[test]
fn r80_a_document_that_is_expected_and_missing_is_in_the_index_as_missing() {
    let mut case = Case::new();
    case.add("item", "action", "ofc1", "09:00", json!({ "action_kind": "evidence" }));
    assert!(case.marks("09:00", "item").contains(&"document_missing"));
    case.row_mut("item").body["evidence"] = json!([{ "ref": "statement", "sha256": "ab" }]);
    assert!(!case.marks("09:00", "item").contains(&"document_missing"));
    // A file attached to it is there as well; that it is said to be done puts none there.
    case.add("file", "action", "ofc1", "09:00", json!({ "action_kind": "court_or_charging_item" }));
    let said = json!({ "action": id("file").to_string(), "text": "It is done." });
    case.add("said", "action_update", "ofc1", "09:30", said);
    let marks = case.marks("09:30", "file");
    assert!(marks.contains(&"document_missing") && marks.contains(&"claim_without_evidence"), "{marks:?}");
    case.step("file", "attach", "ofc1", "10:00", json!({ "sha256": "ab" }));
    assert!(case.marks("10:00", "file").is_empty());
}

#[test]
fn r84_a_schools_feedback_reaches_the_sergeant() {
    let mut case = Case::new();
    case.add("said", "feedback", "dsl1", "09:00", json!({ "text": "nobody rang back" }));
    assert_eq!(case.told("09:00", "R84"), ["09:00 sgt1 R84.feedback"]);
}

#[test]
fn r85_a_blank_ethnicity_blocks_the_closing_and_what_an_officer_perceived_never_fills_it() {
    let mut case = Case::new();
    let man =
        json!({ "roles": ["suspect"], "names": ["Sam"], "dob": "1990-01-01", "ethnicity_officer_perceived": "IC1" });
    case.add("man", "person", "ofc1", "09:00", man);
    let gap = format!("R85.ethnicity people/{}/ethnicity_self_defined", id("man"));
    assert!(case.gaps("09:00", "man").contains(&gap));
    assert!(case.gate("12:00", "case", "propose_close", "sgt1", json!({ "reason": "x" })).contains(&gap));
    case.row_mut("man").body["ethnicity_self_defined"] = json!({ "unknown": { "refused": true } });
    assert!(!case.gaps("09:00", "man").contains(&gap));
    // A suspect nobody has identified cannot be asked.
    case.add("shadow", "person", "ofc1", "09:00", json!({ "roles": ["suspect"] }));
    assert!(!case.gaps("09:00", "shadow").iter().any(|gap| gap.starts_with("R85")));
}

#[test]
fn r102_the_sergeant_who_advised_does_not_approve_and_an_unheard_victim_needs_an_inspector() {
    let mut case = Case::new();
    case.add("crime", "crime_recording_decision", "sgt1", "09:00", json!({ "route": "crime_recorded" }));
    assert!(close(&case, "sgt1").contains(&"R102.involved approved_by".into()));
    assert!(!close(&case, "sgt2").contains(&"R102.involved approved_by".into()));
    child(&mut case);
    assert!(close(&case, "sgt2").contains(&"R102.inspector approved_by".into()), "nobody has spoken to her");
    assert!(!close(&case, "insp1").contains(&"R102.inspector approved_by".into()));
    case.add("account", "disclosure", "ofc1", "10:00", json!({ "speaker": girl() }));
    assert!(!close(&case, "sgt2").contains(&"R102.inspector approved_by".into()));
}

#[test]
fn r103_a_measure_that_ended_leaves_a_gap_somebody_fills_and_the_investigation_lives() {
    let mut case = Case::new();
    case.add("bail", "protective_measure", "ofc1", "09:00", json!({ "to": "2026-03-20T09:00:00Z" }));
    assert!(case.marks("09:00", "case").is_empty());
    case.step("bail", "end", "insp1", "10:00", json!({ "reason": "extension refused" }));
    assert!(case.marks("10:00", "case").contains(&"measure_ended"));
    assert_eq!(case.told("10:00", "R103"), ["10:00 sgt1 R103.ended"]);
    case.step("bail", "replace", "sgt1", "11:00", json!({ "reason": "a working agreement" }));
    assert!(!case.marks("11:00", "case").contains(&"measure_ended"));
}

/// A girl whom bail conditions protected until they ended at ten.
fn bail_ended() -> Case {
    let mut case = Case::new();
    child(&mut case);
    let bail = json!({ "to": "2026-03-20T09:00:00Z", "protects": [{ "id": "p1", "record": id("girl").to_string() }] });
    case.add("bail", "protective_measure", "ofc1", "09:00", bail);
    assert!(case.told("09:30", "R113").is_empty());
    case.step("bail", "end", "insp1", "10:00", json!({ "reason": "extension refused" }));
    case
}

fn told_of_bail(case: &mut Case, name: &str, by: &str, when: &str, more: &Json) {
    let mut body = json!({ "person": girl(), "person_role": "victim", "contact": "made", "measure": id("bail").to_string(),
        "at": "2026-03-02T10:30:00Z", "how": "at home" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    case.add(name, "contact_log", by, when, body);
}

#[test]
fn r113_those_a_measure_protected_are_told_that_it_ended_by_whom_when_and_how() {
    let mut case = bail_ended();
    let told = |case: &Case, when: &str| case.told(when, "R113");
    assert_eq!(told(&case, "10:00"), ["10:00 ofc1 R113.not_told"]);
    let climbed = ["10:00 ofc1 R113.not_told", "10:00 sgt1 R113.not_told", "10:00 insp1 R113.not_told"];
    assert_eq!(told(&case, "2026-03-04T10:00:00Z"), climbed);
    assert_eq!(case.gaps_by("10:00", "bail", "R113"), ["R113.not_told protects/p1"]);
    // A word about something else, one without how, one tried in vain, an officer's reason why not: she is not told.
    told_of_bail(&mut case, "other", "ofc1", "10:40", &json!({ "measure": null }));
    told_of_bail(&mut case, "vague", "ofc1", "10:41", &json!({ "how": null }));
    told_of_bail(&mut case, "tried", "ofc1", "10:42", &json!({ "contact": "attempted" }));
    told_of_bail(&mut case, "why", "ofc1", "10:43", &json!({ "contact": { "not_attempted": "no time" } }));
    assert_eq!(told(&case, "10:50").len(), 1);
    told_of_bail(&mut case, "told", "ofc1", "11:00", &json!({}));
    assert!(told(&case, "2026-03-04T10:00:00Z").is_empty());
    // It is broken once more: that is news, and what she was told before does not say it.
    case.step("bail", "breach", "ofc1", "12:00", json!({ "text": "he was at the gate" }));
    assert_eq!(told(&case, "12:00"), ["12:00 ofc1 R113.not_told"]);
}

#[test]
fn r113_a_parent_hears_it_for_a_child_and_that_nobody_tells_is_a_sergeants_decision() {
    let mut case = bail_ended();
    let mother = json!({ "person": { "as_said": "her mother" }, "person_role": "parent", "on_behalf_of": [girl()] });
    told_of_bail(&mut case, "mother", "ofc1", "10:30", &mother);
    assert!(case.told("10:30", "R113").is_empty());
    let mut case = bail_ended();
    let not = json!({ "contact": { "not_attempted": "he reads her messages: told at school on Monday" } });
    told_of_bail(&mut case, "not", "sgt1", "10:30", &not);
    assert!(case.told("10:30", "R113").is_empty());
    // Whom somebody must not be given away to is not told before a sergeant has looked.
    let mut case = bail_ended();
    case.row_mut("girl").body["safe_contact"] = json!({ "not_to_know": [{ "as_said": "stepfather" }] });
    case.row_mut("bail").body["protects"] = json!([{ "id": "p2", "as_said": "stepfather" }]);
    assert_eq!(case.told("10:00", "R113"), ["10:00 sgt1 R113.not_told"]);
}

#[test]
fn r113_an_untold_end_keeps_the_case_open_and_nothing_else() {
    let mut case = bail_ended();
    let gap = format!("R113.not_told protective_measures/{}/protects/p1", id("bail"));
    assert!(close(&case, "insp1").contains(&gap));
    assert!(case.gate("11:00", "case", "propose_close", "ofc1", json!({ "reason": "done" })).contains(&gap));
    assert_eq!(case.gate("11:00", "bail", "replace", "sgt1", json!({ "reason": "an order" })), [""; 0]);
    case.step("bail", "replace", "sgt1", "11:00", json!({ "reason": "an order" }));
    assert!(close(&case, "insp1").contains(&gap), "what came in its place tells her nothing");
    told_of_bail(&mut case, "told", "ofc1", "11:30", &json!({}));
    assert!(!close(&case, "insp1").contains(&gap));
    // A lapse is an end as well.
    let mut case = Case::new();
    let bail = json!({ "to": "2026-03-02T10:00:00Z", "protects": [{ "id": "p1", "as_said": "the girl" }] });
    case.add("bail", "protective_measure", "ofc1", "09:00", bail);
    assert!(case.told("09:59", "R113").is_empty());
    assert_eq!(case.told("10:00", "R113"), ["10:00 ofc1 R113.not_told"]);
    // It is known beforehand: who was told of it the day before was told in time, who heard of the bail weeks ago was not.
    let told = |when: &str| {
        let mut told = Case::new();
        let bail = json!({ "to": "2026-03-20T10:00:00Z", "protects": [girl()] });
        told.add("bail", "protective_measure", "ofc1", "09:00", bail);
        told_of_bail(&mut told, "told", "ofc1", when, &json!({}));
        told.told("2026-03-20T10:00:00Z", "R113").len()
    };
    assert_eq!((told("2026-03-19T10:00:00Z"), told("2026-03-19T09:59:00Z")), (0, 1));
    // The first word of a measure of a day is none of its end.
    let mut short = Case::new();
    let bail = json!({ "to": "2026-03-03T09:00:00Z", "protects": [girl()] });
    short.add("bail", "protective_measure", "ofc1", "09:00", bail);
    told_of_bail(&mut short, "told", "ofc1", "09:30", &json!({}));
    assert_eq!(short.told("2026-03-03T09:00:00Z", "R113").len(), 1);
}

#[test]
fn r118_whoever_asks_for_help_hears_within_a_working_day_from_whom_they_chose() {
    let mut case = Case::new();
    case.add("help", "help_request", "ofc1", "09:00", json!({ "text": "how do I record this" }));
    assert_eq!(case.told("2026-03-03T09:00:00Z", "R118"), ["09:00 sgt1 R118.help", "09:00 insp1 R118.help"]);
    case.row_mut("help").body["to"] = json!("sgt2");
    assert_eq!(case.told("09:00", "R118"), ["09:00 sgt2 R118.help"]);
    case.step("help", "answer", "sgt2", "09:30", json!({ "text": "like this" }));
    assert!(case.told("2026-03-03T09:00:00Z", "R118").is_empty());
}

#[test]
fn r124_a_worry_about_an_officer_goes_to_the_sergeant_and_never_to_that_officer() {
    let mut case = Case::new();
    case.add("worry", "help_request", "dsl1", "09:00", json!({ "text": "how he sees her", "about_user": "ofc1" }));
    let told = case.told("2026-03-03T09:00:00Z", "R124");
    assert_eq!(told, ["09:00 sgt1 R124.worry", "09:00 insp1 R124.worry"]);
    assert!(!case.told("2026-03-03T09:00:00Z", "R118").iter().any(|line| line.contains("ofc1")));
}

#[test]
fn r125_before_a_case_closes_each_child_is_told_or_a_reason_stands() {
    let mut case = Case::new();
    child(&mut case);
    let gap = format!("R125.child_told people/{}", id("girl"));
    let proposed = |case: &Case| case.gate("12:00", "case", "propose_close", "ofc1", json!({ "reason": "done" }));
    assert!(proposed(&case).contains(&gap));
    let told = json!({ "person": girl(), "person_role": "victim", "contact": "made", "what_told": [{ "text": "what came of it" }] });
    case.add("word", "contact_log", "ofc1", "11:00", told);
    assert!(!proposed(&case).contains(&gap));
}

#[test]
fn r70_whoever_supervises_a_high_risk_case_now_has_acknowledged_it_also_a_successor() {
    let mut case = Case::new();
    case.add("risk", "risk_assessment", "ofc1", "09:00", json!({ "level": "high", "model": "KIRAT" }));
    let told = |case: &Case, when: &str| {
        let mut told = case.told(when, "R70");
        told.sort();
        told
    };
    let both = ["09:00 insp1 R70.unacknowledged", "09:00 sgt1 R70.unacknowledged"];
    assert_eq!(told(&case, "09:00"), both);
    let late = told(&case, "2026-03-09T09:00:00Z");
    assert!(late.iter().any(|line| line.contains("com1")), "five working days: {late:?}");
    for user in ["sgt1", "insp1"] {
        case.step("case", "acknowledge", user, "10:00", json!({}));
    }
    assert!(told(&case, "2026-03-09T09:00:00Z").is_empty());
    case.person_mut("ofc1").supervisor = Some("sgt2".into());
    assert_eq!(told(&case, "09:00"), ["09:00 sgt2 R70.unacknowledged"]);
    // The days run from when the case came to them, not from a risk of weeks ago.
    let mut given = Case::new();
    given.add("risk", "risk_assessment", "ofc1", "09:00", json!({ "level": "high", "model": "KIRAT" }));
    given.step("case", "acknowledge", "sgt1", "10:00", json!({}));
    given.step("case", "acknowledge", "insp1", "10:00", json!({}));
    given.step("case", "assign", "sgt1", "2026-04-13T09:00:00Z", json!({ "to": "ofc2" }));
    assert_eq!(told(&given, "2026-04-13T09:00:00Z"), ["09:00 sgt2 R70.unacknowledged"]);
    assert_eq!(told(&given, "2026-04-20T08:59:00Z").len(), 1, "five working days");
    assert!(told(&given, "2026-04-20T09:00:00Z").contains(&"09:00 insp1 R70.unacknowledged".into()));
    // From one of their officers to another it stays with them, and no day is won by that.
    let another = given.person_mut("ofc2").clone();
    given.people.push(records::rules::Member { user: "ofc3".into(), ..another });
    given.step("case", "assign", "sgt2", "2026-04-17T09:00:00Z", json!({ "to": "ofc3" }));
    assert!(told(&given, "2026-04-20T09:00:00Z").contains(&"09:00 insp1 R70.unacknowledged".into()));
    let mut within = Case::new();
    within.add("risk", "risk_assessment", "ofc1", "09:00", json!({ "level": "high", "model": "KIRAT" }));
    within.step("case", "assign", "sgt1", "2026-03-06T09:00:00Z", json!({ "to": "pcso1" }));
    assert!(told(&within, "2026-03-09T09:00:00Z").contains(&"09:00 com1 R70.unacknowledged".into()));
    // A sergeant who left: another one of the team is over the case now.
    let mut left = Case::new();
    left.add("risk", "risk_assessment", "ofc1", "09:00", json!({ "level": "high", "model": "KIRAT" }));
    left.person_mut("sgt2").team = Some("t1".into());
    left.people.retain(|one| one.user != "sgt1");
    assert!(told(&left, "09:00").contains(&"09:00 sgt2 R70.unacknowledged".into()));
    // And so for another inspector in the place of the first.
    case.person_mut("insp1").user = "insp2".into();
    case.person_mut("sgt2").supervisor = Some("insp2".into());
    assert!(told(&case, "09:00").contains(&"09:00 insp2 R70.unacknowledged".into()));
}

#[test]
fn r76_an_abstracted_officer_is_covered_by_name_and_the_sergeant_answers_until_then() {
    let mut case = Case::new();
    case.add("away", "absence", "sgt1", "09:00", json!({ "user": "ofc1", "absence_kind": "abstracted" }));
    assert_eq!(case.told("2026-03-03T09:00:00Z", "R76"), ["09:00 sgt1 R76.cover", "09:00 insp1 R76.cover"]);
    assert_eq!(case.told("09:00", "R68"), ["09:00 sgt1 R68.not_accepted"]);
    case.row_mut("away").body["cover"] = json!("ofc2");
    assert!(case.told("2026-03-03T09:00:00Z", "R76").is_empty());
}

#[test]
fn r120_more_than_eight_live_prompts_come_as_one_ranked_list_and_none_is_left_out() {
    let mut few: Vec<(u64, signed::Timestamp)> =
        (0..3).map(|n| (n, signed::Timestamp::from_millis(n as i64))).collect();
    records::rules::rank(&mut few, 8, |prompt| *prompt);
    assert_eq!(few.iter().map(|(rung, _)| *rung).collect::<Vec<_>>(), [0, 1, 2]);
    let mut many: Vec<(u64, signed::Timestamp)> =
        (0..9).map(|n| (n % 4, signed::Timestamp::from_millis(n as i64))).collect();
    records::rules::rank(&mut many, 8, |prompt| *prompt);
    assert_eq!((many.len(), many[0].0, many[8].0), (9, 3, 0));
}
