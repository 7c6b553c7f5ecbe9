//! A disk with nothing left on it: a child's account is saved all the same, from the space kept for it;
//! anything else is refused by name, and nothing is half-written. On a small disk of its own, so it needs
//! a system that lets a user mount one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Device, EnrolServer};
use serde_json::{Value as Json, json};

/// Runs inside a mount of its own: `$1` the program, `$2` the store's folder, `$3` the code, `$4` a
/// folder for answers.
const STORY: &str = r#"
set -e
mount -t tmpfs -o size=2m tmpfs "$2"
say() { out=$1; shift; "$field" --json --store "$store" --key-file "$answers/key" "$@" >"$answers/$out" || true; }
field=$1 store=$2 answers=$4
say enrolled enrol --code "$3"
say before new action --from "$answers/action.json"
dd if=/dev/zero of="$store/filler" bs=4k 2>/dev/null || true
say refused new action --from "$answers/action.json"
say account new disclosure --from "$answers/account.json"
say sealed seal "$(sed 's/.*"id":"\([^"]*\)".*/\1/' "$answers/account")"
rm "$store/filler"
say after new action --from "$answers/action.json"
say list list
say verify verify
"#;

fn answer(folder: &Path, name: &str) -> Json {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"))
}

#[test]
fn r1_on_a_full_disk_a_childs_account_is_still_saved_and_the_rest_is_refused_by_name() {
    let (device, server) = (Device::new(), EnrolServer::start());
    let (store, answers) = (device.home.join("disk"), device.home.join("answers"));
    std::fs::create_dir_all(&store).unwrap();
    std::fs::create_dir_all(&answers).unwrap();
    let action = json!({ "kind": "enquiry", "requested_by": { "person": "lead", "org": "Northfield" },
        "about": ["a pupil"], "exact_request": "who waits?", "due": "2099-01-01T12:00:00Z" });
    let account = json!({ "speaker": "a pupil",
        "words_verbatim": [{ "seq": 1, "speaker": "a pupil", "text": "he took my phone", "exact": true }] });
    std::fs::write(answers.join("action.json"), action.to_string()).unwrap();
    std::fs::write(answers.join("account.json"), account.to_string()).unwrap();
    let mut story = Command::new("unshare");
    story.args(["--map-root-user", "--mount", "sh", "-c", STORY, "story", env!("CARGO_BIN_EXE_field")]);
    let output = story.arg(&store).arg(server.code()).arg(&answers).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let refused = answer(&answers, "refused");
    let error = &refused["error"];
    assert_eq!((&error["code"], &error["class"]), (&json!("STORE.full"), &json!("limit")), "{error}");
    assert_eq!(answer(&answers, "account")["status"], "draft");
    assert_eq!(answer(&answers, "sealed")["status"], "sealed_incomplete");
    assert_eq!(answer(&answers, "after")["status"], "requested");
    let list = answer(&answers, "list");
    let mut kinds: Vec<&str> = list.as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
    // Beside what a person wrote stands the check that R35 asks for.
    kinds.retain(|kind| *kind != "intelligence_check");
    assert_eq!(kinds, ["action", "disclosure", "action"]);
    assert_eq!(answer(&answers, "verify")["faults"], json!([]));
}
