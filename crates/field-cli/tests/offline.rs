//! A school day without signal, at a terminal.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Device, Watching};
use serde_json::json;

const BODY: &str = r#"{"source":"school","school":"100001","exact_words":"He said \"do not tell\".",
    "received_from":{"person":"the head teacher"},"subjects":["Tom"],"heard_how":"direct",
    "concern_items":[{"text":"a bruise"}],"known_to_school_log":"yes"}"#;

/// Writes a disclosure down; answers its id.
fn disclosure(device: &Device) -> String {
    let run = device.fed(
        &["--json", "new", "disclosure", "--from", "-", "--set", "urgency=urgent"],
        r#"{"speaker":"Tom",
        "school":"100001","words_verbatim":[{"speaker":"Tom","text":"I do not want to go home"}]}"#,
    );
    assert_eq!(run.status, 0, "{} {}", run.out, run.err);
    run.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn r1_what_was_written_is_listed_shown_and_found_by_the_next_process() {
    let device = Device::enrolled();
    let run = device.fed(&["--json", "new", "concern", "--from", "-"], BODY);
    assert_eq!(run.status, 0, "{} {}", run.out, run.err);
    let id = run.json()["id"].as_str().unwrap().to_owned();
    let list = device.json(&["list", "concern"]);
    assert_eq!((list[0]["id"].as_str(), list[0]["kind"].as_str()), (Some(id.as_str()), Some("concern")));
    assert_eq!(device.json(&["list", "--unsent"])[0]["id"], id.as_str());
    let shown = device.json(&["show", &id, "--purpose", "briefing"]);
    assert_eq!(shown["exact_words"], "He said \"do not tell\".");
    assert_eq!(device.json(&["search", "tell"])[0]["id"], id.as_str());
    assert_eq!(device.json(&["verify"])["ok"], true);
    assert_eq!(device.json(&["list", "person"]), json!([]));
}

#[test]
fn a_draft_is_edited_and_sealed_with_its_gaps() {
    let device = Device::enrolled();
    let id = disclosure(&device);
    device.json(&["edit", &id, "--set", "seen_alone=yes", "--set", "how_recorded=typed_live"]);
    assert_eq!(device.json(&["show", &id])["seen_alone"], "yes");
    let sealed = device.json(&["seal", &id]);
    assert_eq!((&sealed["id"], &sealed["status"]), (&json!(id), &json!("sealed_incomplete")));
    assert_eq!(sealed["statement"].as_str().map(str::len), Some(64));
    let gap = &sealed["gaps"][0];
    assert!(gap["code"].is_string() && gap["path"].is_string() && gap["message"].is_string(), "{sealed}");
    assert_eq!(device.run(&["seal", &id]).status, 1, "only once");
    let shown = device.json(&["show", &id]);
    assert_eq!(shown["statements"][0]["verified"], true);
}

#[test]
fn people_get_sentences_and_tables() {
    let device = Device::enrolled();
    let id = disclosure(&device);
    let list = device.run(&["list"]);
    assert!(list.status == 0 && list.out.starts_with("RECORDED") && list.out.contains(&id), "{}", list.out);
    let sealed = device.run(&["seal", &id]);
    assert!(sealed.out.contains("Still missing:"), "{} {}", sealed.out, sealed.err);
    let status = device.run(&["status"]);
    assert!(status.out.contains("1 urgent"), "{}", status.out);
    let refused = device.run(&["seal", &id]);
    assert_eq!((refused.status, refused.out.as_str()), (1, ""));
    assert!(refused.err.starts_with("field: "), "{}", refused.err);
}

#[test]
fn a_sync_without_a_server_is_offline() {
    let device = Device::enrolled();
    let error = device.refused(&["sync", "--timeout", "0.3"]);
    assert_eq!((&error["code"], &error["class"]), (&json!("D.offline"), &json!("offline")));
    assert_eq!(device.json(&["status"])["online"], false);
}

#[test]
fn watch_begins_with_the_link_takes_commands_and_holds_its_store() {
    let device = Device::enrolled();
    let mut watch = Watching::start(&device);
    assert_eq!(watch.next()["event"], "offline");
    assert_eq!(device.refused(&["list"])["code"], "STORE.in_use");
    let result = watch.says(r#"new disclosure --set 'school="100001"' --set "speaker=Tom B." --set urgency=immediate"#);
    let id = result["value"]["id"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned();
    assert_eq!(result["line"], 1);
    assert_eq!(watch.says("list --unsent")["value"][0]["id"], id.as_str());
    assert_eq!(watch.says("show CANARY")["error"]["code"], "I.usage");
    assert_eq!(watch.says("'open quote")["error"]["code"], "I.usage");
    assert_eq!(watch.says("new concern --from -")["error"]["code"], "I.usage");
    assert_eq!(watch.says("sync --timeout 0.3")["error"]["code"], "D.offline");
    assert_eq!(watch.says(&format!("seal {id}"))["value"]["id"], id.as_str());
    let status = watch.says("status");
    assert_eq!((&status["line"], &status["value"]["unsent"]["immediate"]), (&json!(8), &json!(1)), "{status}");
    watch.end_input();
    assert!(watch.is_running(), "it watches on without commands");
    assert_eq!(watch.terminate(), 0);
    assert_eq!(device.json(&["list"])[0]["id"], id.as_str());
}
