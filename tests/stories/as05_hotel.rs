//! AS5 (Issue 39, case 2): a hotel worker reports a sixteen-year-old with two older men. In the real case
//! the call was "not an emergency" and "the wrong line".

use serde_json::json;

use crate::world::{World, any, said};

#[test]
fn as5_a_wrong_line_lowers_nothing_somebody_goes_and_the_hotel_is_remembered() {
    let mut world = World::new("2026-03-02T22:00:00Z");
    world.sync_all(&["call1", "sgt1", "hub1", "ofc2", "sgt2"]);
    let concern = world.new_record(
        "call1",
        "concern",
        json!({ "source": "101", "heard_how": "direct", "exact_words": "a girl of 16 with two older men",
        "concern_items": [{ "text": "two older men in the room" }], "received_from": { "person": "a hotel worker" },
        "known_to_school_log": "no", "subjects": [said("a girl aged 16")], "where": [said("The Grand Hotel")],
        "indicators": ["hotel_or_private_room", "older_person"], "urgency": "info" }),
    );
    let shown = world.show("call1", &concern);
    assert_eq!(shown["urgency"], "urgent", "it cannot drop below urgent");
    assert!(shown["marks"].as_array().unwrap().contains(&json!("immediate_suggested")));
    let case = shown["case"].as_str().unwrap().to_owned();
    world.sync_all(&["call1", "sgt1"]);
    let codes = world.refused(
        "sgt1",
        &concern,
        "lower",
        json!({ "field": "urgency", "value": "standard", "reason": "wrong line" }),
    );
    assert!(any(&codes, "R28.lower"), "{codes:?}");
    let checks = world.find("sgt1", "welfare_check", |check| check["request"]["concern"] == concern.as_str());
    assert_eq!(checks.len(), 1, "a welfare check was made");
    // A claimed check stays claimed.
    let check = world.new_record(
        "call1",
        "intelligence_check",
        json!({ "case": case, "target": said("the girl"), "system": "PNC",
        "requested_for": concern, "lawful_purpose": "safeguarding", "status": "done" }),
    );
    assert_eq!(world.show("call1", &check)["status"], "claimed");
    world.pass("31m");
    assert!(world.is_prompted("sgt1", "R16.unassigned"), "the sergeant hears that nobody was sent");
    assert!(
        !world.find("sgt1", "notification", |notice| notice["incident"] == concern.as_str()).is_empty(),
        "the hub is told individually"
    );
    // A second report from the hotel, by another officer, links.
    world.new_record("ofc2", "concern", json!({ "source": "patrol", "heard_how": "direct", "exact_words": "men and girls", "concern_items": [{ "text": "men and girls" }],
        "received_from": { "person": "a porter" }, "known_to_school_log": "no", "subjects": [said("girls")], "where": [said("grand hotel")] }));
    world.sync_all(&["ofc2", "sgt2", "sgt1"]);
    let found = world.done("sgt2", &["matches"]);
    assert_eq!((&found[0]["rule"], &found[0]["key_kind"]), (&json!("R13"), &json!("venue")), "{found}");
}
