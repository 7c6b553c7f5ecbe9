//! Protective values: towards caution by anyone, away from it by a sergeant who saw what stands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use serde_json::{Value as Json, json};
use signed::code;

#[test]
fn anyone_raises_and_only_the_verb_lowers() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.edit(&officer, "urgency", json!("urgent")).unwrap();
    assert_eq!(doc.shown_to(&officer).urgency, "urgent");
    let refused = doc.edit(&officer, "urgency", json!("standard")).unwrap_err();
    assert_eq!((refused[0].code, refused[0].path.as_str()), (code::I_LOWER, "urgency"));
    assert!(refused[0].message.contains("lower"));
    let lowering = json!({ "field": "urgency", "value": "info", "reason": "a mistake in typing" });
    assert_eq!(doc.plan(&officer, "lower", lowering.clone(), true).unwrap_err().code, code::I_DENIED);
    let no_reason = json!({ "field": "urgency", "value": "info" });
    assert_eq!(doc.plan(&sergeant, "lower", no_reason, true).unwrap_err().code, code::I_REASON);
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "lower", lowering);
    // What stood at first is superseded as well: the sergeant saw both.
    assert_eq!(doc.shown_to(&sergeant).urgency, "info");
}

#[test]
fn r93_a_lowering_that_had_not_seen_a_raise_does_not_undo_it() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.edit(&officer, "urgency", json!("urgent")).unwrap();
    doc.sync(&sergeant, &officer);
    doc.edit(&officer, "urgency", json!("immediate")).unwrap();
    doc.act(&sergeant, "lower", json!({ "field": "urgency", "value": "standard", "reason": "seen" }));
    assert_eq!(doc.shown_to(&sergeant).urgency, "standard");
    assert_eq!(doc.shown_to_all().urgency, "immediate");
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "lower", json!({ "field": "urgency", "value": "standard", "reason": "now seen too" }));
    assert_eq!(doc.shown_to_all().urgency, "standard");
}

#[test]
fn a_lowering_by_an_officer_counts_for_nothing() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.edit(&officer, "urgency", json!("urgent")).unwrap();
    doc.sync(&sergeant, &officer);
    let plan =
        doc.plan(&sergeant, "lower", json!({ "field": "urgency", "value": "info", "reason": "x" }), true).unwrap();
    doc.say(&officer, "lower", plan.content);
    assert_eq!(doc.shown_to_all().urgency, "urgent");
}

#[test]
fn r72_a_date_is_moved_later_by_a_sergeant_and_the_third_time_by_an_inspector() {
    let (officer, sergeant, inspector) = (officer(), sergeant(), inspector());
    let mut doc = action();
    doc.edit(&officer, "due", json!("2026-11-25T15:00:00Z")).unwrap();
    assert_eq!(doc.edit(&officer, "due", json!("2026-11-26T15:00:00Z")).unwrap_err()[0].code, code::I_LOWER);
    doc.sync(&sergeant, &officer);
    let extend =
        |day: u8| json!({ "new_due": format!("2026-12-{day:02}T15:00:00Z"), "reason": "the laboratory is late" });
    assert_eq!(doc.plan(&officer, "extend", extend(1), true).unwrap_err().code, code::I_DENIED);
    let earlier = json!({ "new_due": "2026-11-24T15:00:00Z", "reason": "sooner" });
    assert_eq!(doc.plan(&sergeant, "extend", earlier, true).unwrap_err().code, code::I_STATE);
    doc.act(&sergeant, "extend", extend(1));
    doc.act(&sergeant, "extend", extend(2));
    assert_eq!(doc.shown_to(&sergeant).due, Some(at("2026-12-02T15:00:00Z")));
    assert_eq!(doc.plan(&sergeant, "extend", extend(3), true).unwrap_err().code, code::R72_INSPECTOR);
    doc.sync(&inspector, &sergeant);
    doc.act(&inspector, "extend", planned(extend(3)));
    assert_eq!(doc.shown_to(&inspector).due, Some(at("2026-12-03T15:00:00Z")));
}

/// With what is done by then.
fn planned(mut extend: Json) -> Json {
    extend["plan"] = json!("the second laboratory takes it on Monday; DC Hale brings it there");
    extend
}

