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
