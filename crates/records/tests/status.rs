//! Where a record stands, told as what people do.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use records::Role;
use serde_json::json;
use signed::code;

fn evidence() -> serde_json::Value {
    json!({ "outcome": "She was seen at school", "evidence": [{ "ref": "pocket book 44" }] })
}

#[test]
fn an_action_goes_from_requested_to_closed() {
    let (officer, lead, sergeant) = (officer(), lead(), sergeant());
    let mut doc = action();
    assert_eq!(doc.shown_to(&officer).status, "requested");
    for (verb, body, status) in [
        ("accept", json!({}), "accepted"),
        ("start", json!({}), "in_progress"),
        ("block", json!({ "reason": "the school is closed" }), "blocked"),
        ("start", json!({}), "in_progress"),
        ("complete", evidence(), "completed"),
        ("tell_outcome", json!({ "to": "hughes", "how": "in person" }), "outcome_told"),
    ] {
        doc.act(&officer, verb, body);
        assert_eq!(doc.shown_to(&officer).status, status, "after {verb}");
    }
    assert_eq!(doc.shown_to(&officer).owners, ["okafor"]);
    doc.sync(&lead, &officer);
    doc.act(&lead, "confirm_seen", json!({}));
    doc.sync(&officer, &lead);
    doc.act(&officer, "close", json!({}));
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.open), ("closed", false));
    assert_eq!(shown.body["outcome"], "She was seen at school");
    assert_eq!(shown.body["response"][0]["answer"], "accept");
    // Only the requester, a hub or a sergeant reopens what is closed.
    assert_eq!(doc.plan(&officer, "reopen", json!({ "reason": "again" }), true).unwrap_err().code, code::I_DENIED);
    doc.sync(&lead, &officer);
    doc.act(&lead, "reopen", json!({ "reason": "it happened again" }));
    doc.sync(&sergeant, &lead);
    let shown = doc.shown_to(&sergeant);
    assert_eq!(
        (shown.status.as_str(), shown.gaps.iter().any(|g| g.code == code::R93_CLOSED_UNSEEN)),
        ("reopened", false)
    );
}

#[test]
fn a_step_out_of_turn_is_refused() {
    let mut doc = action();
    for (verb, body) in [
        ("start", json!({})),
        ("complete", evidence()),
        ("close", json!({ "reason": "done" })),
        ("tell_outcome", json!({ "to": "hughes", "how": "email" })),
    ] {
        let refused = doc.plan(&sergeant(), verb, body, true).unwrap_err();
        assert_eq!((refused.code, refused.gaps[0].path.as_str()), (code::I_STATE, "status"), "{verb}");
    }
}

#[test]
fn r53_nothing_is_completed_without_evidence() {
    let officer = officer();
    let mut doc = action();
    doc.act(&officer, "accept", json!({}));
    for body in [json!({ "outcome": "done" }), json!({ "outcome": "done", "evidence": [{ "type": "note" }] })] {
        let refused = doc.plan(&officer, "complete", body, false).unwrap_err();
        assert_eq!((refused.code, refused.gaps[0].path.as_str()), (code::R53_EVIDENCE, "evidence"));
    }
    // What was attached counts too.
    doc.edit(&officer, "evidence/+", json!({ "ref": "note 7", "sha256": "ab" })).unwrap();
    assert!(doc.plan(&officer, "complete", json!({ "outcome": "done" }), false).is_ok());
}

#[test]
fn r53_an_item_for_court_needs_a_file() {
    let officer = officer();
    let mut body = action_body();
    body["kind"] = json!("court_or_charging_item");
    let mut doc = Doc::new("action", &officer, body);
    doc.act(&officer, "accept", json!({}));
    let refused = doc.plan(&officer, "complete", evidence(), true).unwrap_err();
    assert_eq!(refused.code, code::R53_EVIDENCE);
    let with_file = json!({ "outcome": "sent", "evidence": [{ "ref": "file", "sha256": "ab", "type": "pdf" }] });
    assert!(doc.plan(&officer, "complete", with_file, true).is_ok());
}

