//! What a school may hold ends with what it has signed, and does not follow a child by itself; what is released to it
//! is a record of its own.

use serde_json::json;

use crate::world::{World, gaps, said};

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

/// Somebody seals an account of a girl in a case.
fn account(world: &mut World, user: &str, case: &str) -> String {
    let body = json!({ "case": case, "speaker": "a girl",
        "words_verbatim": [{ "seq": 1, "speaker": "a girl", "text": "he waits at the gate on Mondays" }],
        "account_started_at": "2026-03-02T08:00:00Z", "account_ended_at": "2026-03-02T08:30:00Z" });
    world.sealed(user, "disclosure", body).0
}

#[test]
fn r88_what_is_released_is_a_record_of_its_own_and_says_when_it_is_older_than_its_source() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.person("ofc4", "officer", &["--team", "t1", "--supervisor", "sgt1", "--school", "100001"]);
    world.sync_all(&["dsl1", "stf1", "ofc1", "ofc4", "sgt1"]);
    let concern =
        world.new_record("dsl1", "concern", json!({ "exact_words": "she will not walk home", "source": "school" }));
    let case = world.show("dsl1", &concern)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["dsl1", "ofc1", "sgt1"]);
    let aunt = json!({ "case": case, "roles": ["reporter"], "names": ["Ann O'Hara"] });
    world.new_record("ofc1", "person", aunt);
    let account = account(&mut world, "ofc1", &case);
    world.sync_all(&["ofc1", "ofc4", "sgt1"]);
    let body =
        |to: &str, text: &str| json!({ "to": to, "parts": ["words_verbatim"], "text": text, "reason": "they asked" });
    let mut to_tutor = body("stf1", "He waits at the gate, Ann O'Hara says.");
    to_tutor["school"] = json!("100001");
    world.step("ofc1", &account, "release_extract", to_tutor);
    world.sync_all(&["ofc1", "sgt1", "dsl1", "stf1", "dsl2"]);
    let found = world.list("stf1", "extract");
    let extract = found[0]["id"].as_str().unwrap().to_owned();
    for user in ["dsl1", "stf1", "ofc1", "sgt1"] {
        let shown = world.show(user, &extract);
        assert_eq!(shown["text"], "He waits at the gate, [not named] says.", "{user}");
        assert_eq!((&shown["of"], &shown["author"]), (&json!(account), &json!("ofc1")), "{user}");
        assert!(!shown.to_string().contains("older"), "{user}");
    }
    for (user, id) in [("dsl1", &account), ("stf1", &account), ("dsl2", &extract)] {
        assert!(world.run(user, &["show", id], None).is_err(), "{user}");
    }
    // Nobody begins one by hand, of nothing.
    let by_hand = json!({ "case": case, "of": account, "text": "all of it", "school": "100001" });
    assert_eq!(world.run("ofc1", &["new", "extract"], Some(&by_hand)).unwrap_err()["code"], "I.create");
    // Later she says more. The extract stays as it was released; who holds both sees that it is older.
    world.done("ofc1", &["addendum", &account, "--text", "it was the other gate", "--reason", "she rang"]);
    world.sync_all(&["ofc1", "sgt1", "dsl1", "stf1"]);
    for (user, older) in [("ofc1", true), ("sgt1", true), ("dsl1", false), ("stf1", false)] {
        assert_eq!(world.marks(user, &extract).contains(&"older_than_source".to_owned()), older, "{user}");
    }
    assert_eq!(world.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r47_an_extract_by_somebody_without_the_vault_that_names_the_reporter_never_leaves_the_server() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.person("ofc4", "officer", &["--team", "t1", "--supervisor", "sgt1", "--school", "100001"]);
    world.sync_all(&["dsl1", "ofc1", "ofc4"]);
    let concern =
        world.new_record("dsl1", "concern", json!({ "exact_words": "she will not walk home", "source": "school" }));
    let case = world.show("dsl1", &concern)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["dsl1", "ofc1", "ofc4"]);
    let aunt = json!({ "case": case, "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] });
    let aunt = world.new_record("ofc1", "person", aunt);
    let account = account(&mut world, "ofc1", &case);
    world.sync_all(&["ofc1", "ofc4"]);
    assert!(world.run("ofc4", &["show", &aunt], None).is_err(), "they cannot know");
    let body =
        |text: &str| json!({ "to": "100001", "parts": ["words_verbatim"], "text": text, "reason": "they asked" });
    let told = world.step("ofc4", &account, "release_extract", body("He waits at the gate. Ring 07700900456."));
    assert!(gaps(&told).iter().any(|gap| gap.starts_with("R47.unknown_here")), "{told}");
    let answer = world.sync("ofc4");
    assert!(answer["rejected"].to_string().contains("R47.reporter_named"), "{answer}");
    world.sync_all(&["dsl1", "ofc4", "dsl1"]);
    assert_eq!(world.list("dsl1", "extract").len(), 0);
    // Screened, it goes.
    world.step("ofc4", &account, "release_extract", body("He waits at the gate."));
    world.sync_all(&["ofc4", "dsl1"]);
    let read = world.list("dsl1", "extract");
    assert_eq!(read.len(), 1);
    assert_eq!(world.show("dsl1", read[0]["id"].as_str().unwrap())["text"], "He waits at the gate.");
}

#[test]
fn r47_an_officer_who_knows_the_reporter_cannot_name_them_to_a_school_or_the_hub_by_mistake() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["dsl1", "ofc1", "hub1"]);
    let concern =
        world.new_record("dsl1", "concern", json!({ "exact_words": "she will not walk home", "source": "school" }));
    let case = world.show("dsl1", &concern)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["dsl1", "ofc1"]);
    let aunt = json!({ "case": case, "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] });
    world.new_record("ofc1", "person", aunt);
    let asked = json!({ "case": case, "school": "100001", "exact_request": "Ann O'Hara says he waits: watch the gate",
        "about": [said("a girl")], "action_kind": "enquiry", "owner": "dsl1" });
    let made = world.made("ofc1", "action", &asked);
    assert!(gaps(&made).iter().any(|gap| gap.starts_with("R47.reporter_named")), "{made}");
    let asked = made["id"].as_str().unwrap().to_owned();
    let update =
        json!({ "action": asked, "text": "ring Ann back on 07700900456", "text_police": "Ann O'Hara rang again" });
    let update = world.new_record("ofc1", "action_update", update);
    let changed = world.edit("ofc1", &asked, json!({ "alternative_contact": "Ann O'Hara" }));
    assert!(gaps(&changed).iter().any(|gap| gap.starts_with("R47.reporter_named")), "{changed}");
    // What is said with a step, and why something is added, is read there, too; and not that it was masked.
    let looked = json!({ "exact_request": "look at the gate", "about": [said("a girl")], "action_kind": "enquiry" });
    let looked = world.new_record("dsl1", "action", looked);
    world.sync_all(&["dsl1", "ofc1"]);
    let own = world.show("ofc1", &looked)["case"].as_str().unwrap().to_owned();
    let again = json!({ "case": own, "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] });
    world.new_record("ofc1", "person", again);
    world.step("ofc1", &looked, "accept", json!({}));
    let done = json!({ "outcome": "Ann says she is home", "evidence": [{ "ref": "note 7", "type": "note" }] });
    let done = world.step("ofc1", &looked, "complete", done);
    assert!(gaps(&done).iter().any(|gap| gap.starts_with("R47.reporter_named")), "{done}");
    let referral = json!({ "case": case, "child": "a girl of 12", "to": "hub", "recipients": ["hub1"],
        "facts": ["Ann O'Hara saw him at the gate"], "decision": "made", "made_by": "police" });
    let (referral, _) = world.sealed("ofc1", "referral", referral);
    world.done("ofc1", &["addendum", &referral, "--text", "he was there again", "--reason", "Ann rang back"]);
    world.sync_all(&["ofc1", "dsl1", "hub1"]);
    for (user, id) in [("dsl1", &asked), ("dsl1", &update), ("dsl1", &looked), ("hub1", &referral)] {
        let shown = world.show(user, id).to_string();
        assert!(shown.contains("[not named]"), "{user}: {shown}");
        for name in ["Ann", "O'Hara", "07700900456", "reporter_named"] {
            assert!(!shown.contains(name), "{user}: {shown}");
        }
    }
    // What the police say among themselves keeps its words.
    let note = world.list("ofc1", "action_note")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.show("ofc1", &note)["text"], "Ann O'Hara rang again");
}

#[test]
fn r88_what_is_shared_with_somebody_who_may_not_hold_it_is_refused_or_told() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["dsl1", "dsl2", "ofc1", "sgt1"]);
    let asked = json!({ "exact_request": "please speak to her", "about": [said("a girl")], "action_kind": "visit" });
    let asked = world.new_record("dsl1", "action", asked);
    let case = world.show("dsl1", &asked)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["dsl1", "ofc1"]);
    // This officer's device does not know the lead of another school. It lets it pass; the server knows.
    world.step("ofc1", &asked, "share", json!({ "to": "dsl2", "reason": "she moves there" }));
    world.sync_all(&["ofc1", "dsl2"]);
    assert!(world.run("dsl2", &["show", &asked], None).is_err());
    world.sync("ofc1");
    assert!(world.is_prompted("ofc1", "R88.recipient"), "nobody believes that it arrived");
    world.step("ofc1", &asked, "acknowledge", json!({}));
    world.sync_all(&["ofc1", "ofc1"]);
    assert!(!world.is_prompted("ofc1", "R88.recipient"));
    // What their own school is asked by an action of its own reaches them; from then on they are known, and refused.
    let theirs = json!({ "case": case, "school": "100002", "exact_request": "please speak to her", "owner": "dsl2",
        "about": [said("a girl")], "action_kind": "visit" });
    let theirs = world.new_record("ofc1", "action", theirs);
    world.sync_all(&["ofc1", "dsl2", "ofc1"]);
    assert!(world.run("dsl2", &["show", &theirs], None).is_ok());
    let refused = world.refused("ofc1", &asked, "share", json!({ "to": "dsl2", "reason": "she moves there" }));
    assert_eq!(refused, ["R88.recipient to"]);
}
