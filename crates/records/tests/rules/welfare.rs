//! R42-R48, R88, R113: the great uncle who was lost from the instructions; closed for "no arrest".

use serde_json::{Value as Json, json};

use crate::case::{Case, id};

fn done() -> Json {
    json!({ "done": { "when": "2026-03-02T10:00:00Z", "by": "ofc1" } })
}

/// A check of a concern with two items, at a house with one child.
fn visit() -> Case {
    let mut case = Case::new();
    let items = json!([
        { "id": "i1", "text": "shares a bed with her great uncle", "about_person": { "as_said": "great uncle" } },
        { "id": "i2", "text": "harsh treatment" },
    ]);
    case.add("concern", "concern", "call1", "08:00", json!({ "concern_items": items }));
    let request = json!({ "concern": id("concern").to_string(), "concern_items": items });
    let child = json!({ "id": "c1", "person": { "as_said": "the girl" }, "seen": done(), "seen_alone": done(),
        "spoken_to": done(), "sleeping_arrangement": done(), "observed": done(), "communication_need": "no",
        "risk": "low", "referral": done() });
    let conditions =
        json!({ "food": done(), "heating": done(), "cleanliness": done(), "bedrooms": done(), "substances": done() });
    case.add("check", "welfare_check", "sgt1", "08:30", json!({
        "owner": "ofc1", "request": request, "children": [child], "living_conditions": conditions,
        "adults_present": [{ "id": "a1", "person": { "as_said": "great uncle" } }],
        "others_who_stay_or_visit": [{ "none": "asked each of them" }], "siblings_all_listed": done(),
        "reporter_contacted": done(),
        "concern_answers": [{ "concern_item": "i1", "answer": "addressed" }, { "concern_item": "i2", "answer": { "not_addressed": "asleep" } }],
    }));
    case.step("check", "attend", "ofc1", "10:00", json!({}));
    case.add("look", "intelligence_check", "ofc1", "10:05", json!({ "target": { "as_said": "great uncle" } }));
    case.step("look", "complete", "ofc1", "10:06", json!({}));
    case.add("risk", "risk_assessment", "ofc1", "10:10", json!({ "model": "KIRAT" }));
    case
}

fn refusal(case: &Case) -> Vec<String> {
    case.gate("11:00", "check", "propose_close", "ofc1", json!({ "reason": "seen" }))
}

#[test]
fn r42_a_sibling_found_later_reopens_the_check() {
    let mut case = visit();
    case.step("check", "propose_close", "ofc1", "11:00", json!({ "reason": "seen" }));
    case.add("boy", "person", "ofc1", "2026-03-05T09:00:00Z", json!({ "roles": ["sibling"], "dob": "2016-01-01" }));
    assert!(case.gaps("2026-03-05T09:00:00Z", "check").contains(&format!("R42.child people/{}", id("boy"))));
    assert_eq!(case.told("2026-03-05T09:00:00Z", "R42"), ["09:00 ofc1 R42.child", "09:00 sgt1 R42.child"]);
    assert!(case.marks("2026-03-05T09:00:00Z", "check").contains(&"reopened"));
}

#[test]
fn r42_a_child_who_was_only_named_has_no_line_yet_and_a_sibling_reopens_the_check_all_the_same() {
    let mut case = visit();
    case.step("check", "propose_close", "ofc1", "11:00", json!({ "reason": "seen" }));
    let later = "2026-03-05T09:00:00Z";
    let named = |role: &str| json!({ "roles": [role], "names": ["Kay"], "not_yet_spoken_to": "only named" });
    case.add("cousin", "person", "ofc1", later, named("child"));
    assert!(!case.gaps(later, "check").iter().any(|gap| gap.starts_with("R42")));
    assert!(!case.marks(later, "check").contains(&"reopened"));
    case.add("brother", "person", "ofc1", later, named("sibling"));
    assert!(!case.gaps(later, "check").iter().any(|gap| gap.starts_with("R42")));
    assert!(case.marks(later, "check").contains(&"reopened"));
}

#[test]
fn r43_an_item_that_did_not_travel_word_for_word_is_shown() {
    let mut case = visit();
    assert!(!case.gaps("11:00", "check").iter().any(|gap| gap.starts_with("R43")));
    case.row_mut("check").body["request"]["concern_items"][0]["text"] = json!("sleeping arrangements");
    assert!(case.gaps("11:00", "check").contains(&"R43.item request/concern_items/i1".into()));
}

