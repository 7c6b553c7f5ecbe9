//! AS4 (Issue 37, case 6): the same number three weeks apart. In the real case nobody joined the two
//! calls, "will check the number" was never done, and the caller's age was assumed.

use serde_json::json;

use crate::world::{World, any, gaps, item, record, said};

#[test]
fn as4_the_second_call_with_the_same_number_reaches_both_officers_and_both_sergeants() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2", "call1"]);

    // Day 0: a call handler records a number, types that it will be checked, and leaves the age blank.
    let caller = world.new_record(
        "call1",
        "person",
        json!({ "roles": ["child"], "phones": ["07700 900123"],
        "vulnerability": [{ "vulnerability": "autism", "source": "earlier call" }] }),
    );
    let case = world.show("call1", &caller)["case"].as_str().unwrap().to_owned();
    let call = world.new_record(
        "call1",
        "concern",
        json!({ "case": case, "source": "101", "heard_how": "direct",
        "exact_words": "a man keeps ringing me", "concern_items": [{ "text": "a man keeps ringing" }],
        "received_from": { "person": "the caller" }, "phones": ["07700 900123"], "subjects": [record(&caller)],
        "advice_given": [{ "to": "the caller", "text": "we will check the number" }] }),
    );
    let (risk, sealed) = world.sealed(
        "call1",
        "risk_assessment",
        json!({ "case": case, "model": "THRIVE", "level": "low",
        "about": [record(&caller)], "basis": [call], "threat": { "value": "calls" }, "harm": { "unknown": "not asked" },
        "risk": { "value": "low" }, "investigation": { "value": "number" }, "vulnerability": { "value": "young voice" },
        "engagement": { "value": "rang us" }, "next_review": world.in_minutes(1440) }),
    );
    assert!(any(&gaps(&sealed), "R25.dob people/"), "{sealed}");
    let shown = world.show("call1", &risk);
    let marks: Vec<_> =
        shown["marks"].as_array().unwrap().iter().map(|mark| mark.as_str().unwrap().to_owned()).collect();
    assert!(marks.contains(&"unendorsed".to_owned()) && marks.contains(&"flags_known".to_owned()), "{marks:?}");
    assert_eq!(shown["status"], "sealed_incomplete");

    // The number is on the check list and the promise is an action, before any sync.
    let checks = world.find("call1", "intelligence_check", |check| check["target"] == said("07700 900123"));
    assert_eq!(checks.len(), 1);
    let promises = world.find("call1", "action", |action| action["action_kind"] == "promise");
    assert_eq!(promises.len(), 1);
    assert_eq!(world.show("call1", &promises[0])["exact_request"], "we will check the number");

    // "Done" without a receipt is only claimed.
    let claimed = world.step("call1", &checks[0], "complete", json!({ "result": { "found": "nothing_known" } }));
    assert_eq!(claimed["status"], "claimed");
    world.sync_all(&["call1", "sgt1"]);
    world.pass("25h");
    assert!(world.is_prompted("sgt1", "R35.not_done"), "left unchecked, it climbs and the sergeant sees it");

    // Day 21: another officer, offline, writes down the same number in another format.
    world.pass("20d");
    let note = world.new_record(
        "ofc2",
        "concern",
        json!({ "source": "school", "heard_how": "direct", "school": "100002",
        "exact_words": "he rings from 0044 7700-900123", "concern_items": [{ "text": "rings every night" }],
        "received_from": { "person": "a tutor" }, "known_to_school_log": "yes", "subjects": [said("a boy")] }),
    );
    world.sync("ofc2");
    for user in ["sgt1", "ofc2", "sgt2"] {
        assert!(world.is_prompted(user, "R12.same_number"), "{user}");
    }
    let found = world.done("sgt2", &["matches"]);
    assert_eq!((found[0]["rule"].as_str(), found[0]["key_kind"].as_str()), (Some("R12"), Some("phone")));
    assert_eq!(found[0]["state"], "possible");
    let id = found[0]["id"].as_str().unwrap().to_owned();
    assert!(found[0]["records"].as_array().unwrap().iter().any(|one| *one == json!(note)), "{found}");

    // Nobody says yes without a reason; with one, the two stand together and can be taken apart again.
    assert!(any(&world.refused("sgt2", &id, "confirm_match", json!({})), "I.reason"));
    world.step("sgt2", &id, "confirm_match", json!({ "reason": "same man, same words" }));
    world.sync_all(&["sgt2", "sgt1"]);
    assert_eq!(world.done("sgt1", &["matches"])[0]["state"], "confirmed");
    let _ = item(&world, "ofc1");
}

#[test]
fn r13_the_number_of_somebody_who_must_not_be_known_is_matched_for_the_holders_of_the_vault_alone() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2"]);
    let concern = |words: &str, school: &str| {
        json!({ "source": "school", "heard_how": "direct", "school": school, "exact_words": words,
            "concern_items": [{ "text": "shouting at night" }], "received_from": { "anonymous": true },
            "known_to_school_log": "no", "subjects": [said("a boy")] })
    };
    let first = world.new_record("ofc1", "concern", concern("shouting at night", "100001"));
    let case = world.show("ofc1", &first)["case"].as_str().unwrap().to_owned();
    let aunt = json!({ "case": case, "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] });
    world.new_record("ofc1", "person", aunt);
    world.sync("ofc1");
    world.new_record("ofc2", "concern", concern("she says to ring 0044 7700-900456", "100002"));
    world.sync_all(&["ofc2", "sgt1", "sgt2"]);

    assert!(world.is_prompted("sgt1", "R12.same_number"), "the vault's own sergeant is told");
    let found = world.done("sgt1", &["matches"]);
    assert_eq!((found.as_array().unwrap().len(), found[0]["key_kind"].as_str()), (1, Some("phone")), "{found}");
    for user in ["ofc2", "sgt2"] {
        assert!(!world.is_prompted(user, "R12.same_number"), "{user}");
        assert_eq!(world.done(user, &["matches"]), json!([]), "{user}");
    }
}
