//! AS7 (Issue 39, case 5): an aunt reports a man who lives with her nieces. In the real case one niece was left
//! out, the aunt was to speak to the eldest, and who had advised it closed the case on a remark about her motive.

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, record};

/// The aunt, who must not be known; three nieces; the man; and what she said: in one case of ofc1's.
struct Family {
    case: String,
    aunt: String,
    nieces: [String; 3],
    man: String,
    concern: String,
}

fn person(case: &str, role: &str, name: &str, dob: &str) -> Json {
    json!({ "case": case, "roles": [role], "names": [name], "dob": dob, "ethnicity_self_defined": "W1" })
}

fn reported(world: &mut World) -> Family {
    let aunt = json!({ "roles": ["reporter"], "names": ["Berta Quill"], "phones": ["07700 900321"] });
    let aunt = world.new_record("ofc1", "person", aunt);
    let case = world.show("ofc1", &aunt)["case"].as_str().unwrap().to_owned();
    // The eldest is grown up now: what happened, happened while she was a child.
    let born = [("Iris Quill", "2001-05-01"), ("Maud Quill", "2012-01-10"), ("Tess Quill", "2020-09-01")];
    let nieces = born.map(|(name, dob)| world.new_record("ofc1", "person", person(&case, "child", name, dob)));
    let man = world.new_record("ofc1", "person", person(&case, "suspect", "Colin Vane", "1975-04-02"));
    let about = |niece: &String, text: &str| json!({ "text": text, "about_person": record(niece) });
    let words = "he hurt the eldest when she was small, and he lives with the two little ones now";
    let body = json!({ "case": case, "source": "101", "heard_how": "second_hand", "exact_words": words,
        "concern_items": [about(&nieces[0], "the eldest was hurt as a child"), about(&nieces[1], "he lives with the girl of 14"),
            about(&nieces[2], "he lives with the girl of 5")],
        "received_from": { "anonymous": true, "relation_category": "aunt" }, "known_to_school_log": "no",
        "subjects": nieces.each_ref().map(|niece| record(niece)), "indicators": ["harsh_treatment"] });
    let concern = world.new_record("ofc1", "concern", body);
    Family { case, aunt, nieces, man, concern }
}

/// What stands in the way of a closing, for one person.
fn closing(world: &mut World, user: &str, case: &str) -> Vec<String> {
    world.refused(user, case, "propose_close", json!({ "reason": "nothing more to be done" }))
}

/// The match of two people that names a record to somebody.
fn link_naming(world: &mut World, user: &str, id: &str) -> String {
    let found = world.done(user, &["matches"]);
    let names = |line: &&Json| line["rule"] == "R13" && line["records"].as_array().unwrap().iter().any(|one| one == id);
    let link = found.as_array().unwrap().iter().find(names).unwrap_or_else(|| panic!("{user}: {found}"));
    assert!(link["key_kind"].as_str().unwrap().starts_with("person"), "{link}");
    link["id"].as_str().unwrap().to_owned()
}

fn of(codes: &[String], code: &str) -> usize {
    codes.iter().filter(|known| known.starts_with(code)).count()
}

