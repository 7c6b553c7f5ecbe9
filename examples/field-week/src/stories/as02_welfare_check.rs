//! AS2 (Issue 39, case 6): a five-year-old shares a bed with a great uncle. In the real case he was lost from
//! the instructions, an autistic child was never heard, and the check was closed.

use serde_json::{Value as Json, json};

use crate::scene::{Scene, Summary};
use crate::world::{any, item, said};

/// Plays it.
pub(super) fn play() -> Summary {
    let title = "AS2. A welfare check: the great uncle is left out of the instructions, and still not lost.";
    let mut scene = Scene::new(title, "2026-03-02T09:00:00Z", "ofc1");
    scene.world.sync_all(&["call1", "ofc1", "sgt1", "hub1"]);
    let (case, check) = the_call(&mut scene);
    let (uncle, children) = at_the_house(&mut scene, &case, &check);
    it_does_not_close(&mut scene, &check);
    back_at_the_desk(&mut scene, &case, &check, &children);
    ten_months_later(&mut scene, &case, &uncle);
    scene.end("AS2", "sgt1", &case, &["ofc1", "sgt1"])
}

fn the_call(scene: &mut Scene) -> (String, String) {
    let items = json!([
        { "text": "a 5-year-old shares a bed with her great uncle", "about_person": said("great uncle") },
        { "text": "harsh treatment" }, { "text": "drugs in the home" }, { "text": "an adult there has a record of violence" } ]);
    let call = json!({ "source": "999", "heard_how": "direct", "exact_words": "a child of 5 in a bed with him",
        "concern_items": items, "received_from": "anonymous", "known_to_school_log": "no",
        "subjects": [said("a girl aged 5")], "indicators": ["co_sleeping", "harsh_treatment"] });
    let concern = scene.makes("call1", "concern", &call, "writes down a call: four worries, each an item of its own");
    let case = scene.world.show("call1", &concern)["case"].as_str().unwrap().to_owned();
    scene.world.sync_all(&["call1", "sgt1"]);
    let carried = scene.world.show("sgt1", &concern)["concern_items"].clone();
    let request = json!({ "case": case, "grade": "urgent", "attend_by": scene.world.in_minutes(60), "address": said("4 Mill Lane"),
        "request": { "concern": concern, "concern_items": carried, "instructions": ["see the child"] } });
    let check =
        scene.makes("sgt1", "welfare_check", &request, "asks for a check; the instructions say only `see the child`");
    scene.does("sgt1", &check, "dispatch", json!({ "to": "ofc1" }), "sends officer ofc1");
    scene.world.sync_all(&["sgt1", "ofc1"]);
    let seen = scene.world.show("ofc1", &check);
    let items = seen["request"]["concern_items"].as_array().unwrap().len();
    assert_eq!(items, 4);
    scene.tell("ofc1", &format!("reads the request: all {items} worries are there, word for word"));
    (case, check)
}

/// Without signal; what the officer answers here, the children wait for.
fn at_the_house(scene: &mut Scene, case: &str, check: &str) -> (String, Json) {
    let attend = json!({ "attended_at": scene.world.now(), "attendees": [said("ofc1")] });
    scene.does("ofc1", check, "attend", attend, "is at the house, without signal");
    let done = item(&scene.world, "ofc1");
    let child = |name: &str, spoken: Json| {
        json!({ "person": said(name), "seen": done, "seen_alone": done, "spoken_to": spoken,
            "sleeping_arrangement": done, "observed": done, "communication_need": "no", "risk": "to be assessed" })
    };
    let children = json!([
        child("the girl", json!({ "not_done": "clingy" })),
        child("her brother, 7", done.clone()),
        child("her brother, 9", done.clone()),
        child("her sister, 12", done.clone()),
        child("the baby", done.clone())
    ]);
    let seen = json!({ "children": children, "siblings_all_listed": done,
        "adults_present": [{ "person": said("mother") }, { "person": said("father") }, { "person": said("grandmother") }] });
    scene.edits("ofc1", check, seen, "writes a line for each of five children and names three adults");
    let named = |names: &str, role: &str, why: &str| json!({ "case": case, "roles": [role], "names": [names], "not_yet_spoken_to": why });
    let uncle = named("the great uncle", "suspect", "not at the house");
    let uncle = scene.makes("ofc1", "person", &uncle, "notes that the great uncle was only named");
    let cousin = named("a cousin who stays at weekends", "child", "named by the grandmother");
    scene.makes("ofc1", "person", &cousin, "and so was a cousin");
    scene.child_may_be_left("leaves the house");
    (uncle, children)
}

