//! What people do with the kinds beside the account, the action and the check.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use records::{Body, Gap, Role, kind, normalise};
use serde_json::{Value as Json, json};
use signed::code;

fn hub() -> Person {
    person(6, "marsh", Role::Hub)
}
fn pcso() -> Person {
    person(7, "ade", Role::Pcso)
}

fn regular(name: &str, body: Json) -> Result<Body, Vec<Gap>> {
    let kind = kind(name).unwrap();
    let mut body = normalise(kind, body, &mut ids())?;
    records::defaults(kind, &mut body, at(MORNING));
    Ok(body)
}

fn sealed(name: &str, who: &Person, body: Json) -> Doc {
    Doc::sealed(name, who, &regular(name, body).unwrap(), at(MORNING))
}

fn referral() -> Json {
    json!({
        "child": "the girl in 8B", "incident": record(2).to_string(), "to": "hub", "decision": "made",
        "concern_items": [{ "text": "waits by the gate" }], "risk": record(3).to_string(), "made_by": "police",
        "facts": ["He was seen at the gate on Monday"], "siblings_included": ["her brother"],
        "subjects": ["the girl in 8B"],
    })
}

fn paths(doc: &Doc) -> Vec<String> {
    doc.shown_to_all().gaps.into_iter().map(|gap| format!("{} {}", gap.code.name, gap.path)).collect()
}

#[test]
fn a_referral_goes_on_from_its_seal_until_somebody_has_answered_it() {
    let (officer, hub) = (officer(), hub());
    let mut doc = sealed("referral", &officer, referral());
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.open, paths(&doc)), ("sealed", true, vec![]));
    doc.act(&officer, "send", json!({}));
    doc.sync(&hub, &officer);
    doc.act(&hub, "read", json!({}));
    assert_eq!(doc.shown_to(&hub).status, "sent");
    doc.act(&hub, "reply", json!({ "text": "we have opened an assessment", "decision": "accepted" }));
    let shown = doc.shown_to(&hub);
    assert_eq!((shown.status.as_str(), shown.open), ("replied", false));
    assert_eq!(shown.body["reply"][0]["text"], "we have opened an assessment");
    assert_eq!((&shown.body["reply"][0]["by"], shown.body["sent_at"].is_string()), (&json!("marsh"), true));
    doc.sync(&officer, &hub);
    doc.act(&officer, "reopen", json!({ "reason": "a brother was found" }));
    assert!(doc.shown_to(&officer).open);
    doc.act(&officer, "record_outcome", json!({ "text": "a plan is in place" }));
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.open), ("outcome_recorded", false));
}

#[test]
fn an_incomplete_referral_is_sent_all_the_same() {
    let officer = officer();
    let mut doc = sealed("referral", &officer, json!({ "child": "Sam", "decision": "made" }));
    assert_eq!(doc.shown_to(&officer).status, "sealed_incomplete");
    doc.act(&officer, "send", json!({}));
    let shown = doc.shown_to(&officer);
    assert_eq!(shown.status, "sent");
    assert!(shown.gaps.iter().any(|gap| gap.path == "facts"), "what is missing is still missing");
}

#[test]
fn r60_a_decision_not_to_refer_needs_its_reason_and_no_form() {
    let not_made = json!({ "child": "Sam", "decision": { "not_made": "seen with the hub on Monday" },
                           "subjects": ["Sam"], "made_by": "police" });
    let doc = sealed("referral", &officer(), not_made);
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.open, paths(&doc)), ("sealed", false, vec![]));
    assert!(regular("referral", json!({ "decision": { "not_made": " " } })).is_err());
}

#[test]
fn r60_no_blank_stands_in_a_marf_and_not_known_is_an_answer() {
    let mut body = referral();
    body["form"] = json!("MARF");
    let doc = sealed("referral", &officer(), body.clone());
    assert!(paths(&doc).contains(&"R60.marf marf/nhs_number".to_owned()), "{:?}", paths(&doc));
    let all = kind("referral").unwrap().field("marf").unwrap().parts();
    assert_eq!(paths(&doc).len(), all.len(), "every field of the form is asked for by name");

    let mut marf = sample::body(kind("referral").unwrap())["marf"].clone();
    marf["nhs_number"] = json!({ "unknown": "the school does not hold it" });
    marf["gp"] = json!({ "not_applicable": "moved here last week" });
    marf["religion"] = json!("not known");
    marf["household"] = json!([{ "name": "Mr B", "relation": "uncle" }]);
    body["marf"] = marf;
    let open = paths(&sealed("referral", &officer(), body.clone()));
    assert!(open.iter().all(|gap| gap.starts_with("R60.marf marf/household/")), "{open:?}");
    assert!(open.iter().any(|gap| gap.ends_with("/dob")));
    body["marf"]["household"] = json!({ "none": "lives in a children's home" });
    assert_eq!(paths(&sealed("referral", &officer(), body)), Vec::<String>::new());
}

