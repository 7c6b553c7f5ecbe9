//! Canaries: a text planted in each compartment, and the search for them in everything a school has.

use field_day::programs::Programs;
use field_day::stage::Handset;

use serde_json::{Value as Json, json};

use super::client::Client;
use super::pages::{holds, key_of, memory, plain_pages};
use super::{OTHER_SCHOOL, SCHOOL, Scene, id, ids};

pub const POLICE: &str = "Xylographica the police canary sang";
pub const DRAFT: &str = "Quokkaberry the draft canary sang";
pub const OTHER: &str = "Zephyrantha the other canary sang";
pub const SHARED: &str = "Marmaladeon the shared canary sang";

pub const RELEASED: &str = "Tamarindis the released canary sang";
pub const REPORTER: &str = "Wolframina Corvidae";

/// The officer holds a reporter's vault, and releases of the account what its text says; the texts of what the school
/// reads then.
pub fn released(scene: &mut Scene) -> Vec<Json> {
    let reporter = json!({ "case": scene.case, "roles": ["reporter"], "names": [REPORTER] });
    scene.officer.say_with(&["new", "person"], &reporter).unwrap();
    let accounts = scene.officer.say(&["list", "disclosure"]).unwrap();
    let account = id(accounts.as_array().unwrap().iter().find(|line| line["status"] != "draft").unwrap());
    let text = format!("{RELEASED}, says {REPORTER}.");
    let body = json!({ "to": SCHOOL, "parts": ["words_verbatim"], "text": text, "reason": "asked" });
    scene.officer.say_with(&["do", &account, "release_extract"], &body).unwrap();
    for handset in [&scene.officer, &scene.lead] {
        handset.run(&["sync", "--timeout", "60"]).unwrap();
    }
    let extracts = ids(&scene.lead.say(&["list", "extract"]).unwrap());
    extracts.iter().map(|id| scene.lead.say(&["show", id]).unwrap()).collect()
}

/// Plants a canary in each compartment and lets everybody sync.
pub fn planted(programs: &Programs, environment: &[(&str, &str)]) -> Scene {
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
pub fn store(handset: &Handset) -> Vec<u8> {
    plain_pages(&handset.store().join("field.db"), &key_of(handset.store()))
}

/// The canaries found anywhere the lead's devices have been.
pub fn found_at_school(scene: &mut Scene) -> Vec<&'static str> {
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
    [POLICE, DRAFT, OTHER, REPORTER, "Wolframina"].into_iter().filter(|canary| holds(&seen, canary)).collect()
}
