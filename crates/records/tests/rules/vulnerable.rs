//! R25-R34, R112, R121, R122: an age that was assumed, a child who was not heard, a denial taken as an end.

use serde_json::{Value as Json, json};

use crate::case::{Case, id};

fn said(text: &str) -> Json {
    json!({ "id": "s1", "as_said": text })
}

fn concern(body: Json) -> Case {
    let mut case = Case::new();
    case.add("concern", "concern", "dsl1", "09:30", body);
    case
}

fn sexual(age: u64) -> Case {
    concern(
        json!({ "indicators": ["sexual_rumour"], "subjects": [said(&format!("a girl aged {age}"))], "urgency": "urgent" }),
    )
}

#[test]
fn r25_a_level_without_an_age_stands_unendorsed_until_it_is_asked() {
    let mut case = Case::new();
    case.add("caller", "person", "call1", "09:00", json!({ "roles": ["child"] }));
    let about = json!([{ "record": id("caller").to_string() }]);
    case.add("risk", "risk_assessment", "call1", "09:05", json!({ "model": "KIRAT", "level": "low", "about": about }));
    assert_eq!(case.gaps_by("09:05", "caller", "R25"), [format!("R25.dob people/{}", id("caller"))]);
    assert!(case.gaps("09:05", "risk").contains(&format!("R25.dob people/{}", id("caller"))));
    assert!(case.marks("09:05", "risk").contains(&"unendorsed"));
    case.row_mut("caller").body["dob"] = json!({ "unknown": "line went dead" });
    assert!(!case.marks("09:05", "risk").contains(&"unendorsed"));
}

#[test]
fn r26_under_thirteen_and_a_sexual_rumour_is_immediate_and_closes_only_with_the_hubs_reply() {
    let mut case = sexual(12);
    assert_eq!(case.raises("09:30", "R26"), [(id("concern"), "urgency", json!("immediate"))]);
    assert_eq!(case.told("09:30", "R26"), ["09:30 sgt1 R26.under_thirteen", "09:30 hub1 R26.under_thirteen"]);
    let codes = case.gate("10:00", "case", "propose_close", "ofc1", json!({ "reason": "it was consensual" }));
    assert!(
        codes.contains(&"R26.consent reason".into()) && codes.contains(&"R26.hub_reply referral".into()),
        "{codes:?}"
    );
    case.add("ref", "referral", "ofc1", "10:00", json!({}));
    case.step("ref", "reply", "hub1", "11:00", json!({ "text": "strategy discussion" }));
    let codes = case.gate("12:00", "case", "propose_close", "ofc1", json!({ "reason": "passed on" }));
    assert!(!codes.iter().any(|code| code.starts_with("R26.")), "{codes:?}");
    assert!(sexual(14).raises("09:30", "R26").is_empty());
}

#[test]
fn r27_willing_is_no_reason_with_a_child_under_sixteen() {
    let codes =
        |case: Case| case.gate("10:00", "case", "propose_close", "ofc1", json!({ "reason": "she was willing" }));
    assert!(codes(sexual(15)).contains(&"R27.consent reason".into()));
    assert!(!codes(sexual(17)).contains(&"R27.consent reason".into()));
}

#[test]
fn r28_a_sixteen_year_old_in_a_hotel_with_older_men_is_never_below_urgent_and_somebody_goes() {
    let mut case = concern(json!({
        "indicators": ["hotel_or_private_room", "older_person"], "subjects": [said("girl aged 16")],
        "concern_items": [{ "id": "i1", "text": "two older men in the room" }], "where": [said("Grand Hotel")],
    }));
    assert_eq!(case.raises("09:30", "R28"), [(id("concern"), "urgency", json!("urgent"))]);
    let made = case.makes("09:30", "R28");
    assert_eq!(made[0].0, "welfare_check");
    assert_eq!(made[0].1["request"]["concern_items"][0]["text"], "two older men in the room");
    assert_eq!(case.marks("09:30", "concern"), ["immediate_suggested"]);
    let lower = json!({ "field": "urgency", "value": "standard", "reason": "wrong line" });
    assert_eq!(case.gate("10:00", "concern", "lower", "sgt1", lower), ["R28.lower urgency"]);
    case.row_mut("concern").body["indicators"] = json!(["older_person"]);
    assert!(case.makes("09:30", "R28").is_empty());
}

