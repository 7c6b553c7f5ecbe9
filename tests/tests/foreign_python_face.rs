//! The handset's face, played with its keys: its own tests, with a library and a server of this build.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::path::Path;
use std::process::Command;

use field_day::programs::library;

#[test]
fn an_officer_can_work_with_the_handset() {
    let programs = common::programs().server.parent().unwrap().to_path_buf();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/python/tests");
    let mut command = Command::new("python3");
    command.args(["-W", "error::RuntimeWarning", "-m", "unittest", "discover", "-s"]).arg(tests);
    command.env("FIELD_LIBRARY", library().unwrap()).env("FIELD_PROGRAMS", programs);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    println!("{told}");
    assert!(output.status.success());
    // Discovering nothing would be a pass, too.
    let ran = told.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<u32>().ok());
    assert!(ran.is_some_and(|tests| tests >= 8), "{ran:?}");
}