#[test]
fn r20_a_body_that_groups_incidents_or_children_is_refused() {
    for (name, body, path) in [
        ("referral", json!({ "incidents": [record(2).to_string()] }), "incidents"),
        ("referral", json!({ "child": ["Sam", "Jo"] }), "child"),
        ("referral", json!({ "children": ["Sam", "Jo"] }), "children"),
        ("notification", json!({ "incident": [record(2).to_string(), record(3).to_string()] }), "incident"),
        ("notification", json!({ "incidents": "two of them" }), "incidents"),
    ] {
        let gaps = regular(name, body).unwrap_err();
        assert_eq!((gaps[0].code, gaps[0].path.as_str(), gaps.len()), (code::R20_GROUPED, path, 1), "{name}");
    }
    let siblings = json!({ "child": "Sam", "siblings_included": ["Jo", "Al"], "incident": record(2).to_string() });
    assert!(regular("referral", siblings).is_ok(), "one incident may name several siblings");
}

#[test]
fn r85_an_ic_code_is_never_a_self_defined_ethnicity() {
    let stated = |value: Json| regular("person", json!({ "ethnicity_self_defined": value }));
    for appearance in ["IC1", "ic 3", "IC6"] {
        let gaps = stated(json!(appearance)).unwrap_err();
        assert_eq!((gaps[0].code, gaps[0].path.as_str()), (code::R85_IC_CODE, "ethnicity_self_defined"));
    }
    let seen = regular("person", json!({ "ethnicity_officer_perceived": "IC1" })).unwrap();
    assert!(!seen.0.contains_key("ethnicity_self_defined"), "what was perceived never fills it");
    for (given, kept) in [("B1", "B1"), ("a4", "A4"), ("O1", "A4")] {
        assert_eq!(stated(json!(given)).unwrap().0["ethnicity_self_defined"], kept);
    }
    for wrong in [json!("NS"), json!("Z9"), json!("unknown"), json!({ "unknown": "" })] {
        assert_eq!(stated(wrong).unwrap_err()[0].code, code::I_VALUE);
    }
    for reason in [
        json!({ "not_stated": "would not say" }),
        json!({ "unknown": { "not_asked": "unwell" } }),
        json!({ "unknown": "suspect_not_identified" }),
    ] {
        assert_eq!(stated(reason.clone()).unwrap().0["ethnicity_self_defined"], reason);
    }
    // An edit is judged as a new record is.
    let mut doc = Doc::new("person", &officer(), json!({ "roles": ["child"] }));
    let gaps = doc.edit(&officer(), "ethnicity_self_defined", json!("IC2")).unwrap_err();
    assert_eq!(gaps[0].code, code::R85_IC_CODE);
}

#[test]
fn r22_a_child_is_back_only_when_nobody_says_at_once_that_they_are_not() {
    let (officer, other) = (officer(), other_officer());
    let body = json!({ "child": "Sam", "reported_at": MORNING, "from": "care" });
    let mut doc = Doc::new("missing_episode", &officer, body.clone());
    assert_eq!(doc.shown_to(&officer).body["state"], "missing");
    doc.sync(&other, &officer);
    doc.act(&officer, "returned", json!({}));
    let shown = doc.shown_to(&officer);
    assert_eq!((&shown.body["state"], shown.open), (&json!("returned"), false));
    doc.act(&other, "not_traced", json!({}));
    doc.sync(&officer, &other);
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.open), ("reopened", true), "open beats closed");
    doc.act(&officer, "returned", json!({}));
    assert_eq!(doc.shown_to(&officer).body["state"], "returned");
    let said_so = json!({ "child": "Sam", "state": "returned" });
    assert_eq!(regular("missing_episode", said_so).unwrap_err()[0].code, code::I_FIELD);
}

#[test]
fn r36_of_two_who_checked_at_once_the_one_with_a_reference_counts() {
    let (officer, other) = (officer(), other_officer());
    let body = json!({ "target": "the man", "system": "PNC", "requested_for": record(2).to_string() });
    let mut doc = Doc::new("intelligence_check", &officer, body);
    doc.sync(&other, &officer);
    doc.act(&officer, "complete", json!({ "result": { "found": "nothing_known" } }));
    assert_eq!(doc.shown_to(&officer).status, "claimed");
    doc.act(&other, "complete", json!({ "system_reference": { "ref": "PNC/26/1", "by": "price" } }));
    doc.sync(&officer, &other);
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.open), ("done", false));
    assert_eq!(shown.body["system_reference"]["ref"], "PNC/26/1");
}