#[test]
fn r54_an_action_stays_open_until_the_outcome_is_told_and_seen() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.act(&officer, "accept", json!({}));
    doc.act(&officer, "complete", evidence());
    let refused = doc.plan(&officer, "close", json!({ "reason": "done" }), true).unwrap_err();
    assert_eq!(refused.code, code::R54_NOT_TOLD);
    assert!(doc.plan(&officer, "close", json!({ "not_tellable": "it would name another child" }), true).is_ok());
    doc.act(&officer, "tell_outcome", json!({ "to": "hughes", "how": "email" }));
    assert_eq!(doc.plan(&officer, "close", json!({}), true).unwrap_err().code, code::R54_NOT_SEEN);
    // Without signal nobody here knows whether it was seen: a proposal with a gap, not a block.
    let plan = doc.plan(&officer, "close", json!({}), false).unwrap();
    assert_eq!((plan.proposed, plan.gaps[0].code), (true, code::R54_UNKNOWN_HERE));
    doc.sync(&sergeant, &officer);
    assert!(doc.plan(&sergeant, "close", json!({ "reason": "five school days unseen" }), true).is_ok());
}

#[test]
fn what_closes_offline_is_a_proposal_until_the_server_confirms_it() {
    let officer = officer();
    let mut doc = action();
    doc.act_offline(&officer, "accept", json!({}));
    doc.act_offline(&officer, "complete", evidence());
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.proposed.as_deref()), ("accepted", Some("complete")));
    assert_eq!(shown.status_if_confirmed, "completed");
    // Work goes on from what is proposed.
    doc.act_offline(&officer, "tell_outcome", json!({ "to": "hughes", "how": "by telephone" }));
    assert_eq!(doc.shown_to(&officer).status, "accepted");
    assert_eq!(doc.server_answers(), ["confirm complete"]);
    assert!(doc.server_answers().is_empty());
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.proposed), ("outcome_told", None));
}

#[test]
fn r93_two_take_it_over_one_completes_the_other_raises() {
    let (one, two, sergeant) = (officer(), other_officer(), sergeant());
    let mut doc = action();
    doc.act_offline(&one, "assign", json!({ "to": "okafor" }));
    doc.act_offline(&one, "accept", json!({}));
    doc.act_offline(&one, "complete", evidence());
    doc.act_offline(&two, "assign", json!({ "to": "price" }));
    doc.edit(&two, "urgency", json!("urgent")).unwrap();
    doc.edit(&two, "due", json!("2026-11-24T12:00:00Z")).unwrap();
    let shown = doc.shown_to_all();
    assert_eq!(shown.status, "reopened");
    assert_eq!(shown.urgency, "urgent");
    assert_eq!(shown.due.unwrap().to_string(), "2026-11-24T12:00:00.000Z");
    assert_eq!(shown.owners, ["okafor", "price"]);
    let unseen: Vec<&str> =
        shown.gaps.iter().filter(|g| g.code == code::R93_CLOSED_UNSEEN).map(|g| g.path.as_str()).collect();
    assert_eq!(unseen, ["due", "owner", "urgency"]);
    assert_eq!(shown.conflicts.len(), 1);
    assert_eq!((shown.conflicts[0].path.as_str(), shown.conflicts[0].values.len()), ("owner", 2));
    let names: Vec<&str> = shown.conflicts[0].values.iter().map(|v| v.by.as_str()).collect();
    assert!(names.contains(&"okafor") && names.contains(&"price"));

    // The server confirms nothing that something unseen argues against.
    assert!(doc.server_answers().is_empty());
    assert_eq!(doc.shown_to_all().status, "reopened");

    // Neither officer settles it, not even by accepting again; a sergeant does.
    for who in [&one, &two] {
        for other in [&one, &two] {
            doc.sync(who, other);
        }
    }
    doc.sync(&sergeant, &one);
    assert_eq!(doc.plan(&one, "assign", json!({ "to": "okafor" }), true).unwrap_err().code, code::R93_CONFLICT);
    let refused = doc.plan(&one, "resolve", json!({ "path": "owner", "value": "okafor", "reason": "x" }), true);
    assert_eq!(refused.unwrap_err().code, code::I_DENIED);
    doc.say(&two, "accept", signed::cbor::Map::new());
    assert_eq!(doc.shown_to(&two).owners, ["okafor", "price"]);
    doc.sync(&sergeant, &two);
    doc.act(&sergeant, "resolve", json!({ "path": "owner", "value": "price", "reason": "nearer" }));
    let shown = doc.shown_to(&sergeant);
    assert_eq!(shown.owners, ["price"]);
    assert!(shown.conflicts.is_empty());
    // Completing again, now knowing all of it, takes effect.
    doc.sync(&two, &sergeant);
    doc.act(&two, "complete", evidence());
    assert_eq!(doc.shown_to(&two).status, "completed");
}

