//! The example in Java: how it is compiled and started, and the story of its locked key.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use data_encoding::BASE64;
use serde_json::Value as Json;
use signed::PublicKey;

use super::foreign::App;
use super::{Scene, id, ids};

/// Where Debian puts it; `FIRSTHAND_JNA` says another place.
const JNA: &str = "/usr/share/java/jna.jar";

/// Of the device's key, in every story.
pub const PASSWORD: &str = "correct horse battery";

/// The example's sources.
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/java/src")
}

/// The example, compiled once; answers the class path.
fn classes() -> &'static OsString {
    static CLASSES: OnceLock<OsString> = OnceLock::new();
    CLASSES.get_or_init(|| {
        let jna = std::env::var_os("FIRSTHAND_JNA").unwrap_or_else(|| JNA.into());
        // One for each test target: another may be running.
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
        let packages = ["firsthand", "story"].map(|package| sources().join(package));
        let files = packages.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|f| f.unwrap().path());
        let mut compiler = Command::new("javac");
        compiler.args(["-Xlint:all", "-Werror", "--release", "17", "-d"]).arg(&out).arg("-cp").arg(&jna);
        assert!(compiler.args(files).status().unwrap().success());
        std::env::join_paths([out, jna.into()]).unwrap()
    })
}

/// `java MAIN`, with the library that was just built.
pub fn command(main: &str) -> Command {
    let mut path = OsString::from("-Djna.library.path=");
    path.push(field_day::programs::library().unwrap());
    let mut java = Command::new("java");
    java.arg(path).arg("-cp").arg(classes()).arg(main);
    java.env("DEVICE_KEY_PASSWORD", PASSWORD);
    java
}

/// Plays the story in which the device's key is locked, slow, and not there, with a key wherever
/// this `java story.KeyStory` finds it; answers the key that it said was its own, as DER.
pub fn locked(scene: &mut Scene, mut command: Command) -> Vec<u8> {
    command.arg(scene.folder.path().join("app")).arg(scene.server.code("officer").unwrap());
    let mut app = App::start(command);
    let enrolled = app.step("enrolled");

    app.tell("lock");
    let paused = app.step("paused");
    assert_eq!((&paused["online"], &paused["why"]), (&Json::Bool(false), &Json::from("D.key_locked")), "{paused}");
    assert!(paused["unsent"]["standard"].as_u64().unwrap() >= 1, "{paused}");
    let draft = app.step("draft");
    let shown = draft["shown"].to_string();
    assert!(shown.contains("He said not to tell.") && shown.contains("the bell rang"), "{draft}");
    let refused = app.step("refused");
    assert_eq!((&refused["new"], &refused["seal"]), (&Json::from(6), &Json::from(6)), "{refused}");
    assert_eq!((&refused["class"], &refused["code"]), (&Json::from("locked"), &Json::from("D.key_locked")));
    assert_eq!(refused["held"], 2, "the action from before and the draft: {refused}");

    app.tell("unlock");
    let sent = app.step("sent");
    app.step("put_away");
    // Another device of the officer's has the draft now.
    scene.officer.watch().unwrap();
    scene.officer.until(&["list", "disclosure"], |list| ids(list).contains(&id(&draft))).unwrap();
    scene.officer.unwatch().unwrap();
    app.tell("drafted");
    let sealed = app.step("sealed");
    app.tell("slow");
    let slow = app.step("signed");
    let strangers = app.step("strangers");
    assert_eq!((&strangers["without"], &strangers["another"]), (&Json::from(7), &Json::from(7)), "{strangers}");
    app.step("closed");
    assert_eq!(app.ended(), Some(0));

    let spki = BASE64.decode(enrolled["public_key"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(PublicKey::from_spki(&spki).unwrap().id().to_string(), enrolled["device"]);
    let arrived = signed_by(scene, &enrolled["public_key"]);
    for step in [sent, sealed, slow] {
        assert!(arrived.contains(step["statement"].as_str().unwrap()), "{step}");
    }
    spki
}

/// The officer's statements that the sergeant holds: every one verifies, under this key.
fn signed_by(scene: &Scene, key: &Json) -> BTreeSet<String> {
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    let list = scene.sergeant.run(&["list"]).unwrap();
    let mut statements = BTreeSet::new();
    for record in list.as_array().unwrap() {
        let shown = scene.sergeant.run(&["show", &id(record)]).unwrap();
        // Of the draft a supervisor holds no more than that there was one; the case is the server's.
        for said in shown["statements"].as_array().into_iter().flatten().filter(|said| said["author"] == "officer") {
            assert_eq!(said["verified"], true, "{said}");
            assert_eq!(&shown["keys"][said["kid"].as_str().unwrap()], key);
            statements.insert(said["sha256"].as_str().unwrap().to_owned());
        }
    }
    statements
}
