//! The header and the example in C are C++ as they stand: an app in C++ needs no other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::process::Command;

use common::compile::{Link, STORY, compile};
use common::{Folder, foreign};

#[test]
fn an_app_in_cxx_tells_the_story() {
    let folder = Folder::new();
    let program = folder.path().join("story");
    compile(&["c++", "-std=c++17", "-x", "c++"], &[STORY], Link::Shared, &[], &program);
    foreign::tell(Command::new(program));
}