#[test]
fn as7_each_niece_is_decided_on_and_no_contact_is_left_to_an_aunt() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.add_user("sgt3", "sergeant", "insp1", "specialist");
    world.add_user("det1", "officer", "sgt3", "specialist");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2", "sgt3", "det1", "hub1"]);
    // An earlier report on the same man lies with another officer.
    let earlier = json!({ "roles": ["suspect"], "names": ["Colin Vane"], "dob": "1975-04-02" });
    let earlier = world.new_record("ofc2", "person", earlier);
    world.sync("ofc2");

    // The aunt rings. Three subject lines, and the earlier report is linked.
    let family = reported(&mut world);
    let case = family.case.clone();
    assert_eq!(world.show("ofc1", &family.concern)["subjects"].as_array().unwrap().len(), 3);
    world.sync_all(&["ofc1", "sgt1", "sgt2"]);
    for user in ["ofc1", "ofc2", "sgt1", "sgt2"] {
        assert!(world.is_prompted(user, "R13.possible_match"), "{user}");
    }
    // One match; each side is named its own record, as far as it may know.
    let link = link_naming(&mut world, "sgt1", &family.man);
    assert_eq!(link, link_naming(&mut world, "sgt2", &earlier));
    world.step("sgt1", &link, "confirm_match", json!({ "reason": "same name and birthday, same street" }));

    // "Low", with something unknown: it stands only with a sergeant.
    let value = |text: &str| json!({ "value": text });
    let (risk, sealed) = world.sealed(
        "ofc1",
        "risk_assessment",
        json!({ "case": case, "model": "THRIVE", "level": "low", "about": family.nieces.each_ref().map(|niece| record(niece)),
            "basis": [family.concern], "threat": value("he lives there"), "harm": { "unknown": "nobody has asked" },
            "risk": value("low"), "investigation": value("one witness"), "vulnerability": { "unknown": "not seen" },
            "engagement": value("the aunt rings"), "next_review": world.in_minutes(10_000) }),
    );
    assert!(any(&gaps(&sealed), "R38.endorsement level"), "{sealed}");
    assert!(world.run("ofc1", &["do", &risk, "endorse"], None).is_err(), "no officer endorses it");
    world.sync("ofc1");
    assert!(world.is_prompted("sgt1", "R38.endorsement"));
    assert!(world.marks("sgt1", &risk).contains(&"unendorsed".to_owned()));

    // The officer agrees with the aunt that she will approach the eldest: it is the officer's, for a week.
    let told = json!({ "case": case, "person": record(&family.aunt), "person_role": "reporter", "contact": "made",
        "what_told": [{ "text": "the aunt will approach the eldest niece first" }] });
    world.new_record("ofc1", "contact_log", told);
    let contact = world.find("ofc1", "action", |action| {
        action["action_kind"] == "speak_to_child" && action["exact_request"].to_string().contains("left to the family")
    });
    let shown = world.show("ofc1", &contact[0]);
    assert_eq!((contact.len(), &shown["owner"]), (1, &json!("ofc1")));
    assert!(shown["due"].as_str().unwrap().starts_with("2026-03-09T09:"), "{shown}");
    let enquiries = world.find("ofc1", "action", |action| action["action_kind"] == "enquiry");
    assert_eq!(enquiries.len(), 2, "other witnesses, and the schools");
    // The sergeant had advised it.
    let items = world.show("ofc1", &family.concern)["concern_items"].clone();
    world.new_record(
        "ofc1",
        "welfare_check",
        json!({ "case": case, "grade": "scheduled", "attend_by": world.in_minutes(50_000), "address": { "as_said": "4 Mill Lane" },
            "request": { "concern": family.concern, "concern_items": items },
            "advice_sought": [{ "from": "sgt1", "advice": "leave the eldest to the aunt" }] }),
    );
    let codes = closing(&mut world, "ofc1", &case);
    for niece in &family.nieces {
        assert!(any(&codes, &format!("R60.undecided people/{niece}")), "a decision for each niece: {codes:?}");
    }

    // The desk types that she might have an agenda: an opinion, which the hub does not read.
    let (referral, sealed) = world.sealed(
        "ofc1",
        "referral",
        json!({ "case": case, "child": record(&family.nieces[1]), "incident": family.concern, "to": "hub", "recipients": ["hub1"],
            "decision": "made", "risk": risk, "facts": ["a man with an earlier report lives with two girls"],
            "opinion": [{ "text": "the caller might have an agenda" }, { "text": "the girls may be afraid", "basis": "the aunt's words" }],
            "siblings_included": [record(&family.nieces[0]), record(&family.nieces[2])], "made_by": "police" }),
    );
    assert!(any(&gaps(&sealed), "R48.motive opinion/"), "{sealed}");
    world.sync_all(&["ofc1", "hub1", "sgt1"]);
    let copy = world.show("hub1", &referral);
    assert_eq!(copy["opinion"].as_array().unwrap().len(), 1, "what else is thought goes along, as opinion: {copy}");
    assert!(!copy.to_string().contains("agenda"));
    assert_eq!(world.done("hub1", &["search", "agenda"]), json!([]));
    let notes = world.find("sgt1", "action_note", |note| note["text"].to_string().contains("agenda"));
    assert_eq!(notes.len(), 1, "the police hold it");
    assert_eq!(world.show("sgt1", &notes[0])["opinion"], true);

    // A week on nobody has spoken to her: the officer acts, or writes down why not.
    world.pass("8d");
    for user in ["ofc1", "sgt1"] {
        assert_eq!(world.told_about(user, "R46.left_to_family", &contact[0]), 1, "{user}");
    }

    // It is passed to a specialist unit, and is theirs only when one of them has accepted it.
    world.step("sgt1", &case, "add_member", json!({ "user": "det1", "reason": "to read what is handed over" }));
    let over = json!({ "case": case, "from": "ofc1", "to": "det1", "reason": "permanent", "spoken": "yes",
        "items": [{ "record": case, "next_step": "speak to the eldest" }] });
    let over = world.new_record("sgt1", "handover", over);
    let to_det = json!({ "to": "det1", "reason": "specialist unit" });
    let codes = world.refused("sgt1", &case, "hand_over", to_det.clone());
    assert!(any(&codes, "R68.not_accepted to"), "{codes:?}");
    world.sync_all(&["sgt1", "det1", "ofc1"]);
    assert_eq!(world.show("det1", &case)["owner"], "ofc1");
    for user in ["sgt1", "det1"] {
        assert_eq!(world.told_about(user, "R68.not_accepted", &over), 1, "{user}");
    }
    let codes = closing(&mut world, "ofc1", &case);
    assert!(any(&codes, &format!("R68.not_accepted handovers/{over}")), "{codes:?}");
    world.step("det1", &over, "accept", json!({}));
    world.sync_all(&["det1", "sgt1"]);
    world.step("sgt1", &case, "hand_over", to_det);
    world.sync_all(&["sgt1", "det1", "sgt3"]);
    assert_eq!(world.show("det1", &case)["owner"], "det1");

    // The new sergeant asks the one who knows the family to approve it.
    world.step("sgt3", &case, "add_member", json!({ "user": "sgt1", "reason": "to approve the closing" }));
    world.sync_all(&["sgt3", "sgt1"]);
    // Week 5: it is to be closed. Nobody has spoken to the eldest, no witness or school was asked.
    world.pass("27d");
    world.sync_all(&["det1", "sgt1", "sgt3"]);
    let codes = closing(&mut world, "det1", &case);
    for niece in &family.nieces {
        assert!(any(&codes, &format!("R46.not_contacted people/{niece}")), "{codes:?}");
    }
    for enquiry in &enquiries {
        assert!(any(&codes, &format!("R46.not_considered actions/{enquiry}")), "{codes:?}");
    }
    assert_eq!(of(&codes, "R60.undecided"), 2, "only one niece was referred: {codes:?}");
    // The sergeant who advised does not approve it; one who did not may not either: an inspector does.
    let codes = world.refused("sgt1", &case, "close", json!({ "reason": "agreed" }));
    assert!(any(&codes, "R102.involved") && any(&codes, "R102.inspector"), "{codes:?}");
    let codes = world.refused("sgt3", &case, "close", json!({ "reason": "agreed" }));
    assert!(!any(&codes, "R102.involved") && any(&codes, "R102.inspector"), "{codes:?}");

    // Somebody does speak to them, and asks: then that no longer stands in the way.
    let mut spoken = String::new();
    for niece in &family.nieces {
        let log = json!({ "case": case, "person": record(niece), "person_role": "victim", "contact": "made" });
        spoken = world.new_record("det1", "contact_log", log);
    }
    for action in contact.iter().chain(&enquiries) {
        world.step("sgt3", action, "assign", json!({ "to": "det1", "reason": "it came with the case" }));
    }
    world.sync_all(&["sgt3", "det1"]);
    for action in contact.iter().chain(&enquiries) {
        world.step("det1", action, "accept", json!({}));
        let done = json!({ "outcome": "spoken to", "evidence": [{ "record": spoken }] });
        world.step("det1", action, "complete", done);
    }
    world.sync_all(&["det1", "sgt3"]);
    let codes = closing(&mut world, "det1", &case);
    assert!(!any(&codes, "R46."), "{codes:?}");
}
