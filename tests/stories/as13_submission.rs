//! AS13 (Issue 39, case 4): a man who volunteered with children was assessed as high risk, his phone went to the
//! laboratory as a standard submission without a word of that or of his partner's earlier call, and everybody waited.

use serde_json::json;

use crate::world::{World, any, gaps, record, said};

struct Case {
    id: String,
    suspect: String,
    children: [String; 2],
    earlier: String,
    risk: String,
}

/// The suspect who volunteers, two children, his partner's earlier call, and a high KIRAT.
fn case(world: &mut World) -> Case {
    world.sync_all(&["ofc1", "ofc2", "sgt1", "insp1"]);
    let words = "he is on his phone at night and hides it, he runs the swimming club";
    let earlier = world.new_record(
        "ofc1",
        "concern",
        json!({ "source": "101", "heard_how": "direct", "exact_words": words, "received_from": { "person": "his partner" },
            "concern_items": [{ "text": "he hides his phone" }, { "text": "he runs the swimming club" }],
            "known_to_school_log": "no", "subjects": [said("two children")], "school": "100001" }),
    );
    let id = world.show("ofc1", &earlier)["case"].as_str().unwrap().to_owned();
    let suspect = world.new_record(
        "ofc1",
        "person",
        json!({ "case": id, "roles": ["suspect"], "names": ["Colin Marsh"], "dob": "1980-02-01", "ethnicity_self_defined": "W1",
            "jobs_and_volunteering": [{ "what": "swimming club", "contact_with_children": "yes" }],
            "contact_with_children": { "yn3": "yes", "evidence": "he says so" } }),
    );
    let children = ["Mia Marsh", "Tom Marsh"].map(|name| {
        let body = json!({ "case": id, "roles": ["child"], "names": [name], "dob": "2016-05-01", "ethnicity_self_defined": "W1" });
        world.new_record("ofc1", "person", body)
    });
    let known = json!({ "value": "known" });
    let (risk, _) = world.sealed(
        "ofc1",
        "risk_assessment",
        json!({ "case": id, "model": "KIRAT", "level": "high", "kirat_level": "high", "suspect": record(&suspect),
            "subjects": [record(&children[0]), record(&children[1])], "basis": [earlier], "next_review": world.in_minutes(10_080), "threat": known }),
    );
    world.sync_all(&["ofc1", "sgt1", "insp1"]);
    Case { id, suspect, children, earlier, risk }
}

#[test]
fn as13_a_high_assessment_has_seven_days_and_the_laboratory_is_sent_all_of_it_and_never_as_standard() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    let made = world.find("ofc1", "deadline", |one| one["deadline_kind"] == "positive_action");
    assert_eq!(made.len(), 1);
    let deadline = world.show("ofc1", &made[0]);
    assert!(deadline["due"].as_str().unwrap().starts_with("2026-03-09T09:0"), "seven days: {deadline}");
    assert_eq!((&deadline["owner"], &deadline["for_record"]), (&json!("ofc1"), &json!(case.risk)));

    // The phone goes to the laboratory; whoever fills in the form calls it standard and adds nothing.
    let lab = world.new_record(
        "ofc1",
        "action",
        json!({ "case": case.id, "action_kind": "evidence", "exact_request": "examine the phone", "about": [said("phone 1")],
            "requested_by": { "person": "ofc1", "org": "police" }, "due": world.in_minutes(40_320), "urgency": "standard",
            "owner": "ofc1" }),
    );
    let shown = world.show("ofc1", &lab);
    let carried = shown["carried_context"].as_array().unwrap().clone();
    let says = |id: &str| {
        carried.iter().find(|line| line["record"] == id).unwrap_or_else(|| panic!("{carried:?}"))["says"].clone()
    };
    assert_eq!(says(&case.risk)["kirat_level"], "high", "how high");
    assert_eq!(says(&case.suspect)["jobs_and_volunteering"][0]["what"], "swimming club", "that he volunteers");
    let call = says(&case.earlier);
    assert_eq!(call["concern_items"].as_array().unwrap().len(), 2, "what his partner said, item by item: {call}");
    for child in &case.children {
        assert_eq!(says(child)["roles"], json!(["child"]), "and the children");
    }
    assert!(!any(&gaps(&shown), "R63.context"), "{:?}", gaps(&shown));
    assert_eq!(shown["urgency"], "urgent", "never less urgent than the risk");
    world.sync_all(&["ofc1", "sgt1"]);
    let lower = json!({ "field": "urgency", "value": "standard", "reason": "the laboratory is full" });
    assert_eq!(world.refused("sgt1", &lab, "lower", lower), ["R63.context urgency"]);
    // It goes on whole: whoever takes it over has all of it.
    world.step("ofc1", &lab, "forward", json!({ "to": "ofc2", "why": "the exhibits officer" }));
    world.sync_all(&["ofc1", "ofc2"]);
    assert_eq!(world.show("ofc2", &lab)["carried_context"].as_array().unwrap().len(), carried.len());

    // Nothing done in three days: the sergeant; in seven: the inspector.
    world.pass("3d");
    assert!(world.is_prompted("sgt1", "R39.positive_action"));
    world.pass("4d");
    assert!(world.is_prompted("insp1", "R39.positive_action"));
}

