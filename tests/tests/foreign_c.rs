//! The first example an app team reads, `examples/c`, compiled as it says and played with a real server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::process::Command;

use common::compile::{C99, Link, STORY, compile};
use common::{Folder, foreign};

fn story(link: Link) {
    let folder = Folder::new();
    let program = folder.path().join("story");
    compile(&C99, &[STORY], link, &[], &program);
    foreign::tell(Command::new(program));
}

#[test]
fn an_app_in_c_tells_the_story() {
    story(Link::Shared);
}

#[test]
fn an_app_in_c_with_the_library_inside_tells_the_story() {
    story(Link::Static);
}

#[test]
fn the_shared_library_gives_out_nothing_but_its_own_names() {
    let library = field_day::programs::library().unwrap().join("libfield.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().last()).collect();
    assert!(names.contains(&"field_open") && names.len() > 25, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("field_")), "{names:?}");
}
