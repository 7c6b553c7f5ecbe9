//! What a school may hold ends with what it has signed, and does not follow a child by itself.

use serde_json::json;

use crate::world::World;

#[test]
fn r89_an_agreement_that_ends_takes_the_standing_share_from_that_moment_and_the_dpo_is_told() {
    let mut world = World::new("2026-03-30T09:00:00Z");
    let words = [
        "school",
        "add",
        "--id",
        "100003",
        "--name",
        "Mill School",
        "--agreement",
        "partnership",
        "--until",
        "2026-03-31",
    ];
    world.server.admin(&words).unwrap();
    for (user, role) in [("dsl3", "dsl"), ("stf3", "staff")] {
        let words = ["user", "add", "--id", user, "--name", user, "--role", role, "--school", "100003"];
        world.server.admin(&words).unwrap();
    }
    let words = [
        "user",
        "add",
        "--id",
        "ofc3",
        "--name",
        "ofc3",
        "--role",
        "officer",
        "--area",
        "north",
        "--team",
        "t1",
        "--supervisor",
        "sgt1",
        "--school",
        "100003",
    ];
    world.server.admin(&words).unwrap();
    world.sync_all(&["dsl3", "stf3", "ofc3", "dpo1", "dsl1"]);
    let worry = |text: &str| json!({ "exact_words": text, "source": "school" });
    let raised = world.new_record("stf3", "concern", worry("he waits at the gate"));
    let own = world.new_record("dsl3", "concern", worry("she came in late"));
    let elsewhere = world.new_record("dsl1", "concern", worry("another school's"));
    world.sync_all(&["stf3", "dsl3", "dsl1", "ofc3"]);
    assert!(world.run("dsl3", &["show", &raised], None).is_ok(), "the lead's standing share");
    world.pass("24h");
    world.sync("dsl3");
    assert!(world.run("dsl3", &["show", &raised], None).is_ok(), "the last day counts");
    assert!(!world.is_prompted("dpo1", "R89.ended"));
    world.pass("24h");
    // Nobody touched anything: midnight did.
    world.sync_all(&["dsl3", "stf3", "dpo1", "dsl1"]);
    assert!(world.run("dsl3", &["show", &raised], None).is_err(), "no standing share without an agreement");
    assert!(world.run("dsl3", &["show", &own], None).is_ok(), "what they wrote is theirs");
    assert!(world.run("dsl1", &["show", &elsewhere], None).is_ok(), "other schools are not touched");
    assert!(world.is_prompted("dpo1", "R89.ended"));
    // Action by action it goes on: who asked sees what was done.
    let action = json!({ "exact_request": "please speak to him", "action_kind": "speak_to_child" });
    let asked = world.new_record("dsl3", "action", action);
    world.sync_all(&["dsl3", "ofc3"]);
    world.step("ofc3", &asked, "accept", json!({}));
    world.sync_all(&["ofc3", "dsl3"]);
    assert_eq!(world.show("dsl3", &asked)["status"], "accepted");
}

#[test]
fn r90_a_child_who_changes_school_takes_nothing_along_and_the_old_school_gets_no_more_news() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["dsl1", "dsl2", "ofc1"]);
    let worry = json!({ "exact_words": "she is afraid of the walk home", "source": "school" });
    let concern = world.new_record("dsl1", "concern", worry);
    let case = world.show("dsl1", &concern)["case"].as_str().unwrap().to_owned();
    let action = json!({ "case": case, "exact_request": "please speak to her", "action_kind": "speak_to_child" });
    let asked = world.new_record("dsl1", "action", action);
    world.sync_all(&["dsl1", "ofc1"]);
    let child = json!({ "case": case, "roles": ["child"], "names": ["Wren"], "dob": "2012-05-01", "school": "100001" });
    let child = world.new_record("ofc1", "person", child);
    world.step("ofc1", &asked, "accept", json!({}));
    world.sync_all(&["ofc1", "dsl1"]);
    assert_eq!(world.show("dsl1", &asked)["status"], "accepted");
    // A friend of hers moves: the school still has her, and news goes on.
    let friend =
        json!({ "case": case, "roles": ["child"], "names": ["Lark"], "dob": "2012-05-02", "school": "100001" });
    let friend = world.new_record("ofc1", "person", friend);
    world.sync("ofc1");
    world.edit("ofc1", &friend, json!({ "school": "100002" }));
    let note = json!({ "action": asked, "text": "seen at the gate" });
    let note = world.new_record("ofc1", "action_update", note);
    world.sync_all(&["ofc1", "dsl1"]);
    assert!(world.run("dsl1", &["show", &note], None).is_ok(), "one of them is still theirs");
    // She moves.
    world.edit("ofc1", &child, json!({ "school": "100002" }));
    world.sync("ofc1");
    world.step("ofc1", &asked, "start", json!({}));
    let update = json!({ "action": asked, "text": "spoken to at her new school" });
    let update = world.new_record("ofc1", "action_update", update);
    world.sync_all(&["ofc1", "dsl1", "dsl2"]);
    assert_eq!(world.show("dsl1", &asked)["status"], "accepted", "kept as it was, and no news");
    assert!(world.run("dsl1", &["show", &update], None).is_err());
    assert!(world.run("dsl1", &["show", &concern], None).is_ok(), "what they had they keep");
    for id in [&concern, &asked, &update, &child] {
        assert!(world.run("dsl2", &["show", id], None).is_err(), "nothing follows a child by itself");
    }
    // Somebody decides that the new school is to know, and what the old one is to hear after all.
    let told = json!({ "case": case, "school": "100002", "exact_request": "please walk her to the gate",
        "action_kind": "share", "owner": "dsl2" });
    let told = world.new_record("ofc1", "action", told);
    world.step("ofc1", &asked, "share", json!({ "to": "dsl1", "reason": "they asked for it" }));
    world.sync_all(&["ofc1", "dsl1", "dsl2"]);
    assert_eq!(world.show("dsl2", &told)["exact_request"], "please walk her to the gate");
    assert!(world.run("dsl1", &["show", &told], None).is_err(), "theirs it is not");
    assert!(world.run("dsl2", &["show", &concern], None).is_err());
    assert_eq!(world.show("dsl1", &asked)["status"], "in_progress", "all that was missed comes");
    let verified = world.server.admin(&["verify"]).unwrap();
    assert_eq!(verified["ok"], true, "{verified}");
}