#[test]
fn as13_no_child_waits_for_a_result_and_a_phone_nobody_wrote_down_is_asked_about() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    let case = case(&mut world);
    let result = world.new_record(
        "ofc1",
        "deadline",
        json!({ "case": case.id, "deadline_kind": "lab_result", "what": "phone 1", "due": world.in_minutes(40_320), "owner": "ofc1" }),
    );
    // The pack for the conference says what is pending, whoever builds it.
    let says = json!({ "known": "a partner's call; he volunteers", "pending": "the laboratory, phone 1", "unknown": "who else" });
    let conference = world.new_record(
        "ofc1",
        "meeting",
        json!({ "case": case.id, "meeting_type": "initial_conference", "called_by": said("Ms Ashdown"), "pack": [case.earlier],
            "pack_says": says, "invited": [{ "person": said("ofc1"), "org": "police" }] }),
    );
    let shown = world.show("ofc1", &conference);
    assert!(shown["marks"].as_array().unwrap().contains(&json!("result_pending")), "{}", shown["marks"]);
    assert!(any(&gaps(&shown), &format!("R67.pack pack/{result}")), "{:?}", gaps(&shown));
    world.edit("ofc1", &conference, json!({ "pack": [case.earlier, result] }));
    let shown = world.show("ofc1", &conference);
    assert!(!any(&gaps(&shown), "R67.pack"), "{:?}", gaps(&shown));

    // Each child has a line of their own; a plan that waits is none.
    for child in &case.children {
        let codes = gaps(&world.show("ofc1", child));
        assert!(any(&codes, &format!("R104.no_plan people/{child}")), "{codes:?}");
    }
    let plan = |world: &World, child: &str, words: &str| json!({ "case": case.id, "child": record(child), "plan": words, "owner": "ofc1", "review_by": world.in_minutes(20_160) });
    let body = plan(&world, &case.children[0], "await result");
    let waits = world.new_record("ofc1", "safety_plan", body);
    assert!(any(&gaps(&world.show("ofc1", &waits)), "R104.awaits plan"));
    let body = plan(&world, &case.children[1], "he lives at his brother's, the club is told, the school collects");
    let safe = world.new_record("ofc1", "safety_plan", body);
    assert!(!any(&gaps(&world.show("ofc1", &safe)), "R104"));
    let codes = world.refused("ofc1", &case.id, "propose_close", json!({ "reason": "the laboratory has it" }));
    assert!(
        any(&codes, &format!("R104.no_plan people/{}", case.children[0])),
        "a plan that waits closes nothing: {codes:?}"
    );
    assert!(!any(&codes, &format!("R104.no_plan people/{}", case.children[1])), "{codes:?}");
    for child in &case.children {
        assert!(any(&codes, &format!("R60.undecided people/{child}")), "both lines are open: {codes:?}");
    }

    // In the interview he holds another phone. Nobody wrote down whether it was taken.
    let interview = json!({ "case": case.id, "speaker": said("Colin Marsh"), "words_verbatim": [{ "text": "it is in my other phone" }] });
    let (interview, _) = world.sealed("ofc1", "disclosure", interview);
    let phone = world.new_record(
        "ofc1",
        "device_seen",
        json!({ "case": case.id, "what": "a second phone", "of": record(&case.suspect), "seen_in": interview, "seen_at": world.now() }),
    );
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(world.is_prompted("sgt1", "R104.device"));
    assert_eq!(world.prompt("sgt1", "R104.device")["record"], phone.as_str());
    world.edit("ofc1", &phone, json!({ "taken": { "not_seized": "he left with it" } }));
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(!world.prompts("sgt1").contains(&"R104.device".to_owned()), "a line with its reason");
}
