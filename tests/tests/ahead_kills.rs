//! A new handset that is far behind, over a real link, with kill -9 on both sides: what is urgent is there
//! after the first messages, and everything in the end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use common::author::Author;
use common::{Scene, programs};
use field_day::stage::Handset;
use serde_json::{Value as Json, json};

const RECORDS: usize = 700;

fn request(scene: &Scene, words: &str, urgency: &str) -> Json {
    let mut body = scene.action_body(words);
    body["urgency"] = json!(urgency);
    body
}

#[test]
fn a_new_handset_shows_what_is_urgent_first_and_loses_nothing_by_kills_of_either_side() {
    let mut scene = Scene::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = scene.server.code("officer").unwrap();
    let (ordinary, urgent) = (request(&scene, "ordinary", "standard"), request(&scene, "now", "immediate"));
    let urgent = runtime.block_on(async {
        let mut officer = Author::enrol(&code).await;
        let mut last = None;
        for number in 0..=RECORDS {
            let body = if number == RECORDS { urgent.clone() } else { ordinary.clone() };
            let (id, item) = officer.create("action", body);
            officer.push_honest(vec![item]).await;
            last = Some(id.to_string());
        }
        last.unwrap()
    });

    let code = scene.server.code("sergeant").unwrap();
    let place = scene.folder.path().join("late");
    let mut late = Handset::enrol(programs(), &place, "sergeant", &code).unwrap();
    for round in 0..4 {
        late.watch().unwrap();
        let first = late.wait(|event| event["event"] == "record_changed").unwrap();
        if round == 0 {
            assert_eq!(first["id"], urgent.as_str(), "before everything else");
        }
        if round % 2 == 0 {
            late.kill();
        } else {
            scene.server.kill();
            late.wait(|event| event["event"] == "offline").unwrap();
            late.kill();
            scene.server.serve().unwrap();
        }
        let shown = late.run(&["show", &urgent]).unwrap();
        assert_eq!((&shown["urgency"], &shown["exact_request"]), (&json!("immediate"), &json!("now")));
    }
    let synced = late.run(&["sync", "--timeout", "120"]).unwrap();
    println!("the last sync: {synced}");
    assert_eq!(late.run(&["list", "action"]).unwrap().as_array().unwrap().len(), RECORDS + 1);
    let status = late.run(&["status"]).unwrap();
    assert_eq!((&status["distrusted"], &status["drift_at"]), (&json!(0), &Json::Null));
    assert_eq!(late.run(&["verify"]).unwrap()["ok"], true);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
    let list = scene.server.admin(&["device", "list"]).unwrap();
    let device = list.as_array().unwrap().iter().find(|row| row["id"] == status["device"]).unwrap();
    assert_eq!(device["unreceived"], 0);
}