fn it_does_not_close(scene: &mut Scene, check: &str) {
    let reason = json!({ "reason": "child clingy, home clean" });
    let codes = scene.is_refused("ofc1", check, "propose_close", &reason, "tries to close: `child clingy, home clean`");
    for wanted in ["R44.concern_item", "R44.person", "R44.risk risk", "R44.reporter", "R44.referral children/"] {
        assert!(any(&codes, wanted), "{wanted} in {codes:?}");
    }
    let clerical = json!({ "reason": "no arrests" });
    let codes = scene.is_refused("ofc1", check, "propose_close", &clerical, "tries again: `no arrests`");
    assert!(any(&codes, "R45.clerical"), "{codes:?}");
    let again = scene.world.find("ofc1", "action", |action| action["action_kind"] == "speak_to_child");
    assert!(!again.is_empty());
    scene.tell("ofc1", "finds a new action: the girl who could not be spoken to is spoken to again, with help");
}

/// What could wait until now.
fn back_at_the_desk(scene: &mut Scene, case: &str, check: &str, children: &Json) {
    let items = scene.world.show("ofc1", check)["request"]["concern_items"].clone();
    let answers: Vec<Json> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!({ "concern_item": item["id"], "answer": "addressed", "evidence": "asked at the house" }))
        .collect();
    let risk = json!({ "case": case, "model": "THRIVE", "level": "high", "about": [said("the girl aged 5")], "basis": [check],
        "threat": { "value": "the uncle sleeps in her bed" }, "harm": { "unknown": "she was not spoken to" },
        "risk": { "value": "he may come back" }, "investigation": { "value": "speak to her with help" },
        "vulnerability": { "value": "five years old" }, "engagement": { "value": "the mother let us in" },
        "safeguarding": { "value": "he stays elsewhere tonight" }, "next_review": scene.world.in_minutes(1440) });
    let risk_id = scene.makes("ofc1", "risk_assessment", &risk, "weighs the risk, at the desk");
    scene.seals("ofc1", &risk_id, "seals it");
    let done = item(&scene.world, "ofc1");
    let rest = json!({ "concern_answers": answers, "risk": risk_id, "reporter_contacted": done });
    scene.edits("ofc1", check, rest, "answers the four worries and says that the caller was rung back");
    scene.world.sync_all(&["ofc1", "sgt1"]);
    let reason = json!({ "reason": "seen, and the uncle stays elsewhere" });
    let codes = scene.is_refused("ofc1", check, "propose_close", &reason, "asks to close once more");
    assert!(any(&codes, "R44.referral children/"), "{} children: {codes:?}", children.as_array().unwrap().len());
}

fn ten_months_later(scene: &mut Scene, case: &str, uncle: &str) {
    scene.passes("300d", "Ten months pass.");
    let account = json!({ "case": case, "speaker": said("the girl, aged 5"), "words_verbatim": [{ "text": "he touched me in the bed" }],
        "account_started_at": scene.world.now(), "account_ended_at": scene.world.now() });
    let account = scene.makes("ofc1", "disclosure", &account, "hears her: `he touched me in the bed`");
    scene.seals("ofc1", &account, "seals her words");
    scene.world.sync_all(&["ofc1", "sgt1"]);
    scene.is_prompted("sgt1", "R26.under_thirteen");
    let met = json!({ "not_yet_spoken_to": null });
    scene.edits("ofc1", uncle, met, "has identified the great uncle as a suspect");
    scene.looks("ofc1", uncle, "sees what is asked about him from now on");
}
