//! The story told from Java, with a device key that lives in a keystore: libfield never sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Scene, foreign, java};

#[test]
fn the_story_told_from_java_with_a_key_in_a_keystore() {
    foreign::tell(java::command("story.Story"));
}

#[test]
fn a_locked_key_pauses_the_sync_and_loses_nothing_and_no_other_key_signs() {
    let mut scene = Scene::new();
    let key = java::locked(&mut scene, java::command("story.KeyStory"));
    // It is the one in the keystore, as the JVM's own tool reads it.
    let mut tool = Command::new("keytool");
    tool.args(["-exportcert", "-alias", "device", "-storepass:env", "DEVICE_KEY_PASSWORD", "-keystore"]);
    tool.arg(scene.folder.path().join("app.p12")).env("DEVICE_KEY_PASSWORD", java::PASSWORD);
    let certificate = tool.output().unwrap().stdout;
    assert!(memchr::memmem::find(&certificate, &key).is_some());
}

#[test]
fn the_wrapper_has_every_function_of_the_header() {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let header = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ffi/include/field.h"));
    let interface = read(&java::sources().join("firsthand/Libfield.java"));
    let declared = header.lines().filter(|line| !line.starts_with([' ', '/', '#', 't']) && line.contains('('));
    let names: Vec<_> = declared.filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next()).collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(interface.contains(&format!(" {name}(")), "Libfield.java lacks {name}");
    }
}