#[test]
fn r72_a_third_extension_needs_a_plan_that_every_reader_sees_and_without_one_counts_for_nothing() {
    let (officer, sergeant, inspector) = (officer(), sergeant(), inspector());
    let mut doc = action();
    doc.edit(&officer, "due", json!("2026-11-25T15:00:00Z")).unwrap();
    doc.sync(&sergeant, &officer);
    let extend = |day: u8| json!({ "new_due": format!("2026-12-{day:02}T15:00:00Z"), "reason": "not ready" });
    doc.act(&sergeant, "extend", extend(1));
    doc.act(&sergeant, "extend", extend(2));
    let codes = |refused: records::Refused| refused.gaps.iter().map(|gap| gap.code).collect::<Vec<_>>();
    let tried = doc.plan(&sergeant, "extend", extend(3), true).unwrap_err();
    assert_eq!(codes(tried), [code::R72_INSPECTOR, code::R72_PLAN]);
    doc.sync(&inspector, &sergeant);
    for blank in [extend(3), json!({ "new_due": "2026-12-03T15:00:00Z", "reason": "not ready", "plan": " " })] {
        let refused = doc.plan(&inspector, "extend", blank, true).unwrap_err();
        assert_eq!((refused.code, refused.gaps[0].path.as_str()), (code::R72_PLAN, "plan"));
    }
    let mut plan = doc.plan(&inspector, "extend", planned(extend(3)), true).unwrap();
    // Another app sends it without its plan: the date stays where it was.
    plan.content.remove("plan");
    doc.say(&inspector, "extend", plan.content);
    assert_eq!(doc.shown_to(&inspector).due, Some(at("2026-12-02T15:00:00Z")));
    doc.act(&inspector, "extend", planned(extend(3)));
    let shown = doc.shown_to(&inspector);
    assert_eq!(shown.due, Some(at("2026-12-03T15:00:00Z")));
    let last = &shown.body["extensions"].as_array().unwrap().last().unwrap();
    assert!(last["plan"].as_str().unwrap().contains("DC Hale"), "{last}");
    assert_eq!((&last["by"], last.get("supersedes")), (&json!(inspector.user.as_str()), None));
}

#[test]
fn r72_bail_and_a_safety_plan_are_extended_by_the_date_they_have() {
    let (officer, sergeant, inspector) = (officer(), sergeant(), inspector());
    let whole = |kind: &str, body: Json| {
        let kind = records::kind(kind).unwrap();
        let mut body = records::normalise(kind, body, &mut ids()).unwrap();
        records::defaults(kind, &mut body, at(MORNING));
        body
    };
    let bail = json!({ "measure_kind": "bail_condition", "terms": "no contact", "to": "2026-11-25T15:00:00Z" });
    let plan = json!({ "child": "the girl", "plan": "she stays with her aunt", "review_by": "2026-11-25T15:00:00Z" });
    for (kind, body, field) in [("protective_measure", bail, "to"), ("safety_plan", plan, "review_by")] {
        let mut doc = Doc::sealed(kind, &officer, &whole(kind, body), at(MORNING));
        doc.sync(&sergeant, &officer);
        let extend = |day: u8| json!({ "new_due": format!("2026-12-{day:02}T15:00:00Z"), "reason": "not ready" });
        doc.act(&sergeant, "extend", extend(1));
        doc.act(&sergeant, "extend", extend(2));
        assert_eq!(doc.shown_to(&sergeant).body[field], "2026-12-02T15:00:00.000Z", "{kind}");
        assert_eq!(doc.plan(&sergeant, "extend", extend(3), true).unwrap_err().code, code::R72_INSPECTOR);
        doc.sync(&inspector, &sergeant);
        doc.act(&inspector, "extend", planned(extend(3)));
    }
}