#[test]
fn r93_a_completion_that_knew_of_the_raise_stands() {
    let (one, two) = (officer(), other_officer());
    let mut doc = action();
    doc.act(&one, "accept", json!({}));
    doc.edit(&two, "urgency", json!("immediate")).unwrap();
    doc.sync(&one, &two);
    doc.act(&one, "complete", evidence());
    assert_eq!(doc.shown_to_all().status, "completed");
    // A raise that comes later argues again.
    doc.sync(&two, &one);
    doc.edit(&two, "due", json!("2026-11-24T12:00:00Z")).unwrap();
    assert_eq!(doc.shown_to_all().status, "reopened");
}

#[test]
fn r93_steps_legal_in_some_order_are_not_at_odds() {
    let (one, two) = (officer(), other_officer());
    let mut doc = action();
    doc.act(&one, "accept", json!({}));
    doc.sync(&two, &one);
    doc.act(&one, "start", json!({}));
    let sergeant = sergeant();
    doc.sync(&sergeant, &two);
    doc.act(&sergeant, "complete", evidence());
    let shown = doc.shown_to_all();
    assert_eq!(
        (shown.status.as_str(), shown.gaps.iter().any(|g| g.code == code::R93_CONCURRENT_STEPS)),
        ("completed", false)
    );
}

#[test]
fn r93_accept_and_decline_at_once_stay_open_until_a_sergeant_decides() {
    let (one, two, sergeant) = (officer(), other_officer(), sergeant());
    let mut doc = action();
    doc.act(&one, "accept", json!({}));
    doc.act(&two, "decline", json!({ "reason": "not my school" }));
    let shown = doc.shown_to_all();
    assert_eq!(shown.status, "accepted");
    assert!(shown.gaps.iter().any(|g| g.code == code::R93_CONCURRENT_STEPS && g.path == "status"));
    doc.sync(&sergeant, &one);
    doc.sync(&sergeant, &two);
    doc.act(&sergeant, "resolve", json!({ "path": "status", "value": "accepted", "reason": "it is her school" }));
    let shown = doc.shown_to(&sergeant);
    assert_eq!((shown.status.as_str(), shown.gaps.iter().any(|g| g.code.name.starts_with("R93"))), ("accepted", false));
}

#[test]
fn r93_open_beats_closed() {
    let (one, lead, sergeant) = (officer(), lead(), sergeant());
    let mut doc = action();
    doc.act(&one, "accept", json!({}));
    doc.act(&one, "complete", evidence());
    doc.sync(&lead, &one);
    doc.sync(&sergeant, &one);
    doc.act(&lead, "challenge", json!({ "reason": "nobody came" }));
    doc.act(&sergeant, "close", json!({ "reason": "done" }));
    let shown = doc.shown_to_all();
    assert_eq!(shown.status, "reopened");
    assert!(shown.gaps.iter().any(|g| g.code == code::R93_CLOSED_UNSEEN));
}

#[test]
fn a_case_is_closed_by_another_than_who_proposed_it() {
    let (officer, sergeant, inspector) = (officer(), sergeant(), inspector());
    let mut doc = Doc::new("case", &officer, json!({ "owner": "okafor", "title": "Autumn term, year 8" }));
    doc.sync(&sergeant, &officer);
    assert_eq!(doc.shown_to(&officer).owners, ["okafor"]);
    doc.act(&officer, "propose_close", json!({ "reason": "nothing further" }));
    assert_eq!(doc.shown_to(&officer).status, "closing_proposed");
    assert_eq!(doc.plan(&officer, "close", json!({ "reason": "x" }), true).unwrap_err().code, code::I_DENIED);
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "close", json!({ "reason": "agreed" }));
    let shown = doc.shown_to(&sergeant);
    assert_eq!((shown.status.as_str(), &shown.body["closure"]["approved_by"]), ("closed", &json!("shah")));
    doc.sync(&inspector, &sergeant);
    doc.act(&inspector, "reopen", json!({ "reason": "a new report" }));
    assert_eq!(doc.shown_to(&inspector).status, "reopened");
}

#[test]
fn a_record_of_the_case_that_was_not_considered_keeps_it_open() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = Doc::new("case", &officer, json!({ "owner": "okafor" }));
    doc.act(&officer, "propose_close", json!({ "reason": "nothing further" }));
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "close", json!({}));
    let view = doc.view_of_all();
    let concern = records::Argument { record: record(5), changes: vec![signed::ChangeHash([7; 32])] };
    let arguments = [concern];
    let ctx = records::Context { arguments: &arguments, ..doc.context(true) };
    let shown = records::shown(doc.kind, &view, &ctx);
    assert_eq!(shown.status, "reopened");
    assert!(shown.gaps.iter().any(|g| g.path == format!("considered/{}", record(5))));
}

