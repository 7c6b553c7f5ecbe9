//! The same device with its key on a PKCS#11 token: the PIN is the lock, and the key never leaves it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::process::{Command, Stdio};

use common::{Scene, java};

/// Where Debian puts it; `FIRSTHAND_SOFTHSM` says another place.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

#[test]
fn a_locked_token_pauses_the_sync_and_loses_nothing_and_no_other_key_signs() {
    let mut scene = Scene::new();
    let folder = scene.folder.path();
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let settings = folder.join("softhsm.conf");
    std::fs::write(&settings, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let mut made = Command::new("softhsm2-util");
    made.args(["--init-token", "--free", "--label", "device", "--so-pin", "security officer", "--pin", java::PASSWORD]);
    made.env("SOFTHSM2_CONF", &settings).stdout(Stdio::null());
    assert!(made.status().unwrap().success());
    let module = std::env::var("FIRSTHAND_SOFTHSM").unwrap_or_else(|_| MODULE.into());
    let provider = folder.join("pkcs11.cfg");
    std::fs::write(&provider, format!("name = Device\nlibrary = {module}\nslotListIndex = 0\n")).unwrap();

    let mut story = java::command("story.KeyStory");
    story.env("SOFTHSM2_CONF", &settings).env("DEVICE_KEY_TOKEN", &provider);
    java::locked(&mut scene, story);
    // There was no other key to sign with than the token's.
    assert!(!scene.folder.path().join("app.p12").exists());
}
