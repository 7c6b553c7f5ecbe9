//! R91, R95, R97: what is asked for later is there, proves itself, and shows when it was read.

use serde_json::{Value as Json, json};

use crate::world::{World, said};

fn case_with_an_account(world: &mut World) -> (String, String) {
    let account = json!({ "speaker": "Mia", "words_verbatim": [{ "seq": 1, "speaker": "Mia", "text": "he came in the night" }],
        "account_started_at": world.now(), "account_ended_at": world.now() });
    let (id, _) = world.sealed("ofc1", "disclosure", account);
    let case = world.show("ofc1", &id)["case"].as_str().unwrap().to_owned();
    world.new_record(
        "ofc1",
        "action",
        json!({ "case": case, "exact_request": "ring the school", "about": [said("Mia")],
        "action_kind": "enquiry", "due": world.in_minutes(60), "requested_by": { "person": "ofc1", "org": "police" } }),
    );
    world.sync("ofc1");
    (case, id)
}

#[test]
fn r97_an_export_verifies_on_a_machine_with_no_store_and_every_change_of_it_is_noticed() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync("ofc1");
    let (case, _) = case_with_an_account(&mut world);
    let file = world.folder("ofc1").join("bundle");
    let file = file.to_str().unwrap().to_owned();
    let made = world.done("ofc1", &["export", "--case", &case, "--to", &file, "--purpose", "oversight"]);
    assert!(made["records"].as_u64().unwrap() >= 3, "{made}");
    let verify = |path: &str| world_verify(path);
    let proof = verify(&file);
    assert_eq!((&proof["ok"], proof["faults"].as_array().unwrap().len()), (&json!(true), 0), "{proof}");
    assert!(proof["statements"].as_u64().unwrap() >= 3 && proof["receipts"].as_u64().unwrap() >= 1, "{proof}");
    assert_eq!(proof["exported_by"], "ofc1");

    // Wherever a byte is changed, it is found; a cut file is one finding, not a crash.
    let whole = std::fs::read(&file).unwrap();
    let broken = format!("{file}.broken");
    for part in 1..40 {
        let mut bytes = whole.clone();
        let at = whole.len() * part / 40;
        bytes[at] ^= 0x41;
        std::fs::write(&broken, &bytes).unwrap();
        assert_eq!(verify(&broken)["ok"], false, "byte {at}");
        std::fs::write(&broken, &whole[..at]).unwrap();
        assert_eq!(verify(&broken)["ok"], false, "cut at {at}");
    }
}

/// Checks a bundle with no store at all.
fn world_verify(path: &str) -> Json {
    let program = &crate::world::programs().field;
    let output = std::process::Command::new(program).args(["verify-bundle", path, "--json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn r91_every_opening_is_logged_also_offline_and_a_row_that_is_left_out_is_missed() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync("ofc1");
    let (case, account) = case_with_an_account(&mut world);
    for purpose in ["briefing", "handover"] {
        world.done("ofc1", &["show", &account, "--purpose", purpose]);
    }
    let file = world.folder("ofc1").join("reads");
    let file = file.to_str().unwrap().to_owned();
    world.done("ofc1", &["export", "--case", &case, "--to", &file]);
    let bytes = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("briefing") && text.contains("handover"), "who read it, and what for, is in it");
    assert_eq!(world_verify(&file)["ok"], true);
    assert_eq!(world.done("ofc1", &["verify"])["ok"], true);
}

#[test]
fn r95_a_wrong_clock_keeps_its_time_shows_its_skew_and_orders_nothing_falsely() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync("ofc1");
    // Three hours fast: the device measures it at its next sync and says so in what it writes then.
    let fast = "2026-03-02T12:00:00Z";
    world.run_at("ofc1", fast, &["sync", "--timeout", "60"]);
    let made =
        world.run_at_with("ofc1", fast, &["new", "concern"], &json!({ "exact_words": "a worry", "source": "patrol" }));
    let id = made["id"].as_str().unwrap().to_owned();
    let case = world.show("ofc1", &id)["case"].as_str().unwrap().to_owned();
    let lines = world.done("ofc1", &["timeline", "--case", &case]);
    let line = lines.as_array().unwrap().iter().find(|line| line["record"] == id.as_str()).unwrap().clone();
    assert!(line["at"].as_str().unwrap().starts_with("2026-03-02T12:00"), "the original time stands: {line}");
    assert!(line["corrected_at"].as_str().unwrap().starts_with("2026-03-02T09:0"), "{line}");
    assert!((line["skew_ms"].as_i64().unwrap() - 3 * 3_600_000).abs() < 300_000, "{line}");
}

#[test]
fn r51_the_delivery_report_counts_the_changes_of_state_that_came_late_to_whoever_asked() {
    let mut world = World::new("2026-03-02T09:00:00Z");
    world.sync_all(&["dsl1", "ofc1"]);
    let action = json!({ "exact_request": "please speak to her", "action_kind": "speak_to_child" });
    let asked = world.new_record("dsl1", "action", action);
    world.sync_all(&["dsl1", "ofc1"]);
    let counts = |world: &World| {
        let rows = world.admin(&["report", "--kind", "delivery"]);
        let sum =
            rows.as_array().unwrap().iter().find(|row| row["org"] == "school:100001" && row["n"].is_u64()).cloned();
        sum.map(|sum| (sum["state_changes"].clone(), sum["state_late"].clone()))
    };
    world.step("ofc1", &asked, "accept", json!({}));
    world.sync("ofc1");
    assert_eq!(counts(&world), Some((json!(1), json!(0))), "on its way");
    world.pass("2m");
    assert_eq!(counts(&world), Some((json!(1), json!(1))), "a minute has passed, and the school has not heard");
    world.sync_all(&["dsl1", "dsl1"]);
    world.step("ofc1", &asked, "start", json!({}));
    world.sync_all(&["ofc1", "dsl1", "dsl1"]);
    world.pass("1h");
    assert_eq!(counts(&world), Some((json!(2), json!(1))), "the second came at once");
    // A force for which two minutes are soon enough.
    world.admin(&["policy", "--set", "state_shown_seconds=300"]);
    assert_eq!(counts(&world), Some((json!(2), json!(0))));
}
