//! An account sealed twice by its author's two devices, with a real server between them: on every
//! screen the first is the one that the server took first.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Scene, id, programs};
use field_day::stage::Handset;

/// Enough that the second seal's hash sorts before the first's in one of them, but for one run in a
/// thousand; `crates/field-core/tests/accounts.rs` goes on until both have been seen.
const ROUNDS: usize = 10;

#[test]
fn r7_the_account_the_server_took_first_is_the_first_on_every_device() {
    let mut scene = Scene::new();
    let code = scene.server.code("officer").unwrap();
    let tablet = Handset::enrol(programs(), &scene.folder.path().join("tablet"), "officer", &code).unwrap();
    let sync = |handset: &Handset| handset.run(&["sync", "--timeout", "60"]).unwrap();
    for round in 0..ROUNDS {
        let body = scene.disclosure_body(&format!("he took the bus, {round}"));
        let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
        sync(&scene.officer);
        sync(&tablet);
        scene.officer.run(&["edit", &account, "--set", "delay_reason=on the handset"]).unwrap();
        tablet.run(&["edit", &account, "--set", "delay_reason=on the tablet"]).unwrap();
        let first = scene.officer.run(&["seal", &account]).unwrap()["statement"].clone();
        let second = tablet.run(&["seal", &account]).unwrap()["statement"].clone();
        for handset in [&scene.officer, &tablet, &scene.officer, &scene.sergeant] {
            sync(handset);
        }
        for handset in [&scene.officer, &tablet, &scene.sergeant] {
            let shown = handset.run(&["show", &account]).unwrap();
            assert_eq!(shown["delay_reason"], "on the handset", "first {first}, second {second}");
            assert_eq!(shown["accounts"][0]["statement"], second);
            assert_eq!(shown["accounts"][0]["body"]["delay_reason"], "on the tablet");
            assert!(shown["statements"].as_array().unwrap().iter().all(|s| s["verified"] == true));
        }
    }
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}
