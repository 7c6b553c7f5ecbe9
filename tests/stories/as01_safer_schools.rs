//! AS1 (Issue 39, case 9): a twelve-year-old, an older boy, a caravan. In the real case nothing was written
//! "as nothing to write", the school's request was denied later, and the same names stood in three records
//! that nobody joined.

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, record, said};

const POLICE: [&str; 4] = ["ofc1", "sgt1", "pcso1", "insp1"];

fn concern(world: &World, words: &str, indicators: Json) -> Json {
    json!({ "source": "school", "heard_how": "second_hand", "exact_words": words, "school": "100001", "event_at": world.now(),
        "concern_items": [{ "text": words, "about_person": said("a girl aged 12") }], "received_from": { "person": "a tutor" },
        "known_to_school_log": "yes", "subjects": [said("a girl aged 12")], "indicators": indicators })
}

fn account(world: &World, body: Json) -> Json {
    let mut whole = json!({ "school": "100001", "speaker": said("a girl aged 12"), "account_started_at": world.in_minutes(-30),
        "account_ended_at": world.in_minutes(-10), "how_recorded": "typed_live", "seen_alone": "no",
        "setting": { "type": "school", "place": "wellbeing office", "chosen_by_child": "no" },
        "who_present": [{ "person": said("pastoral manager"), "role": "staff", "part_or_whole": "whole" }],
        "questions_asked": [{ "seq": 1, "text": "Tell me.", "asker": "pcso1", "type": "open" }],
        "immediate_safety": { "safe_now": "yes" }, "medical_need": "no", "first_evidence_done": { "not_applicable": "none" } });
    for (name, value) in body.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

#[test]
fn as1_what_a_girl_would_not_say_is_written_joined_and_seen_by_the_school() {
    let mut world = World::new("2026-01-05T09:00:00Z");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "pcso1", "insp1", "dsl1", "stf1", "hub1"]);

    // (a) The school raises a concern: at once immediate, and sergeant and hub are told.
    let body = concern(
        &world,
        "an older boy, 15 or 16, takes a 12-year-old girl to a caravan",
        json!(["older_person", "sexual_rumour"]),
    );
    let first = world.new_record("dsl1", "concern", body);
    let case = world.show("dsl1", &first)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["dsl1", "ofc1", "sgt1", "hub1"]);
    assert_eq!(world.show("ofc1", &first)["urgency"], "immediate");
    assert!(world.is_prompted("sgt1", "R26.under_thirteen") && world.is_prompted("hub1", "R26.under_thirteen"));

    // (b) No signal in the wellbeing office. She is evasive; the officer seals what was said and seen, apart.
    let body = account(
        &world,
        json!({ "case": case, "words_verbatim": [{ "seq": 1, "speaker": "girl", "text": "nothing happened", "exact": true }],
        "observations": [{ "text": "few answers" }],
        "interpretation": [{ "text": "she seemed to enjoy the attention", "basis": "her smile" }] }),
    );
    let (sealed, _) = world.sealed("ofc1", "disclosure", body);
    let checks = world.find("ofc1", "intelligence_check", |check| check["requested_for"] == sealed.as_str());
    assert!(!checks.is_empty(), "checks are queued offline");
    let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "no concern found, she denied it" }));
    assert!(any(&codes, "R29.denial") && any(&codes, "R58.undecided"), "{codes:?}");
    // (f) The officer's own wording is pointed at; the child's is not.
    assert_eq!(world.prompts("ofc1").iter().filter(|code| *code == "R81.language").count(), 1);
    // After ten minutes without the server: use the phone.
    let urgent = account(
        &world,
        json!({ "case": case, "urgency": "immediate", "words_verbatim": [{ "text": "he said he would be angry" }] }),
    );
    world.sealed("ofc1", "disclosure", urgent);
    world.pass("11m");
    assert!(world.prompts("ofc1").contains(&"R23.not_sent".to_owned()));

    // (c) Signal back: the most urgent goes first, and the sergeant sees the crime decision due.
    let order = world.sync("ofc1")["sent_order"].clone();
    assert!(order.as_array().is_some_and(|order| !order.is_empty()));
    assert!(world.is_prompted("sgt1", "R58.undecided"));

    // (d) Week 8: staff say a party was reported at the girl's house. The school writes the request down; the
    // officer tells it otherwise; both stand.
    world.pass("50d");
    let ask = world.new_record(
        "dsl1",
        "action",
        json!({ "case": case, "exact_request": "we told you of a party at 4 Mill Lane",
        "requested_by": { "person": "dsl1", "org": "school" }, "about": [said("the girl"), said("4 Mill Lane")],
        "action_kind": "visit", "due": world.in_minutes(600), "owner": "ofc1" }),
    );
    world.sync_all(&["dsl1", "ofc1"]);
    assert!(world.is_prompted("ofc1", "R101.unanswered"));
    world.step("ofc1", &ask, "differs", json!({ "text": "no name was given to me" }));
    world.step("ofc1", &ask, "accept", json!({}));
    let body = concern(&world, "a party at the girl's house, aged 12", json!(["named_group"]));
    let mut body = body;
    body["case"] = json!(case);
    world.new_record("dsl1", "concern", body);
    world.sync_all(&["ofc1", "dsl1", "sgt1"]);
    assert!(world.is_prompted("sgt1", "R14.review"), "two concerns in six months");
    // Forwarded whole; the school sees who has it.
    world.step("ofc1", &ask, "forward", json!({ "to": "ofc2", "why": "her other school" }));
    world.sync_all(&["ofc1", "ofc2", "dsl1"]);
    let seen = world.show("dsl1", &ask);
    assert_eq!(
        (&seen["exact_request"], &seen["hops"][0]["to"]),
        (&json!("we told you of a party at 4 Mill Lane"), &json!("ofc2"))
    );
    assert_eq!(world.show("ofc2", &ask)["about"][1]["as_said"], "4 Mill Lane", "nothing was dropped");

    // (e) Week 10: a friend names six girls and ten boys on paper; a second girl stays in the room.
    world.pass("14d");
    let names: Vec<Json> = (0..16)
        .map(|n| json!({ "as_said": format!("name {n}"), "role_said": if n < 6 { "victim" } else { "suspect" } }))
        .collect();
    let body = account(
        &world,
        json!({ "case": case, "speaker": said("a friend"), "named_people": names,
        "counts_stated": { "victims": 6, "suspects": 10 }, "words_verbatim": [{ "text": "they all go there" }] }),
    );
    let (paper, _) = world.sealed("ofc1", "disclosure", body);
    let shown = world.show("ofc1", &paper);
    assert_eq!((shown["named_people"].as_array().unwrap().len(), &shown["seen_alone"]), (16, &json!("no")));
    assert!(!shown["marks"].as_array().unwrap().contains(&json!("names_missing")));
    let desk = world.find("ofc1", "action", |action| {
        action["action_kind"] == "check" && action["about"].as_array().is_some_and(|a| a.len() == 16)
    });
    assert_eq!(desk.len(), 1, "sixteen names are one request");
    let mut body = concern(&world, "attendance: she is away on Fridays, aged 12", json!([]));
    body["case"] = json!(case);
    world.new_record("stf1", "concern", body);
    let own = account(
        &world,
        json!({ "case": case, "speaker": said("a friend"), "words_verbatim": [{ "text": "she cried" }] }),
    );
    let (staff, _) = world.sealed("stf1", "disclosure", own);
    world.sync_all(&["stf1", "ofc1", "sgt1", "dsl1"]);
    world.step("sgt1", &staff, "mark_differs", json!({ "record": paper }));
    for id in [&staff, &paper] {
        assert!(
            world.show("sgt1", id)["marks"].as_array().unwrap().contains(&json!("differs")),
            "both are shown side by side"
        );
    }
    let strategy = world.find("sgt1", "meeting", |meeting| meeting["meeting_type"] == "strategy_discussion");
    assert!(!strategy.is_empty(), "a third concern proposes a strategy discussion");
    // The school never receives the police text.
    assert_eq!(world.done("dsl1", &["search", "they all go there"]), json!([]));
    assert!(world.run("dsl1", &["show", &paper], None).is_err());

    // (g) A check comes back with a hit: told to the officer and the sergeant at once; the school hears nothing of it.
    world.sync_all(&["ofc1"]);
    let hit = json!({ "system_reference": { "ref": "PNC 77", "by": "ofc1", "at": world.now() },
        "result": { "found": { "hit": "suspect in three reports in six months" }, "serious": true } });
    world.step("ofc1", &checks[0], "complete", hit);
    world.new_record(
        "ofc1",
        "intelligence_submission",
        json!({ "case": case, "from_record": paper, "targets": [said("the boy")] }),
    );
    world.sync_all(&["ofc1", "sgt1", "dsl1"]);
    assert!(!world.prompts("sgt1").is_empty());
    assert_eq!(world.done("dsl1", &["search", "three reports"]), json!([]));

    // (h) The father and the support worker do not come: unknown until they say why, and a new date is needed.
    let meeting = world.new_record("ofc1", "meeting", json!({ "case": case, "meeting_type": "parent", "called_by": said("ofc1"),
        "invited": [{ "person": said("father"), "org": "family" }], "attendance": [{ "person": said("father"), "org": "family", "came": "absent_reason_unknown" }] }));
    world.step("ofc1", &meeting, "hold", json!({}));
    let held = world.show("ofc1", &meeting);
    assert!(any(&gaps(&held), "R56.next_date"), "{held}");
    assert!(held["marks"].as_array().unwrap().contains(&json!("not_the_childs_to_explain")));

    // (i) The lead refers direct: nobody approves it, the hub has it at once.
    let (referral, _) = world.sealed(
        "dsl1",
        "referral",
        json!({ "case": case, "child": said("the girl"), "incident": first, "to": "hub",
        "recipients": ["hub1"], "decision": "made", "facts": ["an older boy, a caravan"], "made_by": "school" }),
    );
    world.sync_all(&["dsl1", "hub1", "ofc1"]);
    assert!(world.list("hub1", "referral").iter().any(|line| line["id"] == referral.as_str()), "the hub has it");
    assert!(world.is_prompted("ofc1", "R61.referred"));
    let _ = (record(&referral), POLICE);
}