#[test]
fn r28_a_friend_two_school_years_older_is_an_older_person_and_one_year_or_a_brother_is_none() {
    let with_friend = |friend: Json| {
        let both = json!([{ "record": id("girl").to_string() }, { "record": id("friend").to_string() }]);
        let mut case = concern(json!({ "subjects": both }));
        let girl =
            json!({ "roles": ["child"], "dob": "2011-09-01", "vulnerability": [{ "vulnerability": "in_care" }] });
        case.add("girl", "person", "ofc1", "09:00", girl);
        case.add("friend", "person", "ofc1", "09:00", friend);
        case
    };
    // Two days older than the first child of the next school year, and two school years above hers.
    let mut case = with_friend(json!({ "roles": ["child"], "dob": "2010-08-30" }));
    assert_eq!(case.raises("09:30", "R28"), [(id("concern"), "urgency", json!("urgent"))]);
    assert!(case.gaps("09:30", "concern").contains(&"R28.assess risk".into()));
    case.policy.older_school_years = 3;
    assert!(case.raises("09:30", "R28").is_empty());
    for other in [
        json!({ "roles": ["child"], "dob": "2010-09-01" }),
        json!({ "roles": ["child", "sibling"], "dob": "2008-09-01" }),
        json!({ "roles": ["child"] }),
    ] {
        assert!(with_friend(other.clone()).raises("09:30", "R28").is_empty(), "{other}");
    }
    let about = json!({ "roles": ["child"], "estimated_age": { "years": 16 } });
    assert_eq!(with_friend(about).raises("09:30", "R28").len(), 1, "by age where a date of birth is not known");
}

#[test]
fn r29_a_denial_is_an_observation_and_never_alone_no_concern() {
    let mut case = sexual(15);
    case.add(
        "account",
        "disclosure",
        "ofc1",
        "10:00",
        json!({ "nothing_disclosed": true, "why_called": "the concern" }),
    );
    case.add("check", "welfare_check", "ofc1", "10:10", json!({ "outcome": "no_concern_found" }));
    assert!(case.gaps("10:20", "check").contains(&"R29.denial outcome".into()));
    let codes = case.gate("10:20", "check", "propose_close", "ofc1", json!({ "reason": "denied" }));
    assert!(codes.contains(&"R29.denial outcome".into()), "{codes:?}");
    case.step("case", "approve", "sgt1", "11:00", json!({ "reason": "read both accounts" }));
    assert!(!case.gaps("11:00", "check").contains(&"R29.denial outcome".into()));
}

#[test]
fn r30_a_firearm_somebody_mentioned_travels_with_the_check_and_blocks_its_closing_unread() {
    let mut case = concern(json!({ "exact_words": "he keeps a shotgun", "subjects": [said("girl aged 15")] }));
    case.add("man", "person", "ofc1", "09:35", json!({ "roles": ["suspect"], "dob": "1990-01-01" }));
    case.add("check", "welfare_check", "ofc1", "09:40", json!({}));
    assert_eq!(case.marks("09:40", "check"), ["firearms"]);
    assert_eq!(case.raises("09:40", "R30")[0].2["marker"], "firearms");
    case.step("check", "attend", "ofc1", "10:00", json!({}));
    assert!(case.gaps("10:00", "check").contains(&"R30.unacknowledged markers_acknowledged".into()));
    assert_eq!(case.told("10:00", "R30"), ["09:40 sgt1 R30.unacknowledged"]);
    let codes = case.gate("10:20", "check", "propose_close", "ofc1", json!({ "reason": "done" }));
    assert!(codes.contains(&"R30.unacknowledged markers_acknowledged".into()), "{codes:?}");
    case.row_mut("check").body["markers_acknowledged"] = json!(["firearms"]);
    assert!(case.told("10:00", "R30").is_empty());
}

