//! AS4 (Issue 37, case 6): the same number three weeks apart. In the real case nobody joined the two calls,
//! "will check the number" was never done, and the caller's age was assumed.

use serde_json::json;

use crate::scene::{Scene, Summary};
use crate::world::{any, gaps, record, said};

/// Plays it.
pub(super) fn play() -> Summary {
    let title =
        "AS4. A phone number: it rings twice, three weeks apart, and both officers and both sergeants hear of it.";
    let mut scene = Scene::new(title, "2026-03-02T09:00:00Z", "call1");
    scene.world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2", "call1"]);
    let (case, man) = the_first_call(&mut scene);
    the_promise(&mut scene);
    let note = the_second(&mut scene);
    they_are_joined(&mut scene, &note, &man);
    scene.end("AS4", "sgt1", &case, &["call1", "sgt1"])
}

fn the_first_call(scene: &mut Scene) -> (String, String) {
    let child = json!({ "roles": ["child"], "phones": ["07700 900123"],
        "vulnerability": [{ "vulnerability": "autism", "source": "earlier call" }] });
    let caller = scene.makes("call1", "person", &child, "takes a call from a child and leaves the age open");
    let case = scene.world.show("call1", &caller)["case"].as_str().unwrap().to_owned();
    let man = json!({ "case": case, "roles": ["suspect"], "names": ["the man who rings"], "not_yet_spoken_to": "only named by the caller" });
    let man = scene.makes("call1", "person", &man, "notes that a man was only named");
    let words = json!({ "case": case, "source": "101", "heard_how": "direct",
        "exact_words": "a man keeps ringing me", "concern_items": [{ "text": "a man keeps ringing" }],
        "received_from": { "person": "the caller" }, "phones": ["07700 900123"], "subjects": [record(&caller)],
        "advice_given": [{ "to": "the caller", "text": "we will check the number" }] });
    let call =
        scene.makes("call1", "concern", &words, "types the child's words, and the promise: `we will check the number`");
    scene.child_may_be_left("ends the call");
    let risk = json!({ "case": case, "model": "THRIVE", "level": "low",
        "about": [record(&caller)], "basis": [call], "threat": { "value": "calls" }, "harm": { "unknown": "not asked" },
        "risk": { "value": "low" }, "investigation": { "value": "number" }, "vulnerability": { "value": "young voice" },
        "engagement": { "value": "rang us" }, "next_review": scene.world.in_minutes(1440) });
    let risk = scene.makes("call1", "risk_assessment", &risk, "grades it low");
    let sealed = scene.seals("call1", &risk, "seals the grading");
    assert!(any(&gaps(&sealed), "R25.dob people/"), "{sealed}");
    let shown = scene.world.show("call1", &risk);
    let marks = shown["marks"].to_string();
    assert!(marks.contains("unendorsed") && marks.contains("flags_known"), "{marks}");
    scene.tell("call1", "sees that the level is not endorsed without an age, and that an earlier call knew of autism");
    (case, man)
}

fn the_promise(scene: &mut Scene) {
    let checks = scene.world.find("call1", "intelligence_check", |check| check["target"] == said("07700 900123"));
    let promises = scene.world.find("call1", "action", |action| action["action_kind"] == "promise");
    assert_eq!((checks.len(), promises.len()), (1, 1));
    scene.tell("call1", "finds the number on the list of checks and the promise as an action, before any sync");
    let nothing = json!({ "result": { "found": "nothing_known" } });
    let claimed = scene.does("call1", &checks[0], "complete", nothing, "says that it was checked, without a reference");
    assert_eq!(claimed["status"], "claimed");
    scene.world.sync_all(&["call1", "sgt1"]);
    scene.passes("25h", "A day passes; nobody checks the number.");
    scene.is_prompted("sgt1", "R35.not_done");
}

fn the_second(scene: &mut Scene) -> String {
    scene.passes("20d", "Three weeks pass.");
    let words = json!({ "source": "school", "heard_how": "direct", "school": "100002",
        "exact_words": "he rings from 0044 7700-900123", "concern_items": [{ "text": "rings every night" }],
        "received_from": { "person": "a tutor" }, "known_to_school_log": "yes", "subjects": [said("a boy")] });
    let note = scene.makes(
        "ofc2",
        "concern",
        &words,
        "of another school writes down the same number in another form, without signal",
    );
    scene.world.sync("ofc2");
    for user in ["ofc2", "sgt2", "sgt1"] {
        scene.is_prompted(user, "R12.same_number");
    }
    note
}

fn they_are_joined(scene: &mut Scene, note: &str, man: &str) {
    let found = scene.world.done("sgt2", &["matches"]);
    assert_eq!((found[0]["rule"].as_str(), found[0]["state"].as_str()), (Some("R12"), Some("possible")));
    assert!(found[0]["records"].as_array().unwrap().iter().any(|one| *one == json!(note)), "{found}");
    let id = found[0]["id"].as_str().unwrap().to_owned();
    let codes = scene.is_refused("sgt2", &id, "confirm_match", &json!({}), "says yes, without a reason");
    assert!(any(&codes, "I.reason"), "{codes:?}");
    let why = json!({ "reason": "same man, same words" });
    scene.does("sgt2", &id, "confirm_match", why, "says yes: `same man, same words`");
    scene.world.sync_all(&["sgt2", "sgt1"]);
    assert_eq!(scene.world.done("sgt1", &["matches"])[0]["state"], "confirmed");
    scene.tell("sgt1", "sees the two calls stand together");
    scene.edits("sgt1", man, json!({ "not_yet_spoken_to": null }), "has identified the man who rings as a suspect");
    scene.looks("sgt1", man, "sees what is asked about him from now on");
}
