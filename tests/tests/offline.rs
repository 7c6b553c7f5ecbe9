//! Without signal everything works; when it returns nobody presses anything.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::time::{Duration, Instant};

use common::{Scene, all_sent, id};
use field_day::stage::Handset;
use serde_json::{Value as Json, json};

/// Ten times what the product promises: a shared machine must not decide.
const SENT_WITHIN: Duration = Duration::from_secs(30);
const SHOWN_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn r1_without_a_server_every_command_works_and_the_unsent_are_counted_by_urgency() {
    let mut scene = Scene::new();
    assert!(scene.server.stop().unwrap());
    let account =
        id(&scene.officer.say_with(&["new", "disclosure"], &scene.disclosure_body("he grabbed my arm")).unwrap());
    scene.officer.run(&["edit", &account, "--set", "urgency=immediate"]).unwrap();
    let sealed = scene.officer.run(&["seal", &account]).unwrap();
    assert_eq!(sealed["status"], "sealed", "{sealed}");
    let added =
        scene.officer.run(&["addendum", &account, "--text", "said it was the left arm", "--reason", "asked again"]);
    assert!(added.is_ok(), "{added:?}");
    let action = scene.officer_action("ring home");
    scene.officer.run(&["edit", &action, "--set", "urgency=urgent"]).unwrap();
    scene.officer_action("order forms");
    let list = scene.officer.run(&["list"]).unwrap();
    // The account, two actions, and the check that the account asks for (R35).
    let kinds: Vec<_> = list.as_array().unwrap().iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "action").count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"disclosure") && kinds.len() == 4, "{kinds:?}");
    let shown = scene.officer.run(&["show", &account]).unwrap();
    assert!(shown["statements"].as_array().unwrap().iter().all(|s| s["verified"] == true));
    assert!(shown["addenda"].to_string().contains("left arm"));
    let found = scene.officer.run(&["search", "grabbed"]).unwrap();
    assert!(found.to_string().contains(&account));
    let status = scene.officer.run(&["status"]).unwrap();
    assert_eq!(status["online"], false);
    let unsent = &status["unsent"];
    assert!(unsent["immediate"].as_u64().unwrap() >= 1 && unsent["urgent"].as_u64().unwrap() >= 1, "{unsent}");
    let refused = scene.officer.output(&["sync", "--timeout", "2"]).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let refused: Json = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(refused["error"]["class"], "offline");
}

#[test]
fn the_cost_of_a_sync_depends_on_what_changed_and_not_on_what_is_held() {
    let scene = Scene::new();
    let mut held = Vec::new();
    let sync = |handset: &Handset| handset.run(&["sync", "--timeout", "60"]).unwrap();
    let mut costs = Vec::new();
    for more in [10, 120] {
        for number in 0..more {
            let body = scene.folder.path().join("body.json");
            std::fs::write(&body, scene.action_body(&format!("number {number}")).to_string()).unwrap();
            held.push(id(&scene.officer.run(&["new", "action", "--from", body.to_str().unwrap()]).unwrap()));
        }
        sync(&scene.officer);
        sync(&scene.sergeant);
        // What the sergeant's device told the server comes back once, and is not part of the edit.
        sync(&scene.officer);
        scene.officer.run(&["edit", held.last().unwrap(), "--set", "urgency=urgent"]).unwrap();
        let (there, back) = (sync(&scene.officer), sync(&scene.sergeant));
        let bytes = |answer: &Json| answer["bytes_out"].as_u64().unwrap() + answer["bytes_in"].as_u64().unwrap();
        costs.push(bytes(&there) + bytes(&back));
    }
    println!("one edit among 10 records: {} bytes, among 130: {} bytes", costs[0], costs[1]);
    // A datagram more or less is the network's affair.
    assert!(costs[1] < costs[0] * 3 / 2 + 3_000, "{costs:?}");
}

#[test]
fn r24_when_the_server_returns_the_watching_handset_sends_by_itself_urgent_first() {
    let mut scene = Scene::new();
    scene.officer.watch().unwrap();
    scene.officer.wait(|e| e["event"] == "online").unwrap();
    let mut times = Vec::new();
    for round in 0..20 {
        assert!(scene.server.stop().unwrap());
        scene.officer.wait(|e| e["event"] == "offline").unwrap();
        let ordinary: Vec<_> = (0..5).map(|n| scene.officer_action(&format!("ordinary {round}.{n}"))).collect();
        let mut body = scene.action_body(&format!("now {round}"));
        body["urgency"] = json!("immediate");
        let urgent = id(&scene.officer.say_with(&["new", "action"], &body).unwrap());
        scene.server.serve().unwrap();
        let begun = Instant::now();
        scene.officer.until(&["status"], all_sent).unwrap();
        times.push(begun.elapsed());
        assert!(begun.elapsed() < SENT_WITHIN);
        let order = scene.server.admin(&["audit"]).unwrap();
        let place = |id: &str| order.as_array().unwrap().iter().position(|row| row.to_string().contains(id)).unwrap();
        assert!(ordinary.iter().all(|id| place(id) > place(&urgent)), "the urgent record first");
    }
    times.sort();
    println!("server back -> all sent: median {:?}, worst of 20 {:?}", times[10], times[19]);
}

#[test]
fn r51_the_school_hears_of_the_officers_change_at_once() {
    let mut scene = Scene::new();
    scene.officer.watch().unwrap();
    scene.lead.watch().unwrap();
    let action = scene.officer_action("please look into the bus stop");
    scene.lead.until(&["show", &action], |shown| shown["status"] == "requested").unwrap();
    scene.officer.say(&["do", &action, "accept"]).unwrap();
    scene.lead.until(&["show", &action], |shown| shown["status"] == "accepted").unwrap();
    let mut times = Vec::new();
    for round in 0..20 {
        let (verb, status) = if round % 2 == 0 { ("start", "in_progress") } else { ("block", "blocked") };
        let body = scene.officer.body(&json!({"reason": "waiting"})).unwrap();
        let begun = Instant::now();
        if verb == "block" {
            scene.officer.say(&["do", &action, verb, "--from", &body]).unwrap();
        } else {
            scene.officer.say(&["do", &action, verb]).unwrap();
        }
        scene
            .lead
            .wait_for(SHOWN_WITHIN, |e| {
                e["event"] == "record_changed" && e["id"] == action.as_str() && e["status"] == status
            })
            .unwrap();
        times.push(begun.elapsed());
    }
    times.sort();
    println!("officer's change -> school's event: median {:?}, worst of 20 {:?}", times[10], times[19]);
}

#[test]
fn a_word_typed_and_deleted_before_sealing_is_nowhere_but_in_the_draft() {
    let mut scene = Scene::new();
    let body = scene.disclosure_body("she said Wibblethorpe did it");
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    scene.officer.run(&["sync", "--timeout", "60"]).unwrap();
    let line = json!([{"seq": 1, "speaker": "a pupil", "text": "she gave no name", "exact": true}]).to_string();
    scene.officer.run(&["edit", &account, "--set", &format!("words_verbatim={line}")]).unwrap();
    scene.officer.run(&["seal", &account]).unwrap();
    scene.officer.run(&["sync", "--timeout", "60"]).unwrap();
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    let shown = scene.sergeant.run(&["show", &account]).unwrap().to_string();
    assert!(shown.contains("she gave no name"));
    let key = common::pages::key_of(scene.sergeant.store());
    let store = common::pages::plain_pages(&scene.sergeant.store().join("field.db"), &key);
    assert!(common::pages::holds(&store, "gave no name") && !common::pages::holds(&store, "Wibblethorpe"));
}