#[test]
fn r44_a_check_closes_only_when_everything_is_answered_and_the_refusal_lists_each() {
    let mut case = visit();
    assert_eq!(refusal(&case), Vec::<String>::new());
    let check = case.row_mut("check");
    check.body["concern_answers"] = json!([]);
    check.body["adults_present"] = json!([{ "id": "a2", "person": { "as_said": "mother" } }]);
    check.body["children"][0]["spoken_to"] = Json::Null;
    check.body["reporter_contacted"] = Json::Null;
    check.body["living_conditions"]["bedrooms"] = Json::Null;
    case.row_mut("look").open = true;
    case.rows.retain(|row| row.id != id("risk"));
    let found = refusal(&case);
    for wanted in [
        "R44.concern_item concern_items/i1",
        "R44.concern_item concern_items/i2",
        "R44.person concern_items/i1/about_person",
        "R44.child children/c1/spoken_to",
        "R44.reporter reporter_contacted",
        "R44.checklist living_conditions/bedrooms",
        "R44.risk risk",
    ] {
        assert!(found.contains(&wanted.to_owned()), "{wanted} in {found:?}");
    }
    assert!(found.contains(&format!("R44.check intelligence_checks/{}", id("look"))), "{found:?}");
}

#[test]
fn r45_no_arrest_closes_nothing_and_neither_does_somebody_who_was_not_there() {
    let case = visit();
    let codes = case.gate("11:00", "check", "propose_close", "ofc1", json!({ "reason": "no arrests made" }));
    assert_eq!(codes, ["R45.clerical reason"]);
    assert_eq!(
        case.gate("11:00", "check", "propose_close", "ofc2", json!({ "reason": "seen" })),
        ["R45.not_owner owner"]
    );
    assert_eq!(case.gate("11:00", "check", "propose_close", "sgt1", json!({ "reason": "seen" })), Vec::<String>::new());
}

#[test]
fn r46_a_contact_left_to_the_aunt_is_an_officers_within_seven_days() {
    let mut case = Case::new();
    case.add(
        "log",
        "contact_log",
        "ofc1",
        "09:00",
        json!({ "what_told": [{ "id": "w1", "text": "the aunt will approach the eldest" }] }),
    );
    let made = case.makes("09:00", "R46");
    assert_eq!((made[0].0, made[0].1["owner"].as_str()), ("action", Some("ofc1")));
    assert_eq!(made[0].1["due"], "2026-03-09T09:00:00.000Z");
    let body = made[0].1.clone();
    case.add("made", "action", "ofc1", "09:00", body);
    case.row_mut("made").id = records::rules::made_id("R46", id("log"), "contact");
    assert_eq!(
        case.told("2026-03-09T09:00:00Z", "R46"),
        ["09:00 ofc1 R46.left_to_family", "09:00 sgt1 R46.left_to_family"]
    );
}

#[test]
fn r46_a_case_with_a_contact_left_to_the_aunt_does_not_close_unheard_and_unasked() {
    let mut case = Case::new();
    let girl = json!({ "roles": ["child"], "names": ["Mia"], "dob": "2012-01-01", "ethnicity_self_defined": "W1" });
    case.add("girl", "person", "ofc1", "09:00", girl);
    let told = json!({ "what_told": [{ "id": "w1", "text": "the aunt will approach the eldest" }] });
    case.add("log", "contact_log", "ofc1", "09:00", told);
    for (_, body) in case.makes("09:00", "R46") {
        let name = format!("made {}", case.rows.len());
        case.add(&name, "action", "ofc1", "09:00", body);
    }
    let targets = ["contact", "witnesses", "schools"].map(|target| records::rules::made_id("R46", id("log"), target));
    for (row, made) in case.rows.iter_mut().filter(|row| row.kind == "action").zip(targets) {
        row.id = made;
    }
    let left = |case: &Case| {
        let codes = case.gate("12:00", "case", "propose_close", "ofc1", json!({ "reason": "done" }));
        codes.into_iter().filter(|code| code.starts_with("R46")).collect::<Vec<_>>()
    };
    let [_, witnesses, schools] = targets;
    let mut wanted = vec![format!("R46.not_contacted people/{}", id("girl"))];
    wanted.extend([witnesses, schools].map(|made| format!("R46.not_considered actions/{made}")));
    assert_eq!(left(&case), wanted);
    // Done, or declined with a reason, it stands in nobody's way.
    for row in case.rows.iter_mut().filter(|row| row.kind == "action") {
        row.status = "completed".into();
    }
    assert_eq!(left(&case), Vec::<String>::new());
}

#[test]
fn r48_a_remark_on_the_reporters_motive_is_an_opinion_and_stays_out_of_the_referral() {
    let mut case = Case::new();
    case.add(
        "ref",
        "referral",
        "ofc1",
        "09:00",
        json!({
            "facts": ["the aunt might have an agenda"], "opinion": [{ "id": "o1", "text": "has a grudge" }],
        }),
    );
    let gaps = case.gaps("09:00", "ref");
    assert!(gaps.contains(&"R48.motive facts/0".into()) && gaps.contains(&"R48.motive opinion/o1".into()), "{gaps:?}");
    case.row_mut("ref").body = json!({ "facts": [], "opinion": [{ "id": "o1", "text": "a grudge", "basis": "a court order", "approved_by": "sgt1" }] });
    assert!(!case.gaps("09:00", "ref").iter().any(|gap| gap.starts_with("R48")));
}

