//! AS8 (Issue 39, case 1): images from one address, reported twice. In the real case a package lay in a mailbox for
//! over a year, "no access to children" rested on one child, and that he worked for the police was found last.

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, record};

fn marked(world: &mut World, user: &str, id: &str, mark: &str) -> bool {
    world.marks(user, id).iter().any(|known| known == mark)
}

fn concern(case: Option<&str>, words: &str, about: Json) -> Json {
    let mut body = json!({ "source": "intelligence", "heard_how": "direct", "exact_words": words,
        "concern_items": [{ "text": words }], "received_from": { "person": "an online unit" }, "known_to_school_log": "no",
        "subjects": [about] });
    if let Some(case) = case {
        body["case"] = json!(case);
    }
    body
}

/// An assessment of the man by KIRAT.
fn kirat(world: &World, (case, man, basis): (&str, &str, &str), level: &str, access: Json) -> Json {
    json!({ "case": case, "model": "KIRAT", "level": level, "kirat_level": level, "about": [record(man)], "suspect": record(man),
        "no_contact_with_children": "yes", "child_access": access, "basis": [basis], "next_review": world.in_minutes(100_000),
        "addressed_to": ["insp2", "insp3"] })
}

#[test]
fn as8_a_package_does_not_lie_and_a_second_report_or_a_job_undoes_low() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.add_user("insp2", "inspector", "com1", "inspectors");
    world.add_user("insp3", "inspector", "com1", "inspectors");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2", "insp2", "insp3", "com1"]);

    // Report 1. "No contact with children" rests on one child who lives elsewhere: five places are blank.
    let man = json!({ "roles": ["suspect"], "names": ["Alan Post"], "dob": "1980-06-01", "emails": ["up.loader@example.org"] });
    let man = world.new_record("ofc1", "person", man);
    let case = world.show("ofc1", &man)["case"].as_str().unwrap().to_owned();
    let words = "images were uploaded by up.loader@example.org";
    let report = world.new_record("ofc1", "concern", concern(Some(&case), words, record(&man)));
    let household = json!({ "household": { "yn3": "no", "evidence": "his child lives with the mother" } });
    let body = kirat(&world, (&case, &man, &report), "low", household);
    let (risk, sealed) = world.sealed("ofc1", "risk_assessment", body);
    let found = gaps(&sealed);
    for place in ["family_elsewhere", "ex_partner", "job", "volunteering", "online"] {
        assert!(any(&found, &format!("R40.access child_access/{place}")), "{found:?}");
    }
    assert!(any(&found, "R38.endorsement level"), "low with five blanks: {found:?}");
    assert_eq!(world.show("ofc1", &risk)["unknown_count"], 5, "what is blank is unknown");
    assert!(marked(&mut world, "ofc1", &risk, "access_unknown") && marked(&mut world, "ofc1", &risk, "unendorsed"));
    // The package goes to the mailbox of two inspectors.
    let package = world.new_record(
        "ofc1",
        "action",
        json!({ "case": case, "action_kind": "share", "exact_request": "act on this package", "about": [record(&man)],
            "requested_by": { "person": "ofc1", "org": "police" }, "owner": "team:inspectors", "due": world.in_minutes(20_000) }),
    );
    world.sync("ofc1");
    assert!(world.is_prompted("sgt1", "R38.endorsement"));
    for user in ["insp2", "insp3"] {
        assert_eq!(world.told_about(user, "R19.unaccepted", &package), 1, "{user}");
    }
    assert_eq!(world.told_about("com1", "R19.unaccepted", &package), 0);
    // A day, and nobody has taken it: it climbs above those it was addressed to.
    world.pass("25h");
    assert_eq!(world.told_about("com1", "R19.unaccepted", &package), 1);
    assert_eq!(world.told_about("sgt1", "R19.unaccepted", &package), 0, "not below them");
    // Day 14: no positive action. It was addressed to inspectors, so command is told.
    world.pass("12d");
    assert_eq!(world.told_about("com1", "R39.positive_action", &risk), 0);
    world.pass("1d");
    assert_eq!(world.told_about("com1", "R39.positive_action", &risk), 1);

    // Over a year later: report 2, the same address. Linked at once; the risk is stale; both sides are told.
    world.pass("380d");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "sgt2"]);
    assert!(!marked(&mut world, "sgt1", &risk, "stale"));
    let second = concern(None, "a man writes to boys from Up.Loader@Example.org", json!({ "as_said": "boys" }));
    let second = world.new_record("ofc2", "concern", second);
    world.sync("ofc2");
    for user in ["ofc1", "sgt1", "ofc2", "sgt2"] {
        assert!(world.is_prompted(user, "R13.possible_match"), "{user}");
    }
    let links = world.done("sgt2", &["matches"]);
    let link = links.as_array().unwrap().iter().find(|line| line["records"].to_string().contains(&second)).unwrap();
    assert_eq!((&link["rule"], &link["key_kind"]), (&json!("R13"), &json!("email")));
    for user in ["ofc1", "sgt1"] {
        assert_eq!(world.told_about(user, "R41.stale", &risk), 1, "{user}");
        assert!(marked(&mut world, user, &risk, "stale") && marked(&mut world, user, &case, "stale"), "{user}");
    }

    // It is assessed again: every place was asked about, and he has said nothing of his work.
    world.pass("1h");
    let no = json!({ "yn3": "no", "evidence": "asked, and visited" });
    let access = json!({ "household": no, "family_elsewhere": no, "ex_partner": no, "job": no, "volunteering": no, "online": no });
    let body = kirat(&world, (&case, &man, &report), "medium", access);
    let (again, _) = world.sealed("ofc1", "risk_assessment", body);
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(!marked(&mut world, "sgt1", &again, "stale"));
    // Where there is no signal the officer learns that he works for the police.
    world.edit("ofc1", &man, json!({ "jobs_and_volunteering/+": { "what": "police staff" } }));
    assert!(!marked(&mut world, "sgt1", &again, "stale"), "nobody else can know yet");
    let week = world.in_minutes(7 * 24 * 60);
    world.sync_all(&["ofc1", "sgt1"]);
    for user in ["ofc1", "sgt1"] {
        for code in ["R41.stale", "R40.high_suggested"] {
            assert_eq!(world.told_about(user, code, &again), 1, "{user} {code}");
        }
        assert!(marked(&mut world, user, &again, "stale") && marked(&mut world, user, &again, "high_suggested"));
    }
    let by = world.find("sgt1", "deadline", |deadline| {
        deadline["for_record"] == again.as_str() && deadline["due"].as_str().unwrap()[..16] == week[..16]
    });
    assert_eq!(by.len(), 1, "a week for positive action");

    // High, knowing it: neither stale nor suggested any more, and the week is the inspector's to see pass.
    let works = json!({ "yn3": "yes", "evidence": "his employer" });
    let access = json!({ "household": no, "family_elsewhere": no, "ex_partner": no, "job": works, "volunteering": no, "online": no });
    let body = kirat(&world, (&case, &man, &report), "high", access);
    let (high, _) = world.sealed("ofc1", "risk_assessment", body);
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(!marked(&mut world, "sgt1", &high, "stale") && !marked(&mut world, "sgt1", &high, "high_suggested"));
    assert!(!world.is_prompted("sgt1", "R40.high_suggested"));
}
