//! Power cuts: what was reported saved is there, what was receipted is on the server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Dice, Scene, ids};
use serde_json::{Value as Json, json};

/// What the write-ahead log looks like from outside: grown or touched means a write has begun.
fn log_state(store: &Path) -> Option<(u64, std::time::SystemTime)> {
    let wal = fs::metadata(store.join("field.db-wal")).ok()?;
    Some((wal.len(), wal.modified().ok()?))
}

#[test]
fn r1_what_a_handset_reported_saved_survives_fifty_power_cuts() {
    let mut dice = Dice::new("HANDSET_KILLS");
    let mut scene = Scene::new();
    scene.server.kill();
    let mut reported: BTreeSet<String> = BTreeSet::new();
    let (mut before, mut between, mut after) = (0, 0, 0);
    for round in 0..50 {
        scene.officer.watch().unwrap();
        scene.officer.wait(|e| e["event"] == "offline").unwrap();
        // A few whole saves, so that a cut does not always meet the first one.
        for n in 0..dice.below(3) {
            reported.insert(scene.officer_action(&format!("whole {round}.{n}")));
        }
        let store = scene.officer.store().to_path_buf();
        let body = scene.officer.body(&scene.action_body(&format!("cut {round}"))).unwrap();
        let quiet = log_state(&store);
        let line = scene.officer.speak(&["new", "action", "--from", &body]).unwrap();
        // Half of the cuts fall as soon as a write is seen, the others after a random wait.
        let deadline = Instant::now() + Duration::from_secs(10);
        let wait = Duration::from_micros(dice.below(4_000));
        let begun = Instant::now();
        loop {
            let written = log_state(&store) != quiet;
            if (round % 4 != 0 && written) || (round % 4 == 0 && begun.elapsed() >= wait) || Instant::now() > deadline {
                break;
            }
            std::hint::spin_loop();
        }
        let written = log_state(&store) != quiet;
        let answer = scene.officer.kill_and_hear(line);
        match (written, &answer) {
            (_, Some(saved)) => {
                reported.insert(saved["id"].as_str().unwrap().to_owned());
                after += 1;
            }
            (true, None) => between += 1,
            (false, None) => before += 1,
        }
    }
    println!("50 cuts: {before} before the first write, {between} between it and the answer, {after} after the answer");
    assert!(between >= 25, "at least half of the cuts must fall while the disk is being written");
    let held = ids(&scene.officer.run(&["list", "action"]).unwrap());
    let lost: Vec<_> = reported.difference(&held).collect();
    assert!(lost.is_empty(), "reported saved and not there: {lost:?}");
    assert_eq!(scene.officer.run(&["verify"]).unwrap()["ok"], true);
    // What was saved unseen is there whole or not at all, and all of it reaches the server.
    scene.server.serve().unwrap();
    scene.officer.run(&["sync", "--timeout", "60"]).unwrap();
    let unsent = scene.officer.run(&["status"]).unwrap()["unsent"].clone();
    assert!(unsent.as_object().unwrap().values().all(|n| n == 0), "{unsent}");
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    assert_eq!(ids(&scene.sergeant.run(&["list", "action"]).unwrap()), held);
}

#[test]
fn r99_what_the_server_receipted_survives_twenty_five_kills_while_it_takes_a_thousand_records() {
    let mut dice = Dice::new("SERVER_KILLS");
    let mut scene = Scene::new();
    scene.server.kill();
    scene.officer.watch().unwrap();
    let mut made = BTreeSet::new();
    for n in 0..1_000 {
        made.insert(scene.officer_action(&format!("record {n}")));
    }
    let (mut kills, mut idle, mut taking) = (0, 0, 0);
    while kills < 25 {
        scene.server.serve().unwrap();
        let wal = scene.server.dir().join("firsthand.db-wal");
        let size = || fs::metadata(&wal).map_or(0, |m| m.len());
        let before = size();
        let deadline = Instant::now() + Duration::from_secs(3);
        while size() == before && Instant::now() < deadline {
            std::hint::spin_loop();
        }
        let writing = size() != before;
        let wait = Duration::from_micros(dice.below(8_000));
        let begun = Instant::now();
        while begun.elapsed() < wait {
            std::hint::spin_loop();
        }
        scene.server.kill();
        kills += 1;
        if writing {
            taking += 1
        } else {
            idle += 1
        }
        let receipted = scene.officer_receipted();
        let unsent = scene.officer.say(&["status"]).unwrap()["unsent"].clone();
        if unsent.as_object().unwrap().values().all(|n| n == 0) {
            // Everything is there already: give the next kills something to interrupt.
            for n in 0..200 {
                made.insert(scene.officer_action(&format!("more {kills}.{n}")));
            }
        }
        scene.server.serve().unwrap();
        let verdict = scene.server.admin(&["verify"]).unwrap();
        assert_eq!(verdict["ok"], true, "{verdict}");
        let on_server = scene.server_records();
        let lost: Vec<_> = receipted.difference(&on_server).collect();
        assert!(lost.is_empty(), "receipted and not on the server: {lost:?}");
        scene.server.kill();
    }
    println!("25 kills: {taking} after the server had begun to write, {idle} while it was idle");
    assert!(taking >= 13, "at least half of the kills must fall while the server takes records");
    scene.server.serve().unwrap();
    scene.officer.until(&["status"], |s| s["unsent"].as_object().is_some_and(|u| u.values().all(|n| n == 0))).unwrap();
    assert_eq!(scene.officer_receipted(), made);
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    assert_eq!(ids(&scene.sergeant.run(&["list", "action"]).unwrap()), made);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
    let _: Json = json!(null);
}
