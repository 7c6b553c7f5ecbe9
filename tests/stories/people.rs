//! What the house keeps of its own people: searches that are answered for, cases that are sampled, training,
//! and everything that is counted about somebody.

use serde_json::json;

use crate::world::World;

#[test]
fn r37_a_search_of_a_person_is_never_held_up_and_one_without_a_record_is_the_sergeants_after_a_day() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let boy = world.new_record("ofc1", "person", json!({ "roles": ["suspect"], "names": ["Tobias Quill"] }));
    // In the corridor: who is he? The answer comes at once, whatever is still to be said.
    let found = world.done("ofc1", &["search", "Quill"]);
    assert_eq!(found[0]["id"], json!(boy));
    let searches = world.list("ofc1", "search");
    assert_eq!(searches.len(), 1);
    let search = searches[0]["id"].as_str().unwrap().to_owned();
    assert!(!world.show("ofc1", &search).to_string().contains("Quill"), "what was searched is not kept");
    assert!(world.is_prompted("ofc1", "R37.unlinked") && !world.is_prompted("sgt1", "R37.unlinked"));
    world.pass("25h");
    assert!(world.is_prompted("sgt1", "R37.unlinked"), "a day, and nobody has said what for");
    let concern = json!({ "exact_words": "he waits at the gate", "source": "school" });
    let concern = world.new_record("ofc1", "concern", concern);
    world.edit("ofc1", &search, json!({ "purpose": "he was named", "for_record": { "record": concern } }));
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(!world.is_prompted("sgt1", "R37.unlinked") && !world.is_prompted("ofc1", "R37.unlinked"));
    // Said with the search, nobody has to ask; a name nobody holds is a search too.
    world.pass("1h");
    world.done("ofc1", &["search", "--person", "--purpose", "named by a friend", "--record", &concern, "Nobody Known"]);
    assert_eq!(world.list("ofc1", "search").len(), 2);
    world.sync("ofc1");
    world.pass("25h");
    assert!(!world.is_prompted("sgt1", "R37.unlinked"));
    let error = world.run("ofc1", &["search", "--purpose", " ", "Quill"], None).unwrap_err();
    assert_eq!(error["code"], "I.reason");
}

#[test]
fn r78_each_month_the_inspector_is_given_open_cases_by_lot_and_what_they_found_is_kept() {
    let mut world = World::new("2026-03-30T09:00:00Z");
    world.sync_all(&["ofc1", "insp1"]);
    let mut cases = Vec::new();
    for number in 0..12 {
        let words = json!({ "exact_words": format!("worry {number}"), "source": "school" });
        let id = world.new_record("ofc1", "concern", words);
        cases.push(world.show("ofc1", &id)["case"].as_str().unwrap().to_owned());
    }
    world.sync_all(&["ofc1", "insp1"]);
    world.pass("23h");
    let samples = |world: &mut World| {
        world.sync("insp1");
        world.find("insp1", "deadline", |deadline| deadline["deadline_kind"] == "dip_sample")
    };
    assert!(samples(&mut world).is_empty(), "the month has not begun");
    world.pass("24h");
    let drawn = samples(&mut world);
    assert_eq!(drawn.len(), 10, "ten of twelve");
    assert!(world.prompts("insp1").iter().any(|code| code == "R78.sample"));
    let shown = world.show("insp1", &drawn[0]);
    let case = shown["case"].as_str().unwrap().to_owned();
    assert!(cases.contains(&case) && shown["due"].as_str().unwrap().starts_with("2026-05-01"));
    // The case itself is theirs to read.
    assert_eq!(world.show("insp1", &case)["status"], "open");
    world.step("insp1", &drawn[0], "answer", json!({ "reason": "plan is sound; ring the mother" }));
    world.sync("insp1");
    let kept = world.show("insp1", &drawn[0]);
    assert!(kept.to_string().contains("ring the mother"), "{kept}");
    // Once a month, also when the server comes back.
    world.restart_server();
    world.pass("1h");
    assert_eq!(samples(&mut world).len(), 10);
    world.pass("30d");
    assert_eq!(samples(&mut world).len(), 20, "May has its own");
}