#[test]
fn r31_known_flags_are_read_before_the_level_is_set() {
    let mut case = Case::new();
    let girl = json!({ "roles": ["child"], "dob": "2011-01-01", "vulnerability": [{ "vulnerability": "autism", "source": "school" }] });
    case.add("girl", "person", "ofc1", "09:00", girl);
    let about = json!([{ "record": id("girl").to_string() }, { "record": id("elsewhere").to_string() }]);
    case.add("risk", "risk_assessment", "ofc1", "09:05", json!({ "model": "THRIVE", "about": about }));
    assert!(case.gaps("09:05", "risk").contains(&"R31.flags_read flags_read".into()));
    assert!(
        case.marks("09:05", "risk").contains(&"flags_known") && case.marks("09:05", "risk").contains(&"not_known_here")
    );
    case.row_mut("risk").body["flags_read"] = json!(true);
    assert!(!case.gaps("09:05", "risk").contains(&"R31.flags_read flags_read".into()));
}

#[test]
fn r32_a_child_who_could_not_be_spoken_to_is_followed_up_with_help() {
    let mut case = Case::new();
    let children = json!([{ "id": "c1", "person": said("the youngest"), "spoken_to": { "not_done": "clingy" } }]);
    case.add("check", "welfare_check", "ofc1", "10:00", json!({ "children": children }));
    let made = case.makes("10:00", "R32");
    assert_eq!((made[0].0, made[0].1["action_kind"].as_str()), ("action", Some("speak_to_child")));
    assert_eq!(made[0].1["due"], "2026-03-04T10:00:00.000Z");
    case.row_mut("check").body["children"][0]["spoken_to"] =
        json!({ "done": { "when": "2026-03-02T10:00:00Z", "by": "ofc1" } });
    assert!(case.makes("10:00", "R32").is_empty());
}

#[test]
fn r34_special_measures_stay_open_until_they_are_explained() {
    let mut case = Case::new();
    case.add("account", "disclosure", "ofc1", "10:00", json!({ "words_verbatim": [{ "text": "he touched me" }] }));
    assert_eq!(case.gaps_by("10:00", "account", "R34"), ["R34.special_measures special_measures_explained"]);
    case.row_mut("account").body["special_measures_explained"] = json!({ "not_done": "she was too tired" });
    assert_eq!(case.gaps_by("10:00", "account", "R34"), Vec::<String>::new());
}

#[test]
fn r112_a_marker_says_where_it_comes_from_and_a_rumour_is_none() {
    let mut case = Case::new();
    let markers =
        json!([{ "id": "m1", "marker": "drugs" }, { "id": "m2", "marker": "violence", "source": "rumour at school" }]);
    case.add(
        "man",
        "person",
        "ofc1",
        "09:00",
        json!({ "roles": ["suspect"], "dob": "1990-01-01", "markers": markers }),
    );
    assert_eq!(case.gaps_by("09:00", "man", "R112"), ["R112.source markers/m1", "R112.rumour markers/m2"]);
    assert_eq!(case.told("2026-09-01T09:00:00Z", "R112").len(), 2);
}

#[test]
fn r121_what_happened_to_a_child_is_judged_as_a_childs_whatever_the_age_now() {
    let mut case = Case::new();
    case.add("woman", "person", "ofc1", "09:00", json!({ "roles": ["child"], "dob": "1990-01-01" }));
    case.look("09:00", |view| {
        let woman = view.row(id("woman")).unwrap();
        assert!(records::rules::look::child(woman, view.now), "she was a child when it happened");
    });
    case.row_mut("woman").body["roles"] = json!(["witness"]);
    case.look("09:00", |view| assert!(!records::rules::look::child(view.row(id("woman")).unwrap(), view.now)));
}

#[test]
fn r122_a_suspect_under_eighteen_has_a_childs_line_of_their_own() {
    let mut case = Case::new();
    case.add("boy", "person", "ofc1", "09:00", json!({ "roles": ["suspect"], "dob": "2010-01-01" }));
    case.add("check", "welfare_check", "ofc1", "09:10", json!({ "children": [] }));
    case.step("check", "attend", "ofc1", "09:20", json!({}));
    assert!(case.gaps("09:20", "check").contains(&format!("R122.child_line people/{}", id("boy"))));
    case.row_mut("check").body["children"] = json!([{ "id": "c1", "person": { "record": id("boy").to_string() } }]);
    assert!(!case.gaps("09:20", "check").iter().any(|gap| gap.starts_with("R122")));
}