#[test]
fn r68_a_handover_is_accepted_by_the_one_it_names() {
    let (giver, taker, sergeant, pcso) = (officer(), other_officer(), sergeant(), pcso());
    let items = json!([{ "record": record(2).to_string(), "next_step": "ring the mother" }]);
    let body = json!({ "from": "okafor", "to": "price", "reason": "planned", "items": items });
    let mut doc = Doc::new("handover", &giver, body);
    for who in [&taker, &sergeant, &pcso] {
        doc.sync(who, &giver);
    }
    for who in [&pcso, &giver] {
        assert_eq!(doc.plan(who, "accept", json!({}), true).unwrap_err().code, code::S_OWNER, "{}", who.user);
    }
    doc.act(&taker, "question", json!({ "text": "which mother?" }));
    let shown = doc.shown_to(&taker);
    assert_eq!((shown.status.as_str(), &shown.body["questions"][0]["text"]), ("questioned", &json!("which mother?")));
    doc.act(&taker, "accept", json!({}));
    let shown = doc.shown_to(&taker);
    assert_eq!((shown.status.as_str(), shown.open, shown.owners), ("accepted", false, vec!["price".to_owned()]));
    assert_eq!(shown.body["accepted_by"], "price");
    assert!(doc.plan(&sergeant, "accept", json!({}), true).is_ok(), "the giver's sergeant answers for it till then");
}

#[test]
fn what_steps_say_is_read_in_the_record() {
    let (officer, sergeant) = (officer(), sergeant());
    let due = json!({ "kind": "bail_return", "due": "2026-12-01T10:00:00Z" });
    let mut deadline = Doc::new("deadline", &officer, due);
    deadline.act(&officer, "answer", json!({ "how": "attended" }));
    let answered = &deadline.shown_to(&officer).body["answered"];
    assert_eq!((&answered[0]["how"], &answered[0]["by"]), (&json!("attended"), &json!("okafor")));

    let bail =
        json!({ "kind": "bail_condition", "terms": "no contact", "protects": ["Sam"], "to": "2026-12-01T10:00:00Z" });
    let mut measure = Doc::new("protective_measure", &officer, bail);
    measure.act(&officer, "end", json!({ "reason": "the court refused it" }));
    assert_eq!(measure.shown_to(&officer).body["ended"][0]["reason"], "the court refused it");

    let mut meeting = Doc::new("meeting", &officer, json!({ "type": "parent", "at": "2026-12-01T10:00:00Z" }));
    meeting.act(&officer, "set_date", json!({ "at": "2026-12-03T10:00:00Z" }));
    assert_eq!(meeting.shown_to(&officer).body["at"], "2026-12-03T10:00:00.000Z", "a meeting can be put off");
    meeting.act(&officer, "hold", json!({ "next_date": "2026-12-17T10:00:00Z" }));
    assert_eq!(meeting.shown_to(&officer).body["next_date"], "2026-12-17T10:00:00.000Z");

    let mut decision = sealed("crime_recording_decision", &pcso(), json!({ "route": "crime_recorded" }));
    assert_eq!(decision.shown_to_all().body.get("decided_by"), None, "a PCSO proposes");
    decision.sync(&sergeant, &pcso());
    decision.act(&sergeant, "review", json!({}));
    assert_eq!(decision.shown_to(&sergeant).body["decided_by"], "shah");
}

#[test]
fn r38_what_is_unknown_is_counted_and_never_read_as_no() {
    let body = json!({ "model": "THOR", "level": "low", "threat": { "value": "he knows where she lives" },
                       "harm": { "unknown": "she has not said" }, "opportunity": { "unknown": "not asked" } });
    let shown = sealed("risk_assessment", &officer(), body).shown_to_all();
    assert_eq!((&shown.body["unknown_count"], &shown.body["made_by"]), (&json!(2), &json!("okafor")));
}

#[test]
fn r12_a_place_shows_the_one_form_of_its_number() {
    for raw in ["07700 900123", "0044 7700-900123", "+447700900123"] {
        let doc = Doc::new("place", &officer(), json!({ "kind": "phone", "value": raw }));
        assert_eq!(doc.shown_to_all().body["value_normalised"], "+447700900123");
    }
}
