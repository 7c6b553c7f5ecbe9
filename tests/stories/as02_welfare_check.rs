//! AS2 (Issue 39, case 6): a five-year-old shares a bed with a great uncle. In the real case the uncle was
//! lost from the instructions, an autistic child was never heard, and the check was closed.

use serde_json::{Value as Json, json};

use crate::world::{World, any, item, record, said};

#[test]
fn as2_a_check_does_not_close_without_the_uncle_the_checks_and_each_child() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["call1", "ofc1", "sgt1", "hub1"]);
    let caller = world.new_record(
        "call1",
        "person",
        json!({ "roles": ["reporter"], "names": ["CANARY Reporter"], "phones": ["07700 900456"] }),
    );
    let case = world.show("call1", &caller)["case"].as_str().unwrap().to_owned();
    let items = json!([
        { "text": "a 5-year-old shares a bed with her great uncle", "about_person": said("great uncle") },
        { "text": "harsh treatment" }, { "text": "drugs in the home" }, { "text": "an adult there has a record of violence" } ]);
    let concern = world.new_record("call1", "concern", json!({ "case": case, "source": "999", "heard_how": "direct",
        "exact_words": "a child of 5 in a bed with him", "concern_items": items, "received_from": "anonymous",
        "known_to_school_log": "no", "subjects": [said("a girl aged 5")], "indicators": ["co_sleeping", "harsh_treatment"] }));
    assert_eq!(world.show("call1", &concern)["concern_items"].as_array().unwrap().len(), 4);
    world.sync_all(&["call1", "sgt1"]);
    // The sergeant writes instructions that leave the uncle out; the items travel all the same.
    let carried = world.show("sgt1", &concern)["concern_items"].clone();
    let check = world.new_record("sgt1", "welfare_check", json!({ "case": case, "grade": "urgent", "attend_by": world.in_minutes(60),
        "address": said("4 Mill Lane"), "request": { "concern": concern, "concern_items": carried, "instructions": ["see the child"] } }));
    world.step("sgt1", &check, "dispatch", json!({ "to": "ofc1" }));
    world.sync_all(&["sgt1", "ofc1"]);
    let seen = world.show("ofc1", &check);
    assert_eq!(seen["request"]["concern_items"].as_array().unwrap().len(), 4, "all four, word for word");

    // Offline at the house.
    world.step("ofc1", &check, "attend", json!({ "attended_at": world.now(), "attendees": [said("ofc1")] }));
    let done = item(&world, "ofc1");
    let child = |name: &str, spoken: Json| {
        json!({ "person": said(name), "seen": done, "seen_alone": done, "spoken_to": spoken,
        "sleeping_arrangement": done, "observed": done, "communication_need": "no", "risk": "to be assessed" })
    };
    let children = json!([
        child("the girl", json!({ "not_done": "clingy" })),
        child("two", done.clone()),
        child("three", done.clone()),
        child("four", done.clone()),
        child("five", done.clone())
    ]);
    world.edit(
        "ofc1",
        &check,
        json!({ "children": children, "adults_present": [{ "person": said("mother") }, { "person": said("father") },
        { "person": said("grandmother") }], "siblings_all_listed": done }),
    );
    let codes = world.refused("ofc1", &check, "propose_close", json!({ "reason": "child clingy, home clean" }));
    for wanted in [
        "R44.concern_item concern_items/",
        "R44.person concern_items/",
        "R44.risk risk",
        "R44.reporter reporter_contacted",
    ] {
        assert!(any(&codes, wanted), "{wanted} in {codes:?}");
    }
    assert_eq!(
        codes.iter().filter(|code| code.starts_with("R44.referral children/")).count(),
        5,
        "a decision for each of five"
    );
    let again = world.find("ofc1", "action", |action| action["action_kind"] == "speak_to_child");
    assert!(!again.is_empty(), "who could not be spoken to is spoken to again, with help");

    // A records clerk tries "no arrests".
    let codes = world.refused("ofc1", &check, "propose_close", json!({ "reason": "no arrests" }));
    assert!(any(&codes, "R45.clerical"), "{codes:?}");
    world.sync("call1");
    assert!(world.run("call1", &["do", &check, "propose_close", "--set", "reason=no arrests"], None).is_err());

    // The reporter is called back through the vault; nobody else learns who it was.
    world.sync_all(&["ofc1", "sgt1", "hub1", "call1"]);
    assert!(world.run("sgt1", &["show", &caller, "--purpose", "calling back"], None).is_ok());
    for user in ["hub1", "ofc1"] {
        assert_eq!(world.done(user, &["search", "CANARY"]), json!([]), "{user}");
    }
    let file = world.folder("sgt1").join("case.bundle");
    let file = file.to_str().unwrap().to_owned();
    world.done("sgt1", &["export", "--case", &case, "--to", &file]);
    assert!(memchr::memmem::find(&std::fs::read(&file).unwrap(), b"CANARY Reporter").is_none(), "no export names them");

    // Month 10: the mother reports that the child named the uncle.
    world.pass("300d");
    let (_, _) = world.sealed("ofc1", "disclosure", json!({ "case": case, "speaker": said("the girl, aged 5"),
        "words_verbatim": [{ "text": "he touched me in the bed" }], "account_started_at": world.now(), "account_ended_at": world.now() }));
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(world.is_prompted("sgt1", "R26.under_thirteen"));
    let earlier = world.done("sgt1", &["timeline", "--case", &case]);
    assert!(
        earlier.as_array().unwrap().iter().any(|line| line["record"] == check.as_str() && line["step"] == "attend")
    );
    let _ = record(&check);
}
