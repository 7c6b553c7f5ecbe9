//! A force changes its policy, with real programs: what it says on the server is what a rule does on a
//! handset, once that has synced.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Scene, id, minutes_ago};
use field_day::stage::Handset;
use serde_json::{Value as Json, json};

/// The officer writes down an account that ended two hours ago; answers its id and what the seal missed.
fn two_hours_late(scene: &mut Scene, words: &str) -> (String, Vec<String>) {
    let mut body = scene.disclosure_body(words);
    body["account_started_at"] = json!(minutes_ago(130));
    body["account_ended_at"] = json!(minutes_ago(120));
    body["reassured"]["done"]["when"] = json!(minutes_ago(121));
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    let sealed = scene.officer.run(&["seal", &account]).unwrap();
    let gaps = sealed["gaps"].as_array().unwrap().iter().map(|gap| gap["code"].as_str().unwrap().to_owned());
    (account, gaps.collect())
}

fn sync(handset: &Handset) -> Json {
    handset.run(&["sync", "--timeout", "60"]).unwrap();
    handset.run(&["status"]).unwrap()
}

#[test]
fn r4_a_force_changes_the_delay_and_devices_follow() {
    let mut scene = Scene::new();
    assert_eq!(sync(&scene.officer)["policy"], 1);
    let (first, gaps) = two_hours_late(&mut scene, "he said it on the bus");
    assert!(!gaps.contains(&"R4.delay".to_owned()), "{gaps:?}");
    assert!(scene.officer.run(&["show", &first]).unwrap()["delay_ms"].is_null());

    let set = scene.server.admin(&["policy", "--set", "account_delay_hours=1"]).unwrap();
    assert_eq!(set, json!({"version": 2, "changed": ["account_delay_hours"]}));
    // A handset that has not heard of it goes by what it knows, and says so in what it signs.
    let (offline, gaps) = two_hours_late(&mut scene, "he said it at lunch");
    assert!(!gaps.contains(&"R4.delay".to_owned()), "{gaps:?}");

    assert_eq!(sync(&scene.officer)["policy"], 2);
    let (second, gaps) = two_hours_late(&mut scene, "he said it by the gate");
    assert!(gaps.contains(&"R4.delay".to_owned()), "{gaps:?}");
    // The delay is displayed to every reader, of what was there before as well.
    sync(&scene.officer);
    assert_eq!(sync(&scene.sergeant)["policy"], 2);
    for handset in [&scene.officer, &scene.sergeant] {
        for account in [&first, &offline, &second] {
            let shown = handset.run(&["show", account]).unwrap();
            assert!(shown["delay_ms"].as_i64().unwrap() >= 120 * 60_000, "{account}");
        }
    }
    // Somebody new has the policy with their first sync.
    let code = scene.server.code("lead").unwrap();
    let tablet = Handset::enrol(common::programs(), &scene.folder.path().join("tablet"), "lead", &code).unwrap();
    assert_eq!(sync(&tablet)["policy"], 2);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
    let audit = scene.server.admin(&["audit"]).unwrap();
    let entry = audit.as_array().unwrap().iter().find(|row| row["why"] == "policy");
    let entry = entry.expect("the change is in the audit log");
    assert_eq!(entry["operation"], "admin");
    assert_eq!(entry["changed"], json!(["account_delay_hours"]));
}
