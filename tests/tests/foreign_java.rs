//! The story told from Java, with a device key that lives in a keystore: libfield never sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::foreign::{self, App};
use common::{Scene, id, ids};
use data_encoding::BASE64;
use serde_json::Value as Json;
use signed::PublicKey;

/// Where Debian puts it; `FIRSTHAND_JNA` says another place.
const JNA: &str = "/usr/share/java/jna.jar";

const PASSWORD: &str = "correct horse battery";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/java/src")
}

/// The example, compiled once; answers the class path.
fn classes() -> &'static OsString {
    static CLASSES: OnceLock<OsString> = OnceLock::new();
    CLASSES.get_or_init(|| {
        let jna = std::env::var_os("FIRSTHAND_JNA").unwrap_or_else(|| JNA.into());
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("java");
        let sources = ["firsthand", "story"].map(|package| example().join(package));
        let files = sources.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|f| f.unwrap().path());
        let mut compiler = Command::new("javac");
        compiler.args(["-Xlint:all", "-Werror", "--release", "17", "-d"]).arg(&out).arg("-cp").arg(&jna);
        assert!(compiler.args(files).status().unwrap().success());
        std::env::join_paths([out, jna.into()]).unwrap()
    })
}

/// `java MAIN`, with the library that was just built.
fn java(main: &str) -> Command {
    let library = field_day::programs::library().unwrap();
    let mut java = Command::new("java");
    let mut path = OsString::from("-Djna.library.path=");
    path.push(library);
    java.arg(path).arg("-cp").arg(classes()).arg(main);
    java.env("DEVICE_KEY_PASSWORD", PASSWORD);
    java
}

#[test]
fn the_story_told_from_java_with_a_key_in_a_keystore() {
    foreign::tell(java("story.Story"));
}

#[test]
fn a_locked_key_pauses_the_sync_and_loses_nothing_and_no_other_key_signs() {
    let mut scene = Scene::new();
    let store = scene.folder.path().join("app");
    let mut command = java("story.KeyStory");
    command.arg(&store).arg(scene.server.code("officer").unwrap());
    let mut app = App::start(command);
    let enrolled = app.step("enrolled");

    app.tell("lock");
    let paused = app.step("paused");
    assert_eq!((&paused["code"], &paused["online"]), (&Json::from("D.key_locked"), &Json::Bool(false)), "{paused}");
    assert!(paused["unsent"]["standard"].as_u64().unwrap() >= 1, "{paused}");
    let draft = app.step("draft");
    assert!(draft["shown"].to_string().contains("He said not to tell."), "{draft}");
    assert!(draft["shown"].to_string().contains("the bell rang"), "{draft}");
    let refused = app.step("refused");
    assert_eq!((&refused["new"], &refused["seal"]), (&Json::from(6), &Json::from(6)), "{refused}");
    assert_eq!((&refused["class"], &refused["code"]), (&Json::from("locked"), &Json::from("D.key_locked")));
    assert_eq!(refused["held"], 2, "the action from before and the draft: {refused}");

    app.tell("unlock");
    let sent = app.step("sent");
    app.step("put_away");
    // Another device of the officer's has the draft now.
    let drafted = |list: &Json| ids(list).contains(&id(&draft));
    scene.officer.watch().unwrap();
    scene.officer.until(&["list", "disclosure"], drafted).unwrap();
    scene.officer.unwatch().unwrap();
    app.tell("drafted");
    let sealed = app.step("sealed");
    app.tell("slow");
    let slow = app.step("signed");
    let strangers = app.step("strangers");
    assert_eq!((&strangers["without"], &strangers["another"]), (&Json::from(7), &Json::from(7)), "{strangers}");
    app.step("closed");
    assert_eq!(app.ended(), Some(0));

    // Every statement is here, and the key that signed them is the one that the keystore shows.
    let spki = BASE64.decode(enrolled["public_key"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(PublicKey::from_spki(&spki).unwrap().id().to_string(), enrolled["device"]);
    assert!(memchr::memmem::find(&certificate(&store.with_extension("p12")), &spki).is_some());
    scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    let list = scene.sergeant.run(&["list"]).unwrap();
    let mut statements = BTreeSet::new();
    for record in list.as_array().unwrap() {
        let shown = scene.sergeant.run(&["show", &id(record)]).unwrap();
        // Of the draft a supervisor holds no more than that there was one; the case is the server's.
        for said in shown["statements"].as_array().into_iter().flatten().filter(|said| said["author"] == "officer") {
            assert_eq!(said["verified"], true, "{said}");
            assert_eq!(shown["keys"][said["kid"].as_str().unwrap()], enrolled["public_key"]);
            statements.insert(said["sha256"].as_str().unwrap().to_owned());
        }
    }
    for step in [sent, sealed, slow] {
        assert!(statements.contains(step["statement"].as_str().unwrap()), "{step}");
    }
}

/// The device's certificate, as the JVM's own tool reads it from the keystore.
fn certificate(keystore: &Path) -> Vec<u8> {
    let mut tool = Command::new("keytool");
    tool.args(["-exportcert", "-alias", "device", "-storepass:env", "DEVICE_KEY_PASSWORD", "-keystore"]).arg(keystore);
    tool.env("DEVICE_KEY_PASSWORD", PASSWORD).output().unwrap().stdout
}

#[test]
fn the_wrapper_has_every_function_of_the_header() {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let header = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ffi/include/field.h"));
    let interface = read(&example().join("firsthand/Libfield.java"));
    let declared = header.lines().filter(|line| !line.starts_with([' ', '/', '#', 't']) && line.contains('('));
    let names: Vec<_> = declared.filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next()).collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(interface.contains(&format!(" {name}(")), "Libfield.java lacks {name}");
    }
}