#[test]
fn r82_training_that_is_missing_or_too_old_is_seen_by_the_person_and_their_sergeant() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "ofc2", "sgt2"]);
    let on = |day: &str| json!({ "user": "ofc1", "course": "safeguarding", "trained_on": format!("{day}T09:00:00Z") });
    let old = world.new_record("sgt1", "training", on("2024-04-01"));
    world.sync_all(&["sgt1", "ofc1"]);
    assert_eq!(world.show("ofc1", &old)["course"], "safeguarding", "their own");
    assert!(world.run("ofc2", &["show", &old], None).is_err(), "and nobody else's");
    assert!(!world.is_prompted("ofc1", "R82.training"));
    world.pass("35d");
    assert!(world.is_prompted("ofc1", "R82.training") && world.is_prompted("sgt1", "R82.training"));
    world.new_record("sgt1", "training", on("2026-04-05"));
    world.sync_all(&["sgt1", "ofc1"]);
    assert!(!world.is_prompted("ofc1", "R82.training") && !world.is_prompted("sgt1", "R82.training"));
    // Work of high risk: who was never trained, and who gave it to them, are warned; who was is not.
    for (officer, warned) in [("ofc1", false), ("ofc2", true)] {
        let sergeant = if officer == "ofc1" { "sgt1" } else { "sgt2" };
        let (_, _) = world.sealed(
            officer,
            "risk_assessment",
            json!({ "model": "KIRAT", "level": "high", "kirat_level": "high" }),
        );
        assert_eq!(world.is_prompted(officer, "R82.training"), warned, "{officer}");
        assert_eq!(world.is_prompted(sergeant, "R82.training"), warned, "{sergeant}");
    }
}

#[test]
fn r117_somebody_sees_everything_counted_about_them_and_their_note_stands_beside_it() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let counted = |world: &mut World| world.done("ofc1", &["status"])["counted"].clone();
    assert_eq!(counted(&mut world)["wordings_kept"], 0);
    let words = json!({ "exact_words": "a worry", "source": "school" });
    let concern = world.new_record("ofc1", "concern", words);
    let choice = json!({ "phrase_id": "bogus", "field": "observations", "for_record": { "record": concern },
        "choice": { "kept": "it is the mother's word" } });
    let choice = world.new_record("ofc1", "language_prompt", choice);
    world.done("ofc1", &["search", "--person", "Nobody Known"]);
    world.show("ofc1", &concern);
    world.sync("ofc1");
    let prompt = world.prompt("ofc1", "R37.unlinked");
    world.step("ofc1", prompt["record"].as_str().unwrap(), "dismiss_prompt", json!({ "prompt": prompt["id"] }));
    let seen = counted(&mut world);
    for (name, number) in [("wordings_kept", 1), ("searches", 1), ("searches_unlinked", 1), ("prompts_dismissed", 1)] {
        assert_eq!(seen[name], number, "{name}: {seen}");
    }
    assert!(seen["records_opened"].as_u64().unwrap() >= 1);
    // Numbers, and nothing that rates or ranks.
    for (name, value) in seen.as_object().unwrap() {
        assert!(value.is_u64() && !name.contains("score") && !name.contains("rank"), "{name}");
    }
    // What the number does not say is written beside it, and the sergeant reads both.
    world.edit("ofc1", &choice, json!({ "notes/+": "quoted from the first call" }));
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(world.show("sgt1", &choice)["notes"].to_string().contains("quoted from the first call"));
    assert!(world.run("dsl1", &["show", &choice], None).is_err());
    // The report names people in the order of their ids and rates nobody.
    let workload = world.server.admin(&["report", "--kind", "workload"]).unwrap();
    let report = workload.to_string().to_lowercase();
    assert!(!report.contains("score") && !report.contains("\"rank"), "{report}");
}

#[test]
fn r83_after_long_in_one_role_somebody_is_reminded_and_their_sergeant_reads_how_many_are() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "dsl1"]);
    let long_of = |world: &World, supervisor: &str| {
        let rows = world.admin(&["report", "--kind", "workload"]);
        let is = |row: &&serde_json::Value| row["supervisor"] == supervisor && row["long_in_role"].is_u64();
        rows.as_array().unwrap().iter().find(is).map_or(0, |row| row["long_in_role"].as_u64().unwrap())
    };
    // Four years are long for a test; what is set to half a year is due then also for those who are there.
    world.admin(&["policy", "--set", "tenure_days=183"]);
    world.pass("182d");
    assert!(!world.is_prompted("ofc1", "R83.tenure"));
    assert_eq!(long_of(&world, "sgt1"), 0);
    let newcomer = [
        "user",
        "add",
        "--id",
        "new1",
        "--name",
        "new1",
        "--role",
        "officer",
        "--area",
        "north",
        "--team",
        "t1",
        "--supervisor",
        "sgt1",
        "--school",
        "100001",
    ];
    world.admin(&newcomer);
    world.pass("36h");
    assert!(world.is_prompted("ofc1", "R83.tenure"));
    assert!(!world.is_prompted("new1", "R83.tenure") && !world.is_prompted("dsl1", "R83.tenure"));
    let long = long_of(&world, "sgt1");
    assert!(long >= 1, "the sergeant reads a number");
    world.pass("183d");
    assert!(world.is_prompted("new1", "R83.tenure"));
    assert_eq!(long_of(&world, "sgt1"), long + 1);
}
