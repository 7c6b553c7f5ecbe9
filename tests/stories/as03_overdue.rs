//! AS3 (Issue 39, case 10): a call at 03:45, prompts accepted and dismissed for almost four hours, and
//! nobody went.

use serde_json::{Value as Json, json};

use crate::world::{World, any, said};

#[test]
fn as3_dismissed_prompts_climb_in_minutes_and_no_dismissal_stops_them() {
    let mut world = World::new("2026-03-02T03:45:00Z");
    world.sync_all(&["call1", "sgt1", "insp1", "com1", "ofc1"]);
    let words = "a 15 year old girl with a man aged 28, touching, drinking, he has had a firearm";
    let concern = world.new_record(
        "call1",
        "concern",
        json!({ "source": "999", "heard_how": "direct", "exact_words": words,
        "concern_items": [{ "text": words }], "received_from": { "person": "a passer-by" }, "known_to_school_log": "no",
        "subjects": [said("a girl aged 15")], "indicators": ["older_person"] }),
    );
    let shown = world.show("call1", &concern);
    let marks: Vec<&str> = shown["marks"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    assert!(marks.contains(&"class_suggested") && marks.contains(&"immediate_suggested"), "{marks:?}");
    assert_eq!(shown["urgency"], "urgent", "it cannot go below urgent");
    let case = shown["case"].as_str().unwrap().to_owned();
    let check = world.new_record(
        "call1",
        "welfare_check",
        json!({ "case": case, "grade": "urgent", "urgency": "urgent",
        "attend_by": world.in_minutes(600), "address": said("the park"), "request": { "concern": concern,
        "concern_items": shown["concern_items"].clone() } }),
    );
    world.sync("call1");

    // 04:00 the operator dismisses; 04:15 the sergeant dismisses; dismissals go on to 06:50.
    world.pass("15m");
    world.sync("call1");
    let prompt = world.prompt("call1", "R16.unassigned");
    assert_eq!((&prompt["rung"], &prompt["record"]), (&json!(1), &json!(check)));
    assert!(prompt["due_at"].as_str().unwrap().starts_with("2026-03-02T04:00:0"), "exact to seconds: {prompt}");
    world.step("call1", &check, "dismiss_prompt", json!({ "prompt": prompt["id"] }));
    world.sync("call1");
    world.pass("15m");
    assert!(world.is_prompted("sgt1", "R16.unassigned"), "the local sergeant is told at 04:15");
    let prompt = world.prompt("sgt1", "R16.unassigned");
    world.step("sgt1", &check, "dismiss_prompt", json!({ "prompt": prompt["id"] }));
    // A server that falls over in between fires nothing twice and loses nothing.
    world.sync("sgt1");
    world.restart_server();
    world.pass("15m");
    assert!(world.is_prompted("insp1", "R16.unassigned"), "the inspector at 04:30");
    // A supervisor who answers without THOR and NDM, or with "no unit", changes nothing.
    let no_unit = json!({ "prompt": prompt["id"], "decision": "wait", "reason": "no unit free" });
    world.step("sgt1", &check, "answer_prompt", no_unit);
    world.sync("sgt1");
    world.pass("15m");
    assert!(world.is_prompted("com1", "R16.unassigned"), "command at 04:45");
    let rows = world.server.admin(&["report", "--kind", "overdue"]).unwrap();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["record"] == check.as_str() && row["rule"] == "R16")
        .unwrap()
        .clone();
    assert_eq!(row["rung"], 4, "{rows}");

    // The inspector names a unit; they attend with no signal and must read the marker.
    world.step("insp1", &check, "dispatch", json!({ "to": "ofc1" }));
    world.sync_all(&["insp1", "ofc1"]);
    assert!(world.show("ofc1", &check)["marks"].as_array().unwrap().contains(&json!("firearms")));
    world.step("ofc1", &check, "attend", json!({ "attended_at": world.now() }));
    let codes = world.refused("ofc1", &check, "propose_close", json!({ "reason": "child says no" }));
    assert!(any(&codes, "R30.unacknowledged"), "{codes:?}");
    // First she says no; then her mother comes and she tells. Both accounts stand, in order.
    let first = json!({ "case": case, "speaker": said("the girl"), "words_verbatim": [{ "text": "no" }], "nothing_disclosed": true, "why_called": "the call" });
    let (first, _) = world.sealed("ofc1", "disclosure", first);
    world.pass("10m");
    let (second, _) = world.sealed(
        "ofc1",
        "disclosure",
        json!({ "case": case, "speaker": said("the girl"), "words_verbatim": [{ "text": "he touched me" }] }),
    );
    world.sync_all(&["ofc1", "sgt1"]);
    let lines = world.done("sgt1", &["timeline", "--case", &case]);
    let place = |id: &str| lines.as_array().unwrap().iter().position(|line| line["record"] == id).unwrap();
    assert!(place(&first) < place(&second), "the first is not replaced");
    assert!(world.is_prompted("sgt1", "R58.undecided"), "a crime decision opens");
}
