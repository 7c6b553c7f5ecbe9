//! The short story, told by Python over `libfield`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;
use std::process::Command;

use common::foreign;
use field_day::programs::library;

#[test]
fn the_story_told_from_python() {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/python/story.py"));
    command.env("FIELD_LIBRARY", library().unwrap()).env("PYTHONDONTWRITEBYTECODE", "1");
    foreign::tell(command);
}