#[test]
fn r113_who_must_not_know_is_not_invited_before_a_sergeant_has_looked() {
    let mut case = Case::new();
    let stepfather = json!({ "as_said": "stepfather" });
    case.add(
        "girl",
        "person",
        "ofc1",
        "09:00",
        json!({ "roles": ["child"], "dob": "2012-01-01", "safe_contact": { "not_to_know": [stepfather] } }),
    );
    case.add("meet", "meeting", "ofc1", "09:30", json!({ "invited": [{ "id": "v1", "person": stepfather }] }));
    assert!(case.gaps("09:30", "meet").contains(&"R113.not_to_know invited/v1".into()));
    assert_eq!(case.told("09:30", "R113"), ["09:30 sgt1 R113.not_to_know"]);
}

#[test]
fn r47_words_that_would_tell_who_the_reporter_is_are_pointed_at_wherever_they_stand() {
    let mut case = Case::new();
    case.add(
        "aunt",
        "person",
        "call1",
        "09:00",
        json!({ "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] }),
    );
    case.row_mut("aunt").compartment = records::Compartment::Reporter { case: id("case") };
    case.add(
        "worry",
        "concern",
        "call1",
        "09:05",
        json!({ "exact_words": "O'Hara rang from +44 7700 900456", "where": [] }),
    );
    assert!(case.marks("09:05", "worry").contains(&"names_reporter"));
    assert!(!case.marks("09:05", "aunt").contains(&"names_reporter"), "the vault itself holds it");
    // What a child said stays as it was said: it is no gap that somebody could fill, and keeps no case open.
    assert!(case.gaps_by("09:05", "worry", "R47").is_empty());
}

#[test]
fn r88_an_extract_says_that_it_is_older_than_its_source_to_whoever_holds_both() {
    let mut case = Case::new();
    let words = json!([{ "seq": 1, "speaker": "a girl", "text": "he waits at the gate" }]);
    case.add("account", "disclosure", "ofc1", "09:00", json!({ "words_verbatim": words, "observations": [] }));
    let parts = ["words_verbatim".to_owned()];
    let seen = records::rules::as_it_stands(case.row_mut("account"), &parts);
    let step = json!({ "extract": id("extract").to_string(), "parts": parts, "seen": seen });
    case.step("account", "release_extract", "ofc1", "09:10", step);
    let body = json!({ "of": id("account").to_string(), "of_kind": "disclosure", "parts": parts, "text": "he waits" });
    case.add("extract", "extract", "ofc1", "09:10", body);
    assert!(case.marks("09:20", "extract").is_empty());
    // Another part moves on: that is nothing to do with what was released.
    case.row_mut("account").body["observations"] = json!([{ "text": "she was cold" }]);
    assert!(case.marks("09:20", "extract").is_empty());
    case.step("account", "addendum", "ofc1", "09:30", json!({ "text": "it was the other gate", "reason": "she rang" }));
    assert_eq!(case.marks("09:30", "extract"), ["older_than_source"]);
    // Whoever holds the extract alone is told nothing of the source.
    case.rows.retain(|row| row.id != id("account"));
    assert!(case.marks("09:30", "extract").is_empty());
}

#[test]
fn r88_nothing_is_given_to_somebody_who_may_not_hold_it() {
    let mut case = Case::new();
    let school = |id: &str| records::access::Compartment::Share {
        school: signed::SchoolId::new(id).unwrap(),
        case: self::id("case"),
    };
    case.add("asked", "action", "dsl1", "09:00", json!({ "owner": "ofc1", "school": "100001" }));
    case.row_mut("asked").compartment = school("100001");
    case.add("own", "action", "ofc1", "09:00", json!({ "owner": "ofc1" }));
    let gate = |case: &Case, name: &str, verb: &str, to: &str| -> Vec<String> {
        let body = json!({ "to": to, "user": to, "reason": "they asked", "why": "theirs" });
        let all = case.gate("09:30", name, verb, "ofc1", body);
        all.into_iter().filter(|line| line.starts_with("R88.")).collect()
    };
    case.people.push(
        case.people
            .iter()
            .find(|one| one.user == "dsl1")
            .map(|lead| records::rules::Member { user: "dsl2".into(), schools: vec!["100002".into()], ..lead.clone() })
            .unwrap(),
    );
    for verb in ["share", "assign", "forward"] {
        // The lead of that school, and police; another school's lead gets nothing by it, and neither does the hub.
        for to in ["dsl1", "ofc2", "insp1", "team:t2"] {
            assert!(gate(&case, "asked", verb, to).is_empty(), "{verb} {to}");
        }
        for to in ["dsl2", "hub1", "nobody"] {
            assert_eq!(gate(&case, "asked", verb, to), ["R88.recipient to"], "{verb} {to}");
        }
        // What lies with the police is for no school at all.
        for to in ["dsl1", "hub1", "dpo1"] {
            assert_eq!(gate(&case, "own", verb, to), ["R88.recipient to"], "{verb} {to}");
        }
    }
    // A device does not know everybody: it lets pass whom it does not.
    case.whole = false;
    assert!(gate(&case, "own", "share", "nobody").is_empty());
    case.whole = true;
    // Somebody of the hub may be added to a case, and a tutor of its school: what they may read of it reaches them.
    case.add("own-choice", "language_prompt", "ofc1", "09:00", json!({}));
    case.row_mut("own-choice").compartment =
        records::Compartment::Prompts { user: signed::UserId::new("ofc1").unwrap() };
    for (user, gaps) in [("hub1", 0), ("stf1", 0), ("ofc2", 0), ("dsl2", 1), ("dpo1", 1)] {
        assert_eq!(gate(&case, "case", "add_member", user).len(), gaps, "{user}");
    }
    // Whether a check was a hit is what a constable's assistant is given.
    case.add("check", "intelligence_check", "ofc1", "09:00", json!({ "owner": "pcso1" }));
    case.row_mut("check").compartment = records::Compartment::Intel { case: id("case") };
    assert!(gate(&case, "check", "share", "pcso1").is_empty() && case.gaps_by("09:30", "check", "R88").is_empty());
    // What is about one of our own is for inspectors.
    case.row_mut("case").body = json!({ "restricted": true });
    assert_eq!(gate(&case, "own", "assign", "ofc2"), ["R88.recipient to"]);
    assert!(gate(&case, "own", "assign", "insp1").is_empty());
    case.row_mut("case").body = json!({});
    // Whoever was named as owner at the start and may not hold it never hears of it: whoever asked sees that.
    assert!(case.gaps_by("09:30", "own", "R88").is_empty());
    case.row_mut("own").owners = vec!["dsl1".into()];
    assert_eq!(case.gaps_by("09:30", "own", "R88"), ["R88.recipient owner/dsl1"]);
    assert_eq!(case.told("09:30", "R88"), ["09:00 ofc1 R88.recipient"]);
    // A device that did not know them let it pass: the server tells whoever shared it, until they have read that.
    case.row_mut("own").owners = vec!["ofc1".into()];
    case.step("asked", "share", "ofc1", "09:40", json!({ "to": "dsl2", "reason": "she moved" }));
    assert_eq!(case.told("09:40", "R88"), ["09:40 ofc1 R88.recipient"]);
    case.step("asked", "acknowledge", "ofc1", "09:50", json!({}));
    assert!(case.told("09:50", "R88").is_empty());
    // Whom the server tells of a match need not hold it.
    case.step("own", "share", "server", "09:55", json!({ "to": "call1" }));
    assert!(case.told("09:55", "R88").is_empty());
    // What a rule gave to somebody who may not hold it is for whoever answers for the case.
    case.row_mut("check").role = records::Role::Server;
    case.row_mut("check").owners = vec!["dsl1".into()];
    assert_eq!(case.told("09:50", "R88"), ["09:00 ofc1 R88.recipient"]);
}

#[test]
fn r114_a_child_who_saw_it_is_named_in_a_referral_only_on_a_sergeants_decision() {
    let mut case = Case::new();
    case.add(
        "friend",
        "person",
        "ofc1",
        "09:00",
        json!({ "roles": ["witness"], "names": ["Kim Lee"], "dob": "2012-01-01" }),
    );
    case.add("ref", "referral", "ofc1", "09:10", json!({ "facts": ["Kim Lee saw them together"] }));
    assert_eq!(case.gaps_by("09:10", "ref", "R114"), [format!("R114.child_witness people/{}", id("friend"))]);
    assert_eq!(case.told("09:10", "R114"), ["09:10 sgt1 R114.child_witness"]);
    // A sergeant decides, in it or after it.
    let sent = case.row_mut("ref").body.clone();
    case.row_mut("ref").body["lawful_basis_to_name_child_witness"] = json!("sgt1: needed to keep her safe");
    assert!(case.gaps_by("09:10", "ref", "R114").is_empty());
    case.row_mut("ref").body = sent;
    case.step("ref", "acknowledge", "ofc1", "09:15", json!({}));
    assert_eq!(case.gaps_by("09:20", "ref", "R114").len(), 1);
    case.step("ref", "acknowledge", "sgt1", "09:30", json!({}));
    assert!(case.gaps_by("09:30", "ref", "R114").is_empty());
}
