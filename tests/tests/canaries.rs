//! R88: what a school may not hold is in no byte it has: store, freed pages, memory, messages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::client::Client;
use common::pages::{files, holds, key_of, memory, plain_pages};
use common::{OTHER_SCHOOL, Scene};
use field_day::programs::Programs;
use field_day::stage::Handset;

const POLICE: &str = "Xylographica the police canary sang";
const DRAFT: &str = "Quokkaberry the draft canary sang";
const OTHER: &str = "Zephyrantha the other canary sang";
const SHARED: &str = "Marmaladeon the shared canary sang";

/// Plants a canary in each compartment and lets everybody sync.
fn planted(programs: &Programs, environment: &[(&str, &str)]) -> Scene {
    let mut scene = Scene::of(programs, environment);
    scene.officer_account(POLICE);
    let draft = scene.disclosure_body(DRAFT);
    scene.officer.say_with(&["new", "disclosure"], &draft).unwrap();
    scene.officer_action(SHARED);
    let other = scene.concern_body(OTHER_SCHOOL, OTHER);
    scene.stranger.say_with(&["new", "concern"], &other).unwrap();
    for _ in 0..2 {
        for handset in [&scene.officer, &scene.stranger, &scene.lead, &scene.sergeant] {
            handset.run(&["sync", "--timeout", "60"]).unwrap();
        }
    }
    scene
}

/// The store's plain bytes, opened with its key.
fn store(handset: &Handset) -> Vec<u8> {
    plain_pages(&handset.store().join("field.db"), &key_of(handset.store()))
}

/// The canaries found anywhere the lead's devices have been.
fn found_at_school(scene: &mut Scene) -> Vec<&'static str> {
    let mut seen = store(&scene.lead);
    assert!(holds(&seen, SHARED), "the search itself must find what the school may hold");
    scene.lead.watch().unwrap();
    scene.lead.wait(|event| event["event"] == "online").unwrap();
    scene.lead.say(&["list"]).unwrap();
    seen.extend(memory(scene.lead.process().unwrap()));
    scene.lead.unwatch().unwrap();
    seen.extend(store(&scene.lead));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = scene.server.code("lead").unwrap();
    let messages = runtime.block_on(async {
        let mut device = Client::enrol(&code).await.unwrap();
        let mut session = device.connect().await;
        device.read_all(&mut session).await;
        device.everything()
    });
    assert!(holds(&messages, SHARED));
    seen.extend(messages);
    [POLICE, DRAFT, OTHER].into_iter().filter(|canary| holds(&seen, canary)).collect()
}

#[test]
fn r88_no_canary_of_another_compartment_is_at_the_school() {
    let mut scene = planted(common::programs(), &[]);
    assert_eq!(found_at_school(&mut scene), [""; 0]);
    let officer = store(&scene.officer);
    for canary in [POLICE, DRAFT, SHARED] {
        assert!(holds(&officer, canary), "the same search finds what the officer holds");
    }
    assert!(!holds(&officer, OTHER));
}

#[test]
fn r92_without_the_key_no_file_of_any_device_or_the_server_holds_a_readable_word() {
    let scene = planted(common::programs(), &[]);
    let devices = [&scene.officer, &scene.sergeant, &scene.lead, &scene.stranger];
    for folder in devices.map(|h| h.store().to_path_buf()).iter().chain([&scene.server.dir().to_path_buf()]) {
        for file in files(folder) {
            let bytes = std::fs::read(&file).unwrap();
            for canary in [POLICE, DRAFT, OTHER, SHARED, "canary", "a pupil"] {
                assert!(!holds(&bytes, canary), "{} holds a readable word", file.display());
            }
        }
    }
}