#[test]
fn a_check_is_dispatched_attended_and_closed_and_a_sibling_found_later_reopens_it() {
    let (officer, sergeant) = (officer(), sergeant());
    let mut doc = Doc::new(
        "welfare_check",
        &officer,
        json!({ "request": { "concern": record(4).to_string(), "concern_items": [{ "text": "shares a bed with an adult" }] },
                "grade": "urgent", "attend_by": "2026-11-23T12:00:00Z", "address": "12 Mill Lane" }),
    );
    doc.act(&officer, "dispatch", json!({ "to": "okafor" }));
    assert_eq!(doc.shown_to(&officer).owners, ["okafor"]);
    doc.act(&officer, "attend", json!({ "attendees": ["PC Okafor"], "attended_at": "2026-11-23T11:00:00Z" }));
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), &shown.body["attended_at"]), ("attended", &json!("2026-11-23T11:00:00.000Z")));
    assert_eq!(shown.due.unwrap(), at("2026-11-23T12:00:00Z"));
    doc.edit(&officer, "children/+", json!({ "person": "the youngest", "seen": "yes" })).unwrap();
    doc.act(&officer, "propose_close", json!({ "reason": "all seen", "left_at": "2026-11-23T11:40:00Z" }));
    doc.sync(&sergeant, &officer);
    doc.act(&sergeant, "close", json!({}));
    assert_eq!(doc.shown_to(&sergeant).status, "closed");
    assert_eq!(doc.shown_to(&sergeant).body["left_at"], "2026-11-23T11:40:00.000Z");
    doc.edit(&officer, "children/+", json!({ "person": "a brother nobody named" })).unwrap();
    let shown = doc.shown_to_all();
    assert_eq!(shown.status, "reopened");
    assert!(shown.gaps.iter().any(|g| g.code == code::R93_CLOSED_UNSEEN && g.path.starts_with("children/")));
}

#[test]
fn a_step_of_a_role_that_may_not_take_it_counts_for_nothing() {
    let mut doc = action();
    let clerk = person(9, "clerk", Role::Call);
    doc.sync(&clerk, &lead());
    doc.say(&clerk, "accept", signed::cbor::Map::new());
    assert_eq!(doc.shown_to_all().status, "requested");
}

#[test]
fn a_forwarded_action_keeps_everything_and_waits_for_its_new_holder() {
    let (one, two) = (officer(), other_officer());
    let mut doc = action();
    doc.act(&one, "accept", json!({}));
    doc.act(&one, "forward", json!({ "to": "price", "why": "her school now" }));
    let shown = doc.shown_to(&one);
    assert_eq!((shown.status.as_str(), shown.owners.as_slice()), ("requested", ["price".to_owned()].as_slice()));
    assert_eq!(shown.body["exact_request"], action_body()["exact_request"]);
    assert_eq!(
        (&shown.body["hops"][0]["from"], &shown.body["hops"][0]["original_intact"]),
        (&json!("okafor"), &json!(true))
    );
    assert_eq!(doc.plan(&one, "accept", json!({}), true).unwrap_err().code, code::S_OWNER);
    doc.sync(&two, &one);
    doc.act(&two, "accept", json!({}));
    assert_eq!(doc.shown_to(&two).status, "accepted");
}

#[test]
fn whoever_takes_an_action_over_has_accepted_it() {
    let (one, sergeant) = (officer(), sergeant());
    let mut doc = action();
    doc.act(&one, "assign", json!({ "to": "okafor" }));
    assert_eq!(doc.shown_to(&one).status, "accepted");
    assert!(doc.plan(&one, "complete", evidence(), false).is_ok());
    doc.sync(&sergeant, &one);
    // Given to another by a sergeant, it is still to be accepted by nobody but them.
    let mut doc = action();
    doc.act(&sergeant, "assign", json!({ "to": "price" }));
    let shown = doc.shown_to(&sergeant);
    assert_eq!((shown.status.as_str(), shown.owners.as_slice()), ("requested", ["price".to_owned()].as_slice()));
    assert_eq!(doc.plan(&one, "assign", json!({ "to": "price" }), true).unwrap_err().code, code::I_DENIED);
}

