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

#[test]
fn r68_an_unsealed_draft_of_somebody_who_left_is_recovered_by_inspector_and_dpo_and_says_it_was_never_sealed() {
    let mut scene = Scene::new();
    for (id, role, more) in [("insp", "inspector", ["--team", "east"]), ("dpo", "dpo", ["--area", "city"])] {
        let words = [&["user", "add", "--id", id, "--name", id, "--role", role][..], &more].concat();
        scene.server.admin(&words).unwrap();
    }
    let code = scene.server.code("insp").unwrap();
    let inspector = Handset::enrol(common::programs(), &scene.folder.path().join("insp"), "insp", &code).unwrap();
    let body = scene.disclosure_body(UNFINISHED);
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    let note = ["edit", &account, "--set", "delay_reason=said \"later\" twice"];
    scene.officer.run(&note).unwrap();
    sync(&scene.officer);
    sync(&scene.sergeant);
    assert_eq!(drafts(&scene.sergeant).len(), 1);

    let recover = |who: &str, dpo: &str, record: &str| {
        let ask = ["recover-draft", "--record", record, "--inspector", who, "--dpo", dpo, "--reason", "he has left"];
        scene.server.admin(&ask)
    };
    let refused = |answer: field_day::stage::Played, code: &str| {
        let said = answer.unwrap_err().to_string();
        assert!(said.contains(code), "{said}");
    };
    refused(recover("insp", "dpo", &account), "R9.author_active");
    refused(recover("sergeant", "dpo", &account), "R9.release");
    refused(recover("insp", "insp", &account), "R9.release");
    refused(recover("insp", "dpo", &scene.case), "A.not_found");
    scene.server.admin(&["user", "deactivate", "--id", "officer", "--emergency"]).unwrap();

    let made = recover("insp", "dpo", &account).unwrap();
    let recovered = id(&made);
    assert_eq!(made["case"], scene.case.as_str());
    refused(recover("insp", "dpo", &account), "R9.sealed");
    sync(&inspector);
    let shown = inspector.run(&["show", &recovered]).unwrap();
    assert_eq!((&shown["kind"], &shown["status"]), (&"recovered_draft".into(), &"unsealed".into()));
    assert_eq!((&shown["unsealed"], &shown["sealed"]), (&true.into(), &false.into()));
    assert!(shown["title"].as_str().unwrap().starts_with("never sealed"), "{}", shown["title"]);
    assert!(shown["notices"].to_string().contains("never sealed"));
    assert_eq!((&shown["of"], &shown["of_kind"]), (&account.as_str().into(), &"disclosure".into()));
    assert_eq!((&shown["draft_author"], &shown["release_reason"]), (&"officer".into(), &"he has left".into()));
    assert_eq!(shown["released_by"].to_string(), r#"["insp","dpo"]"#);
    assert_eq!(shown["compartment"], format!("POLICE({})", scene.case));
    let found = |field: &str| -> Vec<&str> {
        let lines = shown["found"].as_array().unwrap().iter().filter(|line| line["field"] == field);
        lines.map(|line| line["text"].as_str().unwrap()).collect()
    };
    assert_eq!(found("delay_reason"), ["said \"later\" twice"]);
    assert!(found("words_verbatim")[0].contains(UNFINISHED));
    assert!(shown["links"].to_string().contains(&account));
    assert!(shown["statements"].as_array().unwrap().iter().all(|s| s["verified"] == true && s["author"] == "server"));

    // It stands in the audit under both names, and the sergeant's line of the draft is gone.
    let audit = scene.server.admin(&["audit", "--record", &recovered]).unwrap();
    let released: Vec<&str> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["why"] == "recovered_draft")
        .map(|r| r["who"].as_str().unwrap())
        .collect();
    assert_eq!(released, ["insp", "dpo"]);
    assert!(
        audit
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["why"] == "recovered_draft")
            .all(|r| r["operation"] == "disclosure")
    );
    sync(&scene.sergeant);
    assert!(drafts(&scene.sergeant).is_empty());
    for other in [&scene.lead, &scene.stranger] {
        sync(other);
        assert!(!holds(&store(other), UNFINISHED));
    }
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}

#[test]
fn r68_an_author_who_has_access_but_no_device_any_more_counts_as_gone() {
    let mut scene = Scene::new();
    for (id, role) in [("insp", "inspector"), ("dpo", "dpo")] {
        scene.server.admin(&["user", "add", "--id", id, "--name", id, "--role", role]).unwrap();
    }
    let mut body = scene.disclosure_body(UNFINISHED);
    body.as_object_mut().unwrap().remove("case");
    let account = id(&scene.officer.say_with(&["new", "disclosure"], &body).unwrap());
    sync(&scene.officer);
    let recover = || {
        let ask = ["recover-draft", "--record", &account, "--inspector", "insp", "--dpo", "dpo", "--reason", "lost"];
        scene.server.admin(&ask)
    };
    assert!(recover().is_err());
    let list = scene.server.admin(&["device", "list"]).unwrap();
    let device = list.as_array().unwrap().iter().find(|row| row["user"] == "officer").unwrap()["id"].clone();
    scene.server.admin(&["device", "revoke", "--id", device.as_str().unwrap()]).unwrap();
    let made = recover().unwrap();
    // A draft that belongs to no case gets one, which its author's officer or sergeant owns.
    sync(&scene.sergeant);
    let case = scene.sergeant.run(&["show", made["case"].as_str().unwrap()]).unwrap();
    assert_eq!((&case["kind"], &case["owner"]), (&"case".into(), &"officer".into()));
    assert_eq!(scene.sergeant.run(&["show", &id(&made)]).unwrap()["status"], "unsealed");
}