#[test]
fn each_protective_field_has_its_own_order() {
    let (officer, sergeant) = (officer(), sergeant());
    let body = records::normalise(
        records::kind("disclosure").unwrap(),
        json!({ "medical_need": "no", "immediate_safety": { "safe_now": "yes", "suspect_access": "no" } }),
        &mut ids(),
    );
    let mut doc = Doc::sealed("disclosure", &officer, &body.unwrap(), at(MORNING));
    for (path, raise, lower) in [
        ("medical_need", json!({ "unknown": "not asked" }), json!("no")),
        ("medical_need/yn3", json!("yes"), json!({ "unknown": "not asked" })),
        ("immediate_safety/safe_now", json!("no"), json!("yes")),
        ("immediate_safety/suspect_access", json!("yes"), json!("no")),
    ] {
        doc.edit(&officer, path, raise).unwrap_or_else(|_| panic!("{path}"));
        assert_eq!(doc.edit(&officer, path, lower).unwrap_err()[0].code, code::I_LOWER, "{path}");
    }
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "lower", json!({ "field": "medical_need", "value": "no", "reason": "seen by a doctor" }));
    assert_eq!(doc.shown_to(&sergeant).body["medical_need"]["yn3"], "no");
}

#[test]
fn markers_are_added_by_anyone_and_taken_away_one_by_one() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = Doc::new(
        "person",
        &officer,
        json!({ "roles": ["suspect"], "markers": [{ "marker": "firearms", "source": "999 call" }] }),
    );
    doc.edit(&officer, "markers/+", json!("weapons")).unwrap();
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "lower", json!({ "field": "markers", "value": "firearms", "reason": "another man" }));
    let shown = doc.shown_to(&sergeant);
    let left: Vec<_> = shown.body["markers"].as_array().unwrap().iter().map(|m| m["marker"].clone()).collect();
    assert_eq!(left, [json!("weapons")]);
    assert!(!shown.conflicts.iter().any(|c| c.path == "markers"));
}

#[test]
fn r93_a_register_in_conflict_is_written_by_resolve_alone() {
    let (one, two, sergeant) = (officer(), other_officer(), sergeant());
    let mut doc = Doc::new("person", &one, json!({ "roles": ["child"], "names": ["Aisha"] }));
    doc.sync(&two, &one);
    doc.edit(&one, "dob", json!("2014-03-01")).unwrap();
    doc.edit(&two, "dob", json!("2013-03-01")).unwrap();
    doc.sync(&one, &two);
    let shown = doc.shown_to(&one);
    assert_eq!(shown.conflicts[0].path, "dob");
    assert_eq!(doc.edit(&one, "dob", json!("2014-03-01")).unwrap_err()[0].code, code::R93_CONFLICT);
    doc.sync(&sergeant, &one);
    let plan =
        doc.plan(&sergeant, "resolve", json!({ "path": "dob", "value": "2014-03-01", "reason": "passport" }), true);
    assert_eq!(plan.unwrap().resolves.as_deref(), Some("dob"));
    doc.act(&sergeant, "resolve", json!({ "path": "dob", "value": "2014-03-01", "reason": "passport" }));
    assert!(doc.shown_to(&sergeant).conflicts.is_empty());
    assert_eq!(doc.shown_to(&sergeant).body["dob"], "2014-03-01");
    let again = doc.plan(&sergeant, "resolve", json!({ "path": "dob", "value": "2014-03-01", "reason": "x" }), true);
    assert_eq!(again.unwrap_err().code, code::I_STATE);
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let doc = action();
    let view = doc.view_of_all();
    let sets = [("urgency".to_owned(), json!("standard")), ("due".to_owned(), json!("2026-11-27T15:00:00Z"))];
    assert!(records::edits(doc.kind, &view, &sets, &records::Policy::DEFAULT, &mut ids()).unwrap().is_empty());
}

#[test]
fn a_lowering_cannot_name_what_it_has_not_seen() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.edit(&officer, "urgency", json!("immediate")).unwrap();
    let raised = doc.view_of_all().cautious["urgency"].iter().map(|entry| signed::Value::text(&entry.id)).collect();
    let content = signed::cbor::Map::from([
        ("field".to_owned(), signed::Value::text("urgency")),
        ("supersedes".to_owned(), signed::Value::Array(raised)),
    ]);
    doc.say(&sergeant, "lower", content.clone());
    assert_eq!(doc.shown_to_all().urgency, "immediate");
    doc.sync(&sergeant, &officer);
    doc.say(&sergeant, "lower", content);
    assert_eq!(doc.shown_to_all().urgency, "standard", "nothing stands any more: the default");
}