#[test]
fn a_long_history_is_shown_at_once() {
    let (one, two) = (officer(), other_officer());
    let mut doc = action();
    // Two devices that never meet, each reopening and starting over and over.
    for _ in 0..150 {
        for who in [&one, &two] {
            doc.say(who, "reopen", signed::cbor::Map::from([("reason".to_owned(), signed::Value::text("again"))]));
            doc.say(who, "start", signed::cbor::Map::new());
        }
    }
    let view = doc.view_of_all();
    let began = std::time::Instant::now();
    let shown = records::shown(doc.kind, &view, &doc.context(false));
    assert!(shown.open);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 96, failure_persistence: None, ..Default::default() })]
    /// Whatever people do on three devices, and in whatever order a reader learns of it (any that
    /// respects what each knew), the record shows the same.
    #[test]
    fn r94_every_order_of_delivery_shows_the_same(moves in proptest::collection::vec((0_u8..3, 0_u8..12), 1..24), seed in proptest::num::u64::ANY) {
        let people = [officer(), other_officer(), sergeant()];
        let mut doc = action();
        for (who, what) in moves {
            let me = people[usize::from(who)].clone();
            let body = |verb: &str| match verb {
                "complete" => evidence(),
                "tell_outcome" => json!({ "to": "hughes", "how": "email" }),
                "assign" => json!({ "to": me.user.as_str() }),
                "forward" => json!({ "to": "price", "why": "hers" }),
                "accept" | "start" => json!({}),
                _ => json!({ "reason": "because" }),
            };
            let verbs = ["accept", "decline", "start", "block", "complete", "tell_outcome", "close", "reopen", "assign", "forward"];
            match verbs.get(usize::from(what)) {
                Some(verb) => {
                    if doc.plan(&me, verb, body(verb), true).is_ok() {
                        doc.act(&me, verb, body(verb));
                    }
                }
                None if what == 10 => drop(doc.edit(&me, "urgency", json!("urgent"))),
                None => people.iter().for_each(|other| doc.sync(&me, other)),
            }
        }
        let view = doc.view_of_all();
        let expected = records::shown(doc.kind, &view, &doc.context(false));
        let mut shuffled = view.clone();
        shuffle(&mut shuffled.statements, seed);
        let found = records::shown(doc.kind, &shuffled, &doc.context(false));
        proptest::prop_assert_eq!(&found.status, &expected.status);
        proptest::prop_assert_eq!(&found.owners, &expected.owners);
        proptest::prop_assert_eq!(&found.urgency, &expected.urgency);
        proptest::prop_assert_eq!(&found.gaps, &expected.gaps);
    }
}

/// Another order in which each statement still comes after those it knew.
fn shuffle(statements: &mut Vec<documents::Said>, mut seed: u64) {
    let mut left = std::mem::take(statements);
    while !left.is_empty() {
        let ready: Vec<usize> = (0..left.len())
            .filter(|at| !left.iter().enumerate().any(|(other, said)| other != *at && left[*at].knew(said.dot)))
            .collect();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = usize::try_from(seed >> 33).unwrap() % ready.len();
        statements.push(left.remove(ready[pick]));
    }
}

#[test]
fn r93_confirmed_before_or_after_the_raise_arrives_it_is_reopened() {
    let (one, two) = (officer(), other_officer());
    let mut doc = action();
    doc.act_offline(&one, "assign", json!({ "to": "okafor" }));
    doc.act_offline(&one, "complete", evidence());
    // The server has the completion alone.
    assert_eq!(doc.server_answers(), ["confirm complete"]);
    assert_eq!(doc.shown_to_all().status, "completed");
    doc.edit(&two, "urgency", json!("immediate")).unwrap();
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.proposed), ("reopened", None));
}

#[test]
fn the_server_refuses_a_closure_nobody_has_seen_and_says_why() {
    let officer = officer();
    let mut doc = action();
    doc.act(&officer, "accept", json!({}));
    doc.act(&officer, "complete", evidence());
    doc.act(&officer, "tell_outcome", json!({ "to": "hughes", "how": "email" }));
    doc.act_offline(&officer, "close", json!({ "reason": "done" }));
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.proposed.as_deref()), ("outcome_told", Some("close")));
    assert_eq!(doc.server_answers(), ["refuse close"]);
    let shown = doc.shown_to_all();
    assert_eq!((shown.status.as_str(), shown.proposed), ("outcome_told", None));
    assert!(shown.gaps.iter().any(|gap| gap.code == code::R54_NOT_SEEN));
}
