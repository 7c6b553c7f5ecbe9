//! Unfinished words: what others learn of them, and when no longer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::canary::store;
use common::pages::holds;
use common::{Scene, id};
use field_day::stage::Handset;
use serde_json::Value as Json;

const UNFINISHED: &str = "Quokkaberry the unfinished canary sang";

fn sync(handset: &Handset) {
    handset.run(&["sync", "--timeout", "60"]).unwrap();
}

/// The lines of drafts that somebody sees.
fn drafts(handset: &Handset) -> Vec<Json> {
    let list = handset.run(&["list"]).unwrap();
    list.as_array().unwrap().iter().filter(|line| line["status"] == "draft").cloned().collect()
}

#[test]
fn r9_a_sergeant_sees_that_a_draft_exists_never_a_word_of_it_and_no_longer_once_it_is_sealed() {
    let mut scene = Scene::new();
    let body = scene.disclosure_body(UNFINISHED);
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    sync(&scene.officer);
    sync(&scene.sergeant);

    let seen = drafts(&scene.sergeant);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0]["kind"], "disclosure");
    let shown = scene.sergeant.run(&["show", seen[0]["id"].as_str().unwrap()]).unwrap();
    assert_eq!((&shown["record"], &shown["author"]), (&Json::from(account.as_str()), &Json::from("officer")));
    assert_eq!((&shown["headline"], &shown["owner"][0]), (&Json::from(true), &Json::from("officer")));
    assert_eq!(shown["since"], seen[0]["recorded_at"]);
    assert!(!holds(&store(&scene.sergeant), UNFINISHED));
    assert!(holds(&store(&scene.officer), UNFINISHED), "the same search finds what its author holds");

    // More words, and still nothing but the line.
    let note = format!("delay_reason={UNFINISHED} again");
    scene.officer.run(&["edit", &account, "--set", &note]).unwrap();
    sync(&scene.officer);
    sync(&scene.sergeant);
    assert_eq!(drafts(&scene.sergeant), seen);
    assert!(!holds(&store(&scene.sergeant), UNFINISHED));
    for other in [&scene.lead, &scene.stranger] {
        sync(other);
        assert!(drafts(other).is_empty());
    }

    scene.officer.run(&["seal", &account]).unwrap();
    sync(&scene.officer);
    sync(&scene.sergeant);
    assert_eq!(drafts(&scene.sergeant), [Json::Null; 0]);
    let sealed = scene.sergeant.run(&["show", &account]).unwrap();
    assert!(sealed["status"].as_str().unwrap().starts_with("sealed"), "{}", sealed["status"]);
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}
